#if canImport(Glibc)
  import Glibc
#endif

/// How variance and covariances of flats depend on their mean signal.
public enum PhotonTransferModel: Sendable, Hashable, CustomStringConvertible {
  /// V = n' + mu / g + p_2 mu^2: the parabola of the older pipelines, for comparison. Over 10^3...4 10^4 adu it gives a
  /// gain that is too high by 0.4-0.9 %, since the true curve is no parabola.
  case quadratic
  /// V = sum of p_k mu^k, k = 0...degree; g = 1 / p_1.
  case polynomial(degree: Int)
  /// V = [exp(2 a_00 mu g) - 1] / (2 a_00 g^2) + n / g^2 (Astier et al. 2019, eq. 16).
  case exponential
  /// All covariances: C_ij = (mu/g) [delta_i0 delta_j0 + a_ij N + 2/3 (a*a + c)_ij N^2 + (1/3 a*a*a + 5/6 a*c)_ij N^3]
  /// + n_ij / g^2, with N = mu g and * the convolution over all four quadrants of lags (eq. 20 there).
  case fullCovariance
  /// The same with c = 0.
  case fullCovarianceWithoutB

  /// Whether covariances at all lags are fitted.
  public var isFull: Bool {
    switch self {
    case .fullCovariance, .fullCovarianceWithoutB: true
    case .quadratic, .polynomial, .exponential: false
    }
  }

  public var description: String {
    switch self {
    case .quadratic: "QUADRATIC"
    case .polynomial(let degree): "POLYNOMIAL\(degree)"
    case .exponential: "EXPAPPROXIMATION"
    case .fullCovariance: "FULLCOVARIANCE"
    case .fullCovarianceWithoutB: "FULLCOVARIANCE_NO_B"
    }
  }

  /// The model of a name, as `description` gives it; nil for others.
  public init?(_ name: String) {
    switch name.uppercased() {
    case "QUADRATIC": self = .quadratic
    case "EXPAPPROXIMATION": self = .exponential
    case "FULLCOVARIANCE": self = .fullCovariance
    case "FULLCOVARIANCE_NO_B": self = .fullCovarianceWithoutB
    case let other where other.hasPrefix("POLYNOMIAL"):
      guard let degree = Int(other.dropFirst(10)), (1...8).contains(degree) else { return nil }
      self = .polynomial(degree: degree)
    default: return nil
    }
  }

  /// The variance of eq. 16 [adu**2].
  ///
  /// - Parameters:
  ///   - mean: mu [adu].
  ///   - a: a_00 [1/e-].
  ///   - gain: g [e-/adu].
  ///   - noise: n [e-**2].
  public static func exponential(mean: Double, a: Double, gain: Double, noise: Double) -> Double {
    let x = 2 * a * mean * gain
    // (e^x - 1) / x, whose limit at 0 is 1.
    let ratio = abs(x) < 1e-12 ? 1 + x / 2 : expm1(x) / x
    return ratio * mean / gain + noise / (gain * gain)
  }
}

/// The polynomials in N of eq. 20 for one set of matrices.
struct CovarianceSeries {
  let side: Int
  /// The coefficients of mu^2, mu^3 and mu^4 of each lag, without powers of the gain.
  let second: [Double]
  let third: [Double]
  let fourth: [Double]

  /// - Parameters:
  ///   - side: number of lags along each axis.
  ///   - a, c: row by row, index serial * side + parallel.
  init(side: Int, a: [Double], c: [Double]) {
    self.side = side
    let size = side - 1
    let plane = LagPlane(side: side, quadrant: a)
    let squared = plane.convolved(with: plane, upTo: 2 * size)
    let cubed = squared.convolved(with: plane, upTo: size)
    let mixed = plane.convolved(with: LagPlane(side: side, quadrant: c), upTo: size)
    second = a
    var third: [Double] = []
    var fourth: [Double] = []
    for i in 0..<side {
      for j in 0..<side {
        let at = i * side + j
        third.append((squared[i, j] + c[at]) * 2 / 3)
        fourth.append(cubed[i, j] / 3 + mixed[i, j] * 5 / 6)
      }
    }
    self.third = third
    self.fourth = fourth
  }

  /// C_ij of a lag without the noise term [adu**2], and its slope by the signal [adu].
  func value(_ lag: Int, mean: Double, gain: Double) -> (value: Double, slope: Double) {
    let (m2, m3, m4) = (second[lag], third[lag] * gain, fourth[lag] * gain * gain)
    let first = lag == 0 ? 1 / gain : 0
    return (
      mean * (first + mean * (m2 + mean * (m3 + mean * m4))),
      first + mean * (2 * m2 + mean * (3 * m3 + mean * 4 * m4))
    )
  }

  /// C_ij without the noise term, at all lags [adu**2].
  func covariances(mean: Double, gain: Double) -> [Double] {
    (0..<side * side).map { at in
      let series =
        second[at] + third[at] * gain * mean + fourth[at] * gain * gain * mean * mean
      return (at == 0 ? mean / gain : 0) + series * mean * mean
    }
  }
}

/// An even function of two lags, given in one quadrant.
struct LagPlane {
  let side: Int
  private let quadrant: [Double]

  init(side: Int, quadrant: [Double]) {
    self.side = side
    self.quadrant = quadrant
  }

  subscript(i: Int, j: Int) -> Double {
    let (x, y) = (abs(i), abs(j))
    return x < side && y < side ? quadrant[x * side + y] : 0
  }

  /// The convolution over all four quadrants, for lags 0...`last`; nothing is cut off but what lies beyond `last`.
  func convolved(with other: LagPlane, upTo last: Int) -> LagPlane {
    let reach = other.side - 1
    var result: [Double] = []
    result.reserveCapacity((last + 1) * (last + 1))
    for i in 0...last {
      for j in 0...last {
        var sum = 0.0
        for k in max(-reach, i - side + 1)...min(reach, i + side - 1) where abs(i - k) < side {
          let row = abs(i - k) * side
          let otherRow = abs(k) * other.side
          for l in max(-reach, j - side + 1)...min(reach, j + side - 1) where abs(j - l) < side {
            sum += quadrant[row + abs(j - l)] * other.quadrant[otherRow + abs(l)]
          }
        }
        result.append(sum)
      }
    }
    return LagPlane(side: last + 1, quadrant: result)
  }
}
