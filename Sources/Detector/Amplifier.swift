/// One read-out amplifier of a detector: a quadrant, tap or channel.
///
/// Its pixels are addressed in two ways: *relative* (as stored in the file, origin at the lower-left
/// pixel of its rectangle) and *canonical* (in the order of read-out: the node at (0, 0), pre-scan
/// first). Canonical pixels with equal coordinates in different amplifiers are read at the same time.
public struct Amplifier: Sendable, Hashable, Codable {
  /// The name: E, F, G or H for a CCD273.
  public var name: String
  /// The EXTNAME of the amplifier's HDU, where each amplifier has its own; nil in a common image.
  public var extensionName: String?
  /// The column of the amplifier's lower-left pixel in the detector's frame.
  public var x0: Int
  /// The row of the amplifier's lower-left pixel in the detector's frame.
  public var y0: Int
  /// The number of columns, scan pixels included.
  public var width: Int
  /// The number of rows, scan pixels included.
  public var height: Int
  /// Whether columns are stored in reverse of the read-out order.
  public var flipX: Bool
  /// Whether rows are stored in reverse of the read-out order.
  public var flipY: Bool

  /// An amplifier.
  public init(
    name: String, extensionName: String? = nil, x0: Int, y0: Int, width: Int, height: Int,
    flipX: Bool, flipY: Bool
  ) {
    self.name = name
    self.extensionName = extensionName
    self.x0 = x0
    self.y0 = y0
    self.width = width
    self.height = height
    self.flipX = flipX
    self.flipY = flipY
  }

  /// The canonical column of a relative one, or the reverse (the operation is its own inverse).
  public func flippedColumn(_ x: Int) -> Int { flipX ? width - 1 - x : x }
  /// The canonical row of a relative one, or the reverse (the operation is its own inverse).
  public func flippedRow(_ y: Int) -> Int { flipY ? height - 1 - y : y }

  /// The rectangle that a canonical region occupies in the detector's frame.
  public func frameRegion(of canonical: Region) -> Region {
    let columns =
      flipX
      ? width - canonical.columns.upperBound..<width - canonical.columns.lowerBound
      : canonical.columns
    let rows =
      flipY ? height - canonical.rows.upperBound..<height - canonical.rows.lowerBound : canonical.rows
    return Region(
      columns: columns.lowerBound + x0..<columns.upperBound + x0,
      rows: rows.lowerBound + y0..<rows.upperBound + y0)
  }
}
