import Analysis
import Campaign
import Detector
import Warehouse

/// What the correction has restored, from the numbers of the trial: no pixel is read.
enum BrighterFatterOutcome {
  private typealias Q = BrighterFatterQuantities

  static func run(_ context: TestContext) throws -> SubtaskResult {
    let gains = try context.gains()
    let noise = try readNoise(context)
    let labels = Dictionary(
      context.exposures.map { ($0.obsid, $0.label) }, uniquingKeysWith: { first, _ in first })
    var rows: [String: [Int: [String: [String: EarlierMeasurement]]]] = [:]
    let quantities = [
      Q.testMean, Q.testVariance, Q.test10, Q.test01, Q.test11, Q.testBorderMean,
      Q.testBorderVariance,
    ]
    for quantity in quantities {
      for row in try context.earlier.measurements(quantity) {
        guard let detector = row.detector, let amplifier = row.amplifier, let obsid = row.obsid,
          let item = row.item
        else { continue }
        rows["\(detector)/\(amplifier)", default: [:]][obsid, default: [:]][
          item, default: [:]][quantity.name] = row
      }
    }
    var result = SubtaskResult()
    result.log.append("gain: \(gains.source)")
    let used = try usedColumns(context)
    let shared = try SharedErrors(context, columns: used)
    for detector in context.camera.detectors {
      for amplifier in context.camera.amplifiers.map(\.name) {
        let key = "\(detector)/\(amplifier)"
        let gain = BrighterFatterChannel.estimate(gains.gain(detector, amplifier))
        for (kind, quantity) in zip(
          BrighterFatterTrial.kinds, [Q.poissonRaw, Q.poissonGuyonnet, Q.poissonScalar])
        {
          var points: [Point] = []
          var reason = NotMeasurable("no fluence was measured")
          let covariance = shared.covariance(key, kind, gain: gain)
          for (obsid, kinds) in (rows[key] ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard let label = labels[obsid] else { continue }
            let point = gain.flatMap { gain in
              Result { () throws(NotMeasurable) in
                guard used.contains("\(key)/\(label)") else {
                  throw NotMeasurable("the fluence is not on the photon transfer curve")
                }
                return try Point(
                  kinds[kind] ?? [:], column: label, noise: noise[key] ?? [:], gain: gain,
                  common: covariance(label, label))
              }
            }
            result.measure(
              quantity, detector: detector, amplifier: amplifier, item: label,
              point.map(\.poisson))
            switch point {
            case .success(let point): points.append(point)
            case .failure(let found) where used.contains("\(key)/\(label)"): reason = found
            case .failure: break
            }
          }
          summarise(points, covariance, gain, else: reason, kind, detector, amplifier, to: &result)
        }
      }
    }
    return result
  }

  /// The variance and the covariances of a pair against what photons alone would give.
  private struct Point {
    var mean: Double
    var poisson: Estimate
    /// The same at the detector's borders.
    var border: Result<Estimate, NotMeasurable>
    /// Covariances over mean^2 [1/e-]: serial, parallel, diagonal.
    var remaining: [Estimate]
    /// The column of the script.
    var column: String

    init(
      _ rows: [String: EarlierMeasurement], column: String, noise: [Int: Double], gain: Estimate,
      common: Double
    ) throws(NotMeasurable) {
      func value(_ quantity: Quantity) throws(NotMeasurable) -> Estimate {
        guard let row = rows[quantity.name], let value = row.value else {
          throw NotMeasurable(rows[quantity.name]?.reason ?? "the pair was not measured")
        }
        return Estimate(value: value, uncertainty: row.uncertainty ?? 0, count: row.count ?? 0)
      }
      self.column = column
      func ratio(_ mean: Double, _ variance: Estimate) throws(NotMeasurable) -> Estimate {
        guard mean > 0 else { throw NotMeasurable("no signal") }
        // Signals were rounded once more for the trial.
        let photons = mean / gain.value
        return Estimate(
          value: (variance.value - (noise[0] ?? 0) - 1.0 / 12) / photons,
          uncertainty: variance.uncertainty / photons, count: variance.count)
      }
      mean = try value(Q.testMean).value
      func withCommon(_ estimate: Estimate) -> Estimate {
        Estimate(
          value: estimate.value,
          uncertainty: (estimate.uncertainty * estimate.uncertainty
            + common * estimate.value * estimate.value).squareRoot(),
          count: estimate.count)
      }
      poisson = withCommon(try ratio(mean, value(Q.testVariance)))
      border = Result { () throws(NotMeasurable) in
        withCommon(try ratio(value(Q.testBorderMean).value, value(Q.testBorderVariance)))
      }
      remaining = []
      for (index, quantity) in [Q.test10, Q.test01, Q.test11].enumerated() {
        let covariance = try value(quantity)
        remaining.append(
          Estimate(
            value: (covariance.value - (noise[index + 1] ?? 0)) / (mean * mean),
            uncertainty: covariance.uncertainty / (mean * mean), count: covariance.count))
      }
    }
  }

