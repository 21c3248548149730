import CGSL

/// A weighted nonlinear least-squares fit: the Levenberg-Marquardt method with More's scaling, of the GNU Scientific
/// Library (gsl_multifit_nlinear; More 1978, Lecture Notes in Mathematics 630, 105).
public struct NonlinearFit: Sendable, Equatable {
  /// The best parameters.
  public let parameters: [Double]
  /// Their covariance matrix, row by row: the inverse of J^T J with J the derivatives of the residuals. It is that of the
  /// stated errors, not scaled by the scatter.
  public let covariance: [Double]
  /// The sum of the squared residuals, each in units of its error.
  public let chiSquare: Double
  /// Number of residuals less number of parameters.
  public let freedom: Int

  /// The 1-sigma uncertainty of a parameter, from the stated errors.
  public func uncertainty(of index: Int) -> Double {
    max(covariance[index * parameters.count + index], 0).squareRoot()
  }

  /// chi^2 per degree of freedom; nil where there is none left.
  public var reducedChiSquare: Double? { freedom > 0 ? chiSquare / Double(freedom) : nil }

  /// The fit with its errors enlarged by sqrt(chi^2 / freedom) where that exceeds one: the scatter then tells more of the
  /// errors than what was stated.
  public func scaledByScatter() -> NonlinearFit {
    guard let reduced = reducedChiSquare, reduced > 1 else { return self }
    return NonlinearFit(
      parameters: parameters, covariance: covariance.map { $0 * reduced }, chiSquare: chiSquare,
      freedom: freedom)
  }

  /// Sets values from parameters.
  public typealias Evaluation = (_ parameters: [Double], _ values: inout [Double]) -> Void

  /// A fit from its parts.
  public init(parameters: [Double], covariance: [Double], chiSquare: Double, freedom: Int) {
    self.parameters = parameters
    self.covariance = covariance
    self.chiSquare = chiSquare
    self.freedom = freedom
  }

  /// Fits.
  ///
  /// - Parameters:
  ///   - start: the parameters to begin with.
  ///   - scales: the order of magnitude of each parameter, not 0; derivatives are taken by steps of 6 10^-6 of it.
  ///   - count: the number of residuals.
  ///   - maximumIterations: how often the parameters are improved at most.
  ///   - derivatives: sets the derivative of residual i by parameter k at index `i * start.count + k`; without it, central
  ///     differences are taken.
  ///   - residuals: sets `(model - data) / error` for each datum from the parameters. What is not finite ends the fit.
  /// - Throws: `NotMeasurable` with fewer residuals than parameters, or where the fit does not converge.
  public init(
    start: [Double], scales: [Double], count: Int, maximumIterations: Int = 200,
    derivatives: Evaluation? = nil,
    residuals: (_ parameters: [Double], _ values: inout [Double]) -> Void
  ) throws(NotMeasurable) {
    let n = start.count
    guard n > 0, scales.count == n, count >= n else {
      throw NotMeasurable("\(count) values for \(n) parameters")
    }
    gsl_set_error_handler_off()
    // Above some tens of parameters the normal equations are quicker by far, and the scaling keeps them well behaved.
    guard let workspace = vison_gsl_levenberg_marquardt(count, n, n > 20 ? 1 : 0),
      let position = gsl_vector_alloc(n), let matrix = gsl_matrix_alloc(n, n)
    else { throw NotMeasurable("out of memory") }
    defer {
      gsl_multifit_nlinear_free(workspace)
      gsl_vector_free(position)
      gsl_matrix_free(matrix)
    }
    for (index, value) in start.enumerated() {
      gsl_vector_set(position, index, value / scales[index])
    }
    let problem = FitProblem(scales: scales, count: count)
    let status = withoutActuallyEscaping(residuals) { residuals -> (fit: Int32, isFinite: Bool) in
      problem.residuals = residuals
      defer { problem.residuals = nil }
      var function = gsl_multifit_nlinear_fdf()
      function.f = { position, context, result in
        guard let position, let context, let result else { return GSLCode.fault }
        return Unmanaged<FitProblem>.fromOpaque(context).takeUnretainedValue()
          .evaluate(position, result)
      }
      problem.derivatives = derivatives
      function.df = { position, context, result in
        guard let position, let context, let result else { return GSLCode.fault }
        return Unmanaged<FitProblem>.fromOpaque(context).takeUnretainedValue()
          .differentiate(position, result)
      }
      function.n = count
      function.p = n
      function.params = Unmanaged.passUnretained(problem).toOpaque()
      return withUnsafeMutablePointer(to: &function) { function in
        var status = gsl_multifit_nlinear_init(position, function, workspace)
        var info: Int32 = 0
        if status == GSLCode.success {
          status = gsl_multifit_nlinear_driver(
            maximumIterations, 1e-9, 1e-10, 0, nil, nil, &info, workspace)
        }
        return (status, problem.isFinite)
      }
    }
    withExtendedLifetime(problem) {}
    guard status.isFinite, GSLCode.reached.contains(status.fit),
      let solution = gsl_multifit_nlinear_position(workspace),
      let last = gsl_multifit_nlinear_residual(workspace),
      let jacobian = gsl_multifit_nlinear_jac(workspace),
      gsl_multifit_nlinear_covar(jacobian, 0, matrix) == GSLCode.success
    else { throw NotMeasurable("the fit does not converge") }
    // The library's tests of convergence go by the parameters; where rounding keeps them from passing, what counts is how
    // much lower chi^2 could be, g^T C g with g = J^T r: far below one, the minimum is reached for all purposes.
    let slopes = (0..<n).map { column in
      (0..<count).reduce(0) {
        $0 + gsl_matrix_get(jacobian, $1, column) * gsl_vector_get(last, $1)
      }
    }
    let left = (0..<n).reduce(0) { sum, i in
      (0..<n).reduce(sum) { $0 + slopes[i] * gsl_matrix_get(matrix, i, $1) * slopes[$1] }
    }
    guard left.isFinite, left < 1e-3 else { throw NotMeasurable("the fit does not converge") }
    parameters = (0..<n).map { gsl_vector_get(solution, $0) * scales[$0] }
    covariance = (0..<n * n).map {
      gsl_matrix_get(matrix, $0 / n, $0 % n) * scales[$0 / n] * scales[$0 % n]
    }
    chiSquare = (0..<count).reduce(0) {
      let r = gsl_vector_get(last, $1)
      return $0 + r * r
    }
    freedom = count - n
    guard chiSquare.isFinite, parameters.allSatisfy(\.isFinite), covariance.allSatisfy(\.isFinite)
    else { throw NotMeasurable("the fit does not converge") }
  }
}

