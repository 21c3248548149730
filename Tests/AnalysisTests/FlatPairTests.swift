import Detector
import Foundation
import Testing

@testable import Analysis

/// A pair of flats with neighbours that share noise: pixel = level + s (e(x, y) + p e(x + 1, y) + q e(x, y + 1)), whose
/// covariances are C00 = s^2 (1 + p^2 + q^2), C10 = s^2 p, C01 = s^2 q and, at (1, -1) only, s^2 p q; hence C11 = s^2 p q / 2.
private struct CorrelatedFlat {
  var level = 20000.0
  var sigma = 120.0
  var p = 0.02
  var q = 0.05
  /// A fixed pattern, the same in both flats.
  var pattern = 0.01

  func frame(_ width: Int, _ height: Int, seed: UInt64) -> Image<UInt16> {
    var random = SeededGenerator(seed: seed)
    let noise = (0..<(width + 1) * (height + 1)).map { _ in random.normal() }
    let image = Image<UInt16>(width: width, height: height)
    var fixed = SeededGenerator(seed: 77)
    for y in 0..<height {
      for x in 0..<width {
        let at = y * (width + 1) + x
        let e = noise[at] + p * noise[at + 1] + q * noise[at + width + 1]
        let value = level * (1 + pattern * fixed.normal()) + sigma * e
        image[x, y] = UInt16(min(max(value.rounded(), 0), 65535))
      }
    }
    return image
  }

  func pair(_ size: Int, seed: UInt64, _ options: FlatPairOptions = FlatPairOptions()) throws
    -> FlatPair
  {
    try FlatPair(
      FlatFrame(frame(size, size, seed: 2 * seed), rowOffsets: []),
      FlatFrame(frame(size, size, seed: 2 * seed + 1), rowOffsets: []),
      region: Region(columns: 0..<size, rows: 0..<size), options: options)
  }
}

@Suite struct TruncatedNormalTests {
  @Test(
    "The factors of the clipped variance are those that are published",
    arguments: [(2.0, 1.1368472343), (3, 1.0136041976), (4, 1.0005357851), (5, 1.0000074337)])
  func factors(t: Double, expected: Double) {
    #expect(abs(1 / TruncatedNormal.secondMoment(t).squareRoot() - expected) < 1e-9)
  }

  @Test("The parent's variance comes back from the clipped one", arguments: [1.5, 2, 3, 4, 6, 50])
  func inversion(t: Double) throws {
    let sigma2 = 7.3
    let width = t * sigma2.squareRoot()
    let clipped = sigma2 * TruncatedNormal.secondMoment(t)
    let found = try TruncatedNormal.variance(clipped: clipped, halfWidth: width)
    #expect(abs(found.value / sigma2 - 1) < 1e-10)
    let near = try TruncatedNormal.variance(clipped: clipped * 1.0001, halfWidth: width)
    #expect(abs((near.value - found.value) / (clipped * 0.0001) / found.derivative - 1) < 1e-2)
  }

  @Test("Pixels spread evenly over the limits have no Gaussian core")
  func even() {
    #expect(throws: NotMeasurable.self) {
      try TruncatedNormal.variance(clipped: 1.0 / 3, halfWidth: 1)
    }
    #expect(throws: NotMeasurable.self) { try TruncatedNormal.variance(clipped: 0, halfWidth: 1) }
    #expect(throws: NotMeasurable.self) {
      try TruncatedNormal.variance(clipped: .nan, halfWidth: 1)
    }
  }

  @Test(
    "The moment of a product agrees with the integral over the box",
    arguments: [(2.0, 0.01), (2, 0.3), (3, 0.05), (3, -0.4), (4, 0.6)])
  func products(t: Double, rho: Double) {
    // Midpoints of a fine grid; the density is smooth.
    let steps = 800
    let h = 2 * t / Double(steps)
    var (mass, product) = (0.0, 0.0)
    for i in 0..<steps {
      let x = -t + (Double(i) + 0.5) * h
      for j in 0..<steps {
        let y = -t + (Double(j) + 0.5) * h
        let f = exp(-(x * x - 2 * rho * x * y + y * y) / (2 * (1 - rho * rho)))
        mass += f
        product += x * y * f
      }
    }
    let moment = TruncatedNormal.productMoment(rho: rho, t: t)
    #expect(abs(moment.value - product / mass) < 2e-5 * abs(product / mass))
    let back = HermiteTerms(t).correlation(moment: moment.value)
    #expect(abs((back?.value ?? .nan) - rho) < 1e-12)
  }
}

