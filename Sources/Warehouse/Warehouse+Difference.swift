import GRDB

/// One place of one quantity in two sets of test runs.
///
/// What a series has in common is held once, since there may be millions of differences.
public struct MeasuredDifference: Sendable, Hashable {
  let group: DifferenceGroup
  let located: PlaceCache.Place
  /// The left value; nil where there is none, not even a reason.
  public let left: MeasuredValue?
  /// The right value; nil where there is none, not even a reason.
  public let right: MeasuredValue?

  /// The campaign.
  public var campaign: String { group.run.campaign }
  /// The block of the left run.
  public var block: String { group.run.block }
  /// The test of the left run.
  public var test: String { group.run.test }
  /// The session of the left run.
  public var session: String { group.run.session }
  /// The left run.
  public var leftRun: TestRunKey { group.run.key }
  /// The right run.
  public var rightRun: TestRunKey { group.other }
  /// The quantity's name.
  public var quantity: String { group.quantity }
  /// What the values belong to.
  public var place: ResultPlace { located.result }

  /// Right less left; nil unless both are numbers, or where it overflows.
  public var difference: Double? {
    guard let left = left?.number, let right = right?.number else { return nil }
    let result = right - left
    return result.isFinite ? result : nil
  }

  /// The uncertainty of the difference, the two being independent; nil unless both are known.
  public var sigma: Double? {
    guard case .value(_, let a?, _)? = left, case .value(_, let b?, _)? = right else { return nil }
    let result = (a * a + b * b).squareRoot()
    return result.isFinite ? result : nil
  }

  /// The difference in sigmas; nil where either is unknown, or sigma is zero.
  public var significance: Double? {
    guard let difference, let sigma, sigma > 0 else { return nil }
    let result = difference / sigma
    return result.isFinite ? result : nil
  }
}

extension MeasuredDifference {
  public static func == (a: MeasuredDifference, b: MeasuredDifference) -> Bool {
    a.leftRun == b.leftRun && a.rightRun == b.rightRun && a.quantity == b.quantity
      && a.place == b.place && a.left == b.left && a.right == b.right
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(leftRun)
    hasher.combine(rightRun)
    hasher.combine(quantity)
    hasher.combine(place)
  }
}

/// What the differences of one quantity in one pair of runs have in common.
final class DifferenceGroup: Sendable {
  let run: ResultRun
  let other: TestRunKey
  let quantity: String

  init(run: ResultRun, other: TestRunKey, quantity: String) {
    self.run = run
    self.other = other
    self.quantity = quantity
  }
}

/// How two sets of test runs differ.
public struct WarehouseDifference: Sendable, Hashable {
  /// All places where they differ, and those that only one side has.
  public let differences: [MeasuredDifference]
  /// The number of places whose values and uncertainties are equal, bit for bit.
  public let equal: Int
  /// Runs on the left without a partner.
  public let onlyLeft: [TestRunKey]
  /// Runs on the right without a partner.
  public let onlyRight: [TestRunKey]
}

extension Warehouse {
  /// Compares two sets of test runs: every quantity and place of either.
  ///
  /// Runs are partners where the names in `pairing` agree; of several on one side, the later in the
  /// list counts. Two sets of one run each are partners in any case. What partners do not share is
  /// given with one side nil; runs without a partner are only named.
  ///
  /// - Parameters:
  ///   - pairing: of campaign, block, test, session; other dimensions are not looked at.
  ///   - quantities: names, with `*` and `?`; empty for all.
  ///   - includingEqual: whether places that did not change are listed, too.
  /// - Returns: by block, test, quantity's name and place's number.
  public func diff(
    _ left: [TestRunKey], _ right: [TestRunKey],
    pairing: Set<ResultDimension> = [.campaign, .block, .test], quantities: [String] = [],
    includingEqual: Bool = false
  ) throws -> WarehouseDifference {
    try reading { database in
      let leftRuns = try MeasurementScan(database, ResultFilter(runs: left)).runs()
      let rightRuns = try MeasurementScan(database, ResultFilter(runs: right)).runs()
      var pairs = RunPairs(leftRuns, rightRuns, pairing)
      if leftRuns.count == 1, rightRuns.count == 1 {
        pairs = RunPairs(matched: [(leftRuns[0], rightRuns[0])])
      }
      let filter = ResultFilter(quantities: quantities)
      var comparison = try RunComparison(database, filter, includingEqual: includingEqual)
      for (a, b) in pairs.matched { try comparison.compare(a, b) }
      return WarehouseDifference(
        differences: comparison.differences, equal: comparison.equal,
        onlyLeft: pairs.onlyLeft, onlyRight: pairs.onlyRight)
    }
  }
}

