import Analysis
import Campaign
import Detector

/// Offsets, their gradients relative to the pre-scan, and scatters against their limits.
enum OffsetChecks {
  /// Adds the compliance of each detector and amplifier; a cell passes only if every exposure does.
  static func add(
    _ frames: [CheckedFrame], _ plan: CheckPlan, to result: inout SubtaskResult,
    _ context: TestContext
  ) {
    let regions = RegionName.allCases
    let reference = context.camera.offsetRegion ?? .prescan
    for region in regions where context.camera.regions[region] != nil {
      guard let meant = plan.offsets[region] else { continue }
      check("offsets_\(region.short)", meant.frames(frames), to: &result, context, flags: [.poorQualityData]) {
        numbers throws(NotMeasurable) in try numbers.core(region).location.value
      } limits: { detector, amplifier in
        context.limits.offset(detector: detector, amplifier: amplifier)
      }
    }
    for region in regions where region != reference && context.camera.regions[region] != nil {
      guard let meant = plan.gradients[region], let limits = context.limits.offsetGradient(region)
      else { continue }
      check(
        "offsets_grad_\(region.short)", meant.frames(frames), to: &result, context, flags: [.poorQualityData]
      ) { numbers throws(NotMeasurable) in
        try numbers.core(region).location.value - numbers.core(reference).location.value
      } limits: { _, _ in
        limits
      }
    }
    for region in regions where context.camera.regions[region] != nil {
      guard let meant = plan.noise[region] else { continue }
      check(
        "std_\(region.short)", meant.frames(frames), to: &result, context,
        flags: [.poorQualityData, .readNoiseOutOfLimits]
      ) { numbers throws(NotMeasurable) in
        guard let width = try numbers.core(region).width else {
          throw NotMeasurable("the pixels do not scatter")
        }
        return width.value
      } limits: { detector, _ in
        context.limits.readNoise(detector: detector)
      }
    }
  }

  private static func check(
    _ name: String, _ frames: [CheckedFrame], to result: inout SubtaskResult,
    _ context: TestContext, flags: [Flag],
    value: (FrameStatistics.AmplifierNumbers) throws(NotMeasurable) -> Double,
    limits: (_ detector: String, _ amplifier: String) -> LimitRange?
  ) {
    for detector in context.camera.detectors {
      for amplifier in context.camera.amplifiers.map(\.name) {
        guard let range = limits(detector, amplifier) else { continue }
        var values: [Double] = []
        var failing: [String] = []
        for frame in frames where frame.detector == detector {
          guard
            let numbers = frame.statistics.amplifiers.first(where: { $0.amplifier == amplifier })
          else { continue }
          do throws(NotMeasurable) {
            let measured = try value(numbers)
            values.append(measured)
            if !range.admits(measured) {
              failing.append("ObsID \(frame.exposure.obsid): \(rounded(measured))")
            }
          } catch {
            failing.append("ObsID \(frame.exposure.obsid): \(error.reason)")
          }
        }
        let mean = values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        let passed = failing.isEmpty && mean != nil
        result.checks.append(
          SubtaskResult.Check(
            name: name, detector: detector, amplifier: amplifier, item: nil, value: mean,
            lower: range.lower, upper: range.upper, passed: passed,
            text: mean == nil && failing.isEmpty
              ? "no usable frame" : failing.joined(separator: ", ")))
        if !passed {
          let cause =
            "\(name) of \(detector) \(amplifier): "
            + (failing.first ?? "no usable frame")
            + (failing.count > 1 ? " and \(failing.count - 1) more" : "")
          for flag in flags { result.raise(flag, cause) }
        }
      }
    }
  }

  private static func rounded(_ x: Double) -> String { fixed(x, digits: 3) }
}

extension DataCheck {
  /// The frames that the check is about.
  func frames(_ all: [CheckedFrame]) -> [CheckedFrame] {
    columns.map { names in all.filter { names.contains($0.exposure.label) } } ?? all
  }
}

/// A number with a fixed number of digits after the point, as messages show it.
func fixed(_ x: Double, digits: Int) -> String {
  guard x.isFinite, abs(x) < 1e15 else { return "\(x)" }
  var scale = 1.0
  for _ in 0..<max(0, digits) { scale *= 10 }
  let scaled = (abs(x) * scale).rounded()
  let whole = (scaled / scale).rounded(.down)
  let fraction = Int((scaled - whole * scale).rounded())
  let text = String(fraction)
  let sign = x < 0 && scaled > 0 ? "-" : ""
  guard digits > 0 else { return "\(sign)\(Int(whole))" }
  return "\(sign)\(Int(whole)).\(String(repeating: "0", count: max(0, digits - text.count)))\(text)"
}
