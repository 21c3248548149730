import Analysis
import Campaign
import Detector

/// Fluence, saturation time and background: what light, or its absence, leaves in the image area.
enum LightChecks {
  static func add(
    _ frames: [CheckedFrame], _ plan: CheckPlan, to result: inout SubtaskResult,
    _ context: TestContext
  ) {
    if plan.measuresFluence { addFluence(frames, plan, to: &result, context) }
    addBackground(frames, plan, to: &result, context)
    addSaturatedShare(frames, plan, to: &result, context)
  }

  // MARK: - Fluence

  private static func addFluence(
    _ frames: [CheckedFrame], _ plan: CheckPlan, to result: inout SubtaskResult,
    _ context: TestContext
  ) {
    var values: [CheckedValue] = []
    var rates: [String: [Double]] = [:]
    var saturated: Set<String> = []
    for frame in frames where !isPoint(frame, context) && plan.injection[frame.exposure.label] == nil {
      for amplifier in frame.statistics.amplifiers {
        let place = "\(frame.detector)/\(amplifier.amplifier)"
        let level = Result { () throws(NotMeasurable) in try fluence(amplifier) }
        result.measure(
          LevelQuantities.fluence, detector: frame.detector, amplifier: amplifier.amplifier,
          obsid: frame.exposure.obsid,
          level.flatMap { level in
            level.isLowerBound
              ? .failure(NotMeasurable("saturated: most image pixels are at the converter's end"))
              : .success(level.estimate)
          })
        result.measure(
          LevelQuantities.imageScatter, detector: frame.detector, amplifier: amplifier.amplifier,
          obsid: frame.exposure.obsid,
          Result { () throws(NotMeasurable) in
            guard let width = try amplifier.core(.image).width else {
              throw NotMeasurable("the pixels do not scatter")
            }
            return width
          })
        var value = CheckedValue(
          detector: frame.detector, amplifier: amplifier.amplifier, column: frame.exposure.label,
          obsid: frame.exposure.obsid, outcome: level.map(\.estimate.value))
        if case .success(let level) = level {
          value.isLowerBound = level.isLowerBound
          if let seconds = frame.exposure.exposureSeconds, seconds > 0 {
            if !level.isLowerBound, level.estimate.value < 0.8 * 65536 {
              rates[place, default: []].append(level.estimate.value / seconds)
            } else {
              saturated.insert(place)
            }
          }
        }
        values.append(value)
      }
    }
    if let check = plan.others["image_fluence"] {
      LimitChecks.add(check, values, to: &result, context)
    }
    guard let check = plan.others["saturation_time"] else { return }
    var times: [CheckedValue] = []
    for detector in context.camera.detectors {
      for amplifier in context.camera.amplifiers.map(\.name) {
        let place = "\(detector)/\(amplifier)"
        let time = Result { () throws(NotMeasurable) in
          try saturationTime(rates[place] ?? [], sawSaturation: saturated.contains(place))
        }
        result.measure(
          LevelQuantities.saturationTime, detector: detector, amplifier: amplifier, time)
        times.append(
          CheckedValue(detector: detector, amplifier: amplifier, outcome: time.map(\.value)))
      }
    }
    LimitChecks.add(check, times, to: &result, context)
  }

  /// Median of the image area minus that of the over-scan, of the pre-scan where there is none.
  private static func fluence(_ amplifier: FrameStatistics.AmplifierNumbers) throws(NotMeasurable)
    -> (estimate: Estimate, isLowerBound: Bool)
  {
    guard let image = amplifier.regions.first(where: { $0.region == .image }) else {
      throw NotMeasurable("the camera has no image area")
    }
    let level = try image.median.get()
    let scan = try amplifier.scan()
    let zero = scan.core
    if image.saturatedShare > 0.5 {
      return (
        Estimate(value: level - zero.median, uncertainty: 0, count: zero.location.count), true
      )
    }
    let core = try image.core.get()
    guard core.width != nil || zero.width != nil else {
      throw NotMeasurable(
        "the amplifier is dead: all its pixels read \(fixed(zero.median, digits: 0))")
    }
    // Light brings its own noise.
    guard core.width != nil || level - zero.median < 100 else {
      throw NotMeasurable(
        "the amplifier is dead: all its image pixels read \(fixed(core.median, digits: 0))")
    }
    // The median's error is sqrt(pi / 2) times that of the mean.
    let error = 1.2533 * core.location.uncertainty
    let other = 1.2533 * zero.location.uncertainty
    return (
      Estimate(
        value: level - zero.median, uncertainty: (error * error + other * other).squareRoot(),
        count: core.location.count), false
    )
  }