@Suite struct LagProductTests {
  private func field(_ width: Int, _ height: Int, range: Int, _ value: (Int, Int) -> Float?)
    -> DifferenceField
  {
    let field = DifferenceField(width: width, height: height, range: range)
    for y in 0..<height {
      field.withRow(y) { values, marks in
        for x in 0..<width {
          values[x] = value(x, y) ?? 0
          marks[x] = value(x, y) == nil ? 1 : 0
        }
      }
    }
    return field
  }

  @Test("The published test vector comes out")
  func vector() throws {
    let field = field(6, 5, range: 2) { x, y in
      (x, y) == (2, 1) ? nil : Float((7 * x + 13 * y + 3 * x * y) % 11 - 5)
    }
    let lags = LagProducts(field, range: 2)
    let expected: [(Int, Int, Double, Double)] = [
      (0, 0, 10.594530321046374, 29), (1, 0, -0.2495274102079, 23), (2, 0, -3.6296296296296, 18),
      (0, 1, 2.6818181818182, 22), (1, 1, -0.9259259259259, 36), (2, 1, -3.0102040816327, 28),
      (0, 2, 4.7923875432526, 17), (1, 2, 0.2857142857143, 28), (2, 2, -1.2438016528926, 22),
    ]
    for (dx, dy, value, pairs) in expected {
      let ahead = try #require(lags.covariance(dx, dy))
      let behind = try #require(lags.covariance(dx == 0 ? 0 : -dx, dy))
      let both = dx > 0 && dy > 0
      let found = both ? (ahead.value + behind.value) / 2 : ahead.value
      #expect(abs(found - value) < 1e-6, "lag \(dx), \(dy)")
      #expect((both ? ahead.pairs + behind.pairs : ahead.pairs) == pairs)
    }
  }

  @Test(
    "Sums equal those of the definition, for odd sizes, many holes and all lags",
    arguments: [(37, 23, 0.02, 5), (64, 20, 0.4, 8), (19, 40, 0, 16), (200, 3, 0.1, 2)])
  func bruteForce(width: Int, height: Int, holes: Double, range: Int) throws {
    var random = SeededGenerator(seed: UInt64(width))
    let pixels: [Float?] = (0..<width * height).map { _ in
      Double.random(in: 0..<1, using: &random) < holes
        ? nil : Float(Int(random.normal() * 100)) + 3
    }
    let lags = LagProducts(
      field(width, height, range: range) { pixels[$1 * width + $0] }, range: range)
    for dy in 0...range {
      for dx in (dy == 0 ? 0 : -range)...range {
        var (s, n, a, b) = (0.0, 0.0, 0.0, 0.0)
        for y in 0..<max(0, height - dy) {
          for x in max(0, -dx)..<min(width, width - dx) {
            guard let p = pixels[y * width + x], let q = pixels[(y + dy) * width + x + dx] else {
              continue
            }
            s += Double(p) * Double(q)
            a += Double(p)
            b += Double(q)
            n += 1
          }
        }
        let at = lags.index(dx, dy)
        #expect(lags.pairs[at] == n)
        #expect(lags.firsts[at] == a)
        #expect(lags.seconds[at] == b)
        #expect(abs(lags.products[at] - s) <= 1e-6 * max(1, Double(width * height) * 1e4))
      }
    }
  }
}

@Suite struct FlatPairTests {
  @Test(
    "Variance and covariances are unbiased with pulls of unit width, at 3, 4 and 5 sigma",
    arguments: [3.0, 4, 5])
  func truth(clip: Double) throws {
    let flat = CorrelatedFlat()
    let s2 = flat.sigma * flat.sigma
    // The rounding of pixels adds 1/12.
    let truth = [
      [s2 * (1 + flat.p * flat.p + flat.q * flat.q) + 1.0 / 12, s2 * flat.q, 0],
      [s2 * flat.p, s2 * flat.p * flat.q / 2, 0], [0, 0, 0],
    ]
    var options = FlatPairOptions()
    options.clip = clip
    options.range = 2
    let seeds = 60
    var pulls = [[Double]](repeating: [], count: 9)
    for seed in 0..<seeds {
      let pair = try flat.pair(128, seed: UInt64(seed), options)
      for i in 0...2 {
        for j in 0...2 {
          pulls[3 * i + j].append(
            (pair.covariances[i, j] - truth[i][j]) / pair.covariances.uncertainties[3 * i + j])
        }
      }
      #expect(abs(pair.variance.value - pair.covariances[0, 0]) < 1e-4 * pair.variance.value)
    }
    var all: [Double] = []
    for (lag, values) in pulls.enumerated() {
      let (mean, deviation) = moments(values)
      #expect(abs(mean) < 3.5 / Double(seeds).squareRoot(), "lag \(lag / 3), \(lag % 3)")
      #expect(abs(deviation - 1) < 0.32, "lag \(lag / 3), \(lag % 3)")
      all += values
    }
    #expect(abs(moments(all).deviation - 1) < 0.08)
  }

