import Foundation

/// The few numeric functions that drawing needs, with their edge cases settled.
enum Numeric {
  static func power(_ x: Double, _ y: Double) -> Double { Foundation.pow(x, y) }
  static func cubeRoot(_ x: Double) -> Double { Foundation.cbrt(x) }
  static func log10(_ x: Double) -> Double { Foundation.log10(x) }

  /// Beyond this nothing is drawn: sums and differences of such values stay finite.
  static let largest = 1e200

  /// Finite, and small enough to calculate with.
  static func isDrawable(_ x: Double) -> Bool { x.magnitude < largest }

  /// An integer near `x`; 0 for NaN, and clamped to ± 10^15.
  static func integer(_ x: Double) -> Int {
    x.isNaN ? 0 : Int(min(max(x, -1e15), 1e15))
  }

  /// The value at `fraction` of sorted values, linearly interpolated; nil when there are none.
  static func quantile(_ sorted: [Double], _ fraction: Double) -> Double? {
    guard let last = sorted.indices.last else { return nil }
    let position = min(max(fraction, 0), 1) * Double(last)
    let low = min(integer(position), last)
    let high = min(low + 1, last)
    return sorted[low] + (sorted[high] - sorted[low]) * (position - Double(low))
  }

  /// `x` with `decimals` digits after the point, a true minus sign, and no negative zero.
  static func fixed(_ x: Double, decimals: Int) -> String {
    let text = String(format: "%.\(min(max(decimals, 0), 17))f", x)
    let isZero = !text.contains { ("1"..."9").contains($0) }
    return text.replacingOccurrences(of: "-", with: isZero ? "" : "−")
  }

  /// `x` with about `digits` significant digits, as 3.142, 12340 or 1.2×10⁻⁷.
  static func short(_ x: Double, digits: Int = 4) -> String {
    guard x.isFinite else { return x.isNaN ? "–" : x > 0 ? "∞" : "−∞" }
    guard x != 0 else { return "0" }
    let exponent = integer(Foundation.floor(Foundation.log10(x.magnitude)))
    if (-4..<7).contains(exponent) {
      return fixed(x, decimals: max(0, digits - 1 - exponent))
    }
    let mantissa = x / Foundation.pow(10, Double(exponent))
    guard mantissa.isFinite else { return String(format: "%.3g", x) }
    return fixed(mantissa, decimals: min(digits - 1, 3)) + "×10" + superscript(exponent)
  }

  /// An integer in superscript characters.
  static func superscript(_ n: Int) -> String {
    let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    return String(
      String(n).map { $0 == "-" ? "⁻" : digits[$0.wholeNumberValue ?? 0] })
  }
}

/// Robust statistics of a sample, as printed under maps and histograms.
public struct Summary: Equatable, Sendable {
  /// The number of finite values.
  public var count: Int
  /// The median; for an even count the mean of the two middle values.
  public var median: Double
  /// The median of the absolute deviations from the median, not scaled.
  public var medianDeviation: Double
  /// The extremes.
  public var minimum, maximum: Double

  /// 1.4826 times the median deviation: the standard deviation of a Gaussian sample.
  public var sigma: Double { 1.4826 * medianDeviation }

  /// The statistics of the finite values; nil when there are none.
  public init?(_ values: some Sequence<Double>) {
    let sorted = values.filter { Numeric.isDrawable($0) }.sorted()
    guard let middle = Numeric.quantile(sorted, 0.5), let low = sorted.first,
      let high = sorted.last
    else { return nil }
    let deviations = sorted.map { ($0 - middle).magnitude }.sorted()
    count = sorted.count
    median = middle
    medianDeviation = Numeric.quantile(deviations, 0.5) ?? 0
    (minimum, maximum) = (low, high)
  }

  /// One line: N, median, MAD, minimum and maximum.
  public var line: String {
    "N = \(count)   median = \(Numeric.short(median))   MAD = \(Numeric.short(medianDeviation))"
      + "   min = \(Numeric.short(minimum))   max = \(Numeric.short(maximum))"
  }
}

/// Numbers as figures print them, for labels that callers make.
public enum PlotNumber {
  /// About `digits` significant digits, as 3.142, 12340 or 1.2×10⁻⁷, with a true minus sign.
  public static func short(_ value: Double, digits: Int = 3) -> String {
    Numeric.short(value, digits: digits)
  }
}
