import Foundation

/// The place where the level of a sequence most likely changed.
public struct ChangePoint: Sendable, Equatable {
  /// The number of values before the change.
  public let before: Int
  /// The probability of a change as clear as this in a sequence without any, approximately.
  public let probability: Double
  /// The median after the change less the median before.
  public let step: Double

  /// Pettitt's test, by ranks (1979, Applied Statistics 28, 126): K = max |2 Σ R_i - t (n + 1)|, with
  /// mean ranks for ties and probability 2 exp(-6 K² / (n³ + n²)).
  ///
  /// - Parameter values: in the order of time; those that are not finite must have been dropped.
  /// - Throws: `NotMeasurable` with fewer than eight values, where the approximation fails, or where
  ///   all are equal.
  public init(_ values: [Double]) throws(NotMeasurable) {
    let values = values.filter(\.isFinite)
    let n = values.count
    guard n >= 8 else { throw NotMeasurable("fewer than eight values") }
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    var ranks = [Double](repeating: 0, count: n)
    var start = 0
    while start < n {
      var end = start
      while end + 1 < n, values[order[end + 1]] == values[order[start]] { end += 1 }
      for index in start...end { ranks[order[index]] = Double(start + end) / 2 + 1 }
      start = end + 1
    }
    var sum = 0.0
    var best = (size: 0.0, at: 0)
    for t in 1..<n {
      sum += ranks[t - 1]
      let u = (2 * sum - Double(t) * Double(n + 1)).magnitude
      if u > best.size { best = (u, t) }
    }
    guard best.at > 0 else { throw NotMeasurable("all values are equal") }
    before = best.at
    let size = Double(n)
    probability = min(1, 2 * exp(-6 * best.size * best.size / (size * size * size + size * size)))
    step =
      try RobustScale(Array(values[best.at...])).median
      - RobustScale(Array(values[..<best.at])).median
  }
}
