import Foundation
import Testing

@testable import Analysis

/// SplitMix64 (Steele et al. 2014) with Box and Muller.
private struct Deviates {
  var state: UInt64

  mutating func uniform() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return (Double((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53
  }

  mutating func normal() -> Double {
    (-2 * log(uniform())).squareRoot() * cos(2 * Double.pi * uniform())
  }
}

@Suite("RobustScale")
struct RobustScaleTests {
  @Test("median and MAD of known samples")
  func known() throws {
    let scale = try RobustScale([1, 2, 3, 4, 100])
    #expect(scale.median == 3 && scale.count == 5 && scale.basis == .medianDeviation)
    #expect(abs(scale.sigma - 1.482602218505602) < 1e-12)
    #expect(abs((scale.score(100) ?? 0) - 97 / 1.482602218505602) < 1e-9)
    #expect(try RobustScale([4, 1]).median == 2.5)
    #expect(try RobustScale([.nan, 2, .infinity]).count == 1)
  }

  @Test("more than half of the values equal: the mean deviation takes over, and says so")
  func ties() throws {
    let scale = try RobustScale([5, 5, 5, 5, 9])
    #expect(scale.basis == .meanDeviation)
    #expect(abs(scale.sigma - 1.2533141373155003 * 4 / 5) < 1e-12)
    #expect(scale.score(5) == 0)
  }

  @Test("constants have no width, and nothing is ever infinitely far away")
  func constants() throws {
    let scale = try RobustScale([7, 7, 7])
    #expect(scale.basis == .constant && scale.sigma == 0)
    #expect(scale.score(7) == 0 && scale.score(8) == nil && scale.score(.nan) == nil)
    #expect(throws: NotMeasurable("no values")) { try RobustScale([.nan]) }
    let huge = try RobustScale([-1.7e308, 1.7e308, 0, 1, 2])
    #expect(huge.sigma.isFinite && huge.median == 1)
    #expect(huge.score(-1.7e308)?.isFinite != false)
  }

  @Test("the width of a normal sample is right")
  func width() throws {
    var noise = Deviates(state: 3)
    let scale = try RobustScale((0..<20_000).map { _ in 4 + 2 * noise.normal() })
    #expect(abs(scale.sigma - 2) < 0.05 && abs(scale.median - 4) < 0.05)
  }
}

@Suite("RankCorrelation")
struct RankCorrelationTests {
  @Test("perfect order, exact probability 2 / n!")
  func perfect() throws {
    let x = [1.0, 2, 3, 4, 5]
    let up = try RankCorrelation(x: x, y: [2, 3, 5, 7, 11])
    #expect(up.tau == 1 && up.score == 10)
    #expect(abs(up.probability - 2 / 120.0) < 1e-12)
    let down = try RankCorrelation(x: x, y: [5, 4, 3, 2, 1])
    #expect(down.tau == -1 && abs(down.probability - 2 / 120.0) < 1e-12)
  }

  /// scipy.stats.kendalltau([1, 2, 3, 4, 5, 6, 7, 8], [3, 1, 4, 2, 6, 5, 8, 7]): 0.642857, exact p
  /// 0.031151.
  @Test("a published case without ties")
  func plain() throws {
    let found = try RankCorrelation(
      x: (1...8).map(Double.init), y: [3, 1, 4, 2, 6, 5, 8, 7])
    #expect(abs(found.tau - 18 / 28.0) < 1e-12)
    #expect(abs(found.probability - 0.03115079365079365) < 1e-12)
  }

  @Test("ties count for neither side, as counted pair by pair")
  func ties() throws {
    let x: [Double] = [1, 1, 2, 2, 3, 3, 4, 5, 5, 5]
    let y: [Double] = [1, 2, 2, 2, 3, 1, 4, 4, 4, 6]
    var score = 0
    var (a, b) = (0, 0)
    for i in x.indices {
      for j in x.indices where j > i {
        let product = (x[i] - x[j]) * (y[i] - y[j])
        score += product > 0 ? 1 : product < 0 ? -1 : 0
        a += x[i] != x[j] ? 1 : 0
        b += y[i] != y[j] ? 1 : 0
      }
    }
    let found = try RankCorrelation(x: x, y: y)
    #expect(found.score == score)
    #expect(abs(found.tau - Double(score) / (Double(a) * Double(b)).squareRoot()) < 1e-12)
    #expect((0...1).contains(found.probability))
  }

  @Test("too few points, constants")
  func refused() {
    #expect(throws: NotMeasurable("fewer than three points")) {
      try RankCorrelation(x: [1, 2], y: [1, 2])
    }
    #expect(throws: NotMeasurable("all abscissae are equal")) {
      try RankCorrelation(x: [1, 1, 1], y: [1, 2, 3])
    }
    #expect(throws: NotMeasurable("all values are equal")) {
      try RankCorrelation(x: [1, 2, 3], y: [4, 4, 4])
    }
  }

  @Test("probabilities of unrelated samples are uniform")
  func uniform() throws {
    var noise = Deviates(state: 11)
    var below = 0
    for _ in 0..<600 {
      let y = (0..<30).map { _ in noise.normal() }
      if try RankCorrelation(x: (0..<30).map(Double.init), y: y).probability < 0.1 { below += 1 }
    }
    // 60 are expected, with a standard deviation of 7.3.
    #expect((38...82).contains(below), "\(below)")
  }
}

@Suite("RobustTrend")
struct RobustTrendTests {
  @Test("an exact line, and one with a wild point")
  func exact() throws {
    let x = (0..<9).map(Double.init)
    let line = try RobustTrend(x: x, y: x.map { 3 - 0.5 * $0 })
    #expect(line.slope.value == -0.5 && line.intercept == 3 && line.slope.uncertainty == 0)
    #expect(line.interval == -0.5 ... -0.5 && line.correlation.tau == -1)
    var y = x.map { 3 - 0.5 * $0 }
    y[4] = 1e6
    #expect(try RobustTrend(x: x, y: y).slope.value == -0.5)
  }

