import Detector
import Foundation
import Metatests
import Testing
import Warehouse

@Suite("RunSelector")
struct RunSelectorTests {
  private func selection(
    _ fixture: WarehouseFixture, block: String = "BORN", test: String = "BIAS01"
  ) throws -> BlockSelection {
    let all = try RunSelector(fixture.warehouse).selections(test: test, design: fixture.design)
    return try #require(all.first { $0.block == block })
  }

  private func variation(
    _ started: String, _ change: (inout WarehouseFixture.Variation) -> Void = { _ in }
  ) -> WarehouseFixture.Variation {
    var variation = WarehouseFixture.Variation()
    variation.started = started
    variation.hasMasters = false
    change(&variation)
    return variation
  }

  @Test("of several finished runs the latest is chosen, by when it began")
  func latest() throws {
    let fixture = try WarehouseFixture()
    let later = try fixture.add("BORN", variation("2019-03-25T00:00:00Z"))
    try fixture.add("BORN", variation("2019-03-24T00:00:00Z"))
    let selection = try selection(fixture)
    #expect(selection.run?.key == later.key)
    #expect(selection.rule == .latestFinished)
    #expect(selection.candidates == 2)
  }

  @Test("an accepted run wins over one that finished later")
  func accepted() throws {
    let fixture = try WarehouseFixture()
    let old = try fixture.add("BORN", variation("2019-03-24T00:00:00Z") { $0.verdict = .accepted })
    try fixture.add("BORN", variation("2019-03-25T00:00:00Z"))
    let selection = try selection(fixture)
    #expect(selection.run?.key == old.key)
    #expect(selection.rule == .latestAccepted)
  }

  @Test("a withdrawn verdict counts for nothing")
  func withdrawn() throws {
    let fixture = try WarehouseFixture()
    let old = try fixture.add("BORN", variation("2019-03-24T00:00:00Z") { $0.verdict = .accepted })
    let new = try fixture.add("BORN", variation("2019-03-25T00:00:00Z"))
    try fixture.warehouse.add(
      VerdictRecord(state: .withdrawn, reason: "", author: "x", time: testTime), to: old.key)
    #expect(try selection(fixture).run?.key == new.key)
  }

  @Test("a rejected run is never chosen, and is named as the reason")
  func rejected() throws {
    let fixture = try WarehouseFixture()
    let run = try fixture.add("BORN", variation("2019-03-24T00:00:00Z") { $0.verdict = .rejected })
    let selection = try selection(fixture)
    #expect(selection.run == nil)
    #expect(selection.reason == "run \(run.key.id) is rejected")
  }

