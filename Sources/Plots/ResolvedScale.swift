import Foundation

/// A `ValueScale` applied to data: a fraction of the colour table for each value.
struct ResolvedScale: Equatable {
  var low, high: Double
  /// Values at even fractions, ascending, for scales by rank; empty for linear ones.
  var nodes: [Double] = []
  /// Whether there are values beyond the ends.
  var clipsLow = false, clipsHigh = false
  /// The numbers of values beyond the ends.
  var below = 0, above = 0
  /// The centre of a diverging scale.
  var centre: Double?

  init(_ scale: ValueScale, values: [Double]) {
    var sorted = values.filter { Numeric.isDrawable($0) }.sorted()
    if case .fixed(let a, let b) = scale, Numeric.isDrawable(a), Numeric.isDrawable(b) {
      (low, high) = (min(a, b), max(a, b))
    } else if let first = sorted.first, let last = sorted.last {
      (low, high) = (first, last)
      switch scale {
      case .full, .fixed: break
      case .percentiles(let a, let b):
        low = Numeric.quantile(sorted, a / 100) ?? low
        high = Numeric.quantile(sorted, b / 100) ?? high
        if low > high { (low, high) = (high, low) }
      case .robust: (low, high) = Self.robust(sorted)
      case .zscale: (low, high) = Self.zscale(sorted)
      case .equalised:
        nodes = (0...256).compactMap { Numeric.quantile(sorted, Double($0) / 256) }
      case .centred(let middle):
        let ends = Self.robust(sorted)
        let middle = Numeric.isDrawable(middle) ? middle : 0
        let reach = max((ends.low - middle).magnitude, (ends.high - middle).magnitude)
        (low, high, centre) = (middle - reach, middle + reach, middle)
      }
    } else {
      (low, high) = (0, 1)
      sorted = []
    }
    if !(high - low > max(low.magnitude, high.magnitude) * 1e-12) {
      let half = low == 0 ? 0.5 : low.magnitude * 0.01
      (low, high) = (low - half, high + half)
      nodes = []
    }
    below = sorted.prefix { $0 < low }.count
    above = sorted.reversed().prefix { $0 > high }.count
    (clipsLow, clipsHigh) = (below > 0, above > 0)
  }

  /// From 0 to 1 within the limits, beyond them outside; the value must be finite.
  func fraction(_ value: Double) -> Double {
    guard nodes.count > 1 else { return (value - low) / (high - low) }
    var (a, b) = (0, nodes.count - 1)
    while b - a > 1 {
      let middle = (a + b) / 2
      if nodes[middle] <= value { a = middle } else { b = middle }
    }
    let width = nodes[b] - nodes[a]
    let within = width > 0 ? min(max((value - nodes[a]) / width, 0), 1) : 0
    return (Double(a) + within) / Double(nodes.count - 1)
  }

  static func robust(_ sorted: [Double], width: Double = 4) -> (low: Double, high: Double) {
    guard let summary = Summary(sorted) else { return (0, 1) }
    // Where more than half of the values are equal the MAD says nothing about the rest.
    guard summary.sigma > 0 else { return (summary.minimum, summary.maximum) }
    return (
      max(summary.minimum, summary.median - width * summary.sigma),
      min(summary.maximum, summary.median + width * summary.sigma)
    )
  }

  /// IRAF's zscale: a line fitted to the sorted sample with rejection at 2.5 sigma; its slope,
  /// divided by the contrast, gives the limits about the median. Fewer than half of the pixels left
  /// by the rejection, or a slope of no use, give the full range.
  static func zscale(_ sorted: [Double], contrast: Double = 0.25) -> (low: Double, high: Double) {
    guard let first = sorted.first, let last = sorted.last else { return (0, 1) }
    let count = min(sorted.count, 1000)
    let sample = (0..<count).map { sorted[$0 * (sorted.count - 1) / max(count - 1, 1)] }
    var kept = Array(sample.enumerated())
    var slope = 0.0
    for _ in 0..<5 {
      let n = Double(kept.count)
      guard kept.count >= max(5, count / 2) else { return (first, last) }
      let meanX = kept.reduce(0) { $0 + Double($1.offset) } / n
      let meanY = kept.reduce(0) { $0 + $1.element } / n
      let covariance = kept.reduce(0) {
        $0 + (Double($1.offset) - meanX) * ($1.element - meanY)
      }
      let variance = kept.reduce(0) {
        $0 + (Double($1.offset) - meanX) * (Double($1.offset) - meanX)
      }
      slope = variance > 0 ? covariance / variance : 0
      func residual(_ pair: (offset: Int, element: Double)) -> Double {
        pair.element - meanY - slope * (Double(pair.offset) - meanX)
      }
      let sigma = (kept.reduce(0) { $0 + residual($1) * residual($1) } / n).squareRoot()
      let remaining = kept.filter { residual($0).magnitude <= 2.5 * sigma }
      if remaining.count == kept.count { break }
      kept = remaining
    }
    guard slope > 0, let median = Numeric.quantile(sorted, 0.5) else { return (first, last) }
    let reach = slope / contrast * Double(count) / 2
    return (max(first, median - reach), min(last, median + reach))
  }
}
