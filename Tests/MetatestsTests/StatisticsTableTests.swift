import BlockTests
import Foundation
import Testing
import Warehouse

@testable import Metatests

@Suite("Tables of statistics, sorted rows, trees of runs")
struct StatisticsTableTests {
  private func fixture() throws -> WarehouseFixture {
    let fixture = try WarehouseFixture()
    var variation = WarehouseFixture.Variation()
    variation.hasMasters = false
    variation.missing = ["CCD1/E": "only one frame"]
    try fixture.add("BORN", variation)
    try fixture.add("CURIE", variation)
    return fixture
  }

  private func filter(_ quantities: String...) -> ResultFilter {
    var filter = ResultFilter(quantities: quantities)
    filter.selection = .standing
    return filter
  }

  @Test("the quantity is added to the groups where units would be mixed, and a note says so")
  func units() throws {
    let fixture = try fixture()
    let store = fixture.warehouse
    defer { withExtendedLifetime(fixture) {} }
    let mixed = try StatisticsTable(store, matching: filter("bias.offset*"), by: [.block])
    #expect(mixed.dimensions == [.quantity, .block])
    #expect(
      mixed.note == "grouped by quantity, too, since units must not be mixed: adu, adu/h")
    #expect(Set(mixed.groups.map(\.unit)) == ["adu", "adu/h"] && mixed.groups.count == 4)
    let alike = try StatisticsTable(store, matching: filter("bias.ron*"), by: [.block])
    #expect(alike.dimensions == [.block] && alike.groups.count == 2)
    #expect(alike.note?.hasPrefix("each group holds the values of 2 quantities") == true)
    let one = try StatisticsTable(store, matching: filter("bias.ron"), by: [.block])
    #expect(one.note == nil)
    let named = try StatisticsTable(store, matching: filter("bias.*"), by: [.block, .quantity])
    #expect(named.note == nil && named.dimensions == [.block, .quantity])
    let none = try StatisticsTable(store, matching: filter("nothing"), by: [])
    #expect(none.groups.isEmpty && none.note == nil)
  }

  @Test("columns, numbers by their names, and JSON with every key")
  func columns() throws {
    let fixture = try fixture()
    let table = try StatisticsTable(
      fixture.warehouse, matching: filter("bias.ron"), by: [.block, .detector],
      percentiles: [97.5, 5])
    #expect(
      table.columns == [
        "block", "ccd", "count", "missing", "mean", "std", "min", "p5", "median", "p97.5", "max",
        "wmean", "wsigma", "wcount", "chi2", "unit",
      ])
    let first = try #require(table.groups.first)
    #expect(first.group == ["BORN", "CCD1"])
    // Of 12 quadrants and regions, the three of E could not be measured.
    #expect(table.number("count", of: first) == 9 && table.number("missing", of: first) == 3)
    let all = ["F", "G", "H"].flatMap { amplifier in
      ["pre", "img", "ove"].map {
        fixture.readNoise("BORN", "CCD1", amplifier, item: $0)
      }
    }.sorted()
    #expect(table.number("median", of: first) == all[4])
    #expect(table.number("min", of: first) == all[0])
    let p5 = all[0] + 0.4 * (all[1] - all[0])
    #expect(abs((table.number("p5", of: first) ?? 0) - p5) < 1e-12)
    #expect(abs((table.number("wsigma", of: first) ?? 0) - 0.004 / 3) < 1e-15)
    #expect(table.number("frog", of: first) == nil)

    let data = try JSONEncoder().encode(table.entries)
    let entries = try #require(JSONSerialization.jsonObject(with: data) as? [[String: Any]])
    #expect(entries.count == 6)
    #expect(
      entries[0].keys.sorted() == [
        "chi2", "count", "group", "max", "mean", "median", "min", "missing", "percentiles", "std",
        "unit", "wcount", "wmean", "wsigma",
      ])
    #expect(entries[0]["group"] as? [String: String] == ["block": "BORN", "ccd": "CCD1"])
    #expect((entries[0]["percentiles"] as? [String: Double])?.keys.sorted() == ["p5", "p97.5"])
  }

  @Test("groups without a value have null in JSON, and come last when sorted")
  func missing() throws {
    let fixture = try fixture()
    var filter = filter("bias.ron")
    filter.detectors = ["CCD1"]
    var table = try StatisticsTable(
      fixture.warehouse, matching: filter, by: [.amplifier], percentiles: [5])
    let data = try JSONEncoder().encode(table.entries)
    let entries = try #require(JSONSerialization.jsonObject(with: data) as? [[String: Any]])
    #expect(entries[0]["mean"] is NSNull && entries[0]["wmean"] is NSNull)
    #expect((entries[0]["percentiles"] as? [String: Any])?["p5"] is NSNull)
    for descending in [false, true] {
      table.sort(by: "mean", descending: descending, limit: nil)
      #expect(table.groups.last?.group == ["E"])
      let means = table.groups.compactMap(\.mean)
      #expect(means == means.sorted { descending ? $0 > $1 : $0 < $1 } && means.count == 3)
    }
    table.sort(by: nil, descending: false, limit: 2)
    #expect(table.groups.count == 2)
    table.sort(by: "quadrant", descending: false, limit: 0)
    #expect(table.groups.isEmpty)
  }

  @Test("commands' names of dimensions go both ways")
  func names() {
    for dimension in ResultDimension.allCases {
      #expect(ResultDimension(column: dimension.column) == dimension)
    }
    #expect(ResultDimension(column: "ccd") == .detector)
    #expect(ResultDimension(column: "detector") == nil && ResultDimension(column: "") == nil)
  }

  @Test(
    "sorted rows are those of a whole sort, for any limit", arguments: [nil, 0, 1, 7, 499, 5000])
  func sorted(limit: Int?) {
    let keys: [SortKey] = (0..<3000).map { index in
      switch (index * 7919) % 11 {
      case 0: .none
      case 1: .text("t\(index % 3)")
      case let other: .number(Double((other * index) % 101))
      }
    }
    for descending in [false, true] {
      var rows = SortedRows<Int>(descending: descending, limit: limit)
      for (index, key) in keys.enumerated() { rows.add(index, key: key) }
      let whole = keys.indices.sorted { a, b in
        if keys[a].precedes(keys[b], descending: descending) { return true }
        if keys[b].precedes(keys[a], descending: descending) { return false }
        return a < b
      }
      #expect(rows.rows() == Array(whole.prefix(limit ?? whole.count)))
    }
  }

  @Test("every column of a row can be sorted by")
  func rowColumns() throws {
    var rows: [MeasurementRow] = []
    var filter = filter("hk.*")
    filter.blocks = ["BORN"]
    let fixture = try fixture()
    try fixture.warehouse.forEachResult(matching: filter) { rows.append(MeasurementRow($0)) }
    let row = try #require(rows.first)
    let absent = ["slot", "ccd", "quadrant", "item", "reason", "verdict"]
    for column in MeasurementRow.columns {
      #expect((row.sortKey(column) == .none) == absent.contains(column), "\(column)")
    }
    #expect(row.sortKey("obsid") == .number(Double(row.obsid ?? -1)))
    #expect(row.sortKey("frog") == .none)
  }

  @Test("a tree has analyses, their runs, and their steps")
  func tree() throws {
    let fixture = try fixture()
    let tree = try RunTree(try fixture.warehouse.testRuns(), in: fixture.warehouse)
    #expect(tree.analyses.map(\.analysis) == ["BORN_1_D11", "CURIE_2_D11"])
    let lines = tree.lines(unicode: true)
    #expect(
      lines.prefix(4).map { $0.branches + $0.name } == [
        "BORN_1_D11", "└─ BORN BIAS01 D11", "   ├─ check", "   └─ meta",
      ])
    #expect(lines.map(\.seconds).prefix(4) == [nil, 3, 1, 2])
    #expect(lines[1].note == "run 1" && lines[1].state == "finished")
    let ascii = tree.lines(unicode: false)
    #expect(ascii.allSatisfy { ($0.branches + $0.name).allSatisfy(\.isASCII) })
    #expect(ascii[2].branches == "   |- " && ascii[3].branches == "   `- ")
    let one = try RunTree(
      try fixture.warehouse.testRuns(block: "CURIE"), in: fixture.warehouse)
    #expect(one.analyses.map(\.runs.count) == [1])
    let overview = try #require(one.analyses.first?.runs.first?.overview)
    #expect(overview.version == "0.1.0" && overview.configuration == "c1")
    #expect(overview.frames == 1 && overview.inputBytes == 10 && overview.seconds == 3)
    #expect(overview.checks == 3 && overview.failedChecks == 0)
    #expect(try RunTree([], in: fixture.warehouse).lines(unicode: true).isEmpty)
  }
}
