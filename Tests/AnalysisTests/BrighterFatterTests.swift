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

  @Test("The smoothing model's parameters are those of the truth, with pulls of unit width")
  func smoothingErrors() throws {
    let model = GuyonnetSmoothing(amplitude: 3.2e-7, slope: -0.6)
    #expect(model.amplitudeError == 0 && model.slopeError == 0)
    var (amplitudes, slopes): ([Double], [Double]) = ([], [])
    for seed in 0..<80 {
      var random = SeededGenerator(seed: UInt64(seed) + 1)
      let changes = (0..<side * side).map { lag -> Estimate in
        let truth = model.areaChange(lag / side, lag % side)
        let error = 0.02 * abs(model.areaChange(1, 1))
        return Estimate(value: truth + error * random.normal(), uncertainty: error, count: 1)
      }
      let fit = try GuyonnetSmoothing(side: side, areaChanges: changes)
      amplitudes.append((fit.amplitude - model.amplitude) / fit.amplitudeError)
      slopes.append((fit.slope - model.slope) / fit.slopeError)
    }
    for pulls in [amplitudes, slopes] {
      let (mean, deviation) = moments(pulls)
      #expect(abs(mean) < 0.5 && deviation > 0.75 && deviation < 1.3, "\(mean) \(deviation)")
    }
  }

  /// A flat in electrons with Gaussian photon noise.
  @Test("Lags within their errors, or of any sign, are no failure: the slope is then that of the prior, uncertain")
  func weakSmoothing() throws {
    // The lags of a small camera's amplifier, serial lag by row [1e-8 / e-]: any slope fits.
    for seed in 0..<40 {
      var random = SeededGenerator(seed: UInt64(seed) + 5)
      let values = (0..<25).map { lag in
        Estimate(
          value: lag == 0 ? -1.1e-6 : 1.5e-8 * random.normal(), uncertainty: 1.5e-8, count: 40)
      }
      let model = try GuyonnetSmoothing(side: 5, areaChanges: values)
      #expect(model.slope < -0.05 && model.slope > -5)
      #expect(model.slopeError > -0.2 * model.slope)
      let solution = try GuyonnetSolution(side: 5, areaChanges: values, centre: .measured)
      #expect(solution.vertical.allSatisfy { $0.value.isFinite && $0.uncertainty.isFinite })
    }
    let none = [Estimate](repeating: Estimate(value: 0, uncertainty: 1e-8, count: 1), count: 25)
    #expect(throws: NotMeasurable.self) { try GuyonnetSmoothing(side: 5, areaChanges: none) }
  }

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
    // To the first order C_00 = V (1 + a_00 mu); the others add some per cent of the change.
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

@Suite struct KernelShapeTests {
  private func shifts(_ scale: Double = 1) -> BoundaryShifts {
    let model = GuyonnetSmoothing(amplitude: 3.2e-7 * scale, slope: -0.6)
    let lags = (0..<25).map { ($0 / 5, $0 % 5) }
    return BoundaryShifts(
      side: 5, vertical: lags.map { model.vertical($0.0, $0.1) * ($0.0 + $0.1 == 0 ? 1.6 : 1) },
      horizontal: lags.map { model.horizontal($0.0, $0.1) * ($0.0 + $0.1 == 0 ? 1.3 : 1) })
  }

  @Test("The shape of one bright pixel is that of the image which the model makes of it")
  func kernel() throws {
    for charge in [30_000.0, 115_000, 200_000] {
      let image = Image<Float>(width: 51, height: 51, filledWith: 0)
      image[25, 25] = Float(charge)
      let moved = BrighterFatterCorrection(shifts()).applied(to: image, order: 1)
      let centre = Double(moved[25, 25])
      let x = Double(moved[24, 25] + moved[26, 25]) / 2 / centre
      let y = Double(moved[25, 24] + moved[25, 26]) / 2 / centre
      let shape = try shifts().kernelShape(charge: charge)
      #expect(abs(shape.sigmaX / (-1 / (2 * log(x))).squareRoot() - 1) < 1e-5)
      #expect(abs(shape.sigmaY / (-1 / (2 * log(y))).squareRoot() - 1) < 1e-5)
      #expect(shape.sigmaY > shape.sigmaX && shape.ellipticity < 0)
    }
  }

  @Test("Widths rise with the charge; without an effect, or with one of the wrong sign, there is none")
  func bounds() throws {
    let (low, high) = (try shifts().kernelShape(charge: 2e4), try shifts().kernelShape(charge: 2e5))
    #expect(high.sigmaX > low.sigmaX && high.sigmaY > low.sigmaY)
    #expect(throws: NotMeasurable.self) { try self.shifts(0).kernelShape(charge: 1e5) }
    #expect(throws: NotMeasurable.self) { try self.shifts(-1).kernelShape(charge: 1e5) }
    #expect(throws: NotMeasurable.self) { try self.shifts().kernelShape(charge: 1e9) }
    #expect(throws: NotMeasurable.self) { try self.shifts().kernelShape(charge: .nan) }
  }

  @Test("A spot grows in proportion to its brightness, most along the axis of the stronger shifts")
  func spot() {
    let growth = shifts().spotGrowth(sigma: 1.6)
    #expect(growth.x > 0 && growth.y > growth.x)
    let double = shifts(2).spotGrowth(sigma: 1.6)
    #expect(abs(double.x / growth.x - 2) < 1e-3 && abs(double.y / growth.y - 2) < 1e-3)
    #expect(shifts(0).spotGrowth(sigma: 1.6) == (0, 0))
  }

