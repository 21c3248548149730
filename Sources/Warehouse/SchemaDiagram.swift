import GRDB

extension Warehouse {
  /// The schema of this program's warehouses as an entity diagram in Mermaid's language.
  ///
  /// Made from the tables, keys and references of a new database; the two references that a
  /// measurement's key packs, which SQLite does not know, are drawn with dots.
  public static func schemaDiagram() throws -> String {
    do {
      let queue = try DatabaseQueue()
      try Schema.migrator.migrate(queue)
      return try queue.read(Schema.diagram)
    } catch let error as DatabaseError {
      throw WarehouseError.wrapping(error, place: "schema")
    }
  }
}

extension Schema {
  static func diagram(of database: Database) throws -> String {
    let tables = try String.fetchAll(
      database,
      sql: """
        SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'
          AND name NOT LIKE 'grdb%' ORDER BY name
        """)
    var text = "erDiagram\n"
    for table in tables {
      let references = try references(of: table, database)
      let foreign = Set(references.map(\.column))
      text += "  \(table) {\n"
      for row in try Row.fetchAll(database, sql: "PRAGMA table_xinfo(\"\(table)\")") {
        let name = row["name"] as String
        let keys = [
          row["pk"] as Int > 0 ? "PK" : nil, foreign.contains(name) ? "FK" : nil,
        ].compactMap { $0 }.joined(separator: ", ")
        text += "    \(row["type"] as String) \(name)" + (keys.isEmpty ? "" : " " + keys) + "\n"
      }
      text += "  }\n"
    }
    for table in tables {
      for reference in try references(of: table, database) {
        let parent = reference.isOptional ? "|o" : "||"
        text += "  \(reference.parent) \(parent)--o{ \(table) : \(reference.column)\n"
      }
    }
    return text + "  series ||..o{ measurement : id\n  place ||..o{ measurement : id\n"
  }

  private static func references(
    of table: String, _ database: Database
  ) throws -> [(column: String, parent: String, isOptional: Bool)] {
    let required = Set(
      try Row.fetchAll(database, sql: "PRAGMA table_xinfo(\"\(table)\")")
        .filter { $0["notnull"] as Bool }.map { $0["name"] as String })
    return try Row.fetchAll(database, sql: "PRAGMA foreign_key_list(\"\(table)\")").map { row in
      let column = row["from"] as String
      return (column, row["table"] as String, !required.contains(column))
    }.sorted { $0.0 < $1.0 }
  }
}
