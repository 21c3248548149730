#if canImport(Glibc)
  import Glibc
#endif

/// A photon transfer curve's parameters, with what they say of gain, noise and brighter-fatter.
///
/// Errors are those of the points, enlarged by sqrt(chi^2 / freedom) where that exceeds one. The errors of the points are
/// relative, sigma = V sqrt(2 / N): they are taken of the fitted curve, not of the measured variance, which would give low
/// points too much weight.
public struct PhotonTransferFit: Sendable, Equatable {
  /// What was fitted.
  public let model: PhotonTransferModel
  /// The gain g [e-/adu].
  public private(set) var gain: Estimate
  /// The read noise sqrt(n_00) [e-]; nil where the fitted n_00 is not positive. The rounding of pixels, 1/12 adu^2, is in it.
  public let readNoise: Estimate?
  /// a_00 [1/e-]: of the exponential model and the full ones; for the parabola p_2, which is a_00 to first order.
  public private(set) var a00: Estimate?
  /// The matrices of a full model; nil for others.
  public let matrices: Matrices?
  /// The fit itself; parameters in the order of `parameterNames`.
  public let fit: NonlinearFit
  /// The number of points.
  public let points: Int
  /// The linearity of the chain, where it was fitted with the curve: its coefficients are the last parameters.
  public internal(set) var linearity: RampLinearity?

  /// The matrices of a full model, index serial * side + parallel, with their 1-sigma uncertainties.
  public struct Matrices: Sendable, Equatable {
    /// Number of lags along each axis.
    public let side: Int
    /// a_ij [1/e-].
    public let a: [Estimate]
    /// c_ij = a_ij b_ij [1/e-**2]; zeros for a model without b.
    public let c: [Estimate]
    /// n_ij [e-**2].
    public let noise: [Estimate]

    /// The sum of a_ij over all lags of the four quadrants [1/e-], 0 for a detector that only moves charge between pixels; the
    /// uncertainty with all covariances of the fit.
    public let sum: Estimate

    /// b_ij = c_ij / a_ij [1/e-]; nil where a_ij is within five sigma of zero: the quotient is then meaningless.
    public func b(_ serial: Int, _ parallel: Int) -> Estimate? {
      let at = serial * side + parallel
      let (a, c) = (self.a[at], self.c[at])
      guard abs(a.value) > 5 * a.uncertainty else { return nil }
      let b = c.value / a.value
      let relative = a.uncertainty / a.value
      return Estimate(
        value: b,
        uncertainty: ((c.uncertainty / a.value) * (c.uncertainty / a.value) + b * b * relative
          * relative)
          .squareRoot(), count: a.count)
    }
  }

  /// The indices of gain, of a_ij with i, j < `side`, and of the chain's coefficients among the parameters of a full model, in
  /// this order; nil for other models.
  func indices(side: Int) -> [Int]? {
    guard let matrices, side <= matrices.side else { return nil }
    let all = fit.parameters.count
    return [0] + (0..<side * side).map { 1 + $0 / side * matrices.side + $0 % side }
      + Array((all - (linearity?.coefficients.count ?? 0))..<all)
  }

  /// The covariance of parameters, row by row.
  func covariance(of indices: [Int]) -> [Double] {
    indices.flatMap { row in
      indices.map { fit.covariance[row * fit.parameters.count + $0] }
    }
  }

  /// The covariance of a_ij with i, j < `side` of a full model, index i * side + j, row by row [1/e-**2]; nil for others.
  public func covarianceOfA(side: Int) -> [Double]? {
    indices(side: side).map { covariance(of: Array($0[1...(side * side)])) }
  }

  /// Enlarges the errors of the gain [(e-/adu)^2] and of a_00 [1/e-^2] by variances.
  mutating func addErrors(gain ofGain: Double, a00 ofA: Double) {
    func enlarged(_ estimate: Estimate, _ variance: Double) -> Estimate {
      var result = estimate
      result.uncertainty =
        (estimate.uncertainty * estimate.uncertainty + variance).squareRoot()
      return result
    }
    gain = enlarged(gain, ofGain)
    a00 = a00.map { enlarged($0, ofA) }
  }

  /// The names of the parameters: `gain`, `a_0_0`, ... and, where the chain was fitted with them, `u_1`, ...
  public var parameterNames: [String] {
    modelNames + (linearity?.coefficients.indices.map { "u_\($0 + 1)" } ?? [])
  }

  private var modelNames: [String] {
    switch model {
    case .quadratic: (0...2).map { "p_\($0)" }
    case .polynomial(let degree): (0...degree).map { "p_\($0)" }
    case .exponential: ["a_00", "gain", "n_00"]
    case .fullCovariance, .fullCovarianceWithoutB:
      FullCovarianceProblem.names(side: matrices?.side ?? 1, withC: model == .fullCovariance)
    }
  }

  /// The variance at a mean signal [adu**2].
  public func variance(_ mean: Double) -> Double {
    switch model {
    case .quadratic, .polynomial:
      fit.parameters.reversed().reduce(0) { $0 * mean + $1 }
    case .exponential:
      PhotonTransferModel.exponential(
        mean: mean, a: fit.parameters[0], gain: fit.parameters[1], noise: fit.parameters[2])
    case .fullCovariance, .fullCovarianceWithoutB: covariances(mean)?.first ?? .nan
    }
  }

