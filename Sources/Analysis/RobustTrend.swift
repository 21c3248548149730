/// A straight line through points, a fifth of which may be anywhere: the median of the slopes of all
/// pairs of points.
public struct RobustTrend: Sendable, Equatable {
  /// The median slope, and its uncertainty: half the interval that holds the true slope with a
  /// probability of 68.27 %.
  public let slope: Estimate
  /// The median of y - slope x: the line's value at x = 0 of the abscissae given.
  public let intercept: Double
  /// Where the true slope lies with the probability asked for; nil with too few points for it.
  public let interval: ClosedRange<Double>?
  /// Whether y rises or falls with x at all.
  public let correlation: RankCorrelation

  /// The slope of Theil (1950) and Sen (1968, J. Am. Stat. Assoc. 63, 1379), which is the median over all
  /// pairs with different abscissae.
  ///
  /// The interval is Sen's: of N ordered slopes those with the numbers (N ∓ z √Var S) / 2, with
  /// Kendall's variance of the score S (ties allowed for), interpolated between neighbours (Gilbert
  /// 1987, "Statistical Methods for Environmental Pollution Monitoring", section 16.5).
  ///
  /// - Parameters:
  ///   - x, y: pairs that are not finite are left out.
  ///   - confidence: of `interval`.
  /// - Throws: `NotMeasurable` with fewer than three points, with equal abscissae or equal values
  ///   alone: a constant has slope 0, but nothing tells how well that is known.
  public init(x: [Double], y: [Double], confidence: Double = 0.95) throws(NotMeasurable) {
    let points = zip(x, y).filter { $0.isFinite && $1.isFinite }
      .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
    correlation = try RankCorrelation(x: points.map(\.0), y: points.map(\.1))
    let slopes = PairSlopes(points)
    guard slopes.count > 0 else { throw NotMeasurable("all abscissae are equal") }
    let n = slopes.count
    let middle = (slopes.ordered((n - 1) / 2) + slopes.ordered(n / 2)) / 2
    let scatter = correlation.variance.squareRoot()
    func interval(_ z: Double) -> (low: Double, high: Double, isWhole: Bool) {
      let reach = z * scatter / 2
      let (first, last) = (Double(n) / 2 - reach, Double(n) / 2 + reach)
      return (
        slopes.interpolated(first - 0.5), slopes.interpolated(last - 0.5),
        first >= 0.5 && last <= Double(n) - 0.5
      )
    }
    let one = interval(1)
    guard middle.isFinite, one.low.isFinite, one.high.isFinite else {
      throw NotMeasurable("the values are too large")
    }
    slope = Estimate(value: middle, uncertainty: (one.high - one.low) / 2, count: points.count)
    let asked = interval(NormalDistribution.deviate(confidence: confidence))
    self.interval = asked.isWhole && asked.low <= asked.high ? asked.low...asked.high : nil
    let rests = points.map { $0.1 - middle * $0.0 }.sorted()
    intercept = RobustScale.median(ofSorted: rests)
  }
}

/// The slopes of all pairs of points with different abscissae, by rank.
///
/// Up to a million pairs are sorted. Of more, a slope of given rank is found by bisection over its
/// value: the slopes up to b are the pairs whose y - b x do not rise, which a merge sort counts.
struct PairSlopes {
  private let points: [(Double, Double)]
  private let sorted: [Double]?
  /// The number of slopes.
  let count: Int

  static let sortedAtMost = 1500

  /// - Parameter points: by x, then by y.
  init(_ points: [(Double, Double)], sortedAtMost: Int = sortedAtMost) {
    self.points = points
    let ties = TieSums(sorted: points.map(\.0))
    count = points.count * (points.count - 1) / 2 - ties.pairs
    guard points.count <= sortedAtMost else {
      sorted = nil
      return
    }
    var slopes: [Double] = []
    slopes.reserveCapacity(count)
    for (index, a) in points.enumerated() {
      for b in points[(index + 1)...] where b.0 > a.0 {
        slopes.append((b.1 - a.1) / (b.0 - a.0))
      }
    }
    sorted = slopes.sorted()
  }

  /// The slope of a rank from 0; clamped to the ends.
  func ordered(_ rank: Int) -> Double {
    let rank = min(max(rank, 0), count - 1)
    if let sorted { return sorted[rank] }
    // The largest slope is not beyond the steepest pair of neighbours in x.
    var reach = 0.0
    for index in points.indices.dropFirst() where points[index].0 > points[index - 1].0 {
      let step = points[index].0 - points[index - 1].0
      reach = max(reach, ((points[index].1 - points[index - 1].1) / step).magnitude)
    }
    let ys = points.map(\.1)
    if let low = ys.min(), let high = ys.max() { reach = max(reach, steepest(high - low)) }
    var (low, high) = (-reach, reach)
    for _ in 0..<80 {
      let middle = low / 2 + high / 2
      if middle <= low || middle >= high { break }
      if slopes(upTo: middle) > rank { high = middle } else { low = middle }
    }
    return high
  }

  /// Steeper than any pair: the whole range of y within the least step of x.
  private func steepest(_ range: Double) -> Double {
    var least = Double.infinity
    for index in points.indices.dropFirst() where points[index].0 > points[index - 1].0 {
      least = min(least, points[index].0 - points[index - 1].0)
    }
    let steepest = range / least
    return steepest.isFinite ? steepest : .greatestFiniteMagnitude / 4
  }

  /// The number of slopes up to `b`.
  private func slopes(upTo b: Double) -> Int {
    // Equal abscissae make no pair: with their rests in falling order, none of theirs rises.
    var rests = points.map { b * $0.0 - $0.1 }
    var start = 0
    while start < rests.count {
      var end = start + 1
      while end < rests.count, points[end].0 == points[start].0 { end += 1 }
      if end - start > 1 { rests[start..<end].sort() }
      start = end
    }
    // A pair rises where the negated rests are in the wrong order.
    return count - Inversions.count(rests)
  }

  /// A slope of a rank that need not be whole.
  func interpolated(_ rank: Double) -> Double {
    let rank = min(max(rank, 0), Double(count - 1))
    let low = Int(rank)
    let (a, b) = (ordered(low), ordered(low + 1))
    return a + (b - a) * (rank - Double(low))
  }
}
