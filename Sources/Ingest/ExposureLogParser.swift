import Campaign
import Diagnostics
import DurableFiles

/// Reads the lines of one exposure log.
struct ExposureLogParser {
  let path: String
  let options: ExposureLog.Options
  let logIndex: Int
  private var version: ElvisVersion?
  private var rows: [ExposureRow] = []
  private var issues: [LogIssue] = []
  private var names = ColumnNames(version: .flight)
  /// Whether lines end with a tab, as ELVIS writes them; a last line without one is then cut off.
  private var linesEndWithTab = false

  /// No line of a log is longer; 81 columns of ELVIS make about 700 bytes.
  static let longestLine = 65_536

  init(path: String, options: ExposureLog.Options, logIndex: Int) {
    self.path = path
    self.options = options
    self.logIndex = logIndex
  }

  mutating func parse(_ bytes: [UInt8]) throws(IngestError) {
    var start = 0
    var line = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      line += 1
      try read(bytes[start..<end], line: line, isFinished: end < bytes.count)
      start = end + 1
    }
  }

  func finish() throws(IngestError) -> ExposureLog {
    guard let version else {
      throw IngestError(
        .logHeader, "the exposure log is empty", place: path,
        remedy: "wait until the acquisition has written its header")
    }
    let twice = ExposureLog.duplicates(in: rows)
    if options.isStrict, let pair = twice.first {
      throw IngestError(.logLine, pair.problem, place: "\(path):\(pair.second.line)")
    }
    return ExposureLog(
      version: version, files: [path], rows: rows, issues: issues + twice.map(\.issue))
  }

  // MARK: - Lines

  private mutating func read(
    _ bytes: ArraySlice<UInt8>, line: Int, isFinished: Bool
  ) throws(IngestError) {
    var bytes = bytes
    if bytes.last == 0x0D { bytes.removeLast() }
    if bytes.allSatisfy({ $0 == 0x09 || $0 == 0x20 }) { return }
    var fields: [String]
    do {
      fields = try Self.fields(of: bytes)
    } catch {
      if version == nil { throw IngestError(.logHeader, error.problem, place: "\(path):\(line)") }
      return try setAside(error.problem, line: line)
    }
    let isTerminated = bytes.last == 0x09
    let fieldsAsWritten = fields.count
    // A line ends with one tab too many, or with none; an empty last column must not be taken for it.
    let wanted = version?.logColumns.count ?? 0
    while fields.count > wanted, fields.last == "" { fields.removeLast() }
    guard let version else {
      let found = try LogHeader.version(of: fields, expected: options.version, path: path)
      self.version = found
      names = ColumnNames(version: found)
      linesEndWithTab = isTerminated
      return
    }
    // While ELVIS writes, the last line may lack its end: the next look will find it whole. A cut within
    // the last number would otherwise pass for another number.
    if !isFinished,
      fields.count < version.logColumns.count || (linesEndWithTab && fieldsAsWritten <= wanted)
    {
      issues.append(
        LogIssue(
          severity: .setAside, file: path, line: line,
          problem: "the last line is not finished; the log is probably being written"))
      return
    }
    guard fields.count == version.logColumns.count else {
      return try setAside(
        "\(fields.count) columns instead of the \(version.logColumns.count) of ELVIS \(version)",
        line: line)
    }
    do {
      rows.append(try row(fields, version: version, line: line))
    } catch {
      try setAside(error.problem, line: line)
    }
  }

  private mutating func setAside(_ problem: String, line: Int) throws(IngestError) {
    if options.isStrict {
      throw IngestError(
        .logLine, problem, place: "\(path):\(line)",
        remedy: "correct a copy of the log, or run without --strict to set the line aside")
    }
    issues.append(LogIssue(severity: .setAside, file: path, line: line, problem: problem))
  }

  private struct LineProblem: Error { let problem: String }

  private static func fields(of bytes: ArraySlice<UInt8>) throws(LineProblem) -> [String] {
    guard bytes.count <= longestLine else {
      throw LineProblem(problem: "the line has \(bytes.count) bytes, more than \(longestLine)")
    }
    guard !bytes.contains(0) else { throw LineProblem(problem: "the line holds NUL bytes") }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw LineProblem(problem: "the line is not a UTF-8 text")
    }
    return text.split(separator: "\t", omittingEmptySubsequences: false).map {
      String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
  }

  private func row(
    _ fields: [String], version: ElvisVersion, line: Int
  ) throws(LineProblem) -> ExposureRow {
    var values: [String: ScriptValue] = [:]
    values.reserveCapacity(fields.count)
    for (column, text) in zip(version.logColumns, fields) {
      switch column.type {
      case .string: values[column.name] = .string(text)
      case .int, .float:
        // A number that is none stays a text where nothing depends on it, and then differs from
        // what the test expects, with its name.
        values[column.name] = ScriptValue(parsing: text)
      }
    }
    guard let obsid = values["ObsID"]?.integer, obsid >= 0 else {
      throw LineProblem(
        problem:
          "ObsID '\((values["ObsID"]?.description ?? "").clipped(to: 40))' is no whole number")
    }
    let detector = values["CCD"]?.description ?? ""
    if let known = options.detectors, names.hasDetector, !known.contains(detector) {
      throw LineProblem(
        problem: "detector '\(detector.clipped(to: 40))' is not one of the camera's")
    }
    let dateText = values[names.date]?.description ?? ""
    guard let date = ElvisDate(log: dateText) else {
      throw LineProblem(problem: "date '\(dateText.clipped(to: 40))' is not ddmmyyDhhmmssT")
    }
    return ExposureRow(
      obsid: obsid, detector: detector, fileName: values["File_name"]?.description ?? "",
      date: date, test: values[names.test]?.description ?? "", values: values,
      origin: .init(
        file: path, line: line, logIndex: logIndex, folder: AtomicFile.folder(of: path)))
  }

  /// The names that differ between versions.
  private struct ColumnNames {
    let date: String
    let test: String
    let hasDetector: Bool

    init(version: ElvisVersion) {
      let names = version.logColumns.map(\.name)
      date = names.first { $0.lowercased() == "date" } ?? "date"
      test = names.first { $0.lowercased() == "test" } ?? "test"
      hasDetector = names.contains("CCD")
    }
  }
}

