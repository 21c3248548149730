/// The conversion gains of one block, and where they come from.
///
/// They are `ptc.gain` of the PTC01 run that stands for the block: the latest accepted one, else the latest
/// finished one, of those whose curves were fitted.
public struct StandingGains: Sendable {
  /// The test whose gains are used.
  public static let test = "PTC01"
  /// The quantity.
  public static let quantity = "ptc.gain"

  /// The block.
  public let block: String
  /// The run of the gains; nil where there is none.
  public let run: StoredTestRun?
  /// Why that run; nil where there is none.
  public let rule: Warehouse.SelectionRule?
  private let values: [String: MeasuredValue]

  init(
    block: String, run: StoredTestRun?, rule: Warehouse.SelectionRule?,
    values: [String: MeasuredValue]
  ) {
    (self.block, self.run, self.rule, self.values) = (block, run, rule, values)
  }

  /// Gains that are known otherwise; for tests and for blocks without a warehouse.
  public init(block: String, values: [String: [String: MeasuredValue]] = [:]) {
    self.init(
      block: block, run: nil, rule: nil,
      values: Dictionary(
        values.flatMap { detector, gains in gains.map { ("\(detector)/\($0.key)", $0.value) } },
        uniquingKeysWith: { first, _ in first }))
  }

  /// The gain of an amplifier [e-/adu] with its uncertainty, or why there is none.
  public func gain(_ detector: String, _ amplifier: String) -> MeasuredValue {
    if let value = values["\(detector)/\(amplifier)"] {
      switch value {
      case .value(let gain, _, _) where gain > 0 && gain.isFinite: return value
      case .value: return .missing(reason: "no gain: that of \(source) is not positive")
      case .missing(let reason): return .missing(reason: "no gain: \(reason) (\(source))")
      }
    }
    return .missing(
      reason: run == nil
        ? "no gain: no finished \(Self.test) of block \(block) in the warehouse"
        : "no gain: \(source) has none of \(detector) \(amplifier)")
  }

  /// Whether any amplifier has a gain.
  public var hasGains: Bool {
    values.values.contains { ($0.number ?? 0) > 0 }
  }

  /// A value in ADU, or ADU and something else, in electrons, with the gain's uncertainty.
  ///
  /// - Parameter power: of ADU in the value's unit.
  /// - Returns: missing without a gain, with the reason "not measurable: no gain: ...".
  public func electrons(
    _ value: MeasuredValue, _ detector: String, _ amplifier: String, power: Int = 1
  ) -> MeasuredValue {
    guard case .value = value else { return value }
    switch gain(detector, amplifier) {
    case .missing(let reason): return .missing(reason: "not measurable: \(reason)")
    case let gain: return value.times(gain, power: power)
    }
  }

  /// The run in words: `PTC01 run 5 of analysis FM20260101_120000, latest accepted`.
  public var source: String {
    guard let run else { return "no finished \(Self.test) of block \(block)" }
    return run.source(rule)
  }
}

extension Warehouse {
  /// The gains of a block.
  ///
  /// - Parameters:
  ///   - campaign: the block's campaign; nil where block names are unique.
  ///   - asOf: the choice as it was at this instant (ISO 8601 in UTC).
  /// - Throws: `WarehouseError`.
  public func gains(
    ofBlock block: String, campaign: String? = nil, asOf: String? = nil
  ) throws -> StandingGains {
    func chosen(_ subtask: String?) throws -> SelectedTestRun? {
      try selectedTestRuns(
        test: StandingGains.test, campaign: campaign, having: subtask, asOf: asOf
      ).first { $0.run.block == block }
    }
    // Results that were made elsewhere have no steps.
    guard let found = try chosen("meta") ?? chosen(nil) else {
      return StandingGains(block: block, run: nil, rule: nil, values: [:])
    }
    var values: [String: MeasuredValue] = [:]
    for row in try measurements(of: [StandingGains.quantity], in: [found.run.key])
    where row.place.obsid == nil && row.place.item == nil {
      guard let detector = row.place.detector, let amplifier = row.place.amplifier else { continue }
      values["\(detector)/\(amplifier)"] = row.value
    }
    return StandingGains(block: block, run: found.run, rule: found.rule, values: values)
  }
}
