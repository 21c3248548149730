/// A straight line through points in time.
public struct LinearTrend: Sendable, Equatable {
  /// The value at the mean abscissa.
  public let level: Estimate
  /// The change per unit of the abscissa.
  public let slope: Estimate
  /// The scatter of the points about the line, with n - 2 degrees of freedom.
  public let scatter: Double

  /// Ordinary least squares; the uncertainties come from the scatter of the points (Bevington and
  /// Robinson 2003, section 6.3).
  ///
  /// - Parameters:
  ///   - x, y: of equal length; pairs that are not finite are left out.
  /// - Throws: `NotMeasurable` with fewer than three points, or where all abscissae are equal.
  public init(x: [Double], y: [Double]) throws(NotMeasurable) {
    let points = zip(x, y).filter { $0.isFinite && $1.isFinite }
    guard points.count >= 3 else { throw NotMeasurable("fewer than three points") }
    let n = Double(points.count)
    let meanX = points.reduce(0) { $0 + $1.0 } / n
    let meanY = points.reduce(0) { $0 + $1.1 } / n
    let sxx = points.reduce(0) { $0 + ($1.0 - meanX) * ($1.0 - meanX) }
    let sxy = points.reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
    guard sxx > 0 else { throw NotMeasurable("all points at the same time") }
    let b = sxy / sxx
    let residuals = points.reduce(0) { sum, point in
      let r = point.1 - meanY - b * (point.0 - meanX)
      return sum + r * r
    }
    let variance = residuals / (n - 2)
    scatter = variance.squareRoot()
    level = Estimate(value: meanY, uncertainty: (variance / n).squareRoot(), count: points.count)
    slope = Estimate(value: b, uncertainty: (variance / sxx).squareRoot(), count: points.count)
  }
}

/// The median of a list; NaN-free by contract of the caller, who drops missing values first.
///
/// - Throws: `NotMeasurable` for an empty list.
public func median(_ values: [Double]) throws(NotMeasurable) -> Double {
  let sorted = values.filter(\.isFinite).sorted()
  guard !sorted.isEmpty else { throw NotMeasurable("no values") }
  return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

/// The median with the uncertainty that the scatter of the values implies: 1.2533 s / sqrt(n), with
/// s = 1.4826 times the median absolute deviation, the asymptotic error of the median of a normal
/// sample (Kendall and Stuart 1977, section 10.10); for one or two values half their range, or 0.
///
/// - Throws: `NotMeasurable` for an empty list.
public func medianEstimate(_ values: [Double]) throws(NotMeasurable) -> Estimate {
  let finite = values.filter(\.isFinite)
  let middle = try median(finite)
  if finite.count < 3 {
    let range = (finite.max() ?? middle) - (finite.min() ?? middle)
    return Estimate(value: middle, uncertainty: range / 2, count: finite.count)
  }
  let deviation = 1.482602218505602 * (try median(finite.map { abs($0 - middle) }))
  return Estimate(
    value: middle, uncertainty: 1.2533141373155 * deviation / Double(finite.count).squareRoot(),
    count: finite.count)
}
