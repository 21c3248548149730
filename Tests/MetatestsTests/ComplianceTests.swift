import BlockTests
import Detector
import Foundation
import Plots
import Testing
import Warehouse

@testable import Metatests

@Suite("Compliance of one amplifier")
struct ComplianceEntryTests {
  private static let place = ChannelPlace(block: "BORN", detector: "CCD1", amplifier: "E")

  private func entry(
    _ value: MeasuredValue?, lower: Double? = 2, upper: Double? = 10, sigmas: Double = 2
  ) throws -> ComplianceEntry {
    let limits = Requirement(
      id: "R", kind: .requirement, title: "t", unit: .adu, lower: lower, upper: upper, digits: 1,
      source: "s")
    let fixture = try WarehouseFixture()
    let run = try fixture.addBare("BORN", .init(isChecksOnly: true))
    let selection = BlockSelection(
      block: "BORN", role: .flight, test: "BIAS01", run: run, rule: .latestFinished, reason: nil,
      candidates: 1)
    let result = RequirementResult(
      limits, test: "BIAS01", values: value.map { [Self.place: $0] } ?? [:],
      places: [Self.place], flight: ["BORN"]
    ) { _ in "nothing stored" }
    return ComplianceEntry(
      result, at: Self.place, selection: selection, slot: "C_11", sigmas: sigmas)
  }

  @Test("margins count from the nearest limit, in the unit, in per cent of it, and in sigma")
  func margins() throws {
    let high = try entry(.value(9, uncertainty: 0.25))
    #expect(high.outcome == .pass && high.margin == 1)
    #expect(high.marginPercent == 10 && high.marginSigma == 4)
    let low = try entry(.value(2.5, uncertainty: 0.125))
    #expect(low.margin == 0.5 && low.marginPercent == 25 && low.marginSigma == 4)
    let out = try entry(.value(11, uncertainty: 0.5))
    #expect(out.outcome == .fail && out.margin == -1)
    #expect(out.marginPercent == -10 && out.marginSigma == -2)
    let negative = try entry(.value(-45, uncertainty: nil), lower: -50, upper: 50)
    #expect(negative.margin == 5 && negative.marginPercent == 10 && negative.marginSigma == nil)
  }

  @Test("on the upper limit a value is marginal, on the lower one it fails")
  func edges() throws {
    #expect(try entry(.value(10)).outcome == .marginal)
    #expect(try entry(.value(10)).margin == 0)
    #expect(try entry(.value(2)).outcome == .fail)
    #expect(try entry(.value(2)).margin == 0)
    #expect(try entry(.value((10.0).nextUp)).outcome == .fail)
    #expect(try entry(.value((2.0).nextUp)).outcome == .pass)
  }

  @Test(
    "a pass is marginal up to so many sigma from the limit, and not beyond; a failure never is",
    arguments: [
      (9.5, 0.25, 2.0, ComplianceEntry.Outcome.marginal), (9.5, 0.249, 2, .pass),
      (9.5, 0.25, 1.99, .pass), (9.5, 10, 0, .pass), (10, 10, 0, .marginal),
      (10.001, 100, 2, .fail), (9.5, 0, 2, .pass), (10, 0, 2, .marginal),
    ])
  func marginal(
    value: Double, uncertainty: Double, sigmas: Double, outcome: ComplianceEntry.Outcome
  ) throws {
    let entry = try entry(.value(value, uncertainty: uncertainty), sigmas: sigmas)
    #expect(entry.outcome == outcome)
    #expect((entry.marginSigma == nil) == (uncertainty == 0))
  }

  @Test("a limit of zero has no per cent, no limit no margin, and neither makes a NaN")
  func without() throws {
    let zero = try entry(.value(1, uncertainty: .leastNonzeroMagnitude), lower: 0, upper: nil)
    #expect(zero.outcome == .pass && zero.margin == 1 && zero.marginPercent == nil)
    #expect(zero.marginSigma == nil)
    let none = try entry(.value(1, uncertainty: 1), lower: nil, upper: nil)
    #expect(none.outcome == .pass && none.margin == nil && none.marginSigma == nil)
    let far = try entry(
      .value(-.greatestFiniteMagnitude), lower: nil, upper: .greatestFiniteMagnitude)
    #expect(far.outcome == .pass && far.margin == nil)
  }

