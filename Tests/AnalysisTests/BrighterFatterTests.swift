import Detector
import Foundation
import Testing

@testable import Analysis

@Suite struct BrighterFatterTests {
  private let side = 5
  /// A detector whose shifts follow the smoothing model, but whose nearest boundaries are stronger, as real ones are.
  private var truth: BoundaryShifts {
    let model = GuyonnetSmoothing(amplitude: 3.2e-7, slope: -0.6)
    var (vertical, horizontal) = ([Double](), [Double]())
    for i in 0..<side {
      for j in 0..<side {
        vertical.append(model.vertical(i, j) * (i + j == 0 ? 1.6 : 1))
        horizontal.append(model.horizontal(i, j) * (i + j == 0 ? 1.3 : 1))
      }
    }
    return BoundaryShifts(side: side, vertical: vertical, horizontal: horizontal)
  }

  private var areaChanges: [Double] {
    (0..<side * side).map { truth.areaChange($0 / side, $0 % side) }
  }

  /// A flat in electrons with Gaussian photon noise.
  private func flat(_ size: Int, mean: Double, seed: UInt64) -> Image<Float> {
    var random = SeededGenerator(seed: seed)
    let image = Image<Float>(width: size, height: size)
    for y in 0..<size {
      for x in 0..<size { image[x, y] = Float(mean + mean.squareRoot() * random.normal()) }
    }
    return image
  }

  private func variance(_ image: Image<Float>, _ region: Region) -> Double {
    var (n, sum, squares) = (0.0, 0.0, 0.0)
    let about = Double(image[region.columns.lowerBound, region.rows.lowerBound])
    for y in region.rows {
      for x in region.columns {
        let d = Double(image[x, y]) - about
        n += 1
        sum += d
        squares += d * d
      }
    }
    return squares / n - sum * sum / (n * n)
  }

  @Test("A charge takes area from its own pixel and gives it to others; all in all nothing")
  func signs() {
    let shifts = truth
    #expect(shifts.areaChange(0, 0) < 0)
    #expect(shifts.areaChange(1, 0) > 0)
    #expect(shifts.areaChange(-1, 0) == shifts.areaChange(1, 0))
    #expect(shifts.areaChange(2, -3) == shifts.areaChange(2, 3))
    var sum = 0.0
    for i in -10...10 {
      for j in -10...10 { sum += shifts.areaChange(i, j) }
    }
    #expect(abs(sum) < 1e-12 * abs(shifts.areaChange(0, 0)))
  }

