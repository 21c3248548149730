import Foundation

/// The standard normal distribution.
public enum NormalDistribution {
  /// The probability that a normal deviate departs from 0 by more than `z`: erfc(|z| / √2).
  public static func twoSided(_ z: Double) -> Double { erfc(z.magnitude / 2.0.squareRoot()) }

  /// The deviate that is exceeded in size with probability 1 - `confidence`, by bisection of
  /// `twoSided`; 0 for 0 and less, and at most 38.
  public static func deviate(confidence: Double) -> Double {
    guard confidence > 0 else { return 0 }
    var (low, high) = (0.0, 38.0)
    for _ in 0..<80 {
      let middle = (low + high) / 2
      if twoSided(middle) > 1 - confidence { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}

extension NormalDistribution {
  /// The density at `z`.
  public static func density(_ z: Double) -> Double { exp(-z * z / 2) / (2 * Double.pi).squareRoot() }
}
