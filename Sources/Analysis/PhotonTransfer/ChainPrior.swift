import CGSL

/// What the exposure times say of a chain's linearity, as part of a fit of variances: the coefficients are parameters of
/// the fit, and their departures from what the times say, in units of their errors, are residuals of it.
struct ChainPrior {
  /// What the exposure times say.
  let ramp: RampLinearity
  private let factor: CholeskyFactor

  /// Nil where the covariance of the coefficients is none: then they can only be taken as known.
  init?(_ ramp: RampLinearity) {
    guard let factor = CholeskyFactor(ramp.covariance, side: ramp.coefficients.count) else {
      return nil
    }
    (self.ramp, self.factor) = (ramp, factor)
  }

  /// The number of coefficients.
  var count: Int { ramp.coefficients.count }

  /// Their errors, as scales of a fit.
  var scales: [Double] { ramp.coefficients.indices.map { factor.values[$0 * count + $0] } }

  /// The chain of other coefficients.
  func chain(_ coefficients: [Double]) -> RampLinearity {
    RampLinearity(
      coefficients: zip(ramp.coefficients, coefficients).map {
        Estimate(value: $1, uncertainty: $0.uncertainty, count: $0.count)
      }, covariance: ramp.covariance, top: ramp.top)
  }

  /// The chain that a fit has found: coefficients and covariance are the last of its parameters.
  ///
  /// - Throws: `NotMeasurable` where the chain would bend by more than that of any detector.
  func found(by fit: NonlinearFit) throws(NotMeasurable) -> RampLinearity {
    let (n, first) = (fit.parameters.count, fit.parameters.count - count)
    let result = RampLinearity(
      coefficients: (0..<count).map {
        Estimate(
          value: fit.parameters[first + $0], uncertainty: fit.uncertainty(of: first + $0),
          count: ramp.coefficients[$0].count)
      },
      covariance: (0..<count * count).map {
        fit.covariance[(first + $0 / count) * n + first + $0 % count]
      }, top: ramp.top)
    guard
      (0...40).allSatisfy({
        abs(result.logarithm(result.top * Double($0) / 40)) < LinearityFit.greatestBend
      })
    else { throw NotMeasurable("the variances do not agree with the exposure times") }
    return result
  }

  /// L^-1 (c - c_0): independent, each with a variance of one.
  func departures(_ coefficients: [Double]) -> [Double] {
    factor.whitened(zip(coefficients, ramp.coefficients).map { $0 - $1.value })
  }

  /// d (L^-1 c) / d c, row by row.
  var slopes: [Double] {
    var result = [Double](repeating: 0, count: count * count)
    for column in 0..<count {
      var unit = [Double](repeating: 0, count: count)
      unit[column] = 1
      for (row, value) in factor.whitened(unit).enumerated() { result[row * count + column] = value }
    }
    return result
  }
}

/// Equations of the chain's coefficients alone, gathered into a triangle of their number of rows.
struct ChainRows {
  private let side: Int
  private var rows: [[Double]] = []
  private var targets: [Double] = []

  /// Begins with the prior, about a reference.
  init(_ chain: FullCovarianceProblem.Chain) {
    side = chain.reference.count
    let slopes = chain.prior.slopes
    for (row, value) in chain.prior.departures(chain.reference).enumerated() {
      add(Array(slopes[row * side..<(row + 1) * side]), -value)
    }
  }

  /// Adds the equation row * (c - reference) = target, in units of its error.
  mutating func add(_ row: [Double], _ target: Double) {
    rows.append(row)
    targets.append(target)
  }

  /// R and Q^T y of all equations, and the sum of squares that is left whatever the coefficients.
  func triangle() throws(NotMeasurable) -> (factor: [Double], targets: [Double], rest: Double) {
    guard let design = gsl_matrix_alloc(rows.count, side), let tau = gsl_vector_alloc(side),
      let y = gsl_vector_alloc(rows.count)
    else { throw NotMeasurable("out of memory") }
    defer {
      gsl_matrix_free(design)
      gsl_vector_free(tau)
      gsl_vector_free(y)
    }
    for (k, row) in rows.enumerated() {
      for (column, value) in row.enumerated() { gsl_matrix_set(design, k, column, value) }
      gsl_vector_set(y, k, targets[k])
    }
    gsl_linalg_QR_decomp(design, tau)
    gsl_linalg_QR_QTvec(design, tau, y)
    return (
      (0..<side * side).map {
        $0 % side >= $0 / side ? gsl_matrix_get(design, $0 / side, $0 % side) : 0
      },
      (0..<side).map { gsl_vector_get(y, $0) },
      (side..<rows.count).reduce(0) { $0 + gsl_vector_get(y, $1) * gsl_vector_get(y, $1) }
    )
  }
}
