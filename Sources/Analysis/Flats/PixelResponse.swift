public import Detector

/// How much the response of the pixels of an amplifier scatters (PRNU), from a master flat and the means of two halves
/// of its frames.
public struct PixelResponse: Sendable {
  /// The standard deviation of the pixels' response, relative to its mean, without photon noise.
  public let scatter: Result<Estimate, NotMeasurable>
  /// The standard deviation of the master flat after clipping at three sigma, photon noise included: what older analyses
  /// call PRNU.
  public let rawScatter: Result<Estimate, NotMeasurable>
  /// The root mean square of the master flat's error, relative to its mean: what the frames' noise leaves in a pixel.
  public let noise: Result<Estimate, NotMeasurable>
  /// Correlation of the response of neighbours along a row.
  public let serialCorrelation: Result<Estimate, NotMeasurable>
  /// Correlation of the response of neighbours along a column.
  public let parallelCorrelation: Result<Estimate, NotMeasurable>
  /// The part of `scatter`'s uncertainty that is the same at every fluence: the chance of the pixels themselves.
  public let commonUncertainty: Double
  /// The centre and the width of the flat's distribution, by which defects are judged; nil where it has none.
  public let core: (location: Double, width: Double)?

  /// The images of a master flat, all of one size.
  public struct Images: Sendable {
    let flat, error, first, second: Image<Float>

    /// The images that `FlatStacker` fills.
    public init(
      flat: Image<Float>, error: Image<Float>, first: Image<Float>, second: Image<Float>
    ) {
      (self.flat, self.error, self.first, self.second) = (flat, error, first, second)
    }
  }

  private static let scale = 16384.0
  private static let reach = 8192

  /// Measures one amplifier.
  ///
  /// With A and B the means of the frames with even and odd numbers, whose noise is independent,
  ///
  ///     PRNU^2 = cov(A, B) n / (n - p),
  ///
  /// p being the parameters of the illumination that were fitted to the same pixels. Photon and read noise, cosmic rays
  /// and the gain do not enter. Its error is that of a sample covariance, sqrt((var A var B + cov^2) / n) (Kendall and
  /// Stuart 1977, section 13.4). Pixels more than five widths from the centre of the master are defects, and
  /// left out.
  ///
  /// - Parameters:
  ///   - area: the image pixels of the amplifier, in the frame.
  ///   - parameters: of the illumination model.
  ///   - frames: the number of frames.
  public init(_ images: Images, area: Region, parameters: Int, frames: Int) {
    guard !area.isEmpty, area.columns.upperBound <= images.flat.width,
      area.rows.upperBound <= images.flat.height,
      let core = try? Self.core(Self.histogram(images.flat, area)), let width = core.width
    else {
      let reason = NotMeasurable("no master flat: no valid pixels")
      (scatter, rawScatter, noise) = (.failure(reason), .failure(reason), .failure(reason))
      (serialCorrelation, parallelCorrelation) = (.failure(reason), .failure(reason))
      commonUncertainty = 0
      self.core = nil
      return
    }
    let centre = core.location.value / Self.scale
    let sigma = width.value / Self.scale
    self.core = (1 + centre, sigma)
    rawScatter = Result { () throws(NotMeasurable) in
      try Self.clipped(Self.histogram(images.flat, area))
    }
    noise = Result { () throws(NotMeasurable) in
      guard frames > 1 else { throw NotMeasurable("one frame only: its noise is not known") }
      return try Self.typical(images.error, area)
    }
    guard frames > 1 else {
      let reason = NotMeasurable("one frame only: photon noise cannot be told from PRNU")
      scatter = .failure(reason)
      (serialCorrelation, parallelCorrelation) = (.failure(reason), .failure(reason))
      commonUncertainty = 0
      return
    }
    let sums = Sums(images, area, centre: centre, reach: 5 * sigma)
    let n = Double(sums.count)
    guard sums.count > parameters + 10 else {
      let reason = NotMeasurable("too few valid pixels in the master flat")
      scatter = .failure(reason)
      (serialCorrelation, parallelCorrelation) = (.failure(reason), .failure(reason))
      commonUncertainty = 0
      return
    }
    let covariance = sums.covariance
    let error = ((sums.firstVariance * sums.secondVariance + covariance * covariance) / n).squareRoot()
    let value = max(0, covariance * n / (n - Double(parameters)))
    scatter = Result { () throws(NotMeasurable) in
      guard covariance > 2 * error else {
        let limit = (max(0, covariance) + 2 * error).squareRoot()
        throw NotMeasurable(
          "no scatter of the response beyond the noise: below \((1e5 * limit).rounded(.up) / 1000) %")
      }
      return Estimate(
        value: value.squareRoot(), uncertainty: error / (2 * value.squareRoot()), count: sums.count)
    }
    commonUncertainty = value.squareRoot() / (2 * n).squareRoot()
    func correlation(_ product: Double, _ pairs: Int) -> Result<Estimate, NotMeasurable> {
      guard pairs > 10, covariance > 2 * error else {
        return .failure(NotMeasurable("no scatter of the response beyond the noise"))
      }
      // Both products of a pair of pixels share their noise: the error of each holds for their mean.
      let spread = (sums.firstVariance * sums.secondVariance / Double(pairs)).squareRoot()
      return .success(
        Estimate(value: product / covariance, uncertainty: spread / covariance, count: pairs))
    }
    serialCorrelation = correlation(sums.serial, sums.serialPairs)
    parallelCorrelation = correlation(sums.parallel, sums.parallelPairs)
  }