/// Recognises the version of a log by its header.
enum LogHeader {
  /// The version whose columns the header names.
  ///
  /// - Throws: `IngestError` of kind `logHeader` that names the first difference.
  static func version(
    of header: [String], expected: ElvisVersion?, path: String
  ) throws(IngestError) -> ElvisVersion {
    if let expected {
      if let difference = difference(header, expected) {
        let other = ElvisVersion.all.first { Self.difference(header, $0) == nil }
        throw IngestError(
          .logHeader, "the header is not that of ELVIS \(expected): \(difference)",
          place: "\(path):1", remedy: other.map { "it is that of \($0): use -v \($0)" })
      }
      return expected
    }
    if let version = ElvisVersion.all.first(where: { difference(header, $0) == nil }) {
      return version
    }
    let sameCount = ElvisVersion.all.first { $0.logColumns.count == header.count }
    let detail = sameCount.flatMap { version in
      difference(header, version).map { "nearest is \(version): \($0)" }
    }
    throw IngestError(
      .logHeader, "the header with \(header.count) columns is that of no known ELVIS version",
      place: "\(path):1", remedy: detail)
  }

  private static func difference(_ header: [String], _ version: ElvisVersion) -> String? {
    let names = version.logColumns.map(\.name)
    if header.count != names.count {
      return "\(header.count) columns instead of \(names.count)"
    }
    for (index, (found, name)) in zip(header, names).enumerated() where found != name {
      return "column \(index + 1) is '\(found.clipped(to: 40))' instead of '\(name)'"
    }
    return nil
  }
}
