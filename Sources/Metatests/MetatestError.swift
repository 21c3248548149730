public import Diagnostics

/// What can go wrong with metatests and with looking into a warehouse.
public struct MetatestError: DiagnosedError, Equatable {
  /// The kinds of failure; the raw values are stable.
  public enum Kind: String, Sendable, CaseIterable {
    /// There is no metatest of that name.
    case unknownMetatest = "no-such-metatest"
    /// No block has a result that the metatest could use.
    case noResults = "nothing-to-aggregate"
    /// There is no test run of that number or analysis.
    case noSuchRun = "no-such-run"
    /// No quantity fits the name.
    case noSuchQuantity = "no-such-quantity"
    /// The focal plane has no such design.
    case noSuchDesign = "no-such-design"
    /// Nothing in the warehouse is what one side of a comparison names.
    case unknownSide = "no-such-side"
    /// One side of a comparison may mean several things.
    case ambiguousSide = "ambiguous-side"
    /// A trend cannot be made of what is asked for.
    case noTrend = "no-trend"
    /// A product is not what its record or the camera says.
    case badProduct = "unusable-product"
    /// Nothing fits what is to be traced.
    case noSuchSubject = "no-such-subject"
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
  public var exitCode: ExitCode {
    switch kind {
    case .unknownMetatest, .noSuchDesign, .ambiguousSide: .wrongUse
    default: .failed
    }
  }
}
