import Foundation
import Testing

@testable import Analysis

@Suite("Curves and linearity in one fit")
struct JointCurveTests {
  /// Departures in units of the stated errors, by quantity.
  private struct Pulls {
    private(set) var values: [String: [Double]] = [:]

    mutating func add(_ name: String, _ departure: Double, _ error: Double) {
      values[name, default: []].append(departure / error)
    }

    /// Means within 3 / sqrt(n), widths within the limits of chi^2, which are 1 -+ 3 / sqrt(2 n).
    func check(widths: ClosedRange<Double>? = nil, _ comment: String) {
      for (name, list) in values {
        let n = Double(list.count)
        let (mean, deviation) = moments(list)
        let allowed = widths ?? 1 - 3 / (2 * n).squareRoot()...1 + 3 / (2 * n).squareRoot()
        #expect(abs(mean) < 3 / n.squareRoot(), "\(comment): \(name) is off by \(mean) sigma")
        #expect(allowed.contains(deviation), "\(comment): \(name) scatters by \(deviation) sigma")
      }
    }
  }

  /// The restored variance over that of photons at measured signals, less one, where the correction takes out what a fit
  /// says and the true variance is known.
  private func restored(
    _ ramp: SyntheticRamp, _ fit: PhotonTransferFit, _ signals: [Double]
  ) throws -> [Double] {
    let matrices = try #require(fit.matrices)
    let chain = try #require(fit.linearity)
    let side = ramp.side
    let closed = CoefficientErrors(side: side, matrices.a, fit.covarianceOfA(side: side))
      .closed(matrices.a.map(\.value))
    let series = CovarianceSeries(side: side, a: closed, c: closed.map { _ in 0 })
    return signals.map { signal in
      let variance = ramp.covariances(ramp.linear(signal))[0]
      let slope = chain.slope(signal)
      let left = series.value(0, mean: chain.linear(signal), gain: fit.gain.value).value
      return variance * slope * slope / left - 1
    }
  }

