import Detector
import Foundation
import Testing

@testable import Analysis

@Suite struct BinnedVarianceTests {
  private func flat(_ size: Int, seed: UInt64, p: Double, q: Double) -> FlatFrame {
    var random = SeededGenerator(seed: seed)
    let noise = (0..<(size + 1) * (size + 1)).map { _ in random.normal() }
    let image = Image<UInt16>(width: size, height: size)
    for y in 0..<size {
      for x in 0..<size {
        let at = y * (size + 1) + x
        let value = 20000 + 120 * (noise[at] + p * noise[at + 1] + q * noise[at + size + 1])
        image[x, y] = UInt16(min(max(value.rounded(), 0), 65535))
      }
    }
    return FlatFrame(image, rowOffsets: [])
  }

  private func pair(
    _ size: Int, seed: UInt64, clip: Double, p: Double = 0.1, q: Double = 0.2
  ) throws -> FlatPair {
    var options = FlatPairOptions()
    options.clip = clip
    options.binnings = [2, 3, 8]
    return try FlatPair(
      flat(size, seed: 2 * seed, p: p, q: q), flat(size, seed: 2 * seed + 1, p: p, q: q),
      region: Region(columns: 0..<size, rows: 0..<size), options: options)
  }

  @Test("Sums of blocks are those of the definition, blocks with holes left out")
  func bruteForce() throws {
    var random = SeededGenerator(seed: 5)
    let field = DifferenceField(width: 23, height: 17, range: 2)
    var pixels: [[Float?]] = []
    for y in 0..<17 {
      pixels.append(
        (0..<23).map { _ in
          Double.random(in: 0..<1, using: &random) < 0.05 ? nil : Float(random.normal())
        })
      field.withRow(y) { values, marks in
        for x in 0..<23 { (values[x], marks[x]) = (pixels[y][x] ?? 0, pixels[y][x] == nil ? 1 : 0) }
      }
    }
    // 4 and 8 are put together of those before them, 6 of 3.
    let moments = field.blockMoments(sides: [8, 1, 2, 3, 5, 4, 6, 24, 0])
    for side in [1, 2, 3, 4, 5, 6, 8] {
      var (count, sum, squares) = (0, 0.0, 0.0)
      for y in stride(from: 0, to: 17 - side + 1, by: side) {
        for x in stride(from: 0, to: 23 - side + 1, by: side) {
          let block = (0..<side * side).map { pixels[y + $0 / side][x + $0 % side] }
          guard block.allSatisfy({ $0 != nil }) else { continue }
          let total = block.reduce(0.0) { $0 + Double($1 ?? 0) }
          (count, sum, squares) = (count + 1, sum + total, squares + total * total)
        }
      }
      let found = try #require(moments[side])
      #expect(found.count == count && (count > 0 || side > 5))
      #expect(abs(found.sum - sum) < 1e-4 && abs(found.squares - squares) < 1e-3)
    }
    #expect(moments[24] == nil && moments[0] == nil)
  }

