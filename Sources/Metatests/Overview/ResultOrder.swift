import Warehouse

/// What rows of an answer are sorted by.
public enum SortKey: Sendable, Hashable {
  case number(Double)
  case text(String)
  /// Nothing to sort by; comes last in either direction.
  case none

  init(_ text: String?) { self = text.map(SortKey.text) ?? .none }
  init(_ number: Double?) { self = number.map(SortKey.number) ?? .none }
  init(_ number: Int?) { self = number.map { .number(Double($0)) } ?? .none }

  /// Whether it comes before another one: numbers before texts, nothing last.
  func precedes(_ other: SortKey, descending: Bool) -> Bool {
    switch (self, other) {
    case (.none, _): false
    case (_, .none): true
    case (.number(let a), .number(let b)): descending ? a > b : a < b
    case (.text(let a), .text(let b)): descending ? a > b : a < b
    case (.number, .text): !descending
    case (.text, .number): descending
    }
  }
}

/// Sorts rows, and keeps only as many as are asked for: memory grows with the limit, not with the
/// answer. Rows with the same key stay in the order in which they came.
public struct SortedRows<Row: Sendable>: Sendable {
  private struct Entry {
    let key: SortKey
    let index: Int
    let row: Row
  }

  private let descending: Bool
  private let limit: Int?
  private var entries: [Entry] = []
  private var count = 0

  /// No rows yet.
  ///
  /// - Parameter limit: how many are kept; nil for all.
  public init(descending: Bool, limit: Int?) {
    self.descending = descending
    self.limit = limit.map { max(0, $0) }
  }

  /// Adds a row.
  public mutating func add(_ row: Row, key: SortKey) {
    entries.append(Entry(key: key, index: count, row: row))
    count += 1
    if let limit, entries.count >= 1000, entries.count / 2 > limit { prune() }
  }

  /// The rows in order.
  public mutating func rows() -> [Row] {
    prune()
    return entries.map(\.row)
  }

  private mutating func prune() {
    let descending = descending
    entries.sort {
      if $0.key.precedes($1.key, descending: descending) { return true }
      if $1.key.precedes($0.key, descending: descending) { return false }
      return $0.index < $1.index
    }
    if let limit, entries.count > limit { entries.removeSubrange(limit...) }
  }
}

extension MeasurementRow {
  /// The names of the columns, in their order.
  public static let columns = [
    "block", "slot", "test", "session", "run", "ccd", "quadrant", "obsid", "item", "quantity",
    "value", "uncertainty", "count", "unit", "reason", "analysis", "campaign", "verdict",
  ]

  /// The column of the gain's run, which follows the others where electrons were asked for.
  public static let gainColumn = "gainRun"

  /// What a column of this row is sorted by; `.none` for an unknown one.
  public func sortKey(_ column: String) -> SortKey {
    switch column {
    case "block": .text(block)
    case "slot": SortKey(slot)
    case "test": .text(test)
    case "session": .text(session)
    case "run": .number(Double(run))
    case "ccd": SortKey(ccd)
    case "quadrant": SortKey(quadrant)
    case "obsid": SortKey(obsid)
    case "item": SortKey(item)
    case "quantity": .text(quantity)
    case "value": SortKey(value)
    case "uncertainty": SortKey(uncertainty)
    case "count": SortKey(count)
    case "unit": .text(unit)
    case "reason": SortKey(reason)
    case "analysis": .text(analysis)
    case "campaign": .text(campaign)
    case "verdict": SortKey(verdict)
    case Self.gainColumn: gainRun.map { .number(Double($0)) } ?? .none
    default: .none
    }
  }
}
