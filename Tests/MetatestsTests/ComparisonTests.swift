import Detector
import Diagnostics
import Foundation
import Plots
import Testing
import Warehouse

@testable import Metatests

@Suite("Comparison")
struct ComparisonTests {
  let fixture: HistoryFixture

  init() throws { fixture = try HistoryFixture() }

  private func compare(
    _ left: String, _ right: String, _ change: (inout Comparison.Question) -> Void = { _ in }
  ) throws -> Comparison {
    var question = Comparison.Question()
    change(&question)
    return try Comparison(
      .named(left, in: fixture.warehouse), .named(right, in: fixture.warehouse), question,
      in: fixture.warehouse)
  }

  private func values(_ shift: Double = 0) -> [MeasurementRecord] {
    HistoryFixture.values(HistoryFixture.level) { Double($0) + Double($1) / 10 + shift }
  }

  @Test("the same data twice: all is equal, and errors are said to be common")
  func equal() throws {
    var making = HistoryFixture.Making()
    making.input = "same"
    try fixture.add(making, values())
    making.day = 2
    try fixture.add(making, values())
    let found = try compare("run:1", "run:2") { $0.limit = 3 }
    #expect(found.isEqual && found.equal == 12 && found.beyond == 0 && found.unjudged == 0)
    #expect(found.provenance.sameInputs == 1)
    #expect(found.provenance.independence.contains("lower bound"))
    let summary = try #require(found.summaries.first)
    #expect(summary.compared == 12 && summary.changed == 0 && summary.medianShift == 0)
    #expect(summary.largest == nil)
  }

