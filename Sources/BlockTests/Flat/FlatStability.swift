import Analysis
import Detector

/// How steady the light of the flat source and the response of the amplifiers are, from the signals of the flats.
enum FlatStability {
  private typealias Q = FlatQuantities

  static func run(_ context: TestContext) throws -> SubtaskResult {
    let stored = try StoredFlats(context, FlatSettings(context), withModels: false)
    var result = SubtaskResult()
    for label in context.labels {
      try context.checkCancellation()
      let light = Light(label, stored, context)
      light.add(to: &result)
      for detector in context.camera.detectors {
        for amplifier in context.camera.amplifiers.map(\.name) {
          result.measure(
            Q.response, detector: detector, amplifier: amplifier, item: label,
            Result { () throws(NotMeasurable) in try light.response(detector, amplifier) })
        }
      }
    }
    return result
  }

  /// The light of one script column against time.
  private struct Light {
    let label: String
    /// Hours after the first exposure of the column, the light relative to its mean, and its error.
    private(set) var points: [(obsid: Int, hours: Double, value: Double, error: Double)] = []
    /// Signals of each amplifier relative to their mean, by exposure.
    private var channels: [String: [Int: Double]] = [:]
    private var reason: String?

    init(_ label: String, _ stored: StoredFlats, _ context: TestContext) {
      self.label = label
      var errors: [String: Double] = [:]
      for detector in context.camera.detectors {
        for amplifier in context.camera.amplifiers.map(\.name) {
          let rows = stored.levels(detector, amplifier, label)
          let values = rows.compactMap(\.level.value)
          if reason == nil { reason = rows.compactMap(\.level.reason).first }
          guard !values.isEmpty else { continue }
          let mean = values.reduce(0, +) / Double(values.count)
          let key = "\(detector)/\(amplifier)"
          for row in rows {
            guard let value = row.level.value, mean > 0 else { continue }
            channels[key, default: [:]][row.exposure.obsid] = value / mean
            errors[key] = (row.level.uncertainty ?? 0) / mean
          }
        }
      }
      // Amplifiers with a gap would shift the mean of the others at it.
      let exposures = context.exposures.filter { $0.label == label && $0.time != nil }
      let most = channels.values.map(\.count).max() ?? 0
      let whole = channels.filter { $0.value.count == most }.sorted { $0.key < $1.key }
      let start = exposures.compactMap(\.time).min() ?? 0
      for exposure in exposures {
        let values = whole.compactMap { $0.value[exposure.obsid] }
        guard let time = exposure.time, values.count == whole.count, !values.isEmpty else { continue }
        let n = Double(values.count)
        let mean = values.reduce(0, +) / n
        // The amplifiers tell how well they agree; of one or two only the error of their own is known, which holds
        // the response that stays, and is too large.
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let own = whole.reduce(0) { $0 + (errors[$1.key] ?? 0) * (errors[$1.key] ?? 0) }
        let error = n > 2 ? (squares / (n - 1) / n).squareRoot() : own.squareRoot() / n
        points.append((exposure.obsid, (time - start) / 3600, mean, error))
      }
    }

    func add(to result: inout SubtaskResult) {
      let trend = Result { () throws(NotMeasurable) in
        guard !points.isEmpty else {
          throw NotMeasurable(reason ?? "no usable flat of \(label) with a known time")
        }
        return try RobustTrend(x: points.map(\.hours), y: points.map { 100 * $0.value })
      }
      result.measure(Q.drift, item: label, trend.map(\.slope))
      result.measure(
        Q.lightScatter, item: label,
        trend.flatMap { trend in
          Result { () throws(NotMeasurable) in try scatter(about: trend) }
        })
      result.measure(
        Q.step, item: label,
        Result { () throws(NotMeasurable) in
          guard !points.isEmpty else {
            throw NotMeasurable(reason ?? "no usable flat of \(label) with a known time")
          }
          return try LevelStep.find(
            times: points.map(\.hours), values: points.map { 100 * $0.value })
        })
      guard !points.isEmpty else { return }
      result.curves.append(
        SubtaskResult.Curve(
          name: Q.lightCurve(label), detector: nil, amplifier: nil, obsid: nil,
          x: points.map(\.hours), y: points.map(\.value), uncertainty: points.map(\.error),
          xUnit: .none, yUnit: .none))
    }

    /// The standard deviation about the line, with n - 2 degrees of freedom.
    private func scatter(about trend: RobustTrend) throws(NotMeasurable) -> Estimate {
      let n = points.count
      guard n > 3 else { throw NotMeasurable("fewer than four exposures") }
      let squares = points.reduce(0) { sum, point in
        let rest = 100 * point.value - trend.intercept - trend.slope.value * point.hours
        return sum + rest * rest
      }
      let value = (squares / Double(n - 2)).squareRoot()
      return Estimate(
        value: value, uncertainty: value / (2 * Double(n - 2)).squareRoot(), count: n)
    }

    /// The slope of an amplifier's signal relative to the light [% in an hour].
    func response(_ detector: String, _ amplifier: String) throws(NotMeasurable) -> Estimate {
      guard let mine = channels["\(detector)/\(amplifier)"] else {
        throw NotMeasurable(reason ?? "no usable flat of \(label)")
      }
      let ratios = points.compactMap { point in
        mine[point.obsid].map { (hours: point.hours, ratio: 100 * $0 / point.value) }
      }
      return try RobustTrend(x: ratios.map(\.hours), y: ratios.map(\.ratio)).slope
    }
  }
}
