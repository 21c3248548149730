/// Where a sample lies and how wide it is, told by its middle half alone.
public struct RobustScale: Sendable, Equatable {
  /// What the width was estimated from.
  public enum Basis: String, Sendable, CaseIterable {
    /// The median absolute deviation.
    case medianDeviation = "MAD"
    /// The mean absolute deviation: more than half of the values are equal, so that the MAD is 0.
    case meanDeviation = "mean deviation"
    /// All values are equal: there is no width.
    case constant
  }

  /// The number of finite values.
  public let count: Int
  /// The median; of an even number of values the mean of the middle two.
  public let median: Double
  /// The standard deviation that a normal sample of this width has; 0 for `.constant`.
  public let sigma: Double
  /// What `sigma` was estimated from.
  public let basis: Basis

  /// Turns the MAD of a normal sample into its standard deviation: 1 / Φ⁻¹(3/4).
  public static let fromMedianDeviation = 1.482602218505602
  /// The same for the mean absolute deviation about the median: √(π/2).
  public static let fromMeanDeviation = 1.2533141373155003

  /// The median and 1.4826 MAD; where the MAD is 0 and not all values are equal, 1.2533 times the mean
  /// absolute deviation about the median (Iglewicz and Hoaglin 1993, "How to detect and handle
  /// outliers", section 3.3).
  ///
  /// - Parameter values: in any order; those that are not finite are left out.
  /// - Throws: `NotMeasurable` where there is none.
  public init(_ values: [Double]) throws(NotMeasurable) {
    let sorted = values.filter(\.isFinite).sorted()
    guard let first = sorted.first, let last = sorted.last else {
      throw NotMeasurable("no values")
    }
    count = sorted.count
    let middle = Self.median(ofSorted: sorted)
    median = middle
    // Halved first: the difference of two huge values must not overflow.
    let halves = sorted.map { ($0 / 2 - middle / 2).magnitude }.sorted()
    let deviation = 2 * Self.median(ofSorted: halves)
    if first == last {
      (sigma, basis) = (0, .constant)
    } else if deviation > 0 {
      (sigma, basis) = (Self.fromMedianDeviation * deviation, .medianDeviation)
    } else {
      let n = Double(sorted.count)
      let mean = 2 * halves.reduce(0) { $0 + $1 / n }
      (sigma, basis) = (Self.fromMeanDeviation * mean, .meanDeviation)
    }
    guard sigma.isFinite else { throw NotMeasurable("the values are too large") }
  }

  /// How many sigmas a value lies above the median; nil where there is no width and the value departs
  /// from the median, or the value is not finite. Never infinite.
  public func score(_ value: Double) -> Double? {
    guard value.isFinite else { return nil }
    if value == median { return 0 }
    guard sigma > 0 else { return nil }
    let score = (value - median) / sigma
    return score.isFinite ? score : nil
  }

  /// The median of ascending values; 0 for none.
  static func median(ofSorted sorted: [Double]) -> Double {
    guard !sorted.isEmpty else { return 0 }
    let (low, high) = (sorted[(sorted.count - 1) / 2], sorted[sorted.count / 2])
    return low == high ? low : low / 2 + high / 2
  }
}