  @Test("differences, sigmas and what has none, in the order of their significance")
  func order() throws {
    try fixture.add(values())
    var moved = values()
    moved[0].value = .value(0.05, uncertainty: 0.01, count: 3)
    moved[1].value = .value(0.1 + 0.5, uncertainty: 0.01, count: 3)
    moved[2].value = .value(0.3, count: 3)
    moved[3].value = .missing(reason: "masked")
    moved[4].value = .value(1, uncertainty: 0.02, count: 3)
    moved.removeLast()
    try fixture.add(moved)
    let found = try compare("A1", "A2") { $0.limit = 10 }
    #expect(
      found.differences.map(\.state) == [
        .changed, .changed, .changed, .lost, .onlyLeft, .uncertainty,
      ])
    let first = found.differences[0]
    #expect(first.place.amplifier == "F")
    #expect(abs((first.significance ?? 0) - 0.5 / (2e-4).squareRoot()) < 1e-6)
    #expect(abs((first.relative ?? 0) - 0.5 / 0.6) < 1e-9)
    #expect(found.differences[2].unjudged == "no uncertainty")
    let summary = try #require(found.summaries.first)
    #expect(summary.compared == 10 && summary.changed == 3 && summary.moved == 1)
    #expect(summary.unjudged == 1 && summary.lost == 1 && summary.onlyLeft == 1)
    #expect(found.beyond == 1 && found.counts[.lost] == 1)
    let byName = try compare("A1", "A2") { $0.order = .name }
    #expect(byName.differences.first?.place.amplifier == "E")
    #expect(byName.beyond == 3, "without a limit all that changed has moved")
  }

  @Test("a sigma of zero is said, never divided by")
  func zeroSigma() throws {
    try fixture.add(HistoryFixture.values(HistoryFixture.level, uncertainty: 0) { _, _ in 1 })
    try fixture.add(HistoryFixture.values(HistoryFixture.level, uncertainty: 0) { _, _ in 2 })
    let found = try compare("1", "2") { $0.limit = 1 }
    #expect(found.differences.allSatisfy { $0.significance == nil && $0.sigma == 0 })
    #expect(found.differences[0].unjudged == "both uncertainties are 0")
    #expect(found.unjudged == 12 && found.beyond == 0)
    let row = ComparisonRow(found.differences[0], unit: "adu", slot: nil)
    let json = String(decoding: try JSONEncoder().encode(row), as: UTF8.self)
    #expect(json.contains(#""significance":null"#) && json.contains(#""slot":null"#))
  }

  @Test("sides pair by what they do not name: tests, campaigns, blocks, iterations")
  func pairing() throws {
    var making = HistoryFixture.Making()
    for block in ["BORN", "CURIE"] {
      for (test, shift) in [("BIAS01", 0.0), ("BIAS02.1", 1.0)] {
        (making.block, making.test) = (block, test)
        try fixture.add(making, values(shift))
      }
    }
    let tests = try compare("BIAS01", "BIAS02")
    #expect(tests.pairs.count == 2 && tests.pairing == [.campaign, .block])
    #expect(abs((tests.summaries[0].medianShift ?? 0) - 1) < 1e-12)
    let blocks = try compare("BORN", "block:CURIE")
    #expect(blocks.pairs.count == 2 && blocks.isEqual)
    making.block = "CURIE"
    making.campaign = "second"
    making.test = "BIAS01"
    try fixture.add(making, values(2))
    let campaigns = try compare("flight", "second")
    #expect(campaigns.pairs.count == 1 && campaigns.pairing == [.block, .test])
    #expect(campaigns.onlyLeft.count == 3 && !campaigns.isEqual)
  }

  @Test("as of two dates: what stood then")
  func dates() throws {
    var making = HistoryFixture.Making()
    try fixture.add(making, values())
    making.day = 10
    try fixture.add(making, values(1))
    let (early, late) = (HistoryFixture.time(5), HistoryFixture.time(20))
    let found = try compare(early, "at:\(late)")
    #expect(found.pairs == [RunPair(left: TestRunKey(id: 1), right: TestRunKey(id: 2))])
    let test = try compare("test:BIAS01@\(early)", "BIAS01")
    #expect(test.pairs == found.pairs && test.left.asOf == early)
    #expect(test.left.text == "test:BIAS01@\(early)")
    #expect(throws: MetatestError.self) { try compare("at:2001-01-01T00:00:00Z", late) }
    #expect(throws: MetatestError.self) { try compare("BIAS01@yesterday", "BIAS01") }
    #expect(throws: MetatestError.self) { try compare("A1@\(late)", "A2") }
  }

  @Test("names that mean several things, or nothing, are refused with the way out")
  func names() throws {
    var making = HistoryFixture.Making()
    making.block = "flight"
    try fixture.add(making, values())
    do {
      _ = try compare("flight", "1")
      Issue.record("two meanings")
    } catch let error as MetatestError {
      #expect(error.kind == .ambiguousSide && error.exitCode == .wrongUse)
      #expect(error.remedy == "say which: campaign:flight, block:flight")
    }
    #expect(try compare("block:flight", "campaign:flight").isEqual)
    for hostile in ["", ":", "run:", "run:'; DROP TABLE testRun", "x\u{0}y", "BIAS0l", "@", "at:"] {
      do {
        _ = try compare(hostile, "1")
        Issue.record("'\(hostile)' means nothing")
      } catch let error as MetatestError {
        #expect(error.kind == .unknownSide, "\(hostile)")
      }
    }
    making.status = .failed
    making.analysis = "broken"
    try fixture.add(making, values())
    #expect(throws: MetatestError.self) { try compare("broken", "1") }
    #expect(try compare("run:2", "run:1").isEqual, "a failed run can be named by its number")
    #expect(throws: MetatestError.self) {
      try compare("run:1", "run:1") { $0.quantities = ["no.such"] }
    }
  }

  @Test("keys of the configuration, libraries, program and common frames")
  func provenance() throws {
    var making = HistoryFixture.Making()
    making.raw = ["aa", "bb"]
    try fixture.add(making, values())
    making.configuration = "block: BORN\nlevels: [1, 3]\nnew: {a: b}\n"
    (making.libraries, making.program) = (["sqlite": "3.41", "GSL": "2.7"], "0.2.0")
    making.raw = ["bb", "cc"]
    try fixture.add(making, values())
    let made = try compare("run:1", "run:2").provenance
    #expect(
      made.configuration.map { [$0.what, $0.left ?? "-", $0.right ?? "-"] } == [
        ["levels[1]", "2", "3"], ["new.a", "-", "b"],
      ])
    #expect(
      made.program.map { [$0.what, $0.left ?? "-", $0.right ?? "-"] } == [
        ["library GSL", "-", "2.7"], ["library sqlite", "3.40.1", "3.41"],
        ["program", "0.1.0", "0.2.0"],
      ])
    #expect(made.sameInputs == 0 && made.overlapping == 1 && made.commonFiles == 1)
    #expect(made.independence.contains("1 raw files in common"))
  }

  @Test("configurations that are no YAML, or a trap")
  func configurations() {
    #expect(ConfigurationKeys.flattened("{\"a\": [1, {\"b\": null}]}")?["a[1].b"] == "null")
    #expect(ConfigurationKeys.flattened("a: &x [1]\nb: *x\n") == nil)
    #expect(ConfigurationKeys.flattened("a: [") == nil)
    #expect(ConfigurationKeys.flattened("a: b & c") == ["a": "b & c"])
    let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
    #expect(ConfigurationKeys.flattened(deep) == nil)
    let bomb =
      "a: &a [x,x]\n"
      + (0..<30).map { "b\($0): &b\($0) [*a,*a]\n" }.joined()
    #expect(ConfigurationKeys.flattened(bomb) == nil)
  }

  @Test("places can be restricted; equal ones are counted accordingly")
  func restricted() throws {
    try fixture.add(values())
    var moved = values()
    moved[0].value = .value(9, uncertainty: 0.01)
    try fixture.add(moved)
    let found = try compare("1", "2") {
      $0.detectors = ["CCD1"]
      $0.amplifiers = ["E", "F"]
    }
    #expect(found.differences.count == 1 && found.equal == 1)
    #expect(try compare("1", "2") { $0.blocks = ["OTHER"] }.pairs.isEmpty)
  }

  @Test("the map: medians over exposures, missing places with their reason")
  func figure() throws {
    func frames(_ shift: Double) -> [MeasurementRecord] {
      (0..<3).flatMap { frame in
        var values = HistoryFixture.values(HistoryFixture.frame) { _, _ in
          10 + shift * Double(frame)
        }
        for index in values.indices { values[index].place.obsid = 1000 + frame }
        values[0].value = .missing(reason: "masked")
        return values
      }
    }
    try fixture.add(frames(0))
    try fixture.add(frames(1))
    let comparison = try compare("1", "2")
    let made = try ComparisonFigure(
      comparison, quantity: nil, item: nil, measure: .unit, in: fixture.warehouse)
    #expect(made.quantity == "test.frame" && made.values.count == 11)
    #expect(made.values[ChannelPlace(block: "BORN", detector: "CCD2", amplifier: "G")] == 1)
    #expect(
      made.missing[ChannelPlace(block: "BORN", detector: "CCD1", amplifier: "E")]
        == "not measurable")
    let sigmas = try ComparisonFigure(
      comparison, quantity: "test.frame", item: nil, measure: .sigma, in: fixture.warehouse)
    #expect(sigmas.all.count == 33 && sigmas.all.contains(0))
    #expect(throws: MetatestError.self) {
      try ComparisonFigure(
        comparison, quantity: "other", item: nil, measure: .unit, in: fixture.warehouse)
    }
    let same = try compare("1", "run:1")
    #expect(throws: MetatestError.self) {
      try ComparisonFigure(
        same, quantity: nil, item: nil, measure: .sigma, in: fixture.warehouse)
    }
    let all = try ComparisonFigure(
      same, quantity: "test.frame", item: nil, measure: .sigma, in: fixture.warehouse)
    #expect(all.values.values.allSatisfy { $0 == 0 })
  }
}

extension HistoryFixture {
  @discardableResult
  func add(_ values: [MeasurementRecord]) throws -> TestRunKey { try add(Making(), values) }
}
