import Detector
import Testing

@testable import Simulator

@Suite("Light, noise and the brighter-fatter effect")
struct FlatChargeTests {
  private func moment(_ values: [Double], about mean: Double, _ order: Int) -> Double {
    var sum = 0.0
    for value in values {
      let distance = value - mean
      sum += order == 2 ? distance * distance : distance * distance * distance
    }
    return sum / Double(values.count)
  }

  @Test("a flat's level is rate times open time over gain, and its noise is Poisson's")
  func level() throws {
    var bench = try Bench(columns: 160, rows: 160)
    bench.charge.gain = 2.5
    bench.bench.brightness = 1.03
    bench.bench.shutterOffset = 0.4
    let command = bench.flat(40_000)
    let first = try bench.pixels(bench.frames(command, 1))
    let second = try bench.pixels(bench.frames(command, 2))
    #expect(abs(first.mean - 16_000) < 5 * 80 / 160)
    // V = mean / gain, from the difference: no pattern counts.
    let variance = (first - second).variance / 2 - 1.0 / 12
    let error = variance * (2.0 / Double(first.values.count)).squareRoot()
    #expect(abs(variance - 16_000 / 2.5) < 4.5 * error)
    var dark = command
    dark.light = .none
    #expect(abs(try bench.pixels(bench.frames(dark, 3)).mean) < 0.05)
  }

  @Test("few electrons are counted: mean, variance and third moment of Poisson's law", arguments: [0.7, 6, 45])
  func faint(mean: Double) throws {
    var bench = try Bench(columns: 200, rows: 200)
    bench.charge.gain = 0.01
    // Ten thousand ADU for 100 electrons: rounding does not show.
    let pixels = try bench.pixels(bench.frames(bench.flat(mean))).values.map { $0 * 0.01 }
    let count = Double(pixels.count)
    let average = pixels.reduce(0, +) / count
    let variance = moment(pixels, about: average, 2)
    let third = moment(pixels, about: average, 3)
    #expect(abs(average - mean) < 4.5 * (mean / count).squareRoot())
    let varianceError = ((mean + 2 * mean * mean) / count).squareRoot()
    #expect(abs(variance - mean) < 4.5 * varianceError)
    let thirdError = ((15 * mean * mean * mean + 25 * mean * mean + mean) / count).squareRoot()
    #expect(abs(third - mean) < 4.5 * thirdError)
    #expect(pixels.allSatisfy { abs($0 - $0.rounded()) < 0.02 })
  }

  @Test("the third moment is Poisson's above the change of method too")
  func skewness() throws {
    var bench = try Bench(columns: 300, rows: 300)
    bench.charge.gain = 0.05
    let pixels = try bench.pixels(bench.frames(bench.flat(80))).values.map { $0 * 0.05 }
    let count = Double(pixels.count)
    let average = pixels.reduce(0, +) / count
    let third = moment(pixels, about: average, 3)
    let error = (15.0 * 80 * 80 * 80 / count).squareRoot()
    #expect(abs(third - 80) < 4.5 * error)
  }

