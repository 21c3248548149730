import DurableFiles
import GRDB

/// The store of every result with its provenance: a SQLite database and its product files.
///
/// A folder holds `warehouse.sqlite` and `products/<block>/<test>/<analysis>/...`. Any number of
/// readers work beside one writer; a second writer waits. All functions block until SQLite has
/// answered, and may be called from any thread or task.
public final class Warehouse: Sendable {
  /// What a warehouse is opened for.
  public enum Mode: Sendable {
    /// Nothing can be changed, the schema included.
    case reading
    /// Results are added; an older schema is migrated first.
    case writing
  }

  /// How a warehouse is opened.
  public struct Options: Sendable {
    /// How long a writer waits for another one, in seconds.
    public var busySeconds: Double
    /// Whether a network file system is accepted, where a crash may lose results.
    public var allowsNetworkFileSystem: Bool

    /// The defaults are a minute of waiting, and local disks only.
    public init(busySeconds: Double = 60, allowsNetworkFileSystem: Bool = false) {
      self.busySeconds = busySeconds
      self.allowsNetworkFileSystem = allowsNetworkFileSystem
    }
  }

  /// The schema's version, kept in SQLite's `user_version`.
  public static let schemaVersion = 2

  /// SQLite's `application_id` of a warehouse: "VISW".
  public static let applicationID: Int32 = 0x5649_5357

  /// The folder of the warehouse.
  public let folder: String
  /// What it was opened for.
  public let mode: Mode

  let pool: DatabasePool

  var databasePath: String { Warehouse.databasePath(in: folder) }

  private init(folder: String, mode: Mode, pool: DatabasePool) {
    self.folder = folder
    self.mode = mode
    self.pool = pool
  }

  // MARK: - Making and opening

  /// Makes a new warehouse in `folder`, which may exist and hold other files, and opens it.
  ///
  /// - Parameters:
  ///   - design: the focal-plane design that the view `results` takes its slots from.
  ///   - slots: where each detector of each block sits, for any number of designs.
  /// - Throws: `WarehouseError` (`.exists`, `.networkFileSystem`, ...) or `FileError`.
  public static func create(
    at folder: String, design: String? = nil, slots: [SlotAssignment] = [],
    options: Options = Options()
  ) throws -> Warehouse {
    try AtomicFile.makeFolder(folder)
    try FileSystem.requireLocal(folder, allowed: options.allowsNetworkFileSystem)
    try FileSystem.holdingLock(on: folder) {
      let path = databasePath(in: folder)
      guard FileSystem.size(of: path) == nil else {
        throw WarehouseError(.exists, "a warehouse is there already", place: folder)
      }
      // What a kill of another program that made one here left.
      AtomicFile.removeStaleTemporaries(in: folder)
      // The database is made under a temporary name, so that a kill cannot leave half a
      // schema, or one without its slots.
      try AtomicFile.write(to: path) { temporary in
        do {
          let queue = try DatabaseQueue(path: temporary)
          try Schema.migrator.migrate(queue)
          try queue.write { try insert(slots, using: design, into: $0) }
          // Here and not by the first who opens it: a kill of that one would leave a rollback
          // journal, without whose playback nobody can read.
          try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
          try queue.close()
        } catch let error as DatabaseError {
          throw WarehouseError.wrapping(error, place: path)
        }
      }
      try AtomicFile.makeFolder(folder + "/products")
    }
    return try open(at: folder, mode: .writing, options: options)
  }

  /// Opens the warehouse in `folder`.
  ///
  /// The file's header is looked at before SQLite may touch it: a file that is not a warehouse of
  /// this or an earlier version stays as it is, byte for byte.
  ///
  /// - Throws: `WarehouseError`.
  public static func open(
    at folder: String, mode: Mode, options: Options = Options()
  ) throws -> Warehouse {
    let path = databasePath(in: folder)
    try FileSystem.requireLocal(folder, allowed: options.allowsNetworkFileSystem)
    try DatabaseHeader.check(path, folder: folder)
    var configuration = Configuration()
    configuration.readonly = mode == .reading
    configuration.busyMode = .timeout(options.busySeconds)
    configuration.maximumReaderCount = 8
    configuration.label = "warehouse"
    configuration.prepareDatabase { database in
      // What a hostile file could smuggle in stays without effect.
      try database.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
    }
    do {
      if mode == .reading { try finishRollback(of: path) }
      let pool = try DatabasePool(
        path: mode == .reading ? FileSystem.readingName(of: path) : path,
        configuration: configuration)
      let warehouse = Warehouse(folder: folder, mode: mode, pool: pool)
      try warehouse.checkVersion()
      if mode == .writing {
        // GRDB chooses NORMAL for WAL while it opens; FULL makes a commit survive a power cut.
        try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        try warehouse.upgrade()
      }
      return warehouse
    } catch let error as DatabaseError {
      let isDenied = [.SQLITE_CANTOPEN, .SQLITE_READONLY].contains(error.resultCode)
      if mode == .reading, isDenied {
        // Told that the file never changes, SQLite would read it all the same, and wrongly where
        // its owner writes meanwhile.
        throw WarehouseError(
          .readOnly,
          "where others may write, reading needs a file beside the database, which cannot be made",
          place: path)
      }
      throw WarehouseError.wrapping(error, place: path)
    }
  }

  /// Lets SQLite undo a transaction that a kill broke off outside of the write-ahead log.
  ///
  /// This happens to a database that another program copied, or set to a rollback journal. One who
  /// only reads may not do it, and would be told that the warehouse cannot be written.
  private static func finishRollback(of path: String) throws {
    guard FileSystem.size(of: path + "-journal") ?? 0 > 0 else { return }
    let queue = try DatabaseQueue(path: path)
    _ = try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_schema") }
    try queue.close()
  }

  /// The schema version of the warehouse in `folder`, from the file's header; nothing is changed.
  ///
  /// - Throws: `WarehouseError` where there is no warehouse of this or an earlier version.
  public static func storedSchemaVersion(at folder: String) throws -> Int {
    try DatabaseHeader.check(databasePath(in: folder), folder: folder)
  }

  /// Closes all connections; a writer first moves the log's content into the database.
  public func close() throws {
    do {
      if mode == .writing {
        _ = try? pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
      }
      try pool.close()
    } catch let error as DatabaseError {
      throw WarehouseError.wrapping(error, place: databasePath)
    }
  }

  static func databasePath(in folder: String) -> String { folder + "/warehouse.sqlite" }

  /// Brings an older schema up to this program's.
  ///
  /// Each migration is one transaction: a kill leaves the file as it was or as it will be. No copy
  /// is made first, since migrations so far only add tables.
  private func upgrade() throws {
    func version() throws -> Int {
      try pool.read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
    }
    guard try version() < Warehouse.schemaVersion else { return }
    // Two programs that open the same old file must not both migrate it.
    try FileSystem.holdingLock(on: folder, seconds: 60) {
      guard try version() < Warehouse.schemaVersion else { return }
      try Schema.migrator.migrate(pool)
    }
  }

  private func checkVersion() throws {
    let (application, version) = try pool.read { database in
      (
        try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0,
        try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
      )
    }
    guard application == Warehouse.applicationID else {
      throw WarehouseError(.foreign, "the database is of another program", place: databasePath)
    }
    try DatabaseHeader.check(version: version, place: databasePath)
    if mode == .reading, version < Warehouse.schemaVersion {
      throw WarehouseError(
        .older, "schema version \(version) is older than \(Warehouse.schemaVersion)",
        place: databasePath)
    }
  }
}