  /// 65536 / mean of the rates, with the error of that mean.
  static func saturationTime(_ rates: [Double], sawSaturation: Bool) throws(NotMeasurable)
    -> Estimate
  {
    guard !rates.isEmpty else {
      throw NotMeasurable(
        sawSaturation ? "all frames are above 80 % of full range" : "no usable frame with light")
    }
    let n = Double(rates.count)
    let mean = rates.reduce(0, +) / n
    guard mean > 0 else { throw NotMeasurable("the frames show no light") }
    let squares = rates.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let error = rates.count > 1 ? (squares / (n - 1) / n).squareRoot() : 0
    return Estimate(
      value: 65536 / mean, uncertainty: 65536 / mean * error / mean, count: rates.count)
  }

  private static func isPoint(_ frame: CheckedFrame, _ context: TestContext) -> Bool {
    context.column(frame.exposure.label)?.values["source"] == .string("point")
  }

  // MARK: - Background

  private static func addBackground(
    _ frames: [CheckedFrame], _ plan: CheckPlan, to result: inout SubtaskResult,
    _ context: TestContext
  ) {
    var values: [CheckedValue] = []
    let check = plan.others["dark_fluence"] ?? plan.others["background"]
    for frame in frames {
      let column = context.column(frame.exposure.label)
      let isWanted = check?.columns.map { $0.contains(frame.exposure.label) } ?? true
      guard plan.measuresSpots || plan.measuresBackground(column) else { continue }
      for amplifier in frame.statistics.amplifiers {
        let level =
          frame.spotBackground[amplifier.amplifier]
          ?? Result { () throws(NotMeasurable) in try background(amplifier) }
        result.measure(
          LevelQuantities.background, detector: frame.detector, amplifier: amplifier.amplifier,
          obsid: frame.exposure.obsid, level)
        if isWanted {
          values.append(
            CheckedValue(
              detector: frame.detector, amplifier: amplifier.amplifier,
              column: frame.exposure.label, obsid: frame.exposure.obsid,
              outcome: level.map(\.value)))
        }
      }
    }
    if let check { LimitChecks.add(check, values, to: &result, context) }
  }

  /// Median of the image area minus the mean of the levels of the scans.
  private static func background(_ amplifier: FrameStatistics.AmplifierNumbers)
    throws(NotMeasurable) -> Estimate
  {
    guard let image = amplifier.regions.first(where: { $0.region == .image }) else {
      throw NotMeasurable("the camera has no image area")
    }
    let core = try image.core.get()
    let scans = amplifier.regions.filter { $0.region != .image }.compactMap { numbers in
      try? numbers.core.get()
    }
    guard !scans.isEmpty else { throw NotMeasurable("no scan pixels were read") }
    guard core.width != nil || scans.contains(where: { $0.width != nil }) else {
      throw NotMeasurable(
        "the amplifier is dead: all its pixels read \(fixed(core.median, digits: 0))")
    }
    let n = Double(scans.count)
    let zero = scans.reduce(0) { $0 + $1.median } / n
    let error = 1.2533 * core.location.uncertainty
    let other = scans.reduce(0) { $0 + $1.location.uncertainty * $1.location.uncertainty }
    return Estimate(
      value: try image.median.get() - zero,
      uncertainty: (error * error + 1.57 * other / (n * n)).squareRoot(),
      count: core.location.count)
  }

  // MARK: - Saturation that is wanted

  private static func addSaturatedShare(
    _ frames: [CheckedFrame], _ plan: CheckPlan, to result: inout SubtaskResult,
    _ context: TestContext
  ) {
    guard let check = plan.others["saturation_required"] else { return }
    var values: [CheckedValue] = []
    for frame in frames where check.columns?.contains(frame.exposure.label) ?? true {
      for amplifier in frame.statistics.amplifiers {
        let share = Double(amplifier.saturated) / Double(max(1, 2 * amplifier.pixels))
        result.count(
          LevelQuantities.saturatedShare, detector: frame.detector,
          amplifier: amplifier.amplifier, obsid: frame.exposure.obsid, share)
        values.append(
          CheckedValue(
            detector: frame.detector, amplifier: amplifier.amplifier,
            column: frame.exposure.label, obsid: frame.exposure.obsid, outcome: .success(share)))
      }
    }
    LimitChecks.add(check, values, to: &result, context)
  }
}

extension FrameStatistics.AmplifierNumbers {
  /// The core of the over-scan; that of the pre-scan where the camera has none.
  func scan() throws(NotMeasurable) -> (region: RegionName, core: GaussianCore) {
    for name in [RegionName.overscan, .prescan] {
      if let numbers = regions.first(where: { $0.region == name }) {
        return (name, try numbers.core.get())
      }
    }
    throw NotMeasurable("no scan pixels were read")
  }
}

extension TestContext {
  /// The script column of that name.
  func column(_ name: String) -> TestDefinition.Column? {
    definition.columns.first { $0.name == name }
  }
}