  @Test("a run of the checks alone never stands for its block, not even when accepted")
  func checksOnly() throws {
    let fixture = try WarehouseFixture()
    let full = try fixture.add("BORN", variation("2019-03-23T00:00:00Z"))
    try fixture.add(
      "BORN",
      variation("2019-03-24T00:00:00Z") {
        $0.isChecksOnly = true
        $0.verdict = .accepted
      })
    #expect(try selection(fixture).run?.key == full.key)
    let alone = try fixture.add(
      "DIRAC", variation("2019-03-24T00:00:00Z") { $0.isChecksOnly = true })
    #expect(
      try selection(fixture, block: "DIRAC").reason
        == "run \(alone.key.id) has not finished the step 'meta'")
  }

  @Test("failed and interrupted runs do not count", arguments: [RunStatus.failed, .interrupted])
  func unfinished(status: RunStatus) throws {
    let fixture = try WarehouseFixture()
    let run = try fixture.add("BORN", variation("2019-03-24T00:00:00Z") { $0.status = status })
    #expect(try selection(fixture).reason == "run \(run.key.id) is \(status.rawValue)")
  }

  @Test("every block of the design is there, in its order, then others by name")
  func order() throws {
    let fixture = try WarehouseFixture()
    for block in ["ZEBRA", "APE", "MAX", "CURIE"] {
      try fixture.add(block, variation("2019-03-24T00:00:00Z"))
    }
    let all = try RunSelector(fixture.warehouse)
      .selections(test: "BIAS01", design: fixture.design)
    #expect(all.map(\.block) == fixture.design.allBlocks + ["APE", "ZEBRA"])
    #expect(all.filter { $0.run != nil }.map(\.role) == [.flight, .spare, .other, .other])
    #expect(all.first { $0.block == "BORN" }?.reason == "no run of BIAS01")
  }

  @Test("iterations of a test count as its runs")
  func iterations() throws {
    let fixture = try WarehouseFixture()
    try fixture.add("BORN", variation("2019-03-23T00:00:00Z") { $0.test = "BIAS02" })
    let second = try fixture.add("BORN", variation("2019-03-24T00:00:00Z") { $0.test = "BIAS02.1" })
    #expect(try selection(fixture, test: "BIAS02").run?.key == second.key)
    #expect(try selection(fixture, test: "BIAS01").run == nil)
  }

  @Test("as of an instant: runs finished by then, verdicts given by then")
  func asOf() throws {
    let fixture = try WarehouseFixture()
    let old = try fixture.add("BORN", variation("2019-03-24T00:00:00Z"))
    let new = try fixture.add("BORN", variation("2019-03-25T00:00:00Z"))
    for (state, day) in [(VerdictRecord.State.accepted, "04"), (.withdrawn, "06")] {
      try fixture.warehouse.add(
        VerdictRecord(state: state, reason: "r", author: "a", time: "2019-05-\(day)T00:00:00Z"),
        to: old.key)
    }
    func chosen(_ instant: String?) throws -> BlockSelection? {
      try RunSelector(fixture.warehouse, scope: .init(asOf: instant))
        .selections(test: "BIAS01", design: fixture.design).first { $0.block == "BORN" }
    }
    #expect(try chosen(nil)?.run?.key == new.key)
    let then = try chosen("2019-05-05T00:00:00Z")
    #expect(then?.run?.key == old.key && then?.rule == .latestAccepted)
    #expect(then?.run?.verdict == .accepted)
    #expect(try chosen("2019-05-03T00:00:00Z")?.run?.key == new.key)
    let before = try chosen("2019-01-01T00:00:00Z")
    #expect(before?.run == nil && before?.reason == "no run of BIAS01" && before?.candidates == 0)
    let selector = RunSelector(fixture.warehouse, scope: .init(asOf: "2019-05-05T00:00:00Z"))
    #expect(selector.rule.hasSuffix("by then") && selector.rule.contains("2019-05-05"))
    let status = try CampaignStatus(
      fixture.warehouse, design: fixture.design, block: "BORN", asOf: "2019-05-05T00:00:00Z")
    #expect(status.entries.map(\.overview?.verdict) == ["accepted"])
    #expect(status.entries.map(\.overview?.run) == [old.key.id])
  }

  @Test("an analysis that is named goes before what was accepted, but never a rejected run")
  func namedAnalysis() throws {
    let fixture = try WarehouseFixture()
    let old = try fixture.add("BORN", variation("2019-03-24T00:00:00Z"))
    try fixture.add("BORN", variation("2019-03-25T00:00:00Z") { $0.verdict = .accepted })
    let other = try fixture.add("CURIE", variation("2019-03-24T00:00:00Z"))
    func chosen(_ names: [String]) throws -> [BlockSelection] {
      try RunSelector(fixture.warehouse, scope: .init(analyses: names))
        .selections(test: "BIAS01", design: fixture.design).filter { $0.run != nil }
    }
    let named = try chosen(["BORN_1_*"])
    #expect(named.map(\.run?.key) == [old.key, other.key])
    #expect(named.map(\.rule) == [.namedAnalysis, .latestFinished])
    #expect(try chosen(["none"]).map(\.rule) == [.latestAccepted, .latestFinished])
    try fixture.warehouse.add(
      VerdictRecord(state: .rejected, reason: "", author: "x", time: testTime), to: old.key)
    #expect(try chosen(["BORN_1_*"]).first?.rule == .latestAccepted)
    try KnownNames.requireAnalyses(["BORN_1_D11", "CUR*"], in: fixture.warehouse)
    #expect(throws: MetatestError.self) {
      try KnownNames.requireAnalyses(["born*"], in: fixture.warehouse)
    }
  }
}
