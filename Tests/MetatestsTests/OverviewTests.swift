import Campaign
import Detector
import Foundation
import Testing
import Warehouse

@testable import Metatests

@Suite("Overviews")
struct OverviewTests {
  private func fixture() throws -> WarehouseFixture {
    let fixture = try WarehouseFixture()
    var variation = WarehouseFixture.Variation()
    variation.hasMasters = false
    try fixture.add("BORN", variation)
    variation.started = "2019-03-24T00:00:00Z"
    variation.session = "D12"
    variation.missing = ["CCD1/E": "only one frame"]
    try fixture.add("BORN", variation)
    variation.isChecksOnly = true
    try fixture.add("DIRAC", variation)
    return fixture
  }

  private func rows(
    _ fixture: WarehouseFixture, _ change: (inout ResultFilter) -> Void
  ) throws -> [MeasurementRow] {
    var filter = ResultFilter()
    filter.selection = .standing
    change(&filter)
    try KnownNames.requireQuantities(filter.quantities, in: fixture.warehouse)
    var rows: [MeasurementRow] = []
    try fixture.warehouse.forEachResult(matching: filter) { rows.append(MeasurementRow($0)) }
    return rows
  }

  @Test("without further words a query asks the selected run of each block")
  func selectedRuns() throws {
    let found = try rows(fixture()) {
      $0.quantities = ["bias.ron"]
      $0.blocks = ["BORN"]
    }
    #expect(found.count == 36)
    #expect(Set(found.map(\.session)) == ["D12"])
    #expect(Set(found.compactMap(\.slot)) == ["C_11", "C_12", "C_13"])
  }

  @Test("all runs, or an analysis by name, can be asked")
  func allRuns() throws {
    let fixture = try fixture()
    let all = try rows(fixture) {
      $0.quantities = ["bias.ron"]
      $0.selection = .all
    }
    #expect(all.count == 72)
    let one = try rows(fixture) {
      $0.quantities = ["bias.ron"]
      $0.analyses = ["BORN_1_D11"]
    }
    #expect(Set(one.map(\.run)) == [1])
  }

  @Test("each filter restricts the answer")
  func filters() throws {
    let fixture = try fixture()
    let one = try rows(fixture) {
      $0.quantities = ["bias.ron"]
      $0.blocks = ["BORN"]
      $0.detectors = ["CCD2"]
      $0.amplifiers = ["G"]
      $0.items = ["ove"]
    }
    #expect(one.count == 1)
    #expect(one.first?.value == fixture.readNoise("BORN", "CCD2", "G", item: "ove"))
    #expect(try rows(fixture) { $0.sessions = ["D99"] }.isEmpty)
    #expect(try rows(fixture) { $0.tests = ["BIAS02"] }.isEmpty)
    let two = try rows(fixture) {
      $0.quantities = ["bias.ron"]
      $0.amplifiers = ["E", "H"]
      $0.items = ["img"]
    }
    #expect(two.count == 6)
    let exposure = try rows(fixture) {
      $0.quantities = ["hk.*"]
      $0.blocks = ["BORN"]
      $0.obsids = [1020...1020]
    }
    #expect(exposure.count == 6)
  }

  @Test("a value that could not be measured has its reason")
  func reasons() throws {
    let found = try rows(fixture()) {
      $0.quantities = ["bias.ron"]
      $0.detectors = ["CCD1"]
      $0.amplifiers = ["E"]
    }
    #expect(found.count == 3)
    #expect(found.allSatisfy { $0.value == nil && $0.reason == "only one frame" })
  }

  @Test("an unknown quantity is refused, and the nearest one named")
  func unknownQuantity() throws {
    let fixture = try fixture()
    let error = #expect(throws: MetatestError.self) {
      try rows(fixture) { $0.quantities = ["bias.rno"] }
    }
    #expect(error?.kind == .noSuchQuantity)
    #expect(error?.remedy?.contains("bias.ron") == true)
  }

  @Test("the status names what is complete, partial and missing")
  func status() throws {
    let fixture = try fixture()
    let status = try CampaignStatus(fixture.warehouse, design: fixture.design)
    #expect(status.entries.count == 12)
    let states = Dictionary(uniqueKeysWithValues: status.entries.map { ($0.block, $0.state) })
    #expect(states["BORN"] == "complete")
    #expect(states["DIRAC"] == "partial")
    #expect(states["CURIE"] == "missing")
    #expect(status.entries.first { $0.block == "BORN" }?.runs == 2)
  }

  @Test("an empty warehouse shows every flight block as missing")
  func emptyStatus() throws {
    let fixture = try WarehouseFixture()
    let status = try CampaignStatus(fixture.warehouse, design: fixture.design)
    #expect(status.entries.map(\.block) == fixture.design.flight)
    #expect(status.entries.allSatisfy { $0.state == "missing" && $0.test == nil })
  }

  @Test("a run is found by number and by analysis, and its details are whole")
  func details() throws {
    let fixture = try fixture()
    let run = try #require(try RunDetails.runs(named: "2", in: fixture.warehouse).first)
    #expect(run.session == "D12")
    let byName = try RunDetails.runs(named: "BORN_2_D12", in: fixture.warehouse)
    #expect(byName.map(\.key) == [run.key])
    let details = try RunDetails(run, in: fixture.warehouse)
    #expect(details.steps.map(\.name) == ["check", "meta"])
    #expect(details.inputs.count == 1)
    #expect(details.measurements["bias.ron"] == 36)
    #expect(details.command == "vison-run -y BORN.yaml -R D12")
    #expect(throws: MetatestError.self) {
      try RunDetails.runs(named: "99", in: fixture.warehouse)
    }
  }
}

