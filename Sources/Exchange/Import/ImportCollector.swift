import Detector
import Diagnostics
import Warehouse

/// Takes the rows of all files, checks each, and gathers them by test run.
final class ImportCollector {
  let options: ImportOptions
  private(set) var quantities: QuantityBook
  private(set) var runs: [CollectedRun] = []
  private(set) var places: [ResultPlace] = []
  private(set) var reasons: [String] = []
  private(set) var problems: [ImportProblem] = []
  private(set) var badLines = 0
  private(set) var rows = 0
  private var runNumbers: [RunIdentity: Int] = [:]
  private var placeNumbers: [ResultPlace: Int32] = [:]
  private var reasonNumbers: [String: Int32] = [:]
  private var lastRun: (identity: RunIdentity, number: Int)?
  /// The programs by analysis, with where each was met first.
  private var programs: [String: (name: String, place: String)] = [:]
  private var files: [String] = []
  /// The unit of a file without a column of units.
  private var fileUnit: String?

  init(_ options: ImportOptions, _ quantities: QuantityBook) {
    self.options = options
    self.quantities = quantities
  }

  private var file: String { files.last ?? "" }

  /// Goes on to the next file.
  func begin(_ file: String) {
    files.append(file)
    fileUnit = nil
  }

  /// Takes over what the file says of a quantity.
  func define(_ quantity: StoredQuantity) { quantities.define(quantity) }

  // MARK: - Columns

  private func foreignName(_ column: ExchangeColumn) -> String {
    options.map[column] ?? column.rawValue
  }

  /// What the file's columns are: nil for those that are not looked at.
  ///
  /// - Parameter valueUnit: the unit that the file gives for the column of values.
  /// - Throws: `ExchangeError.Kind.columns` for a name that is not known, doubled or missing.
  func columns(_ names: [String], unit valueUnit: (String) -> String? = { _ in nil }) throws
    -> [ExchangeColumn?]
  {
    var found: Set<ExchangeColumn> = []
    let columns = try names.map { name in
      let column = try column(name)
      if let column, !found.insert(column).inserted {
        throw fail("the column \(name) is there twice", "remove one, or --ignore it")
      }
      return column
    }
    for (column, name) in options.map.sorted(by: { $0.value < $1.value })
    where !found.contains(column) {
      throw fail(
        "there is no column \(name)", "--map names one of " + names.joined(separator: ", "))
    }
    fileUnit = valueUnit(foreignName(.value))
    var needed: [ExchangeColumn] = [.quantity, .value]
    if fileUnit == nil { needed.append(.unit) }
    for column in needed where !found.contains(column) && options.constants[column] == nil {
      let option = column == .value ? "" : ", or give --\(column.rawValue)"
      throw fail(
        "there is no column \(column.rawValue) among \(names.joined(separator: ", "))",
        "name the file's own with --map \(column.rawValue)=NAME\(option)")
    }
    return columns
  }

  /// What one column is; nil for one that is not looked at.
  func column(_ name: String) throws -> ExchangeColumn? {
    if options.ignored.contains(name) { return nil }
    if let mapped = options.map.first(where: { $0.value == name }) { return mapped.key }
    guard let column = ExchangeColumn(rawValue: name), options.map[column] == nil else {
      let near = nearestName(to: name, among: ExchangeColumn.allCases.map(\.rawValue))
      throw fail(
        "the column \(name.prefix(60)) is not known",
        (near.map { "did you mean \($0)? " } ?? "") + "use --map OURS=THEIRS, or --ignore it")
    }
    return column
  }

  private func fail(_ problem: String, _ remedy: String) -> ExchangeError {
    ExchangeError(.columns, problem.clipped(to: 500), place: file, remedy: remedy.clipped(to: 500))
  }

  // MARK: - Rows

  /// Reports a line that cannot be read as a row.
  func bad(
    _ line: Int, column: String = "", value: String = "", _ problem: String, _ remedy: String
  ) {
    rows += 1
    badLines += 1
    add(
      ImportProblem(
        file: file, line: line, column: column, value: value, problem: problem, remedy: remedy))
  }

  private func add(_ problem: ImportProblem) {
    if problems.count < options.keptProblems { problems.append(problem) }
  }

  /// Takes a row.
  ///
  /// - Parameter cells: one for each `ExchangeColumn`, in their order.
  func row(_ line: Int, _ cells: [ForeignCell]) {
    rows += 1
    var reading = CellReading(cells, constants: options.constants)
    collect(line, &reading)
    guard !reading.problems.isEmpty else { return }
    badLines += 1
    for problem in reading.problems {
      add(
        ImportProblem(
          file: file, line: line, column: foreignName(problem.column), value: problem.value,
          problem: problem.problem, remedy: problem.remedy))
    }
  }

  private func collect(_ line: Int, _ reading: inout CellReading) {
    let value = value(&reading)
    let identity = identity(&reading)
    let place = ResultPlace(
      detector: reading.name(.ccd), amplifier: reading.name(.quadrant),
      obsid: reading.integer(.obsid), item: reading.name(.item))
    let quantity = quantity(&reading)
    guard let value, let quantity, reading.problems.isEmpty,
      let run = run(identity, line, &reading)
    else { return }
    if let detector = place.detector, let serial = reading.name(.serial) {
      if let old = runs[run].serials[detector], old != serial {
        reading.fail(
          .serial, serial, "\(detector) has the serial number \(old) earlier in this run",
          "a detector has one in a run")
      }
      runs[run].serials[detector] = serial
    }
    let row = CollectedRun.Row(
      quantity: Int32(clamping: quantity), place: number(of: place), value: value.value,
      uncertainty: value.uncertainty, count: value.count, reason: value.reason)
    let key = UInt64(UInt32(bitPattern: row.quantity)) << 32 | UInt64(UInt32(bitPattern: row.place))
    let here = UInt64(files.count - 1) << 40 | UInt64(clamping: line)
    if let first = runs[run].seen[key] {
      reading.fail(
        .quantity, quantities.used[quantity].name,
        "the same place of the same run was measured on \(describe(first)) already",
        "remove one, or tell them apart by item or obsid")
    }
    guard reading.problems.isEmpty else { return }
    quantities.note(place, of: quantity)
    runs[run].seen[key] = here
    runs[run].note(place.obsid)
    runs[run].rows.append(row)
  }

