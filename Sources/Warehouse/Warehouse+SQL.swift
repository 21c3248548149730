/// A value as SQLite stores it.
public enum SQLValue: Sendable, Hashable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  case blob([UInt8])

  /// The bare value; nil for NULL.
  public var any: (any Sendable)? {
    switch self {
    case .null: nil
    case .integer(let value): value
    case .real(let value): value
    case .text(let value): value
    case .blob(let value): value
    }
  }
}

/// The answer to a query.
public struct SQLAnswer: Sendable, Hashable {
  /// The columns' names, in order.
  public let columns: [String]
  /// The rows, each as long as `columns`.
  public let rows: [[SQLValue]]
  /// Whether there were more rows than were asked for.
  public let isCut: Bool
}

extension Warehouse {
  /// Runs one reading statement on a connection of its own, which the database itself keeps from
  /// writing.
  ///
  /// - Parameters:
  ///   - sql: SELECT, WITH, VALUES, EXPLAIN, or a PRAGMA that only tells of the schema.
  ///   - limit: the greatest number of rows returned.
  ///   - seconds: the time allowed.
  /// - Throws: `WarehouseError` of kind `.queryRefused` (anything else than one reading statement,
  ///   or an error in it, with its place) or `.queryTooLong`.
  public func readOnlySQL(
    _ sql: String, limit: Int = 10_000, seconds: Double = 5
  ) throws -> SQLAnswer {
    var columns: [String] = []
    var rows: [[SQLValue]] = []
    var isCut = false
    try readOnlySQL(sql, seconds: seconds) {
      columns = $0
    } row: {
      guard rows.count < max(0, limit) else {
        isCut = true
        return false
      }
      rows.append($0)
      return true
    }
    return SQLAnswer(columns: columns, rows: rows, isCut: isCut)
  }

  /// The same, row by row, so that memory does not grow with the answer.
  ///
  /// - Parameters:
  ///   - check: called often; what it throws ends the query.
  ///   - columns: gets the columns' names once, before the first row.
  ///   - row: gets each row; false ends the query.
  public func readOnlySQL(
    _ sql: String, seconds: Double, check: () throws -> Void = {},
    columns: ([String]) throws -> Void, row: ([SQLValue]) throws -> Bool
  ) throws {
    let connection = try ReadOnlyConnection(path: databasePath)
    try connection.run(sql, seconds: seconds, check: check, columns: columns, row: row)
  }
}
