import GRDB
import GRDBSQLite

/// A statement of SQLite's own interface, for what moves millions of rows: binding and stepping
/// cost a tenth of what they cost through `GRDB.Statement`.
///
/// It belongs to the connection of one `Database`, and must not outlive the access to it.
struct RawStatement: ~Copyable {
  private let handle: OpaquePointer
  private let connection: OpaquePointer

  init(_ database: Database, _ sql: String) throws {
    guard let connection = database.sqliteConnection else {
      throw DatabaseError(resultCode: .SQLITE_MISUSE)
    }
    var handle: OpaquePointer?
    let code = sqlite3_prepare_v2(connection, sql, -1, &handle, nil)
    guard code == SQLITE_OK, let handle else {
      throw RawStatement.error(code, connection)
    }
    self.handle = handle
    self.connection = connection
  }

  deinit { sqlite3_finalize(handle) }

  private static func error(_ code: CInt, _ connection: OpaquePointer) -> DatabaseError {
    DatabaseError(
      resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
      message: sqlite3_errmsg(connection).map { String(cString: $0) })
  }

  // MARK: - Running

  /// Goes to the next row; false after the last.
  borrowing func step() throws -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code:
      let error = RawStatement.error(code, connection)
      sqlite3_reset(handle)
      throw error
    }
  }

  /// Makes the statement ready to be run again; what is bound stays.
  borrowing func reset() { sqlite3_reset(handle) }

  /// Runs a statement without rows, and makes it ready again.
  borrowing func run() throws {
    while try step() {}
    sqlite3_reset(handle)
  }

  // MARK: - Arguments, from 1

  borrowing func bind(_ value: Int64, at index: CInt) { sqlite3_bind_int64(handle, index, value) }
  borrowing func bind(_ value: Double, at index: CInt) {
    sqlite3_bind_double(handle, index, value)
  }
  borrowing func bindNull(at index: CInt) { sqlite3_bind_null(handle, index) }

  borrowing func bind(_ value: Double?, at index: CInt) {
    if let value { bind(value, at: index) } else { bindNull(at: index) }
  }

  borrowing func bind(_ value: Int64?, at index: CInt) {
    if let value { bind(value, at: index) } else { bindNull(at: index) }
  }

  // MARK: - Columns, from 0

  borrowing func isNull(_ column: CInt) -> Bool {
    sqlite3_column_type(handle, column) == SQLITE_NULL
  }
  borrowing func integer(_ column: CInt) -> Int64 { sqlite3_column_int64(handle, column) }
  borrowing func real(_ column: CInt) -> Double { sqlite3_column_double(handle, column) }

  // NULL reads as zero, so that only a zero needs a second look.
  borrowing func optionalInteger(_ column: CInt) -> Int64? {
    let value = integer(column)
    return value == 0 && isNull(column) ? nil : value
  }
  borrowing func optionalReal(_ column: CInt) -> Double? {
    let value = real(column)
    return value == 0 && isNull(column) ? nil : value
  }
}
