import CGSL

/// A weighted linear least-squares fit with many unknowns, by singular values (GSL `gsl_multifit_wlinear`).
struct LinearFit {
  /// The best parameters; those that the data do not determine are 0.
  let parameters: [Double]
  /// Their covariance from the stated errors, row by row.
  let covariance: [Double]
  let chiSquare: Double

  /// - Parameters:
  ///   - rows: of each datum, the factor of each parameter.
  ///   - data, errors: of equal length.
  /// - Throws: `NotMeasurable` with fewer data than parameters, or where something is not finite.
  init(rows: [[Double]], data: [Double], errors: [Double]) throws(NotMeasurable) {
    let n = data.count
    let p = rows.first?.count ?? 0
    guard n >= p, p > 0, rows.count == n, errors.count == n else {
      throw NotMeasurable("\(n) values for \(p) unknowns")
    }
    gsl_set_error_handler_off()
    guard let design = gsl_matrix_alloc(n, p), let y = gsl_vector_alloc(n),
      let weights = gsl_vector_alloc(n), let solution = gsl_vector_alloc(p),
      let matrix = gsl_matrix_alloc(p, p), let workspace = gsl_multifit_linear_alloc(n, p)
    else { throw NotMeasurable("out of memory") }
    defer {
      gsl_matrix_free(design)
      gsl_vector_free(y)
      gsl_vector_free(weights)
      gsl_vector_free(solution)
      gsl_matrix_free(matrix)
      gsl_multifit_linear_free(workspace)
    }
    for (index, row) in rows.enumerated() {
      guard errors[index] > 0, errors[index].isFinite, data[index].isFinite else {
        throw NotMeasurable("a value without an error")
      }
      for (column, value) in row.enumerated() { gsl_matrix_set(design, index, column, value) }
      gsl_vector_set(y, index, data[index])
      gsl_vector_set(weights, index, 1 / (errors[index] * errors[index]))
    }
    var chiSquare = 0.0
    guard gsl_multifit_wlinear(design, weights, y, solution, matrix, &chiSquare, workspace) == 0
    else {
      throw NotMeasurable("the fit does not converge")
    }
    parameters = (0..<p).map { gsl_vector_get(solution, $0) }
    covariance = (0..<p * p).map { gsl_matrix_get(matrix, $0 / p, $0 % p) }
    self.chiSquare = chiSquare
    guard chiSquare.isFinite, parameters.allSatisfy(\.isFinite), covariance.allSatisfy(\.isFinite)
    else { throw NotMeasurable("the fit does not converge") }
  }
}
