import DurableFiles
import Foundation
import GRDB

#if canImport(Glibc)
  import Glibc
#endif

/// What a backup holds.
public struct BackupReport: Sendable, Hashable {
  /// The number of products copied.
  public internal(set) var products = 0
  /// Their size in bytes.
  public internal(set) var productBytes = 0
  /// The copied database's size in bytes.
  public internal(set) var databaseBytes = 0
}

extension Warehouse {
  /// The end of the name of a backup that is not whole.
  public static let partialSuffix = ".partial"

  /// Copies the warehouse, as it is at one instant, to a new folder, while others write to it.
  ///
  /// All is made in `<target>.partial`, each product compared with its SHA-256, the copied database
  /// examined, and at last the folder gets its name: a folder of that name is a whole backup. What
  /// a killed backup left is removed by the next one to the same target.
  ///
  /// - Parameters:
  ///   - target: a path where nothing is, or an empty folder.
  ///   - progress: told of each product.
  /// - Throws: `WarehouseError` of kind `.exists`, `.artifact` (a product here is not what its
  ///   record says), `.damaged`, `.full`, `.busy` (another backup to the same target), ... or
  ///   `FileError`.
  @discardableResult
  public func backup(to target: String, progress: OperationProgress? = nil) throws -> BackupReport {
    let final = target.count > 1 && target.hasSuffix("/") ? String(target.dropLast()) : target
    let partial = final + Warehouse.partialSuffix
    try Warehouse.requireNothing(at: final)
    try AtomicFile.makeFolder(AtomicFile.folder(of: final))
    try AtomicFile.makeFolder(partial)
    return try FileSystem.holdingLock(on: partial, seconds: 0) {
      // Nobody else is at work here, so that what is here is what a killed backup left.
      try Warehouse.clear(partial)
      do {
        // Products must not go while they are copied.
        let report = try FileSystem.holdingLock(on: folder, isShared: true, seconds: 60) {
          try fill(partial, progress)
        }
        try Warehouse.requireNothing(at: final)
        guard rename(partial, final) == 0 else {
          throw FileError(action: "write", path: final, errno: errno)
        }
        FileSystem.flush(folder: AtomicFile.folder(of: final))
        return report
      } catch {
        try? FileManager.default.removeItem(atPath: partial)
        throw error
      }
    }
  }

  /// Refuses a place where something is.
  private static func requireNothing(at target: String) throws {
    var status = stat()
    guard lstat(target, &status) == 0 else { return }
    let isFolder = status.st_mode & S_IFMT == S_IFDIR
    guard isFolder, try FileManager.default.contentsOfDirectory(atPath: target).isEmpty else {
      throw WarehouseError(.exists, "a backup is never made over something else", place: target)
    }
  }

  private static func clear(_ folder: String) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      try FileManager.default.removeItem(atPath: folder + "/" + name)
    }
  }

  private func fill(_ target: String, _ progress: OperationProgress?) throws -> BackupReport {
    let path = Warehouse.databasePath(in: target)
    var report = BackupReport()
    try FileSystem.requireSpace(
      FileSystem.size(of: databasePath) ?? 0, at: target, for: "a copy of the database")
    try AtomicFile.makeFolder(target + "/products")
    do {
      try AtomicFile.write(to: path) { temporary in
        let artifacts = try copyDatabase(to: temporary, place: path)
        try FileSystem.requireSpace(
          artifacts.reduce(0) { $0.addingReportingOverflow($1.size).partialValue }, at: target,
          for: "a copy of the products")
        for artifact in artifacts {
          try copyProduct(artifact, to: target)
          report.products += 1
          report.productBytes += artifact.size
          try progress?(report.products, artifacts.count, artifact.path)
        }
      }
    } catch let error as DatabaseError {
      throw WarehouseError.wrapping(error, place: path)
    }
    report.databaseBytes = FileSystem.size(of: path) ?? 0
    return report
  }

  /// Copies the database by SQLite's backup interface, in one step and so from one snapshot, and
  /// checks the copy.
  ///
  /// Not by VACUUM INTO, which SQLite 3.40 refuses on a read-only connection where a table has
  /// generated columns.
  private func copyDatabase(to path: String, place: String) throws -> [ArtifactRecord] {
    let queue = try DatabaseQueue(path: path)
    try pool.backup(to: queue)
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
    try Warehouse.verify(artifact, in: folder, readingIt: false)
    try Warehouse.copy(artifact, from: folder, to: target)
  }

  /// Copies a product from one warehouse's folder to another's, and compares the copy with its
  /// record before it gets its name.
  static func copy(_ product: ArtifactRecord, from source: String, to target: String) throws {
    let path = target + "/" + product.path
    try AtomicFile.makeFolder(AtomicFile.folder(of: path))
    try AtomicFile.write(to: path) { temporary in
      try FileSystem.copy(source + "/" + product.path, to: temporary)
      guard FileSystem.size(of: temporary) == product.size,
        try SHA256Digest(ofFile: temporary).hexadecimal == product.sha256
      else {
        throw WarehouseError(
          .artifact, "the product has another SHA-256 than was recorded", place: product.path)
      }
    }
  }

  /// Rewrites the database without the space that removed rows left.
  ///
  /// - Returns: the database's size in bytes before and after.
  /// - Throws: `WarehouseError` of kind `.full` where the disk has no room for the copy that SQLite
  ///   makes, `.busy` where others write, ...
  @discardableResult
  public func vacuum() throws -> (before: Int, after: Int) {
    guard mode == .writing else {
      throw WarehouseError(.readOnly, "the warehouse was opened for reading", place: databasePath)
    }
    do {
      _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
      let before = FileSystem.size(of: databasePath) ?? 0
      // SQLite writes the new database to its temporary folder, then to the log beside the old one.
      try FileSystem.requireSpace(2 * before, at: folder, for: "rewriting the database")
      try pool.vacuum()
      _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
      return (before, FileSystem.size(of: databasePath) ?? 0)
    } catch let error as DatabaseError {
      throw WarehouseError.wrapping(error, place: databasePath)
    }
  }
}
