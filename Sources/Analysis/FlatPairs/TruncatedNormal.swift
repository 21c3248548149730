#if canImport(Glibc)
  import Glibc
#endif

/// Moments of a normal distribution cut symmetrically at a half-width, and their inversion: what clipped pixels say of
/// those that were not clipped.
///
/// With t the half-width in units of sigma, phi the density and Z = P(|x| <= t) = erf(t / sqrt 2):
///
///     second moment   m2(t) = 1 - 2 t phi(t) / Z
///     fourth moment   m4(t) = 3 - (2 t^3 + 6 t) phi(t) / Z
///
/// (Johnson, Kotz and Balakrishnan 1994, section 13.10.1). For a pair of correlation rho, both cut at t, Mehler's
/// expansion of the bivariate density in Hermite polynomials gives the moment of the product exactly:
///
///     E[x y] = sum_n rho^n / n! a_n^2 / sum_n rho^n / n! b_n^2,
///     a_n = integral x He_n phi over |x| <= t (odd n), b_n = integral He_n phi (even n),
///
/// of which rho m2(t)^2 is the first term only. Squares and products are therefore corrected differently: at 3 sigma
/// the variance by 1.027, a small covariance by 1.056.
public enum TruncatedNormal {
  /// The half-widths, in units of sigma, for which the inversion is trusted: below, a clipped sample says little of
  /// its parent.
  static let leastHalfWidth = 1.0

  static func density(_ t: Double) -> Double { exp(-t * t / 2) * 0.398942280401432678 }
  static func mass(_ t: Double) -> Double { erf(t * 0.707106781186547524) }

  /// The variance of the kept values in units of sigma^2.
  ///
  /// - Parameter t: the half-width in units of sigma; at or below 0 the result is 0.
  public static func secondMoment(_ t: Double) -> Double {
    guard t > 0 else { return 0 }
    if t > 38 { return 1 }
    return 1 - 2 * t * density(t) / mass(t)
  }

  /// The fourth moment of the kept values in units of sigma^4.
  public static func fourthMoment(_ t: Double) -> Double {
    guard t > 0 else { return 0 }
    if t > 38 { return 3 }
    return 3 - (2 * t * t * t + 6 * t) * density(t) / mass(t)
  }

  /// The variance sigma^2 of the parent, with its derivative by the clipped variance.
  ///
  /// Solves v = sigma^2 m2(T / sigma), by Newton's method.
  ///
  /// - Parameters:
  ///   - clipped: the variance v of the kept values.
  ///   - halfWidth: the cut T, in the unit of the values; infinite for no cut.
  /// - Throws: `NotMeasurable` where v is not positive, or so near to the T^2 / 3 of an even distribution that the cut
  ///   lies below one sigma.
  public static func variance(
    clipped: Double, halfWidth: Double
  ) throws(NotMeasurable) -> (value: Double, derivative: Double) {
    guard clipped > 0, clipped.isFinite else { throw NotMeasurable("the pixels do not scatter") }
    guard halfWidth.isFinite else { return (clipped, 1) }
    var variance = clipped
    var slope = 1.0
    for _ in 0..<100 {
      let t = halfWidth / variance.squareRoot()
      guard t > leastHalfWidth else {
        throw NotMeasurable("the pixels fill the clipping limits: no Gaussian core")
      }
      let m2 = secondMoment(t)
      let z = mass(t)
      let f = density(t)
      let m2Slope = 2 * f * (t * t - 1) / z + 4 * t * f * f / (z * z)
      slope = m2 - t * m2Slope / 2
      let step = (clipped - variance * m2) / slope
      variance += step
      guard variance > 0, variance.isFinite else {
        throw NotMeasurable("the pixels fill the clipping limits: no Gaussian core")
      }
      if abs(step) <= 1e-14 * variance { break }
    }
    return (variance, 1 / slope)
  }

  /// The moment of the product of a pair, and its derivative by rho.
  ///
  /// - Parameters:
  ///   - rho: the correlation of the pair before the cut, |rho| < 0.9.
  ///   - t: the half-width in units of sigma.
  public static func productMoment(rho: Double, t: Double) -> (value: Double, derivative: Double) {
    guard t < 38 else { return (rho, 1) }
    let terms = HermiteTerms(t)
    return terms.moment(rho)
  }
}

/// The integrals a_n and b_n of Mehler's expansion for one half-width; they serve all lags of a pair.
struct HermiteTerms {
  private static let count = 40
  /// a_n^2 / n! for odd n, b_n^2 / n! for even n, by n.
  private var squares: [Double]
  private let isCut: Bool

  /// - Parameter t: the half-width in units of sigma, above 0.
  init(_ t: Double) {
    isCut = t < 38
    squares = [1, 1] + [Double](repeating: 0, count: Self.count - 2)
    guard isCut else { return }
    // Normalised polynomials h_n = He_n / sqrt(n!), so that nothing overflows:
    // h_{n+1} = (t h_n - sqrt(n) h_{n-1}) / sqrt(n + 1).
    var h = [1.0, t]
    for n in 1..<Self.count {
      let n = Double(n)
      h.append((t * h[Int(n)] - n.squareRoot() * h[Int(n) - 1]) / (n + 1).squareRoot())
    }
    let f = TruncatedNormal.density(t)
    let z = TruncatedNormal.mass(t)
    // d/dx (He_{n-1} phi) = -He_n phi, hence b_n = -2 He_{n-1}(t) phi(t) for even n > 0; by parts
    // a_n = -2 t He_{n-1}(t) phi(t) + integral He_{n-1} phi = -2 t He_{n-1} phi + b_{n-1}.
    func even(_ n: Int) -> Double {
      // b_n / sqrt(n!)
      n == 0 ? z : -2 * h[n - 1] * f / Double(n).squareRoot()
    }
    for n in 0..<Self.count {
      let value: Double
      if n % 2 == 0 {
        value = even(n)
      } else {
        value = (-2 * t * h[n - 1] * f + even(n - 1)) / Double(n).squareRoot()
      }
      squares[n] = value * value
    }
  }

  func moment(_ rho: Double) -> (value: Double, derivative: Double) {
    guard isCut else { return (rho, 1) }
    var numerator = 0.0
    var numeratorSlope = 0.0
    var denominator = 0.0
    var denominatorSlope = 0.0
    var power = 1.0
    var previous = 0.0
    for n in squares.indices {
      if n % 2 == 0 {
        denominator += squares[n] * power
        denominatorSlope += squares[n] * Double(n) * previous
      } else {
        numerator += squares[n] * power
        numeratorSlope += squares[n] * Double(n) * previous
      }
      previous = power
      power *= rho
    }
    let value = numerator / denominator
    return (value, (numeratorSlope - value * denominatorSlope) / denominator)
  }

  /// The correlation before the cut, with its derivative, from the moment of the product after it [sigma^2].
  ///
  /// - Returns: nil where no correlation below 0.9 gives that moment.
  func correlation(moment wanted: Double) -> (value: Double, derivative: Double)? {
    guard isCut else { return (wanted, 1) }
    var rho = wanted / max(moment(0).derivative, 1e-6)
    var slope = 1.0
    for _ in 0..<60 {
      guard abs(rho) < 0.9 else { return nil }
      let now = moment(rho)
      slope = now.derivative
      guard slope > 0 else { return nil }
      let step = (wanted - now.value) / slope
      rho += step
      if abs(step) < 1e-15 { break }
    }
    return (rho, 1 / slope)
  }
}
