#if canImport(Glibc)
  import Glibc
#endif

/// The inverse of the normal distribution's cumulative function.
///
/// Source: Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied
/// Statistics 37, 477 (1988), routine PPND16; relative accuracy about 1e-16.
public enum NormalQuantile {
  /// The deviate below which lies the share `p` of the distribution; NaN outside (0, 1).
  public static func value(_ p: Double) -> Double {
    guard p > 0, p < 1 else { return .nan }
    let q = p - 0.5
    if abs(q) <= 0.425 {
      let r = 0.180625 - q * q
      return q * ratio(r, centralNumerator, centralDenominator)
    }
    var r = (-log(q < 0 ? p : 1 - p)).squareRoot()
    let tail: Double
    if r <= 5 {
      r -= 1.6
      tail = ratio(r, middleNumerator, middleDenominator)
    } else {
      r -= 5
      tail = ratio(r, farNumerator, farDenominator)
    }
    return q < 0 ? -tail : tail
  }

  typealias Coefficients = (Double, Double, Double, Double, Double, Double, Double, Double)

  @inline(__always)
  private static func ratio(_ r: Double, _ a: Coefficients, _ b: Coefficients) -> Double {
    polynomial(r, a) / polynomial(r, b)
  }

  @inline(__always)
  private static func polynomial(_ r: Double, _ c: Coefficients) -> Double {
    ((((((c.7 * r + c.6) * r + c.5) * r + c.4) * r + c.3) * r + c.2) * r + c.1) * r + c.0
  }

  private static let centralNumerator: Coefficients = (
    3.3871328727963666080, 1.3314166789178437745e2, 1.9715909503065514427e3,
    1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
    3.3430575583588128105e4, 2.5090809287301226727e3
  )
  private static let centralDenominator: Coefficients = (
    1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
    2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
    5.2264952788528545610e3
  )
  private static let middleNumerator: Coefficients = (
    1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550,
    3.64784832476320460504, 1.27045825245236838258, 2.41780725177450611770e-1,
    2.27238449892691845833e-2, 7.74545014278341407640e-4
  )
  private static let middleDenominator: Coefficients = (
    1, 2.05319162663775882187, 1.67638483018380384940, 6.89767334985100004550e-1,
    1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
    1.05075007164441684324e-9
  )
  private static let farNumerator: Coefficients = (
    6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580,
    2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
    2.71155556874348757815e-5, 2.01033439929228813265e-7
  )
  private static let farDenominator: Coefficients = (
    1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
    7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
    2.04426310338993978564e-15
  )
}

/// Normal deviates from random words, quickly: chords of the quantile in 2048 steps, and the quantile
/// itself where it bends, below 1/64 and above 63/64.
///
/// The chords are off by at most 5e-5, which leaves mean and variance right to 1e-5; the tails are
/// exact, out to 6.3 standard deviations, the reach of a word of 32 bits.
public final class NormalTable: Sendable {
  /// The one table.
  public static let shared = NormalTable()

  private static let bits: UInt32 = 11
  private static let tail: UInt32 = 1 << (32 - 6)
  // Start and rise of each chord, side by side.
  private let chords: [SIMD2<Float>]

  private init() {
    let steps = 1 << Self.bits
    func quantile(_ index: Int) -> Double {
      // The outermost chords are never used; they only must be finite.
      NormalQuantile.value(min(max(Double(index) / Double(steps), 1e-12), 1 - 1e-12))
    }
    chords = (0..<steps).map { index in
      let start = quantile(index)
      return SIMD2(Float(start), Float((quantile(index + 1) - start) * 0x1p-21))
    }
  }

  /// The deviate of a random word.
  @inline(__always)
  func deviate(_ word: UInt32) -> Float {
    if word &- Self.tail < 0 &- 2 &* Self.tail {
      let rest = word & ((1 << (32 &- Self.bits)) &- 1)
      return chords.withUnsafeBufferPointer { chords in
        let chord = chords[Int(word &>> (32 &- Self.bits))]
        return chord.x + chord.y * (Float(Int32(truncatingIfNeeded: rest)) + 0.5)
      }
    }
    return Self.exact(word)
  }

  @inline(never)
  private static func exact(_ word: UInt32) -> Float {
    Float(NormalQuantile.value((Double(word) + 0.5) * 0x1p-32))
  }
}
