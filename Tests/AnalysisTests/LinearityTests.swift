import Foundation
import Testing

@testable import Analysis

/// Exposures of two filters through a detector of known non-linearity.
private struct LinearityTruth {
  var c = [0.02, -0.12, 0.11, -0.05]
  var low = 0.0
  var jitter = 2e-4
  var shutter = 0.004
  var drift = 0.003
  var wave = 0.0

  func light(_ hours: Double) -> Double { 1 + drift * hours + wave * sin(2 * .pi * hours / 0.5) }

  func u(_ signal: Double) -> Double {
    let x = signal / 65536
    return c.enumerated().reduce(low * exp(-signal / 1500)) {
      $0 + $1.element * pow(x, Double($1.offset + 1))
    }
  }

  func deviation(_ signal: Double, pivot: Double = 32768) -> Double {
    100 * expm1(u(signal) - u(pivot))
  }

  /// NL02's ladder: a faint filter up to 20 %, a bright one from 10 % on, stability frames between.
  func samples(seed: UInt64, tiles: Int = 9) -> [LinearitySample] {
    var random = SeededGenerator(seed: seed)
    var result: [LinearitySample] = []
    let saturation = [40.0, 10]
    var exposure = 0
    let faint = [0.7, 1, 2, 3, 5, 10, 20].map { (0, $0) }
    let bright = [10.0, 20, 30, 55, 70, 80].map { (1, $0) }
    for (filter, percent) in faint + bright {
      for repetition in 0..<5 {
        // The fifth is a stability frame.
        let (f, level) = repetition == 4 ? (1, 50.0) : (filter, percent)
        let commanded = saturation[f] * level / 100
        let tau = Double(exposure) / 60
        let light = self.light(tau) * (1 + jitter * random.normal())
        for tile in 0..<tiles {
          let flux = 65536 / saturation[f] * (1 + 0.02 * Double(tile - tiles / 2))
          let linear = flux * light * (commanded + shutter)
          var signal = linear
          for _ in 0..<60 { signal = linear * exp(u(signal)) }
          let sigma = (signal / 3.5 / 9e4 + 2e-5).squareRoot()
          result.append(
            LinearitySample(
              exposure: exposure, filter: f, tile: tile, exposureSeconds: commanded,
              elapsedHours: tau, signal: signal + sigma * random.normal(), uncertainty: sigma))
        }
        exposure += 1
      }
    }
    return result
  }
}

@Suite struct LinearityTests {
  @Test(
    "The deviation is that of the truth over the whole range, with unit pulls, in spite of drift, shutter and jitter"
  )
  func truth() throws {
    let truth = LinearityTruth()
    let signals = [1000.0, 5000, 15000, 25000, 40000, 50000]
    var pulls = [[Double]](repeating: [], count: signals.count)
    for seed in 0..<40 {
      let fit = try LinearityFit(truth.samples(seed: UInt64(seed) + 1))
      for (index, signal) in signals.enumerated() {
        let found = fit.deviation(signal)
        #expect(abs(found.value - truth.deviation(signal)) < 0.2, "\(signal)")
        pulls[index].append((found.value - truth.deviation(signal)) / found.uncertainty)
      }
      let shutter = try #require(fit.shutterError)
      #expect(abs(shutter.value - truth.shutter) < 5 * shutter.uncertainty)
    }
    for (index, values) in pulls.enumerated() {
      let (mean, deviation) = moments(values)
      #expect(abs(mean) < 0.6, "\(signals[index])")
      // Errors from clusters are a little small with few clusters.
      #expect(deviation > 0.7 && deviation < 1.45, "\(signals[index]): \(deviation)")
    }
  }

