import Analysis
import Campaign
import Detector

/// Widths, peaks and fluxes of point sources against their limits, and the peaks' saturation time.
enum SpotChecks {
  /// The peak that counts as full well [adu].
  static let fullPeak = 55_000.0

  static func add(
    _ frames: [CheckedFrame], _ plan: CheckPlan, to result: inout SubtaskResult,
    _ context: TestContext
  ) {
    var widths: [CheckedValue] = []
    var peaks: [CheckedValue] = []
    var fluxes: [CheckedValue] = []
    for frame in frames {
      for amplifier in context.camera.amplifiers.map(\.name) {
        for spot in frame.spots[amplifier] ?? [] {
          store(spot, frame, amplifier, &result)
          func checked(_ outcome: Result<Double, NotMeasurable>) -> CheckedValue {
            CheckedValue(
              detector: frame.detector, amplifier: amplifier, column: frame.exposure.label,
              obsid: frame.exposure.obsid, spot: spot.spot, outcome: outcome)
          }
          widths.append(checked(spot.width.map { ($0.x * $0.x + $0.y * $0.y).squareRoot() }))
          peaks.append(checked(spot.peak))
          fluxes.append(checked(spot.fluence.map(\.value)))
        }
      }
    }
    if let check = plan.others["spot_fwhm"] {
      LimitChecks.add(check, widths, to: &result, context)
    }
    if let check = plan.others["spot_peak"] {
      LimitChecks.add(check, peaks, to: &result, context)
    }
    if let check = plan.others["spot_fluence"] {
      LimitChecks.add(check, fluxes, to: &result, context)
    }
    addSaturationTime(frames, plan, to: &result, context)
  }

  private static func store(
    _ spot: SpotNumbers, _ frame: CheckedFrame, _ amplifier: String, _ result: inout SubtaskResult
  ) {
    func add(_ quantity: Quantity, _ outcome: Result<SubtaskResult.Number, NotMeasurable>) {
      result.measurements.append(
        SubtaskResult.Measurement(
          quantity: quantity, detector: frame.detector, amplifier: amplifier,
          obsid: frame.exposure.obsid, item: spot.spot, outcome: outcome))
    }
    func plain(_ value: Double) -> SubtaskResult.Number {
      SubtaskResult.Number(value: value, uncertainty: nil, count: nil)
    }
    add(SpotQuantities.x, spot.x.map(plain))
    add(SpotQuantities.y, spot.y.map(plain))
    add(SpotQuantities.peak, spot.peak.map(plain))
    add(
      SpotQuantities.fluence,
      spot.fluence.map {
        SubtaskResult.Number(value: $0.value, uncertainty: $0.uncertainty, count: $0.count)
      })
    add(SpotQuantities.widthX, spot.width.map { plain($0.x) })
    add(SpotQuantities.widthY, spot.width.map { plain($0.y) })
  }

  /// 55000 ADU / mean over frames of (median peak / seconds) (w^2 / 2.5^2), with w^2 the median over the
  /// spots of the squared widths in both directions: the time for a spot of standard width.
  private static func addSaturationTime(
    _ frames: [CheckedFrame], _ plan: CheckPlan, to result: inout SubtaskResult,
    _ context: TestContext
  ) {
    guard let check = plan.others["peak_saturation_time"] else { return }
    var values: [CheckedValue] = []
    for detector in context.camera.detectors {
      for amplifier in context.camera.amplifiers.map(\.name) {
        var rates: [Double] = []
        for frame in frames where frame.detector == detector {
          guard let seconds = frame.exposure.exposureSeconds, seconds > 0 else { continue }
          let spots = (frame.spots[amplifier] ?? []).compactMap { spot -> (Double, Double)? in
            guard case .success(let peak) = spot.peak, case .success(let width) = spot.width,
              peak < 0.95 * fullPeak
            else { return nil }
            return (peak, width.x * width.x + width.y * width.y)
          }
          guard let peak = try? median(spots.map(\.0)), let square = try? median(spots.map(\.1))
          else { continue }
          rates.append(peak / seconds * square / 6.25)
        }
        let time = Result { () throws(NotMeasurable) -> Estimate in
          guard !rates.isEmpty else { throw NotMeasurable("no usable spot below saturation") }
          var estimate = try LightChecks.saturationTime(rates, sawSaturation: false)
          estimate.value *= fullPeak / 65536
          estimate.uncertainty *= fullPeak / 65536
          return estimate
        }
        result.measure(
          SpotQuantities.saturationTime, detector: detector, amplifier: amplifier, time)
        values.append(
          CheckedValue(detector: detector, amplifier: amplifier, outcome: time.map(\.value)))
      }
    }
    LimitChecks.add(check, values, to: &result, context)
  }
}
