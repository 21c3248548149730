#if canImport(Glibc)
  import Glibc
#endif

/// Cubic B-splines with knots at equal distances over a row of pixels.
///
/// The knots reach three intervals beyond both ends, so that the curve is as free at the ends as in the middle, and
/// no value is ever taken outside of the pixels that it was fitted to (de Boor 1978, "A practical guide to splines",
/// chapter IX).
struct SplineBasis: Sendable, Hashable {
  /// The number of pixels.
  let pixels: Int
  /// The number of intervals between knots; there are three functions more.
  let intervals: Int

  var functions: Int { intervals + 3 }

  /// Knots about every `distance` pixels.
  init(pixels: Int, distance: Int) {
    self.pixels = max(1, pixels)
    let wanted = max(1, distance)
    intervals = max(1, (self.pixels + wanted / 2) / wanted)
  }

  /// The first of the four functions that are not zero at a pixel's centre, and their values.
  func values(at pixel: Int) -> (first: Int, values: SIMD4<Double>) {
    let u = (Double(pixel) + 0.5) / Double(pixels) * Double(intervals)
    let first = min(max(Int(u), 0), intervals - 1)
    let s = u - Double(first)
    let r = 1 - s
    return (
      first,
      SIMD4(
        r * r * r, ((3 * s - 6) * s) * s + 4, (((-3 * s + 3) * s) + 3) * s + 1, s * s * s) / 6
    )
  }

  /// The mean of each function over each of the ranges of pixels: one row a range.
  func means(over ranges: [Range<Int>]) -> [[Double]] {
    ranges.map { range in
      var row = [Double](repeating: 0, count: functions)
      for pixel in range {
        let (first, values) = values(at: pixel)
        for k in 0..<4 { row[first + k] += values[k] }
      }
      return row.map { $0 / Double(max(1, range.count)) }
    }
  }

  /// The matrix P that turns values y into least-squares coefficients P y, with `design` y's model.
  ///
  /// P = (A^T A)^-1 A^T by Cholesky's decomposition.
  ///
  /// - Returns: one row a function; nil where the values do not determine the functions.
  static func solution(of design: [[Double]]) -> [[Double]]? {
    guard let size = design.first?.count, design.count >= size else { return nil }
    var lower = [[Double]](repeating: [Double](repeating: 0, count: size), count: size)
    for i in 0..<size {
      for j in 0...i {
        var sum = design.reduce(0) { $0 + $1[i] * $1[j] }
        for k in 0..<j { sum -= lower[i][k] * lower[j][k] }
        if i == j {
          guard sum > 1e-12 else { return nil }
          lower[i][i] = sum.squareRoot()
        } else {
          lower[i][j] = sum / lower[j][j]
        }
      }
    }
    // A column of the result for each value: forward, then backward substitution.
    var result = [[Double]](repeating: [Double](repeating: 0, count: design.count), count: size)
    for (column, row) in design.enumerated() {
      var y = row
      for i in 0..<size {
        for k in 0..<i { y[i] -= lower[i][k] * y[k] }
        y[i] /= lower[i][i]
      }
      for i in (0..<size).reversed() {
        for k in (i + 1)..<max(i + 1, size) { y[i] -= lower[k][i] * y[k] }
        y[i] /= lower[i][i]
        result[i][column] = y[i]
      }
    }
    return result
  }
}
