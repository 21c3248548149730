import Foundation
import Testing

@testable import Analysis

/// Points of a photon transfer curve with known parameters and stated noise.
private struct Truth {
  var gain = 3.5
  var readNoise = 4.2
  var a: [Double]
  var c: [Double]
  let side: Int
  var pixels = 4e6

  init(side: Int = 3, b: Double = 0) {
    self.side = side
    let quadrant: [[Double]] = [
      [-1.2e-6, 2.4e-7, 6e-8], [1.5e-7, 7e-8, 2.5e-8], [4e-8, 3e-8, 1.5e-8],
    ]
    a = (0..<side * side).map { quadrant[min($0 / side, 2)][min($0 % side, 2)] }
    c = a.map { $0 * b }
  }

  func covariances(_ mean: Double) -> [Double] {
    var values = CovarianceSeries(side: side, a: a, c: c).covariances(mean: mean, gain: gain)
    values[0] += readNoise * readNoise / (gain * gain)
    return values
  }

  func point(_ mean: Double, _ random: inout SeededGenerator) -> PhotonTransferPoint {
    let truth = covariances(mean)
    let errors = truth.indices.map { lag in
      truth[0] * ((lag == 0 ? 2 : 1) / pixels).squareRoot()
    }
    let values = zip(truth, errors).map { $0 + $1 * random.normal() }
    // Stated errors follow the measured variance, as those of a measured pair do.
    let stated = errors.map { $0 * values[0] / truth[0] }
    return PhotonTransferPoint(
      mean: mean, variance: Estimate(value: values[0], uncertainty: stated[0], count: Int(pixels)),
      covariances: CovarianceMatrix(
        range: side - 1, values: values, uncertainties: stated,
        pairs: [Int](repeating: Int(pixels), count: values.count)))
  }

  func points(seed: Int, means: [Double]) -> [PhotonTransferPoint] {
    var random = SeededGenerator(seed: UInt64(seed) + 4242)
    return means.map { point($0, &random) }
  }
}

private let ladder: [Double] = [
  3000, 6000, 12000, 18000, 25000, 30000, 37000, 42000, 48000,
].flatMap { level in (0..<4).map { level * (1 + 0.002 * Double($0)) } }

@Suite struct NonlinearFitTests {
  @Test("A straight line comes out as by its formula, with its covariance")
  func line() throws {
    let x = [0.0, 1, 2, 3, 4]
    let y = [1.0, 2.9, 5.1, 7.2, 8.8]
    let sigma = 0.1
    let fit = try NonlinearFit(start: [0, 1], scales: [1, 1], count: 5) { p, r in
      for i in 0..<5 { r[i] = (p[0] + p[1] * x[i] - y[i]) / sigma }
    }
    #expect(abs(fit.parameters[1] - 1.99) < 1e-8)
    #expect(abs(fit.parameters[0] - 1.02) < 1e-8)
    // sigma^2 / Sxx = 0.01 / 10.
    #expect(abs(fit.uncertainty(of: 1) - 0.001.squareRoot()) < 1e-6)
    #expect(fit.freedom == 3)
  }

  @Test("What is not finite, or has too few values, is no fit")
  func faults() {
    #expect(throws: NotMeasurable.self) {
      try NonlinearFit(start: [1], scales: [1], count: 3) { _, r in r[0] = .nan }
    }
    #expect(throws: NotMeasurable.self) {
      try NonlinearFit(start: [1, 1], scales: [1, 1], count: 1) { _, r in r[0] = 0 }
    }
  }
}

