import Analysis
public import Warehouse

/// Two sets of test runs beside each other: what moved, by how much, and why that may be.
public struct Comparison: Sendable {
  /// What is compared.
  public struct Question: Sendable {
    /// Names of quantities with `*` and `?`; empty for all.
    public var quantities: [String] = []
    /// Names that restrict the places; empty for no restriction.
    public var blocks: [String] = []
    /// Detectors.
    public var detectors: [String] = []
    /// Amplifiers.
    public var amplifiers: [String] = []
    /// Items.
    public var items: [String] = []
    /// The order of the differences.
    public var order = Order.significance
    /// How many sigmas count as moved; nil for any difference.
    public var limit: Double?

    /// All of both sides.
    public init() {}
  }

  /// How differences are sorted.
  public enum Order: String, Sendable, CaseIterable {
    /// By size in sigmas, then those without sigma by relative size.
    case significance
    /// By relative size.
    case relative
    /// By quantity, block and place.
    case name
  }

  /// The sides.
  public let left, right: ComparisonSide
  /// The dimensions in which partners agree.
  public let pairing: Set<ResultDimension>
  /// The runs that were compared.
  public let pairs: [RunPair]
  /// Runs without a partner.
  public let onlyLeft, onlyRight: [StoredTestRun]
  /// Runs that a later run of the same name stands for.
  public let superseded: [TestRunKey]
  /// All differences, in the order asked for.
  public let differences: [MeasuredDifference]
  /// The number of places that are equal, bit for bit.
  public let equal: Int
  /// One row for each quantity, by name.
  public let summaries: [QuantityDifference]
  /// How the making of both sides differs.
  public let provenance: ProvenanceDifference
  /// How many sigmas count as moved; nil for any difference.
  public let limit: Double?
  /// The unit of each quantity.
  public let units: [String: String]

  /// Compares.
  ///
  /// - Throws: `WarehouseError`; `MetatestError.Kind.noSuchQuantity` where a pattern fits no quantity.
  public init(
    _ left: ComparisonSide, _ right: ComparisonSide, _ question: Question = Question(),
    in warehouse: Warehouse
  ) throws {
    let known = try warehouse.quantities()
    try KnownNames.requireQuantities(question.quantities, in: warehouse)
    func admits(_ names: [String], _ name: String?) -> Bool {
      names.isEmpty || name.map { NamePattern.matches($0, any: names) } == true
    }
    let sides = [left, right].map { $0.runs.filter { admits(question.blocks, $0.block) } }
    let pairing = Self.pairing(sides[0], sides[1])
    let restricts =
      !(question.detectors.isEmpty && question.amplifiers.isEmpty && question.items.isEmpty)
    let found = try warehouse.diff(
      sides[0].map(\.key), sides[1].map(\.key), pairing: pairing,
      quantities: question.quantities,
      where: restricts
        ? {
          admits(question.detectors, $0.detector) && admits(question.amplifiers, $0.amplifier)
            && admits(question.items, $0.item)
        } : nil)
    self.left = left
    self.right = right
    self.pairing = pairing
    pairs = found.pairs
    let (onlyLeft, onlyRight) = (Set(found.onlyLeft), Set(found.onlyRight))
    self.onlyLeft = sides[0].filter { onlyLeft.contains($0.key) }
    self.onlyRight = sides[1].filter { onlyRight.contains($0.key) }
    superseded = found.superseded
    equal = found.equal
    limit = question.limit
    units = Dictionary(known.map { ($0.name, $0.unit) }, uniquingKeysWith: { first, _ in first })
    differences = DifferenceOrder.sorted(found.differences, question.order)
    summaries = QuantityDifference.summaries(
      found.differences, found.equalByQuantity, limit: question.limit, units: units)
    provenance = try ProvenanceDifference(found.pairs, in: warehouse)
  }