@Suite("Answers as JSON, and answers without a value")
struct AnswerTests {
  private func keys(_ value: some Encodable) throws -> [String: Any] {
    try #require(
      JSONSerialization.jsonObject(with: JSONEncoder().encode(value)) as? [String: Any])
  }

  @Test("a row has all keys, with null for what is not there")
  func rows() throws {
    let fixture = try WarehouseFixture()
    var variation = WarehouseFixture.Variation()
    variation.hasMasters = false
    variation.missing = ["CCD1/E": "only one frame"]
    try fixture.add("BORN", variation)
    var rows: [MeasurementRow] = []
    try fixture.warehouse.assignSlots([], using: "none")
    try fixture.warehouse.forEachResult(matching: ResultFilter(quantities: ["bias.ron"])) {
      rows.append(MeasurementRow($0))
    }
    let missing = try #require(rows.first { $0.reason != nil })
    let present = try #require(rows.first { $0.reason == nil })
    let (first, second) = (try keys(missing), try keys(present))
    #expect(first.keys.sorted() == second.keys.sorted())
    #expect(first.count == 18)
    #expect(first["value"] is NSNull && first["slot"] is NSNull && first["obsid"] is NSNull)
    #expect(second["reason"] is NSNull)
    // Foundation's reader is exact to the last digit but one.
    let value = try #require(second["value"] as? Double)
    #expect(abs(value - (present.value ?? .nan)) < 1e-12)
  }

  @Test("runs and entries of the status have all keys, with null for what is not there")
  func runs() throws {
    let fixture = try WarehouseFixture()
    var variation = WarehouseFixture.Variation()
    variation.hasMasters = false
    try fixture.add("BORN", variation)
    let stored = try #require(try fixture.warehouse.testRuns().first)
    let run = try keys(try RunOverview(stored, in: fixture.warehouse))
    #expect(run.count == 21)
    #expect(run["verdict"] is NSNull)
    let status = try CampaignStatus(fixture.warehouse, design: fixture.design)
    let absent = try #require(status.entries.first { $0.overview == nil })
    let entry = try keys(absent)
    #expect(entry.keys.sorted() == ["block", "overview", "role", "rule", "runs", "state", "test"])
    #expect(entry["overview"] is NSNull)
  }

  @Test("an answer without a value names what is known of that which was asked for")
  func hints() throws {
    let fixture = try WarehouseFixture()
    #expect(
      try KnownNames.hint(ResultFilter(), in: fixture.warehouse)
        == "no value fits; the warehouse holds no test run")
    var variation = WarehouseFixture.Variation()
    variation.hasMasters = false
    try fixture.add("BORN", variation)
    try fixture.add("CURIE", variation)
    var query = ResultFilter()
    query.blocks = ["BRON"]
    #expect(
      try KnownNames.hint(query, in: fixture.warehouse) == "no value fits; known blocks are BORN, CURIE")
    query.blocks = ["BORN"]
    query.tests = ["FLAT01"]
    #expect(try KnownNames.hint(query, in: fixture.warehouse) == "no value fits; known tests are BIAS01")
    query.tests = []
    query.items = ["nowhere"]
    #expect(
      try KnownNames.hint(query, in: fixture.warehouse) == "no value fits; known blocks are BORN, CURIE")
    query.quantities = ["bias.ron"]
    #expect(
      try KnownNames.hint(query, in: fixture.warehouse).hasPrefix("no value fits; known items are "))
    query.blocks = ["BRON"]
    #expect(
      try KnownNames.hint(query, in: fixture.warehouse) == "no value fits; known blocks are BORN, CURIE")
  }
}
