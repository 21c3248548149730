extension RawHistogram {
  /// The plain mean and standard deviation of all pixels, nothing clipped.
  public struct Moments: Sendable, Equatable {
    /// The mean [adu].
    public let mean: Double
    /// The standard deviation, n - 1 in its denominator [adu].
    public let deviation: Double
    /// The number of pixels.
    public let count: Int
  }

  /// The plain mean and standard deviation.
  ///
  /// - Throws: `NotMeasurable` where there are no pixels.
  public func moments() throws(NotMeasurable) -> Moments {
    var n = 0.0
    var sum = 0.0
    for (value, count) in counts.enumerated() where count > 0 {
      n += Double(count)
      sum += Double(count) * Double(value)
    }
    guard n > 0 else { throw NotMeasurable("no valid pixels: all are saturated or lost") }
    let mean = sum / n
    var squares = 0.0
    for (value, count) in counts.enumerated() where count > 0 {
      let d = Double(value) - mean
      squares += Double(count) * d * d
    }
    return Moments(mean: mean, deviation: (squares / max(1, n - 1)).squareRoot(), count: Int(n))
  }
}
