/// A range of time, its begin included and its end not.
public struct ValidityRange: Sendable, Hashable {
  /// The first instant.
  public let begin: TAIInstant
  /// The first instant after it.
  public let end: TAIInstant

  /// A range that is not empty.
  ///
  /// - Throws: `WarehouseError.Kind.badTime` unless `begin` is before `end`.
  public init(from begin: TAIInstant, to end: TAIInstant) throws {
    guard begin < end else {
      throw WarehouseError(
        .badTime, "the range is empty: it begins at \(begin.utc) and ends at \(end.utc)")
    }
    self.begin = begin
    self.end = end
  }

  /// A range from two texts, each a time in UTC or "open".
  ///
  /// - Throws: `WarehouseError.Kind.badTime`.
  public init(begin: String, end: String) throws {
    try self.init(
      from: begin == "open" ? .openBegin : TAIInstant(utc: begin),
      to: end == "open" ? .openEnd : TAIInstant(utc: end))
  }

  /// All of time.
  public static let always = ValidityRange(unchecked: .openBegin, .openEnd)

  /// A range whose ends are known to be in order.
  init(unchecked begin: TAIInstant, _ end: TAIInstant) {
    self.begin = begin
    self.end = end
  }

  /// Whether an instant is in the range.
  public func contains(_ instant: TAIInstant) -> Bool { begin <= instant && instant < end }

  /// Whether two ranges have an instant in common; adjacent ranges have none.
  public func overlaps(_ other: ValidityRange) -> Bool { begin < other.end && other.begin < end }

  /// What two ranges have in common; nil for nothing.
  func intersection(_ other: ValidityRange) -> ValidityRange? {
    guard overlaps(other) else { return nil }
    return ValidityRange(unchecked: max(begin, other.begin), min(end, other.end))
  }

  /// What is left where another range is cut out: nothing, one or two ranges, in order.
  func cutting(_ other: ValidityRange) -> [ValidityRange] {
    guard overlaps(other) else { return [self] }
    var rest: [ValidityRange] = []
    if begin < other.begin { rest.append(ValidityRange(unchecked: begin, other.begin)) }
    if other.end < end { rest.append(ValidityRange(unchecked: other.end, end)) }
    return rest
  }

  /// The range in UTC: `[2019-03-01T00:00:00Z, open)`.
  public var text: String { "[\(begin.utc), \(end.utc))" }
}
