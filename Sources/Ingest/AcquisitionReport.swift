public import Campaign

/// How the exposures of a test compare with what its definition commands.
public struct AcquisitionReport: Sendable, Hashable {
  /// One exposure that belongs to the test.
  public struct Exposure: Sendable, Hashable {
    /// The ObsID.
    public let obsid: Int
    /// The script column it belongs to, such as `col001`.
    public let column: String
    /// The frames by detector.
    public let rows: [String: ExposureRow]

    /// The time of the exposure; nil where it is not known.
    public var date: ElvisDate? { rows.values.compactMap(\.date).min() }
  }

  /// A frame, or a whole exposure, that should be there and is not.
  public struct Missing: Sendable, Hashable {
    /// The script column.
    public let column: String
    /// The number of the frame within its column, from 1.
    public let frame: Int
    /// The ObsID that it should have; nil where ObsIDs do not tell.
    public let obsid: Int?
    /// The detector whose frame is missing; nil for the whole exposure.
    public let detector: String?
  }

  /// A frame that is listed more than once; the first line is used.
  public struct Duplicate: Sendable, Hashable {
    /// The ObsID.
    public let obsid: Int
    /// The detector.
    public let detector: String
    /// The places of all lines, as `file:line`.
    public let places: [String]
  }

  /// A commanded value that was logged otherwise.
  public struct Difference: Sendable, Hashable {
    /// The script column.
    public let column: String
    /// The key.
    public let key: String
    /// What was commanded.
    public let expected: ScriptValue
    /// What was logged.
    public let found: ScriptValue
    /// The ObsIDs concerned, in order.
    public let obsids: [Int]
    /// The detectors concerned, in the camera's order.
    public let detectors: [String]
  }

  /// What kept every frame with the test's label from being selected.
  public enum Exclusion: Sendable, Hashable {
    /// The ObsID limits of the task; with the first and last ObsID that carry the label.
    case obsids(limits: ClosedRange<Int>, labelled: ClosedRange<Int>)
    /// The detector or the filter; with the first and last ObsID that carry the label.
    case detectorOrFilter(labelled: ClosedRange<Int>)
  }

  /// The test's name.
  public let test: String
  /// The number of exposures that the definition commands.
  public let expectedFrames: Int
  /// The exposures that belong to the test, in the order of their ObsIDs.
  public let exposures: [Exposure]
  /// What is missing.
  public let missing: [Missing]
  /// The ObsIDs that carry the test's label beyond what is commanded.
  public let extra: [Int]
  /// Frames listed more than once.
  public let duplicates: [Duplicate]
  /// Values that differ.
  public let differences: [Difference]
  /// Commanded keys that the logs do not hold, and so were not compared.
  public let notCompared: [String]
  /// The labels in the log with their numbers of rows, where nothing was selected.
  public let labelsInLog: [String: Int]
  /// Why frames that carry the test's label were not selected, where nothing was.
  public let exclusion: Exclusion?

  /// Whether the acquisition is what the definition commands; otherwise `MISSDATA` is raised.
  public var isConsistent: Bool {
    missing.isEmpty && extra.isEmpty && duplicates.isEmpty && differences.isEmpty
      && !exposures.isEmpty
  }

  /// The columns that something is wrong with, in order.
  public var failedColumns: [String] {
    Set(missing.map(\.column) + differences.map(\.column)).sorted()
  }

  /// The keys that differ, in order, each once.
  public var failedKeys: [String] { Set(differences.map(\.key)).sorted() }

  /// One line for each thing that is wrong, for people; empty where nothing is.
  public var lines: [String] {
    if exposures.isEmpty {
      switch exclusion {
      case .obsids(let limits, let labelled):
        return [
          "no exposure labelled \(test) lies within the task's ObsID limits "
            + "\(Self.text(limits)): the log has \(test) at ObsID \(Self.text(labelled))"
        ]
      case .detectorOrFilter(let labelled):
        return [
          "no exposure labelled \(test) has the camera's detectors and the test's filter: "
            + "the log has \(test) at ObsID \(Self.text(labelled))"
        ]
      case nil: break
      }
      let labels = labelsInLog.sorted { $0.key < $1.key }.prefix(20)
        .map { "\($0.key) (\($0.value) rows)" }
      let held =
        labels.isEmpty ? "the log is empty" : "the log holds " + labels.joined(separator: ", ")
      return ["no exposure is labelled \(test): \(held)"]
    }
    var lines: [String] = []
    for item in missing {
      let obsid = item.obsid.map { " (ObsID \($0))" } ?? ""
      let what = item.detector.map { "the frame of \($0) of" } ?? "the exposure of"
      lines.append("missing: \(what) \(item.column), frame \(item.frame)\(obsid)")
    }
    if !extra.isEmpty { lines.append("extra: ObsID \(Self.ranges(extra))") }
    for item in duplicates {
      lines.append(
        "duplicated: ObsID \(item.obsid) \(item.detector) in \(item.places.joined(separator: ", "))"
      )
    }
    for item in differences {
      lines.append(
        "different: \(item.key) is '\(item.found)' instead of '\(item.expected)' in \(item.column), "
          + "ObsID \(Self.ranges(item.obsids)), \(item.detectors.joined(separator: " "))")
    }
    return lines
  }

  /// Refuses to go on without data.
  ///
  /// - Throws: `IngestError` of kind `noData`.
  public func requireData() throws(IngestError) {
    guard exposures.isEmpty else { return }
    throw IngestError(
      .noData, lines.first ?? "no data selected",
      remedy: "check the test's name, its 'obsid' limits and the session's 'data'")
  }

  /// First and last number, as `[1000, 1003]`, which is how configurations have it.
  private static func text(_ range: ClosedRange<Int>) -> String {
    "[\(range.lowerBound), \(range.upperBound)]"
  }

  /// Whole numbers in order as `1-5, 8`.
  public static func ranges(_ numbers: [Int]) -> String {
    var parts: [(first: Int, last: Int)] = []
    for number in numbers.sorted() {
      if let last = parts.last?.last, number == last || number == last + 1 {
        parts[parts.count - 1].last = number
      } else {
        parts.append((number, number))
      }
    }
    return parts.map { $0.first == $0.last ? "\($0.first)" : "\($0.first)-\($0.last)" }
      .joined(separator: ", ")
  }
}
