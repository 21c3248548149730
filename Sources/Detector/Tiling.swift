/// A grid of tiles that covers a region exactly, without overlaps or gaps.
///
/// The original's tiles overlapped by a line, left 247 columns and 265 rows unused and, laid out in file
/// orientation, did not cover the same place in different quadrants. These are canonical, and differ in size by at most
/// one pixel in each direction.
public struct Tiling: Sendable, Hashable {
  /// The tiles, row of tiles by row of tiles from the read-out node.
  public let tiles: [Region]
  /// The number of tiles in the direction of columns.
  public let across: Int
  /// The number of tiles in the direction of rows.
  public let up: Int

  /// Cuts `region` into tiles of about `width` x `height` pixels.
  ///
  /// The number of tiles in each direction is the region's extent divided by the wanted size,
  /// rounded, and at least one (none where the region is empty).
  public init(_ region: Region, width: Int, height: Int) {
    let columns = Self.cuts(region.columns, about: width)
    let rows = Self.cuts(region.rows, about: height)
    tiles = rows.flatMap { row in columns.map { Region(columns: $0, rows: row) } }
    across = columns.count
    up = rows.count
  }

  private static func cuts(_ range: Range<Int>, about size: Int) -> [Range<Int>] {
    guard !range.isEmpty else { return [] }
    let wanted = max(1, size)
    let number = max(1, (range.count + wanted / 2) / wanted)
    return (0..<number).map {
      range.lowerBound + range.count * $0 / number..<range.lowerBound + range.count * ($0 + 1)
        / number
    }
  }
}
