import Detector
import Warehouse

/// All requirements of the metatests over all blocks, from the runs that stand for their blocks.
public struct ComplianceMatrix: Sendable, Encodable {
  /// One requirement, tested on one test.
  public struct Line: Sendable, Encodable {
    /// How many amplifiers of the flight blocks came out how.
    public struct Counts: Sendable, Hashable, Encodable {
      /// Marginal ones pass, too, and are not among `pass`.
      public var pass = 0, marginal = 0, fail = 0, notTested = 0, notMeasurable = 0

      /// Counts entries.
      public init(_ entries: some Sequence<ComplianceEntry>) {
        for entry in entries {
          switch entry.outcome {
          case .pass: pass += 1
          case .marginal: marginal += 1
          case .fail: fail += 1
          case .notTested: notTested += 1
          case .notMeasurable: notMeasurable += 1
          }
        }
      }
    }

    /// The metatest that declares the requirement, and the requirement.
    public let metatest, requirement: String
    /// The test whose values were tested.
    public let test: String
    /// requirement or data-quality limit; what is limited; where the limit comes from.
    public let kind, title, source: String
    /// The unit, in the FITS standard's spelling.
    public let unit: String
    /// The lower limit, excluded.
    @OrNull public var lower: Double?
    /// The upper limit, included.
    @OrNull public var upper: Double?
    /// Digits after the decimal point.
    public let digits: Int
    /// pass, fail, incomplete or not tested, judged on the flight blocks.
    public let verdict: String
    /// How many of the flight blocks' amplifiers.
    public let counts: Counts
    /// The flight amplifier with the smallest margin; nil where none was tested.
    @OrNull public var worst: ComplianceEntry?
    /// All amplifiers: those of flight blocks, and of others that have results.
    public let entries: [ComplianceEntry]

    /// The limits as text.
    public var limitText: String { rule.limitText }

    let rule: Requirement

    private enum CodingKeys: String, CodingKey {
      case metatest, requirement, test, kind, title, source, unit, lower, upper, digits, verdict
      case counts, worst, entries
    }
  }

  /// An entry with the requirement that it belongs to.
  public struct Offender: Sendable, Encodable {
    /// The requirement and the test.
    public let requirement, test: String
    /// The unit of value and margin.
    public let unit: String
    /// The amplifier.
    public let entry: ComplianceEntry
  }

  /// The design of the focal plane.
  public let design: String
  /// Why each run was chosen.
  public let rule: String
  /// Flight blocks, in the design's order, then others with results.
  public let blocks: [String]
  /// At how many sigma from a limit a value is marginal.
  public let marginalSigma: Double
  /// One for each requirement and test that has any run.
  public let lines: [Line]
  /// Tests of metatests of which no block has a usable run.
  public let testsWithoutRuns: [String]
  /// The block tests' own checks of the same runs.
  public let checks: [CheckCompliance]

  let layout: PlaneLayout?
  let selections: [BlockSelection]

  private enum CodingKeys: String, CodingKey {
    case design, rule, blocks, marginalSigma, lines, testsWithoutRuns, checks
  }

  /// What a matrix is restricted to; empty lists restrict nothing. Names may hold `*` and `?`.
  public struct Restriction: Sendable {
    /// Requirements, tests and blocks.
    public var requirements: [String] = [], tests: [String] = [], blocks: [String] = []

    /// No restriction, unless changed.
    public init() {}
  }

