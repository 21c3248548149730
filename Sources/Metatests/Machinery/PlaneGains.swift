import Warehouse

/// The gains of all blocks of a plane, with which metatests turn ADU into electrons.
struct PlaneGains: Sendable {
  /// Gains by place, of the photon-transfer runs that stand for their blocks.
  let values: [ChannelPlace: MeasuredValue]
  /// The photon-transfer runs, one a block.
  let runs: [StoredTestRun]

  init(_ input: MetatestInput) throws {
    let runs = try input.selector
      .selections(test: StandingGains.test, design: input.design).compactMap(\.run)
    self.runs = runs
    values = try ChannelReader(
      input.warehouse, runs: runs, quantities: [MetaBias.gain], curves: []
    ).values(of: MetaBias.gain, item: nil)
  }

  /// Whether any amplifier of any block has a gain.
  var hasGains: Bool { values.values.contains { ($0.number ?? 0) > 0 } }

  /// The number of each block's run.
  var numbers: [String: Int64] {
    Dictionary(runs.map { ($0.block, $0.key.id) }, uniquingKeysWith: { first, _ in first })
  }

  /// The runs, for people: `BORN run 3, CURIE run 7 (no gain)`.
  var sources: String {
    let known = Set(values.filter { ($0.value.number ?? 0) > 0 }.keys.map(\.block))
    return runs.sorted { $0.block < $1.block }.map {
      "\($0.block) run \($0.key.id)" + (known.contains($0.block) ? "" : " (no gain)")
    }.joined(separator: ", ")
  }

  /// A gain [e-/adu], or why a place has none.
  func gain(_ place: ChannelPlace) -> MeasuredValue {
    switch values[place] {
    case .value(let gain, _, _)? where gain <= 0 || !gain.isFinite:
      .missing(reason: "not measurable: the gain of PTC01 is not positive")
    case .missing(let reason)?: .missing(reason: "not measurable: no gain: \(reason)")
    case let found?: found
    case nil:
      .missing(
        reason: runs.isEmpty
          ? "not measurable: no \(StandingGains.test) in the warehouse"
          : runs.contains { $0.block == place.block }
            ? "not measurable: no \(StandingGains.test) gain of \(ReportTables.name(place))"
            : "not measurable: no \(StandingGains.test) of \(place.block)")
    }
  }

  /// Values in ADU as electrons, with the uncertainties of both.
  func electrons(_ values: [ChannelPlace: MeasuredValue]) -> [ChannelPlace: MeasuredValue] {
    Dictionary(uniqueKeysWithValues: values.map { place, value in
      (place, value.times(gain(place)))
    })
  }
}