  @Test("The deviation at the pivot is zero, and the linearised signal is linear")
  func linearised() throws {
    let truth = LinearityTruth(jitter: 0)
    let fit = try LinearityFit(truth.samples(seed: 5))
    #expect(fit.deviation(32768).value == 0)
    #expect(fit.deviation(32768).uncertainty == 0)
    // The ratio of two linearised signals is that of the light.
    for linear in [2000.0, 10000, 30000, 45000] {
      var signal = linear
      for _ in 0..<60 { signal = linear * exp(truth.u(signal)) }
      let expected = linear * exp(truth.u(32768))
      #expect(abs(fit.linearised(signal) / expected - 1) < 1e-3)
    }
    let largest = fit.largestDeviation(within: 1000...50000)
    let scan = stride(from: 1000.0, through: 50000, by: 100).max {
      abs(truth.deviation($0)) < abs(truth.deviation($1))
    }
    #expect(abs(largest.value.value - truth.deviation(scan ?? 0)) < 0.1)
    #expect(largest.value.uncertainty > 0)
  }

  @Test("An exponential term at low signals is found where there is one")
  func lowSignals() throws {
    let truth = LinearityTruth(low: -0.02, jitter: 1e-4, shutter: 0)
    var options = LinearityOptions()
    options.fitsLowSignals = true
    options.fitsShutter = false
    let fit = try LinearityFit(truth.samples(seed: 9), options: options)
    let low = try #require(fit.lowSignal)
    #expect(abs(low.amplitude.value / -0.02 - 1) < 0.15)
    #expect(low.scale > 900 && low.scale < 2500)
    for signal in [600.0, 1500, 3000, 20000] {
      #expect(abs(fit.deviation(signal).value - truth.deviation(signal)) < 0.12)
    }
  }

  @Test("A frame with another light is left out and named")
  func outlier() throws {
    let truth = LinearityTruth()
    let samples = truth.samples(seed: 3).map { sample in
      sample.exposure == 20
        ? LinearitySample(
          exposure: 20, filter: sample.filter, tile: sample.tile,
          exposureSeconds: sample.exposureSeconds, elapsedHours: sample.elapsedHours,
          signal: sample.signal * 1.02, uncertainty: sample.uncertainty) : sample
    }
    let fit = try LinearityFit(samples)
    #expect(fit.rejected == [20])
  }

  @Test("Too little, or nothing that can be used, gives a reason")
  func faults() {
    #expect(throws: NotMeasurable.self) { try LinearityFit([]) }
    let few = LinearityTruth().samples(seed: 1).filter { $0.exposure < 6 }
    #expect(throws: NotMeasurable.self) { try LinearityFit(few) }
    let saturated = LinearityTruth().samples(seed: 1).map {
      LinearitySample(
        exposure: $0.exposure, filter: 0, tile: 0, exposureSeconds: 1, elapsedHours: 0,
        signal: 65535,
        uncertainty: 1)
    }
    #expect(throws: NotMeasurable.self) { try LinearityFit(saturated) }
    let broken = LinearityTruth().samples(seed: 1).map {
      LinearitySample(
        exposure: $0.exposure, filter: 0, tile: 0, exposureSeconds: .nan, elapsedHours: 0,
        signal: 3000,
        uncertainty: 1)
    }
    #expect(throws: NotMeasurable.self) { try LinearityFit(broken) }
  }

  @Test("A source that oscillates is followed, and its light is that of the truth")
  func drift() throws {
    var truth = LinearityTruth(jitter: 0)
    truth.wave = 1e-3
    let samples = truth.samples(seed: 4)
    var options = LinearityOptions()
    options.driftDegrees = 2...14
    let fit = try LinearityFit(samples, options: options)
    #expect(fit.drift.count > 4)
    let stiff = try LinearityFit(samples)
    func error(_ fit: LinearityFit) -> Double {
      [2000.0, 8000, 20000, 45000].reduce(0) {
        max($0, abs(fit.deviation($1).value - truth.deviation($1)))
      }
    }
    #expect(error(fit) < 0.02 && error(fit) < error(stiff))
    let (a, b) = (0.2, 0.6)
    let expected = truth.light(b) / truth.light(a)
    #expect(abs(fit.light(atHours: b) / fit.light(atHours: a) / expected - 1) < 2e-4)
  }

