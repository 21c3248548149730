public import Diagnostics

/// What can go wrong when a report or a product is made from the warehouse.
public struct ReportingError: DiagnosedError, Equatable {
  /// The kinds of failure; the raw values are stable.
  public enum Kind: String, Sendable, CaseIterable {
    /// The analysis that a test run belongs to is not in the warehouse.
    case noAnalysis = "report-without-analysis"
    /// The camera is not the one that the test run was made with.
    case wrongCamera = "report-camera"
    /// A product file is missing, unreadable, or of another size than the camera says.
    case unreadableProduct = "report-product"
    /// A date is not of the form 2019-03-21T10:00:00Z.
    case badDate = "report-date"
  }

  /// The kind of failure.
  public let kind: Kind
  /// What is wrong, as one sentence.
  public let problem: String
  /// The file or record concerned; nil where `problem` says it.
  public let place: String?

  init(_ kind: Kind, _ problem: String, place: String? = nil) {
    self.kind = kind
    self.problem = problem
    self.place = place
  }

  public var code: String { kind.rawValue }

  public var remedy: String? {
    switch kind {
    case .noAnalysis: "the warehouse is incomplete: check it with 'vis-meta verify'"
    case .wrongCamera: "give the camera that the test run names"
    case .unreadableProduct: "restore the file from a backup, or run the analysis again"
    case .badDate: nil
    }
  }
}
