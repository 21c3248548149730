import Detector

/// The gains of all blocks of a warehouse, for whoever wants ADU in electrons.
public struct GainTable: Sendable {
  private struct Key: Hashable {
    let campaign, block: String
  }

  private var blocks: [Key: StandingGains] = [:]

  /// The gains of a block; without values where it has no PTC01.
  public func gains(campaign: String, block: String) -> StandingGains {
    blocks[Key(campaign: campaign, block: block)] ?? StandingGains(block: block)
  }

  /// Where the gains come from, one line a block: `BORN: PTC01 run 5 of analysis ..., latest accepted`.
  public var sources: [String] {
    blocks.sorted { ($0.key.campaign, $0.key.block) < ($1.key.campaign, $1.key.block) }
      .map { "\($0.key.block): \($0.value.source)" }
  }

  /// A result in electrons: value and uncertainty times the gain, or its square, of the amplifier.
  ///
  /// To first order sigma^2 = (g^p sigma_x)^2 + (p x g^(p - 1) sigma_g)^2; the gain's part is common to all results of an
  /// amplifier. A result whose amplifier has no gain is missing, with the reason "not measurable: no gain ...".
  ///
  /// - Returns: the result, and the gains that were used; the result as it is and nil where its unit holds no ADU.
  public func inElectrons(_ row: ResultRow) -> (row: ResultRow, gains: StandingGains?) {
    guard let target = Unit(rawValue: row.unit)?.inElectrons else { return (row, nil) }
    let gains = gains(campaign: row.run.campaign, block: row.run.block)
    let value: MeasuredValue
    if let detector = row.place.detector, let amplifier = row.place.amplifier {
      value = gains.electrons(row.value, detector, amplifier, power: target.power)
    } else if case .value = row.value {
      value = .missing(
        reason: "not measurable: no gain: the value belongs to no single quadrant")
    } else {
      value = row.value
    }
    return (
      ResultRow(
        run: row.run, quantity: row.quantity, unit: target.unit.rawValue, place: row.place,
        slot: row.slot, value: value), gains.run == nil ? nil : gains
    )
  }

  fileprivate mutating func add(_ gains: StandingGains, campaign: String) {
    blocks[Key(campaign: campaign, block: gains.block)] = gains
  }
}

extension Warehouse {
  /// The gains of all blocks that have a PTC01.
  ///
  /// - Parameter asOf: the choice as it was at this instant (ISO 8601 in UTC).
  /// - Throws: `WarehouseError`.
  public func gains(asOf: String? = nil) throws -> GainTable {
    var table = GainTable()
    for one in try selectedTestRuns(test: StandingGains.test, asOf: asOf) {
      table.add(
        try gains(ofBlock: one.run.block, campaign: one.run.campaign, asOf: asOf),
        campaign: one.run.campaign)
    }
    return table
  }

  /// Statistics of measurements by groups as `statistics(matching:by:percentiles:)` gives them, of values in electrons.
  ///
  /// - Throws: `WarehouseError`.
  public func statistics(
    matching filter: ResultFilter, by dimensions: [ResultDimension], percentiles: [Double] = [],
    inElectrons gains: GainTable
  ) throws -> [GroupStatistics] {
    struct Group: Hashable {
      let names: [String?]
      let unit: String
    }
    var groups: [Group: GroupAccumulator] = [:]
    try forEachResult(matching: filter) { original in
      let row = gains.inElectrons(original).row
      let names = dimensions.map { dimension -> String? in
        switch dimension {
        case .quantity: row.quantity
        case .slot: row.slot
        default: row.run.name(of: dimension) ?? row.place.name(of: dimension)
        }
      }
      let group = Group(names: names, unit: row.unit)
      let accumulator = groups[group] ?? GroupAccumulator()
      groups[group] = accumulator
      switch row.value {
      case .value(let value, let error, _): accumulator.add(value, uncertainty: error)
      case .missing: accumulator.addMissing()
      }
    }
    return groups.map { group, accumulator in
      accumulator.statistics(group.names, group.unit, percentiles)
    }.sorted { $0.group == $1.group ? $0.unit < $1.unit : Warehouse.precedes($0.group, $1.group) }
  }
}
