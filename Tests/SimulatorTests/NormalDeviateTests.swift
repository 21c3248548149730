import Foundation
import Testing

@testable import Simulator

@Suite("Normal deviates")
struct NormalDeviateTests {
  /// Abramowitz and Stegun table 26.1, and the quantile's values of AS 241.
  @Test(
    "the quantile has its tabulated values",
    arguments: [
      (0.5, 0.0), (0.975, 1.959963984540054), (0.025, -1.959963984540054),
      (0.841344746068543, 1.0), (1e-9, -5.997807015007687), (1 - 0.25, 0.6744897501960817),
      (2.866515718791939e-7, -5.0), (1e-20, -9.262340089798408),
    ])
  func quantile(p: Double, z: Double) {
    #expect(abs(NormalQuantile.value(p) - z) < 1e-9)
  }

  @Test("the quantile of what is no share is NaN", arguments: [0, 1, -1, 2, Double.nan])
  func outside(p: Double) { #expect(NormalQuantile.value(p).isNaN) }

  @Test("the table agrees with the quantile for words everywhere, the ends included")
  func table() {
    var worst = 0.0
    for step in 0..<200_000 {
      let word = UInt32(step) &* 21_474 &+ 11
      let exact = NormalQuantile.value((Double(word) + 0.5) * 0x1p-32)
      worst = max(worst, abs(Double(NormalTable.shared.deviate(word)) - exact))
    }
    #expect(worst < 6e-5)
    #expect(abs(Double(NormalTable.shared.deviate(0)) + 6.3378) < 1e-3)
    #expect(abs(Double(NormalTable.shared.deviate(.max)) - 6.3378) < 1e-3)
  }

  /// Over all words evenly, so that the sampling error vanishes and 1e-4 can be held.
  @Test("moments up to the fourth are those of the normal distribution to 1e-4")
  func momentsOfTheMapping() {
    var sums = [0.0, 0.0, 0.0, 0.0]
    let count = 1 << 22
    for step in 0..<count {
      // The middle of each of 2^22 equal shares: what is left out within a share is below 1e-5.
      let z = Double(NormalTable.shared.deviate(UInt32(step) << 10 | 512))
      let square = z * z
      sums[0] += z
      sums[1] += square
      sums[2] += square * z
      sums[3] += square * square
    }
    let moments = sums.map { $0 / Double(count) }
    #expect(abs(moments[0]) < 1e-5)
    #expect(abs(moments[1] - 1) < 1e-4)
    #expect(abs(moments[2]) < 1e-4)
    #expect(abs(moments[3] - 3) < 1e-3)
  }

  @Test("ten million deviates have the moments and tails that chance allows")
  func sample() {
    let stream = RandomStream(seed: 20, "sample")
    var (n, s1, s2, s3, s4) = (0.0, 0.0, 0.0, 0.0, 0.0)
    var beyond5 = 0
    var beyond3 = 0
    for row in 0..<1000 as Range<UInt32> {
      for value in deviates(stream, count: 10_000, row: row) {
        let z = Double(value)
        n += 1
        s1 += z
        s2 += z * z
        s3 += z * z * z
        s4 += z * z * z * z
        if abs(z) > 3 { beyond3 += 1 }
        if abs(z) > 5 { beyond5 += 1 }
      }
    }
    // Five standard errors each: 1, 2, 15 and 96 are the variances of z^k.
    #expect(abs(s1 / n) < 5 * (1 / n).squareRoot())
    #expect(abs(s2 / n - 1) < 5 * (2 / n).squareRoot())
    #expect(abs(s3 / n) < 5 * (15 / n).squareRoot())
    #expect(abs(s4 / n - 3) < 5 * (96 / n).squareRoot())
    #expect(abs(Double(beyond3) - 0.0026997961 * n) < 5 * (0.0027 * n).squareRoot())
    // 5.7 are expected: Poisson, at one in 10^4 on either side.
    #expect((0...17).contains(beyond5))
  }

  @Test("a sample passes the test of Kolmogorov and Smirnov")
  func kolmogorovSmirnov() {
    let values = deviates(RandomStream(seed: 3, "ks"), count: 200_000, row: 0).sorted()
    let n = Double(values.count)
    var distance = 0.0
    for (index, value) in values.enumerated() {
      let share = 0.5 * erfc(-Double(value) / 2.0.squareRoot())
      distance = max(distance, abs(share - Double(index) / n), abs(share - Double(index + 1) / n))
    }
    // 1.95 is the value that chance exceeds once in a thousand.
    #expect(distance * n.squareRoot() < 1.95)
  }

  @Test("neighbours in a row, in a column and in time are not correlated")
  func correlation() {
    let stream = RandomStream(seed: 8, "neighbours")
    let a = deviates(stream, count: 100_000, row: 10)
    func correlation(_ x: ArraySlice<Float>, _ y: ArraySlice<Float>) -> Double {
      zip(x, y).reduce(0) { $0 + Double($1.0) * Double($1.1) } / Double(x.count)
    }
    let limit = 5 / 100_000.0.squareRoot()
    #expect(abs(correlation(a.dropLast(), a.dropFirst())) < limit)
    #expect(abs(correlation(a[...], deviates(stream, count: 100_000, row: 11)[...])) < limit)
    #expect(
      abs(correlation(a[...], deviates(stream, count: 100_000, row: 10, obsid: 2)[...])) < limit)
  }
}
