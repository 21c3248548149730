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
        let light = (1 + drift * tau) * (1 + jitter * random.normal())
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
}
