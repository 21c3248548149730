import Diagnostics
import GRDB
import GRDBSQLite

/// A connection to SQLite on which outside statements may run: the file is opened for reading, and
/// an authorizer refuses, while a statement is compiled, whatever is not reading this one database.
///
/// It is made with SQLite's own interface, since GRDB needs the authorizer for itself. The text of
/// a statement is never looked at.
struct ReadOnlyConnection: ~Copyable {
  private let handle: OpaquePointer
  private let path: String

  /// Opens a database.
  init(path: String) throws {
    var handle: OpaquePointer?
    let code = sqlite3_open_v2(
      FileSystem.readingName(of: path), &handle,
      SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, nil)
    guard code == SQLITE_OK, let handle else {
      sqlite3_close_v2(handle)
      throw WarehouseError(.readOnly, "the warehouse cannot be opened", place: path)
    }
    self.handle = handle
    self.path = path
    sqlite3_busy_timeout(handle, 60_000)
    sqlite3_exec(handle, "PRAGMA trusted_schema = OFF; PRAGMA query_only = ON", nil, nil, nil)
    // What a short statement could ask for without end: a text of gigabytes, a pattern that takes
    // hours within one function call.
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, 64 << 20)
    sqlite3_limit(handle, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200)
    sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0)
    sqlite3_limit(handle, SQLITE_LIMIT_WORKER_THREADS, 0)
    // SQLite declares these tables when they are first named, which counts as making a table.
    for table in ["json_each", "json_tree", "dbstat"] + describingPragmas.map({ "pragma_" + $0 })
      + plainPragmas.map({ "pragma_" + $0 })
    {
      var statement: OpaquePointer?
      sqlite3_prepare_v2(handle, "SELECT 1 FROM \(table)", -1, &statement, nil)
      sqlite3_finalize(statement)
    }
    sqlite3_set_authorizer(handle, { _, action, first, second, _, _ in authorized(action, first, second) }, nil)
  }

  deinit { sqlite3_close_v2(handle) }

  /// Runs one statement; see `Warehouse.readOnlySQL`.
  borrowing func run(
    _ sql: String, seconds: Double, check: () throws -> Void,
    columns: ([String]) throws -> Void, row: ([SQLValue]) throws -> Bool
  ) throws {
    guard !sql.utf8.contains(0) else {
      throw WarehouseError(.queryRefused, "the statement holds a NUL")
    }
    let statement = try prepare(sql)
    defer { sqlite3_finalize(statement) }
    guard sqlite3_stmt_readonly(statement) != 0, sqlite3_column_count(statement) > 0 else {
      throw WarehouseError(.queryRefused, "the statement is no query")
    }
    try columns(
      (0..<sqlite3_column_count(statement)).map { index in
        sqlite3_column_name(statement, index).map { String(cString: $0) } ?? ""
      })
    try withoutActuallyEscaping(check) { check in
      let watch = Watch(seconds: seconds, check: check)
      let pointer = Unmanaged.passUnretained(watch).toOpaque()
      sqlite3_progress_handler(
        handle, 1000,
        { $0.map { Unmanaged<Watch>.fromOpaque($0).takeUnretainedValue().isOver ? 1 : 0 } ?? 0 },
        pointer)
      defer { sqlite3_progress_handler(handle, 0, nil, nil) }
      try withExtendedLifetime(watch) { try step(statement, watch, row) }
    }
  }

  private borrowing func step(
    _ statement: OpaquePointer, _ watch: Watch, _ row: ([SQLValue]) throws -> Bool
  ) throws {
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW:
        let count = sqlite3_data_count(statement)
        guard try row((0..<count).map { SQLValue(statement, $0) }) else { return }
        if watch.isOver { throw watch.end }
      case SQLITE_DONE: return
      case SQLITE_INTERRUPT: throw watch.end
      case let code: throw error(code, in: nil)
      }
    }
  }

  // MARK: - Compiling

  private borrowing func prepare(_ sql: String) throws -> OpaquePointer {
    var statement: OpaquePointer?
    var hasMore = false
    var code = SQLITE_OK
    sql.withCString { text in
      var rest: UnsafePointer<CChar>? = text
      // A comment or a lone semicolon compiles to nothing.
      while statement == nil, code == SQLITE_OK, let next = rest, next.pointee != 0 {
        code = sqlite3_prepare_v2(handle, next, -1, &statement, &rest)
      }
      while statement != nil, !hasMore, let next = rest, next.pointee != 0 {
        var second: OpaquePointer?
        hasMore = sqlite3_prepare_v2(handle, next, -1, &second, &rest) != SQLITE_OK || second != nil
        sqlite3_finalize(second)
      }
    }
    if code != SQLITE_OK { throw error(code, in: sql) }
    guard let statement else { throw WarehouseError(.queryRefused, "there is no statement") }
    if hasMore {
      sqlite3_finalize(statement)
      throw WarehouseError(.queryRefused, "there is more than one statement")
    }
    return statement
  }

  /// What SQLite says of the last failure.
  ///
  /// - Parameters:
  ///   - code: its result code.
  ///   - sql: the statement, for the place of an error in it.
  private borrowing func error(_ code: CInt, in sql: String?) -> WarehouseError {
    let message = sqlite3_errmsg(handle).map { String(cString: $0) } ?? "SQLite refuses the query"
    let primary = code & 0xFF
    switch primary {
    case SQLITE_ERROR, SQLITE_READONLY, SQLITE_MISUSE, SQLITE_TOOBIG, SQLITE_RANGE,
      SQLITE_MISMATCH:
      let offset = Int(sqlite3_error_offset(handle))
      return WarehouseError(
        .queryRefused, message, place: sql.flatMap { Self.place(of: offset, in: $0) })
    // SCHEMA is what a refused CREATE ends with.
    case SQLITE_AUTH, SQLITE_PERM, SQLITE_SCHEMA:
      return WarehouseError(.queryRefused, "only reading this warehouse is allowed: \(message)")
    case SQLITE_NOMEM: return WarehouseError(.queryRefused, "the query needs too much memory")
    default:
      return WarehouseError.wrapping(
        DatabaseError(resultCode: ResultCode(rawValue: primary), message: message), place: path)
    }
  }

  /// A byte's place in words; nil where SQLite names none.
  static func place(of offset: Int, in sql: String) -> String? {
    guard offset >= 0, offset <= sql.utf8.count else { return nil }
    let before = String(decoding: sql.utf8.prefix(offset), as: UTF8.self)
    let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
    let next = sql.utf8.dropFirst(offset).prefix { $0 != UInt8(ascii: "\n") }
    let near = String(decoding: next, as: UTF8.self).clipped(to: 30)
    return "line \(lines.count), column \((lines.last?.count ?? 0) + 1): \(near)"
  }
}