  @Test("a run without the value is not measurable, with its reason; numbers stay null in JSON")
  func missing() throws {
    let stored = try entry(.missing(reason: "dead"))
    #expect(stored.outcome == .notMeasurable && stored.reason == "dead" && stored.run == 1)
    let absent = try entry(nil)
    #expect(absent.outcome == .notMeasurable && absent.reason == "nothing stored")
    let json = String(decoding: try JSONEncoder().encode(stored), as: UTF8.self)
    #expect(json.contains(#""margin":null"#) && json.contains(#""value":null"#))
  }

  @Test("the nearest limit, and limits as text")
  func limits() {
    func rule(_ lower: Double?, _ upper: Double?) -> Requirement {
      Requirement(
        id: "R", kind: .requirement, title: "t", unit: .adu, lower: lower, upper: upper, digits: 1,
        source: "s")
    }
    #expect(rule(0.86, 1.44).limitText == "0.86 < v <= 1.44")
    #expect(rule(-50, 50).limitText == "-50 < v <= 50")
    #expect(rule(nil, 4.5).limitText == "v <= 4.5")
    #expect(rule(3, nil).limitText == "3 < v")
    #expect(rule(nil, nil).limitText == "none")
    #expect(rule(1, 3).nearestLimit(to: 1.9) == 1 && rule(1, 3).nearestLimit(to: 2.1) == 3)
    #expect(rule(1, 3).nearestLimit(to: -100) == 1 && rule(nil, nil).nearestLimit(to: 0) == nil)
  }
}

@Suite("Compliance matrix")
struct ComplianceMatrixTests {
  private func input(
    _ fixture: WarehouseFixture, _ scope: RunSelector.Scope = .init()
  ) -> MetatestInput {
    MetatestInput(
      warehouse: fixture.warehouse, plane: fixture.plane, design: fixture.design, scope: scope,
      folder: "")
  }

  private func restriction(
    _ requirements: [String] = [], tests: [String] = [], blocks: [String] = []
  ) -> ComplianceMatrix.Restriction {
    var restriction = ComplianceMatrix.Restriction()
    (restriction.requirements, restriction.tests, restriction.blocks) = (
      requirements, tests, blocks
    )
    return restriction
  }

  @Test("outcomes are those of the metatest itself, for every requirement and amplifier")
  func sameRules() throws {
    let fixture = try WarehouseFixture()
    try fixture.addBare("BORN", .init(noise: 0.2))
    try fixture.addBare("CURIE", .init(missing: ["CCD2/F": "dead"]))
    try fixture.addBare("BORN", .init(test: "PTC01", gain: 3.2))
    let content = try MetaBias.content(input(fixture))
    let matrix = try ComplianceMatrix(input(fixture), metatests: [MetaBias.self])
    #expect(matrix.lines.count == content.requirements.count)
    for (line, result) in zip(matrix.lines, content.requirements) {
      #expect(line.requirement == result.requirement.id && line.test == result.test)
      #expect(line.verdict == result.verdict.rawValue)
      let counts = result.counts(result.flightPlaces)
      #expect(line.counts.pass + line.counts.marginal == counts.passed)
      #expect(line.counts.fail == counts.failed)
      #expect(line.counts.notTested + line.counts.notMeasurable == counts.untested)
      #expect(line.entries.count == result.outcomes.count)
      for entry in line.entries {
        switch result.outcomes[entry.place] {
        case .pass(let value, let margin)?:
          #expect(entry.value == value && entry.margin == margin && entry.outcome != .fail)
        case .fail(let value, let margin)?:
          #expect(entry.value == value && entry.margin == margin && entry.outcome == .fail)
        default: #expect(!entry.outcome.isTested)
        }
      }
    }
    #expect(content.requirements.contains { $0.verdict == .fail })
    #expect(matrix.isOutOfLimits)
  }

