import Campaign
import Detector
import Ingest

/// The house-keeping of one exposure: commanded voltages, temperatures and supplies, with noise.
struct HousekeepingReadings {
  let plan: BlockPlan
  let camera: Camera
  let seed: UInt64

  /// One reading a second from the exposure on.
  static let count = 71

  /// The readings of an exposure, faults included.
  func readings(
    _ exposure: BlockPlan.Exposure, row: [String: ScriptValue]
  ) -> [(date: ElvisDate, values: [String: Double])] {
    let obsid = UInt32(truncatingIfNeeded: exposure.number)
    let keys = plan.version.housekeepingKeys.filter { $0 != "TimeStamp" }
    let table = HousekeepingTable.standard
    let sources = keys.map { name in
      (
        name: name, stream: RandomStream(seed: seed, "hk", plan.block.name, name),
        nominal: nominal(of: name, key: table.key(named: name), row: row, exposure: exposure)
      )
    }
    return (0..<Self.count).map { second in
      var values: [String: Double] = [:]
      for source in sources {
        let noise = source.nominal.noise == 0 ? 0 : source.stream.normal(UInt32(second), obsid)
        // Beyond four sigma nothing: a healthy system stays within its limits.
        values[source.name] =
          source.nominal.value + source.nominal.noise * min(max(noise, -4), 4)
      }
      apply(faultsOf: exposure, to: &values)
      return (exposure.date.advanced(bySeconds: second), values)
    }
  }

  private func nominal(
    of name: String, key: HousekeepingTable.Key?, row: [String: ScriptValue],
    exposure: BlockPlan.Exposure
  ) -> (value: Double, noise: Double) {
    // All that is regulated wanders a little, with a period of hours of its own.
    let wander = wander(of: name, after: exposure.seconds)
    if let temperature = temperature(of: name) {
      return (temperature + exposure.celsiusShift + 0.05 * wander, 0.03)
    }
    guard let key else { return (0, 0) }
    if let command = key.command, let value = row[command]?.number {
      return (value + 0.005 * wander, 0.01)
    }
    switch key.performance ?? key.safe {
    case .identity(let value): return (value, 0)
    case .absolute(let range), .relative(let range):
      let width = range.upper - range.lower
      // Board temperatures are near 20 deg C whatever the middle of their limits is.
      if key.kind == "temperature" { return (20 + 0.5 * wander, 0.1) }
      return (range.lower + width * (0.5 + 0.02 * wander), width * 0.01)
    case nil: return (0, 0)
    }
  }

  /// A slow oscillation between -1 and 1; 0 at the block's first exposure.
  private func wander(of name: String, after seconds: Double) -> Double {
    let stream = RandomStream(seed: seed, "hk-drift", plan.block.name, name)
    let period = 3600 * (2 + 4 * stream.uniform(0))
    let sign = stream.uniform(1) < 0.5 ? -1.0 : 1
    return sign * sine(2 * .pi * seconds / period)
  }

  /// The truth behind `CCD<n>_TEMP_T` and `_B`.
  private func temperature(of name: String) -> Double? {
    for (index, detector) in camera.detectors.enumerated() {
      let sensors = plan.truth[detector]?.temperatures ?? []
      if name == "CCD\(index + 1)_TEMP_T" { return sensors.first ?? -120 }
      if name == "CCD\(index + 1)_TEMP_B" { return sensors.last ?? -120 }
    }
    return nil
  }

  private func apply(faultsOf exposure: BlockPlan.Exposure, to values: inout [String: Double]) {
    func number(_ kind: Fault.Kind) -> Int? {
      plan.detector(with: kind, exposure).flatMap { camera.detectors.firstIndex(of: $0) }
        .map { $0 + 1 }
    }
    if let n = number(.housekeepingOutOfLimits) {
      values["CCD\(n)_OD_T"]? += 1
      values["CCD\(n)_TEMP_T"] = -100
    }
    if let n = number(.housekeepingNaN) { values["CCD\(n)_TEMP_T"] = .nan }
  }
}
