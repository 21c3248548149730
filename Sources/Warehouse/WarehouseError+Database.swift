import GRDB

extension WarehouseError {
  /// The user's view of what SQLite reports.
  ///
  /// - Parameter place: the database's path.
  static func wrapping(_ error: DatabaseError, place: String) -> WarehouseError {
    let message = error.message ?? "SQLite error \(error.resultCode.rawValue)"
    switch error.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      return WarehouseError(.busy, "another program is writing to the warehouse", place: place)
    case .SQLITE_FULL:
      return WarehouseError(.full, "there is no space left for the warehouse", place: place)
    case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
      return WarehouseError(.readOnly, "the warehouse cannot be written", place: place)
    case .SQLITE_CANTOPEN:
      return WarehouseError(.readOnly, "the warehouse cannot be opened", place: place)
    case .SQLITE_NOTADB:
      return WarehouseError(.foreign, "the file is no SQLite database", place: place)
    case .SQLITE_CORRUPT:
      return WarehouseError(.damaged, "the database is damaged: \(message)", place: place)
    case .SQLITE_CONSTRAINT:
      let unique =
        error.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE
        || error.extendedResultCode == .SQLITE_CONSTRAINT_PRIMARYKEY
      return unique
        ? WarehouseError(.duplicate, "this is stored already: \(message)", place: place)
        : WarehouseError(.invalidRecord, "the record is refused: \(message)", place: place)
    case .SQLITE_IOERR:
      // A quota that is used up is such an error too: SQLite knows only a full disk apart.
      return WarehouseError(
        .failed, "reading or writing failed (the disk, its connection, or a used-up quota): \(message)",
        place: place)
    default:
      return WarehouseError(.failed, "SQLite: \(message)", place: place)
    }
  }
}

extension Warehouse {
  /// Reads, with SQLite's errors turned into this module's.
  func reading<Value>(_ body: (Database) throws -> Value) throws -> Value {
    do {
      return try pool.read(body)
    } catch let error as DatabaseError {
      throw WarehouseError.wrapping(error, place: databasePath)
    }
  }

  /// Writes in one immediate transaction, with SQLite's errors turned into this module's.
  func writing<Value>(_ body: (Database) throws -> Value) throws -> Value {
    guard mode == .writing else {
      throw WarehouseError(.readOnly, "the warehouse was opened for reading", place: databasePath)
    }
    do {
      return try pool.write(body)
    } catch let error as DatabaseError {
      throw WarehouseError.wrapping(error, place: databasePath)
    }
  }
}