  @Test("Binned variances are what the covariances add up to, unbiased with unit pulls, at 3 to 5 sigma")
  func expectation() throws {
    let (p, q) = (0.1, 0.2)
    let c = [
      CovarianceLag(0, 0): 1 + p * p + q * q, CovarianceLag(1, 0): p, CovarianceLag(0, 1): q,
      CovarianceLag(1, 1): p * q / 2,
    ].mapValues { $0 * 14400 }
    func truth(_ side: Int) -> Double {
      c.reduce(0) { sum, entry in
        let (i, j) = (entry.key.serial, entry.key.parallel)
        return sum + entry.value * (i == 0 ? 1 : 2) * (j == 0 ? 1 : 2)
          * (1 - Double(i) / Double(side)) * (1 - Double(j) / Double(side))
      } + 1.0 / 12
    }
    let region = Region(columns: 0..<128, rows: 0..<128)
    let frames = (0..<120).map { seed in
      (flat(128, seed: UInt64(2 * seed) + 500, p: p, q: q),
        flat(128, seed: UInt64(2 * seed) + 501, p: p, q: q))
    }
    for clip in [3.0, 5] {
      var pulls: [Int: [Double]] = [:]
      for (first, second) in frames {
        var options = FlatPairOptions()
        (options.clip, options.binnings) = (clip, [2, 3, 8])
        let pair = try FlatPair(first, second, region: region, options: options)
        #expect(pair.binned.map(\.side) == [2, 3, 8])
        for binned in pair.binned {
          let (value, expected) = (binned.variance.value, truth(binned.side))
          // The error is relative: of a variance that is low by chance it is low, too.
          let error = binned.variance.uncertainty / value * expected
          pulls[binned.side, default: []].append((value - expected) / error)
          // The same numbers another way: lags to 8 cover these blocks.
          let foretold = try #require(pair.covariances.binned(binned.side))
          #expect(
            abs(foretold.value - binned.variance.value) < 4.5 * binned.variance.uncertainty)
        }
      }
      for (side, values) in pulls {
        let (mean, deviation) = moments(values)
        #expect(abs(mean) < 0.35, "side \(side), \(clip) sigma: \(mean)")
        #expect(deviation > 0.75 && deviation < 1.3, "side \(side), \(clip) sigma: \(deviation)")
      }
    }
    // Without what the clipping takes from covariances, 3 sigma would be low by 1 %.
    let (low, high) = (try pair(400, seed: 7, clip: 3), try pair(400, seed: 7, clip: .infinity))
    for (a, b) in zip(low.binned, high.binned).prefix(2) {
      #expect(abs(a.variance.value / b.variance.value - 1) < 0.012)
    }
  }

  @Test("Lags that do not reach over a block foretell nothing, and few blocks measure nothing")
  func limits() throws {
    var options = FlatPairOptions()
    (options.range, options.binnings) = (2, [2, 16, 60])
    let found = try FlatPair(
      flat(128, seed: 1, p: 0, q: 0), flat(128, seed: 2, p: 0, q: 0),
      region: Region(columns: 0..<128, rows: 0..<128), options: options)
    #expect(found.binned.map(\.side) == [2, 16])
    #expect(found.covariances.binned(3) != nil && found.covariances.binned(4) == nil)
    #expect(found.covariances.binned(0) == nil)
    #expect(found.covariances.binned(1)?.value == found.covariances[0, 0])
    #expect(try FlatPair(
      flat(64, seed: 1, p: 0, q: 0), flat(64, seed: 2, p: 0, q: 0),
      region: Region(columns: 0..<64, rows: 0..<64)).binned.isEmpty)
  }

  @Test("Covariances of tiles average to those of the region, and are those of the tile alone")
  func tiles() throws {
    var options = FlatPairOptions()
    (options.tileRange, options.range) = (1, 1)
    let (a, b) = (flat(192, seed: 31, p: 0.1, q: 0.2), flat(192, seed: 32, p: 0.1, q: 0.2))
    let region = Region(columns: 0..<192, rows: 0..<192)
    let tiles = (0..<9).map {
      Region(columns: $0 % 3 * 64..<($0 % 3 + 1) * 64, rows: $0 / 3 * 64..<($0 / 3 + 1) * 64)
    }
    let whole = try FlatPair(a, b, region: region, tiles: tiles, options: options)
    for at in 0..<4 {
      let mean = try whole.tiles.reduce(0) { try $0 + #require($1.covariances).values[at] } / 9
      #expect(abs(mean - whole.covariances.values[at]) < whole.covariances.uncertainties[at])
    }
    let error = try #require(whole.tiles[4].covariances).uncertainties[1]
    #expect(abs(error / (3 * whole.covariances.uncertainties[1]) - 1) < 0.1)
    options.tileRange = 0
    #expect(
      try FlatPair(a, b, region: region, tiles: tiles, options: options).tiles.allSatisfy {
        $0.covariances == nil
      })
    options.tileRange = 16
    let small = try FlatPair(
      a, b, region: region, tiles: [Region(columns: 0..<20, rows: 0..<64)], options: options)
    #expect(small.tiles.first?.covariances == nil)
  }

  @Test("All binnings give the gain, and bend less the larger the blocks")
  func gains() throws {
    let gain = 3.5
    let a: [Double] = [-1.2e-6, 2.0e-7, 1.0e-7, 1.0e-7]  // 00, 01, 10, 11: the sum is -4e-8.
    let sides = [2, 4]
    var pulls: [Int: [Double]] = [:]
    var bends: [Int: [Double]] = [:]
    for seed in 0..<40 {
      var random = SeededGenerator(seed: UInt64(seed) + 900)
      let points = (1...12).flatMap { step in (0..<3).map { _ in Double(step) * 4000 } }.map {
        mean -> PhotonTransferPoint in
        func variance(_ side: Int, _ pixels: Double) -> Estimate {
          let share = 1 - 1 / Double(side)
          let bend = side == 1 ? a[0] : a[0] + 2 * share * (a[1] + a[2]) + 4 * share * share * a[3]
          let value = PhotonTransferModel.exponential(mean: mean, a: bend, gain: gain, noise: 16)
          let error = value * (2 / pixels).squareRoot()
          return Estimate(value: value + error * random.normal(), uncertainty: error, count: 1)
        }
        let pixels = 4e6
        return PhotonTransferPoint(
          mean: mean, variance: variance(1, pixels),
          binned: sides.map {
            BinnedVariance(side: $0, variance: variance($0, pixels / Double($0 * $0)))
          })
      }
      let curve = try PhotonTransferCurve(points)
      for side in sides {
        let fit = try PhotonTransferFit(.exponential, to: try curve.binned(side))
        pulls[side, default: []].append((fit.gain.value - gain) / fit.gain.uncertainty)
        bends[side, default: []].append(try #require(fit.a00).value)
      }
      #expect(throws: NotMeasurable.self) { try curve.binned(3) }
    }
    for side in sides {
      let (mean, deviation) = moments(try #require(pulls[side]))
      #expect(abs(mean) < 0.5 && deviation > 0.7 && deviation < 1.3, "\(side): \(mean) \(deviation)")
    }
    let (two, four) = (moments(bends[2] ?? []).mean, moments(bends[4] ?? []).mean)
    #expect(two > -1.0e-6 && four > two && four < 0)
  }

  @Test("The point of the linear chain has the binned variances of the linear chain")
  func linearised() throws {
    let point = PhotonTransferPoint(
      mean: 20000, variance: Estimate(value: 5000, uncertainty: 5, count: 1),
      binned: [BinnedVariance(side: 2, variance: Estimate(value: 6000, uncertainty: 12, count: 1))])
    let bent = RampLinearity(
      coefficients: [Estimate(value: 0.02, uncertainty: 1e-4, count: 1)], covariance: [1e-8],
      top: 60000)
    let linear = point.linearised(by: bent)
    let factor = linear.variance.value / 5000
    #expect(factor != 1)
    #expect(abs(linear.binned[0].variance.value - 6000 * factor) < 1e-9)
    #expect(abs(linear.binned[0].variance.uncertainty - 12 * factor) < 1e-9)
  }
}
