/// Fits of a curve together with the linearity of its chain.
extension PhotonTransferFit {
  /// Fits a model to a measured curve, together with the chain behind it.
  ///
  /// A chain with F = s exp u(F / 2^16) has the variances and covariances of a linear one divided by (ds/dF)^2. The
  /// coefficients of u are parameters of the fit, as gain and a_ij are, and what the exposure times say of them is its
  /// prior (`ChainPrior`): there is one covariance of all parameters, which is that of exposure times, variances and
  /// covariances together. Errors of gain, a_ij and their sum are read from it. Taken one after the other, u by the
  /// variance and then the rest at fixed u, the errors would depend on how u was found.
  ///
  /// - Parameter ramp: what the exposure times say, not refined.
  /// - Throws: `NotMeasurable` as the fit without a chain, and where the variances do not agree with the exposure times.
  public init(
    _ model: PhotonTransferModel, to curve: PhotonTransferCurve, linearity ramp: RampLinearity
  ) throws(NotMeasurable) {
    let first = try ramp.refined(by: curve)
    guard let prior = ChainPrior(ramp) else {
      self = try PhotonTransferFit(model, to: curve.linearised(by: ramp))
      linearity = ramp
      return
    }
    switch model {
    case .quadratic, .polynomial, .exponential:
      let start = try PhotonTransferFit(model, to: curve.linearised(by: first))
      let points = model == .quadratic ? curve.used : curve.variancePoints
      let fit = try Self.joint(start, points, prior, first)
      switch model {
      case .polynomial(let degree):
        try self.init(polynomial: fit, model, degree: degree, points.count)
      case .quadratic: try self.init(polynomial: fit, model, degree: 2, points.count)
      default: try self.init(exponential: fit, points.count)
      }
      linearity = try prior.found(by: fit)
    case .fullCovariance, .fullCovarianceWithoutB:
      // The variances alone say most of the chain, and quickly.
      let near = try? PhotonTransferFit(.exponential, to: curve, linearity: ramp)
      try self.init(
        full: curve.used, noise: curve.noise, lags: curve.lags, withC: model == .fullCovariance,
        chain: (prior, near?.linearity ?? first))
    }
  }

  /// The parameters of a model of the variance, and after them the chain's coefficients. Errors of the points go with the
  /// curve, as in the fit without a chain.
  private static func joint(
    _ start: PhotonTransferFit, _ points: [PhotonTransferPoint], _ prior: ChainPrior,
    _ first: RampLinearity
  ) throws(NotMeasurable) -> NonlinearFit {
    let width = start.fit.parameters.count
    let isExponential = start.model == .exponential
    func measured(_ p: [Double], _ chain: RampLinearity, _ mean: Double) -> Double {
      let (slope, signal) = (chain.slope(mean), chain.linear(mean))
      let variance =
        isExponential
        ? PhotonTransferModel.exponential(mean: signal, a: p[0], gain: p[1], noise: p[2])
        : p[..<width].reversed().reduce(0) { $0 * signal + $1 }
      return variance / (slope * slope)
    }
    var parameters = start.fit.parameters + first.coefficients.map(\.value)
    let scales =
      (0..<width).map { max(start.fit.uncertainty(of: $0), abs(parameters[$0]) * 1e-6, 1e-30) }
      + prior.scales
    var errors = points.map(\.variance.uncertainty)
    var found: NonlinearFit?
    for _ in 0..<3 {
      let fit = try NonlinearFit(
        start: parameters, scales: scales, count: points.count + prior.count
      ) { p, residuals in
        let coefficients = Array(p[width...])
        let chain = prior.chain(coefficients)
        for (index, point) in points.enumerated() {
          residuals[index] =
            (measured(p, chain, point.mean) - point.variance.value) / errors[index]
        }
        for (index, value) in prior.departures(coefficients).enumerated() {
          residuals[points.count + index] = value
        }
      }
      parameters = fit.parameters
      let chain = prior.chain(Array(parameters[width...]))
      errors = points.map { $0.errorOfCurve(measured(parameters, chain, $0.mean)) }
      found = fit
    }
    guard let found else { throw NotMeasurable("no fit") }
    return found.scaledByScatter()
  }
}
