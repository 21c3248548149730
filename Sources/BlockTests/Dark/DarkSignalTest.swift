import Analysis
public import Detector

/// DARKSIGNAL: the level of the image area above the scan columns in exposures without light.
///
/// For laboratories that take a few darks beside their biases, of any exposure times.
enum DarkSignalTest {
  static let value = BlockTest(
    family: "DARKSIGNAL",
    subtasks: [
      Subtask("check", title: "Data validation") { try await DataValidation.run($0) },
      Subtask("meta", title: "Dark signal", needs: ["check"]) { try DarkSignal.run($0) },
    ],
    quantities: CheckQuantities.all + [LevelQuantities.background] + DarkQuantities.all)
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
    "Dark signal of one exposure divided by its exposure time; it holds the difference of the offsets of image and scan columns, which the rate from several exposure times does not."
  )
  /// Signal, median over the frames.
  public static let signal = Quantity(
    "dark.signal", unit: .adu, per: [.detector, .amplifier], digits: 3,
    "Dark signal, median over the exposures.")
  /// Rate, median over the frames.
  public static let rate = Quantity(
    "dark.rate", unit: .aduPerSecond, per: [.detector, .amplifier], digits: 4,
    "Dark signal per second: slope of the signal against the exposure time, so that the difference of the offsets of image and scan columns drops out."
  )

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
        var signals: [(seconds: Double?, estimate: Estimate)] = []
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
          result.measure(
            DarkQuantities.frameSignal, detector: detector, amplifier: amplifier,
            obsid: exposure.obsid, signal)
          result.measure(
            DarkQuantities.frameRate, detector: detector, amplifier: amplifier,
            obsid: exposure.obsid,
            signal.flatMap { signal in perSecond(signal, exposure.exposureSeconds) })
          if case .success(let estimate) = signal {
            signals.append((exposure.exposureSeconds, estimate))
          }
        }
        result.measure(
          DarkQuantities.signal, detector: detector, amplifier: amplifier,
          typical(signals.map(\.estimate)))
        result.measure(
          DarkQuantities.rate, detector: detector, amplifier: amplifier,
          Result { () throws(NotMeasurable) in try slope(signals) })
      }
    }
    return result
  }

  /// The weighted least-squares slope of signal against time, w = 1 / sigma^2; its error is
  /// 1 / sqrt(sum w (t - mean t)^2) (Bevington and Robinson 2003, section 6.4).
  private static func slope(
    _ points: [(seconds: Double?, estimate: Estimate)]
  ) throws(NotMeasurable) -> Estimate {
    let known = points.compactMap { point in
      point.seconds.map {
        (t: $0, y: point.estimate.value, w: 1 / max(1e-12, point.estimate.uncertainty * point.estimate.uncertainty))
      }
    }
    guard !known.isEmpty else { throw NotMeasurable("no usable frame with a known exposure time") }
    let weight = known.reduce(0) { $0 + $1.w }
    let mean = known.reduce(0) { $0 + $1.w * $1.t } / weight
    let spread = known.reduce(0) { $0 + $1.w * ($1.t - mean) * ($1.t - mean) }
    guard let first = known.first?.t, known.contains(where: { abs($0.t - first) > 1e-3 }) else {
      throw NotMeasurable(
        "one exposure time only: offset differences cannot be told from dark signal")
    }
    let value = known.reduce(0) { $0 + $1.w * ($1.t - mean) * $1.y } / spread
    return Estimate(value: value, uncertainty: (1 / spread).squareRoot(), count: known.count)
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

  private static func typical(_ signals: [Estimate]) -> Result<Estimate, NotMeasurable> {
    Result { () throws(NotMeasurable) in
      guard !signals.isEmpty else { throw NotMeasurable("no usable frame") }
      var estimate = try medianEstimate(signals.map(\.value))
      let single = try median(signals.map(\.uncertainty))
      estimate.uncertainty = max(
        estimate.uncertainty, single / Double(signals.count).squareRoot())
      return estimate
    }
  }
}
