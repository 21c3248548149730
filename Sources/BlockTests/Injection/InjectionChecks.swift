import Analysis
import Campaign
import Detector

/// Levels of injected charge against what the gates' voltages make one expect.
enum InjectionChecks {
  static func add(
    _ frames: [CheckedFrame], _ plan: CheckPlan, to result: inout SubtaskResult,
    _ context: TestContext
  ) {
    guard !plan.injection.isEmpty else { return }
    var levels: [CheckedValue] = []
    var scatters: [CheckedValue] = []
    for frame in frames {
      for amplifier in context.camera.amplifiers.map(\.name) {
        guard let numbers = frame.injection[amplifier] else { continue }
        let results: [(Quantity, Result<Estimate, NotMeasurable>)] = [
          (LevelQuantities.injectionLevel, numbers.level),
          (LevelQuantities.injectionMean, numbers.mean),
          (LevelQuantities.injectionScatter, numbers.scatter),
          (LevelQuantities.injectionBlank, numbers.blank),
        ]
        for (quantity, value) in results {
          result.measure(
            quantity, detector: frame.detector, amplifier: amplifier, obsid: frame.exposure.obsid,
            value)
        }
        func checked(_ value: Result<Estimate, NotMeasurable>) -> CheckedValue {
          CheckedValue(
            detector: frame.detector, amplifier: amplifier, column: frame.exposure.label,
            obsid: frame.exposure.obsid, outcome: value.map(\.value))
        }
        levels.append(checked(numbers.level))
        scatters.append(checked(numbers.scatter))
      }
    }
    if let check = plan.others["injection_level"] {
      LimitChecks.add(check, levels, to: &result, context)
    }
    if let check = plan.others["injection_noise"] {
      LimitChecks.add(check, scatters, to: &result, context)
    }
  }
}
