public import Diagnostics

/// What can be wrong with a configuration, a camera's file or the definition of a test.
public struct CampaignError: DiagnosedError, Equatable {
  /// The kinds of mistake; the raw values are the stable codes.
  public enum Kind: String, Sendable, CaseIterable {
    case unknownCamera = "unknown-camera"
    case badCameraFile = "bad-camera-file"
    case unknownFocalPlane = "unknown-focal-plane"
    case unknownTest = "unknown-test"
    case unknownChamber = "unknown-chamber"
    case missingChamber = "missing-chamber"
    case badTestInput = "bad-test-input"
    case unknownElvisVersion = "unknown-elvis-version"
    case badSyntax = "config-syntax"
    case unknownKey = "config-unknown-key"
    case missingKey = "config-missing-key"
    case duplicateKey = "config-duplicate-key"
    case wrongType = "config-wrong-type"
    case badValue = "config-bad-value"
    case tooLarge = "config-too-large"
    case unknownSession = "unknown-session"
  }

  /// The kind of mistake.
  public let kind: Kind
  public let problem: String
  /// The file, line and column, counted from 1, as `file:line:column`, where they are known.
  public var place: String?
  public var remedy: String?

  /// Describes a mistake.
  public init(_ kind: Kind, _ problem: String, place: String? = nil, remedy: String? = nil) {
    self.kind = kind
    self.problem = problem
    self.place = place
    self.remedy = remedy
  }

  public var code: String { kind.rawValue }
  public var exitCode: ExitCode { .wrongUse }

  /// The same error with a place, unless it has one.
  public func at(_ place: String) -> CampaignError {
    var error = self
    if error.place == nil { error.place = place }
    return error
  }
}
