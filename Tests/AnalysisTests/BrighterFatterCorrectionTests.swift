import Detector
import Foundation
import Testing

@testable import Analysis

/// The correction against images that were made another way: charge gathered in steps of time, each of which moves the
/// boundaries by what is there already.
@Suite struct BrighterFatterCorrectionTests {
  /// Shifts of two lags, not those of any potential.
  private static let truth = BoundaryShifts(
    side: 2, vertical: [-1.9e-7, -3e-8, -4e-8, -1.2e-8], horizontal: [-1.5e-7, -4.5e-8, -2.5e-8, -9e-9])
  private static let side = 96

  /// A flat of a torus, in electrons, and the photons that fell on it: `steps` times the light falls, with its noise, and
  /// the areas are those that the charge of that moment makes.
  private func flat(
    _ mean: Double, seed: UInt64, steps: Int = 12
  ) -> (gathered: [Double], photons: [Double]) {
    let n = Self.side
    var random = SeededGenerator(seed: seed)
    var gathered = [Double](repeating: 0, count: n * n)
    var photons = gathered
    let light = mean / Double(steps)
    let reach = Self.truth.side
    let lags = (-reach...reach).flatMap { i in (-reach...reach).map { (i, $0) } }
    let a = lags.map { Self.truth.areaChange($0.0, $0.1) }
    for _ in 0..<steps {
      let noise = (0..<n * n).map { _ in light.squareRoot() * random.normal() }
      // The charge in the middle of the step.
      let before = gathered.indices.map { gathered[$0] + (light + noise[$0]) / 2 - mean / 2 }
      for y in 0..<n {
        for x in 0..<n {
          var area = 0.0
          for (lag, value) in zip(lags, a) where value != 0 {
            let (u, v) = ((x - lag.0 + n) % n, (y - lag.1 + n) % n)
            area += value * before[v * n + u]
          }
          gathered[y * n + x] += light * (1 + area) + noise[y * n + x]
        }
      }
      for index in photons.indices { photons[index] += light + noise[index] }
    }
    return (gathered, photons)
  }

  private func image(_ values: [Double]) -> Image<Float> {
    let image = Image<Float>(width: Self.side, height: Self.side)
    for (index, value) in values.enumerated() { image.pixels[index] = Float(value) }
    return image
  }

  /// Variance and covariance at a lag, away from the borders.
  private func covariance(_ image: Image<Float>, _ dx: Int, _ dy: Int, _ mean: Double) -> Double {
    var (n, sum, first, second) = (0.0, 0.0, 0.0, 0.0)
    for y in 6..<Self.side - 6 {
      for x in 6..<Self.side - 6 {
        let (p, q) = (Double(image[x, y]) - mean, Double(image[x + dx, y + dy]) - mean)
        (n, sum, first, second) = (n + 1, sum + p * q, first + p, second + q)
      }
    }
    return sum / n - first * second / (n * n)
  }

  @Test("What time has done is undone: variance within 0.2 %, no covariance left, seed by seed", arguments: 1...4)
  func restores(seed: Int) {
    let mean = 180_000.0
    let (gathered, photons) = flat(mean, seed: UInt64(seed))
    let (moved, before) = (image(gathered), image(photons))
    let poisson = covariance(before, 0, 0, mean)
    func ratio(_ image: Image<Float>) -> Double { covariance(image, 0, 0, mean) / poisson }
    #expect(ratio(moved) < 0.9)
    let correction = BrighterFatterCorrection(Self.truth)
    for order in 2...3 {
      let restored = correction.removed(from: moved, order: order)
      #expect(abs(ratio(restored) - 1) < 0.002, "order \(order): \(ratio(restored))")
      for (dx, dy) in [(1, 0), (0, 1), (1, 1), (1, -1), (2, 0), (0, 2)] {
        let left = covariance(restored, dx, dy, mean) - covariance(before, dx, dy, mean)
        #expect(abs(left / poisson) < 0.002, "order \(order), lag \(dx), \(dy): \(left / poisson)")
      }
    }
    // The fixed point of the first order leaves what Astier et al. add to it.
    var fixed = moved
    for _ in 0..<8 {
      let once = correction.applied(to: fixed, order: 1)
      let next = Image<Float>(width: Self.side, height: Self.side)
      for index in next.pixels.indices {
        next.pixels[index] = moved.pixels[index] - (once.pixels[index] - fixed.pixels[index])
      }
      fixed = next
    }
    #expect(ratio(fixed) > 1.006, "first order: \(ratio(fixed))")
  }