  @Test("The uncertainty of a width is the scatter of widths from scattered coefficients")
  func propagation() throws {
    let truth = shifts()
    var random = SeededGenerator(seed: 11)
    var (widths, errors): ([Double], [Double]) = ([], [])
    for _ in 0..<300 {
      let estimates = (0..<25).map { lag in
        let a = truth.areaChange(lag / 5, lag % 5)
        return Estimate(value: a + 2e-9 * random.normal(), uncertainty: 2e-9, count: 1)
      }
      let solution = try GuyonnetSolution(side: 5, areaChanges: estimates)
      let width = try solution.estimate { shifts throws(NotMeasurable) in
        try shifts.kernelShape(charge: 115_000).sigmaX
      }
      widths.append(width.value)
      errors.append(width.uncertainty)
    }
    let mean = widths.reduce(0, +) / 300
    let scatter = (widths.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 299).squareRoot()
    let error = errors.reduce(0, +) / 300
    #expect(abs(error / scatter - 1) < 0.3, "stated \(error), found \(scatter)")
    #expect(abs(mean / (try truth.kernelShape(charge: 115_000).sigmaX) - 1) < 0.01)
  }

  @Test("A kernel's shifts are those that it was made with; another number of values is refused")
  func scalarKernel() throws {
    let a = (0..<25).map { shifts().areaChange($0 / 5, $0 % 5) }
    let (made, kernel) = try BoundaryShifts.scalar(side: 5, areaChanges: a, closes: true)
    #expect(BoundaryShifts(kernel: kernel) == made)
    #expect(BoundaryShifts(kernel: Array(kernel.dropLast())) == nil)
    #expect(BoundaryShifts(kernel: []) == nil)
  }
}

@Suite struct StraightLineTests {
  @Test("Slope and value have pulls of unit width, whatever a fifth of the points does")
  func pulls() throws {
    var random = SeededGenerator(seed: 3)
    var (slopes, values): ([Double], [Double]) = ([], [])
    for _ in 0..<400 {
      let x = (0..<12).map { Double($0) * 5000 }
      let errors = x.map { 0.02 + 0.05 * (1 - $0 / 60000) }
      var y = zip(x, errors).map { 8 + 4e-5 * $0 + $1 * random.normal() }
      y[3] += 4
      let line = try StraightLine(x: x, y: y, errors: errors)
      slopes.append((line.slope.value - 4e-5) / line.slope.uncertainty)
      let at = line.value(at: 32768)
      values.append((at.value - 8 - 4e-5 * 32768) / at.uncertainty)
    }
    for pulls in [slopes, values] {
      let mean = pulls.reduce(0, +) / 400
      let width = (pulls.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 399).squareRoot()
      #expect(abs(mean) < 0.2)
      #expect(width > 0.75 && width < 1.25, "pulls of width \(width)")
    }
  }

  @Test("Two points make a line; one, equal abscissae or values without errors make none")
  func few() throws {
    let line = try StraightLine(x: [1, 3], y: [2, 6], errors: [1, 1])
    #expect(line.slope.value == 2 && line.reducedChiSquare == nil)
    #expect(line.value(at: 2).value == 4)
    #expect(throws: NotMeasurable.self) { try StraightLine(x: [1], y: [2], errors: [1]) }
    #expect(throws: NotMeasurable.self) { try StraightLine(x: [1, 1], y: [2, 3], errors: [1, 1]) }
    #expect(throws: NotMeasurable.self) {
      try StraightLine(x: [1, 2, 3], y: [2, .nan, 3], errors: [1, 1, 0])
    }
  }
}

@Suite struct FlatSignalTests {
  @Test("A part of a flat loses its rows' offsets; what says nothing takes the median and is marked")
  func part() {
    let raw = Image<UInt16>(width: 12, height: 9, filledWith: 0)
    for y in 0..<9 { for x in 0..<12 { raw[x, y] = UInt16(2000 + 100 * y) } }
    raw[4, 3] = 65535
    let mask = Image<UInt8>(width: 12, height: 9, filledWith: 0)
    mask[5, 4] = 1
    let whole = Region(columns: 1..<11, rows: 1..<8)
    let signal = FlatSignal(
      FlatFrame(raw, rowOffsets: (1..<8).map { Float(1000 + 100 * $0) }),
      area: Region(columns: 2..<10, rows: 2..<7), whole: whole, mask: mask,
      invalid: [0, .max])
    #expect(signal.image.width == 8 && signal.image.height == 5)
    #expect(signal.image.pixels.allSatisfy { $0 == 1000 })
    #expect(signal.hidden[2, 1] == 1 && signal.hidden[3, 2] == 1)
    #expect(signal.hidden.pixels.reduce(0) { $0 + Int($1) } == 2)
    let flat = signal.flat(pedestal: 300)
    #expect(flat.image[0, 0] == 1300 && flat.rowOffsets == [300])
  }

  @Test("Whole numbers again: rounded, and nothing out of range traps")
  func rounding() {
    let raw = Image<UInt16>(width: 4, height: 1, filledWith: 100)
    var signal = FlatSignal(
      FlatFrame(raw, rowOffsets: []), area: Region(columns: 0..<4, rows: 0..<1),
      whole: Region(columns: 0..<4, rows: 0..<1), mask: nil, invalid: [])
    let image = Image<Float>(width: 4, height: 1, filledWith: 0)
    (image[0, 0], image[1, 0], image[2, 0], image[3, 0]) = (1.4, 1e9, -500, .nan)
    signal.image = image
    let flat = signal.flat(pedestal: 10).image
    #expect(flat[0, 0] == 11 && flat[1, 0] == 65535 && flat[2, 0] == 0 && flat[3, 0] == 0)
  }
}