@Suite struct PhotonTransferTests {
  @Test("The models give the published numbers")
  func vectors() {
    let expected = [
      100: 77.75778177717, 1000: 675.78177178499, 20000: 12575.507031427, 60000: 33602.630436552,
    ]
    for (mean, value) in expected {
      let found = PhotonTransferModel.exponential(
        mean: Double(mean), a: -2e-6, gain: 1.5, noise: 25)
      #expect(abs(found / value - 1) < 1e-10)
    }
    let a = [-2.5e-6, 4e-7, 1e-7, 1e-6, 2e-7, 5e-8, 2e-7, 8e-8, 3e-8]
    let b = [1e-6, 2e-6, 1e-6, 1e-6, 1e-6, 1e-6, 1e-6, 1e-6, 1e-6]
    var full = CovarianceSeries(side: 3, a: a, c: zip(a, b).map { $0 * $1 })
      .covariances(mean: 30000, gain: 1.6)
    full[0] += 36 / 2.56
    let published = [
      16691.92322678, 354.00270643, 93.01127501, 814.12980019, 190.01890714, 53.02920614,
      191.17384888, 81.07472609, 31.03334945,
    ]
    for (found, value) in zip(full, published) { #expect(abs(found / value - 1) < 1e-8) }
    var plain = CovarianceSeries(side: 3, a: a, c: [Double](repeating: 0, count: 9))
      .covariances(mean: 30000, gain: 1.6)
    plain[0] += 36 / 2.56
    #expect(abs(plain[0] / 16748.04428918 - 1) < 1e-8)
    #expect(abs(plain[5] / 51.06735014 - 1) < 1e-8)
  }

  @Test("Analytic derivatives of the full model are those of differences")
  func derivatives() throws {
    let truth = Truth(side: 3, b: 4e-7)
    let means = [3000.0, 10000, 20000, 30000, 40000, 50000]
    let problem = try FullCovarianceProblem(
      side: 3, withC: true, means: means, data: means.map(truth.covariances),
      errors: means.map { mean in truth.a.map { _ in mean * 1e-3 } })
    let p = [3.4] + truth.a + truth.a.map { _ in 5.0 } + truth.c
    var slopes = [Double](repeating: 0, count: problem.residualCount * p.count)
    problem.derivatives(p, &slopes)
    for k in p.indices {
      let step = max(abs(p[k]) * 1e-4, 1e-16)
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
        #expect(abs(numeric - slopes[i * p.count + k]) < 1e-5 * largest + 1e-9)
      }
    }
  }

  @Test("Gain, a and read noise of the exponential model are unbiased with unit pulls")
  func exponential() throws {
    var pulls: [[Double]] = [[], [], []]
    for seed in 0..<150 {
      var random = SeededGenerator(seed: UInt64(seed) + 17)
      let points = ladder.map { mean in
        let value = PhotonTransferModel.exponential(mean: mean, a: -1.2e-6, gain: 3.5, noise: 17)
        let error = value * (2 / 4e6).squareRoot()
        let measured = value + error * random.normal()
        return PhotonTransferPoint(
          mean: mean,
          variance: Estimate(value: measured, uncertainty: error * measured / value, count: 1))
      }
      let curve = try PhotonTransferCurve(points)
      #expect(curve.isUsed.allSatisfy { $0 })
      #expect(curve.turnOff.isLowerLimit)
      let fit = try PhotonTransferFit(.exponential, to: curve)
      #expect(abs(fit.gain.value / 3.5 - 1) < 0.002)
      pulls[0].append((fit.gain.value - 3.5) / fit.gain.uncertainty)
      let a = try #require(fit.a00)
      pulls[1].append((a.value + 1.2e-6) / a.uncertainty)
      pulls[2].append((fit.fit.parameters[2] - 17) / fit.fit.uncertainty(of: 2))
    }
    for values in pulls {
      let (mean, deviation) = moments(values)
      #expect(abs(mean) < 0.3)
      // Errors grow with the scatter where that is large by chance: widths stay just below one.
      #expect(deviation > 0.75 && deviation < 1.15)
    }
  }

