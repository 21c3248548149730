import Testing

@testable import Analysis

/// Flats of a chain with known non-linearity: signals, variances and exposure times.
private struct BentChain {
  let gain = 3.45
  let a = -1.1e-6
  let noise = 1.3
  let pixels = 2e6
  /// F = l (1 + c1 l / 2^16 + c2 (l / 2^16)^2).
  var bend = (0.022, -0.036)
  /// Relative scatter of the light from exposure to exposure.
  var flicker = 1e-4

  func measured(_ linear: Double) -> Double {
    let x = linear / 65536
    return linear * (1 + x * (bend.0 + x * bend.1))
  }

  func slope(_ linear: Double) -> Double {
    let x = linear / 65536
    return 1 + x * (2 * bend.0 + 3 * x * bend.1)
  }

  func ramp(seed: UInt64) -> (points: [PhotonTransferPoint], samples: [LinearitySample]) {
    var random = SeededGenerator(seed: seed)
    var points: [PhotonTransferPoint] = []
    var samples: [LinearitySample] = []
    for level in 1...8 {
      let seconds = 0.5 * Double(level)
      // The source's own course, shared by the exposures of a level.
      let light = 1 + 2e-4 * random.normal()
      for pair in 0..<5 {
        let linear = 13_000 * seconds * light * (1 + flicker * random.normal())
        let truth = PhotonTransferModel.exponential(
          mean: linear, a: a, gain: gain, noise: noise * gain * gain)
        let variance = truth * slope(linear) * slope(linear)
        let error = variance * (2 / pixels).squareRoot()
        let mean = measured(linear)
        points.append(
          PhotonTransferPoint(
            mean: mean,
            variance: Estimate(
              value: variance + error * random.normal(), uncertainty: error, count: Int(pixels))))
        samples.append(
          LinearitySample(
            exposure: 100 * level + pair, filter: 0, tile: 0, exposureSeconds: seconds,
            elapsedHours: 0.05 * Double(samples.count), signal: mean,
            uncertainty: (variance / (2 * pixels)).squareRoot()))
      }
    }
    return (points, samples)
  }
}

@Suite("Linearity of photon transfer curves")
struct RampLinearityTests {
  @Test("Gain and a_00 are those of the linear chain; without linearity a_00 has that of the bend in it")
  func truth() throws {
    let chain = BentChain()
    var (gains, coefficients): ([Double], [Double]) = ([], [])
    var pulls: [Double] = []
    for seed in 0..<100 {
      let (points, samples) = chain.ramp(seed: UInt64(seed) + 77)
      let noise = Estimate(value: chain.noise, uncertainty: 0.05 * chain.noise, count: 100)
      let curve = try PhotonTransferCurve(points, noise: noise)
      #expect(curve.used.count >= 38)
      let fit = try PhotonTransferFit(.exponential, to: curve, linearity: RampLinearity(samples))
      gains.append(100 * (fit.gain.value / chain.gain - 1))
      let a00 = try #require(fit.a00).value
      coefficients.append(a00 / chain.a - 1)
      pulls.append((fit.gain.value - chain.gain) / fit.gain.uncertainty)
      let raw = try PhotonTransferFit(.exponential, to: curve)
      // 3 c_1 / (2^16 g) = 2.9e-7, a quarter of a_00.
      #expect(abs(try #require(raw.a00).value - chain.a) > 1.5e-7)
    }
    let mean = gains.reduce(0, +) / Double(gains.count)
    let spread = (gains.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 99).squareRoot()
    // The chain's true curve is no polynomial of F: 0.04 % is what the powers left out do.
    #expect(spread < 0.2, "\(spread) %")
    #expect(abs(mean) < 0.06, "\(mean) %, scatter \(spread) %")
    let bias = coefficients.reduce(0, +) / Double(coefficients.count)
    #expect(abs(bias) < 0.08, "\(bias)")
    let scatter = (pulls.reduce(0) { $0 + $1 * $1 } / Double(pulls.count)).squareRoot()
    #expect(scatter > 0.7 && scatter < 1.3, "\(scatter)")
  }

  @Test("A lamp that flickers by half a per cent leaves the gain to the variances")
  func flicker() throws {
    var chain = BentChain()
    chain.flicker = 0.0035
    var (deviations, pulls): ([Double], [Double]) = ([], [])
    for seed in 0..<60 {
      let (points, samples) = chain.ramp(seed: UInt64(seed) + 900)
      let curve = try PhotonTransferCurve(
        points, noise: Estimate(value: chain.noise, uncertainty: 0.05 * chain.noise, count: 100))
      let gain = try PhotonTransferFit(
        .exponential, to: curve, linearity: RampLinearity(samples)).gain
      deviations.append(100 * (gain.value / chain.gain - 1))
      pulls.append((gain.value - chain.gain) / gain.uncertainty)
    }
    func rms(_ values: [Double]) -> Double {
      (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
    }
    #expect(rms(deviations) < 0.5, "\(rms(deviations)) %")
    #expect(rms(pulls) > 0.4 && rms(pulls) < 1.5, "\(rms(pulls))")
  }

  @Test("The linear signal undoes the bend; its slope is the derivative")
  func mapping() throws {
    let chain = BentChain()
    let (points, samples) = chain.ramp(seed: 5)
    let curve = try PhotonTransferCurve(points)
    let linearity = try RampLinearity(samples).refined(by: curve)
    for linear in stride(from: 5000.0, through: 50_000, by: 5000) {
      let measured = chain.measured(linear)
      #expect(abs(linearity.linear(measured) / linear - 1) < 0.006)
      let slope = (linearity.linear(measured + 1) - linearity.linear(measured - 1)) / 2
      #expect(abs(slope / linearity.slope(measured) - 1) < 1e-6)
    }
    #expect(abs(linearity.largestDeviation.value) < 1.5)
    #expect(linearity.largestDeviation.uncertainty > 0)
  }

  @Test("Too few exposure times, and signals that do not rise, give a reason")
  func faults() {
    let samples = BentChain().ramp(seed: 1).samples
    #expect(throws: NotMeasurable.self) {
      try RampLinearity(samples.filter { $0.exposureSeconds < 2.1 })
    }
    #expect(throws: NotMeasurable.self) { try RampLinearity([]) }
    let flat = samples.map {
      LinearitySample(
        exposure: $0.exposure, filter: 0, tile: 0, exposureSeconds: $0.exposureSeconds,
        elapsedHours: $0.elapsedHours, signal: 0, uncertainty: 1)
    }
    #expect(throws: NotMeasurable.self) { try RampLinearity(flat) }
  }

  @Test("The noise of the over-scan makes the gain surer, and is left alone where it is no number")
  func noise() throws {
    let points = BentChain(bend: (0, 0)).ramp(seed: 9).points
    let free = try PhotonTransferFit(.polynomial(degree: 3), to: PhotonTransferCurve(points))
    let known = try PhotonTransferFit(
      .polynomial(degree: 3),
      to: PhotonTransferCurve(
        points, noise: Estimate(value: 1.3, uncertainty: 0.065, count: 10)))
    #expect(known.gain.uncertainty < 0.6 * free.gain.uncertainty)
    let hollow = try PhotonTransferCurve(
      points, noise: Estimate(value: .nan, uncertainty: 1, count: 0))
    #expect(hollow.noise == nil)
  }
}