  @Test("Clipping at 3, 4, 5 sigma and none gives the same answer on the same pair")
  func clips() throws {
    let flat = CorrelatedFlat(p: 0.1, q: 0.2)
    var results: [FlatPair] = []
    for clip in [3.0, 4, 5, .infinity] {
      var options = FlatPairOptions()
      options.clip = clip
      options.range = 1
      results.append(try flat.pair(400, seed: 5, options))
    }
    for result in results {
      for at in 0..<4 {
        let error = results[3].covariances.uncertainties[at]
        #expect(
          abs(result.covariances.values[at] - results[3].covariances.values[at]) < 1.5 * error)
      }
    }
    // Without the correction 3 sigma would be wrong by 2.7 %, twelve times the error.
    #expect(results[0].covariances.uncertainties[0] < 0.005 * results[0].covariances.values[0])
  }

  @Test("The order of the two flats changes the sign of the imbalance only")
  func order() throws {
    let a = FlatFrame(CorrelatedFlat().frame(96, 96, seed: 1), rowOffsets: [])
    let b = FlatFrame(CorrelatedFlat(level: 20300).frame(96, 96, seed: 2), rowOffsets: [])
    let region = Region(columns: 0..<96, rows: 0..<96)
    let ahead = try FlatPair(a, b, region: region)
    let back = try FlatPair(b, a, region: region)
    #expect(abs(ahead.imbalance + back.imbalance) < 1e-12)
    #expect(abs(ahead.imbalance - 300.0 / 20150) < 3e-4)
    #expect(abs(ahead.variance.value / back.variance.value - 1) < 1e-6)
    for at in ahead.covariances.values.indices {
      let error = ahead.covariances.uncertainties[at]
      #expect(abs(ahead.covariances.values[at] - back.covariances.values[at]) < 0.02 * error)
    }
  }

  @Test("Offsets of rows, masks and edges are left out of everything")
  func offsetsAndMasks() throws {
    let size = 120
    let image = CorrelatedFlat().frame(size, size, seed: 3)
    let other = CorrelatedFlat().frame(size, size, seed: 4)
    let region = Region(columns: 0..<size, rows: 0..<size)
    let plain = try FlatPair(
      FlatFrame(image, rowOffsets: []), FlatFrame(other, rowOffsets: []), region: region)
    // Another offset in each row, taken off again; hot pixels that are masked; a bright frame at the edge.
    let mask = Image<UInt8>(width: size, height: size, filledWith: 0)
    let offsets = (0..<size).map { Float($0 % 7) * 10 }
    for y in 0..<size {
      for x in 0..<size { image[x, y] += UInt16(y % 7) * 10 }
    }
    let same = try FlatPair(
      FlatFrame(image, rowOffsets: offsets), FlatFrame(other, rowOffsets: [0]), region: region)
    #expect(abs(same.mean.value - plain.mean.value) < 0.5)
    #expect(abs(same.variance.value / plain.variance.value - 1) < 0.002)
    for x in 40..<60 {
      image[x, 50] = 60000
      mask[x, 50] = 3
    }
    let masked = try FlatPair(
      FlatFrame(image, rowOffsets: offsets), FlatFrame(other, rowOffsets: [0]), region: region,
      mask: mask)
    #expect(masked.kept <= same.kept - 18)
    #expect(abs(masked.variance.value / plain.variance.value - 1) < 0.003)
    for x in 0..<size { image[x, 0] = 0 }
    var options = FlatPairOptions()
    options.edge = 2
    let inner = try FlatPair(
      FlatFrame(image, rowOffsets: offsets), FlatFrame(other, rowOffsets: [0]), region: region,
      mask: mask,
      options: options)
    #expect(inner.kept <= (size - 4) * (size - 4))
    #expect(abs(inner.mean.value - plain.mean.value) < 5)
  }

  @Test("Tiles have their own mean and variance, and together those of the region")
  func tiles() throws {
    let size = 128
    let region = Region(columns: 0..<size, rows: 0..<size)
    let tiling = Tiling(region, width: 32, height: 32)
    let flat = CorrelatedFlat()
    let pair = try FlatPair(
      FlatFrame(flat.frame(size, size, seed: 11), rowOffsets: []),
      FlatFrame(flat.frame(size, size, seed: 12), rowOffsets: []), region: region,
      tiles: tiling.tiles)
    #expect(pair.tiles.count == 16)
    #expect(pair.tiles.reduce(0) { $0 + $1.count } == pair.kept)
    let mean = pair.tiles.reduce(0) { $0 + $1.variance } / 16
    #expect(abs(mean / pair.variance.value - 1) < 0.005)
  }

  @Test("What cannot be measured says why")
  func faults() throws {
    let region = Region(columns: 0..<64, rows: 0..<64)
    func reason(
      _ a: Image<UInt16>, _ b: Image<UInt16>, _ region: Region, offsets: [Float] = []
    ) -> String {
      do {
        _ = try FlatPair(
          FlatFrame(a, rowOffsets: offsets), FlatFrame(b, rowOffsets: offsets), region: region)
        return "measured"
      } catch {
        return error.reason
      }
    }
    let flat = CorrelatedFlat().frame(64, 64, seed: 1)
    let constant = Image<UInt16>(width: 64, height: 64, filledWith: 1000)
    let full = Image<UInt16>(width: 64, height: 64, filledWith: .max)
    let dark = Image<UInt16>(width: 64, height: 64, filledWith: 0)
    #expect(reason(flat, flat, region) == "two equal flats")
    #expect(
      reason(constant, constant, region) == "the amplifier is dead: all its pixels read 1000")
    #expect(reason(full, full, region).contains("saturated"))
    #expect(reason(dark, dark, region).contains("no valid pixels"))
    #expect(
      reason(flat, CorrelatedFlat().frame(64, 64, seed: 2), region, offsets: [30000]).contains(
        "no signal"))
    #expect(
      reason(flat, Image(width: 32, height: 64, filledWith: 5), region).contains("different size"))
    let outside = Region(columns: 0..<65, rows: 0..<64)
    #expect(reason(flat, flat, outside).contains("region"))
    #expect(reason(flat, flat, Region(columns: 0..<8, rows: 0..<64)).contains("region"))
  }

  @Test(
    "The gain of a pair is that of the published vectors",
    arguments: [
      (10000.0, 0.68, 5.0, 1.4705882353, 1.4759643922, 1.4759647585),
      (2000, 0.70, 8, 1.4285714286, 1.4967315126, 1.4967559463),
    ])
  func gains(
    mean: Double, ratio: Double, noise: Double, none: Double, simple: Double, full: Double
  ) throws {
    let c = Estimate(value: ratio, uncertainty: 0.001, count: 1)
    let sigma = Estimate(value: noise, uncertainty: 0.1, count: 1)
    #expect(abs(try PairGain.none.gain(ratio: c, mean: mean, readNoise: nil).value - none) < 1e-9)
    #expect(
      abs(try PairGain.simple.gain(ratio: c, mean: mean, readNoise: sigma).value - simple) < 1e-9)
    #expect(abs(try PairGain.full.gain(ratio: c, mean: mean, readNoise: sigma).value - full) < 1e-9)
    #expect(throws: NotMeasurable.self) {
      try PairGain.full.gain(ratio: c, mean: mean, readNoise: nil)
    }
    #expect(throws: NotMeasurable.self) {
      try PairGain.unbiased.gain(
        ratio: c, mean: 10, readNoise: Estimate(value: 30, uncertainty: 0, count: 1))
    }
  }

  @Test("The gain of Poisson flats is right within its error, with unit pulls")
  func poissonGain() throws {
    let (gain, noise, mean) = (3.5, 1.3, 2000.0)
    var pulls: [Double] = []
    for seed in 0..<40 {
      var random = SeededGenerator(seed: UInt64(seed) + 1000)
      let frames = (0..<2).map { _ in
        let image = Image<UInt16>(width: 96, height: 96)
        for y in 0..<96 {
          for x in 0..<96 {
            // At 7000 electrons a Poisson variate is normal but for its skewness, which is kept:
            // n = N + sqrt(N) z + (z^2 - 1) / 6 (Cornish and Fisher 1937).
            let z = random.normal()
            let n = mean * gain + (mean * gain).squareRoot() * z + (z * z - 1) / 6
            image[x, y] = UInt16((n / gain + noise * random.normal() + 500).rounded())
          }
        }
        return FlatFrame(image, rowOffsets: [500])
      }
      let pair = try FlatPair(
        frames[0], frames[1], region: Region(columns: 0..<96, rows: 0..<96))
      let ratio = try #require(pair.ratio)
      // The rounding of the pixels is noise, too.
      let total = Estimate(value: (noise * noise + 1.0 / 12).squareRoot(), uncertainty: 0, count: 1)
      let found = try PairGain.unbiased.gain(
        ratio: ratio, mean: pair.mean.value, readNoise: total)
      pulls.append((found.value - gain) / found.uncertainty)
    }
    let (mean_, deviation) = moments(pulls)
    #expect(abs(mean_) < 0.55)
    #expect(abs(deviation - 1) < 0.35)
  }
}