/// What the C library calls back.
private final class FitProblem {
  let scales: [Double]
  var residuals: NonlinearFit.Evaluation?
  var derivatives: NonlinearFit.Evaluation?
  private(set) var isFinite = true
  private var parameters: [Double]
  private var values: [Double]
  private var slopes: [Double] = []

  init(scales: [Double], count: Int) {
    self.scales = scales
    parameters = [Double](repeating: 0, count: scales.count)
    values = [Double](repeating: 0, count: count)
  }

  private func setParameters(_ position: UnsafePointer<gsl_vector>) {
    for index in parameters.indices {
      parameters[index] = gsl_vector_get(position, index) * scales[index]
    }
  }

  func differentiate(
    _ position: UnsafePointer<gsl_vector>, _ result: UnsafeMutablePointer<gsl_matrix>
  ) -> Int32 {
    setParameters(position)
    let n = parameters.count
    if slopes.isEmpty { slopes = [Double](repeating: 0, count: values.count * n) }
    if let derivatives { derivatives(parameters, &slopes) } else { takeDifferences() }
    for row in values.indices {
      for column in 0..<n {
        let value = slopes[row * n + column] * scales[column]
        guard value.isFinite else {
          isFinite = false
          return GSLCode.badFunction
        }
        gsl_matrix_set(result, row, column, value)
      }
    }
    return GSLCode.success
  }

  /// Central differences. Steps go by the scale of a parameter, not by its value, which may be next to zero.
  private func takeDifferences() {
    let n = parameters.count
    var below = values
    for (column, value) in parameters.enumerated() {
      let step = 6e-6 * max(abs(value), abs(scales[column]))
      parameters[column] = value + step
      residuals?(parameters, &values)
      parameters[column] = value - step
      residuals?(parameters, &below)
      parameters[column] = value
      for row in values.indices {
        slopes[row * n + column] = (values[row] - below[row]) / (2 * step)
      }
    }
  }

  func evaluate(
    _ position: UnsafePointer<gsl_vector>, _ result: UnsafeMutablePointer<gsl_vector>
  ) -> Int32 {
    setParameters(position)
    residuals?(parameters, &values)
    for (index, value) in values.enumerated() {
      guard value.isFinite else {
        isFinite = false
        return GSLCode.badFunction
      }
      gsl_vector_set(result, index, value)
    }
    return GSLCode.success
  }
}

/// The library's codes as its functions return them.
private enum GSLCode {
  static let success = Int32(GSL_SUCCESS)
  static let noProgress = Int32(GSL_ENOPROG)
  static let noProgressOfDerivatives = Int32(GSL_ENOPROGJ)
  static let manyIterations = Int32(GSL_EMAXITER)
  /// What a fit may end with: also that no step makes it better, which happens at the minimum itself.
  static let reached = [success, noProgress, noProgressOfDerivatives, manyIterations]
  static let badFunction = Int32(GSL_EBADFUNC)
  static let fault = Int32(GSL_EFAULT)
}