  private func describe(_ packed: UInt64) -> String {
    let (number, line) = (Int(packed >> 40), packed & 0xFF_FFFF_FFFF)
    return files.indices.contains(number) && number != files.count - 1
      ? "line \(line) of \(files[number])" : "line \(line)"
  }

  private func value(
    _ reading: inout CellReading
  ) -> (value: Double, uncertainty: Double, count: Int, reason: Int32)? {
    let before = reading.problems.count
    let value = reading.number(.value)
    let uncertainty = reading.number(.uncertainty)
    let count = reading.integer(.count)
    let reason = reading.text(.reason)
    guard reading.problems.count == before else { return nil }
    guard let value else {
      guard let reason else {
        reading.fail(.value, "", "there is neither a value nor a reason", "give one of them")
        return nil
      }
      if let uncertainty {
        reading.fail(.uncertainty, "\(uncertainty)", "there is no value for it", "leave it empty")
      }
      if let count, count > 0 {
        reading.fail(.count, "\(count)", "there is no value for it", "leave it empty")
      }
      return (.nan, .nan, -1, number(of: reason))
    }
    if let reason {
      reading.fail(
        .reason, String(reason.prefix(40)), "there is a value, too", "leave one of them empty")
    }
    if let uncertainty, uncertainty < 0 {
      reading.fail(.uncertainty, "\(uncertainty)", "it is negative", "give 1 sigma, or nothing")
    }
    return (value, uncertainty ?? .nan, count ?? -1, -1)
  }

  private func identity(_ reading: inout CellReading) -> RunIdentity {
    let analysis =
      options.analysis
      ?? reading.required(.analysis, "give --analysis NAME")
    return RunIdentity(
      analysis: analysis, campaign: reading.required(.campaign, "give --campaign NAME"),
      block: reading.required(.block, "give --block NAME"),
      test: reading.required(.test, "give --test NAME"),
      session: reading.required(.session, "give --session NAME"),
      started: reading.instant(.started))
  }

  private func quantity(_ reading: inout CellReading) -> Int? {
    let before = reading.problems.count
    let name = reading.text(.quantity)
    let unit = reading.text(.unit) ?? fileUnit ?? ""
    guard reading.problems.count == before else { return nil }
    guard let name else {
      reading.fail(.quantity, "", "there is none", "name the quantity")
      return nil
    }
    do throws(QuantityBook.Problem) {
      return try quantities.number(of: name, unit: unit)
    } catch {
      reading.fail(error.column, error.value, error.problem, error.remedy)
      return nil
    }
  }

  /// The number of a run, which begins with its first row.
  private func run(_ identity: RunIdentity, _ line: Int, _ reading: inout CellReading) -> Int? {
    let camera = reading.required(.camera, "give --camera NAME")
    let program = reading.text(.program) ?? ""
    if program.isEmpty {
      reading.fail(.program, "", "there is none", "give --program and --program-version")
    }
    let status = reading.word(.status, among: ["finished", "failed", "interrupted"])
    let verdict =
      options.takesVerdicts
      ? reading.word(.verdict, among: ["accepted", "rejected"]) : nil
    guard reading.problems.isEmpty else { return nil }
    let here = "line \(line) of \(file)"
    if let first = programs[identity.analysis], first.name != program {
      reading.fail(
        .program, String(program.prefix(60)),
        "the analysis \(identity.analysis) is by \(first.name.prefix(60)) on \(first.place)",
        "an analysis has one program")
      return nil
    }
    programs[identity.analysis] = programs[identity.analysis] ?? (program, here)
    let number: Int
    if let last = lastRun, last.identity == identity {
      number = last.number
    } else if let known = runNumbers[identity] {
      number = known
    } else {
      runNumbers[identity] = runs.count
      lastRun = (identity, runs.count)
      runs.append(
        CollectedRun(
          identity: identity, camera: camera, program: program,
          status: status.flatMap(RunStatus.init) ?? .finished,
          verdict: verdict.flatMap(VerdictRecord.State.init), begin: here))
      return runs.count - 1
    }
    lastRun = (identity, number)
    let run = runs[number]
    for (column, value, first) in [
      (ExchangeColumn.camera, camera, run.camera),
      (.status, status ?? "finished", run.status.rawValue),
      (.verdict, verdict ?? "", run.verdict?.rawValue ?? ""),
    ] where value != first {
      reading.fail(
        column, value, "it is \"\(first)\" on \(run.begin), in the same run", "make them the same")
    }
    return number
  }

  private func number(of place: ResultPlace) -> Int32 {
    if let known = placeNumbers[place] { return known }
    let number = Int32(clamping: places.count)
    placeNumbers[place] = number
    places.append(place)
    return number
  }

  private func number(of reason: String) -> Int32 {
    if let known = reasonNumbers[reason] { return known }
    let number = Int32(clamping: reasons.count)
    reasonNumbers[reason] = number
    reasons.append(reason)
    return number
  }
}
