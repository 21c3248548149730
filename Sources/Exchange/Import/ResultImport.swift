public import Detector
import Diagnostics
import DurableFiles
import Foundation
public import Warehouse

/// Brings results of other programs into a warehouse, as analyses of their own.
///
/// All rows are checked before anything is stored. Each test run is then stored in one transaction:
/// a kill at any instant leaves whole runs, and the same import again completes them. What was
/// imported
/// already is known by the digests of the files and by the options, and is not stored again.
public struct ResultImport {
  private let files: [InputFileRecord]
  private let collector: ImportCollector
  private let options: ImportOptions
  private let configuration: String
  private let knownQuantities: Set<String>

  /// Reads and checks files.
  ///
  /// - Parameters:
  ///   - warehouse: tells what quantities there are; nothing is written.
  ///   - own: the quantities that this program declares.
  ///   - check: called for each row; may throw to end it.
  /// - Throws: `ExchangeError` for files that cannot be read as tables; bad lines are in `report`.
  public init(
    _ paths: [String], _ options: ImportOptions, for warehouse: Warehouse, own: [Quantity],
    check: () throws -> Void = {}
  ) throws {
    self.options = options
    files = try paths.map(ResultImport.record)
    for (index, file) in files.enumerated() {
      if let twin = files[..<index].first(where: { $0.sha256 == file.sha256 }) {
        throw ExchangeError(
          .conflict, "the file is the same as \(twin.path)", place: file.path,
          remedy: "name it once")
      }
    }
    let stored = try warehouse.quantities()
    knownQuantities = Set(stored.map(\.name))
    collector = ImportCollector(options, QuantityBook(stored: stored, own: own, options: options))
    for file in files {
      guard let format = options.format ?? ExchangeFormat(path: file.path) else {
        throw ExchangeError(
          .option, "the name does not tell the format", place: file.path,
          remedy: "give --format csv, jsonl, ecsv or fits")
      }
      guard file.size > 0 else {
        throw ExchangeError(.nothing, "the file is empty", place: file.path)
      }
      collector.begin(file.path)
      switch format {
      case .csv, .ecsv: try DelimitedFile.read(file.path, into: collector, check: check)
      case .jsonl: try JSONLinesFile.read(file.path, into: collector, check: check)
      case .fits: try FITSTableFile.read(file.path, into: collector, check: check)
      }
      guard try SHA256Digest(ofFile: file.path).hexadecimal == file.sha256 else {
        throw ExchangeError(
          .unreadable, "the file was changed while it was read", place: file.path,
          remedy: "wait until it is whole, then run the same command again")
      }
    }
    configuration = try ResultImport.configuration(options, files)
    guard collector.rows > 0 else {
      throw ExchangeError(
        .nothing, "there are no rows below the names of the columns", place: paths.first)
    }
  }

  private static func record(_ path: String) throws -> InputFileRecord {
    let digest = try SHA256Digest(ofFile: path).hexadecimal
    let attributes = try FileManager.default.attributesOfItem(
      atPath: URL(filePath: path).resolvingSymlinksInPath().path)
    let size = (attributes[.size] as? NSNumber)?.intValue ?? 0
    return InputFileRecord(role: .product, path: path, size: size, sha256: digest)
  }

