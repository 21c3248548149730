import Campaign
import Diagnostics
import DurableFiles

/// A list of frames that no exposure log describes, as a CSV file.
///
/// The columns `file`, `type`, `exptime` (seconds) and `group` are needed; `group` is the label of the
/// test that a frame belongs to. Optional are `obsid`, `detector`, `date` and any commanded value by its
/// script keyword. Lines that begin with `#` are comments; texts with commas stand in double quotes.
public struct Manifest: Sendable, Hashable {
  /// The columns that must be there.
  public static let neededColumns = ["file", "type", "exptime", "group"]

  /// The manifest's path.
  public let path: String
  /// The columns in the order of the file.
  public let columns: [String]
  /// The frames, in the order of the file.
  public let rows: [ExposureRow]
  /// Lines set aside and doubts.
  public let issues: [LogIssue]

  /// Reads a manifest.
  ///
  /// - Parameters:
  ///   - detectors: the camera's detectors; the first is meant where there is no column `detector`.
  ///   - isStrict: whether a bad line is an error instead of being set aside.
  /// - Throws: `FileError`; `IngestError` with the line.
  public static func read(
    _ path: String, detectors: [String], isStrict: Bool = false
  ) throws -> Manifest {
    try parse(
      InputFile.bytes(of: path, limit: 64 << 20), path: path, detectors: detectors,
      isStrict: isStrict)
  }

  /// Reads the bytes of a manifest; `path` names it in messages, and files are relative to its folder.
  public static func parse(
    _ bytes: [UInt8], path: String, detectors: [String], isStrict: Bool = false
  ) throws(IngestError) -> Manifest {
    var columns: [String]?
    var rows: [ExposureRow] = []
    var issues: [LogIssue] = []
    for (number, record) in try CSVRecords.records(of: bytes, path: path) {
      guard let known = columns else {
        columns = try header(record, path: path, line: number, issues: &issues)
        continue
      }
      do throws(LineProblem) {
        let row = try row(
          record, columns: known, path: path, line: number, number: rows.count + 1,
          detectors: detectors)
        rows.append(row)
      } catch {
        if isStrict {
          throw IngestError(.manifestLine, error.problem, place: "\(path):\(number)")
        }
        issues.append(
          LogIssue(severity: .setAside, file: path, line: number, problem: error.problem))
      }
    }
    guard let columns else {
      throw IngestError(
        .manifestLine, "the manifest is empty", place: path,
        remedy: "draft one with 'vis-tools manifest'")
    }
    let twice = ExposureLog.duplicates(in: rows)
    return Manifest(
      path: path, columns: columns, rows: rows, issues: issues + twice.map(\.issue))
  }

  // MARK: - Lines

  private struct LineProblem: Error { let problem: String }

  private static func header(
    _ names: [String], path: String, line: Int, issues: inout [LogIssue]
  ) throws(IngestError) -> [String] {
    let place = "\(path):\(line)"
    for needed in neededColumns where !names.contains(needed) {
      let nearest = nearestName(to: needed, among: names).map { "; is '\($0)' meant for it?" } ?? ""
      throw IngestError(
        .manifestLine, "the column '\(needed)' is missing\(nearest)", place: place,
        remedy: "the first line names the columns: \(neededColumns.joined(separator: ","))")
    }
    guard Set(names).count == names.count, !names.contains("") else {
      throw IngestError(
        .manifestLine, "a column has no name, or the name of another", place: place)
    }
    let known = neededColumns + ["obsid", "detector", "date"] + ScriptKeyword.all.map(\.name)
    for name in names where !known.contains(name) {
      let nearest = nearestName(to: name, among: known).map { "; did you mean '\($0)'?" } ?? ""
      issues.append(
        LogIssue(
          severity: .note, file: path, line: line,
          problem: "column '\(name.clipped(to: 40))' is no script keyword\(nearest)"))
    }
    return names
  }

  private static func row(
    _ fields: [String], columns: [String], path: String, line: Int, number: Int,
    detectors: [String]
  ) throws(LineProblem) -> ExposureRow {
    guard fields.count == columns.count else {
      throw LineProblem(problem: "\(fields.count) fields instead of \(columns.count)")
    }
    var values: [String: ScriptValue] = [:]
    for (column, text) in zip(columns, fields) where !text.isEmpty {
      let isText = ["file", "type", "group", "detector", "date"].contains(column)
      values[column] = isText ? .string(text) : ScriptValue(parsing: text)
    }
    let file = values["file"]?.description ?? ""
    guard !file.isEmpty, !file.utf8.contains(0) else {
      throw LineProblem(problem: "no file is named")
    }
    if let time = values["exptime"], !((time.number ?? -1) >= 0) {
      throw LineProblem(problem: "exposure time '\(time)' is not a number of seconds")
    }
    if let obsid = values["obsid"], (obsid.integer ?? -1) < 0 {
      throw LineProblem(problem: "obsid '\(obsid)' is not a whole number")
    }
    let detector = values["detector"]?.description ?? detectors.first ?? "CCD1"
    guard detectors.isEmpty || detectors.contains(detector) else {
      throw LineProblem(
        problem: "detector '\(detector.clipped(to: 40))' is not one of "
          + detectors.joined(separator: ", "))
    }
    var date: ElvisDate?
    if let text = values["date"]?.description {
      date = ElvisDate(iso: text) ?? ElvisDate(log: text)
      if date == nil {
        throw LineProblem(problem: "date '\(text.clipped(to: 40))' is not ISO 8601")
      }
    }
    let full = InputFile.path(file, from: AtomicFile.folder(of: path))
    let test = values["group"]?.description ?? ""
    if !test.isEmpty { values["test"] = .string(test) }
    return ExposureRow(
      obsid: values["obsid"]?.integer ?? number, detector: detector,
      fileName: full.split(separator: "/").last.map(String.init) ?? full, date: date, test: test,
      values: values, origin: .init(file: path, line: line, folder: AtomicFile.folder(of: full)))
  }
}
