import Foundation

/// A mark on an axis.
public struct Tick: Equatable, Sendable {
  /// The position, in the axis's own numbers.
  public var value: Double
  /// The text; the lines are one below the other; empty for a mark without text.
  public var label: String

  /// A tick with its text.
  public init(_ value: Double, _ label: String) {
    self.value = value
    self.label = label
  }
}

/// Ticks of an axis, with a power of ten that all labels share.
struct TickSet: Equatable, Sendable {
  var ticks: [Tick]
  /// What the labels are to be multiplied with, as "×10⁻⁵"; empty for 1.
  var multiplier = ""

  /// Ticks at 1, 2 or 5 times a power of ten, at most `maximum` + 1 of them.
  static func linear(_ low: Double, _ high: Double, maximum: Int) -> TickSet {
    let span = high - low
    guard span > 0, Numeric.isDrawable(low), Numeric.isDrawable(high) else {
      return TickSet(ticks: [])
    }
    let step = niceStep(span / Double(max(maximum, 1)))
    let largest = max(low.magnitude, high.magnitude)
    guard step > 0, largest / step < 1e12 else { return TickSet(ticks: []) }
    let exponent = Numeric.integer((Foundation.log10(largest) + 1e-9).rounded(.down))
    let isExtreme = exponent >= 6 || exponent < -3
    let power = isExtreme ? exponent : 0
    let stepExponent = Numeric.integer((Foundation.log10(step) + 1e-9).rounded(.down))
    let decimals = max(0, power - stepExponent)
    let first = (low / step - 1e-6).rounded(.up)
    let last = (high / step + 1e-6).rounded(.down)
    guard last >= first, last - first < 100 else { return TickSet(ticks: []) }
    let ticks = stride(from: first, through: last, by: 1).map { index in
      let value = index * step
      // Dividing twice keeps 10^-310 from becoming an infinite quotient.
      let shown = scaled(value, by: -power)
      return Tick(value, Numeric.fixed(shown, decimals: decimals))
    }
    return TickSet(
      ticks: ticks, multiplier: isExtreme ? "×10" + Numeric.superscript(power) : "")
  }

  private static func scaled(_ value: Double, by power: Int) -> Double {
    let half = power / 2
    return value * Foundation.pow(10, Double(half)) * Foundation.pow(10, Double(power - half))
  }

  static func niceStep(_ raw: Double) -> Double {
    guard raw > 0, raw.isFinite else { return 0 }
    let power = Foundation.pow(10, Foundation.floor(Foundation.log10(raw)))
    guard power > 0 else { return 0 }
    for factor in [1.0, 2, 5, 10] where raw <= factor * power * (1 + 1e-9) {
      return factor * power
    }
    return 10 * power
  }

  /// Ticks at powers of ten; between them at 2 and 5 where the range is short.
  static func logarithmic(_ low: Double, _ high: Double, maximum: Int) -> TickSet {
    guard low > 0, high > low, high.isFinite else { return TickSet(ticks: []) }
    let first = Numeric.integer((Foundation.log10(low) - 1e-9).rounded(.up))
    let last = Numeric.integer((Foundation.log10(high) + 1e-9).rounded(.down))
    if last - first < 1 {
      let found = linear(low, high, maximum: maximum)
      return TickSet(ticks: found.ticks.filter { $0.value > 0 }, multiplier: found.multiplier)
    }
    let every = max(1, (last - first + maximum - 1) / max(maximum, 1))
    let ticks = stride(from: first, through: last, by: every).map {
      Tick(Foundation.pow(10, Double($0)), "10" + Numeric.superscript($0))
    }
    return TickSet(ticks: ticks)
  }
}
