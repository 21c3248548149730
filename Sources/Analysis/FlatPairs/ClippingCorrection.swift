/// From moments of clipped differences to those of the parent, for one pair.
struct ClippingCorrection {
  /// The parent's variance sigma^2.
  let variance: Double
  /// By what a clipped mean square is multiplied.
  let varianceFactor: Double
  private let derivative: Double
  private let clippedVariance: Double
  private let fourth: Double
  private let halfWidth: Double
  private let terms: HermiteTerms

  init(variance: (value: Double, derivative: Double), halfWidth: Double) {
    self.variance = variance.value
    derivative = variance.derivative
    self.halfWidth = halfWidth
    let t = halfWidth / variance.value.squareRoot()
    let m2 = TruncatedNormal.secondMoment(t)
    varianceFactor = 1 / m2
    clippedVariance = m2 * variance.value
    fourth = TruncatedNormal.fourthMoment(t) / (m2 * m2)
    terms = HermiteTerms(t)
  }

  /// The error of the corrected variance: that of the clipped one, v sqrt((m4 / m2^2 - 1) / N), times the derivative of
  /// the correction.
  func varianceError(pairs: Double) -> Double {
    clippedVariance * (max(fourth - 1, 0) / pairs).squareRoot() * derivative
  }

  func variance(_ clipped: Double, pairs: Double) -> (value: Double, error: Double)? {
    guard
      let parent = try? TruncatedNormal.variance(clipped: clipped, halfWidth: halfWidth)
    else { return nil }
    return (parent.value, varianceError(pairs: pairs))
  }

  func covariance(_ clipped: Double, pairs: Double) -> (value: Double, error: Double)? {
    guard let rho = terms.correlation(moment: clipped / variance) else { return nil }
    return (rho.value * variance, clippedVariance / pairs.squareRoot() * rho.derivative)
  }
}
