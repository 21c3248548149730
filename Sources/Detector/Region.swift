/// A rectangle of pixels, with half-open ranges of columns and rows counted from 0.
public struct Region: Sendable, Hashable, Codable {
  /// The columns.
  public var columns: Range<Int>
  /// The rows.
  public var rows: Range<Int>

  /// A region of the given columns and rows.
  public init(columns: Range<Int>, rows: Range<Int>) {
    self.columns = columns
    self.rows = rows
  }

  /// The number of pixels.
  public var count: Int { columns.count * rows.count }
  /// Whether no pixel belongs to the region.
  public var isEmpty: Bool { count == 0 }

  /// The region without `leading` columns at the read-out side and `trailing` at the other.
  ///
  /// Where nothing would be left the result is empty.
  public func trimmed(_ trim: ColumnTrim) -> Region {
    let low = min(columns.lowerBound + trim.leading, columns.upperBound)
    return Region(columns: low..<max(low, columns.upperBound - trim.trailing), rows: rows)
  }

  /// The part of the region in the given rows; empty where there is none.
  public func clamped(toRows window: Range<Int>) -> Region {
    Region(columns: columns, rows: rows.clamped(to: window))
  }

  /// Whether a position lies in the region.
  public func contains(x: Int, y: Int) -> Bool { columns.contains(x) && rows.contains(y) }

  private enum CodingKeys: String, CodingKey { case columns, rows }

  /// Decodes `{columns: [first, end], rows: [first, end]}`, both ends exclusive.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    columns = try Self.range(in: container, .columns)
    rows = try Self.range(in: container, .rows)
  }

  /// Encodes as it decodes.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode([columns.lowerBound, columns.upperBound], forKey: .columns)
    try container.encode([rows.lowerBound, rows.upperBound], forKey: .rows)
  }

  private static func range(
    in container: KeyedDecodingContainer<CodingKeys>, _ key: CodingKeys
  ) throws -> Range<Int> {
    let bounds = try container.decode([Int].self, forKey: key)
    guard bounds.count == 2, bounds[0] >= 0, bounds[0] <= bounds[1], bounds[1] <= 1 << 20 else {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: container,
        debugDescription: "\(key.rawValue) must be [first, end] with 0 <= first <= end")
    }
    return bounds[0]..<bounds[1]
  }
}

/// The number of columns left out at the two ends of a region, in read-out order.
public struct ColumnTrim: Sendable, Hashable, Codable {
  /// Columns left out at the read-out side.
  public var leading: Int
  /// Columns left out at the far side.
  public var trailing: Int

  /// A trim.
  public init(leading: Int, trailing: Int) {
    self.leading = leading
    self.trailing = trailing
  }

  /// Decodes `[leading, trailing]`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let values = try container.decode([Int].self)
    guard values.count == 2, values.allSatisfy({ (0...1 << 20).contains($0) }) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "a trim is [leading, trailing], both not negative")
    }
    self.init(leading: values[0], trailing: values[1])
  }

  /// Encodes as `[leading, trailing]`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode([leading, trailing])
  }
}

/// The names of the regions of an amplifier's read-out.
public enum RegionName: String, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
  /// Serial pre-scan: read before the image columns, never exposed.
  case prescan
  /// The light-sensitive pixels.
  case image
  /// Serial over-scan: read after the image columns.
  case overscan
  /// Parallel over-scan: rows read after the image rows.
  case parallelOverscan
  /// Rows under a light shield, where a camera has them.
  case masked

  /// The short form of the field: `pre`, `img`, `ove`, `pov`, `msk`.
  public var short: String {
    switch self {
    case .prescan: "pre"
    case .image: "img"
    case .overscan: "ove"
    case .parallelOverscan: "pov"
    case .masked: "msk"
    }
  }
}
