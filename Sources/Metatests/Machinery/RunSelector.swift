public import Detector
public import Warehouse

/// The test run that stands for a block in a metatest, or why there is none.
public struct BlockSelection: Sendable, Hashable {
  /// What a block is in a design of the focal plane.
  public enum Role: String, Sendable, CaseIterable {
    case flight, spare, discarded
    /// The design does not know the block.
    case other
  }

  /// The block's name.
  public let block: String
  /// What the block is in the design.
  public let role: Role
  /// The test's name, without an iteration tag.
  public let test: String
  /// The test run; nil where the block has none that can be used.
  public let run: StoredTestRun?
  /// Why that run was chosen; nil where there is none.
  public let rule: Warehouse.SelectionRule?
  /// Why there is no run; nil where there is one.
  public let reason: String?
  /// How many runs of the test the block has, whatever their state.
  public let candidates: Int
}

/// Chooses the test run of each block: the latest accepted one, else the latest finished one.
///
/// Only a run that has finished a certain step counts, so that a run of the checks alone never
/// stands for its block. A rejected run is never chosen. "Latest" goes by the time at which the run
/// began, then by its number. Iterations of a test (`BIAS02.1`) count as runs of that test.
public struct RunSelector: Sendable {
  /// What is known of a run when the choice is made.
  public struct Candidate: Sendable, Hashable {
    /// The run.
    public let run: StoredTestRun
    /// Whether the step that is asked for has finished.
    public let isComplete: Bool

    /// Describes a candidate.
    public init(run: StoredTestRun, isComplete: Bool) {
      self.run = run
      self.isComplete = isComplete
    }
  }

  /// What the choice is made among.
  public struct Scope: Sendable, Hashable {
    /// Restricts the choice where it is not nil.
    public var campaign: String?
    /// The choice as it was at this instant (ISO 8601 in UTC): only runs that had finished by then,
    /// and verdicts given by then; nil for now.
    public var asOf: String?
    /// Names of analyses, with `*` and `?`: a block that has a usable run in one of them is stood
    /// for by the latest such run, whatever was accepted; other blocks by the usual rule.
    public var analyses: [String]

    /// All runs of now, unless restricted.
    public init(campaign: String? = nil, asOf: String? = nil, analyses: [String] = []) {
      self.campaign = campaign
      self.asOf = asOf
      self.analyses = analyses
    }
  }

  /// The rule, for people.
  public let rule: String
  private let warehouse: Warehouse
  private let step: String
  private let scope: Scope

  /// A choice among the runs of a warehouse.
  ///
  /// - Parameter step: the step that a run must have finished.
  public init(
    _ warehouse: Warehouse, step: String = ResultFilter.finalStep, scope: Scope = Scope()
  ) {
    self.warehouse = warehouse
    self.step = step
    self.scope = scope
    var rule = ""
    if !scope.analyses.isEmpty {
      rule =
        "for each block the latest finished test run of the analyses "
        + "\(scope.analyses.map { "'\($0)'" }.joined(separator: ", ")); without one, "
    }
    rule +=
      "for each block the latest accepted test run, else the latest finished one; rejected runs "
      + "and runs that have not finished "
      + (step == ResultFilter.finalStep ? "their test's final step" : "the step '\(step)'")
      + " do not count"
    if let asOf = scope.asOf {
      rule += "; as of \(asOf): runs finished, and verdicts given, by then"
    }
    self.rule = rule
  }

  /// The choice for every block of a design, flight blocks first, then for blocks that it does not
  /// know, by name.
  ///
  /// - Throws: `WarehouseError`.
  public func selections(
    test: String, design: FocalPlane.Design
  ) throws -> [BlockSelection] {
    let runs = try candidates(test: test)
    let byBlock = Dictionary(grouping: runs, by: \.run.block)
    let others = byBlock.keys.filter { !design.allBlocks.contains($0) }.sorted()
    return (design.allBlocks + others).map { block in
      let mine = byBlock[block] ?? []
      let choice = Self.choice(among: mine, preferring: scope.analyses)
      return BlockSelection(
        block: block, role: design.role(of: block), test: test, run: choice?.run,
        rule: choice?.rule,
        reason: choice == nil
          ? Self.reason(
            mine, test: test,
            step: step == ResultFilter.finalStep ? ResultFilter.finalStep(of: test) : step) : nil,
        candidates: mine.count)
    }
  }

  /// All runs of a test, its iterations included, oldest first, with their verdicts as of the
  /// instant of the scope.
  public func candidates(test: String) throws -> [Candidate] {
    var filter = ResultFilter(tests: [test])
    filter.statuses = []
    filter.asOf = scope.asOf
    let step = step == ResultFilter.finalStep ? ResultFilter.finalStep(of: test) : step
    return try warehouse.testRuns(matching: filter).filter { run in
      // A name is no pattern here, whatever it holds.
      TestName.base(run.test) == test && (scope.campaign == nil || run.campaign == scope.campaign)
    }.map { run in
      let steps = try warehouse.subtasks(of: run.key)
      return Candidate(
        run: run,
        isComplete: steps.contains { $0.name == step && $0.status == .finished })
    }
  }

  /// The run that stands for its block.
  ///
  /// - Parameter analyses: names, with `*` and `?`, whose runs go before all others.
  public static func choice(
    among candidates: [Candidate], preferring analyses: [String] = []
  ) -> (run: StoredTestRun, rule: Warehouse.SelectionRule)? {
    let usable = candidates.filter {
      $0.isComplete && $0.run.status == .finished && $0.run.verdict != .rejected
    }.map(\.run).sorted { ($0.started, $0.key.id) < ($1.started, $1.key.id) }
    if !analyses.isEmpty,
      let named = usable.last(where: { NamePattern.matches($0.analysis.name, any: analyses) })
    {
      return (named, .namedAnalysis)
    }
    if let accepted = usable.last(where: { $0.verdict == .accepted }) {
      return (accepted, .latestAccepted)
    }
    return usable.last.map { ($0, .latestFinished) }
  }

  static func reason(_ candidates: [Candidate], test: String, step: String) -> String {
    guard let last = candidates.max(by: { $0.run.key < $1.run.key }) else {
      return "no run of \(test)"
    }
    let number = "run \(last.run.key.id)"
    if last.run.verdict == .rejected { return "\(number) is rejected" }
    if last.run.status != .finished { return "\(number) is \(last.run.status.rawValue)" }
    return last.isComplete
      ? "no usable run" : "\(number) has not finished the step '\(step)'"
  }
}

extension FocalPlane.Design {
  /// What a block is in this design.
  public func role(of block: String) -> BlockSelection.Role {
    if flight.contains(block) { return .flight }
    if spare.contains(block) { return .spare }
    return discarded.contains(block) ? .discarded : .other
  }
}