  @Test("A linearised chain first: a bent one leaves the variance wrong, the true curve does not", arguments: 1...3)
  func linearised(seed: Int) {
    let (mean, gain) = (150_000.0, 3.4)
    let (gathered, photons) = flat(mean, seed: UInt64(100 + seed))
    // F = s exp(u), and its inverse by a few steps of Newton, independent of the table.
    let c = [0.03, -0.05]
    func measured(_ s: Double) -> Double {
      var f = s
      for _ in 0..<60 {
        let x = f / 65536
        f = s * exp(c[0] * x + c[1] * x * x)
      }
      return f
    }
    let chain = RampLinearity(
      coefficients: c.map { Estimate(value: $0, uncertainty: 0.001, count: 9) },
      covariance: [1e-6, 0, 0, 1e-6], top: measured(mean / gain) * 1.02)
    let read = image(gathered.map { measured($0 / gain) })
    let poisson = covariance(image(photons), 0, 0, mean) / (gain * gain)
    let correction = BrighterFatterCorrection(Self.truth.scaled(by: gain))
    let level = mean / gain
    let bent = covariance(correction.removed(from: read), 0, 0, level) / poisson
    LinearSignals(chain).linearise(read.pixels)
    let right = covariance(correction.removed(from: read), 0, 0, level) / poisson
    #expect(abs(bent - 1) > 0.02, "without: \(bent)")
    #expect(abs(right - 1) < 0.002, "with: \(right)")
  }

  @Test("Sums of folded rows are those of all neighbours one by one, whatever the size", arguments: [1, 2, 5])
  func bruteForce(side: Int) {
    var random = SeededGenerator(seed: UInt64(side))
    let shifts = BoundaryShifts(
      side: side, vertical: (0..<side * side).map { _ in 1e-7 * random.normal() },
      horizontal: (0..<side * side).map { _ in 1e-7 * random.normal() })
    // One tile of columns, and two with a rest.
    for (width, height) in [(37, 29), (531, 14)] {
      let image = Image<Float>(width: width, height: height)
      for y in 0..<height { for x in 0..<width { image[x, y] = Float(50000 + 3000 * random.normal()) } }
      let moved = BrighterFatterCorrection(shifts).applied(to: image, order: 1)
      func charge(_ x: Int, _ y: Int) -> Double { Double(image[x, y]) }
      /// What crosses towards (x, y) from its neighbour on the right or above.
      func crossing(_ x: Int, _ y: Int, isUp: Bool) -> Double {
        var delta = 0.0
        for v in -side...side {
          for u in -side...side {
            delta += (isUp ? shifts.v(-u, -v) : shifts.h(-u, -v)) * (charge(x + u, y + v) - 50000)
          }
        }
        return 0.25 * delta * (charge(x, y) + (isUp ? charge(x, y + 1) : charge(x + 1, y)))
      }
      let low = side + 1
      for y in low..<height - low - 1 {
        for x in low..<width - low - 1 {
          let expected =
            charge(x, y) + crossing(x, y, isUp: false) - crossing(x - 1, y, isUp: false)
            + crossing(x, y, isUp: true) - crossing(x, y - 1, isUp: true)
          #expect(abs(Double(moved[x, y]) - expected) < 0.05, "\(x), \(y)")
        }
      }
    }
  }

  @Test("Shifts without lags, or with lists that do not fit, change nothing; an image of one pixel is no trap")
  func degenerate() {
    let image = Image<Float>(width: 3, height: 2, filledWith: 1000)
    for shifts in [
      BoundaryShifts(side: 0, vertical: [], horizontal: []),
      BoundaryShifts(side: 2, vertical: [1], horizontal: [1, 2, 3, 4]),
    ] {
      let moved = BrighterFatterCorrection(shifts).removed(from: image)
      #expect(moved.pixels.allSatisfy { $0 == 1000 })
    }
    let one = Image<Float>(width: 1, height: 1, filledWith: 5)
    #expect(BrighterFatterCorrection(Self.truth).removed(from: one)[0, 0] == 5)
    let bad = Image<Float>(width: 20, height: 20, filledWith: .nan)
    #expect(BrighterFatterCorrection(Self.truth).removed(from: bad)[3, 3].isNaN)
  }
}

