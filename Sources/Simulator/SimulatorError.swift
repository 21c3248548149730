public import Diagnostics

/// What can be wrong with an order to the simulator.
public struct SimulatorError: DiagnosedError, Equatable {
  /// The kinds of mistake; the raw values are the stable codes.
  public enum Kind: String, Sendable, CaseIterable {
    case unknownBlock = "simulator-unknown-block"
    case unsupportedVersion = "simulator-unsupported-elvis"
    case unsupportedTest = "simulator-unsupported-test"
    case badOption = "simulator-bad-option"
    case unknownFault = "simulator-unknown-fault"
    case faultMisses = "simulator-fault-misses"
    case outputNotEmpty = "simulator-output-not-empty"
  }

  /// The kind of mistake.
  public let kind: Kind
  public let problem: String
  public let place: String?
  public let remedy: String?

  /// Describes a mistake.
  public init(_ kind: Kind, _ problem: String, place: String? = nil, remedy: String? = nil) {
    self.kind = kind
    self.problem = problem
    self.place = place
    self.remedy = remedy
  }

  public var code: String { kind.rawValue }
  public var exitCode: ExitCode { .wrongUse }
}