  @Test("variance and covariances follow C_ij(mu) = V mu a_ij, to its third order")
  func brighterFatter() throws {
    var bench = try Bench(columns: 260, rows: 260)
    bench.charge.gain = 4
    bench.charge.brighterFatter = BrighterFatter.strength(a00: -1.2e-6)
    bench.charge.fullWell = 1e7
    let a = BrighterFatter.areaCoefficients(bench.charge.brighterFatter)
    #expect(abs(a[0][0] + 1.2e-6) < 1e-12)
    let mu = 150_000.0
    let pairs = 12
    var sums: [[Double]] = [[0, 0], [0, 0]]
    for pair in 0..<pairs {
      let command = bench.flat(mu)
      let difference =
        try bench.pixels(bench.frames(command, 2 * pair))
        - (try bench.pixels(bench.frames(command, 2 * pair + 1)))
      for i in 0...1 {
        for j in 0...1 { sums[i][j] += difference.covariance(i, j) * 16 / Double(pairs) }
      }
    }
    sums[0][0] -= 16.0 / 12
    // Expected: mu [delta + a mu + 2/3 a*a mu^2 + 1/3 a*a*a mu^3], * the convolution, electrons squared.
    func coefficient(_ i: Int, _ j: Int) -> Double {
      let (i, j) = (abs(i), abs(j))
      return i < a.count && j < a.count ? a[i][j] : 0
    }
    let twice = (-9...9).map { i in
      (-9...9).map { j in
        var sum = 0.0
        for k in -4...4 {
          for l in -4...4 { sum += coefficient(k, l) * coefficient(i - k, j - l) }
        }
        return sum
      }
    }
    let pixels = Double(pairs) * 248 * 248
    for i in 0...1 {
      for j in 0...1 {
        var third = 0.0
        for k in -9...9 {
          for l in -9...9 { third += twice[k + 9][l + 9] * coefficient(i - k, j - l) }
        }
        let second = twice[i + 9][j + 9]
        let series = coefficient(i, j) + 2.0 / 3 * second * mu + 1.0 / 3 * third * mu * mu
        let expected = mu * ((i + j == 0 ? 1 : 0) + series * mu)
        let error = mu * (i + j == 0 ? 2.0 : 1).squareRoot() / pixels.squareRoot()
        #expect(
          abs(sums[i][j] - expected) < 4 * error + 0.003 * mu * abs(coefficient(i, j)) * mu,
          "\(i) \(j): \(sums[i][j]) against \(expected) +- \(error)")
      }
    }
    #expect(coefficient(0, 1) > coefficient(1, 0) && coefficient(1, 0) > 0)
  }

  @Test("one more electron in a pixel spreads such that covariances follow the exponential law")
  func response() {
    let strength = BrighterFatter.strength(a00: -1.2e-6)
    let (size, centre, level, step) = (41, 20, Float(200_000), Float(500))
    let scratch = (
      Image<Float>(width: size, height: size), Image<Float>(width: size, height: size),
      Image<Float>(width: size, height: size)
    )
    // The difference of two steps is free of what is quadratic in the step.
    let images = [level + step, level - step].map { value in
      let image = Image<Float>(width: size, height: size, filledWith: level)
      image[centre, centre] = value
      BrighterFatter.apply(to: image, strength: strength, scratch: scratch)
      return image
    }
    func spread(_ x: Int, _ y: Int) -> Double {
      guard 0..<size ~= x, 0..<size ~= y else { return 0 }
      return Double(images[0][x, y] - images[1][x, y]) / Double(2 * step)
    }
    func covariance(_ i: Int, _ j: Int) -> Double {
      (0..<size).reduce(0) { sum, x in
        (0..<size).reduce(sum) { $0 + spread(x, $1) * spread(x + i, $1 + j) }
      }
    }
    let a = BrighterFatter.areaCoefficients(strength)
    func coefficient(_ i: Int, _ j: Int) -> Double {
      let (i, j) = (abs(i), abs(j))
      return i < a.count && j < a.count ? a[i][j] * Double(level) : 0
    }
    let lags = -24...24
    /// Convolves with the coefficients, which reach over four pixels.
    func convolved(_ series: [[Double]]) -> [[Double]] {
      lags.map { i in
        lags.map { j in
          var sum = 0.0
          for k in max(-4, i - 24)...min(4, i + 24) {
            for l in max(-4, j - 24)...min(4, j + 24) {
              sum += coefficient(k, l) * series[i - k + 24][j - l + 24]
            }
          }
          return sum
        }
      }
    }
    // [exp(2 x) - 1] / (2 x) = 1 + x + 2/3 x^2 + 1/3 x^3 + 2/15 x^4 + ..., powers by convolution.
    var power = lags.map { i in lags.map { j in i == 0 && j == 0 ? 1.0 : 0 } }
    var expected = power
    for factor in [1, 2.0 / 3, 1.0 / 3, 2.0 / 15, 2.0 / 45] {
      power = convolved(power)
      for i in power.indices {
        for j in power.indices { expected[i][j] += factor * power[i][j] }
      }
    }
    for (i, j, error) in [(0, 0, 1.5e-4), (1, 0, 5e-5), (0, 1, 5e-5), (1, 1, 3e-5), (2, 0, 3e-5)] {
      let found = covariance(i, j)
      #expect(abs(found - expected[i + 24][j + 24]) < error, "\(i) \(j): \(found)")
    }
  }

  @Test("the brighter-fatter flow conserves charge, leaves even light alone, and widens a spot")
  func flow() {
    let strength = BrighterFatter.strength(a00: -1.2e-6)
    let scratch = (
      Image<Float>(width: 40, height: 30), Image<Float>(width: 40, height: 30),
      Image<Float>(width: 40, height: 30)
    )
    let even = Image<Float>(width: 40, height: 30, filledWith: 80_000)
    BrighterFatter.apply(to: even, strength: strength, scratch: scratch)
    #expect(withExtendedLifetime(even) { even.pixels.allSatisfy { abs($0 - 80_000) < 0.1 } })
    let spot = Image<Float>(width: 40, height: 30, filledWith: 0)
    PointSources.add(
      500_000, x: 20, y: 15, fwhm: 1.8, wingShare: 0, wingWidth: 1, to: spot)
    func moments() -> (sum: Double, xx: Double, peak: Double) {
      var (sum, xx, peak) = (0.0, 0.0, 0.0)
      for y in 0..<30 {
        for x in 0..<40 {
          let q = Double(spot[x, y])
          sum += q
          xx += q * Double((x - 20) * (x - 20))
          peak = max(peak, q)
        }
      }
      return (sum, xx / sum, peak)
    }
    let before = moments()
    BrighterFatter.apply(to: spot, strength: strength, scratch: scratch)
    let after = moments()
    #expect(abs(after.sum - before.sum) < 1e-5 * before.sum)
    #expect(after.xx > before.xx * 1.005 && after.xx < before.xx * 1.2)
    #expect(after.peak < before.peak * 0.99)
    // The sum rule: over all lags the coefficients cancel.
    let a = BrighterFatter.areaCoefficients(strength)
    var sum = 0.0
    for i in 0..<a.count {
      for j in 0..<a.count {
        sum += a[i][j] * (i > 0 ? 2 : 1) * (j > 0 ? 2 : 1)
      }
    }
    #expect(abs(sum) < 1e-18)
  }

  @Test("pixels respond differently, the same in every frame")
  func photoResponse() throws {
    var bench = try Bench(columns: 120, rows: 120)
    bench.charge.photoResponse = 0.02
    bench.charge.photoResponseExponent = -0.5
    bench.charge.fullWell = 1e7
    for (filter, wavelength) in [(4, 800.0), (1, 590)] {
      var stack = [Double](repeating: 0, count: 120 * 120)
      for obsid in 0..<8 {
        var command = bench.flat(100_000)
        command.seconds *= (bench.bench.filter(filter)?.flatSeconds ?? 0) / 3.4
        command.filter = filter
        let pixels = try bench.pixels(bench.frames(command, obsid))
        for index in stack.indices { stack[index] += pixels.values[index] / 8 }
      }
      let mean = stack.reduce(0, +) / Double(stack.count)
      let variance = moment(stack, about: mean, 2) / (mean * mean)
      let response = (variance - 1 / (8 * 100_000.0)).squareRoot()
      let expected = 0.02 * (800 / wavelength).squareRoot()
      #expect(abs(response - expected) < 4.5 * expected / (2.0 * 120 * 120).squareRoot())
    }
  }

  @Test("the signal follows the polynomial of the truth, and light falls off to the corners")
  func nonLinearity() throws {
    var bench = try Bench(columns: 80, rows: 80)
    bench.charge.nonLinearity = [0.03, -0.05, 0.01]
    bench.charge.fullWell = 1e7
    for electrons in [2000.0, 40_000, 110_000] {
      let x = electrons / 2 / 65536
      let expected = electrons / 2 * (1 + 0.03 * x - 0.05 * x * x + 0.01 * x * x * x)
      let mean = try bench.pixels(bench.frames(bench.flat(electrons))).mean
      #expect(abs(mean - expected) < 4.5 * electrons.squareRoot() / 2 / 80)
    }
    bench.charge.nonLinearity = []
    bench.truth["CCD1"]?.illumination = [0.1, 0, 0, -0.2]
    let image = try bench.pixels(bench.frames(bench.flat(100_000)))
    let left = (0..<80).reduce(0) { $0 + image[2, $1] } / 80
    let right = (0..<80).reduce(0) { $0 + image[77, $1] } / 80
    #expect(right / left > 1.15 && right / left < 1.25)
    let middle = image.row(40).reduce(0, +) / 80
    let edge = image.row(1).reduce(0, +) / 80
    #expect(edge / middle > 0.78 && edge / middle < 0.85)
  }

  @Test("full pixels spill along their columns, and the converter ends at 65535")
  func saturation() throws {
    var bench = try Bench(columns: 40, rows: 60)
    bench.charge.fullWell = 50_000
    let full = try bench.pixels(bench.frames(bench.flat(90_000)))
    #expect(full.values.allSatisfy { abs($0 - 25_000) <= 1 })
    bench.charge.fullWell = 1e7
    let clipped = try bench.pixels(bench.frames(bench.flat(500_000)), less: 0)
    #expect(clipped.values.allSatisfy { $0 == 65535 })
    let image = Image<Float>(width: 9, height: 40, filledWith: 100)
    image[4, 20] = 10_100
    Blooming.apply(to: image, wells: Wells(1100))
    #expect(image[4, 20] == 1100)
    #expect(image[4, 19] == 1100 && image[4, 21] == 1100 && image[3, 20] == 100)
    let column = (0..<40).reduce(Float(0)) { $0 + image[4, $1] }
    #expect(abs(column - (39 * 100 + 10_100)) < 1)
    let touched = (0..<40).filter { image[4, $0] > 100 }
    #expect(touched.count == 11 && touched.contains(15) && touched.contains(25))
  }

  @Test("light drifts with time as the truth says")
  func drift() throws {
    var bench = try Bench(columns: 100, rows: 100)
    bench.bench.driftPerHour = 0.1
    let command = bench.flat(40_000)
    let late = try bench.pixels(bench.frames(command) { $0.seconds = 7200 }).mean
    #expect(abs(late - 24_000) < 5 * 110 / 100)
  }
}