/// The partners in two sets of runs.
private struct RunPairs {
  var matched: [(ResultRun, ResultRun)]
  var onlyLeft: [TestRunKey] = []
  var onlyRight: [TestRunKey] = []

  init(matched: [(ResultRun, ResultRun)]) { self.matched = matched }

  init(
    _ left: [ResultRun], _ right: [ResultRun], _ pairing: Set<ResultDimension>
  ) {
    func name(_ run: ResultRun) -> [String] {
      [
        pairing.contains(.campaign) ? run.campaign : "",
        pairing.contains(.block) ? run.block : "", pairing.contains(.test) ? run.test : "",
        pairing.contains(.session) ? run.session : "",
      ]
    }
    func latest(_ runs: [ResultRun]) -> [[String]: ResultRun] {
      Dictionary(runs.map { (name($0), $0) }, uniquingKeysWith: { $1 })
    }
    let ours = latest(left)
    let theirs = latest(right)
    matched = ours.compactMap { name, run in theirs[name].map { (run, $0) } }
      .sorted {
        ($0.0.campaign, $0.0.block, $0.0.test, $0.0.key.id)
          < ($1.0.campaign, $1.0.block, $1.0.test, $1.0.key.id)
      }
    onlyLeft = left.filter { theirs[name($0)] == nil }.map(\.key)
    onlyRight = right.filter { ours[name($0)] == nil }.map(\.key)
  }
}

/// Goes through two runs at once, place by place.
private struct RunComparison {
  private let scan: MeasurementScan
  private let database: Database
  private let includingEqual: Bool
  private var places: PlaceCache
  var differences: [MeasuredDifference] = []
  var equal = 0

  init(_ database: Database, _ filter: ResultFilter, includingEqual: Bool) throws {
    self.database = database
    self.includingEqual = includingEqual
    scan = try MeasurementScan(database, filter)
    places = PlaceCache(database)
  }

  mutating func compare(_ left: ResultRun, _ right: ResultRun) throws {
    let ours = try scan.series(ofOne: left)
    let theirs = try scan.series(ofOne: right)
    let a = try RawStatement(database, MeasurementScan.query)
    let b = try RawStatement(database, MeasurementScan.query)
    var i = 0
    var j = 0
    // Both are in the order of the quantities' names.
    while i < ours.count || j < theirs.count {
      let first = i < ours.count ? ours[i].quantity : nil
      let second = j < theirs.count ? theirs[j].quantity : nil
      let quantity = min(first ?? second ?? "", second ?? first ?? "")
      let leftSeries = first == quantity ? ours[i].id : nil
      let rightSeries = second == quantity ? theirs[j].id : nil
      if leftSeries != nil { i += 1 }
      if rightSeries != nil { j += 1 }
      let group = DifferenceGroup(run: left, other: right.key, quantity: quantity)
      try merge(leftSeries, rightSeries, a, b, group)
    }
  }

  /// Merges two series by place; a series that is missing has the number nil.
  private mutating func merge(
    _ left: Int64?, _ right: Int64?, _ a: borrowing RawStatement, _ b: borrowing RawStatement,
    _ group: DifferenceGroup
  ) throws {
    try begin(a, left)
    try begin(b, right)
    var hasLeft = left == nil ? false : try a.step()
    var hasRight = right == nil ? false : try b.step()
    while hasLeft || hasRight {
      let p = hasLeft ? MeasurementKey.place(of: a.integer(0)) : .max
      let q = hasRight ? MeasurementKey.place(of: b.integer(0)) : .max
      let place = min(p, q)
      let mine = p == place ? MeasurementScan.measured(a, place) : nil
      let other = q == place ? MeasurementScan.measured(b, place) : nil
      let same =
        mine != nil && other != nil && mine?.value == other?.value
        && mine?.uncertainty == other?.uncertainty && mine?.reason == other?.reason
      if same { equal += 1 }
      if !same || includingEqual {
        differences.append(
          MeasuredDifference(
            group: group, located: try places.place(place),
            left: try mine.map { try places.value($0) },
            right: try other.map { try places.value($0) }))
      }
      if mine != nil { hasLeft = try a.step() }
      if other != nil { hasRight = try b.step() }
    }
    a.reset()
    b.reset()
  }

  private func begin(_ statement: borrowing RawStatement, _ series: Int64?) throws {
    guard let series else { return }
    statement.bind(MeasurementKey.first(of: series), at: 1)
    statement.bind(MeasurementKey.last(of: series), at: 2)
  }
}
