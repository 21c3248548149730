import Campaign
import Detector

/// Lost and saturated pixels.
enum PixelChecks {
  /// Counts them, checks the saturated fraction per detector and script column, and raises flags.
  ///
  /// Every exposure of a detector and column must pass (requirement: data-quality limits of block
  /// tests, saturated fraction).
  static func add(
    _ frames: [CheckedFrame], checksSaturation: Bool, to result: inout SubtaskResult,
    _ context: TestContext
  ) {
    var lost: [Int: Int] = [:]
    var fractions: [String: [(obsid: Int, amplifier: String, value: Double)]] = [:]
    for frame in frames {
      for amplifier in frame.statistics.amplifiers {
        let obsid = frame.exposure.obsid
        if context.camera.lostValue != nil {
          result.count(
            CheckQuantities.lostPixels, detector: frame.detector, amplifier: amplifier.amplifier,
            obsid: obsid, Double(amplifier.lost))
        }
        result.count(
          CheckQuantities.saturatedPixels, detector: frame.detector,
          amplifier: amplifier.amplifier, obsid: obsid, Double(amplifier.saturated))
        let fraction = Double(amplifier.saturated) / Double(max(1, amplifier.pixels))
        result.count(
          CheckQuantities.saturatedFraction, detector: frame.detector,
          amplifier: amplifier.amplifier, obsid: obsid, fraction)
        lost[obsid, default: 0] += amplifier.lost
        fractions["\(frame.detector)/\(frame.exposure.label)", default: []]
          .append((obsid, amplifier.amplifier, fraction))
      }
    }
    let limits = context.limits.saturatedFraction
    for detector in context.camera.detectors where checksSaturation {
      for column in context.definition.columns.map(\.name) {
        guard let values = fractions["\(detector)/\(column)"], !values.isEmpty else { continue }
        let failing = values.filter { !limits.contains($0.value) }
        result.checks.append(
          SubtaskResult.Check(
            name: "saturation", detector: detector, amplifier: nil, item: column,
            value: values.reduce(0) { $0 + $1.value } / Double(values.count), lower: limits.lower,
            upper: limits.upper, passed: failing.isEmpty,
            text: failing.map { "ObsID \($0.obsid) \($0.amplifier)" }.joined(separator: ", ")))
        if let worst = failing.max(by: { $0.value < $1.value }) {
          let cause =
            "\(detector) \(column): \(failing.count) amplifier frames above the limit, worst ObsID \(worst.obsid) \(worst.amplifier)"
          result.raise(.saturation, cause)
          result.raise(.poorQualityData, "saturated pixels, \(cause)")
        }
      }
    }
    raiseDead(frames, &result, context)
    let affected = lost.filter { $0.value > 0 }.sorted { $0.key < $1.key }
    if !affected.isEmpty {
      result.raise(
        .lostPixels,
        affected.map { "ObsID \($0.key): \($0.value) pixels" }.joined(separator: ", "))
    }
  }

  /// Says which quadrants are dead, and which detectors because all of their quadrants are.
  private static func raiseDead(
    _ frames: [CheckedFrame], _ result: inout SubtaskResult, _ context: TestContext
  ) {
    for detector in context.camera.detectors {
      let mine = frames.filter { $0.detector == detector }
      let whole = mine.filter { frame in
        frame.statistics.amplifiers.allSatisfy { $0.onlyValue != nil }
          && !frame.statistics.amplifiers.isEmpty
      }
      if let first = whole.first {
        result.raise(
          .deadDetector,
          "\(detector): no quadrant's pixels differ in ObsID \(first.exposure.obsid)"
            + (whole.count > 1 ? " and \(whole.count - 1) more of \(mine.count) frames" : ""))
      }
      for (index, amplifier) in context.camera.amplifiers.enumerated() {
        let dead = mine.compactMap { frame -> (obsid: Int, value: Int)? in
          frame.statistics.amplifiers[index].onlyValue.map { (frame.exposure.obsid, $0) }
        }
        guard let first = dead.first else { continue }
        result.raise(
          .deadAmplifier,
          "\(detector) \(amplifier.name): all pixels read \(first.value) in ObsID \(first.obsid)"
            + (dead.count > 1 ? " and \(dead.count - 1) more of \(mine.count) frames" : ""))
      }
    }
  }
}