  // MARK: - Distribution

  private static func histogram(_ image: Image<Float>, _ area: Region) -> [UInt32] {
    var counts = [UInt32](repeating: 0, count: 2 * reach + 1)
    for y in area.rows {
      let row = image.row(y)
      for x in area.columns {
        let place = (Double(row[x]) - 1) * scale
        if abs(place) < Double(reach) { counts[Int(place.rounded()) + reach] &+= 1 }
      }
    }
    withExtendedLifetime(image) {}
    return counts
  }

  private static func core(_ counts: [UInt32]) throws(NotMeasurable) -> GaussianCore {
    try GaussianCore(counts: counts, first: -reach)
  }

  /// Mean and standard deviation, values beyond three of which are left out until none are.
  private static func clipped(_ counts: [UInt32]) throws(NotMeasurable) -> Estimate {
    var range = counts.indices
    for _ in 0..<50 {
      var (n, sum, squares) = (0.0, 0.0, 0.0)
      for bin in range {
        let (value, count) = (Double(bin - reach), Double(counts[bin]))
        n += count
        sum += count * value
        squares += count * value * value
      }
      guard n > 1 else { break }
      let mean = sum / n
      let sigma = max(0, squares / n - mean * mean).squareRoot()
      let low = max(range.lowerBound, Int((mean - 3 * sigma).rounded(.up)) + reach)
      let high = min(range.upperBound - 1, Int((mean + 3 * sigma).rounded(.down)) + reach)
      guard low <= high else { break }
      let next = low..<high + 1
      if next == range {
        return Estimate(
          value: sigma / scale, uncertainty: sigma / scale / (2 * n).squareRoot(), count: Int(n))
      }
      range = next
    }
    throw NotMeasurable("the pixels do not scatter")
  }

  private static func typical(_ error: Image<Float>, _ area: Region) throws(NotMeasurable)
    -> Estimate
  {
    // Every 7th pixel of a large area is enough for a median.
    let step = area.count > 100_000 ? 7 : 1
    var values: [Double] = []
    for y in area.rows {
      let row = error.row(y)
      for x in stride(from: area.columns.lowerBound + y % step, to: area.columns.upperBound, by: step)
      where row[x].isFinite { values.append(Double(row[x])) }
    }
    withExtendedLifetime(error) {}
    // Of few frames the median of the scatter is too small; its mean square is not. What lies far beyond the median is a
    // pixel of its own kind.
    let middle = try median(values)
    let usual = values.filter { $0 <= 5 * middle }
    let n = Double(max(1, usual.count))
    let value = (usual.reduce(0) { $0 + $1 * $1 } / n).squareRoot()
    return Estimate(value: value, uncertainty: value / (2 * n).squareRoot(), count: usual.count)
  }

  // MARK: - Sums

  private struct Sums {
    var count = 0
    var covariance = 0.0
    var firstVariance = 0.0
    var secondVariance = 0.0
    var serial = 0.0
    var serialPairs = 0
    var parallel = 0.0
    var parallelPairs = 0

    init(_ images: Images, _ area: Region, centre: Double, reach: Double) {
      let one = 1 + centre
      func pair(_ row: Int, _ x: Int) -> SIMD2<Double>? {
        let flat = Double(images.flat.pixels[row + x])
        guard abs(flat - one) <= reach else { return nil }
        let pair = SIMD2(
          Double(images.first.pixels[row + x]), Double(images.second.pixels[row + x]))
        guard pair.x.isFinite, pair.y.isFinite else { return nil }
        return pair - one
      }
      var sum = SIMD2<Double>.zero
      var squares = SIMD2<Double>.zero
      var product = 0.0
      var below = [SIMD2<Double>?](repeating: nil, count: area.columns.count)
      for y in area.rows {
        let row = y * images.flat.width
        var left: SIMD2<Double>?
        for (index, x) in area.columns.enumerated() {
          let here = pair(row, x)
          if let here {
            count += 1
            sum += here
            squares += here * here
            product += here.x * here.y
            if let left {
              serial += 0.5 * (here.x * left.y + here.y * left.x)
              serialPairs += 1
            }
            if let other = below[index] {
              parallel += 0.5 * (here.x * other.y + here.y * other.x)
              parallelPairs += 1
            }
          }
          left = here
          below[index] = here
        }
      }
      withExtendedLifetime(images) {}
      guard count > 1 else { return }
      let n = Double(count)
      let mean = sum / n
      covariance = product / n - mean.x * mean.y
      firstVariance = squares.x / n - mean.x * mean.x
      secondVariance = squares.y / n - mean.y * mean.y
      if serialPairs > 0 { serial = serial / Double(serialPairs) - mean.x * mean.y }
      if parallelPairs > 0 { parallel = parallel / Double(parallelPairs) - mean.x * mean.y }
    }
  }
}
