public import Detector

/// The mean signals of the blocks of one amplifier of a flat, single bright and dark pixels left out.
public struct FlatBlocks: Sendable {
  /// The blocks, canonical.
  public let tiling: Tiling
  /// The mean signal of each block above the offset of its rows [adu]; NaN for a block of which less than half the
  /// pixels are valid.
  public let means: [Double]
  /// The typical scatter of the pixels of a block [adu]: 1.4826 times the median of the blocks' median deviations.
  public let scatter: Double
  /// The pixels that entered.
  public let kept: Int
  /// The pixels of the region that did not.
  public let rejected: Int

  /// The usual side of a block, in pixels.
  public static let side = 25

  /// The side of blocks for a region: the usual one, less where the region is small.
  public static func side(for region: Region) -> Int {
    max(4, min(side, min(region.columns.count, region.rows.count) / 13))
  }

  /// Averages the pixels of each block.
  ///
  /// The median and the median deviation of about 25 pixels spread over a block tell where its pixels lie; those
  /// within six sigma of that median, lost and saturated values left out, make the mean.
  ///
  /// - Parameters:
  ///   - frame: a raw frame.
  ///   - amplifier: whose pixels are meant.
  ///   - region: canonical, the image area.
  ///   - offsets: of the region's rows, in canonical order [adu]; one for all rows, or one a row.
  ///   - valid: raw values that take part.
  /// - Throws: `NotMeasurable` where no block has enough valid pixels, or all pixels are equal.
  public init(
    frame: Image<UInt16>, amplifier: Amplifier, region: Region, offsets: [Float],
    valid: ClosedRange<UInt16>
  ) throws(NotMeasurable) {
    let side = Self.side(for: region)
    tiling = Tiling(region, width: side, height: side)
    let area = amplifier.frameRegion(of: region)
    guard !region.isEmpty, area.columns.upperBound <= frame.width,
      area.rows.upperBound <= frame.height, area.columns.lowerBound >= 0,
      area.rows.lowerBound >= 0, let pixels = frame.pixels.baseAddress
    else { throw NotMeasurable("no image rows were read") }
    let step = max(1, side / 5)
    var middles: [Double?] = []
    var deviations: [Double] = []
    var sample: [UInt16] = []
    var (least, greatest) = (UInt16.max, UInt16.min)
    for tile in tiling.tiles {
      let place = amplifier.frameRegion(of: tile)
      sample.removeAll(keepingCapacity: true)
      var seen = 0
      for y in stride(from: place.rows.lowerBound, to: place.rows.upperBound, by: step) {
        for x in stride(from: place.columns.lowerBound, to: place.columns.upperBound, by: step) {
          let value = pixels[y * frame.width + x]
          seen += 1
          if valid.contains(value) { sample.append(value) }
        }
      }
      guard 2 * sample.count > seen, let middle = Self.middle(&sample) else {
        middles.append(nil)
        continue
      }
      // The median sorted the sample.
      least = min(least, sample.first ?? least)
      greatest = max(greatest, sample.last ?? greatest)
      middles.append(middle)
      var distances = sample.map { UInt16(min(65535, abs(Double($0) - middle).rounded())) }
      deviations.append(Self.middle(&distances) ?? 0)
    }
    guard !deviations.isEmpty else {
      let bright = (0..<area.count).contains { index in
        let y = area.rows.lowerBound + index / area.columns.count
        return pixels[y * frame.width + area.columns.lowerBound + index % area.columns.count]
          > valid.upperBound
      }
      throw NotMeasurable(bright ? "saturated: no valid pixels" : "no valid pixels: all are lost")
    }
    guard least != greatest else {
      throw NotMeasurable("the amplifier is dead: all its pixels read \(least)")
    }
    let width = RobustScale.fromMedianDeviation * (try median(deviations))
    scatter = width
    let reach = 6 * max(width, 0.5) + 1
    var sum = 0
    var means: [Double] = []
    means.reserveCapacity(middles.count)
    for (tile, middle) in zip(tiling.tiles, middles) {
      guard let middle else {
        means.append(.nan)
        continue
      }
      let low = UInt16(max(Double(valid.lowerBound), min(65535, (middle - reach).rounded(.down))))
      let high = UInt16(min(Double(valid.upperBound), max(0, (middle + reach).rounded(.up))))
      let place = amplifier.frameRegion(of: tile)
      var total = 0.0
      var count = 0
      for y in place.rows {
        let row = RangeSum(
          pixels + (y * frame.width + place.columns.lowerBound), length: place.columns.count,
          low: low, high: high)
        let line = amplifier.flippedRow(y - amplifier.y0) - region.rows.lowerBound
        let offset = offsets.isEmpty ? 0 : offsets[min(max(line, 0), offsets.count - 1)]
        total += Double(row.sum) - Double(row.count) * Double(offset)
        count += Int(row.count)
      }
      sum += count
      means.append(2 * count > tile.count ? total / Double(count) : .nan)
    }
    withExtendedLifetime(frame) {}
    self.means = means
    kept = sum
    rejected = region.count - sum
  }

  private static func middle(_ values: inout [UInt16]) -> Double? {
    guard !values.isEmpty else { return nil }
    values.sort()
    return (Double(values[(values.count - 1) / 2]) + Double(values[values.count / 2])) / 2
  }
}
