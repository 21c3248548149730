public import Detector

/// The mean and scatter of an amplifier's pixels along its columns and rows, in canonical order.
public struct Profiles: Sendable, Equatable {
  /// Mean of each canonical column over the rows of the window [adu]; nil without valid pixels.
  public let columnMeans: [Double?]
  /// Standard deviation of each canonical column (n - 1) [adu].
  public let columnScatters: [Double?]
  /// Mean of each canonical row over the columns of the region [adu].
  public let rowMeans: [Double?]
  /// Standard deviation of each canonical row (n - 1) [adu].
  public let rowScatters: [Double?]
  /// The region, canonical: entry 0 of each list belongs to its first column or row.
  public let region: Region

  /// Averages a region of one amplifier.
  ///
  /// - Parameters:
  ///   - frame: a raw frame.
  ///   - amplifier: whose pixels are meant.
  ///   - region: canonical; usually the whole amplifier, or its rows within the window.
  ///   - level: subtracted from every value [adu].
  ///   - accept: raw values that take part.
  public init(
    frame: Image<UInt16>, amplifier: Amplifier, region: Region, level: Double,
    accept: ClosedRange<UInt16>
  ) {
    self.region = region
    let area = amplifier.frameRegion(of: region)
    let width = area.columns.count
    let height = area.rows.count
    let pivot = Int32(max(0, min(65535, level.isFinite ? level.rounded() : 0)))
    let low = Int32(accept.lowerBound)
    let high = Int32(accept.upperBound)
    var sums = [Int64](repeating: 0, count: width)
    var squares = [Int64](repeating: 0, count: width)
    var numbers = [Int32](repeating: 0, count: width)
    var rowMeans = [Double?](repeating: nil, count: height)
    var rowScatters = [Double?](repeating: nil, count: height)
    let correction = Double(pivot) - level

    guard area.columns.upperBound <= frame.width, area.rows.upperBound <= frame.height else {
      columnMeans = [Double?](repeating: nil, count: width)
      columnScatters = columnMeans
      self.rowMeans = rowMeans
      self.rowScatters = rowScatters
      return
    }
    for (line, y) in area.rows.enumerated() {
      let row = UnsafeBufferPointer(rebasing: UnsafeBufferPointer(frame.row(y))[area.columns])
      var sum: Int64 = 0
      var square: Int64 = 0
      var number: Int32 = 0
      sums.withUnsafeMutableBufferPointer { sums in
        squares.withUnsafeMutableBufferPointer { squares in
          numbers.withUnsafeMutableBufferPointer { numbers in
            for x in 0..<width {
              let raw = Int32(row[x])
              let inside = raw >= low && raw <= high
              let d = Int64(inside ? raw &- pivot : 0)
              let one: Int32 = inside ? 1 : 0
              sums[x] &+= d
              squares[x] &+= d &* d
              numbers[x] &+= one
              sum &+= d
              square &+= d &* d
              number &+= one
            }
          }
        }
      }
      let place = amplifier.flipY ? height - 1 - line : line
      rowMeans[place] = Self.mean(sum, Int(number), correction)
      rowScatters[place] = Self.scatter(sum, square, Int(number))
    }
    let order = amplifier.flipX ? Array((0..<width).reversed()) : Array(0..<width)
    columnMeans = order.map { Self.mean(sums[$0], Int(numbers[$0]), correction) }
    columnScatters = order.map { Self.scatter(sums[$0], squares[$0], Int(numbers[$0])) }
    self.rowMeans = rowMeans
    self.rowScatters = rowScatters
  }

  private static func mean(_ sum: Int64, _ count: Int, _ correction: Double) -> Double? {
    count > 0 ? Double(sum) / Double(count) + correction : nil
  }

  private static func scatter(_ sum: Int64, _ squares: Int64, _ count: Int) -> Double? {
    guard count > 1 else { return nil }
    let n = Double(count)
    let s = Double(sum)
    return max(0, (Double(squares) - s * s / n) / (n - 1)).squareRoot()
  }
}

/// The offset of each row of an amplifier, from a scan region.
public enum RowOffsets {
  /// The mean of each row's accepted pixels in `region`.
  ///
  /// The original took the median of 21 pixels, whose noise of 0.27 sigma is common to a whole row;
  /// the mean is a fifth better. Cosmic rays do not reach scan pixels; outliers are kept out by `accept`.
  ///
  /// - Returns: one value for each canonical row of `rows` [adu]; rows without accepted pixels get
  ///   `fallback`.
  public static func means(
    frame: Image<UInt16>, amplifier: Amplifier, region: Region, rows: Range<Int>,
    accept: ClosedRange<UInt16>, fallback: Double
  ) -> [Float] {
    let columns = amplifier.frameRegion(of: region).columns
    return rows.map { y in
      let frameY = amplifier.flippedRow(y) + amplifier.y0
      guard frameY >= 0, frameY < frame.height, columns.upperBound <= frame.width else {
        return Float(fallback)
      }
      let row = UnsafeBufferPointer(frame.row(frameY))
      var sum = 0
      var count = 0
      for x in columns where accept.contains(row[x]) {
        sum += Int(row[x])
        count += 1
      }
      return count > 0 ? Float(Double(sum) / Double(count)) : Float(fallback)
    }
  }

  /// The scatter of a scan's pixels about the mean of their row [adu], over all rows of some frames: noise without the drift
  /// of offsets from row to row.
  ///
  /// Rows of more than five times the median variance (a glow, a cosmic ray in the serial register) are left out; of
  /// normal noise in ten columns next to none is.
  ///
  /// - Throws: `NotMeasurable` without two rows of two pixels, or where nothing scatters.
  public static func scatter(
    _ frames: [Image<UInt16>], amplifier: Amplifier, region: Region, accept: ClosedRange<UInt16>
  ) throws(NotMeasurable) -> Estimate {
    let variances = frames.flatMap { frame in
      Profiles(frame: frame, amplifier: amplifier, region: region, level: 0, accept: accept)
        .rowScatters.compactMap { $0.map { $0 * $0 } }
    }
    guard variances.count > 1, region.columns.count > 1 else {
      throw NotMeasurable("no rows of scan pixels")
    }
    let limit = 5 * (try median(variances))
    let kept = variances.filter { $0 <= limit }
    let variance = kept.reduce(0, +) / Double(kept.count)
    guard variance > 0, variance.isFinite else { throw NotMeasurable("the pixels do not scatter") }
    let freedom = kept.count * (region.columns.count - 1)
    let scatter = variance.squareRoot()
    return Estimate(
      value: scatter, uncertainty: scatter / (2 * Double(freedom)).squareRoot(), count: freedom)
  }
}
