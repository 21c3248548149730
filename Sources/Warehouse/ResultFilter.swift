/// Which measurements are meant. Empty lists and nil restrict nothing.
///
/// Names may hold `*` (any characters) and `?` (one); their case counts. Times are ISO 8601 in UTC.
public struct ResultFilter: Sendable, Hashable {
  /// Which runs of a block and test are asked.
  public enum Selection: Sendable, Hashable {
    /// All that fit.
    case all
    /// Of those that fit, the one that stands for its campaign, block and test: the latest
    /// accepted, else the latest finished. Iterations (`BIAS02.1`) are runs of their test. Runs that
    /// finished `finalStep(of:)` go before those that did not, as for metatests.
    case standing
  }

  /// Quantities, such as `bias.*`.
  public var quantities: [String] = []
  /// Campaigns.
  public var campaigns: [String] = []
  /// Blocks.
  public var blocks: [String] = []
  /// Focal-plane positions of the design that the warehouse was made for.
  public var slots: [String] = []
  /// Tests, such as `BIAS0*`; a test's name means its iterations, too.
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
  /// ObsIDs; any of the ranges.
  public var obsids: [ClosedRange<Int>] = []
  /// Runs that began at this time or later.
  public var startedFrom: String?
  /// Runs that began before this time.
  public var startedBefore: String?
  /// Data taken at this time or later: measurements of such exposures, and those of no exposure in
  /// runs that have one.
  public var exposedFrom: String?
  /// Data taken before this time; as `exposedFrom`.
  public var exposedBefore: String?
  /// How a run stands; `.finished` alone at first.
  public var statuses: Set<RunStatus> = [.finished]
  /// The latest verdict on the run.
  public var verdicts: Set<VerdictRecord.State> = []
  /// Whether runs without a verdict, or with a withdrawn one, are meant; beside `verdicts`.
  public var undecided = false
  /// Names of flags, of which a run has raised one.
  public var flags: [String] = []
  /// Only these runs; nil for any.
  public var runs: [TestRunKey]?
  /// Which of the runs that fit are asked.
  public var selection = Selection.all
  /// As it was at this instant: only runs that had finished by then, and verdicts given by then.
  public var asOf: String?

  /// The step that a run must have finished to stand before runs that did not, unless its family calls it otherwise.
  public static let finalStep = "meta"

  /// The step without which a run of a test says nothing of its block.
  public static func finalStep(of test: String) -> String {
    if test.hasPrefix("FLATFLUX") { return "flux" }
    if test.hasPrefix("NL0") || test.hasPrefix("HENK") { return "NL" }
    return test.hasPrefix("FLAT") ? "masterflat" : finalStep
  }

  /// All measurements of finished runs, or of the runs given.
  public init(quantities: [String] = [], tests: [String] = [], runs: [TestRunKey]? = nil) {
    self.quantities = quantities
    self.tests = tests
    self.runs = runs
    if runs != nil { statuses = [] }
  }

  /// Whether measurements are told apart by what they belong to within their run.
  var restrictsPlaces: Bool {
    !(detectors.isEmpty && amplifiers.isEmpty && items.isEmpty && obsids.isEmpty && slots.isEmpty)
      || restrictsExposures
  }

  /// Whether it matters when data was taken.
  var restrictsExposures: Bool { exposedFrom != nil || exposedBefore != nil }
}

/// What results are grouped by.
public enum ResultDimension: String, Sendable, CaseIterable {
  case quantity, campaign, block, slot, test, family, session, analysis, run, detector, amplifier
  case obsid, item

  /// Whether it belongs to the test run.
  var isOfRun: Bool {
    switch self {
    case .campaign, .block, .test, .family, .session, .analysis, .run: true
    case .quantity, .slot, .detector, .amplifier, .obsid, .item: false
    }
  }
}

/// What the name of a test says.
public enum TestName {
  /// The name without an iteration: `BIAS02` of `BIAS02.1`.
  public static func base(_ test: String) -> String {
    test.split(separator: ".", maxSplits: 1).first.map(String.init) ?? test
  }

  /// The family that the name says: letters and digits, the last digit an X: `BIAS0X` of `BIAS02.1`,
  /// `PTC0X` of `PTC02_590`; a name without digits after its letters is its own family.
  public static func family(_ test: String) -> String {
    let base = base(test)
    let letters = base.prefix { $0.isASCII && $0.isLetter }
    let digits = base[letters.endIndex...].prefix { $0.isASCII && $0.isNumber }
    guard !letters.isEmpty, !digits.isEmpty else { return base }
    return letters + digits.dropLast() + "X"
  }
}
