public import Detector

extension IlluminationModel {
  /// The width of the distribution of a frame's pixels divided by this model, relative to one: response and photon
  /// noise together; of more than 500 rows every eighth is taken.
  ///
  /// - Parameters:
  ///   - offsets: of the model's rows, in canonical order [adu]; one for all rows, or one a row.
  ///   - valid: raw values that take part.
  /// - Throws: `NotMeasurable` where no pixel is valid, or the pixels do not scatter.
  public func scatter(
    of frame: Image<UInt16>, amplifier: Amplifier, offsets: [Float], valid: ClosedRange<UInt16>
  ) throws(NotMeasurable) -> Estimate {
    let area = amplifier.frameRegion(of: region)
    guard area.columns.upperBound <= frame.width, area.rows.upperBound <= frame.height else {
      throw NotMeasurable("no image rows were read")
    }
    let rows = IlluminationRows(region: region, distance: distance, amplifier: amplifier)
    let scale: Float = 8192
    let half = 4096
    var counts = [UInt32](repeating: 0, count: 2 * half + 1)
    let step = region.rows.count > 500 ? 8 : 1
    withUnsafeTemporaryAllocation(of: Float.self, capacity: area.columns.count) { line in
      guard let values = line.baseAddress, let pixels = frame.pixels.baseAddress else { return }
      for y in stride(from: area.rows.lowerBound, to: area.rows.upperBound, by: step) {
        let canonical = amplifier.flippedRow(y - amplifier.y0)
        rows.fill(self, canonicalRow: canonical, into: values)
        let index = canonical - region.rows.lowerBound
        let offset = offsets.isEmpty ? 0 : offsets[min(max(index, 0), offsets.count - 1)]
        let raw = pixels + (y * frame.width + area.columns.lowerBound)
        for x in 0..<area.columns.count where valid.contains(raw[x]) {
          let bin = ((Float(raw[x]) - offset) / values[x] - 1) * scale
          // Rounding by truncation of a positive number: `rounded()` is a call for each pixel.
          if abs(bin) < Float(half) { counts[Int(Int32(bin + Float(half) + 0.5))] &+= 1 }
        }
      }
    }
    withExtendedLifetime(frame) {}
    guard let width = try GaussianCore(counts: counts, first: -half).width else {
      throw NotMeasurable("the pixels do not scatter")
    }
    return Estimate(
      value: width.value / Double(scale), uncertainty: width.uncertainty / Double(scale),
      count: width.count)
  }
}

/// The distribution of the response of an amplifier's pixels, in steps of 0.1 % from 0.8 to 1.2.
public struct ResponseHistogram: Sendable, Equatable {
  /// The middle of each step, from the first to the last that holds a pixel.
  public let responses: [Double]
  /// The number of pixels in each.
  public let counts: [Double]

  /// Counts the pixels of an area of a master flat; what lies beyond, and NaN, is not counted.
  public init(of flat: Image<Float>, area: Region) {
    let bins = 400
    var counts = [Double](repeating: 0, count: bins)
    if area.columns.upperBound <= flat.width, area.rows.upperBound <= flat.height {
      for y in area.rows {
        let row = flat.row(y)
        for x in area.columns {
          let place = (row[x] - 0.8) * 1000
          if place >= 0, place < Float(bins) { counts[Int(place)] += 1 }
        }
      }
    }
    withExtendedLifetime(flat) {}
    let filled = counts.indices.filter { counts[$0] > 0 }
    let range = filled.first.map { $0..<(filled.last ?? $0) + 1 } ?? 0..<0
    responses = range.map { 0.8 + (Double($0) + 0.5) / 1000 }
    self.counts = Array(counts[range])
  }
}
