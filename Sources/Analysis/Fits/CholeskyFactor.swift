#if canImport(Glibc)
  import Glibc
#endif

/// The lower factor L of a symmetric positive definite matrix, C = L L^T.
struct CholeskyFactor {
  /// Rows of the matrix.
  let side: Int
  /// L, row by row, zeros above the diagonal.
  let values: [Double]

  /// Factors a matrix given row by row; nil where it is not positive definite.
  init?(_ matrix: [Double], side: Int) {
    guard side > 0, matrix.count == side * side else { return nil }
    var factor = [Double](repeating: 0, count: side * side)
    for i in 0..<side {
      for j in 0...i {
        var sum = matrix[i * side + j]
        for k in 0..<j { sum -= factor[i * side + k] * factor[j * side + k] }
        if i == j {
          guard sum > 0, sum.isFinite else { return nil }
          factor[i * side + i] = sum.squareRoot()
        } else {
          factor[i * side + j] = sum / factor[j * side + j]
        }
      }
    }
    (self.side, values) = (side, factor)
  }

  /// L^-1 v.
  func whitened(_ vector: [Double]) -> [Double] {
    var result = vector
    for i in 0..<side {
      for k in 0..<i { result[i] -= values[i * side + k] * result[k] }
      result[i] /= values[i * side + i]
    }
    return result
  }

  /// A column of L: a change of one sigma that is independent of those of all other columns.
  func column(_ index: Int) -> [Double] { (0..<side).map { values[$0 * side + index] } }

  /// ln det C.
  var logDeterminant: Double {
    (0..<side).reduce(0) { $0 + 2 * log(values[$1 * side + $1]) }
  }
}
