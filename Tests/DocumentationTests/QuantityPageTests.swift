import BlockTests
import Campaign
import Detector
import Testing

@Suite("docs/quantities.md")
struct QuantityPageTests {
  static let all: [Quantity] = {
    var seen: Set<String> = []
    return BlockTest.all.flatMap(\.quantities).filter { seen.insert($0.name).inserted }
  }()

  @Test("The program measures what this test is about")
  func thereAreQuantities() {
    #expect(Self.all.count > 20)
    #expect(Self.all.contains { $0.name == "bias.ron" })
  }

  @Test("Every quantity has a row with its unit and dimensions", arguments: all)
  func quantity(_ quantity: Quantity) throws {
    let rows = Documentation.rows(in: try Documentation.text("docs/quantities.md"))
    let cells = try #require(rows[quantity.name], "no row for \(quantity.name)")
    try #require(cells.count == 4)
    #expect(cells[1] == (quantity.unit.rawValue.isEmpty ? "none" : quantity.unit.rawValue))
    #expect(
      Set(cells[2].split(separator: ",").map { $0.drop { $0 == " " }.description })
        == Set(quantity.dimensions.map(\.rawValue)))
    #expect(cells[3].count > 10)
  }

  @Test("No row is left of a quantity that is gone")
  func noStaleRows() throws {
    let names = Set(Self.all.map(\.name))
    let rows = Documentation.rows(in: try Documentation.text("docs/quantities.md"))
    for name in rows.keys where name.hasPrefix("check.") || name.hasPrefix("dark.") {
      #expect(names.contains(name), "\(name) is documented and not measured")
    }
  }

  @Test(
    "Every curve has a row",
    arguments: [
      BiasQuantities.modelCurve, BiasQuantities.columnProfile, BiasQuantities.rowProfile,
      BiasQuantities.rowScatterProfile, BiasQuantities.masterColumnProfile,
      BiasQuantities.masterRowProfile, BiasQuantities.masterRowScatter,
      BiasQuantities.prescanColumns,
    ])
  func curve(_ name: String) throws {
    let rows = Documentation.rows(in: try Documentation.text("docs/quantities.md"))
    #expect(rows[name] != nil, "no row for \(name)")
  }

  @Test("Every artifact role and check name of the sources is named")
  func rolesAndChecks() throws {
    let page = try Documentation.text("docs/quantities.md")
    var found = 0
    for path in try Documentation.sources(in: "Sources/BlockTests") {
      for match in try Documentation.text(path).matches(of: /role: "([a-z-]+)"/) {
        found += 1
        #expect(page.contains("| `\(match.1)` |"), "role \(match.1) of \(path)")
      }
    }
    #expect(found > 0)
  }

  @Test(
    "Every flag that bias tests raise has a row",
    arguments: [
      Flag.missingData, .poorQualityData, .housekeepingOutOfLimits, .readNoiseOutOfLimits,
      .saturation, .lostPixels, .subtaskCrash,
    ])
  func flag(_ flag: Flag) throws {
    #expect(try Documentation.text("docs/quantities.md").contains("| `\(flag.name)` |"))
  }

  @Test("Every test has a row in docs/configuration.md", arguments: TestCatalog.entries.map(\.name))
  func test(_ name: String) throws {
    let page = try Documentation.text("docs/configuration.md")
    let row = try #require(
      page.split(separator: "\n").first { $0.hasPrefix("|") && $0.contains("`\(name)`") })
    for step in try TestCatalog.entry(named: name).todoNames {
      #expect(row.contains("`\(step)`"), "\(name): step \(step)")
    }
  }
}