  private static func summarise(
    _ points: [Point], _ covariance: SharedErrors.Covariance, _ gain: Result<Estimate, NotMeasurable>, else nothing: NotMeasurable,
    _ kind: String, _ detector: String, _ amplifier: String, to result: inout SubtaskResult
  ) {
    let top = points.map(\.mean).max() ?? 0
    let high = points.filter { $0.mean > top / 5 }
    /// The weighted mean.
    ///
    /// - Parameter shared: the relative covariance of two columns that is no matter of averaging.
    func average(
      _ values: [(estimate: Estimate, column: String)], shared: SharedErrors.Covariance,
      else reason: NotMeasurable
    ) -> Result<Estimate, NotMeasurable> {
      let usable = values.filter { $0.estimate.uncertainty > 0 && $0.estimate.value.isFinite }
      guard !usable.isEmpty else {
        if case .failure(let reason) = gain { return .failure(reason) }
        return .failure(reason)
      }
      let own = usable.map { estimate, column in
        max(
          estimate.uncertainty * estimate.uncertainty
            - shared(column, column) * estimate.value * estimate.value, 1e-60)
      }
      let sum = own.reduce(0) { $0 + 1 / $1 }
      let parts = zip(usable, own).map { $0.estimate.value / ($1 * sum) }
      var variance = 1 / sum
      for (i, part) in parts.enumerated() {
        for (j, other) in parts.enumerated() {
          variance += part * other * shared(usable[i].column, usable[j].column)
        }
      }
      return .success(
        Estimate(
          value: parts.reduce(0, +), uncertainty: max(variance, 0).squareRoot(),
          count: usable.count))
    }
    result.measure(
      Q.restored, detector: detector, amplifier: amplifier, item: kind,
      average(high.map { ($0.poisson, $0.column) }, shared: covariance, else: nothing))
    let borders = high.compactMap { point in
      (try? point.border.get()).map { ($0, point.column) }
    }
    let reasons = high.compactMap { point -> NotMeasurable? in
      if case .failure(let reason) = point.border { reason } else { nil }
    }
    result.measure(
      Q.border, detector: detector, amplifier: amplifier, item: kind,
      average(borders, shared: covariance, else: reasons.first ?? nothing))
    for (index, quantity) in [Q.remaining10, Q.remaining01, Q.remaining11].enumerated() {
      result.measure(
        quantity, detector: detector, amplifier: amplifier, item: kind,
        average(
          high.map { ($0.remaining[index], $0.column) }, shared: { _, _ in 0 }, else: nothing))
    }
  }

  /// n_ij / g^2 of the joint fit [adu**2] by channel: lag (0, 0), (1, 0), (0, 1), (1, 1).
  private static func readNoise(_ context: TestContext) throws -> [String: [Int: Double]] {
    var gains: [String: Double] = [:]
    for row in try context.earlier.measurements(Q.jointGain) {
      gains["\(row.detector ?? "")/\(row.amplifier ?? "")"] = row.value
    }
    var result: [String: [Int: Double]] = [:]
    for curve in try context.earlier.curves(Q.matrixNoise) {
      let key = "\(curve.detector ?? "")/\(curve.amplifier ?? "")"
      guard let gain = gains[key], gain > 0,
        let side = (2...17).first(where: { $0 * $0 == curve.y.count })
      else { continue }
      for (index, lag) in [0, side, 1, side + 1].enumerated() {
        result[key, default: [:]][index] = curve.y[lag] / (gain * gain)
      }
    }
    return result
  }

  /// `detector/amplifier/column` of the fluences that are on the curve.
  private static func usedColumns(_ context: TestContext) throws -> Set<String> {
    Set(
      try context.earlier.measurements(Q.columnMean).filter { $0.value != nil }.map {
        "\($0.detector ?? "")/\($0.amplifier ?? "")/\($0.item ?? "")"
      })
  }
}