  @Test("The shutter's error is found though it is a tenth of the shortest exposure")
  func longShutter() throws {
    var truth = LinearityTruth(jitter: 0)
    truth.shutter = -0.03
    let fit = try LinearityFit(truth.samples(seed: 8))
    let shutter = try #require(fit.shutterError)
    #expect(abs(shutter.value + 0.03) < 5 * shutter.uncertainty + 1e-5, "\(shutter)")
    for signal in [500.0, 1500, 10000, 45000] {
      #expect(abs(fit.deviation(signal).value - truth.deviation(signal)) < 0.05, "\(signal)")
    }
  }

  @Test("The scatter of the light between equal exposures is found, and 0 where there is none")
  func scatter() {
    var values: [Double] = []
    for seed in 0..<10 {
      values.append(RepeatScatter.relative(LinearityTruth(jitter: 1e-3).samples(seed: UInt64(seed))))
      #expect(RepeatScatter.relative(LinearityTruth(jitter: 0).samples(seed: UInt64(seed))) < 2e-4)
    }
    #expect(abs(moments(values).mean / 1e-3 - 1) < 0.25, "\(moments(values))")
    #expect(RepeatScatter.relative([]) == 0)
  }

  @Test("Errors that were guessed wrongly become those that repeated exposures show, and drift is no scatter")
  func errorScales() throws {
    var found: [Double] = []
    for seed in 0..<10 {
      let samples = LinearityTruth(jitter: 1e-3).samples(seed: UInt64(seed))
      let wrong = samples.map { $0.scaled(4) }
      let scale = try #require(RepeatScatter.errorScale(wrong, in: 0..<65_536))
      found.append(4 * scale)
      #expect(RepeatScatter.errorScale(wrong, in: 60_000..<65_536) == nil)
    }
    #expect(abs(moments(found).mean - 1) < 0.05, "\(moments(found))")
    // A source that swings by half a percent between stability frames, and not between exposures that follow each other.
    let swinging = RepeatScatter.relative(
      LinearityTruth(jitter: 1e-4, drift: 0.01, wave: 0).samples(seed: 3))
    #expect(swinging < 3e-4, "\(swinging)")
    #expect(RepeatScatter.errorScale([], in: 0..<65_536) == nil)
  }

  @Test("A curve that the polynomial cannot follow has errors that say so; one that it can has none of that")
  func misfit() throws {
    var options = LinearityOptions()
    options.commonScatter = 2e-4
    let good = try LinearityFit(LinearityTruth().samples(seed: 4), options: options)
    #expect(good.misfit == 1)
    // A ripple of 0.3 %, four periods over the range.
    let rippled = LinearityTruth().samples(seed: 4).map { sample in
      LinearitySample(
        exposure: sample.exposure, filter: sample.filter, tile: sample.tile,
        exposureSeconds: sample.exposureSeconds, elapsedHours: sample.elapsedHours,
        signal: sample.signal * (1 + 3e-3 * sin(2 * .pi * sample.signal / 16_000)),
        uncertainty: sample.uncertainty)
    }
    let bad = try LinearityFit(rippled, options: options)
    #expect(bad.misfit > 3)
    #expect(bad.deviation(50_000).uncertainty > 3 * good.deviation(50_000).uncertainty)
  }