  @Test(
    "The full model gives back gain, all a and c, and the sum, with unit pulls",
    arguments: [true, false])
  func full(withB: Bool) throws {
    let truth = Truth(side: 3, b: withB ? 4e-7 : 0)
    var pulls: [[Double]] = [[], [], [], [], []]
    var gains: [Double] = []
    for seed in 0..<60 {
      let curve = try PhotonTransferCurve(truth.points(seed: seed, means: ladder))
      #expect(curve.isUsed.count(where: { !$0 }) <= 1)
      let fit = try PhotonTransferFit(withB ? .fullCovariance : .fullCovarianceWithoutB, to: curve)
      let m = try #require(fit.matrices)
      #expect(abs(fit.gain.value / truth.gain - 1) < (withB ? 0.004 : 0.002))
      gains.append(fit.gain.value / truth.gain - 1)
      pulls[0].append((fit.gain.value - truth.gain) / fit.gain.uncertainty)
      pulls[1].append((m.a[0].value - truth.a[0]) / m.a[0].uncertainty)
      pulls[2].append((m.a[1].value - truth.a[1]) / m.a[1].uncertainty)
      pulls[3].append((m.a[3].value - truth.a[3]) / m.a[3].uncertainty)
      let sum = truth.a.enumerated().reduce(0) {
        $0 + $1.element * ($1.offset / 3 == 0 ? 1 : 2) * ($1.offset % 3 == 0 ? 1 : 2)
      }
      pulls[4].append((m.sum.value - sum) / m.sum.uncertainty)
      let model = try #require(fit.covariances(20000))
      #expect(abs(model[0] / truth.covariances(20000)[0] - 1) < 0.001)
    }
    #expect(abs(moments(gains).mean) < 5e-4, "gains are off by \(100 * moments(gains).mean) %")
    for (index, values) in pulls.enumerated() {
      let (mean, deviation) = moments(values)
      #expect(abs(mean) < 0.5, "\(index)")
      #expect(deviation > 0.7 && deviation < 1.3, "\(index)")
    }
  }

  @Test("Saturation ends the curve, and the fit below does not notice it")
  func saturation() throws {
    let truth = Truth()
    var points = truth.points(seed: 3, means: ladder)
    for mean in [52000.0, 54000, 56000, 58000] {
      points.append(
        PhotonTransferPoint(mean: mean, variance: Estimate(value: 4000, uncertainty: 3, count: 1)))
    }
    let curve = try PhotonTransferCurve(points.shuffledBySeed())
    #expect(!curve.turnOff.isLowerLimit)
    #expect(abs(curve.turnOff.mean - 48288) < 1)
    #expect(curve.used.count >= ladder.count - 1)
    let fit = try PhotonTransferFit(.exponential, to: curve)
    #expect(abs(fit.gain.value / truth.gain - 1) < 0.004)
  }

  @Test("A highest signal whose neighbours are correlated by blooming ends the curve, though its variance follows")
  func blooming() throws {
    let truth = Truth()
    var points = truth.points(seed: 3, means: ladder)
    for index in points.indices.suffix(4) {
      let point = points[index]
      let matrix = try #require(point.covariances)
      var values = matrix.values
      // Charge that runs along the columns, in a corner of the amplifier: half of C_01, 2 % of the variance.
      values[1] *= 2
      let variance = point.variance
      points[index] = PhotonTransferPoint(
        mean: point.mean,
        variance: Estimate(
          value: 1.02 * variance.value, uncertainty: variance.uncertainty, count: variance.count),
        covariances: CovarianceMatrix(
          range: matrix.range, values: values, uncertainties: matrix.uncertainties,
          pairs: matrix.pairs))
    }
    let curve = try PhotonTransferCurve(points)
    #expect(curve.isUsed.suffix(4).allSatisfy { !$0 })
    #expect(abs(curve.turnOff.mean - 42_252) < 1)
    #expect(!curve.turnOff.isLowerLimit)
    // Nothing else ends there: neither a sound curve, nor one of variances alone.
    let sound = try PhotonTransferCurve(truth.points(seed: 3, means: ladder))
    #expect(sound.turnOff.isLowerLimit && sound.turnOff.mean > 48_000)
    let bare = points.map { PhotonTransferPoint(mean: $0.mean, variance: $0.variance) }
    #expect(try PhotonTransferCurve(bare).turnOff.isLowerLimit)
  }

