/// Why an analysis cannot be merged.
public struct MergeConflict: Sendable, Hashable {
  /// The kinds of conflict.
  public enum Kind: String, Sendable, CaseIterable {
    /// It still runs.
    case unfinished
    /// It is here already, with other content.
    case changed
    /// Another analysis of that name is here.
    case name
    /// A quantity is stored here with another unit.
    case unit
    /// A product of that path is here with other content, or the shard's own is not what its record
    /// says.
    case product
  }

  /// What kind of conflict.
  public let kind: Kind
  /// The analysis's name.
  public let analysis: String
  /// What is wrong.
  public let text: String
}

/// What a merge did, or would do.
public struct MergeReport: Sendable, Hashable {
  /// Names of the analyses that were added.
  public internal(set) var added: [String] = []
  /// Names of the analyses that were here already, with the same content.
  public internal(set) var present: [String] = []
  /// Why nothing was merged; empty where all is well.
  public internal(set) var conflicts: [MergeConflict] = []
  /// The number of test runs that were added.
  public internal(set) var testRuns = 0
  /// The number of measurements that were added.
  public internal(set) var measurements = 0
  /// The number of product files that were copied, or were here already.
  public internal(set) var products = 0
  /// The number of verdicts that were added to runs that were here already.
  public internal(set) var verdicts = 0
  /// Whether it was done; false for a dry run and where there are conflicts.
  public internal(set) var isApplied = false
}
