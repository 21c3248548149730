import DurableFiles
import Foundation
import GRDB

extension Warehouse {
  /// Copies the warehouse, as it is at one instant, to a new folder, while others write to it.
  ///
  /// Each product is compared with its SHA-256, and the copied database examined, before the
  /// database gets its final name: a folder with a `warehouse.sqlite` is a whole backup.
  ///
  /// - Parameter target: a folder without a warehouse.
  /// - Returns: the number of products copied.
  /// - Throws: `WarehouseError` of kind `.exists`, `.artifact` (a product here is not what its
  ///   record says), `.damaged`, ... or `FileError`.
  @discardableResult
  public func backup(to target: String) throws -> Int {
    try AtomicFile.makeFolder(target)
    return try FileSystem.holdingLock(on: target) {
      let path = Warehouse.databasePath(in: target)
      guard FileSystem.size(of: path) == nil else {
        throw WarehouseError(.exists, "a warehouse is there already", place: target)
      }
      AtomicFile.removeStaleTemporaries(in: target)
      try AtomicFile.makeFolder(target + "/products")
      var copied = 0
      try AtomicFile.write(to: path) { temporary in
        do {
          try pool.vacuum(into: temporary)
          let artifacts = try Warehouse.examinedCopy(temporary, place: path)
          for artifact in artifacts {
            try copyProduct(artifact, to: target)
            copied += 1
          }
        } catch let error as DatabaseError {
          throw WarehouseError.wrapping(error, place: path)
        }
      }
      return copied
    }
  }

  /// Checks a copied database, and turns its log on.
  private static func examinedCopy(_ path: String, place: String) throws -> [ArtifactRecord] {
    let queue = try DatabaseQueue(path: path)
    try queue.inDatabase { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
    let artifacts = try queue.read { database in
      let lines = try String.fetchAll(database, sql: "PRAGMA integrity_check(1)")
      let broken = try Row.fetchOne(database, sql: "PRAGMA foreign_key_check")
      guard lines == ["ok"], broken == nil, try PackedReferences.broken(database) == 0,
        try Schema.differences(of: database).isEmpty
      else { throw WarehouseError(.damaged, "the copy is not whole", place: place) }
      return try ArtifactRecord.fetch(database, condition: "", arguments: [])
    }
    try queue.close()
    return artifacts
  }

  private func copyProduct(_ artifact: ArtifactRecord, to target: String) throws {
    try verify(artifact)
    let path = target + "/" + artifact.path
    try AtomicFile.makeFolder(AtomicFile.folder(of: path))
    try AtomicFile.write(to: path) { temporary in
      try FileManager.default.copyItem(atPath: absolutePath(artifact.path), toPath: temporary)
      guard try SHA256Digest(ofFile: temporary).hexadecimal == artifact.sha256 else {
        throw WarehouseError(
          .artifact, "the product changed while it was copied", place: artifact.path)
      }
    }
  }

  /// Rewrites the database without the space that removed rows left.
  ///
  /// Needs as much free disk as the database is large, and that nobody else reads or writes.
  ///
  /// - Returns: the database's size in bytes before and after.
  @discardableResult
  public func vacuum() throws -> (before: Int, after: Int) {
    guard mode == .writing else {
      throw WarehouseError(.readOnly, "the warehouse was opened for reading", place: databasePath)
    }
    do {
      _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
      let before = FileSystem.size(of: databasePath) ?? 0
      try pool.vacuum()
      _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
      return (before, FileSystem.size(of: databasePath) ?? 0)
    } catch let error as DatabaseError {
      throw WarehouseError.wrapping(error, place: databasePath)
    }
  }
}
