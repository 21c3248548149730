/// What an import found, and did.
public struct ImportReport: Sendable, Hashable, Codable {
  /// One analysis of the files.
  public struct Analysis: Sendable, Hashable, Codable {
    /// What became of it.
    public enum State: String, Sendable, Codable {
      /// It is new, or was completed now.
      case added
      /// All of it was there already: the same files, taken in the same way.
      case present
    }
    /// Its name.
    public let name: String
    /// The program that measured.
    public let program: String
    /// The number of test runs.
    public let runs: Int
    /// The number of measurements.
    public let measurements: Int
    /// What became of it; for a dry run, what would.
    public let state: State
  }

  /// The analyses, in the order of the files.
  public var analyses: [Analysis] = []
  /// The number of rows read.
  public var rows = 0
  /// The number of bad ones among them.
  public var badRows = 0
  /// The first of the problems.
  public var problems: [ImportProblem] = []
  /// Quantities that are new to the warehouse.
  public var newQuantities: [String] = []
}
