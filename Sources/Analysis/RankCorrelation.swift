/// Kendall's rank correlation: whether y rises with x, whatever the shape.
public struct RankCorrelation: Sendable, Equatable {
  /// The number of points.
  public let count: Int
  /// Kendall's tau-b, from -1 to 1; ties in x and y are allowed for.
  public let tau: Double
  /// The probability of a tau at least this far from 0 without any relation, two-sided: exact
  /// without ties for up to 50 points, else the normal approximation with its correction for
  /// continuity.
  public let probability: Double
  /// Concordant less discordant pairs.
  public let score: Int
  /// The variance of `score` without any relation, ties allowed for.
  public let variance: Double

  /// - Parameters:
  ///   - x, y: pairs that are not finite are left out.
  /// - Throws: `NotMeasurable` with fewer than three points, or where all x or all y are equal.
  ///
  /// Sources: Kendall, "Rank Correlation Methods", 4th edition 1970, sections 3.4 and 4.4 to 4.9 (tau-b,
  /// variance with ties, continuity); Knight 1966, J. Am. Stat. Assoc. 61, 436 (counting by a merge
  /// sort, in n log n).
  public init(x: [Double], y: [Double]) throws(NotMeasurable) {
    let points = zip(x, y).filter { $0.isFinite && $1.isFinite }
      .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
    guard points.count >= 3 else { throw NotMeasurable("fewer than three points") }
    guard points.count <= 2_000_000 else { throw NotMeasurable("more than 2 million points") }
    let tiesX = TieSums(sorted: points.map(\.0))
    let tiesY = TieSums(sorted: points.map(\.1).sorted())
    guard tiesX.groups > 1 else { throw NotMeasurable("all abscissae are equal") }
    guard tiesY.groups > 1 else { throw NotMeasurable("all values are equal") }
    var both = 0
    var run = 1
    for index in points.indices.dropFirst() {
      run = points[index] == points[index - 1] ? run + 1 : 1
      both += run - 1
    }
    let n = points.count
    let all = n * (n - 1) / 2
    let discordant = Inversions.count(points.map(\.1))
    let s = all - tiesX.pairs - tiesY.pairs + both - 2 * discordant
    let (a, b) = (Double(all - tiesX.pairs), Double(all - tiesY.pairs))
    let hasTies = tiesX.pairs + tiesY.pairs > 0
    let variance = Self.variance(n, tiesX, tiesY)
    count = n
    score = s
    self.variance = variance
    tau = min(max(Double(s) / (a * b).squareRoot(), -1), 1)
    if !hasTies, n <= 50 {
      probability = Self.exact(n, score: s)
    } else {
      let beyond = max(Double(s.magnitude) - 1, 0)
      probability = variance > 0 ? NormalDistribution.twoSided(beyond / variance.squareRoot()) : 1
    }
  }

  private static func variance(_ n: Int, _ x: TieSums, _ y: TieSums) -> Double {
    let n = Double(n)
    let plain = n * (n - 1) * (2 * n + 5)
    var variance = (plain - x.cubic - y.cubic) / 18
    variance += x.triples * y.triples / (9 * n * (n - 1) * (n - 2))
    variance += 2 * Double(x.pairs) * Double(y.pairs) / (n * (n - 1))
    return variance
  }

  /// The exact two-sided probability without ties: the number of permutations with each number of
  /// inversions, by the recursion over n (Kendall 1970, section 5.2), as shares so that none overflows.
  private static func exact(_ n: Int, score: Int) -> Double {
    var shares = [1.0]
    for size in 2...n {
      var next = [Double](repeating: 0, count: shares.count + size - 1)
      for (index, share) in shares.enumerated() {
        for more in 0..<size { next[index + more] += share / Double(size) }
      }
      shares = next
    }
    let all = n * (n - 1) / 2
    let tail = shares.prefix((all - Int(score.magnitude)) / 2 + 1).reduce(0, +)
    return score == 0 ? 1 : min(1, 2 * tail)
  }
}

/// Sums over groups of equal values.
struct TieSums {
  /// The number of different values.
  var groups = 0
  /// Σ t (t - 1) / 2.
  var pairs = 0
  /// Σ t (t - 1) (2 t + 5).
  var cubic = 0.0
  /// Σ t (t - 1) (t - 2).
  var triples = 0.0

  init(sorted values: [Double]) {
    var run = 0
    for (index, value) in values.enumerated() {
      run += 1
      if index + 1 < values.count, values[index + 1] == value { continue }
      let t = Double(run)
      groups += 1
      pairs += run * (run - 1) / 2
      cubic += t * (t - 1) * (2 * t + 5)
      triples += t * (t - 1) * (t - 2)
      run = 0
    }
  }
}

/// Counting pairs in the wrong order.
enum Inversions {
  /// The number of pairs i < j with `values[i] > values[j]`, by a merge sort.
  static func count(_ values: [Double]) -> Int {
    var from = values
    var to = values
    var count = 0
    var width = 1
    while width < from.count {
      for start in stride(from: 0, to: from.count, by: 2 * width) {
        let middle = min(start + width, from.count)
        let end = min(start + 2 * width, from.count)
        var (i, j) = (start, middle)
        for k in start..<end {
          if j >= end || (i < middle && from[i] <= from[j]) {
            to[k] = from[i]
            i += 1
          } else {
            to[k] = from[j]
            count += middle - i
            j += 1
          }
        }
      }
      swap(&from, &to)
      width *= 2
    }
    return count
  }
}