  private func pulls(
    _ ramp: SyntheticRamp, model: PhotonTransferModel, seeds: Range<Int>
  ) throws -> (pulls: Pulls, gains: [Double]) {
    var pulls = Pulls()
    var gains: [Double] = []
    for seed in seeds {
      let (curve, light) = try ramp.curve(seed: seed)
      let fit = try PhotonTransferFit(model, to: curve, linearity: light)
      gains.append(fit.gain.value / ramp.gain - 1)
      pulls.add("gain", fit.gain.value - ramp.gain, fit.gain.uncertainty)
      guard let matrices = fit.matrices else { continue }
      for (name, at) in [("a_00", 0), ("a_01", 1), ("a_10", ramp.side)] {
        pulls.add(name, matrices.a[at].value - ramp.a[at], matrices.a[at].uncertainty)
      }
      pulls.add("sum", matrices.sum.value, matrices.sum.uncertainty)
      let means = curve.used.map(\.mean)
      let signals = stride(from: 2, to: means.count, by: 5).map { means[$0] }
      let errors = try #require(
        RestoredVariance(
          fit, side: ramp.side, signals: signals, gain: fit.gain, sharesPairs: true))
      let left = try restored(ramp, fit, signals)
      let n = signals.count
      pulls.add("restored variance", left[n - 1], errors.corrected[n * n - 1].squareRoot())
      let upper = n / 2..<n
      let variance = upper.reduce(0) { sum, i in
        upper.reduce(sum) { $0 + errors.corrected[i * n + $1] }
      }
      pulls.add("mean restored variance", upper.reduce(0) { $0 + left[$1] }, variance.squareRoot())
    }
    return (pulls, gains)
  }

  @Test(
    "Gain, a_00, a_01, a_10, their sum and the restored variance have pulls of unit width, linearity fitted",
    arguments: [4e6, 5168.0])
  func unitPulls(pixels: Double) throws {
    var ramp = SyntheticRamp()
    ramp.pixels = pixels
    let (pulls, gains) = try pulls(ramp, model: .fullCovarianceWithoutB, seeds: 0..<60)
    pulls.check("\(pixels) pixels")
    #expect(abs(moments(gains).mean) < 0.002 * max(1, (4e6 / pixels).squareRoot() / 10))
    // With the chain fitted on its own first, the gain scatters by 0.16 %.
    if pixels > 1e6 { #expect(moments(gains).deviation < 8e-4) }
  }

  @Test("A source that waves enlarges no error by more than a few times, and makes none too small")
  func wave() throws {
    var ramp = SyntheticRamp()
    ramp.light = (1e-5, 0, 5e-4)
    let (pulls, gains) = try pulls(ramp, model: .fullCovarianceWithoutB, seeds: 100..<140)
    pulls.check(widths: 0.25...1.33, "wave")
    #expect(moments(gains).deviation < 8e-4)
  }

  @Test("The model of the variance alone has the same gain", arguments: [0.0, 1.0])
  func varianceAlone(bent: Double) throws {
    var ramp = SyntheticRamp()
    ramp.bend = (0.020 * bent, -0.035 * bent)
    let (pulls, gains) = try pulls(ramp, model: .exponential, seeds: 0..<40)
    pulls.check("exponential")
    #expect(abs(moments(gains).mean) < 5e-4)
  }

  @Test("Raw variances share the errors of gain and chain, and a gain of other pairs adds its own")
  func rawVariance() throws {
    let ramp = SyntheticRamp()
    let (curve, light) = try ramp.curve(seed: 3)
    let fit = try PhotonTransferFit(.fullCovarianceWithoutB, to: curve, linearity: light)
    let signals = [20_000.0, 50_000]
    func errors(_ gain: Estimate, _ shares: Bool) throws -> RestoredVariance {
      try #require(
        RestoredVariance(fit, side: 4, signals: signals, gain: gain, sharesPairs: shares))
    }
    let own = try errors(fit.gain, true)
    var worse = fit.gain
    worse.uncertainty = 5 * fit.gain.uncertainty
    let other = try errors(worse, false)
    let relative = worse.uncertainty / worse.value
    #expect(own.corrected[0] < 0.3 * other.corrected[0])
    #expect(other.raw[0] > relative * relative)
    #expect(own.raw[3] > 0 && abs(own.raw[1]) <= (own.raw[0] * own.raw[3]).squareRoot() * 1.001)
    let simple = try PhotonTransferFit(.exponential, to: curve, linearity: light)
    #expect(
      RestoredVariance(simple, side: 4, signals: signals, gain: fit.gain, sharesPairs: true) == nil)
  }

  @Test("The compressed fit is that of all points one by one, with the chain's coefficients")
  func bruteForce() throws {
    let ramp = SyntheticRamp()
    var (curve, light) = try ramp.curve(seed: 11)
    curve = try PhotonTransferCurve(
      curve.points.map { point in
        let c = point.covariances
        return PhotonTransferPoint(
          mean: point.mean, variance: point.variance,
          covariances: CovarianceMatrix(
            range: 0, values: Array((c?.values ?? []).prefix(1)),
            uncertainties: Array((c?.uncertainties ?? []).prefix(1)), pairs: [1]))
      }, noise: curve.noise)
    let fit = try PhotonTransferFit(.fullCovarianceWithoutB, to: curve, linearity: light)
    let found = try #require(fit.linearity)
    let prior = try #require(ChainPrior(light))
    let q = prior.count
    let points = curve.variancePoints
    // The errors follow the curve.
    let errors = points.map { point -> Double in
      let slope = found.slope(point.mean)
      return point.errorOfCurve(fit.variance(found.linear(point.mean)) / (slope * slope))
    }
    let direct = try NonlinearFit(
      start: [3.4, -1e-6, 10] + light.coefficients.map(\.value), scales: [1, 1e-7, 1] + prior.scales,
      count: points.count + q
    ) { p, residuals in
      let chain = prior.chain(Array(p[3...]))
      let series = CovarianceSeries(side: 1, a: [p[1]], c: [0])
      for (index, point) in points.enumerated() {
        let slope = chain.slope(point.mean)
        let model =
          series.value(0, mean: chain.linear(point.mean), gain: p[0]).value + p[2] / (p[0] * p[0])
        residuals[index] = (model / (slope * slope) - point.variance.value) / errors[index]
      }
      for (index, value) in prior.departures(Array(p[3...])).enumerated() {
        residuals[points.count + index] = value
      }
    }.scaledByScatter()
    #expect(fit.fit.parameters.count == direct.parameters.count)
    #expect(fit.parameterNames == ["gain", "a_0_0", "n_0_0", "u_1", "u_2", "u_3", "u_4"])
    for index in direct.parameters.indices {
      let sigma = direct.uncertainty(of: index)
      #expect(abs(fit.fit.parameters[index] - direct.parameters[index]) < 0.05 * sigma, "\(index)")
      #expect(abs(fit.fit.uncertainty(of: index) / sigma - 1) < 0.05, "\(index)")
    }
    #expect(abs(fit.fit.chiSquare / direct.chiSquare - 1) < 0.02)
  }

  @Test("Derivatives with a chain are those of differences")
  func derivatives() throws {
    let ramp = SyntheticRamp()
    let light = try ramp.curve(seed: 2).ramp
    let prior = try #require(ChainPrior(light))
    let means = [3000.0, 10000, 20000, 30000, 40000, 50000, 52000]
    let data = means.map { ramp.covariances($0) }
    let p = [3.4] + ramp.a + ramp.a.map { _ in 5.0 } + light.coefficients.map { $0.value + 1e-3 }
    let problem = try FullCovarianceProblem(
      side: 4, withC: false, means: means, data: data,
      errors: means.map { mean in ramp.a.map { _ in mean * 1e-3 } },
      chain: .init(prior, at: light, means: means), expected: p)
    var slopes = [Double](repeating: 0, count: problem.residualCount * p.count)
    problem.derivatives(p, &slopes)
    for k in p.indices {
      let step = max(abs(p[k]) * 1e-4, 1e-14)
      var (up, down) = (p, p)
      up[k] += step
      down[k] -= step
      var (above, below) = (
        [Double](repeating: 0, count: problem.residualCount),
        [Double](repeating: 0, count: problem.residualCount)
      )
      problem.residuals(up, &above)
      problem.residuals(down, &below)
      let largest = above.indices.map { abs(slopes[$0 * p.count + k]) }.max() ?? 0
      for i in above.indices {
        let numeric = (above[i] - below[i]) / (2 * step)
        #expect(abs(numeric - slopes[i * p.count + k]) < 1e-5 * largest + 1e-9, "\(k)")
      }
    }
  }

  @Test("A factor gives its matrix back; what is not positive definite has none")
  func factor() throws {
    let matrix = [4.0, 2, 0.6, 2, 5, 1, 0.6, 1, 3]
    let factor = try #require(CholeskyFactor(matrix, side: 3))
    for i in 0..<3 {
      for j in 0..<3 {
        let product = (0..<3).reduce(0) { $0 + factor.column($1)[i] * factor.column($1)[j] }
        #expect(abs(product - matrix[3 * i + j]) < 1e-12)
      }
    }
    let white = factor.whitened(factor.column(1))
    #expect(abs(white[0]) < 1e-12 && abs(white[1] - 1) < 1e-12 && abs(white[2]) < 1e-12)
    #expect(abs(factor.logDeterminant - log(44.6)) < 1e-12)
    #expect(CholeskyFactor([1, 2, 2, 1], side: 2) == nil)
    #expect(CholeskyFactor([.nan], side: 1) == nil)
    #expect(CholeskyFactor([1, 2], side: 2) == nil)
    #expect(CholeskyFactor([], side: 0) == nil)
  }
}
