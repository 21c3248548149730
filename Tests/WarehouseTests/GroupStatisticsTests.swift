import Testing

@testable import Warehouse

/// Every number is worked out by hand.
@Suite("Statistics of a group")
struct GroupStatisticsTests {
  private func statistics(
    _ values: [(Double, Double?)], _ percentiles: [Double] = []
  ) -> GroupStatistics {
    let group = GroupAccumulator()
    for (value, uncertainty) in values { group.add(value, uncertainty: uncertainty) }
    return group.statistics([], "adu", percentiles)
  }

  @Test("three values with weights 1, 1/4, 1/4")
  func known() throws {
    let found = statistics([(1, 1), (4, 2), (7, 2)], [0, 25, 50, 90, 100])
    #expect(found.count == 3 && found.missing == 0 && found.unit == "adu")
    #expect(found.mean == 4 && found.median == 4 && found.minimum == 1 && found.maximum == 7)
    #expect(found.deviation == 3)
    #expect(found.percentiles == [1, 2.5, 4, 6.4, 7])
    // (1 + 4/4 + 7/4) / (1 + 1/4 + 1/4) = 3.75 / 1.5
    #expect(abs(try #require(found.weightedMean) - 2.5) < 1e-15)
    #expect(abs(try #require(found.weightedUncertainty) - 1 / 1.5.squareRoot()) < 1e-15)
    // 1.5^2 + (1.5/2)^2 + (4.5/2)^2
    #expect(abs(try #require(found.chiSquare) - 7.875) < 1e-14)
    #expect(found.weightedCount == 3)
  }

  @Test("one value: no deviation, no chi-square")
  func one() {
    let found = statistics([(2.5, 0.5)], [5, 95])
    #expect(found.mean == 2.5 && found.median == 2.5 && found.deviation == nil)
    #expect(found.percentiles == [2.5, 2.5])
    #expect(found.weightedMean == 2.5 && found.weightedUncertainty == 0.5)
    #expect(found.weightedCount == 1 && found.chiSquare == nil)
  }

  @Test("no value at all: nothing but the number of missing ones")
  func none() {
    let group = GroupAccumulator()
    for _ in 0..<3 {
      group.add(.init(place: 0, value: nil, uncertainty: nil, count: nil, reason: 1))
    }
    let found = group.statistics(["BORN"], "adu", [5])
    #expect(found.count == 0 && found.missing == 3 && found.group == ["BORN"])
    #expect(found.mean == nil && found.median == nil && found.minimum == nil)
    #expect(found.percentiles.isEmpty && found.weightedMean == nil && found.weightedCount == 0)
  }

  @Test(
    "uncertainties without a finite weight do not count",
    arguments: [0, -1, 1e-200, .leastNonzeroMagnitude, 1e300, .greatestFiniteMagnitude])
  func weights(uncertainty: Double) {
    let found = statistics([(100, uncertainty), (3, 1), (5, nil)])
    #expect(found.count == 3 && found.mean == 36)
    #expect(found.weightedCount == 1 && found.weightedMean == 3 && found.weightedUncertainty == 1)
    #expect(found.chiSquare == nil)
    let alone = statistics([(100, uncertainty)])
    #expect(alone.weightedMean == nil && alone.weightedUncertainty == nil)
  }

  @Test("a sum of weights beyond the greatest number gives no weighted mean, not a wrong one")
  func overflowingWeights() {
    let found = statistics(Array(repeating: (1, 1e-154), count: 3))
    #expect(found.weightedMean == nil && found.weightedUncertainty == nil)
    #expect(found.weightedCount == 0 && found.mean == 1)
  }

  @Test("equal values have no scatter")
  func equal() {
    let found = statistics(Array(repeating: (0.1, 0.3), count: 1000))
    #expect(found.mean == 0.1 && found.deviation == 0 && found.median == 0.1)
    #expect(abs((found.weightedMean ?? 0) - 0.1) < 1e-15)
    #expect((found.chiSquare ?? 1) < 1e-20)
  }

  @Test("a great offset costs no digits")
  func offset() throws {
    let offset = 1e12
    let found = statistics([0, 1, 2, 3].map { (offset + $0, 0.5) })
    #expect(found.mean == offset + 1.5)
    #expect(abs(try #require(found.deviation) - (5.0 / 3).squareRoot()) < 1e-12)
    #expect(abs(try #require(found.chiSquare) - 20) < 1e-9)
  }

  @Test("huge and tiny values stay within the numbers")
  func extremes() throws {
    let huge = statistics([(1e308, nil), (1.2e308, nil), (1.1e308, nil)])
    #expect(abs(try #require(huge.mean) / 1.1e308 - 1) < 1e-15)
    #expect(abs(try #require(huge.deviation) / 1e307 - 1) < 1e-12)
    let least = Double.leastNormalMagnitude
    let tiny = statistics([(least, nil), (3 * least, nil)])
    #expect(abs(try #require(tiny.deviation) / (2.0.squareRoot() * least) - 1) < 1e-12)
    let both = statistics([(-1.7e308, nil), (1.7e308, nil)])
    #expect(both.minimum == -1.7e308 && both.mean?.isFinite == true && both.median == 0)
    #expect(both.deviation.map(\.isFinite) != false)
    let zeros = statistics([(-0.0, 1), (0, 1)])
    #expect(zeros.mean == 0 && zeros.deviation == 0 && zeros.chiSquare == 0)
  }

  @Test("the order in which values come does not change their statistics")
  func order() throws {
    var values: [(Double, Double?)] = []
    for index in 0..<50 {
      let value = Double((index * 37) % 50) / 7
      values.append((value, 0.1 + Double(index % 5)))
    }
    let (a, b) = (statistics(values, [5]), statistics(values.reversed(), [5]))
    #expect(a.mean == b.mean && a.deviation == b.deviation && a.percentiles == b.percentiles)
    #expect(abs(try #require(a.weightedMean) - (try #require(b.weightedMean))) < 1e-12)
    #expect(abs(try #require(a.chiSquare) - (try #require(b.chiSquare))) < 1e-8)
  }
}