  /// The dimensions in which partners agree: campaign, block and test, but for those in which each
  /// side is one name, and not the same one: that is what is compared. The session counts where a
  /// side has several runs of one block and test, and both have the same sessions.
  static func pairing(_ left: [StoredTestRun], _ right: [StoredTestRun]) -> Set<ResultDimension> {
    var result: Set<ResultDimension> = []
    let names: [(ResultDimension, (StoredTestRun) -> String)] = [
      (.campaign, { $0.campaign }), (.block, { $0.block }), (.test, { $0.test }),
    ]
    for (dimension, name) in names {
      let (ours, theirs) = (Set(left.map(name)), Set(right.map(name)))
      if !(ours.count == 1 && theirs.count == 1 && ours != theirs) { result.insert(dimension) }
    }
    func isRepeated(_ runs: [StoredTestRun]) -> Bool {
      Set(runs.map { [$0.campaign, $0.block, $0.test] }).count < runs.count
    }
    if isRepeated(left) || isRepeated(right),
      Set(left.map(\.session)) == Set(right.map(\.session))
    {
      result.insert(.session)
    }
    return result
  }

  /// The number of differences by what happened.
  public var counts: [DifferenceState: Int] {
    var counts: [DifferenceState: Int] = [:]
    for difference in differences { counts[difference.state, default: 0] += 1 }
    return counts
  }

  /// The number of values that moved by more than the limit; all that changed without one.
  public var beyond: Int { summaries.reduce(0) { $0 + $1.moved } }
  /// The number of changed values whose significance is not known.
  public var unjudged: Int { summaries.reduce(0) { $0 + $1.unjudged } }
  /// Whether nothing at all differs, and every run has its partner.
  public var isEqual: Bool { differences.isEmpty && onlyLeft.isEmpty && onlyRight.isEmpty }
}

/// What happened to a place between the sides.
public enum DifferenceState: String, Sendable, CaseIterable {
  /// Both sides have a value, and they differ.
  case changed
  /// The values are equal; their uncertainties or counts are not.
  case uncertainty
  /// The left side has a value, the right side a reason for having none.
  case lost
  /// The right side has a value, the left side a reason for having none.
  case gained
  /// Neither side has a value, for different reasons.
  case reason
  /// Only the left side has the place.
  case onlyLeft = "only left"
  /// Only the right side has the place.
  case onlyRight = "only right"
}

extension MeasuredDifference {
  /// What happened.
  public var state: DifferenceState {
    switch (left, right) {
    case (.value(let a, _, _)?, .value(let b, _, _)?): a == b ? .uncertainty : .changed
    case (.value?, .missing?): .lost
    case (.missing?, .value?): .gained
    case (.missing?, .missing?): .reason
    case (_?, nil): .onlyLeft
    default: .onlyRight
    }
  }

  /// The difference by the larger of both values; nil unless both are numbers, or both are 0.
  public var relative: Double? {
    guard let difference, let a = left?.number, let b = right?.number else { return nil }
    let larger = max(a.magnitude, b.magnitude)
    guard larger > 0 else { return nil }
    let result = difference / larger
    return result.isFinite ? result : nil
  }

  /// Why a changed value has no significance; nil where it has one.
  public var unjudged: String? {
    guard state == .changed, significance == nil else { return nil }
    if difference == nil { return "the difference is too large for a number" }
    guard let sigma else { return "no uncertainty" }
    return sigma == 0 ? "both uncertainties are 0" : "the significance is too large for a number"
  }
}

/// Sorting of differences.
enum DifferenceOrder {
  static func sorted(
    _ differences: [MeasuredDifference], _ order: Comparison.Order
  ) -> [MeasuredDifference] {
    struct Key {
      let group: Int
      let size: Double
      let index: Int
    }
    let keys = differences.enumerated().map { index, difference -> Key in
      if order == .name { return Key(group: 0, size: 0, index: index) }
      if order == .significance, let size = difference.significance?.magnitude, size > 0 {
        return Key(group: 0, size: size, index: index)
      }
      switch difference.state {
      case .changed: return Key(group: 1, size: difference.relative?.magnitude ?? 0, index: index)
      case .lost, .gained: return Key(group: 2, size: 0, index: index)
      case .onlyLeft, .onlyRight: return Key(group: 3, size: 0, index: index)
      case .reason: return Key(group: 4, size: 0, index: index)
      case .uncertainty: return Key(group: 5, size: 0, index: index)
      }
    }
    return keys.sorted { ($0.group, -$0.size, $0.index) < ($1.group, -$1.size, $1.index) }
      .map { differences[$0.index] }
  }
}
