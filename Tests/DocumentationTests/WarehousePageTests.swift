import Foundation
import Testing
import Warehouse

@Suite("docs/warehouse.md")
struct WarehousePageTests {
  private static func withWarehouse<Value>(_ body: (Warehouse) throws -> Value) throws -> Value {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "vison-docs-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let warehouse = try Warehouse.create(at: folder)
    defer { try? warehouse.close() }
    return try body(warehouse)
  }

  @Test("Every column of the promised view has a row, and no other")
  func columns() throws {
    let columns = try Self.withWarehouse { try $0.readOnlySQL("SELECT * FROM results").columns }
    #expect(columns.count > 10)
    let page = try Documentation.text("docs/warehouse.md")
    let section = try #require(page.components(separatedBy: "## The view `results`").last)
      .components(separatedBy: "\n### ")[0]
    let documented = section.split(separator: "\n").compactMap {
      $0.firstMatch(of: /^\| `(\w+)` \|/).map { String($0.1) }
    }
    #expect(Set(documented) == Set(columns))
  }

  @Test("Every table is named")
  func tables() throws {
    let names = try Self.withWarehouse { warehouse in
      try warehouse.readOnlySQL(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' "
          + "AND name NOT LIKE 'grdb%'"
      ).rows.compactMap { row -> String? in
        if case .text(let name)? = row.first { name } else { nil }
      }
    }
    #expect(names.count > 10)
    let page = try Documentation.text("docs/warehouse.md")
    for name in names { #expect(page.contains("`\(name)`"), "table \(name)") }
  }

  @Test("The entity diagram is the schema's own")
  func diagram() throws {
    let page = try Documentation.text("docs/warehouse.md")
    let drawn = page.components(separatedBy: "```mermaid\n").last?.components(separatedBy: "```")[0]
    #expect(drawn == (try Warehouse.schemaDiagram()), "paste the output of: vis-meta schema")
  }

  @Test("Every column of the view `certified` is in docs/certification.md")
  func certified() throws {
    let columns = try Self.withWarehouse { try $0.readOnlySQL("SELECT * FROM certified").columns }
    #expect(columns.count > 10)
    let page = try Documentation.text("docs/certification.md")
    for column in columns { #expect(page.contains("`\(column)`"), "\(column)") }
  }

  @Test("The SQL examples run on an empty warehouse")
  func examples() throws {
    let page = try Documentation.text("docs/warehouse.md")
    let queries = page.matches(of: /"\s*(SELECT [^"]+)"/).map { String($0.1) }
    #expect(queries.count >= 2)
    try Self.withWarehouse { warehouse in
      for query in queries where !query.contains("\\") {
        #expect(throws: Never.self, "\(query)") { try warehouse.readOnlySQL(query) }
      }
    }
  }

  @Test("Every kind of finding of verify is named in docs/errors.md")
  func findings() throws {
    let page = try Documentation.text("docs/errors.md")
    for kind in VerificationFinding.Kind.allCases { #expect(page.contains("`\(kind.rawValue)`")) }
  }
}
