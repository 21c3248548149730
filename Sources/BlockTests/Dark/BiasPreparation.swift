import Analysis
import Campaign
import Detector

/// Preparation of the images: the offset of each frame and amplifier, and what is left out.
///
/// No prepared image is written: every later step reads the raw frame again, which costs a few
/// milliseconds, and applies the offsets measured here.
enum BiasPreparation {
  static func run(_ context: TestContext) async throws -> SubtaskResult {
    let work = context.exposures.flatMap { exposure in
      context.camera.detectors.compactMap { detector -> (Int, String, String)? in
        guard case .usable(let path)? = exposure.frames[detector] else { return nil }
        return (exposure.obsid, detector, path)
      }
    }
    let choice = context.offsetChoice
    let tracker = ProgressCounter(total: work.count, report: context.progress)
    let measured = try await parallelMap(work, workers: context.workers) {
      obsid, detector, path in
      try context.checkCancellation()
      let frame = try context.openPrepared(path, detector: detector).read()
      defer { tracker.advance() }
      return context.camera.amplifiers.map { amplifier in
        Result { () throws(NotMeasurable) in
          try BiasFrame.offset(
            of: frame, amplifier: amplifier, camera: context.camera, choice: choice
          ).location
        }
      }
    }
    var result = SubtaskResult()
    for ((obsid, detector, _), offsets) in zip(work, measured) {
      for (amplifier, offset) in zip(context.camera.amplifiers, offsets) {
        result.measure(
          BiasQuantities.frameOffset, detector: detector, amplifier: amplifier.name, obsid: obsid,
          offset)
      }
    }
    result.log = [
      "bad pixels: raw values \(context.camera.invalidValues.map(String.init).joined(separator: ", ")) are left out",
      maskText(context),
      "offset: \(methodText(choice))",
      "bias structure and flat field: not corrected in this test",
    ]
    return result
  }

  private static func maskText(_ context: TestContext) -> String {
    guard !context.masks.isEmpty else { return "cosmetics mask: none given" }
    let counts = context.camera.detectors.map { detector in
      "\(detector) \(context.masks[detector].map { "\($0.count) pixels" } ?? "none")"
    }
    return "cosmetics mask: \(counts.joined(separator: ", ")) left out"
  }

  private static func methodText(_ choice: OffsetChoice?) -> String {
    guard let choice else { return "none: no scan pixels were read" }
    let columns = choice.region.columns
    let place = "\(choice.name.rawValue) columns \(columns.lowerBound)...\(columns.upperBound - 1)"
    return switch choice.method {
    case .row: "one for each row, mean of \(place)"
    case .median: "one for each amplifier and frame, location of the Gaussian core of \(place)"
    case .none: "not subtracted from the master; levels are measured in \(place)"
    }
  }
}
