public import Detector
public import Warehouse

/// A campaign at a glance: each block and test with the run that stands for it.
public struct CampaignStatus: Sendable, Encodable {
  /// One block and test.
  public struct Entry: Sendable, Encodable {
    /// The block, and what it is in the design.
    public let block, role: String
    /// The test; nil for a block without any run.
    public let test: String?
    /// "complete" where a metatest would use the run, else the state of the latest run, or
    /// "missing".
    public let state: String
    /// Why that run stands for the block; nil where none does.
    public let rule: String?
    /// How many runs there are.
    public let runs: Int
    /// The run that stands for the block, else the latest one.
    public let overview: RunOverview?
  }

  /// The design of the focal plane.
  public let design: String
  /// The entries: flight, spare, discarded (where they have results), other blocks.
  public let entries: [Entry]

  /// Looks at all blocks.
  ///
  /// - Parameters:
  ///   - design: whose flight blocks must have results.
  ///   - test: restricts the answer where it is not nil; the same for `block`.
  ///   - asOf: the status as it was at this instant; nil for now.
  /// - Throws: `WarehouseError`.
  public init(
    _ warehouse: Warehouse, design: FocalPlane.Design, test: String? = nil, block: String? = nil,
    asOf: String? = nil
  ) throws {
    self.design = design.name
    let selector = RunSelector(warehouse, scope: .init(asOf: asOf))
    var filter = ResultFilter()
    (filter.statuses, filter.asOf) = ([], asOf)
    let runs = try warehouse.resultRuns(matching: filter)
    let tests = Set(runs.map { TestName.base($0.test) }).sorted()
      .filter { test == nil || $0 == test }
    var entries: [Entry] = []
    for name in tests {
      let candidates = Dictionary(grouping: try selector.candidates(test: name), by: \.run.block)
      for selection in try selector.selections(test: name, design: design) {
        guard block == nil || selection.block == block else { continue }
        let latest = candidates[selection.block]?.map(\.run).max { $0.key < $1.key }
        if latest == nil, selection.role != .flight { continue }
        let shown = selection.run ?? latest
        entries.append(
          Entry(
            block: selection.block, role: selection.role.rawValue, test: name,
            state: selection.run != nil ? "complete" : Self.state(latest),
            rule: selection.rule?.rawValue, runs: selection.candidates,
            overview: try shown.map { try RunOverview($0, in: warehouse) }))
      }
    }
    if tests.isEmpty {
      entries = design.flight.filter { block == nil || $0 == block }.map {
        Entry(
          block: $0, role: "flight", test: nil, state: "missing", rule: nil, runs: 0, overview: nil)
      }
    }
    let order = Dictionary(
      design.allBlocks.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    self.entries = entries.enumerated().sorted { a, b in
      let (first, second) = (order[a.element.block] ?? .max, order[b.element.block] ?? .max)
      if first != second { return first < second }
      return first == .max && a.element.block != b.element.block
        ? a.element.block < b.element.block : a.offset < b.offset
    }.map(\.element)
  }

  private static func state(_ latest: StoredTestRun?) -> String {
    guard let latest else { return "missing" }
    if latest.verdict == .rejected { return "rejected" }
    return latest.status == .finished ? "partial" : latest.status.rawValue
  }
}