  @Test("Without signals near the pivot there is no deviation from a line through it")
  func pivotBeyond() {
    var options = LinearityOptions()
    options.range = 250...20_000
    let reason = #expect(throws: NotMeasurable.self) {
      try LinearityFit(LinearityTruth().samples(seed: 5), options: options)
    }
    #expect(reason?.reason.contains("pivot of 32768 ADU lies beyond") == true)
    options.pivot = 10_000
    #expect(throws: Never.self) {
      try LinearityFit(LinearityTruth().samples(seed: 5), options: options)
    }
  }

  @Test("An exposure of which some tiles are full is a point on the curve")
  func partlyFull() throws {
    // The brightest of nine tiles cease at 45 000 ADU.
    let samples = LinearityTruth().samples(seed: 6).map { sample in
      LinearitySample(
        exposure: sample.exposure, filter: sample.filter, tile: sample.tile,
        exposureSeconds: sample.exposureSeconds, elapsedHours: sample.elapsedHours,
        signal: min(sample.signal, 45_000), uncertainty: sample.uncertainty)
    }
    var options = LinearityOptions()
    options.range = 250...43_500
    let fit = try LinearityFit(samples, options: options)
    let points = fit.points(samples)
    #expect(points.filter(\.isUsed).allSatisfy { abs($0.residual) < 0.3 })
    #expect(fit.points(samples, everywhere: true).contains { $0.residual < -1 })
  }

  @Test("Full well is that of the pixels though a gradient fills some tiles long before others; a lamp that went off fills none")
  func plateauOfTiles() throws {
    func points(_ signal: (Double) -> Double) -> [SaturationPlateau.Point] {
      (0..<36).flatMap { tile in
        (1...12).map { step in
          let light = Double(step) * 6000 * (0.7 + Double(tile) / 60)
          return SaturationPlateau.Point(
            filter: 1, seconds: Double(step), signal: signal(light), tile: tile)
        }
      }
    }
    let full = try SaturationPlateau(tiles: points { min($0, 55_000) })
    #expect(abs(full.level.value - 55_000) < 1)
    #expect(full.lowest > 54_000)
    let off = #expect(throws: NotMeasurable.self) {
      try SaturationPlateau(tiles: points { $0 > 30_000 ? 0.4 : $0 })
    }
    #expect(off?.reason.contains("not reached") == true)
  }

  @Test("Times that are not those of the exposures give a reason, not a curve")
  func otherTimes() {
    let truth = LinearityTruth()
    let samples = truth.samples(seed: 5)
    func reason(_ seconds: (LinearitySample) -> Double) -> String? {
      do throws(NotMeasurable) {
        _ = try LinearityFit(
          samples.map {
            LinearitySample(
              exposure: $0.exposure, filter: $0.filter, tile: $0.tile, exposureSeconds: seconds($0),
              elapsedHours: $0.elapsedHours, signal: $0.signal, uncertainty: $0.uncertainty)
          })
        return nil
      } catch { return error.reason }
    }
    #expect(reason { $0.exposureSeconds } == nil)
    // Every second exposure is said to have taken longer; or all took the same.
    for wrong in [
      { $0.exposureSeconds + ($0.exposure % 2 == 0 ? 1.5 : 0) },
      { 1 + 0.2 * Double($0.exposure % 7) },
    ] as [(LinearitySample) -> Double] {
      #expect(reason(wrong)?.hasPrefix("the signals do not follow the exposure times") == true)
    }
  }

  @Test("Points of all exposures lie on the curve; those that were not fitted say so")
  func points() throws {
    let truth = LinearityTruth(jitter: 0)
    var options = LinearityOptions()
    options.range = 250...40_000
    let samples = truth.samples(seed: 2)
    let fit = try LinearityFit(samples, options: options)
    let points = fit.points(samples)
    #expect(points.count == Set(samples.map(\.exposure)).count)
    #expect(points.contains { !$0.isUsed } && points.contains(where: \.isUsed))
    for point in points where point.isUsed {
      #expect(abs(point.deviation.value - truth.deviation(point.signal)) < 0.1)
      #expect(abs(point.residual) < 6 * point.deviation.uncertainty)
    }
    // 144 tiles of errors would say too much: chi^2 is that of exposures.
    let reduced = fit.exposureChiSquare.value / Double(fit.exposureChiSquare.freedom)
    #expect(reduced > 0.5 && reduced < 1.7, "\(reduced)")
  }
}
