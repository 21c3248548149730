public import Detector

/// The defects of the response of one amplifier's pixels in a master flat.
public struct ResponseDefects: Sendable, Equatable {
  /// Bits of the mask; zero is good.
  public enum Bit {
    /// No frame has a valid value.
    public static let empty: UInt8 = 1
    /// Less than half of the mean response.
    public static let dead: UInt8 = 2
    /// More than one and a half of the mean response.
    public static let bright: UInt8 = 4
    /// Further from the mean than six widths of the distribution.
    public static let outlier: UInt8 = 8
    /// Part of a bad column.
    public static let column: UInt8 = 16
  }

  /// Pixels without a valid value.
  public private(set) var empty = 0
  /// Pixels below half of the mean response.
  public private(set) var dead = 0
  /// Pixels above one and a half of the mean response.
  public private(set) var bright = 0
  /// Pixels beyond six widths, and neither dead nor bright.
  public private(set) var outliers = 0
  /// Bad columns, whole or in part.
  public private(set) var columns = 0
  /// Pixels with any bit.
  public private(set) var masked = 0

  /// The limits of a defect.
  public struct Limits: Sendable, Equatable {
    /// Below it a pixel is dead.
    public var lowest = 0.5
    /// Above it a pixel is bright.
    public var highest = 1.5
    /// Widths of the distribution beyond which a pixel is an outlier.
    public var widths = 6.0

    /// The usual limits.
    public init() {}
  }

  /// Finds the defects and marks them.
  ///
  /// Columns: where the mean of a column's good pixels differs by more than six standard errors, and six times the
  /// columns' own robust scatter, from the median of the 21 columns about it, the whole column is bad. Where a
  /// fortieth of a column's pixels, but at least ten, are defects, it is filled from the first to the last,
  /// except over gaps of 30 good pixels and more (as the LSST defects task does); scattered defects do not flag a column.
  ///
  /// - Parameters:
  ///   - flat: the master flat, of the whole frame.
  ///   - area: the image pixels of the amplifier, in the frame.
  ///   - centre, width: of the distribution of the good pixels.
  ///   - mask: gets the bits.
  public init(
    in flat: Image<Float>, area: Region, centre: Double, width: Double, limits: Limits = Limits(),
    mask: Image<UInt8>
  ) {
    guard !area.isEmpty, area.columns.upperBound <= flat.width, area.rows.upperBound <= flat.height,
      mask.width == flat.width, mask.height == flat.height
    else { return }
    let reach = limits.widths * width
    var sums = [(sum: Double, count: Int)](repeating: (0, 0), count: area.columns.count)
    for y in area.rows {
      let values = flat.row(y)
      let bits = mask.row(y)
      for (index, x) in area.columns.enumerated() {
        let value = Double(values[x])
        if value.isNaN {
          bits[x] |= Bit.empty
          empty += 1
        } else if value < limits.lowest {
          bits[x] |= Bit.dead
          dead += 1
        } else if value > limits.highest {
          bits[x] |= Bit.bright
          bright += 1
        } else if abs(value - centre) > reach {
          bits[x] |= Bit.outlier
          outliers += 1
        } else {
          sums[index].sum += value
          sums[index].count += 1
        }
      }
    }
    let whole = Self.badColumns(sums, width: width)
    for (index, x) in area.columns.enumerated() {
      let runs = whole.contains(index) ? [area.rows] : Self.runs(mask, column: x, rows: area.rows)
      guard !runs.isEmpty else { continue }
      columns += 1
      for y in runs.joined() { mask[x, y] |= Bit.column }
    }
    for y in area.rows {
      let bits = mask.row(y)
      for x in area.columns where bits[x] != 0 { masked += 1 }
    }
    withExtendedLifetime((flat, mask)) {}
  }

  private static func badColumns(
    _ sums: [(sum: Double, count: Int)], width: Double
  ) -> Set<Int> {
    let means = sums.map { $0.count > 3 ? $0.sum / Double($0.count) : .nan }
    let departures = means.indices.map { index -> Double in
      let near = max(0, index - 10)...min(means.count - 1, index + 10)
      guard let middle = try? median(Array(means[near])) else { return .nan }
      return means[index] - middle
    }
    guard let scale = try? RobustScale(departures) else { return [] }
    return Set(
      departures.indices.filter { index in
        let error = width / Double(max(1, sums[index].count)).squareRoot()
        return abs(departures[index]) > 6 * max(error, scale.sigma)
      })
  }

  private static func runs(_ mask: Image<UInt8>, column x: Int, rows: Range<Int>) -> [Range<Int>] {
    var bad: [Int] = []
    for y in rows where mask[x, y] != 0 { bad.append(y) }
    guard bad.count >= max(10, rows.count / 40) else { return [] }
    var runs: [Range<Int>] = []
    for y in bad {
      if let last = runs.last, y - last.upperBound < 30 {
        runs[runs.count - 1] = last.lowerBound..<y + 1
      } else {
        runs.append(y..<y + 1)
      }
    }
    // A stray pixel far from the others is none of the column's.
    return runs.filter { $0.count > 1 }
  }
}
