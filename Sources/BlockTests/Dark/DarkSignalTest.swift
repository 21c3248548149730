import Analysis
public import Detector

/// DARKSIGNAL: the level of the image area above the scan columns in exposures without light.
///
/// For laboratories that take a few darks beside their biases; any exposure time, each frame by itself.
enum DarkSignalTest {
  static let value = BlockTest(
    family: "DARKSIGNAL",
    subtasks: [
      Subtask("check", title: "Data validation") { try await BiasCheck.run($0) },
      Subtask("meta", title: "Dark signal", needs: ["check"]) { try DarkSignal.run($0) },
    ],
    quantities: CheckQuantities.all + DarkQuantities.all)
}

/// What DARKSIGNAL measures.
public enum DarkQuantities {
  /// Signal of one frame.
  public static let frameSignal = Quantity(
    "dark.frame.signal", unit: .adu, per: [.detector, .amplifier, .exposure], digits: 3,
    "Level of the image area above that of the scan columns in one exposure without light: thermal charge, stray light and the difference of the offsets of the two regions together."
  )
  /// Rate of one frame.
  public static let frameRate = Quantity(
    "dark.frame.rate", unit: .aduPerSecond, per: [.detector, .amplifier, .exposure], digits: 4,
    "Dark signal of one exposure divided by its exposure time.")
  /// Signal, median over the frames.
  public static let signal = Quantity(
    "dark.signal", unit: .adu, per: [.detector, .amplifier], digits: 3,
    "Dark signal, median over the exposures.")
  /// Rate, median over the frames.
  public static let rate = Quantity(
    "dark.rate", unit: .aduPerSecond, per: [.detector, .amplifier], digits: 4,
    "Dark signal per second of exposure, median over the exposures.")

  /// All of them.
  public static let all = [frameSignal, frameRate, signal, rate]
}

/// The dark signal from the levels that the data check measured.
enum DarkSignal {
  /// signal = level(image) - level(scan), both locations of Gaussian cores; errors in quadrature.
  static func run(_ context: TestContext) throws -> SubtaskResult {
    var result = SubtaskResult()
    let levels = try context.earlier.measurements(CheckQuantities.offset)
    let reference = (context.camera.offsetRegion ?? .prescan).short
    for detector in context.camera.detectors {
      for amplifier in context.camera.amplifiers.map(\.name) {
        var signals: [Double] = []
        var rates: [Double] = []
        var reason = "no usable frame"
        for exposure in context.exposures {
          func level(_ item: String) -> EarlierMeasurement? {
            levels.first {
              $0.detector == detector && $0.amplifier == amplifier && $0.obsid == exposure.obsid
                && $0.item == item
            }
          }
          guard let image = level(RegionName.image.short), let scan = level(reference) else {
            continue
          }
          let signal = Result { () throws(NotMeasurable) in try difference(image, scan) }
          let rate = signal.flatMap { signal in perSecond(signal, exposure.exposureSeconds) }
          result.measure(
            DarkQuantities.frameSignal, detector: detector, amplifier: amplifier,
            obsid: exposure.obsid, signal)
          result.measure(
            DarkQuantities.frameRate, detector: detector, amplifier: amplifier,
            obsid: exposure.obsid, rate)
          if case .success(let estimate) = signal { signals.append(estimate.value) }
          switch rate {
          case .success(let estimate): rates.append(estimate.value)
          case .failure(let problem): reason = problem.reason
          }
        }
        let errors = result.measurements.compactMap { row -> Double? in
          guard row.quantity == DarkQuantities.frameSignal, row.detector == detector,
            row.amplifier == amplifier, case .success(let number) = row.outcome
          else { return nil }
          return number.uncertainty
        }
        result.measure(
          DarkQuantities.signal, detector: detector, amplifier: amplifier,
          typical(signals, errors, orReason: reason))
        let times = context.exposures.compactMap(\.exposureSeconds).filter { $0 > 0 }
        let shortest = times.min() ?? 1
        result.measure(
          DarkQuantities.rate, detector: detector, amplifier: amplifier,
          typical(rates, errors.map { $0 / shortest }, orReason: reason))
      }
    }
    return result
  }

  private static func difference(
    _ image: EarlierMeasurement, _ scan: EarlierMeasurement
  ) throws(NotMeasurable) -> Estimate {
    guard let a = image.value, let b = scan.value else {
      throw NotMeasurable(image.reason ?? scan.reason ?? "no level")
    }
    let error = ((image.uncertainty ?? 0) * (image.uncertainty ?? 0)
      + (scan.uncertainty ?? 0) * (scan.uncertainty ?? 0)).squareRoot()
    return Estimate(value: a - b, uncertainty: error, count: image.count ?? 0)
  }

  private static func perSecond(_ signal: Estimate, _ seconds: Double?)
    -> Result<Estimate, NotMeasurable>
  {
    guard let seconds else { return .failure(NotMeasurable("the exposure time is not known")) }
    guard seconds > 0 else { return .failure(NotMeasurable("the exposure time is zero")) }
    return .success(
      Estimate(
        value: signal.value / seconds, uncertainty: signal.uncertainty / seconds,
        count: signal.count))
  }

  private static func typical(_ values: [Double], _ errors: [Double], orReason reason: String)
    -> Result<Estimate, NotMeasurable>
  {
    Result { () throws(NotMeasurable) in
      guard !values.isEmpty else { throw NotMeasurable(reason) }
      var estimate = try medianEstimate(values)
      if let single = try? median(errors) {
        estimate.uncertainty = max(
          estimate.uncertainty, single / Double(values.count).squareRoot())
      }
      return estimate
    }
  }
}
