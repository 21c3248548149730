import Detector
import Warehouse

/// How the checks of a block's test came out: those of the run that stands for it.
public struct CheckCompliance: Sendable, Hashable, Encodable {
  /// The checks of one name.
  public struct Kind: Sendable, Hashable, Encodable {
    /// What was checked.
    public let name: String
    /// How many checks there are, and how many failed.
    public let total, failed: Int
  }

  /// The campaign, the block and the test, without an iteration tag.
  public let campaign, block, test: String
  /// Whether the block is a flight block of the design.
  public let flight: Bool
  /// The run, and the analysis that it belongs to.
  public let run: Int64
  /// The analysis.
  public let analysis: String
  /// How many checks there are, and how many failed.
  public let total, failed: Int
  /// By name, sorted.
  public let kinds: [Kind]

  /// The checks of all tests, also of those that no metatest reads: by test, then by block in the
  /// design's order, then by campaign.
  ///
  /// - Throws: `WarehouseError`.
  public static func all(
    _ input: MetatestInput, _ restriction: ComplianceMatrix.Restriction,
    check: () throws -> Void = {}
  ) throws -> [CheckCompliance] {
    let order = Dictionary(
      input.design.allBlocks.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let flight = Set(input.design.flight)
    return try runs(input, restriction).map { run in
      try check()
      let kinds = try input.warehouse.checkCounts(of: run.key).sorted { $0.key < $1.key }
        .map { Kind(name: $0.key, total: $0.value.total, failed: $0.value.failed) }
      return CheckCompliance(
        campaign: run.campaign, block: run.block, test: TestName.base(run.test),
        flight: flight.contains(run.block), run: run.key.id, analysis: run.analysis,
        total: kinds.reduce(0) { $0 + $1.total }, failed: kinds.reduce(0) { $0 + $1.failed },
        kinds: kinds)
    }.sorted {
      ($0.test, order[$0.block] ?? .max, $0.block, $0.campaign)
        < ($1.test, order[$1.block] ?? .max, $1.block, $1.campaign)
    }
  }

  /// The runs that stand for their blocks; those of the analyses that are named go before others.
  private static func runs(
    _ input: MetatestInput, _ restriction: ComplianceMatrix.Restriction
  ) throws -> [ResultRun] {
    var filter = ResultFilter(tests: restriction.tests)
    filter.selection = .standing
    filter.blocks = restriction.blocks
    filter.asOf = input.scope.asOf
    func runs(_ analyses: [String]) throws -> [ResultRun] {
      filter.analyses = analyses
      return try input.warehouse.resultRuns(matching: filter).filter {
        // A name is no pattern here, whatever it holds.
        input.scope.campaign == nil || $0.campaign == input.scope.campaign
      }
    }
    let usual = try runs([])
    guard !input.scope.analyses.isEmpty else { return usual }
    struct Key: Hashable {
      let campaign, block, test: String

      init(_ run: ResultRun) {
        (campaign, block, test) = (run.campaign, run.block, TestName.base(run.test))
      }
    }
    let named = try runs(input.scope.analyses)
    let keys = Set(named.map { Key($0) })
    return named + usual.filter { !keys.contains(Key($0)) }
  }
}
