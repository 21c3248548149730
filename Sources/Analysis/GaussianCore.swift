#if canImport(Glibc)
  import Glibc
#endif

/// Location and width of the Gaussian core of a sample of whole numbers, with outliers clipped and
/// the clipping's and the rounding's effects on the width removed.
public struct GaussianCore: Sendable, Equatable {
  /// The location [the data's unit]; its uncertainty is the standard error.
  public let location: Estimate
  /// The standard deviation before rounding [the data's unit], with uncertainty sigma / sqrt(2 n)
  /// enlarged by the rounding noise; nil where the sample does not scatter.
  public let width: Estimate?
  /// Number of values outside the clipping limits.
  public let rejected: Int
  /// The interpolated median.
  public let median: Double

  /// Estimates the core of a histogram of integers.
  ///
  /// Values outside `location ± clip * width` are left out, repeatedly until the limits stay. The
  /// mean m and variance v of the rest are those of a normal distribution cut at the limits and
  /// rounded to integers; mu and sigma follow from
  /// m = mu + sigma (phi(a) - phi(b)) / Z and
  /// v - 1/12 = sigma^2 [1 + (a phi(a) - b phi(b)) / Z - ((phi(a) - phi(b)) / Z)^2],
  /// with a, b the limits in units of sigma from mu and Z = Phi(b) - Phi(a) (truncated normal
  /// distribution: Johnson, Kotz and Balakrishnan 1994, section 13.10.1; the 1/12 is Sheppard's
  /// correction, Kendall and Stuart 1977, section 3.18, exact to 10^-6 for sigma > 0.8).
  ///
  /// - Parameters:
  ///   - histogram: `counts[i]` values equal to `i + first`.
  ///   - first: the value of the first bin.
  ///   - clip: the clipping limit in units of the width, at least 2. At 3 the correction for rounding
  ///     leaves a bias of -0.25 % of the width where that is 1.2; at 4 and above none is seen.
  /// - Throws: `NotMeasurable` for an empty histogram.
  public init(counts: some RandomAccessCollection<UInt32>, first: Int, clip: Double = 4)
    throws(NotMeasurable)
  {
    let bins = Array(counts)
    let total = bins.reduce(0) { $0 + Int($1) }
    guard total > 0, let lowest = bins.firstIndex(where: { $0 > 0 }),
      let highest = bins.lastIndex(where: { $0 > 0 })
    else { throw NotMeasurable("no valid pixels") }

    func quantile(_ q: Double) -> Double {
      let wanted = q * Double(total)
      var below = 0.0
      for bin in lowest...highest where bins[bin] > 0 {
        let count = Double(bins[bin])
        if below + count >= wanted { return Double(bin) - 0.5 + (wanted - below) / count }
        below += count
      }
      return Double(highest) + 0.5
    }
    let middle = quantile(0.5)
    median = middle + Double(first)

    var mu = middle
    // Half the distance between the 16th and 84th percentiles; rounding makes it at least 0.34.
    var sigma = max((quantile(0.841345) - quantile(0.158655)) / 2, 0.4)
    var limits = lowest...highest
    var n = 0
    var mean = 0.0
    var variance = 0.0
    let k = max(clip, 2)
    for _ in 0..<50 {
      let low = max(lowest, Int((mu - k * sigma).rounded(.up)))
      let high = min(highest, Int((mu + k * sigma).rounded(.down)))
      guard low <= high else { break }
      // Limits in empty space beyond the data are no limits: the tail that they cut is real.
      var sum = 0.0
      n = 0
      for bin in low...high {
        n += Int(bins[bin])
        sum += Double(bins[bin]) * (Double(bin) - mu)
      }
      guard n > 0 else { break }
      let shift = sum / Double(n)
      mean = mu + shift
      var squares = 0.0
      for bin in low...high {
        let d = Double(bin) - mean
        squares += Double(bins[bin]) * d * d
      }
      variance = squares / Double(n)
      let settled = low...high == limits
      limits = low...high
      let cut = Self.untruncated(
        mean: mean, variance: max(variance - 1.0 / 12, 1e-6),
        low: (mu - k * sigma).rounded(.up) - 0.5, high: (mu + k * sigma).rounded(.down) + 0.5)
      mu = cut.mean
      sigma = max(cut.sigma, 0.05)
      if settled { break }
    }
    guard n > 0 else { throw NotMeasurable("no pixels within the clipping limits") }

    rejected = total - n
    let measured = variance * Double(n) / Double(max(1, n - 1))
    location = Estimate(
      value: mu + Double(first), uncertainty: (measured / Double(n)).squareRoot(), count: n)
    if variance > 1.0 / 12 + 1e-3, n > 1 {
      let s2 = sigma * sigma
      width = Estimate(
        value: sigma, uncertainty: (s2 + 1.0 / 12) / sigma / (2 * Double(n)).squareRoot(), count: n)
    } else {
      width = nil
    }
  }

  /// The mean and standard deviation of the normal distribution whose part within [low, high] has
  /// the given mean and variance.
  static func untruncated(mean: Double, variance: Double, low: Double, high: Double)
    -> (mean: Double, sigma: Double)
  {
    var mu = mean
    var sigma = variance.squareRoot()
    for _ in 0..<30 {
      let a = (low - mu) / sigma
      let b = (high - mu) / sigma
      let z = normalCumulative(b) - normalCumulative(a)
      // Limits that keep less than half of the distribution tell too little about it.
      guard z > 0.5 else { return (mean, variance.squareRoot()) }
      let difference = (normalDensity(a) - normalDensity(b)) / z
      let slope = 1 + (a * normalDensity(a) - b * normalDensity(b)) / z - difference * difference
      guard slope > 0.1 else { return (mean, variance.squareRoot()) }
      let next = (mu: mean - sigma * difference, sigma: (variance / slope).squareRoot())
      let change = abs(next.mu - mu) + abs(next.sigma - sigma)
      (mu, sigma) = next
      if change < 1e-12 * max(1, sigma) { break }
    }
    return (mu, sigma)
  }
}

/// The density of the standard normal distribution.
func normalDensity(_ x: Double) -> Double {
  x.isFinite ? exp(-0.5 * x * x) * 0.398942280401432677939946 : 0
}

/// The cumulative standard normal distribution.
func normalCumulative(_ x: Double) -> Double { 0.5 * erfc(-x * 0.707106781186547524400844) }

extension RawHistogram {
  /// The Gaussian core of the pixel values; see `GaussianCore`.
  public func core(clip: Double = 4) throws(NotMeasurable) -> GaussianCore {
    guard let low = counts.firstIndex(where: { $0 > 0 }),
      let high = counts.lastIndex(where: { $0 > 0 })
    else { throw NotMeasurable("no valid pixels") }
    return try GaussianCore(counts: counts[low...high], first: low, clip: clip)
  }
}