  /// The six slopes of (1,1) (2,3) (3,2) (4,5) are 2, 1/2, 4/3, -1, 1, 3: their median is 7/6.
  @Test("the median of all slopes, by hand")
  func byHand() throws {
    let line = try RobustTrend(x: [1, 2, 3, 4], y: [1, 3, 2, 5])
    #expect(abs(line.slope.value - 7.0 / 6) < 1e-12)
    #expect(line.interval == nil, "four points cannot give 95 %")
  }

  @Test("pairs of equal abscissae have no slope and do not count")
  func ties() throws {
    let line = try RobustTrend(x: [1, 1, 2, 2], y: [0, 10, 1, 11])
    // Slopes: 1, 11, -9, 1.
    #expect(line.slope.value == 1)
    #expect(PairSlopes([(1, 0), (1, 10), (2, 1), (2, 11)]).count == 4)
    let flat = try RobustTrend(x: [1, 2, 3, 4, 5, 6], y: [2, 2, 2, 2, 2, 3])
    #expect(flat.slope.value == 0)
  }

  @Test("what cannot be measured says why")
  func refused() {
    for count in 0..<3 {
      let x = (0..<count).map(Double.init)
      #expect(throws: NotMeasurable("fewer than three points")) { try RobustTrend(x: x, y: x) }
    }
    #expect(throws: NotMeasurable("all abscissae are equal")) {
      try RobustTrend(x: [2, 2, 2], y: [1, 2, 3])
    }
    #expect(throws: NotMeasurable("all values are equal")) {
      try RobustTrend(x: [1, 2, 3], y: [2, 2, 2])
    }
    #expect(throws: NotMeasurable.self) {
      try RobustTrend(x: [0, 1e-300, 2e-300], y: [0, 1e300, -1e300])
    }
  }

  @Test("many points: bisection finds the slopes that sorting finds")
  func bisection() {
    var noise = Deviates(state: 5)
    let points = (0..<80).map { index -> (Double, Double) in
      let step = (3 * noise.normal()).rounded()
      return (Double(index / 2), step + 0.1 * Double(index))
    }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
    let sorted = PairSlopes(points)
    let searched = PairSlopes(points, sortedAtMost: 10)
    #expect(sorted.count == searched.count)
    for rank in [0, 1, 17, sorted.count / 3, sorted.count / 2, sorted.count - 2, sorted.count - 1] {
      #expect(abs(sorted.ordered(rank) - searched.ordered(rank)) < 1e-9, "\(rank)")
    }
  }

  @Test("pulls of the slope have unit width, and 95 % intervals hold the truth", arguments: [12, 40])
  func pulls(_ count: Int) throws {
    var noise = Deviates(state: UInt64(count))
    var pulls: [Double] = []
    var inside = 0
    let seeds = 1500
    for _ in 0..<seeds {
      let x = (0..<count).map { _ in 10 * noise.uniform() }
      let y = x.map { 2 + 0.3 * $0 + 0.7 * noise.normal() }
      let line = try RobustTrend(x: x, y: y)
      pulls.append((line.slope.value - 0.3) / line.slope.uncertainty)
      if line.interval?.contains(0.3) == true { inside += 1 }
    }
    let mean = pulls.reduce(0, +) / Double(seeds)
    let squares = pulls.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
    let width = (squares / Double(seeds - 1)).squareRoot()
    #expect(abs(mean) < 0.1, "\(mean)")
    // Sigma comes from the sample itself: like Student's t with n - 2 degrees of freedom, pulls are
    // wider by sqrt((n - 2) / (n - 4)).
    let expected = (Double(count - 2) / Double(count - 4)).squareRoot()
    #expect(abs(width / expected - 1) < 0.07, "\(width)")
    let within = Double(pulls.count { $0.magnitude < 1 }) / Double(seeds)
    #expect(abs(within - 0.6827) < 0.04, "\(within)")
    #expect((0.93...0.98).contains(Double(inside) / Double(seeds)), "\(inside)")
  }
}

@Suite("ChangePoint and NormalDistribution")
struct ChangePointTests {
  @Test("a step is found where it is")
  func step() throws {
    let values = [1.0, 1.1, 0.9, 1, 1.05, 0.95, 3, 3.1, 2.9, 3, 3.05, 2.95]
    let change = try ChangePoint(values)
    #expect(change.before == 6 && abs(change.step - 2) < 1e-12)
    // K = 2 * 21 - 6 * 13 = -36.
    #expect(abs(change.probability - 2 * exp(-6 * 36 * 36 / (1728.0 + 144))) < 1e-12)
  }

  @Test("few values and constants")
  func refused() {
    #expect(throws: NotMeasurable("fewer than eight values")) { try ChangePoint([1, 2, 3]) }
    #expect(throws: NotMeasurable("all values are equal")) {
      try ChangePoint([Double](repeating: 2, count: 9))
    }
  }

  @Test("tails and quantiles of the normal distribution")
  func normal() {
    #expect(abs(NormalDistribution.twoSided(1) - 0.31731050786291415) < 1e-12)
    #expect(abs(NormalDistribution.deviate(confidence: 0.95) - 1.959963984540054) < 1e-9)
    #expect(NormalDistribution.deviate(confidence: 0) == 0)
    #expect(NormalDistribution.deviate(confidence: 1).isFinite)
    #expect(abs(NormalDistribution.density(0) - 0.3989422804014327) < 1e-15)
  }
}