  /// All covariances at a mean signal [adu**2], index serial * side + parallel; nil for a model of the variance only.
  public func covariances(_ mean: Double) -> [Double]? {
    guard let matrices else { return nil }
    let g = gain.value
    let series = CovarianceSeries(
      side: matrices.side, a: matrices.a.map(\.value), c: matrices.c.map(\.value))
    return zip(series.covariances(mean: mean, gain: g), matrices.noise).map {
      $0 + $1.value / (g * g)
    }
  }
}

extension PhotonTransferFit {
  /// Fits a model to the points of a curve.
  ///
  /// - Throws: `NotMeasurable` with fewer signals than the model has unknowns a lag, where covariances are missing, or
  ///   where the fit does not converge to a positive gain.
  public init(_ model: PhotonTransferModel, to curve: PhotonTransferCurve) throws(NotMeasurable) {
    let points = curve.used
    switch model {
    case .quadratic: try self.init(model, degree: 2, points)
    case .polynomial(let degree): try self.init(model, degree: degree, curve.variancePoints)
    case .exponential: try self.init(exponential: curve.variancePoints)
    case .fullCovariance, .fullCovarianceWithoutB:
      try self.init(
        full: points, noise: curve.noise, lags: curve.lags, withC: model == .fullCovariance)
    }
  }

  private init(
    _ model: PhotonTransferModel, degree: Int, _ points: [PhotonTransferPoint]
  ) throws(NotMeasurable) {
    guard points.count > degree else {
      throw NotMeasurable("\(points.count) pairs of flats for a polynomial of degree \(degree)")
    }
    guard let last = points.max(by: { $0.mean < $1.mean }), last.mean > 0 else {
      throw NotMeasurable("no pair of flats has a signal")
    }
    let scales = (0...degree).map { k in last.variance.value / pow(last.mean, Double(k)) }
    var errors = points.map(\.variance.uncertainty)
    var fit: NonlinearFit?
    for _ in 0..<2 {
      let found = try NonlinearFit(
        start: scales.enumerated().map { $0.offset == 1 ? $0.element : 0 }, scales: scales,
        count: points.count
      ) { p, residuals in
        for (index, point) in points.enumerated() {
          let value = p.reversed().reduce(0) { $0 * point.mean + $1 }
          residuals[index] = (value - point.variance.value) / errors[index]
        }
      }
      errors = points.map { point in
        let value = found.parameters.reversed().reduce(0) { $0 * point.mean + $1 }
        return point.errorOfCurve(value)
      }
      fit = found
    }
    guard let fit else { throw NotMeasurable("no fit") }
    try self.init(polynomial: fit.scaledByScatter(), model, degree: degree, points.count)
  }

  /// What the coefficients of a polynomial say; further parameters may follow.
  init(
    polynomial fit: NonlinearFit, _ model: PhotonTransferModel, degree: Int, _ count: Int
  ) throws(NotMeasurable) {
    guard fit.parameters[1] > 0 else {
      throw NotMeasurable("the variance does not rise with the signal")
    }
    let g = 1 / fit.parameters[1]
    self.init(
      model: model,
      gain: Estimate(value: g, uncertainty: fit.uncertainty(of: 1) * g * g, count: count),
      readNoise: Self.readNoise(
        fit.parameters[0] * g * g, fit.uncertainty(of: 0) * g * g, count),
      a00: degree >= 2
        ? Estimate(value: fit.parameters[2], uncertainty: fit.uncertainty(of: 2), count: count)
        : nil,
      matrices: nil, fit: fit, points: count)
  }

  init(exponential points: [PhotonTransferPoint]) throws(NotMeasurable) {
    let gain = try median(
      points.prefix(max(1, points.count / 2)).filter { $0.mean > 0 }
        .map { $0.mean / $0.variance.value })
    var curve = ExponentialFit(a: -1e-6, gain: gain, noise: 0)
    var errors = points.map(\.variance.uncertainty)
    for _ in 0..<3 {
      curve = try ExponentialFit(points, start: curve, scale: errors)
      errors = points.map { $0.errorOfCurve(curve.variance($0.mean)) }
    }
    guard let fit = curve.fit?.scaledByScatter() else { throw NotMeasurable("no fit") }
    try self.init(exponential: fit, points.count)
  }

  /// What a_00, gain and n_00 of a fit say; further parameters may follow.
  init(exponential fit: NonlinearFit, _ count: Int) throws(NotMeasurable) {
    guard fit.parameters[1] > 0 else {
      throw NotMeasurable("the variance does not rise with the signal")
    }
    func estimate(_ index: Int) -> Estimate {
      Estimate(value: fit.parameters[index], uncertainty: fit.uncertainty(of: index), count: count)
    }
    self.init(
      model: .exponential, gain: estimate(1),
      readNoise: Self.readNoise(fit.parameters[2], fit.uncertainty(of: 2), count),
      a00: estimate(0), matrices: nil, fit: fit, points: count)
  }

  /// sqrt(n) with its error sigma_n / (2 sqrt(n)).
  static func readNoise(_ n: Double, _ error: Double, _ count: Int) -> Estimate? {
    guard n > 0 else { return nil }
    return Estimate(value: n.squareRoot(), uncertainty: error / (2 * n.squareRoot()), count: count)
  }
}

extension PhotonTransferPoint {
  /// The error of the variance if the curve is right [adu**2].
  func errorOfCurve(_ model: Double) -> Double {
    model > 0 && mean > 0 ? variance.uncertainty / variance.value * model : variance.uncertainty
  }
}
