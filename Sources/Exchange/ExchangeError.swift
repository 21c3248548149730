public import Diagnostics

/// What can go wrong when results are exported or imported.
public struct ExchangeError: DiagnosedError, Equatable {
  /// The kinds of failure; the raw values are stable.
  public enum Kind: String, Sendable, CaseIterable {
    /// The file cannot be read as the format that it is said to have.
    case unreadable = "import-unreadable"
    /// The file's columns do not tell what is needed, or more than is known.
    case columns = "import-columns"
    /// Lines are bad; nothing was imported.
    case badLines = "import-bad-lines"
    /// The files hold no results.
    case nothing = "import-nothing"
    /// What is to be imported is there already, in part or from elsewhere.
    case conflict = "import-conflict"
    /// An option's value cannot be used.
    case option = "import-option"
    /// A text is too long for the format.
    case textTooLong = "export-text-too-long"
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
  public var exitCode: ExitCode { kind == .option ? .wrongUse : .failed }
}
