public import Detector

/// The temporal noise of a pixel, from differences of consecutive frames: fixed patterns cancel,
/// and slow drifts nearly do.
///
/// For each pair of consecutive frames the histogram of the differences is taken; half the squared
/// width of its Gaussian core is the variance of one frame (von Neumann's mean square successive
/// difference, von Neumann et al. 1941, Ann. Math. Stat. 12, 153).
public struct DifferenceNoise: Sendable {
  /// The variance of one frame [adu**2] from each pair, in order.
  public private(set) var variances: [Double] = []
  /// The number of pixels of each pair.
  public private(set) var counts: [Int] = []

  /// No pairs yet.
  public init() {}

  /// Adds the pair of two consecutive frames.
  ///
  /// - Parameters:
  ///   - first, second: raw frames of equal size.
  ///   - region: the pixels used, in the frames' coordinates.
  ///   - invalid: raw values that mark pixels without information (lost, saturated).
  public mutating func add(
    _ first: Image<UInt16>, _ second: Image<UInt16>, region: Region, invalid: [UInt16]
  ) throws(NotMeasurable) {
    let core = try Self.core(first, second, region: region, invalid: invalid)
    guard let width = core.width else { throw NotMeasurable("two equal frames") }
    // The core removed 1/12 of rounding; a difference of two rounded values carries 2/12.
    let variance = (width.value * width.value - 1.0 / 12) / 2
    guard variance > 0 else { throw NotMeasurable("no noise beyond the rounding of the pixels") }
    variances.append(variance)
    counts.append(width.count)
  }

  /// Adds a pair whose difference was measured elsewhere, in the order of the pairs.
  public mutating func add(variance: Double, count: Int) {
    variances.append(variance)
    counts.append(count)
  }

  /// The noise of one frame [adu]: the root of the mean variance over the pairs.
  ///
  /// With m = number of pairs (m + 1 frames) the estimator's variance is (3 m - 1) / m^2 sigma^4 per
  /// pixel, as consecutive differences share a frame; hence the uncertainty
  /// sigma / 2 * sqrt((3 m - 1) / (m^2 n)), with the rounding noise included.
  ///
  /// - Throws: `NotMeasurable` where there is no pair.
  public func noise() throws(NotMeasurable) -> Estimate {
    guard !variances.isEmpty else {
      throw NotMeasurable("one frame only: differences need two")
    }
    let m = Double(variances.count)
    let variance = variances.reduce(0, +) / m
    let sigma = variance.squareRoot()
    let n = Double(counts.reduce(0, +)) / m
    let total = variance + 1.0 / 12
    let relative = ((3 * m - 1) / (m * m * n)).squareRoot() / 2
    return Estimate(
      value: sigma, uncertainty: relative * total / sigma, count: counts.reduce(0, +))
  }

  /// The Gaussian core of the differences `second - first`.
  static func core(
    _ first: Image<UInt16>, _ second: Image<UInt16>, region: Region, invalid: [UInt16]
  ) throws(NotMeasurable) -> GaussianCore {
    guard first.width == second.width, first.height == second.height else {
      throw NotMeasurable("frames of different size")
    }
    let columns = region.columns.clamped(to: 0..<first.width)
    let rows = region.rows.clamped(to: 0..<first.height)
    var counts = [UInt32](repeating: 0, count: 131_072)
    counts.withUnsafeMutableBufferPointer { counts in
      guard let bins = counts.baseAddress, let a = first.pixels.baseAddress,
        let b = second.pixels.baseAddress
      else { return }
      let low = invalid.contains(0) ? UInt16(1) : 0
      let high = invalid.contains(.max) ? UInt16.max - 1 : .max
      for y in rows {
        let p = a + y * first.width
        let q = b + y * first.width
        for x in columns {
          let u = p[x]
          let v = q[x]
          if u < low || u > high || v < low || v > high { continue }
          bins[65536 &+ Int(v) &- Int(u)] &+= 1
        }
      }
    }
    guard let low = counts.firstIndex(where: { $0 > 0 }),
      let high = counts.lastIndex(where: { $0 > 0 })
    else { throw NotMeasurable("no valid pixels") }
    return try GaussianCore(counts: counts[low...high], first: low - 65536)
  }
}
