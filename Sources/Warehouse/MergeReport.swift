/// Why an analysis cannot be merged.
public struct MergeConflict: Sendable, Hashable {
  /// The kinds of conflict.
  public enum Kind: String, Sendable, CaseIterable {
    /// It, or a run of it, is here already, with other content.
    case changed
    /// A quantity is stored here with another unit.
    case unit
    /// A product of that path is here with other content, or the shard's own is not what its record
    /// says.
    case product
    /// A certification of the shard overlaps one that is here, or a chain was changed on both
    /// sides; the analysis is "".
    case certification

    /// What to do.
    public var remedy: String {
      switch self {
      case .changed: "find out which copy is right; gc or reject the other, then merge again"
      case .unit: "the program's version differs: run the analysis there again with this one"
      case .product: "vis-meta verify there; where only a leftover is here, vis-meta gc --apply"
      case .certification: "vis-meta decertify the range here or there, then merge again"
      }
    }
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
  /// A test run, or an analysis without any, that is not finished.
  public struct Left: Sendable, Hashable {
    /// Why it was left.
    public enum Reason: String, Sendable, CaseIterable {
      /// A process works on it, or another machine, of which nothing can be known.
      case running
      /// Its process ended without a word.
      case killed
      /// It was interrupted, and can be taken up.
      case interrupted
      /// Nothing of the analysis is finished yet.
      case begun

      /// What to do.
      public var remedy: String {
        switch self {
        case .running, .begun: "merge again when it is finished"
        case .killed, .interrupted: "finish it there with vison-run, then merge again"
        }
      }
    }

    /// The analysis's name.
    public let analysis: String
    /// Block, test and session; nil for an analysis without a finished run.
    public let run: String?
    /// Why.
    public let reason: Reason
  }

  /// An analysis that has another name here than in the shard, since its own is taken.
  public struct Renamed: Sendable, Hashable {
    /// Its name in the shard.
    public let analysis: String
    /// Its name here.
    public let name: String
  }

  /// Names of the analyses that were added, as they are here.
  public internal(set) var added: [String] = []
  /// Names of the analyses that were here already, with the same content.
  public internal(set) var present: [String] = []
  /// Names of the analyses that were here, and of which further test runs were added.
  public internal(set) var extended: [String] = []
  /// Those of the added that got another name.
  public internal(set) var renamed: [Renamed] = []
  /// What was left in the shard, since it is not finished there.
  public internal(set) var left: [Left] = []
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
  /// The number of entries in the journals of certifications and chains that were added.
  public internal(set) var certifications = 0
  /// Whether it was done; false for a dry run and where there are conflicts.
  public internal(set) var isApplied = false
}