  /// What the import depends on, as JSON: the files' content and the options, not names or times.
  private static func configuration(
    _ options: ImportOptions, _ files: [InputFileRecord]
  ) throws -> String {
    struct Content: Encodable {
      let files: [String]
      let analysis, program, prefix: String?
      let constants, map, meanings: [String: String]
      let ignored: [String]
      let skipsBadLines, takesVerdicts: Bool
    }
    func named(_ values: [ExchangeColumn: String]) -> [String: String] {
      Dictionary(uniqueKeysWithValues: values.map { ($0.key.rawValue, $0.value) })
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let content = Content(
      files: files.map(\.sha256), analysis: options.analysis, program: options.program,
      prefix: options.prefix, constants: named(options.constants), map: named(options.map),
      meanings: options.meanings, ignored: options.ignored.sorted(),
      skipsBadLines: options.skipsBadLines, takesVerdicts: options.takesVerdicts)
    return String(decoding: try encoder.encode(content), as: UTF8.self) + "\n"
  }

  // MARK: - What there is

  private var digest: String { SHA256Digest(of: configuration).hexadecimal }

  /// The analyses of the rows, in their order.
  private var names: [String] {
    var seen: Set<String> = []
    return collector.runs.filter { !$0.rows.isEmpty }.map(\.identity.analysis)
      .filter { seen.insert($0).inserted }
  }

  /// What was found, and what storing would do.
  ///
  /// - Throws: `ExchangeError.Kind.conflict` where the name of an analysis is taken, or a file was
  ///   imported before in another way.
  public func report(for warehouse: Warehouse) throws -> ImportReport {
    let stored = try warehouse.analyses()
    var report = ImportReport()
    report.rows = collector.rows
    report.badRows = collector.badLines
    report.problems = collector.problems
    report.newQuantities = collector.quantities.used.map(\.name)
      .filter { !knownQuantities.contains($0) }.sorted()
    try requireDistinctRuns()
    let names = names
    for name in names {
      let runs = collector.runs.filter { $0.identity.analysis == name && !$0.rows.isEmpty }
      let known = stored.first { $0.record.name == name }
      if let known, known.record.configurationDigest != digest {
        throw ExchangeError(
          .conflict, "there is an analysis \(name.prefix(80)) already, from elsewhere",
          remedy: "give another name with --analysis")
      }
      report.analyses.append(
        .init(
          name: name, program: runs.first?.program ?? "", runs: runs.count,
          measurements: runs.reduce(0) { $0 + $1.rows.count },
          state: known?.status == .finished ? .present : .added))
    }
    for file in files {
      if let other = try warehouse.analyses(readingProduct: file.sha256)
        .first(where: { !names.contains($0) })
      {
        throw ExchangeError(
          .conflict, "the file was imported as analysis \(other.prefix(80)) already",
          place: file.path, remedy: "nothing needs to be done; its results are there")
      }
    }
    return report
  }

  /// An analysis has one run of a block, test and session: found before anything is stored.
  private func requireDistinctRuns() throws {
    var begins: [[String]: String] = [:]
    for run in collector.runs where !run.rows.isEmpty {
      let id = run.identity
      let key = [id.analysis, id.campaign, id.block, id.test, id.session]
      guard let other = begins.updateValue(run.begin, forKey: key) else { continue }
      throw ExchangeError(
        .conflict,
        "two runs of \(id.test.clipped(to: 40)) of \(id.block.clipped(to: 40)) in session "
          + "'\(id.session.clipped(to: 40))' would be one analysis, \(id.analysis.clipped(to: 80)); "
          + "the other begins on \(other)",
        place: run.begin,
        remedy: "leave out --analysis, or import them from files of their own, each with its name")
    }
  }

  // MARK: - Storing

  /// Stores what is not there yet.
  ///
  /// - Parameters:
  ///   - ulid: makes an identifier that is unique in the world.
  ///   - check: called before each run; may throw to end it, and the same import again goes on.
  /// - Throws: `ExchangeError.Kind.badLines`, `.conflict`, `WarehouseError`.
  public func store(
    in warehouse: Warehouse, ulid: () -> String, check: () throws -> Void = {}
  ) throws -> ImportReport {
    let report = try report(for: warehouse)
    guard report.badRows == 0 || options.skipsBadLines else {
      throw ExchangeError(
        .badLines, "\(report.badRows) of \(report.rows) lines are bad; nothing was imported",
        remedy: "mend them, or leave them out with --skip-bad")
    }
    guard !report.analyses.isEmpty else {
      throw ExchangeError(.nothing, "no line is good; nothing was imported")
    }
    for analysis in report.analyses where analysis.state == .added {
      try store(analysis, in: warehouse, ulid, check)
    }
    return report
  }

  private func store(
    _ analysis: ImportReport.Analysis, in warehouse: Warehouse, _ ulid: () -> String,
    _ check: () throws -> Void
  ) throws {
    let known = try warehouse.analyses().first { $0.record.name == analysis.name }
    let record = AnalysisRecord(
      name: analysis.name, ulid: ulid(), programVersion: analysis.program, host: options.host,
      operatorName: options.operatorName, commandLine: options.commandLine,
      configuration: configuration, configurationDigest: digest,
      libraries: ["imported by": options.importer], started: options.time)
    let key = try known?.key ?? warehouse.beginAnalysis(record)
    // What goes on after a kill keeps the time at which it began.
    let began = known?.record.started ?? options.time
    for run in collector.runs
    where run.identity.analysis == analysis.name && !run.rows.isEmpty {
      try check()
      _ = try warehouse.store(foreign(run, began: began), of: key)
    }
    try warehouse.finishAnalysis(key, status: .finished, time: options.time)
  }

  private func foreign(_ run: CollectedRun, began: String) -> ForeignRun {
    let inputDigest = SHA256Digest(of: files.map { $0.sha256 + "\n" }.joined()).hexadecimal
    var log = ["imported from " + files.map(\.path).joined(separator: ", ")]
    if collector.badLines > 0 {
      log.append("\(collector.badLines) of \(collector.rows) lines were bad and left out")
    }
    let measurements = run.rows.map { row in
      ForeignMeasurement(
        quantity: Int(row.quantity), place: collector.places[Int(row.place)],
        value: row.reason >= 0
          ? .missing(reason: collector.reasons[Int(row.reason)])
          : .value(
            row.value, uncertainty: row.uncertainty.isNaN ? nil : row.uncertainty,
            count: row.count < 0 ? nil : row.count))
    }
    return ForeignRun(
      record: TestRunRecord(
        campaign: run.identity.campaign, block: run.identity.block, camera: run.camera,
        test: run.identity.test, session: run.identity.session, obsids: run.obsids,
        serials: run.serials, configurationDigest: digest, inputDigest: inputDigest,
        started: run.identity.started ?? began, inputs: files),
      status: run.status, finished: options.time, quantities: collector.quantities.used,
      measurements: measurements, log: log,
      verdict: run.verdict.map {
        VerdictRecord(
          state: $0, reason: "as the imported file says", author: options.operatorName,
          time: options.time)
      })
  }
}
