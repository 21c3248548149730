public import Diagnostics

/// What can be wrong with the logs, house-keeping files and frames of an acquisition.
public struct IngestError: DiagnosedError, Equatable {
  /// The kinds of failure; the raw values are the stable codes.
  public enum Kind: String, Sendable, CaseIterable {
    case badDate = "bad-date"
    case logHeader = "log-header"
    case logLine = "log-line"
    case noLog = "no-exposure-log"
    case housekeepingFile = "housekeeping-file"
    case housekeepingMissing = "housekeeping-missing"
    case housekeepingAmbiguous = "housekeeping-ambiguous"
    case frameMissing = "frame-missing"
    case frameAmbiguous = "frame-ambiguous"
    case manifestLine = "manifest-line"
    case noData = "no-data-selected"
  }

  /// The kind of failure.
  public let kind: Kind
  public let problem: String
  public let place: String?
  public let remedy: String?

  /// Describes a failure.
  public init(_ kind: Kind, _ problem: String, place: String? = nil, remedy: String? = nil) {
    self.kind = kind
    self.problem = problem
    self.place = place
    self.remedy = remedy
  }

  public var code: String { kind.rawValue }
}

/// A line of a log, manifest or house-keeping file that was set aside, or a doubt about one.
public struct LogIssue: Sendable, Hashable, CustomStringConvertible {
  /// How bad it is.
  public enum Severity: String, Sendable {
    /// The line is used, and something about it is odd.
    case note
    /// The line, or the value, was set aside.
    case setAside = "set aside"
  }

  /// How bad it is.
  public let severity: Severity
  /// The file.
  public let file: String
  /// The line, counted from 1.
  public let line: Int
  /// What is wrong.
  public let problem: String

  public var description: String { "\(file):\(line): \(severity.rawValue): \(problem)" }
}