  @Test("known values give known margins; the worst come first, failures before all")
  func knownTruth() throws {
    let fixture = try WarehouseFixture()
    try fixture.addBare("BORN")
    try fixture.addBare("CURIE", .init(noise: 0.3))
    let matrix = try ComplianceMatrix(input(fixture), restriction: restriction(["RON-OVE"]))
    let line = try #require(matrix.lines.first)
    #expect(matrix.lines.count == 1)
    for entry in line.entries where entry.outcome.isTested {
      let shift = entry.block == "CURIE" ? 0.3 : 0
      let value = fixture.readNoise(entry.block, entry.ccd, entry.quadrant, item: "ove") + shift
      #expect(entry.value == value && entry.uncertainty == 0.004)
      let margin = min(value - 0.86, 1.44 - value)
      #expect(abs((entry.margin ?? .nan) - margin) < 1e-12)
      #expect(abs((entry.marginSigma ?? .nan) - margin / 0.004) < 1e-6)
      #expect(entry.outcome == (margin < 0 ? .fail : margin <= 0.008 ? .marginal : .pass))
    }
    #expect(line.counts.fail > 0 && line.counts.pass >= 12)
    #expect(line.counts.notTested == (fixture.design.flight.count - 2) * 12)
    let offenders = matrix.worst(5)
    #expect(offenders.map(\.entry.block) == Array(repeating: "CURIE", count: 5))
    #expect(offenders[0].entry == line.worst)
    let percents = offenders.compactMap(\.entry.marginPercent)
    #expect(percents == percents.sorted())
    #expect(matrix.worst(0).isEmpty && matrix.worst(100_000).count == 24)
  }

  @Test("requirements, tests and blocks restrict; what no run has is said")
  func restrictions() throws {
    let fixture = try WarehouseFixture()
    try fixture.addBare("BORN")
    try fixture.addBare("CURIE", .init(noise: 1))
    let all = try ComplianceMatrix(input(fixture), metatests: [MetaBias.self])
    #expect(all.testsWithoutRuns == ["BIAS02"])
    #expect(all.isOutOfLimits)
    let born = try ComplianceMatrix(
      input(fixture), restriction: restriction(["RON-*"], blocks: ["BO*"]))
    #expect(Set(born.lines.map(\.requirement)) == ["RON-E", "RON-PRE", "RON-IMG", "RON-OVE"])
    #expect(born.blocks == ["BORN"])
    #expect(!born.isOutOfLimits)
    #expect(born.lines.first { $0.requirement == "RON-OVE" }?.verdict == "pass")
    #expect(born.lines.first { $0.requirement == "RON-E" }?.counts.notMeasurable == 12)
    let none = try ComplianceMatrix(input(fixture), restriction: restriction(tests: ["NONE"]))
    #expect(none.lines.isEmpty && none.testsWithoutRuns.isEmpty && none.checks.isEmpty)
    #expect(none.matrixFigure() == nil && none.marginMap() == nil)
  }

