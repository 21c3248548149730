public import Diagnostics

/// What can be wrong with test scripts and sessions.
public struct ScriptError: DiagnosedError, Equatable {
  /// The kinds of failure; the raw values are the stable codes.
  public enum Kind: String, Sendable, CaseIterable {
    /// A script's file is no workbook, or is damaged.
    case damaged = "script-damaged"
    /// A script's sheet has not the layout of a script.
    case layout = "script-layout"
    /// A test of a session has no script.
    case missing = "no-script"
    /// A test of a session has more than one script.
    case ambiguous = "several-scripts"
    /// A file or folder that would be written holds something already.
    case exists = "script-exists"
  }

  /// The kind of failure.
  public let kind: Kind
  public let problem: String
  /// The file, and the cell where one is meant.
  public let place: String?
  public let remedy: String?

  init(_ kind: Kind, _ problem: String, place: String?, remedy: String?) {
    self.kind = kind
    self.problem = problem
    self.place = place
    self.remedy = remedy
  }

  /// An error of that kind, for tables of all errors.
  public init(_ kind: Kind) { self.init(kind, "", place: nil, remedy: nil) }

  public var code: String { kind.rawValue }
  public var exitCode: ExitCode {
    switch kind {
    case .damaged, .layout: .failed
    case .missing, .ambiguous, .exists: .wrongUse
    }
  }
}
