public import Detector

/// The pattern that stays in a stack of frames once its large-scale structure is removed.
public struct StackPattern: Sendable {
  private static let scale: Float = 64
  private static let half = 32768
  private var counts = [UInt32](repeating: 0, count: 65536)

  /// Nothing yet.
  public init() {}

  /// Counts `pixel - model` of some canonical rows in bins of 1/64 adu; differences beyond 512 adu and
  /// NaN are left out.
  ///
  /// - Parameters:
  ///   - image: mean or median of offset-subtracted frames [adu], the whole width of a detector.
  ///   - firstRow: the frame row of the image's first row.
  ///   - amplifier: whose pixels are meant.
  ///   - model: the structure above the offset.
  public mutating func add(
    _ image: Image<Float>, firstRow: Int, amplifier: Amplifier, model: LargeScaleModel
  ) {
    let area = amplifier.frameRegion(of: model.region)
    guard area.columns.upperBound <= image.width else { return }
    let rows = area.rows.clamped(to: firstRow..<firstRow + image.height)
    let surface = ModelRows(model, amplifier: amplifier)
    for y in rows {
      let values = UnsafeBufferPointer(image.row(y - firstRow))
      let line = surface.row(canonical: amplifier.flippedRow(y - amplifier.y0))
      for (offset, x) in area.columns.enumerated() {
        let residual = (values[x] - line[offset]) * Self.scale
        // Rounding by truncation of a positive number: `rounded()` is a call for each pixel.
        if residual > -32000, residual < 32000 { counts[Int(Int32(residual + 32768.5))] &+= 1 }
      }
    }
  }

  /// Adds what another one counted.
  public mutating func add(_ other: StackPattern) {
    for bin in counts.indices { counts[bin] &+= other.counts[bin] }
  }

  /// The standard deviation of the pixels about the model [adu], of the Gaussian core.
  public func scatter() throws(NotMeasurable) -> Estimate {
    guard let first = counts.firstIndex(where: { $0 > 0 }),
      let last = counts.lastIndex(where: { $0 > 0 })
    else { throw NotMeasurable("no valid pixels") }
    let core = try GaussianCore(counts: counts[first...last], first: first - Self.half)
    guard let width = core.width else { throw NotMeasurable("the pixels do not scatter") }
    let unit = Double(Self.scale)
    return Estimate(
      value: width.value / unit, uncertainty: width.uncertainty / unit, count: width.count)
  }

  /// The fixed pattern: sqrt(s^2 - (r^2 + 1/12) / N), with s the scatter of the mean of N frames about
  /// its large-scale structure and r the temporal noise of one frame; the 1/12 is the rounding of
  /// each raw pixel.
  ///
  /// - Parameter temporal: the noise of one frame [adu], from differences.
  /// - Throws: `NotMeasurable` where the pattern does not stand out of the error of s^2.
  public func fixedPattern(temporal: Estimate, frames: Int) throws(NotMeasurable) -> Estimate {
    let s = try scatter()
    let n = Double(max(1, frames))
    let noise = (temporal.value * temporal.value + 1.0 / 12) / n
    let excess = s.value * s.value - noise
    let first = 2 * s.value * s.uncertainty
    let second = 2 * temporal.value * temporal.uncertainty / n
    let error = (first * first + second * second).squareRoot()
    guard excess > 2 * error else {
      throw NotMeasurable("no fixed pattern beyond the noise of the stack")
    }
    let value = excess.squareRoot()
    return Estimate(value: value, uncertainty: error / (2 * value), count: s.count)
  }
}

/// The rows of a large-scale model, evaluated for all columns of an amplifier in the frame's order.
public struct ModelRows: Sendable {
  private let model: LargeScaleModel
  private let basis: [Float]
  private let width: Int

  /// Tabulates the polynomials of the columns.
  public init(_ model: LargeScaleModel, amplifier: Amplifier) {
    self.model = model
    width = model.region.columns.count
    var basis = [Float](repeating: 0, count: (model.degree + 1) * width)
    for (offset, x) in model.region.columns.enumerated() {
      let p = legendre(
        LargeScaleModel.normalised(x, in: model.region.columns), model.degree)
      let place = amplifier.flipX ? width - 1 - offset : offset
      for k in 0...model.degree { basis[k * width + place] = Float(p[k]) }
    }
    self.basis = basis
  }

  /// The model along one canonical row [adu], column by column as the frame stores them.
  public func row(canonical y: Int) -> [Float] {
    let c = model.rowCoefficients(y: y).map { Float($0) }
    return [Float](unsafeUninitializedCapacity: width) { line, count in
      basis.withUnsafeBufferPointer { basis in
        for x in 0..<width { line[x] = c[0] * basis[x] }
        for k in 1..<max(1, c.count) {
          let factor = c[k]
          for x in 0..<width { line[x] += factor * basis[k * width + x] }
        }
      }
      count = width
    }
  }
}

extension LargeScaleModel {
  /// The same surface, higher by `level` [adu].
  public func raised(by level: Double) -> LargeScaleModel {
    var raised = coefficients
    if !raised.isEmpty { raised[0] += level }
    return LargeScaleModel(
      degree: degree, region: region, coefficients: raised, uncertainties: uncertainties) ?? self
  }

  /// The mean of several models of the same region and degree, with the error of the mean.
  ///
  /// - Throws: `NotMeasurable` for an empty list or models that do not fit together.
  public static func mean(_ models: [LargeScaleModel]) throws(NotMeasurable) -> LargeScaleModel {
    guard let first = models.first else { throw NotMeasurable("no surface was fitted") }
    guard models.allSatisfy({ $0.degree == first.degree && $0.region == first.region }) else {
      throw NotMeasurable("surfaces over different regions")
    }
    let n = Double(models.count)
    let coefficients = first.coefficients.indices.map { k in
      models.reduce(0) { $0 + $1.coefficients[k] } / n
    }
    let uncertainties = first.uncertainties.indices.map { k in
      models.reduce(0) { $0 + $1.uncertainties[k] * $1.uncertainties[k] }.squareRoot() / n
    }
    guard
      let mean = LargeScaleModel(
        degree: first.degree, region: first.region, coefficients: coefficients,
        uncertainties: uncertainties)
    else { throw NotMeasurable("no surface was fitted") }
    return mean
  }
}
