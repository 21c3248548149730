public import Diagnostics

/// What can stop the engine, beside the errors of the modules that it uses.
public struct EngineError: DiagnosedError, Equatable {
  /// The kinds of error.
  public enum Kind: String, Sendable, CaseIterable {
    /// A step is to be run without the steps that it builds on.
    case missingStep = "missing-step"
    /// The program has no analysis for a test's family.
    case noAnalysis = "no-analysis"
    /// There is no day folder to wait for.
    case noDayFolder = "no-day-folder"
    /// Frames that were there are not there any more, or not whole.
    case dataLost = "data-lost"
    /// Nothing new came for longer than the user wants to wait.
    case waitTimedOut = "wait-timed-out"
    /// There is one flat at an exposure time, which makes no pair.
    case lonelyFlat = "lonely-flat"
    /// The user asked to stop.
    case interrupted = "interrupted"
  }

  /// The kind.
  public let kind: Kind
  public let problem: String
  public let place: String?
  public let remedy: String?

  /// An error.
  public init(_ kind: Kind, _ problem: String, place: String? = nil, remedy: String? = nil) {
    self.kind = kind
    self.problem = problem
    self.place = place
    self.remedy = remedy
  }

  public var code: String { kind.rawValue }
  public var exitCode: ExitCode {
    switch kind {
    case .missingStep, .noDayFolder: .wrongUse
    case .noAnalysis, .dataLost, .waitTimedOut, .lonelyFlat: .failed
    case .interrupted: .interrupted
    }
  }
}
