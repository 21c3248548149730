public import Campaign
import Diagnostics
public import DurableFiles

/// The exposures of one or more ELVIS exposure logs.
public struct ExposureLog: Sendable, Hashable {
  /// The version whose columns the first log has.
  public let version: ElvisVersion
  /// The logs' paths, in the order in which they were read.
  public let files: [String]
  /// The rows, in the order of the logs.
  public let rows: [ExposureRow]
  /// Lines set aside and doubts, by file and line.
  public let issues: [LogIssue]

  /// A log from its parts.
  public init(
    version: ElvisVersion, files: [String] = [], rows: [ExposureRow], issues: [LogIssue] = []
  ) {
    self.version = version
    self.files = files
    self.rows = rows
    self.issues = issues
  }

  /// How logs are read.
  public struct Options: Sendable, Hashable {
    /// The version to expect; nil to recognise it by header and number of columns.
    public var version: ElvisVersion?
    /// Whether a bad line is an error instead of being set aside.
    public var isStrict: Bool
    /// Only these detectors are accepted; nil for any.
    public var detectors: [String]?

    /// Options.
    public init(version: ElvisVersion? = nil, isStrict: Bool = false, detectors: [String]? = nil) {
      self.version = version
      self.isStrict = isStrict
      self.detectors = detectors
    }
  }

  /// Reads a log from a file.
  ///
  /// - Throws: `FileError`; `IngestError` for a header that fits no version or, where strict, a bad line.
  public static func read(_ path: String, options: Options = Options()) throws -> ExposureLog {
    try parse(InputFile.bytes(of: path), path: path, options: options)
  }

  /// Reads a log from its bytes; `path` names it in messages.
  ///
  /// Tolerated: CRLF, trailing tabs, empty lines, and an unfinished last line while ELVIS is writing.
  public static func parse(
    _ bytes: [UInt8], path: String, options: Options = Options()
  ) throws(IngestError) -> ExposureLog {
    var parser = ExposureLogParser(path: path, options: options, logIndex: 0)
    try parser.parse(bytes)
    return try parser.finish()
  }

  /// Reads all `EXP_LOG_*.txt` of some day folders, sorted by the dates in their names, as one log.
  ///
  /// - Throws: as `read`, and `IngestError` of kind `noLog` where a folder has none.
  public static func read(
    folders: [String], options: Options = Options()
  ) throws -> ExposureLog {
    var logs: [ExposureLog] = []
    for folder in folders {
      let paths = try paths(in: folder)
      guard !paths.isEmpty else {
        throw IngestError(
          .noLog, "the folder has no exposure log EXP_LOG_*.txt", place: folder,
          remedy: "check the session's 'data'; for frames without a log give a 'manifest'")
      }
      for path in paths { logs.append(try read(path, options: options)) }
    }
    return try merged(logs, isStrict: options.isStrict)
  }

  /// The paths of all `EXP_LOG_*.txt` of a folder, sorted by the dates in their names.
  ///
  /// - Throws: `FileError` where the folder cannot be read.
  public static func paths(in folder: String) throws(FileError) -> [String] {
    try InputFile.names(in: folder)
      .filter { $0.hasPrefix("EXP_LOG_") && $0.hasSuffix(".txt") }
      .sorted { sortKey($0) < sortKey($1) }
      .map { InputFile.path($0, from: folder) }
  }

  /// Several logs as one; each row remembers its log, and frames that occur twice are reported.
  ///
  /// - Throws: `IngestError` where strict and a frame occurs twice.
  public static func merged(
    _ logs: [ExposureLog], isStrict: Bool = false
  ) throws(IngestError) -> ExposureLog {
    var rows: [ExposureRow] = []
    var files: [String] = []
    for log in logs {
      rows += log.rows.map { row in
        ExposureRow(
          obsid: row.obsid, detector: row.detector, fileName: row.fileName, date: row.date,
          test: row.test, values: row.values,
          origin: .init(
            file: row.origin.file, line: row.origin.line,
            logIndex: row.origin.logIndex + files.count, folder: row.origin.folder))
      }
      files += log.files
    }
    // Duplicates within one log were reported when it was read.
    let twice = duplicates(in: rows).filter { $0.first.logIndex != $0.second.logIndex }
    if isStrict, let pair = twice.first {
      throw IngestError(.logLine, pair.problem, place: "\(pair.second.file):\(pair.second.line)")
    }
    let version = logs.first?.version ?? .flight
    return ExposureLog(
      version: version, files: files, rows: rows,
      issues: logs.flatMap(\.issues) + twice.map(\.issue))
  }

  /// The ObsIDs in order, each once.
  public var obsids: [Int] { Set(rows.map(\.obsid)).sorted() }

  /// What a log holds, at a glance.
  public struct Summary: Sendable, Hashable {
    /// The number of rows.
    public let entries: Int
    /// First and last ObsID; nil for an empty log.
    public let obsids: ClosedRange<Int>?
    /// The number of different ObsIDs.
    public let exposures: Int
    /// The tests in order of appearance, with their numbers of exposures and durations in seconds.
    public let tests: [Test]
    /// From the first to the last exposure, in hours.
    public let hours: Double

    /// One test of a log.
    public struct Test: Sendable, Hashable {
      /// The label.
      public let name: String
      /// The number of different ObsIDs.
      public let exposures: Int
      /// From its first to its last exposure, in seconds.
      public let seconds: Int
    }
  }

  /// What the log holds, at a glance.
  public var summary: Summary {
    var order: [String] = []
    var byTest: [String: [ExposureRow]] = [:]
    for row in rows {
      if byTest[row.test] == nil { order.append(row.test) }
      byTest[row.test, default: []].append(row)
    }
    func span(_ rows: [ExposureRow]) -> Int {
      let times = rows.compactMap { $0.date?.unixSeconds }
      guard let first = times.min(), let last = times.max() else { return 0 }
      return last - first
    }
    let ids = obsids
    return Summary(
      entries: rows.count, obsids: ids.first.flatMap { first in ids.last.map { first...$0 } },
      exposures: ids.count,
      tests: order.map { name in
        let mine = byTest[name] ?? []
        return .init(
          name: name, exposures: Set(mine.map(\.obsid)).count, seconds: span(mine))
      }, hours: Double(span(rows)) / 3600)
  }

  // MARK: - Parts

  struct Duplicate {
    let first: ExposureRow.Origin
    let second: ExposureRow.Origin
    let problem: String
    var issue: LogIssue {
      LogIssue(severity: .note, file: second.file, line: second.line, problem: problem)
    }
  }

  /// Frames that occur more than once.
  static func duplicates(in rows: [ExposureRow]) -> [Duplicate] {
    struct Frame: Hashable {
      let obsid: Int
      let detector: String
    }
    var first: [Frame: ExposureRow.Origin] = [:]
    var found: [Duplicate] = []
    for row in rows {
      let frame = Frame(obsid: row.obsid, detector: row.detector)
      if let earlier = first[frame] {
        found.append(
          Duplicate(
            first: earlier, second: row.origin,
            problem: "ObsID \(row.obsid) \(row.detector) occurs again, first in "
              + "\(earlier.file):\(earlier.line)"))
      } else {
        first[frame] = row.origin
      }
    }
    return found
  }

  /// The day in a log's name, then the name: `EXP_LOG_250719.txt` comes before `EXP_LOG_010819.txt`.
  private static func sortKey(_ name: String) -> String {
    let fields = name.dropLast(4).split(separator: "_")
    guard fields.count >= 3, let date = ElvisDate(log: "\(fields[2])D000000T") else {
      return "9999 " + name
    }
    return date.isoText + " " + name
  }
}
