#if canImport(Glibc)
  import Glibc
#endif

/// What the errors of gain, coefficients and linear chain do to the variance that a correction restores.
///
/// Variance over mean times gain, at a measured signal F, goes as
///
///     ln R = ln g + 2 ln(ds/dF) - ln s - ln S(a', g s)
///
/// with s the linear signal and S = 1 + a_00 N + ... the series of Astier et al. 2019, eq. 20, of the coefficients a' that
/// the correction takes out; without the last term where nothing is corrected. Gain, coefficients and chain come from one
/// fit to the same variances: a gain that is too high goes with a_00 too far from zero and a chain that bends too much, and
/// what they do to R cancels but for the part that the variances do not see.
public struct RestoredVariance: Sendable {
  /// The covariances of ln R between the signals, row by row: as corrected, and as it is.
  public let corrected, raw: [Double]

  /// Propagates.
  ///
  /// - Parameters:
  ///   - fit: of a full model, with its chain.
  ///   - side: the number of lags that the correction takes along each axis.
  ///   - signals: measured ones [adu].
  ///   - gain: the gain that R is taken with [e-/adu].
  ///   - sharesPairs: whether that gain is of the same pairs as the fit. Its own variance beyond that of the fit's gain is
  ///     then taken as independent of the latter (what an estimator has beyond the best one's error is independent of the
  ///     best one: Hausman 1978, Econometrica 46, 1251); of other pairs, all of it.
  /// - Returns: nil where the fit is of no full model.
  public init?(
    _ fit: PhotonTransferFit, side: Int, signals: [Double], gain: Estimate, sharesPairs: Bool
  ) {
    guard let indices = fit.indices(side: side), gain.value > 0,
      let factor = CholeskyFactor(fit.covariance(of: indices), side: indices.count)
    else { return nil }
    let start = indices.map { fit.fit.parameters[$0] }
    let errors = CoefficientErrors(
      side: side, [Estimate](
        repeating: Estimate(value: 0, uncertainty: 0, count: 0), count: side * side),
      fit.covarianceOfA(side: side))
    let chainStart = 1 + side * side
    func logarithms(_ p: [Double], gain: Double) -> [(corrected: Double, raw: Double)] {
      let a = errors.closed(Array(p[1..<chainStart]))
      let series = CovarianceSeries(side: side, a: a, c: a.map { _ in 0 })
      var chain = fit.linearity
      for (index, value) in p[chainStart...].enumerated() {
        let step = value - start[chainStart + index]
        chain = chain?.shifted(index, by: step)
      }
      return signals.map { signal in
        let s = chain?.linear(signal) ?? signal
        let raw = log(gain) + 2 * log(chain?.slope(signal) ?? 1) - log(s)
        return (raw - log(series.value(0, mean: s, gain: gain).value * gain / s), raw)
      }
    }
    let centre = logarithms(start, gain: gain.value)
    var steps: [[(corrected: Double, raw: Double)]] = []
    for index in indices.indices {
      let step = factor.column(index)
      let moved = zip(start, step).map { $0 + $1 }
      let ofGain = sharesPairs ? gain.value / start[0] * step[0] : 0
      steps.append(logarithms(moved, gain: gain.value + ofGain))
    }
    let relative = gain.uncertainty / gain.value
    let own = fit.gain.uncertainty / fit.gain.value
    let rest = relative * relative - (sharesPairs ? own * own : 0)
    if rest > 0 { steps.append(logarithms(start, gain: gain.value * (1 + rest.squareRoot()))) }
    let count = signals.count
    var (corrected, raw) = (
      [Double](repeating: 0, count: count * count), [Double](repeating: 0, count: count * count)
    )
    for step in steps {
      for i in 0..<count {
        for j in 0..<count {
          corrected[i * count + j] +=
            (step[i].corrected - centre[i].corrected) * (step[j].corrected - centre[j].corrected)
          raw[i * count + j] += (step[i].raw - centre[i].raw) * (step[j].raw - centre[j].raw)
        }
      }
    }
    guard corrected.allSatisfy(\.isFinite), raw.allSatisfy(\.isFinite) else { return nil }
    (self.corrected, self.raw) = (corrected, raw)
  }
}
