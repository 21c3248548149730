import BlockTests
import Detector
import Warehouse

/// How the outcome of each requirement went from run to run of each block.
public struct ComplianceHistory: Sendable, Encodable {
  /// One requirement, on one run.
  public struct Point: Sendable, Encodable {
    /// The metatest, the requirement, the test as the run names it, the block.
    public let metatest, requirement, test, block: String
    /// The run, its analysis, and when it began.
    public let run: Int64
    /// The analysis.
    public let analysis, started: String
    /// accepted or rejected; nil where nobody has decided.
    @OrNull public var verdict: String?
    /// Whether the run stands for its block.
    public let standing: Bool
    /// The unit of the margin.
    public let unit: String
    /// How the block's amplifiers came out.
    public let counts: ComplianceMatrix.Line.Counts
    /// The amplifier with the smallest margin; nil where none was tested.
    @OrNull public var worst: ComplianceEntry?
    /// How much the smallest margin grew since the block's run before; nil for the first.
    @OrNull public var marginChange: Double?
  }

  /// By requirement, test, block, and time.
  public let points: [Point]

  /// Tests every whole run alone, with the limits of now.
  ///
  /// Runs are those that finished and finished the last step, rejected ones, too. What a requirement
  /// needs of another test, such as a gain, comes from the run that stands for its block.
  ///
  /// - Throws: `WarehouseError`, `MetatestError`.
  public init(
    _ input: MetatestInput, metatests: [any Metatest.Type] = MetatestCatalog.all,
    restriction: ComplianceMatrix.Restriction = .init(), sigmas: Double = 2,
    check: () throws -> Void = {}
  ) throws {
    var points: [Point] = []
    for metatest in metatests {
      for test in metatest.tests where NamePattern.matches(test, any: restriction.tests) {
        points += try Self.points(metatest, test, input, restriction, sigmas, check)
      }
    }
    self.points = points
  }

  private static func points(
    _ metatest: any Metatest.Type, _ test: String, _ input: MetatestInput,
    _ restriction: ComplianceMatrix.Restriction, _ sigmas: Double, _ check: () throws -> Void
  ) throws -> [Point] {
    let selector = input.selector
    let standing = Set(
      try selector.selections(test: test, design: input.design).compactMap { $0.run?.key })
    let runs = try selector.candidates(test: test).filter { candidate in
      candidate.isComplete && candidate.run.status == .finished
        && NamePattern.matches(candidate.run.block, any: restriction.blocks)
        && NamePattern.matches(candidate.run.analysis.name, any: input.scope.analyses)
    }.map(\.run)
    let order = Dictionary(
      input.design.allBlocks.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    var testers: [String: RequirementTester] = [:]
    var points: [Point] = []
    for run in runs {
      try check()
      // One tester for each camera: it reads what all runs share.
      let tester =
        try testers[run.camera] ?? metatest.requirements(input, camera: run.recordedCamera())
      testers[run.camera] = tester
      let selection = BlockSelection(
        block: run.block, role: input.design.role(of: run.block), test: test, run: run, rule: nil,
        reason: nil, candidates: 1)
      for result in try tester(test, [selection])
      where NamePattern.matches(result.requirement.id, any: restriction.requirements) {
        let line = ComplianceMatrix.Line(
          metatest: metatest.name, result, [selection], [], design: input.design, sigmas: sigmas)
        let own = line.entries.filter { $0.block == run.block }
        var point = Point(
          metatest: metatest.name, requirement: line.requirement, test: run.test, block: run.block,
          run: run.key.id, analysis: run.analysis.name, started: run.started,
          standing: standing.contains(run.key), unit: line.unit, counts: .init(own))
        point.verdict = run.verdict?.rawValue
        point.worst = own.filter(\.outcome.isTested).min {
          ($0.margin ?? .infinity, $0.place) < ($1.margin ?? .infinity, $1.place)
        }
        points.append(point)
      }
    }
    points.sort {
      ($0.requirement, order[$0.block] ?? .max, $0.block, $0.started, $0.run)
        < ($1.requirement, order[$1.block] ?? .max, $1.block, $1.started, $1.run)
    }
    for index in points.indices.dropFirst()
    where points[index].requirement == points[index - 1].requirement
      && points[index].block == points[index - 1].block
    {
      if let new = points[index].worst?.margin, let old = points[index - 1].worst?.margin {
        points[index].marginChange = new - old
      }
    }
    return points
  }
}