@Suite struct LinearSignalsTests {
  private let chain = RampLinearity(
    coefficients: [0.02, -0.03].map { Estimate(value: $0, uncertainty: 1e-3, count: 5) },
    covariance: [1e-6, 0, 0, 1e-6], top: 50_000)

  private func linear(_ signals: [Float]) -> [Float] {
    var values = signals
    values.withUnsafeMutableBufferPointer { LinearSignals(chain).linearise($0) }
    return values
  }

  @Test("The table is the curve, to a hundredth of an adu, and its slope has no step at the end of the curve")
  func table() {
    let signals = stride(from: Float(-300), through: 50_000, by: 37.3).map { $0 }
    for (signal, value) in zip(signals, linear(signals)) where signal >= 0 {
      #expect(abs(Double(value) - chain.linear(Double(signal))) < 0.01)
    }
    let beyond = stride(from: Float(45_000), through: 67_000, by: 256).map { $0 }
    let values = linear(beyond)
    let slopes = zip(values, values.dropFirst()).map { ($1 - $0) / 256 }
    for (slope, next) in zip(slopes, slopes.dropFirst()) { #expect(abs(next - slope) < 0.003) }
    #expect(slopes.allSatisfy { $0 > 0.9 && $0 < 1.1 })
  }

  @Test("What is far out of range, or no number, neither traps nor changes wildly")
  func hostile() {
    let values = linear([.nan, .infinity, -.infinity, -1e30, 1e30, -2048, 0])
    #expect(values[0].isNaN && values[1] == .infinity && values[2] == -.infinity)
    #expect(values[3] < -9e29 && values[4] > 9e29 && values[6] == 0)
  }
}

@Suite struct ClosedCoefficientsTests {
  @Test("With a_00 measured the shifts keep it, and scatter less than without")
  func closure() throws {
    let model = GuyonnetSmoothing(amplitude: 3.2e-7, slope: -0.6)
    let lags = (0..<25).map { ($0 / 5, $0 % 5) }
    let truth = BoundaryShifts(
      side: 5, vertical: lags.map { model.vertical($0.0, $0.1) * ($0.0 + $0.1 == 0 ? 1.6 : 1) },
      horizontal: lags.map { model.horizontal($0.0, $0.1) * ($0.0 + $0.1 == 0 ? 1.3 : 1) })
    let a00 = truth.areaChange(0, 0)
    var random = SeededGenerator(seed: 8)
    var (free, held, pulls): ([Double], [Double], [Double]) = ([], [], [])
    for _ in 0..<200 {
      let estimates = lags.map { i, j in
        Estimate(
          value: truth.areaChange(i, j) + 3e-9 * random.normal(), uncertainty: 3e-9, count: 1)
      }
      let follows = try GuyonnetSolution(side: 5, areaChanges: estimates)
      let measured = try GuyonnetSolution(side: 5, areaChanges: estimates, centre: .measured)
      free.append(follows.shifts.areaChange(0, 0) / a00 - 1)
      held.append(measured.shifts.areaChange(0, 0) / a00 - 1)
      #expect(measured.following.value == follows.shifts.areaChange(0, 0))
      let estimate = try measured.estimate { $0.areaChange(0, 0) }
      pulls.append((estimate.value - a00) / estimate.uncertainty)
      // Both kernels have the same centre, and the scalar one a sum of zero.
      let scalar = try #require(BoundaryShifts(kernel: measured.kernel))
      #expect(abs(scalar.areaChange(0, 0) / measured.shifts.areaChange(0, 0) - 1) < 0.05)
    }
    func scatter(_ values: [Double]) -> Double {
      let mean = values.reduce(0, +) / Double(values.count)
      return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
    }
    #expect(scatter(held) < 0.2 * scatter(free), "\(scatter(held)) of \(scatter(free))")
    #expect(scatter(pulls) > 0.7 && scatter(pulls) < 1.3, "\(scatter(pulls))")
  }
}