  /// Tests all requirements of some metatests.
  ///
  /// - Parameters:
  ///   - sigmas: at how many sigma from a limit a value is marginal.
  ///   - check: throws where the user asked to end.
  /// - Throws: `WarehouseError`, `MetatestError`.
  public init(
    _ input: MetatestInput, metatests: [any Metatest.Type] = MetatestCatalog.all,
    restriction: Restriction = Restriction(), sigmas: Double = 2, check: () throws -> Void = {}
  ) throws {
    design = input.design.name
    rule = input.selector.rule
    marginalSigma = sigmas
    var lines: [Line] = []
    var without: [String] = []
    var layout: PlaneLayout?
    var selections: [BlockSelection] = []
    for metatest in metatests {
      let wanted = metatest.tests.filter { NamePattern.matches($0, any: restriction.tests) }
      guard !wanted.isEmpty else { continue }
      let choice: MetatestChoice
      do {
        choice = try MetatestChoice(metatest, input)
      } catch let error as MetatestError where error.kind == .noResults {
        without += wanted
        continue
      }
      layout =
        layout ?? PlaneLayout(plane: input.plane, design: input.design, camera: choice.camera)
      let tester = try metatest.requirements(input, camera: choice.camera)
      without += wanted.filter { test in !choice.tests.contains { $0.test == test } }
      for chosen in choice.tests where wanted.contains(chosen.test) {
        try check()
        selections += chosen.selections
        for result in try tester(chosen.test, chosen.selections)
        where NamePattern.matches(result.requirement.id, any: restriction.requirements) {
          lines.append(
            Line(
              metatest: metatest.name, result, chosen.selections, restriction.blocks,
              design: input.design, sigmas: sigmas))
        }
      }
    }
    self.lines = lines
    testsWithoutRuns = without
    self.layout = layout
    self.selections = selections
    checks = try CheckCompliance.all(input, restriction, check: check)
    let known = Set(lines.flatMap { $0.entries.map(\.block) } + checks.map(\.block))
    blocks =
      input.design.flight.filter { NamePattern.matches($0, any: restriction.blocks) }
      + known.subtracting(input.design.flight).sorted()
  }

  /// When the latest run that is tested began, ISO 8601 UTC: the date of figures.
  public var date: String { StartTime.latest(selections.compactMap { $0.run?.started }).text }

  /// Whether a requirement fails on a flight block, or a check of a run that stands for one.
  public var isOutOfLimits: Bool {
    lines.contains { $0.counts.fail > 0 } || checks.contains { $0.flight && $0.failed > 0 }
  }

  /// The amplifiers with the smallest margins in per cent of the limit, over all requirements; those
  /// that fail come first. Of equal ones, by requirement, test and place.
  public func worst(_ count: Int) -> [Offender] {
    let all = lines.flatMap { line in
      line.entries.filter(\.outcome.isTested).map {
        Offender(requirement: line.requirement, test: line.test, unit: line.unit, entry: $0)
      }
    }
    func rank(_ offender: Offender) -> (Int, Double, String, String, ChannelPlace) {
      let entry = offender.entry
      return (
        entry.outcome == .fail ? 0 : 1, entry.marginPercent ?? .infinity, offender.requirement,
        offender.test, entry.place
      )
    }
    return Array(all.sorted { rank($0) < rank($1) }.prefix(max(0, count)))
  }
}

extension ComplianceMatrix.Line {
  init(
    metatest: String, _ result: RequirementResult, _ selections: [BlockSelection],
    _ blocks: [String], design: FocalPlane.Design, sigmas: Double
  ) {
    let limit = result.requirement
    self.metatest = metatest
    requirement = limit.id
    test = result.test
    (kind, title, source) = (limit.kind.rawValue, limit.title, limit.source)
    (unit, digits, rule) = (limit.unit.rawValue, limit.digits, limit)
    let byBlock = Dictionary(
      selections.map { ($0.block, $0) }, uniquingKeysWith: { first, _ in first })
    let places = result.outcomes.keys.filter { NamePattern.matches($0.block, any: blocks) }
    entries = places.sorted().map { place in
      ComplianceEntry(
        result, at: place, selection: byBlock[place.block],
        slot: design.slot(block: place.block, detector: place.detector)?.name, sigmas: sigmas)
    }
    let own = entries.filter(\.flight)
    counts = Counts(own)
    verdict = Self.verdict(counts).rawValue
    (lower, upper) = (limit.lower, limit.upper)
    worst = own.filter(\.outcome.isTested).min {
      ($0.margin ?? .infinity, $0.place) < ($1.margin ?? .infinity, $1.place)
    }
  }

  /// As `RequirementResult.verdict`, of the blocks that are shown.
  private static func verdict(_ counts: Counts) -> RequirementResult.Verdict {
    if counts.fail > 0 { return .fail }
    if counts.pass + counts.marginal == 0 { return .notTested }
    return counts.notTested + counts.notMeasurable > 0 ? .incomplete : .pass
  }
}
