import Diagnostics
import GRDB

extension Schema {
  /// Every table, index, view and trigger of a database, as it was declared.
  static func declarations(of database: Database) throws -> Set<String> {
    let rows = try Row.fetchCursor(
      database,
      sql: """
        SELECT type, name, tbl_name, sql FROM sqlite_schema
        WHERE NOT (type = 'index' AND sql IS NULL)
          AND NOT (type = 'table' AND name IN ('grdb_migrations', 'sqlite_stat1', 'sqlite_stat4'))
        """)
    var result: Set<String> = []
    while let row = try rows.next() {
      result.insert(
        (0..<4).map { row[$0] as String? ?? "" }.joined(separator: "|").clipped(to: 20_000))
    }
    return result
  }

  /// What a new warehouse of some version declares.
  static func expected(version: Int) throws -> Set<String> {
    let queue = try DatabaseQueue()
    let migrations = migrator.migrations
    guard migrations.indices.contains(version - 1) else { return [] }
    try migrator.migrate(queue, upTo: migrations[version - 1])
    return try queue.read(declarations)
  }

  /// The ways in which a database is not what this program would make; each is one short text.
  ///
  /// - Parameter version: the schema's; each version is one migration.
  static func differences(
    of database: Database, version: Int = Warehouse.schemaVersion
  ) throws -> [String] {
    func name(_ text: String) -> String {
      text.split(separator: "|").prefix(2).joined(separator: " ").clipped(to: 100)
    }
    let found = try declarations(of: database)
    let wanted = try expected(version: version)
    return wanted.subtracting(found).map { "\(name($0)) is missing or declared otherwise" }.sorted()
      + found.subtracting(wanted).map { "\(name($0)) is not of this schema" }.sorted()
  }
}

/// What SQLite itself cannot check, since the references are packed into a key.
enum PackedReferences {
  /// The number of measurements, up to 100, whose series or place is missing.
  static func broken(_ database: Database) throws -> Int {
    try Int.fetchOne(
      database,
      sql: """
        SELECT count(*) FROM (SELECT 1 FROM measurement
          WHERE NOT EXISTS (SELECT 1 FROM series WHERE series.id = measurement.id >> 28)
            OR NOT EXISTS (SELECT 1 FROM place WHERE place.id = measurement.id & 268435455)
          LIMIT 100)
        """) ?? 0
  }
}
