import CGSL

#if canImport(Glibc)
  import Glibc
#endif

/// How far a charge moves the boundaries of the pixels around it, for brighter-fatter.
///
/// A charge of one electron in pixel (0, 0) moves the boundary between (i, j) and (i, j + 1) by V(i, j) in the direction of
/// +y, and that between (i, j) and (i + 1, j) by H(i, j) in the direction of +x, in pixels. Of 0 <= i, j < side they are
/// stored; the rest follows from the mirror symmetry of a pixel,
///
///     V(-i, j) = V(i, j), V(i, -1 - j) = -V(i, j); H(i, -j) = H(i, j), H(-1 - i, j) = -H(i, j),
///
/// and beyond `side` they are zero. The area of pixel (i, j) changes by
/// V(i, j) - V(i, j - 1) + H(i, j) - H(i - 1, j) = a_ij, the coefficient of Astier et al. 2019 and the sum over X of a^X_ij
/// of Guyonnet et al. 2015 (A&A 575, A41, eqs. 6-16). As each boundary belongs to two pixels and is moved once, what one
/// pixel loses its neighbour gains: a uniform illumination stays uniform, whatever the numbers (the sum rule, which the
/// original does not keep).
public struct BoundaryShifts: Sendable, Equatable {
  /// Number of lags along each axis.
  public let side: Int
  /// V, index i * side + j [pixel / e-].
  public let vertical: [Double]
  /// H, index i * side + j [pixel / e-].
  public let horizontal: [Double]

  /// Shifts from their numbers; both arrays are of length side * side.
  public init(side: Int, vertical: [Double], horizontal: [Double]) {
    self.side = side
    self.vertical = vertical
    self.horizontal = horizontal
  }

  /// V at any lag.
  public func v(_ i: Int, _ j: Int) -> Double {
    if j < 0 { return -v(i, -1 - j) }
    return abs(i) < side && j < side ? vertical[abs(i) * side + j] : 0
  }

  /// H at any lag.
  public func h(_ i: Int, _ j: Int) -> Double {
    if i < 0 { return -h(-1 - i, j) }
    return abs(j) < side && i < side ? horizontal[i * side + abs(j)] : 0
  }

  /// The change of the area of pixel (i, j) by a charge in (0, 0), a_ij [1/e-].
  public func areaChange(_ i: Int, _ j: Int) -> Double {
    v(i, j) - v(i, j - 1) + h(i, j) - h(i - 1, j)
  }

  /// The same shifts for another unit of charge: per adu instead of per electron, with the gain [e-/adu] as factor.
  public func scaled(by factor: Double) -> BoundaryShifts {
    BoundaryShifts(
      side: side, vertical: vertical.map { $0 * factor }, horizontal: horizontal.map { $0 * factor }
    )
  }
}

// MARK: - From a potential

extension BoundaryShifts {
  /// Shifts that are the gradient of a scalar kernel K, V(i, j) = K(i, j + 1) - K(i, j), so that a = nabla^2 K on the grid
  /// (Coulton et al. 2018, AJ 155, 258): as many unknowns as there are lags, with K = 0 beyond them.
  ///
  /// - Parameters:
  ///   - side: number of lags along each axis, at most 17.
  ///   - areaChanges: a_ij, index i * side + j [1/e-].
  ///   - closes: whether a_00 is replaced by minus the sum of the others, so that nothing is lost at the far end. Without it
  ///     the remainder leaves through the outermost boundaries.
  /// - Returns: the shifts and K, index i * (side + 1) + j, zeros in the last row and column.
  /// - Throws: `NotMeasurable` for what is not finite.
  public static func scalar(
    side: Int, areaChanges: [Double], closes: Bool
  ) throws(NotMeasurable) -> (shifts: BoundaryShifts, kernel: [Double]) {
    guard side > 0, side <= 17, areaChanges.count == side * side,
      areaChanges.allSatisfy(\.isFinite)
    else { throw NotMeasurable("the matrix a is not known") }
    var a = areaChanges
    if closes {
      a[0] = -(1..<side * side).reduce(0) { $0 + a[$1] * Double(Self.copies($1, side)) }
    }
    let n = side * side
    // The five-point Laplacian on one quadrant; neighbours across an axis are those on this side.
    var matrix = [Double](repeating: 0, count: n * n)
    for i in 0..<side {
      for j in 0..<side {
        let row = (i * side + j) * n
        matrix[row + i * side + j] -= 4
        for (k, l) in [(i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)]
        where abs(k) < side && abs(l) < side {
          matrix[row + abs(k) * side + abs(l)] += 1
        }
      }
    }
    let solution = try LinearSystem.solve(matrix, a)
    var kernel = [Double](repeating: 0, count: (side + 1) * (side + 1))
    for i in 0..<side {
      for j in 0..<side { kernel[i * (side + 1) + j] = solution[i * side + j] }
    }
    guard let shifts = BoundaryShifts(kernel: kernel) else {
      throw NotMeasurable("the matrix a is not known")
    }
    return (shifts, kernel)
  }

  /// The shifts of a scalar kernel, V(i, j) = K(i, j + 1) - K(i, j).
  ///
  /// - Parameter kernel: K, index i * (side + 1) + j.
  /// - Returns: nil where the number of values is no square of a number from 2 to 18.
  public init?(kernel: [Double]) {
    guard let count = (2...18).first(where: { $0 * $0 == kernel.count }) else { return nil }
    let side = count - 1
    let lags = (0..<side * side).map { $0 / side * count + $0 % side }
    self.init(
      side: side, vertical: lags.map { kernel[$0 + 1] - kernel[$0] },
      horizontal: lags.map { kernel[$0 + count] - kernel[$0] })
  }

  /// How many lags of the four quadrants an entry stands for.
  static func copies(_ index: Int, _ side: Int) -> Int {
    (index / side == 0 ? 1 : 2) * (index % side == 0 ? 1 : 2)
  }
}

/// Small dense systems of linear equations, by LU decomposition with pivoting (GSL).
enum LinearSystem {
  /// - Parameter matrix: row by row, of size n x n with n the length of `right`.
  static func solve(_ matrix: [Double], _ right: [Double]) throws(NotMeasurable) -> [Double] {
    let n = right.count
    gsl_set_error_handler_off()
    guard matrix.count == n * n, n > 0, let a = gsl_matrix_alloc(n, n), let b = gsl_vector_alloc(n),
      let x = gsl_vector_alloc(n), let permutation = gsl_permutation_alloc(n)
    else { throw NotMeasurable("out of memory") }
    defer {
      gsl_matrix_free(a)
      gsl_vector_free(b)
      gsl_vector_free(x)
      gsl_permutation_free(permutation)
    }
    for row in 0..<n {
      for column in 0..<n { gsl_matrix_set(a, row, column, matrix[row * n + column]) }
      gsl_vector_set(b, row, right[row])
    }
    var sign: Int32 = 0
    guard gsl_linalg_LU_decomp(a, permutation, &sign) == 0,
      gsl_linalg_LU_solve(a, permutation, b, x) == 0
    else { throw NotMeasurable("the equations are singular") }
    let result = (0..<n).map { gsl_vector_get(x, $0) }
    guard result.allSatisfy(\.isFinite) else { throw NotMeasurable("the equations are singular") }
    return result
  }
}
