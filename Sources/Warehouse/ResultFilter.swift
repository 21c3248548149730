/// Which measurements are meant. Empty lists and nil restrict nothing.
///
/// Names may hold `*` (any characters) and `?` (one).
public struct ResultFilter: Sendable, Hashable {
  /// Quantities, such as `bias.*`.
  public var quantities: [String] = []
  /// Campaigns.
  public var campaigns: [String] = []
  /// Blocks.
  public var blocks: [String] = []
  /// Tests, such as `BIAS0*` for a family.
  public var tests: [String] = []
  /// Sessions.
  public var sessions: [String] = []
  /// Names of analyses.
  public var analyses: [String] = []
  /// Detectors.
  public var detectors: [String] = []
  /// Amplifiers.
  public var amplifiers: [String] = []
  /// Items: spots, ladder steps, regions, ...
  public var items: [String] = []
  /// ObsIDs.
  public var obsids: ClosedRange<Int>?
  /// Runs that began at this time (ISO 8601 in UTC) or later.
  public var startedFrom: String?
  /// Runs that began before this time.
  public var startedBefore: String?
  /// How a run stands; `.finished` alone at first.
  public var statuses: Set<RunStatus> = [.finished]
  /// The latest verdict on the run.
  public var verdicts: Set<VerdictRecord.State> = []
  /// Only these runs; nil for any.
  public var runs: [TestRunKey]?

  /// All measurements of finished runs, or of the runs given.
  public init(quantities: [String] = [], tests: [String] = [], runs: [TestRunKey]? = nil) {
    self.quantities = quantities
    self.tests = tests
    self.runs = runs
    if runs != nil { statuses = [] }
  }
}

/// What results are grouped by.
public enum ResultDimension: String, Sendable, CaseIterable {
  case quantity, campaign, block, test, session, analysis, run, detector, amplifier, obsid, item

  /// Whether it belongs to the test run.
  var isOfRun: Bool {
    switch self {
    case .campaign, .block, .test, .session, .analysis, .run: true
    case .quantity, .detector, .amplifier, .obsid, .item: false
    }
  }
}

/// Names with `*` and `?`.
enum NamePattern {
  static func matches(_ name: String, any patterns: [String]) -> Bool {
    patterns.isEmpty || patterns.contains { matches(name, $0) }
  }

  /// Goes back to the last `*` only, so that time is at most the product of the lengths.
  static func matches(_ name: String, _ pattern: String) -> Bool {
    let text = Array(name.unicodeScalars)
    let glob = Array(pattern.unicodeScalars)
    var t = 0
    var g = 0
    var star: (glob: Int, text: Int)?
    while t < text.count {
      if g < glob.count, glob[g] == "*" {
        star = (g, t)
        g += 1
      } else if g < glob.count, glob[g] == "?" || glob[g] == text[t] {
        g += 1
        t += 1
      } else if let last = star {
        star = (last.glob, last.text + 1)
        g = last.glob + 1
        t = last.text + 1
      } else {
        return false
      }
    }
    return glob[g...].allSatisfy { $0 == "*" }
  }

  static func isPattern(_ text: String) -> Bool { text.contains { $0 == "*" || $0 == "?" } }
}