  @Test("The scalar kernel gives back every a, and its sum rule where asked")
  func scalar() throws {
    let a = areaChanges
    let open = try BoundaryShifts.scalar(side: side, areaChanges: a, closes: false).shifts
    for index in a.indices {
      #expect(abs(open.areaChange(index / side, index % side) - a[index]) < 1e-12 * abs(a[0]))
    }
    let (closed, kernel) = try BoundaryShifts.scalar(side: side, areaChanges: a, closes: true)
    let others = (1..<a.count).reduce(0) { $0 + a[$1] * Double(BoundaryShifts.copies($1, side)) }
    #expect(abs(closed.areaChange(0, 0) + others) < 1e-12 * abs(a[0]))
    #expect(kernel.count == (side + 1) * (side + 1))
    // A charge repels: the kernel is extreme at the centre and falls off.
    #expect(abs(kernel[0]) > abs(kernel[1]) && abs(kernel[1]) > abs(kernel[2]))
    #expect(throws: NotMeasurable.self) {
      try BoundaryShifts.scalar(side: 2, areaChanges: [1, .nan, 0, 0], closes: true)
    }
  }

  @Test("Guyonnet's shifts give back every a but the first, which follows, and the true shifts")
  func guyonnet() throws {
    let a = areaChanges
    let estimates = a.map { Estimate(value: $0, uncertainty: 1e-10, count: 1) }
    let (shifts, model) = try BoundaryShifts.guyonnet(side: side, areaChanges: estimates)
    #expect(abs(model.slope / -0.6 - 1) < 0.02)
    #expect(abs(model.amplitude / 3.2e-7 - 1) < 0.03)
    for index in 1..<a.count {
      #expect(abs(shifts.areaChange(index / side, index % side) - a[index]) < 1e-12 * abs(a[0]))
    }
    #expect(abs(shifts.areaChange(0, 0) / a[0] - 1) < 0.02)
    #expect(abs(shifts.v(0, 0) / truth.v(0, 0) - 1) < 0.02)
    #expect(abs(shifts.h(0, 0) / truth.h(0, 0) - 1) < 0.02)
    #expect(throws: NotMeasurable.self) {
      try BoundaryShifts.guyonnet(side: 1, areaChanges: [estimates[0]])
    }
    // Noise without a signal is no model.
    var random = SeededGenerator(seed: 4)
    let noise = (0..<side * side).map { _ in
      Estimate(value: 1e-12 * random.normal(), uncertainty: 1e-12, count: 1)
    }
    if let found = try? BoundaryShifts.guyonnet(side: side, areaChanges: noise) {
      #expect(abs(found.model.amplitude) < 1e-7)
    }
  }

  @Test("A uniform image stays uniform, to its edges, and charge is conserved")
  func uniform() {
    let image = Image<Float>(width: 40, height: 30, filledWith: 50000)
    let moved = BrighterFatterCorrection(truth).applied(to: image)
    #expect(moved.pixels.allSatisfy { abs($0 - 50000) < 0.6 })
    let noisy = flat(64, mean: 50000, seed: 1)
    func sum(_ image: Image<Float>) -> Double {
      withExtendedLifetime(image) { image.pixels.reduce(0.0) { $0 + Double($1) } }
    }
    // Only what crosses the outermost boundaries is not balanced: the fluctuations of some 250 border pixels.
    #expect(abs(sum(BrighterFatterCorrection(truth).applied(to: noisy)) / sum(noisy) - 1) < 1e-6)
    let spot = Image<Float>(width: 40, height: 40, filledWith: 0)
    spot[20, 20] = 100_000
    #expect(abs(sum(BrighterFatterCorrection(truth).applied(to: spot)) / 100_000 - 1) < 1e-6)
  }

  @Test(
    "The effect makes the covariances V mu a, and its removal restores variance and covariances")
  func restores() throws {
    let (size, mean) = (400, 60000.0)
    let image = flat(size, mean: mean, seed: 9)
    let region = Region(columns: 8..<(size - 8), rows: 8..<(size - 8))
    let before = variance(image, region)
    let moved = BrighterFatterCorrection(truth).applied(to: image)
    // First order: C_00 = V (1 + a_00 mu); the second adds some per cent of the change.
    let change = variance(moved, region) / before - 1
    #expect(abs(change / (areaChanges[0] * mean) - 1) < 0.08)
    let restored = BrighterFatterCorrection(truth).removed(from: moved)
    #expect(abs(variance(restored, region) / before - 1) < 0.001)
    let edge = Region(columns: 0..<1, rows: 0..<size)
    #expect(abs(variance(restored, edge) / variance(image, edge) - 1) < 0.001)
    // Covariances: nearest neighbours and beyond, against those of the same noise without the effect.
    for (dx, dy) in [(1, 0), (0, 1), (1, 1), (2, 0)] {
      let c = covariance(moved, region, dx, dy) - covariance(image, region, dx, dy)
      let expected = truth.areaChange(dx, dy) * mean * before
      #expect(abs(c / expected - 1) < 0.25, "lag \(dx), \(dy)")
      let left = covariance(restored, region, dx, dy) - covariance(image, region, dx, dy)
      #expect(abs(left) < 0.02 * abs(expected), "lag \(dx), \(dy)")
    }
  }

  @Test(
    "Shifts from measured a restore the Poisson variance within 0.5 %, and at borders within 1 %")
  func fromMeasured() throws {
    let (size, mean) = (400, 60000.0)
    let image = flat(size + 40, mean: mean, seed: 12)
    let whole = BrighterFatterCorrection(truth).applied(to: image)
    // What lies outside of the detector is not known to the correction.
    let moved = Image<Float>(width: size, height: size)
    let original = Image<Float>(width: size, height: size)
    for y in 0..<size {
      for x in 0..<size {
        moved[x, y] = whole[x + 20, y + 20]
        original[x, y] = image[x + 20, y + 20]
      }
    }
    let estimates = areaChanges.map { Estimate(value: $0, uncertainty: 1e-10, count: 1) }
    let kinds = [
      try BoundaryShifts.guyonnet(side: side, areaChanges: estimates).shifts,
      try BoundaryShifts.scalar(side: side, areaChanges: areaChanges, closes: false).shifts,
    ]
    let inner = Region(columns: 8..<(size - 8), rows: 8..<(size - 8))
    for shifts in kinds {
      let restored = BrighterFatterCorrection(shifts).removed(from: moved)
      #expect(abs(variance(restored, inner) / variance(original, inner) - 1) < 0.005)
      var ratio = 0.0
      for edge in [
        Region(columns: 0..<1, rows: 0..<size), Region(columns: (size - 1)..<size, rows: 0..<size),
        Region(columns: 0..<size, rows: 0..<1), Region(columns: 0..<size, rows: (size - 1)..<size),
      ] {
        ratio += variance(restored, edge) / variance(original, edge) / 4
      }
      #expect(abs(ratio - 1) < 0.01)
    }
  }

  private func covariance(_ image: Image<Float>, _ region: Region, _ dx: Int, _ dy: Int) -> Double {
    var (n, sum, first, second) = (0.0, 0.0, 0.0, 0.0)
    for y in region.rows where region.rows.contains(y + dy) {
      for x in region.columns where region.columns.contains(x + dx) {
        let (p, q) = (Double(image[x, y]) - 60000, Double(image[x + dx, y + dy]) - 60000)
        n += 1
        sum += p * q
        first += p
        second += q
      }
    }
    return sum / n - first * second / (n * n)
  }
}
