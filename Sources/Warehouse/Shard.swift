import Diagnostics
import Foundation
import GRDB

/// A warehouse from elsewhere, which is only read, and trusted in nothing.
final class Shard {
  let folder: String
  private let queue: DatabaseQueue
  /// A migrated copy of an older database, removed with the shard.
  private let copy: String?

  /// Opens and examines it: header, version, schema, integrity, references.
  ///
  /// One with an earlier schema is copied to the system's temporary folder, and the copy migrated.
  ///
  /// - Throws: `WarehouseError` of kind `.foreign`, `.newer`, `.damaged`, ...
  init(_ folder: String) throws {
    let path = Warehouse.databasePath(in: folder)
    try DatabaseHeader.check(path, folder: folder)
    self.folder = folder
    do {
      let original = try Shard.open(path)
      let version = try original.read { try Shard.examine($0, path) }
      guard version < Warehouse.schemaVersion else {
        queue = original
        copy = nil
        return
      }
      let copy = NSTemporaryDirectory() + "vison-shard-" + UUID().uuidString + ".sqlite"
      self.copy = copy
      do {
        let writer = try DatabaseQueue(path: copy)
        try original.backup(to: writer)
        try Schema.migrator.migrate(writer)
        try writer.close()
        queue = try Shard.open(copy)
        _ = try queue.read { try Shard.examine($0, path) }
      } catch {
        try? FileManager.default.removeItem(atPath: copy)
        throw error
      }
    } catch let error as DatabaseError {
      throw WarehouseError.wrapping(error, place: path)
    }
  }

  deinit {
    try? queue.close()
    if let copy { try? FileManager.default.removeItem(atPath: copy) }
  }

  /// Reads one snapshot, with SQLite's errors turned into this module's.
  func reading<Value>(_ body: (Database) throws -> Value) throws -> Value {
    do {
      return try queue.read(body)
    } catch let error as DatabaseError {
      throw WarehouseError.wrapping(error, place: Warehouse.databasePath(in: folder))
    }
  }

  private static func open(_ path: String) throws -> DatabaseQueue {
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
    return try DatabaseQueue(
      path: FileSystem.readingName(of: path), configuration: configuration)
  }

  /// - Returns: the schema's version.
  private static func examine(_ database: Database, _ path: String) throws -> Int {
    let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    try DatabaseHeader.check(version: version, place: path)
    // The schema first: nothing of it may run before it is known to be ours.
    if let difference = try Schema.differences(of: database, version: version).first {
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
    return version
  }
}
