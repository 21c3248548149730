import Dispatch
import Foundation
import GRDB

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
  /// writing: the file is opened read-only, and with `query_only`.
  ///
  /// - Parameters:
  ///   - sql: SELECT, WITH, VALUES or EXPLAIN.
  ///   - limit: the greatest number of rows returned.
  ///   - seconds: the time allowed.
  /// - Throws: `WarehouseError` of kind `.queryRefused` (anything else than one reading statement,
  ///   or an error in it) or `.queryTooLong`.
  public func readOnlySQL(
    _ sql: String, limit: Int = 10_000, seconds: Double = 5
  ) throws -> SQLAnswer {
    guard Warehouse.isQuery(sql) else {
      throw WarehouseError(.queryRefused, "the statement is no query")
    }
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(seconds)
    configuration.prepareDatabase {
      try $0.execute(sql: "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF")
    }
    let queue: DatabaseQueue
    do {
      queue = try DatabaseQueue(path: databasePath, configuration: configuration)
    } catch let error as DatabaseError {
      throw WarehouseError.wrapping(error, place: databasePath)
    }
    // Repeated, since an interruption counts only for a statement that has begun.
    let timer = DispatchSource.makeTimerSource(queue: .global())
    timer.schedule(deadline: .now() + max(0, seconds), repeating: 0.1)
    timer.setEventHandler { queue.interrupt() }
    timer.resume()
    defer { timer.cancel() }
    do {
      return try queue.read { try Warehouse.answer(sql, limit: max(0, limit), $0) }
    } catch let error as DatabaseError where error.resultCode == .SQLITE_INTERRUPT {
      throw WarehouseError(.queryTooLong, "the query took more than \(seconds) s")
    } catch let error as DatabaseError {
      switch error.resultCode {
      case .SQLITE_ERROR, .SQLITE_READONLY, .SQLITE_AUTH, .SQLITE_MISUSE, .SQLITE_TOOBIG:
        throw WarehouseError(.queryRefused, error.message ?? "SQLite refuses the query")
      default: throw WarehouseError.wrapping(error, place: databasePath)
      }
    }
  }

  private static func answer(_ sql: String, limit: Int, _ database: Database) throws -> SQLAnswer {
    let statement = try database.makeStatement(sql: sql)
    guard statement.isReadonly, statement.columnCount > 0 else {
      throw WarehouseError(.queryRefused, "the statement is no query")
    }
    var rows: [[SQLValue]] = []
    var isCut = false
    let cursor = try Row.fetchCursor(statement)
    while let row = try cursor.next() {
      guard rows.count < limit else {
        isCut = true
        break
      }
      rows.append(row.databaseValues.map(SQLValue.init))
    }
    return SQLAnswer(columns: statement.columnNames, rows: rows, isCut: isCut)
  }

  /// Whether the first word, after blanks and comments, is that of a query.
  ///
  /// PRAGMA and ATTACH count as reading for SQLite, so the read-only connection would let them by.
  static func isQuery(_ sql: String) -> Bool {
    var rest = Substring(sql)
    while true {
      rest = rest.drop { $0.isWhitespace || $0 == ";" }
      if rest.hasPrefix("--") {
        rest = rest.drop { !$0.isNewline }
      } else if rest.hasPrefix("/*") {
        guard let end = rest.dropFirst(2).range(of: "*/") else { return false }
        rest = rest[end.upperBound...]
      } else {
        break
      }
    }
    let word = rest.prefix { $0.isLetter }.uppercased()
    return ["SELECT", "WITH", "VALUES", "EXPLAIN"].contains(word)
  }
}

extension SQLValue {
  init(_ value: DatabaseValue) {
    self =
      switch value.storage {
      case .null: .null
      case .int64(let number): .integer(number)
      case .double(let number): .real(number)
      case .string(let text): .text(StoredText.decoded(text))
      case .blob(let bytes): .blob(Array(bytes))
      }
  }
}
