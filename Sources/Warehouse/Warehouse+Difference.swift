import GRDB

/// One place of one quantity in two sets of test runs.
///
/// What a series has in common is held once, since there may be millions of differences.
public struct MeasuredDifference: Sendable, Hashable {
  let group: DifferenceGroup
  let located: PlaceCache.Place
  private let mine, other: PackedValue
  private let reasons: MissingReasons?

  init(
    group: DifferenceGroup, located: PlaceCache.Place, left: PackedValue, right: PackedValue,
    reasons: MissingReasons?
  ) {
    self.group = group
    self.located = located
    (mine, other) = (left, right)
    self.reasons = reasons
  }

  /// The left value; nil where there is none, not even a reason.
  public var left: MeasuredValue? { mine.value(reason: reasons?.left) }
  /// The right value; nil where there is none, not even a reason.
  public var right: MeasuredValue? { other.value(reason: reasons?.right) }

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
    let result = other.number - mine.number
    return result.isFinite ? result : nil
  }

  /// The uncertainty of the difference, the two being independent; nil unless both are known.
  public var sigma: Double? {
    let (a, b) = (mine.uncertainty, other.uncertainty)
    // Scaled by the larger one, so that no square overflows or vanishes.
    let larger = max(a.magnitude, b.magnitude)
    guard larger > 0 else { return a == 0 && b == 0 ? 0 : nil }
    let result = larger * ((a / larger) * (a / larger) + (b / larger) * (b / larger)).squareRoot()
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

/// A value without texts: millions of them are copied and freed at no cost.
struct PackedValue: Sendable {
  /// NaN where there is none.
  let number, uncertainty: Double
  private let count: Int64

  static let absent = PackedValue(number: .nan, uncertainty: .nan, count: .max)

  private init(number: Double, uncertainty: Double, count: Int64) {
    (self.number, self.uncertainty, self.count) = (number, uncertainty, count)
  }

  init(_ measured: MeasurementScan.Measured) {
    number = measured.value ?? .nan
    uncertainty = measured.uncertainty ?? .nan
    count = measured.count ?? .min
  }

  func value(reason: String?) -> MeasuredValue? {
    if let reason { return .missing(reason: reason) }
    if number.isNaN { return nil }
    return .value(
      number, uncertainty: uncertainty.isNaN ? nil : uncertainty,
      count: count == .min ? nil : Int(count))
  }
}

/// Why there are no values, where there is a reason on either side.
final class MissingReasons: Sendable {
  let left, right: String?

  init(left: String?, right: String?) { (self.left, self.right) = (left, right) }
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
  /// Of those, the number by quantity.
  public let equalByQuantity: [String: EqualPlaces]
  /// The runs that were compared, by campaign, block and test.
  public let pairs: [RunPair]
  /// Runs that a later one of the same name and side stands for; they were not looked at.
  public let superseded: [TestRunKey]
  /// Runs on the left without a partner.
  public let onlyLeft: [TestRunKey]
  /// Runs on the right without a partner.
  public let onlyRight: [TestRunKey]
}

/// How many places of a quantity are equal on both sides.
public struct EqualPlaces: Sendable, Hashable {
  /// Those with a value.
  public var values = 0
  /// Those without, for the same reason.
  public var missing = 0
}

/// Two runs that were compared.
public struct RunPair: Sendable, Hashable {
  /// The run on the left.
  public let left: TestRunKey
  /// The run on the right.
  public let right: TestRunKey

  /// Two runs.
  public init(left: TestRunKey, right: TestRunKey) { (self.left, self.right) = (left, right) }
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
  ///   - admits: the places that are looked at; asked once for each. All without it.
  /// - Returns: by block, test, quantity's name and place's number.
  public func diff(
    _ left: [TestRunKey], _ right: [TestRunKey],
    pairing: Set<ResultDimension> = [.campaign, .block, .test], quantities: [String] = [],
    includingEqual: Bool = false, where admits: ((ResultPlace) -> Bool)? = nil
  ) throws -> WarehouseDifference {
    try reading { database in
      let leftRuns = try MeasurementScan(database, ResultFilter(runs: left)).runs()
      let rightRuns = try MeasurementScan(database, ResultFilter(runs: right)).runs()
      var pairs = RunPairs(leftRuns, rightRuns, pairing)
      if leftRuns.count == 1, rightRuns.count == 1 {
        pairs = RunPairs(matched: [(leftRuns[0], rightRuns[0])])
      }
      let filter = ResultFilter(quantities: quantities)
      var comparison = try RunComparison(
        database, filter, includingEqual: includingEqual, admits)
      for (a, b) in pairs.matched { try comparison.compare(a, b) }
      return WarehouseDifference(
        differences: comparison.differences, equal: comparison.equal,
        equalByQuantity: comparison.equalByQuantity,
        pairs: pairs.matched.map { RunPair(left: $0.0.key, right: $0.1.key) },
        superseded: pairs.superseded, onlyLeft: pairs.onlyLeft, onlyRight: pairs.onlyRight)
    }
  }
}

/// The partners in two sets of runs.
private struct RunPairs {
  var matched: [(ResultRun, ResultRun)]
  var onlyLeft: [TestRunKey] = []
  var onlyRight: [TestRunKey] = []
  var superseded: [TestRunKey] = []

  init(matched: [(ResultRun, ResultRun)]) { self.matched = matched }

  init(
    _ left: [ResultRun], _ right: [ResultRun], _ pairing: Set<ResultDimension>
  ) {
    func name(_ run: ResultRun, _ test: String) -> [String] {
      [
        pairing.contains(.campaign) ? run.campaign : "",
        pairing.contains(.block) ? run.block : "", pairing.contains(.test) ? test : "",
        pairing.contains(.session) ? run.session : "",
      ]
    }
    // An iteration is a run of its test, unless a side has several of them.
    let goesByBase = [left, right].allSatisfy { side in
      Set(side.map { name($0, TestName.base($0.test)) }).count == side.count
    }
    func name(_ run: ResultRun) -> [String] {
      name(run, goesByBase ? TestName.base(run.test) : run.test)
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
    superseded =
      (left.filter { theirs[name($0)] != nil && ours[name($0)]?.key != $0.key }
      + right.filter { ours[name($0)] != nil && theirs[name($0)]?.key != $0.key }).map(\.key)
  }
}

/// Goes through two runs at once, place by place.
private struct RunComparison {
  private let scan: MeasurementScan
  private let database: Database
  private let includingEqual: Bool
  private var places: PlaceCache
  private var sequence: [PlaceCache.Place] = []
  private var next = 0
  var differences: [MeasuredDifference] = []
  var equal = 0
  var equalByQuantity: [String: EqualPlaces] = [:]
  private let admits: ((ResultPlace) -> Bool)?
  private var admitted: [Int64: Bool] = [:]

  init(
    _ database: Database, _ filter: ResultFilter, includingEqual: Bool,
    _ admits: ((ResultPlace) -> Bool)?
  ) throws {
    self.admits = admits
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
    next = 0
    var equals = EqualPlaces()
    defer {
      equal += equals.values + equals.missing
      if equals != EqualPlaces() {
        equalByQuantity[group.quantity, default: EqualPlaces()].values += equals.values
        equalByQuantity[group.quantity, default: EqualPlaces()].missing += equals.missing
      }
    }
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
      let counts = admits == nil ? true : try isAdmitted(place)
      if same, counts {
        if mine?.value == nil { equals.missing += 1 } else { equals.values += 1 }
      }
      if !same || includingEqual, counts {
        differences.append(
          MeasuredDifference(
            group: group, located: try located(place),
            left: mine.map(PackedValue.init) ?? .absent,
            right: other.map(PackedValue.init) ?? .absent, reasons: try reasons(mine, other)))
      }
      if mine != nil { hasLeft = try a.step() }
      if other != nil { hasRight = try b.step() }
    }
    a.reset()
    b.reset()
  }

  /// The series of a run mostly have the same places in the same order: the last one's list is
  /// looked at before the dictionary.
  private mutating func located(_ place: Int64) throws -> PlaceCache.Place {
    if next < sequence.count, sequence[next].id == place {
      next += 1
      return sequence[next - 1]
    }
    let found = try places.place(place)
    if next < sequence.count { sequence.removeSubrange(next...) }
    sequence.append(found)
    next = sequence.count
    return found
  }

  private mutating func isAdmitted(_ place: Int64) throws -> Bool {
    if let known = admitted[place] { return known }
    let answer = admits?(try places.place(place).result) ?? true
    admitted[place] = answer
    return answer
  }

  private mutating func reasons(
    _ left: MeasurementScan.Measured?, _ right: MeasurementScan.Measured?
  ) throws -> MissingReasons? {
    func isMissing(_ side: MeasurementScan.Measured?) -> Bool { side.map { $0.value == nil } ?? false }
    guard isMissing(left) || isMissing(right) else { return nil }
    return MissingReasons(
      left: isMissing(left) ? try left.map { try places.reason($0) } : nil,
      right: isMissing(right) ? try right.map { try places.reason($0) } : nil)
  }

  private func begin(_ statement: borrowing RawStatement, _ series: Int64?) throws {
    guard let series else { return }
    statement.bind(MeasurementKey.first(of: series), at: 1)
    statement.bind(MeasurementKey.last(of: series), at: 2)
  }
}
