public import Detector

/// The signal of a part of a flat: clipped mean above the rows' offsets.
public struct TileSignal: Sendable, Equatable {
  /// The mean of the pixels kept [adu]; its uncertainty is that of their scatter, fixed pattern included.
  public let mean: Estimate
  /// The variance of the pixels kept [adu**2], the clipping's effect removed for a normal distribution.
  public let variance: Double
  /// Pixels left out: masked, lost, saturated or clipped.
  public let rejected: Int
  /// Of those, pixels at the end of the converter's range that no mask names.
  public let saturated: Int
}

/// Measures tiles of flats; holds the memory for it, so that each worker has its own.
public struct TileMeter: ~Copyable {
  private static let below = 8192
  private var counts = [UInt32](repeating: 0, count: 65536 + 2 * below)
  private let invalid: [UInt16]
  private let clip: Double

  /// A meter.
  ///
  /// - Parameters:
  ///   - invalid: raw values that say nothing: lost (0) and saturated (65535) pixels.
  ///   - clip: pixels beyond this many sigma from the mean are left out, at least 2.
  public init(invalid: [UInt16] = [0, .max], clip: Double = 4) {
    self.invalid = invalid
    self.clip = max(clip, 2)
  }

  /// Measures a tile.
  ///
  /// Mean and scatter begin with median and quartiles; pixels beyond `clip` sigma on either side are left out, again until
  /// the limits stay. Both sides are cut alike, so the mean of a symmetric distribution is not biased; Poisson's skewness
  /// shifts it by 10^-3 electrons. The variance is divided by 1 - 2 k phi(k) / (2 Phi(k) - 1), that of a normal
  /// distribution cut at k sigma.
  ///
  /// - Parameters:
  ///   - region: of the amplifier, in the frame's coordinates, to whose rows the offsets belong.
  ///   - tile: the part to measure, in the frame's coordinates.
  ///   - mask: pixels to leave out, nonzero; of the frame's size.
  /// - Throws: `NotMeasurable` without valid pixels, or where more than 0.5 % are saturated, or nothing scatters.
  public mutating func measure(
    _ flat: FlatFrame, region: Region, tile: Region, mask: Image<UInt8>? = nil
  ) throws(NotMeasurable) -> TileSignal {
    let frame = flat.image
    let columns = tile.columns.clamped(to: 0..<frame.width)
    let rows = tile.rows.clamped(to: region.rows).clamped(to: 0..<frame.height)
    var (low, high) = (counts.count, -1)
    var (total, saturated) = (0, 0)
    var correction = 0.0
    var range = ValueRange()
    let mask = mask.flatMap { $0.width == frame.width && $0.height == frame.height ? $0 : nil }
    let (invalid, end) = (self.invalid, self.invalid.contains(.max))
    let limit = counts.count - 1
    counts.withUnsafeMutableBufferPointer { bins in
      for y in rows {
        let offset = Double(flat.offset(ofRow: y - region.rows.lowerBound))
        // An offset that is no number, or no level of a converter, counts for nothing.
        let whole = abs(offset) < 65536 ? Int(offset.rounded()) : 0
        let row = frame.row(y)
        let bad = mask?.row(y)
        var here = 0
        for x in columns {
          if let bad, bad[x] != 0 { continue }
          let value = row[x]
          if invalid.contains(value) {
            if end, value == .max { saturated += 1 }
            continue
          }
          let bin = min(max(Int(value) - whole + Self.below, 0), limit)
          bins[bin] += 1
          range.add(value)
          low = min(low, bin)
          high = max(high, bin)
          here += 1
        }
        total += here
        correction += Double(here) * (Double(whole) - (abs(offset) < 65536 ? offset : 0))
      }
    }
    withExtendedLifetime((frame, mask)) {}
    defer { if high >= low { for bin in low...high { counts[bin] = 0 } } }
    guard total > 0, high >= low else {
      throw NotMeasurable(saturated > 0 ? "all pixels are saturated" : "no valid pixels")
    }
    guard Double(saturated) <= 0.005 * Double(total + saturated) else {
      let share = 100 * Double(saturated) / Double(total + saturated)
      throw NotMeasurable("\(whole(max(1, share))) % of the pixels are saturated")
    }
    if let value = range.only {
      throw NotMeasurable("the amplifier is dead: all its pixels read \(value)")
    }
    guard high > low else { throw NotMeasurable("the pixels do not scatter") }
    let found = clipped(low, high, total)
    guard found.count > 1, found.variance > 0 else {
      throw NotMeasurable("the pixels do not scatter")
    }
    let n = Double(found.count)
    return TileSignal(
      mean: Estimate(
        value: found.mean - Double(Self.below) + correction / Double(total),
        uncertainty: (found.variance / n).squareRoot(), count: found.count),
      variance: found.variance / cutVariance,
      rejected: tile.count - found.count, saturated: saturated)
  }

  /// The variance of a normal distribution cut at `clip` sigma, relative to the whole one.
  private var cutVariance: Double {
    guard clip.isFinite, clip < 30 else { return 1 }
    return 1 - 2 * clip * normalDensity(clip) / (2 * normalCumulative(clip) - 1)
  }

  /// Mean, variance and number of the counts within the limits, which follow them.
  private func clipped(
    _ low: Int, _ high: Int, _ total: Int
  ) -> (mean: Double, variance: Double, count: Int) {
    func quantile(_ q: Double) -> Double {
      let wanted = q * Double(total)
      var below = 0.0
      for bin in low...high where counts[bin] > 0 {
        let count = Double(counts[bin])
        if below + count >= wanted { return Double(bin) - 0.5 + (wanted - below) / count }
        below += count
      }
      return Double(high)
    }
    var mean = quantile(0.5)
    var sigma = max(0.741301109252802 * (quantile(0.75) - quantile(0.25)), 0.4)
    var limits = low...high
    var result = (mean: mean, variance: 0.0, count: 0)
    for step in 0..<12 {
      let reach = clip * sigma
      guard reach.isFinite, reach < 1e6 else { break }
      let next =
        max(low, Int((mean - reach).rounded(.up)))...max(
          low, min(high, Int((mean + reach).rounded(.down))))
      if step > 0, next == limits { break }
      limits = next
      var (n, sum) = (0.0, 0.0)
      for bin in limits {
        n += Double(counts[bin])
        sum += Double(counts[bin]) * (Double(bin) - mean)
      }
      guard n > 1 else { break }
      let centre = mean + sum / n
      var squares = 0.0
      for bin in limits {
        let d = Double(bin) - centre
        squares += Double(counts[bin]) * d * d
      }
      result = (centre, squares / (n - 1), Int(n))
      mean = centre
      sigma = max((result.variance / cutVariance).squareRoot(), 0.4)
    }
    return result
  }
}

/// A number rounded to a whole one, as text for a reason.
func whole(_ value: Double) -> String {
  Int(exactly: value.rounded()).map(String.init) ?? "\(value)"
}
