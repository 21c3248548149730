import Diagnostics
import GRDB

/// A warehouse from elsewhere, which is only read, and trusted in nothing.
struct Shard {
  let folder: String
  let queue: DatabaseQueue

  /// Opens and examines it: header, version, schema, integrity, references.
  ///
  /// - Throws: `WarehouseError` of kind `.foreign`, `.newer`, `.older`, `.damaged`, ...
  init(_ folder: String) throws {
    let path = Warehouse.databasePath(in: folder)
    try DatabaseHeader.check(path, folder: folder)
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(60)
    configuration.prepareDatabase {
      try $0.execute(
        sql: """
          PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;
          PRAGMA query_only = ON
          """)
    }
    self.folder = folder
    do {
      queue = try DatabaseQueue(path: path, configuration: configuration)
      try queue.read { try Shard.examine($0, path) }
    } catch let error as DatabaseError {
      throw WarehouseError.wrapping(error, place: path)
    }
  }

  private static func examine(_ database: Database, _ path: String) throws {
    let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    guard version == Warehouse.schemaVersion else {
      throw WarehouseError(
        .older, "schema version \(version) is older than \(Warehouse.schemaVersion)", place: path)
    }
    // The schema first: nothing of it may run before it is known to be ours.
    if let difference = try Schema.differences(of: database).first {
      throw WarehouseError(.foreign, "the schema is another: \(difference)", place: path)
    }
    let lines = try String.fetchAll(database, sql: "PRAGMA integrity_check(1)")
    guard lines == ["ok"] else {
      throw WarehouseError(
        .damaged, "the database is damaged: \((lines.first ?? "").clipped(to: 200))", place: path)
    }
    let broken = try Row.fetchOne(database, sql: "PRAGMA foreign_key_check")
    guard broken == nil, try PackedReferences.broken(database) == 0 else {
      throw WarehouseError(.damaged, "a row refers to one that does not exist", place: path)
    }
  }
}
