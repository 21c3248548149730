#if canImport(Glibc)
  import Glibc
#endif

@testable import Analysis

/// A ladder of pairs of flats, of a chain with known non-linearity and a source that is not constant: means, variances and
/// covariances are drawn with the scatter that a measured pair has.
struct SyntheticRamp {
  var gain = 3.45
  /// The variance at no signal [adu**2].
  var noise = 1.3
  /// Pixels of a pair.
  var pixels = 4e6
  /// F = l (1 + c_1 l / 2^16 + c_2 (l / 2^16)^2).
  var bend = (0.020, -0.035)
  /// Relative scatter of the light of each pair, of each exposure time, and the amplitude of a wave of 45 minutes.
  var light = (pair: 1e-4, time: 2e-4, wave: 0.0)
  let side = 4
  /// a_ij [1/e-], of sum zero.
  let a: [Double]

  init() {
    var a = [
      0, 1.1e-7, 2.6e-8, 1.2e-8, 6e-8, 4e-8, 2e-8, 1e-8, 2e-8, 1.8e-8, 1.2e-8, 7e-9, 9e-9, 9e-9, 7e-9,
      5e-9,
    ]
    a[0] = -a.indices.reduce(0) { $0 + a[$1] * Double(BoundaryShifts.copies($1, 4)) }
    self.a = a
  }

  func measured(_ linear: Double) -> Double {
    let x = linear / 65536
    return linear * (1 + x * (bend.0 + x * bend.1))
  }

  func slope(_ linear: Double) -> Double {
    let x = linear / 65536
    return 1 + x * (2 * bend.0 + 3 * x * bend.1)
  }

  /// The signal of the linear chain for a measured one.
  func linear(_ signal: Double) -> Double {
    var linear = signal
    for _ in 0..<50 { linear -= measured(linear) - signal }
    return linear
  }

  /// The covariances of the measured chain at a linear signal, without noise.
  func covariances(_ linear: Double) -> [Double] {
    let square = slope(linear) * slope(linear)
    return CovarianceSeries(side: side, a: a, c: a.map { _ in 0 })
      .covariances(mean: linear, gain: gain).map { $0 * square }
  }

  /// Five pairs of each of eight exposure times.
  func draw(seed: Int) -> (points: [PhotonTransferPoint], samples: [LinearitySample]) {
    var random = SeededGenerator(seed: UInt64(seed) + 991)
    var points: [PhotonTransferPoint] = []
    var samples: [LinearitySample] = []
    let phase = Double.random(in: 0..<6.283, using: &random)
    let drift = 0.002 * random.normal()
    var hours = 0.0
    for fraction in [0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9] {
      let seconds = 4 * fraction
      let ofTime = light.time * random.normal()
      for _ in 0..<5 {
        let course =
          1 + ofTime + light.pair * random.normal() + drift * hours
          + light.wave * sin(phase + 8.378 * hours)
        // A shutter that is open a millisecond longer.
        let linear = 65536 * 0.245 * (seconds + 0.001) * course
        var truth = covariances(linear)
        truth[0] += noise
        let errors = truth.indices.map { at in
          let samples = BoundaryShifts.copies(at, side) == 4 ? 2 * pixels : pixels
          return truth[0] * ((at == 0 ? 2 : 1) / samples).squareRoot()
        }
        let values = zip(truth, errors).map { $0 + $1 * random.normal() }
        let stated = errors.map { $0 * values[0] / truth[0] }
        let count = Int(pixels)
        let signal = measured(linear)
        points.append(
          PhotonTransferPoint(
            mean: signal,
            variance: Estimate(value: values[0], uncertainty: stated[0], count: count),
            covariances: CovarianceMatrix(
              range: side - 1, values: values, uncertainties: stated,
              pairs: values.map { _ in count })))
        samples.append(
          LinearitySample(
            exposure: samples.count, filter: 0, tile: 0, exposureSeconds: seconds,
            elapsedHours: hours, signal: signal,
            uncertainty: (values[0] / (2 * pixels)).squareRoot()))
        hours += 2 * (75 + seconds) / 3600
      }
    }
    return (points, samples)
  }

  /// The curve of a draw and what its exposure times say.
  func curve(seed: Int) throws -> (curve: PhotonTransferCurve, ramp: RampLinearity) {
    let (points, samples) = draw(seed: seed)
    var options = PhotonTransferOptions()
    options.lags = side - 1
    return (
      try PhotonTransferCurve(
        points, noise: Estimate(value: noise, uncertainty: 0.05 * noise, count: 100),
        options: options), try RampLinearity(samples)
    )
  }
}
