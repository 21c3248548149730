#if canImport(Glibc)
  import Glibc
#endif

/// A straight line through points of known errors, of which some may lie far off.
///
/// Weighted least squares, repeated with Tukey's weights (Beaton and Tukey 1974, c = 4.685 in units of the errors or of the
/// robust scatter, whichever is larger), from the weighted median of the points on, without random numbers. The errors are
/// those of the points, enlarged by sqrt(chi^2 / freedom) where that exceeds one.
public struct StraightLine: Sendable, Equatable {
  /// The slope.
  public let slope: Estimate
  /// The abscissa about which slope and level are not correlated.
  public let centre: Double
  /// The value there.
  public let level: Estimate
  /// chi^2 per degree of freedom of the points kept, before errors are enlarged; nil with two points.
  public let reducedChiSquare: Double?

  /// - Parameters:
  ///   - x, y, errors: of equal length; points that are not finite, or whose error is not positive, are left out.
  /// - Throws: `NotMeasurable` with fewer than two abscissae.
  public init(x: [Double], y: [Double], errors: [Double]) throws(NotMeasurable) {
    let points = x.indices.filter {
      y.indices.contains($0) && errors.indices.contains($0) && x[$0].isFinite && y[$0].isFinite
        && errors[$0] > 0 && errors[$0].isFinite
    }.map { (x: x[$0], y: y[$0], weight: 1 / (errors[$0] * errors[$0])) }
    guard Set(points.map(\.x)).count >= 2 else {
      throw NotMeasurable("\(points.count) points: no straight line")
    }
    var factors = [Double](repeating: 1, count: points.count)
    var line = try Self.solve(points, factors)
    if points.count > 3 {
      // Theil's line is the start that no outlier spoils.
      if let start = try? RobustTrend(x: points.map(\.x), y: points.map(\.y)) {
        line = (start.slope.value, 0, start.intercept, 0, 0)
      }
      for _ in 0..<20 {
        let pulls = points.map { ($0.y - line.level - line.slope * ($0.x - line.centre)) * $0.weight.squareRoot() }
        let scatter = max(1, 1.4826 * (try median(pulls.map(abs))))
        factors = pulls.map { pull in
          let u = pull / (4.685 * scatter)
          return abs(u) < 1 ? (1 - u * u) * (1 - u * u) : 0
        }
        guard Set(zip(points, factors).filter { $0.1 > 0 }.map(\.0.x)).count >= 2 else { break }
        line = try Self.solve(points, factors)
      }
      line = try Self.solve(points, factors)
    }
    let kept = zip(points, factors).filter { $0.1 > 0 }
    let chi = kept.reduce(0.0) { sum, entry in
      let r = entry.0.y - line.level - line.slope * (entry.0.x - line.centre)
      return sum + r * r * entry.0.weight * entry.1
    }
    let freedom = kept.count - 2
    reducedChiSquare = freedom > 0 ? chi / Double(freedom) : nil
    let scale = max(1, reducedChiSquare ?? 1).squareRoot()
    slope = Estimate(value: line.slope, uncertainty: line.slopeError * scale, count: kept.count)
    level = Estimate(value: line.level, uncertainty: line.levelError * scale, count: kept.count)
    centre = line.centre
  }

  /// The value at an abscissa, with the uncertainty of the line.
  public func value(at x: Double) -> Estimate {
    let distance = x - centre
    return Estimate(
      value: level.value + slope.value * distance,
      uncertainty: (level.uncertainty * level.uncertainty
        + slope.uncertainty * slope.uncertainty * distance * distance).squareRoot(),
      count: level.count)
  }

  private typealias Line = (
    slope: Double, centre: Double, level: Double, slopeError: Double, levelError: Double
  )

  private static func solve(
    _ points: [(x: Double, y: Double, weight: Double)], _ factors: [Double]
  ) throws(NotMeasurable) -> Line {
    var (sum, sumX, sumY) = (0.0, 0.0, 0.0)
    for (point, factor) in zip(points, factors) {
      let weight = point.weight * factor
      sum += weight
      sumX += weight * point.x
      sumY += weight * point.y
    }
    guard sum > 0 else { throw NotMeasurable("no straight line") }
    let (centre, level) = (sumX / sum, sumY / sum)
    var (xx, xy) = (0.0, 0.0)
    for (point, factor) in zip(points, factors) {
      let weight = point.weight * factor
      xx += weight * (point.x - centre) * (point.x - centre)
      xy += weight * (point.x - centre) * (point.y - level)
    }
    guard xx > 0, (xy / xx).isFinite else { throw NotMeasurable("no straight line") }
    return (xy / xx, centre, level, 1 / xx.squareRoot(), 1 / sum.squareRoot())
  }
}
