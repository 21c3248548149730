public import Detector

/// The scatter of the pixels of one frame about its large-scale structure.
public enum ResidualNoise {
  /// Measures the Gaussian core of `pixel - level - model` over the model's region; one level for all rows,
  /// or one for each canonical row.
  ///
  /// One frame's scatter holds the read-out noise and the fixed pattern from pixel to pixel, which
  /// `DifferenceNoise` does not. Residuals are counted in bins of 1/8 adu; the binning's own variance is removed
  /// as that of the pixel's rounding is.
  ///
  /// - Parameters:
  ///   - frame: a raw frame.
  ///   - amplifier: whose pixels are meant.
  ///   - model: the large-scale structure above the levels [adu]; canonical.
  ///   - levels: [adu]; one value, or as many as the amplifier has rows.
  ///   - rows: canonical rows that take part.
  ///   - invalid: raw values that mark pixels without information.
  /// - Returns: the standard deviation [adu].
  public static func width(
    frame: Image<UInt16>, amplifier: Amplifier, model: LargeScaleModel, levels: [Float],
    rows: Range<Int>, invalid: [UInt16]
  ) throws(NotMeasurable) -> Estimate {
    let region = model.region.clamped(toRows: rows)
    let area = amplifier.frameRegion(of: region)
    guard !region.isEmpty, area.columns.upperBound <= frame.width,
      area.rows.upperBound <= frame.height
    else { throw NotMeasurable("no valid pixels") }
    let half = 32768
    let scale: Float = 8
    let width = region.columns.count
    let surface = ModelRows(model, amplifier: amplifier)
    let low = invalid.contains(0) ? UInt16(1) : 0
    let high = invalid.contains(.max) ? UInt16.max - 1 : .max
    var counts = [UInt32](repeating: 0, count: 2 * half)
    guard levels.count == 1 || levels.count >= region.rows.upperBound else {
      throw NotMeasurable("no offsets of the rows")
    }
    for y in region.rows {
      let row = UnsafeBufferPointer(frame.row(amplifier.flippedRow(y) + amplifier.y0))
      let shift = levels.count == 1 ? levels[0] : levels[y]
      let line = surface.row(canonical: y)
      counts.withUnsafeMutableBufferPointer { counts in
        line.withUnsafeBufferPointer { line in
          for x in 0..<width {
            let value = row[area.columns.lowerBound + x]
            if value < low || value > high { continue }
            let residual = (Float(value) - shift - line[x]) * scale
            // Rounding by truncation of a positive number: `rounded()` is a call for each pixel.
            if residual > -32000, residual < 32000 { counts[Int(Int32(residual + 32768.5))] &+= 1 }
          }
        }
      }
    }
    guard let first = counts.firstIndex(where: { $0 > 0 }),
      let last = counts.lastIndex(where: { $0 > 0 })
    else { throw NotMeasurable("no valid pixels") }
    let core = try GaussianCore(counts: counts[first...last], first: first - half)
    guard let measured = core.width else { throw NotMeasurable("the pixels do not scatter") }
    let unit = Double(scale)
    // `core` removed 1/12 of a bin; the pixels themselves were rounded to 1 adu.
    let variance = measured.value * measured.value / (unit * unit) - 1.0 / 12
    guard variance > 0 else { throw NotMeasurable("no noise beyond the rounding of the pixels") }
    let sigma = variance.squareRoot()
    return Estimate(
      value: sigma,
      uncertainty: (variance + 1.0 / 12) / sigma / (2 * Double(measured.count)).squareRoot(),
      count: measured.count)
  }
}
