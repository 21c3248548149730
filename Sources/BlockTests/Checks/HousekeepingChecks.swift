import Campaign
import Detector

/// House-keeping against commands and limits.
enum HousekeepingChecks {
  /// Stores the mean of every reading, checks the selected keys, and raises `HK_OOL`.
  ///
  /// Performance limits are relative to the command where a key has one, absolute otherwise; Safe
  /// limits are absolute. A key passes only if every exposure has a reading inside the limits: a
  /// reading that is missing or not a number fails, and says so. Where a test is made for another
  /// temperature of the detectors, Performance limits of their sensors are as far from that one; of a
  /// test at the room's temperature they are not checked.
  static func add(to result: inout SubtaskResult, _ context: TestContext) {
    guard context.expectsHousekeeping else { return }
    let table = context.limits.housekeeping
    store(&result, context, table)
    for problem in context.housekeeping.flatMap(\.problems) {
      result.log.append("house-keeping: \(problem)")
    }
    for key in table.checkedKeys {
      if let limit = key.performance(at: context.definition.temperature),
        key.command != nil || context.limits.appliesAbsolutePerformance
      {
        check("hk_performance", key, limit, &result, context)
      }
      if let limit = key.safe { check("hk_safe", key, limit, &result, context) }
    }
  }

  private static func store(
    _ result: inout SubtaskResult, _ context: TestContext, _ table: HousekeepingTable
  ) {
    for exposure in context.housekeeping {
      for (name, reading) in exposure.readings.sorted(by: { $0.key < $1.key }) {
        guard let mean = reading.mean else { continue }
        let unit = unit(of: table.key(named: name)?.unit)
        let error =
          reading.count > 1 ? reading.deviation / Double(reading.count).squareRoot() : nil
        result.measurements.append(
          SubtaskResult.Measurement(
            quantity: CheckQuantities.housekeeping(name, unit: unit), obsid: exposure.obsid,
            outcome: .success(
              SubtaskResult.Number(value: mean, uncertainty: error, count: reading.count))))
      }
    }
  }

  private static func unit(of text: String?) -> Unit {
    switch text {
    case "V": .volt
    case "A": .ampere
    case "degC", "deg_C", "C": .degreeCelsius
    default: .none
    }
  }

  private static func check(
    _ name: String, _ key: HousekeepingTable.Key, _ limit: HousekeepingTable.Limit,
    _ result: inout SubtaskResult, _ context: TestContext
  ) {
    var values: [Double] = []
    var failing: [String] = []
    var range: (lower: Double, upper: Double)?
    for exposure in context.exposures {
      let readings = context.housekeeping.first { $0.obsid == exposure.obsid }
      guard let reading = readings?.readings[key.name] else {
        failing.append("ObsID \(exposure.obsid): no reading")
        continue
      }
      guard let mean = reading.mean else {
        failing.append("ObsID \(exposure.obsid): no reading is a number")
        continue
      }
      let command = key.command.flatMap { exposure.values[$0]?.number }
      if key.command != nil, command == nil, name == "hk_performance" {
        failing.append("ObsID \(exposure.obsid): no command in the log")
        continue
      }
      values.append(mean)
      range = limit.bounds(command: command)
      if !limit.admits(mean, command: command) {
        failing.append("ObsID \(exposure.obsid): \(fixed(mean, digits: 3))")
      } else if reading.invalid > 0 {
        failing.append(
          "ObsID \(exposure.obsid): \(reading.invalid) of \(reading.invalid + reading.count) readings are not numbers"
        )
      }
    }
    let mean = values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    result.checks.append(
      SubtaskResult.Check(
        name: name, detector: nil, amplifier: nil, item: key.name, value: mean,
        lower: range?.lower, upper: range?.upper, passed: failing.isEmpty && mean != nil,
        text: failing.joined(separator: ", ")))
    if !failing.isEmpty {
      let label = name == "hk_safe" ? "Safe" : "Performance"
      result.raise(
        .housekeepingOutOfLimits,
        "\(key.name) (\(label)): \(failing[0])"
          + (failing.count > 1 ? " and \(failing.count - 1) more" : ""))
    }
  }
}

extension HousekeepingTable.Key {
  /// Whether it is one of the detectors' own sensors of temperature: `CCD1_TEMP_T`.
  private var isDetectorTemperature: Bool {
    kind == "temperature" && name.hasPrefix("CCD") && name.contains("_TEMP_")
  }

  /// The Performance limits of a test made for some temperature of the detectors; nil for none.
  func performance(at temperature: DetectorTemperature) -> HousekeepingTable.Limit? {
    guard isDetectorTemperature else { return performance }
    switch temperature {
    case .usual: return performance
    case .room: return nil
    case .kelvin(let kelvin):
      guard case .absolute(let range)? = performance else { return performance }
      let shift = kelvin - DetectorTemperature.usualKelvin
      return .absolute(LimitRange(range.lower + shift, range.upper + shift))
    }
  }
}

extension HousekeepingTable.Limit {
  /// The limits in the value's own unit; nil for a relative limit without a command.
  func bounds(command: Double?) -> (lower: Double, upper: Double)? {
    switch self {
    case .relative(let range): command.map { (range.lower + $0, range.upper + $0) }
    case .absolute(let range): (range.lower, range.upper)
    case .identity(let expected): (expected, expected)
    }
  }
}
