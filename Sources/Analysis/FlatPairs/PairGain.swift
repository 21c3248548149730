/// The gain from one pair of flats, g [e-/adu].
///
/// From C = <(I1 - I2)^2 / (I1 + I2)>, whose expectation for Poisson electrons and Gaussian read noise sigma is
/// 1/g + sigma^2/mu + sigma^2 / (g mu^2) + O(mu^-2). A pair sees brighter-fatter as a gain that rises with the signal:
/// g_pair = g (1 - a_00 mu g) to first order, a_00 < 0; many pairs and a fit give the gain of the detector.
public enum PairGain: String, Sendable, CaseIterable {
  /// 1 / C, without any correction.
  case none
  /// One step: g0 = 1/C, then 1 / [C - (sigma^2 - 1/(2 g0^2)) / mu].
  case simple
  /// The positive root of (2 mu C - 2 sigma^2) g^2 - 2 mu g + 1 = 0, as the LSST pipeline has it. Its term 1/(2 g^2) is not
  /// in the expectation above; it makes g low by 1/(2 mu g), 0.17 % at 300 e-.
  case full
  /// 1 / [C - sigma^2/mu - sigma^2 C/mu^2], the expectation inverted to second order: the one to use.
  case unbiased

  /// The gain.
  ///
  /// - Parameters:
  ///   - ratio: C [adu].
  ///   - mean: mu [adu].
  ///   - readNoise: sigma [adu], with its uncertainty; nil where it is not known, which leaves `none` only.
  /// - Throws: `NotMeasurable` where the read noise is needed and missing, or where noise exceeds what was measured.
  public func gain(
    ratio: Estimate, mean: Double, readNoise: Estimate?
  ) throws(NotMeasurable) -> Estimate {
    let c = ratio.value
    guard c > 0, mean > 0, c.isFinite, mean.isFinite else {
      throw NotMeasurable("no photon noise to measure the gain from")
    }
    guard self != .none else {
      return Estimate(value: 1 / c, uncertainty: ratio.uncertainty / (c * c), count: ratio.count)
    }
    guard let readNoise, readNoise.value.isFinite, readNoise.value >= 0 else {
      throw NotMeasurable("the read noise is not known")
    }
    let noise = readNoise.value * readNoise.value
    let gain: Double
    switch self {
    case .none: gain = 1 / c
    case .simple: gain = 1 / (c - (noise - c * c / 2) / mean)
    case .full:
      let divisor = 2 * mean * c - 2 * noise
      let root = mean * mean - 2 * mean * c + 2 * noise
      guard divisor > 0, root >= 0 else {
        throw NotMeasurable("read noise exceeds the photon noise")
      }
      gain = (mean + root.squareRoot()) / divisor
    case .unbiased: gain = 1 / (c - noise / mean - noise * c / (mean * mean))
    }
    guard gain > 0, gain.isFinite else {
      throw NotMeasurable("read noise exceeds the photon noise")
    }
    let ofRatio = gain * gain * ratio.uncertainty
    let ofNoise = gain * gain / mean * 2 * readNoise.value * readNoise.uncertainty
    return Estimate(
      value: gain, uncertainty: (ofRatio * ofRatio + ofNoise * ofNoise).squareRoot(),
      count: ratio.count)
  }
}
