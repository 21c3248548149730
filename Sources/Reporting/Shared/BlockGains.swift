public import Warehouse

/// The gains that turn a block's ADU into electrons, and the photon-transfer run that they come from.
public struct BlockGains: Sendable {
  /// The run: the accepted PTC01 of the block and campaign, else the latest finished one; nil where there is none.
  public let run: StoredTestRun?
  private let values: [ResultPlace: MeasuredValue]

  /// Reads the gains of a block.
  ///
  /// - Throws: `WarehouseError`.
  public init(warehouse: Warehouse, block: String, campaign: String) throws {
    var filter = ResultFilter(tests: ["PTC01"])
    filter.blocks = [block]
    filter.campaigns = [campaign]
    filter.selection = .standing
    // A name is no pattern here, whatever it holds.
    run = try warehouse.testRuns(matching: filter).last {
      $0.block == block && $0.campaign == campaign
    }
    guard let run else {
      values = [:]
      return
    }
    values = Dictionary(
      try warehouse.measurements(of: ["ptc.gain"], in: [run.key]).map { ($0.place, $0.value) },
      uniquingKeysWith: { first, _ in first })
  }

  /// Whether there is any gain.
  public var isEmpty: Bool { !values.values.contains { $0.number != nil } }

  /// A value in ADU, or per ADU and something else, in electrons: both relative uncertainties in quadrature.
  public func electrons(
    _ value: MeasuredValue?, _ detector: String, _ amplifier: String
  ) -> MeasuredValue? {
    guard case .value(let number, let error, let count)? = value else { return value }
    switch values[ResultPlace(detector: detector, amplifier: amplifier)] {
    case .value(let gain, let gainError, _)?:
      let a = (error ?? 0) * gain
      let b = (gainError ?? 0) * number
      return .value(number * gain, uncertainty: (a * a + b * b).squareRoot(), count: count)
    case .missing(let reason)?: return .missing(reason: "no gain: \(reason)")
    case nil: return .missing(reason: "no gain: no PTC01 of the block")
    }
  }

  /// Which run the gains come from, for people.
  public var source: String {
    guard let run else { return "no PTC01 of the block: no electrons" }
    let verdict = run.verdict == .accepted ? "accepted" : "latest"
    return "gains of the \(verdict) PTC01, run \(run.key.id), analysis \(run.analysis.name)"
  }
}