  @Test("Outliers, low and high, are left out wherever they are", arguments: [0, 3, 9, 20, 35])
  func outlier(index: Int) throws {
    for factor in [0.5, 0.95, 1.06, 3] {
      var points = Truth().points(seed: 8, means: ladder)
      let bad = points[index]
      points[index] = PhotonTransferPoint(
        mean: bad.mean,
        variance: Estimate(
          value: bad.variance.value * factor, uncertainty: bad.variance.uncertainty, count: 1),
        covariances: bad.covariances)
      let curve = try PhotonTransferCurve(points)
      #expect(!curve.isUsed[index])
      #expect(curve.used.count >= ladder.count - 2)
    }
  }

  @Test(
    "The parabola's error of the gain is sigma(p1) g^2, and its gain is too high for a true curve")
  func quadratic() throws {
    let truth = Truth()
    let curve = try PhotonTransferCurve(truth.points(seed: 1, means: ladder))
    let fit = try PhotonTransferFit(.quadratic, to: curve)
    let g = fit.gain.value
    #expect(abs(fit.gain.uncertainty / (fit.fit.uncertainty(of: 1) * g * g) - 1) < 1e-12)
    #expect(g > truth.gain * 1.001)
    #expect(g < truth.gain * 1.02)
    let cubic = try PhotonTransferFit(.polynomial(degree: 3), to: curve)
    #expect(abs(cubic.gain.value / truth.gain - 1) < abs(g / truth.gain - 1))
  }

  @Test("Names of models come back")
  func names() {
    for model: PhotonTransferModel in [
      .quadratic, .polynomial(degree: 3), .exponential, .fullCovariance, .fullCovarianceWithoutB,
    ] {
      #expect(PhotonTransferModel(model.description) == model)
    }
    #expect(PhotonTransferModel("POLYNOMIAL99") == nil)
    #expect(PhotonTransferModel("") == nil)
  }

  @Test("Too few, all saturated, negative and missing points give a reason, not a number")
  func faults() throws {
    func curve(_ pairs: [(Double, Double)]) throws -> PhotonTransferCurve {
      try PhotonTransferCurve(
        pairs.map {
          PhotonTransferPoint(mean: $0.0, variance: Estimate(value: $0.1, uncertainty: 1, count: 1))
        })
    }
    #expect(throws: NotMeasurable.self) { try curve([]) }
    #expect(
      throws: NotMeasurable("no light: the signals of all pairs are within the noise")
    ) { try curve((0..<12).map { (0.01 * Double($0 + 1), 1.6) }) }
    #expect(throws: NotMeasurable.self) { try curve([(1, 1), (2, 2), (3, 3)]) }
    #expect(throws: NotMeasurable.self) { try curve((0..<10).map { (-Double($0), 5) }) }
    #expect(throws: NotMeasurable.self) { try curve((0..<10).map { (Double($0) * 1000, .nan) }) }
    // One signal only: nothing can be fitted to it.
    let truth = Truth()
    let one = try? PhotonTransferCurve(
      truth.points(seed: 1, means: (0..<12).map { 20000 + Double($0) }))
    if let one {
      #expect(throws: NotMeasurable.self) { try PhotonTransferFit(.fullCovariance, to: one) }
    }
    // No covariances: the full model cannot be had.
    let plain = try PhotonTransferCurve(
      truth.points(seed: 1, means: ladder).map {
        PhotonTransferPoint(mean: $0.mean, variance: $0.variance)
      })
    #expect(throws: NotMeasurable.self) { try PhotonTransferFit(.fullCovariance, to: plain) }
  }
}

extension Array {
  fileprivate func shuffledBySeed() -> [Element] {
    var random = SeededGenerator(seed: 99)
    return shuffled(using: &random)
  }
}