/// When a query has to end.
private final class Watch {
  private let deadline: ContinuousClock.Instant
  private let seconds: Double
  private let check: () throws -> Void
  private var reason: (any Error)?

  init(seconds: Double, check: @escaping () throws -> Void) {
    // A year is as good as for ever, and no conversion of it can overflow.
    let allowed = seconds.isNaN ? 0 : min(max(0, seconds), 31_536_000)
    deadline = .now.advanced(by: .milliseconds(Int64(allowed * 1000)))
    self.seconds = seconds
    self.check = check
  }

  var isOver: Bool {
    do { try check() } catch {
      reason = error
      return true
    }
    return ContinuousClock.now >= deadline
  }

  var end: any Error {
    reason ?? WarehouseError(.queryTooLong, "the query took more than \(seconds) s")
  }
}

/// What a statement may do: read tables and views of this database, call functions that do not
/// reach out, and ask the schema.
private func authorized(
  _ action: CInt, _ first: UnsafePointer<CChar>?, _ second: UnsafePointer<CChar>?
) -> CInt {
  func text(_ pointer: UnsafePointer<CChar>?) -> String {
    pointer.map { String(cString: $0).lowercased() } ?? ""
  }
  switch action {
  case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE: return SQLITE_OK
  case SQLITE_FUNCTION:
    return forbiddenFunctions.contains(text(second)) ? SQLITE_DENY : SQLITE_OK
  case SQLITE_PRAGMA:
    let name = text(first)
    if describingPragmas.contains(name) { return SQLITE_OK }
    return plainPragmas.contains(name) && second == nil ? SQLITE_OK : SQLITE_DENY
  default: return SQLITE_DENY
  }
}

/// Functions that load code, or that a shell or an extension could bring, and that reach files.
private let forbiddenFunctions: Set<String> = [
  "load_extension", "fts3_tokenizer", "readfile", "writefile", "edit", "zipfile", "fsdir",
]

/// Pragmas whose argument only names what is asked for.
private let describingPragmas: [String] = [
  "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo",
  "foreign_key_list", "function_list", "collation_list", "compile_options", "database_list",
]

/// Pragmas that tell a value, and with an argument would set it.
private let plainPragmas: [String] = [
  "user_version", "application_id", "page_count", "page_size", "freelist_count", "encoding",
  "journal_mode", "schema_version",
]

extension SQLValue {
  /// A column of a statement's current row.
  fileprivate init(_ statement: OpaquePointer, _ column: CInt) {
    switch sqlite3_column_type(statement, column) {
    case SQLITE_INTEGER: self = .integer(sqlite3_column_int64(statement, column))
    case SQLITE_FLOAT: self = .real(sqlite3_column_double(statement, column))
    case SQLITE_TEXT:
      let start = sqlite3_column_text(statement, column)
      let bytes = UnsafeBufferPointer(
        start: start, count: Int(sqlite3_column_bytes(statement, column)))
      self = .text(StoredText.decoded(String(decoding: bytes, as: UTF8.self)))
    case SQLITE_BLOB:
      let start = sqlite3_column_blob(statement, column)
      let bytes = UnsafeRawBufferPointer(
        start: start, count: Int(sqlite3_column_bytes(statement, column)))
      self = .blob(Array(bytes))
    default: self = .null
    }
  }
}
