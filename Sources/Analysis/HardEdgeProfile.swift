/// The response of the electronics, and of charge transfer, to the edge of the image area: the signal of the pixels around it
/// relative to that of the image.
public struct HardEdgeProfile: Sendable, Equatable {
  /// Positions of the pixels along the direction, counted from 1 as in the original.
  public let positions: [Double]
  /// The profile: about 1 before the edge, 0 behind it.
  public let values: [Double]
  /// The standard errors from the scatter of the lines.
  public let uncertainties: [Double]
  /// The index of the first pixel behind the edge.
  public let edge: Int
  /// The number of lines across the edge.
  public let lines: Int

  /// The first pixel behind the edge: the hard-edge response.
  public var response: Estimate {
    Estimate(value: values[edge], uncertainty: uncertainties[edge], count: lines)
  }

  /// Measures the profile of lines across an edge.
  ///
  /// Of each line p the level before the edge, I, is that which a straight line through the `before` pixels gives at the last of
  /// them, so that a gradient of the light does no harm; the level behind it, B, the mean of the last three pixels; the
  /// line is normalised, (p - B) / (I - B). Lines whose I - B is outside of `accepted`, or with a pixel that is masked, lost
  /// or saturated, are left out, and those in which a value differs by more than five robust sigma (cosmic rays).
  ///
  /// - Parameters:
  ///   - lines: raw values of equal length, nil for a line that cannot be used.
  ///   - before: the number of pixels before the edge.
  ///   - first: the position of the first pixel.
  ///   - accepted: signals of lines that are used, I - B [adu].
  /// - Throws: `NotMeasurable` with fewer than ten lines.
  public init(
    _ lines: [[UInt16]?], before: Int, first: Int, accepted: ClosedRange<Double>
  ) throws(NotMeasurable) {
    let length = lines.lazy.compactMap { $0?.count }.first ?? 0
    guard length > 0 else {
      throw NotMeasurable(
        lines.isEmpty
          ? "no lines across the edge" : "every line has a masked, lost or saturated pixel")
    }
    guard before >= 2, length >= before + 4 else { throw NotMeasurable("the over-scan is too narrow") }
    let middle = Double(before - 1) / 2
    var spread = 0.0
    for x in 0..<before { spread += (Double(x) - middle) * (Double(x) - middle) }
    var kept: [[Double]] = []
    var range = ValueRange()
    for case let line? in lines where line.count == length {
      let values = line.map(Double.init)
      let mean = values.prefix(before).reduce(0, +) / Double(before)
      var slope = 0.0
      for x in 0..<before { slope += (Double(x) - middle) * (values[x] - mean) / spread }
      let height = mean + slope * (Double(before - 1) - middle)
      let base = values.suffix(3).reduce(0, +) / 3
      guard accepted.contains(height - base), height > base else { continue }
      for value in line.prefix(before) { range.add(value) }
      kept.append(values.map { ($0 - base) / (height - base) })
    }
    guard kept.count >= 10 else {
      throw NotMeasurable(
        kept.isEmpty ? "no line with a signal in range" : "\(kept.count) lines with a signal in range")
    }
    if let value = range.only {
      throw NotMeasurable("the amplifier is dead: all its pixels read \(value)")
    }
    var values: [Double] = []
    var errors: [Double] = []
    for x in 0..<length {
      let all = kept.map { $0[x] }
      let centre = try median(all)
      let sigma = 1.482602218505602 * (try median(all.map { abs($0 - centre) }))
      let good = all.filter { abs($0 - centre) <= 5 * max(sigma, 1e-9) }
      let n = Double(good.count)
      let mean = good.reduce(0, +) / n
      let squares = good.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      values.append(mean)
      errors.append(good.count > 1 ? (squares / (n - 1) / n).squareRoot() : 0)
    }
    positions = (0..<length).map { Double(first + $0 + 1) }
    (self.values, uncertainties, edge, self.lines) = (values, errors, before, kept.count)
  }
}
