import Analysis
import Campaign
import Detector

/// The data check of every test: house-keeping, lost and saturated pixels, levels of the scan regions, and
/// what the test exposes, as its definition says, each against its limits.
enum DataValidation {
  /// Every frame is read once; a frame that cannot be used leaves the others to be measured.
  static func run(_ context: TestContext) async throws -> SubtaskResult {
    var result = SubtaskResult()
    let plan = CheckPlan(context.definition)
    HousekeepingChecks.add(to: &result, context)
    let frames = try await CheckedFrame.measure(plan, context)
    result.log = takenOver(frames) + result.log
    storeLevels(frames, plan, to: &result, context)
    PixelChecks.add(
      frames, checksSaturation: plan.others["saturation"] != nil, to: &result, context)
    OffsetChecks.add(frames, plan, to: &result, context)
    LightChecks.add(frames, plan, to: &result, context)
    InjectionChecks.add(frames, plan, to: &result, context)
    if plan.measuresSpots { SpotChecks.add(frames, plan, to: &result, context) }
    return result
  }

  /// Whose statistics of frames stand for ones of this check, in the order of the frames.
  private static func takenOver(_ frames: [CheckedFrame]) -> [String] {
    var counts: [(source: String, count: Int)] = []
    for source in frames.compactMap(\.source) {
      if let index = counts.firstIndex(where: { $0.source == source }) {
        counts[index].count += 1
      } else {
        counts.append((source, 1))
      }
    }
    return counts.map { source, count in
      "levels, scatters and pixel counts of \(count) of \(frames.count) frames: taken over from the check of \(source), which read the same files"
    }
  }

  private static func storeLevels(
    _ frames: [CheckedFrame], _ plan: CheckPlan, to result: inout SubtaskResult,
    _ context: TestContext
  ) {
    for frame in frames {
      for amplifier in frame.statistics.amplifiers {
        for numbers in amplifier.regions where plan.regions.contains(numbers.region) {
          let item = numbers.region.short
          result.measure(
            CheckQuantities.offset, detector: frame.detector, amplifier: amplifier.amplifier,
            obsid: frame.exposure.obsid, item: item, numbers.core.map(\.location))
          if case .success(let middle) = numbers.integerMedian {
            result.count(
              CheckQuantities.offsetMedian, detector: frame.detector,
              amplifier: amplifier.amplifier, obsid: frame.exposure.obsid, item: item, middle)
          }
          result.measure(
            CheckQuantities.scatter, detector: frame.detector, amplifier: amplifier.amplifier,
            obsid: frame.exposure.obsid, item: item,
            numbers.core.flatMap { core in
              core.width.map { .success($0) } ?? .failure(NotMeasurable("the pixels do not scatter"))
            })
        }
      }
    }
    storeChanges(frames, plan, to: &result, context)
  }

  /// The offsets of the scan regions minus their means over the test.
  private static func storeChanges(
    _ frames: [CheckedFrame], _ plan: CheckPlan, to result: inout SubtaskResult,
    _ context: TestContext
  ) {
    for region in plan.regions where region != .image && context.camera.regions[region] != nil {
      for detector in context.camera.detectors {
        for (index, amplifier) in context.camera.amplifiers.enumerated() {
          let levels = frames.filter { $0.detector == detector }.compactMap {
            frame -> (Int, Estimate)? in
            guard let core = try? frame.statistics.amplifiers[index].core(region) else { return nil }
            return (frame.exposure.obsid, core.location)
          }
          guard levels.count > 1 else { continue }
          let mean = levels.reduce(0) { $0 + $1.1.value } / Double(levels.count)
          for (obsid, level) in levels {
            result.measure(
              CheckQuantities.offsetChange, detector: detector, amplifier: amplifier.name,
              obsid: obsid, item: region.short,
              .success(
                Estimate(
                  value: level.value - mean, uncertainty: level.uncertainty, count: level.count)))
          }
        }
      }
    }
  }
}