  @Test("the matrix goes by the run that stands: verdicts, an instant of the past, an analysis")
  func selection() throws {
    let fixture = try WarehouseFixture()
    try fixture.addBare("BORN", .init(started: "2019-03-01T00:00:00Z", verdict: .accepted))
    try fixture.addBare("BORN", .init(started: "2019-05-01T00:00:00Z", noise: 1))
    func fails(_ scope: RunSelector.Scope) throws -> Int {
      let matrix = try ComplianceMatrix(
        input(fixture, scope), restriction: restriction(["RON-OVE"]))
      #expect(
        matrix.lines.first?.entries.first { $0.block == "BORN" }?.run
          == matrix.checks.first { $0.block == "BORN" }?.run)
      return matrix.lines.first?.counts.fail ?? -1
    }
    #expect(try fails(.init()) == 0)
    #expect(try fails(.init(analyses: ["BORN_2_*"])) == 12)
    // The verdict was given in April.
    #expect(try fails(.init(asOf: "2019-03-15T00:00:00Z")) == 0)
    #expect(try fails(.init(campaign: "other")) == -1)
  }

  @Test("checks are counted by block, test and name; a failed one of a flight block counts")
  func checks() throws {
    let fixture = try WarehouseFixture()
    try fixture.addBare("BORN")
    try fixture.addBare("CURIE", .init(isChecksOnly: true))
    let matrix = try ComplianceMatrix(input(fixture), metatests: [MetaBias.self])
    #expect(matrix.checks.map(\.block) == ["BORN", "CURIE"])
    #expect(
      matrix.checks.map(\.kinds)
        == Array(
          repeating: [.init(name: "std_ove", total: 3, failed: 0)], count: 2))
    #expect(matrix.checks.allSatisfy { $0.total == 3 && $0.failed == 0 && $0.flight })
    #expect(!matrix.isOutOfLimits)
  }

  @Test("history tests each run alone, in time, with the change of the smallest margin")
  func history() throws {
    let fixture = try WarehouseFixture()
    try fixture.addBare("BORN", .init(started: "2019-03-01T00:00:00Z"))
    try fixture.addBare("CURIE", .init(started: "2019-03-02T00:00:00Z"))
    try fixture.addBare(
      "BORN", .init(started: "2019-03-03T00:00:00Z", verdict: .rejected, noise: 1))
    try fixture.addBare("BORN", .init(started: "2019-03-04T00:00:00Z", noise: 0.05))
    try fixture.addBare("BORN", .init(started: "2019-03-05T00:00:00Z", isChecksOnly: true))
    let history = try ComplianceHistory(input(fixture), restriction: restriction(["RON-OVE"]))
    #expect(history.points.map(\.block) == ["BORN", "BORN", "BORN", "CURIE"])
    #expect(history.points.map(\.run) == [1, 3, 4, 2])
    #expect(history.points.map(\.standing) == [false, false, true, true])
    #expect(history.points.map(\.verdict) == [nil, "rejected", nil, nil])
    #expect(history.points.map(\.counts.fail) == [0, 12, 0, 0])
    let margins = history.points.compactMap(\.worst?.margin)
    #expect(margins.count == 4)
    let changes = history.points.map(\.marginChange)
    #expect(changes[0] == nil && changes[3] == nil)
    #expect(changes[1] == margins[1] - margins[0])
    #expect(abs((changes[2] ?? .nan) - (margins[2] - margins[1])) == 0)
    // The same outcome as in the matrix, where the run stands.
    let matrix = try ComplianceMatrix(input(fixture), restriction: restriction(["RON-OVE"]))
    let born = try #require(matrix.lines.first).entries.filter { $0.block == "BORN" }
    #expect(born.compactMap(\.margin).min() == margins[2])
  }

  @Test("figures mark failures by outline and sign, marginal passes by a sign, and repeat")
  func figures() throws {
    let fixture = try WarehouseFixture()
    try fixture.addBare("BORN", .init(noise: 0.2))
    try fixture.addBare("CURIE")
    let matrix = try ComplianceMatrix(
      input(fixture), restriction: restriction(["RON-OVE", "RON-E"], blocks: ["BORN", "CURIE"]),
      sigmas: 20)
    guard case .cells(let cells)? = matrix.matrixFigure()?.content,
      case .cells(let plane)? = matrix.marginMap()?.content
    else {
      Issue.record("no figures")
      return
    }
    #expect(cells.columns == 2 && cells.rows == 2)
    let line = try #require(matrix.lines.first { $0.requirement == "RON-OVE" })
    for (column, block) in matrix.blocks.enumerated() {
      let own = line.entries.filter { $0.block == block }
      let cell = try #require(cells.cells.first { $0.column == column && $0.row == 0 })
      #expect(cell.content == .value(try #require(own.compactMap(\.marginPercent).min())))
      #expect(cell.isFailed == own.contains { $0.outcome == .fail })
    }
    for cell in cells.cells {
      switch cell.content {
      case .missing("not measurable"): #expect(cell.label == "?")
      case .missing: #expect(cell.label == "-")
      case .value, .text: #expect(cell.label != "?" && cell.label != "-")
      }
    }
    #expect(cells.cells.contains { $0.label == "?" })
    #expect(plane.cells.count { $0.isFailed } == line.counts.fail && line.counts.fail > 0)
    #expect(
      plane.cells.count { $0.label.hasSuffix("~") } == line.counts.marginal
        && line.counts.marginal > 0)
    let pages = [try #require(matrix.matrixFigure()), try #require(matrix.marginMap())]
    for page in pages {
      let format = FigureRenderer.Format.pdf(creationDate: matrix.date)
      #expect(
        try FigureRenderer.data(page, format: format) == FigureRenderer.data(page, format: format))
    }
  }

  @Test("names from outside do not disturb")
  func hostile() throws {
    let fixture = try WarehouseFixture()
    let names = ["'; DROP TABLE testRun; --", "*", "a,\"b\n", "../..", "日本"]
    for name in names { try fixture.addBare(name) }
    let matrix = try ComplianceMatrix(input(fixture), restriction: restriction(["RON-OVE"]))
    #expect(Set(matrix.blocks).isSuperset(of: names))
    #expect(matrix.lines.first?.entries.filter { $0.block == "*" }.count == 12)
    #expect(matrix.lines.first?.verdict == "not tested")
    #expect(matrix.matrixFigure() != nil)
  }
}

extension WarehouseFixture {
  /// A run without master frames, which no requirement needs and which take the most time.
  @discardableResult
  func addBare(
    _ block: String, _ variation: Variation = Variation()
  ) throws -> StoredTestRun {
    var variation = variation
    variation.hasMasters = false
    return try add(block, variation)
  }
}
