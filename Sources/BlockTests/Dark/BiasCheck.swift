import Analysis
import Campaign
import Detector

/// The data check of the dark family: house-keeping, lost and saturated pixels, offsets, their
/// gradients, and scatter, each against its limits.
enum BiasCheck {
  /// The regions that the dark family checks.
  static let regions: [RegionName] = [.prescan, .image, .overscan]

  static func run(_ context: TestContext) async throws -> SubtaskResult {
    var result = SubtaskResult()
    HousekeepingChecks.add(to: &result, context)
    let frames = try await measureFrames(context)
    add(frames, to: &result)
    PixelChecks.add(frames, to: &result, context)
    OffsetChecks.add(frames, regions: regions, to: &result, context)
    return result
  }

  /// Measures every usable frame, in parallel.
  static func measureFrames(_ context: TestContext) async throws -> [CheckedFrame] {
    let work = context.exposures.flatMap { exposure in
      context.camera.detectors.compactMap { detector -> (Exposure, String, String)? in
        guard case .usable(let path)? = exposure.frames[detector] else { return nil }
        return (exposure, detector, path)
      }
    }
    let tracker = ProgressCounter(total: work.count, report: context.progress)
    return try await parallelMap(work, workers: context.workers) { exposure, detector, path in
      try context.checkCancellation()
      let frame = try context.open(path).read()
      defer { tracker.advance() }
      return CheckedFrame(
        exposure: exposure, detector: detector,
        statistics: FrameStatistics(
          of: frame, camera: context.camera, window: context.window, regions: regions))
    }
  }

  /// Stores levels and scatters of all regions.
  static func add(_ frames: [CheckedFrame], to result: inout SubtaskResult) {
    for frame in frames {
      for amplifier in frame.statistics.amplifiers {
        for numbers in amplifier.regions {
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
  }
}

/// The statistics of one frame, and whose they are.
struct CheckedFrame: Sendable {
  var exposure: Exposure
  var detector: String
  var statistics: FrameStatistics
}
