import Analysis
import Detector

/// FLATFLUX00: the flux of the flat source through each filter.
enum FluxTest {
  static let value = BlockTest(
    family: "FLATFLUX",
    subtasks: [
      Subtask("check", title: "Data validation") { try await DataValidation.run($0) },
      Subtask("flux", title: "Flux of the flat source", needs: ["check"]) { try flux($0) },
    ],
    quantities: CheckQuantities.all + LevelQuantities.light + FluxQuantities.all)

  private typealias Q = FluxQuantities

  private struct Point {
    var seconds: Double
    var fluence: Estimate
  }

  private static func flux(_ context: TestContext) throws -> SubtaskResult {
    var result = SubtaskResult()
    let seconds = Dictionary(
      context.exposures.map { ($0.obsid, $0.exposureSeconds) },
      uniquingKeysWith: { first, _ in first })
    let rows = try context.earlier.measurements(LevelQuantities.fluence)
    for detector in context.camera.detectors {
      for amplifier in context.camera.amplifiers.map(\.name) {
        let mine = rows.filter { $0.detector == detector && $0.amplifier == amplifier }
          .sorted { ($0.obsid ?? 0) < ($1.obsid ?? 0) }
        var points: [Point] = []
        for row in mine {
          let time = row.obsid.flatMap { seconds[$0] ?? nil }
          let rate = Result { () throws(NotMeasurable) in
            guard let value = row.value else { throw NotMeasurable(row.reason ?? "no fluence") }
            guard let time else { throw NotMeasurable("the exposure time is not known") }
            guard time > 0 else { throw NotMeasurable("the exposure time is zero") }
            let fluence = Estimate(
              value: value, uncertainty: row.uncertainty ?? 0, count: row.count ?? 0)
            points.append(Point(seconds: time, fluence: fluence))
            return Estimate(
              value: value / time, uncertainty: fluence.uncertainty / time, count: fluence.count)
          }
          result.measure(
            Q.rate, detector: detector, amplifier: amplifier, obsid: row.obsid, rate)
        }
        let line = Result { () throws(NotMeasurable) in
          guard !mine.isEmpty else { throw NotMeasurable("no usable flat") }
          if isMasked(detector, amplifier, context) {
            throw NotMeasurable("no valid pixels: all are masked")
          }
          if points.isEmpty { throw NotMeasurable(mine.compactMap(\.reason).first ?? "no fluence") }
          return try Line(points)
        }
        result.measure(Q.flux, detector: detector, amplifier: amplifier, line.map(\.flux))
        result.measure(Q.shutter, detector: detector, amplifier: amplifier, line.flatMap(\.shutter))
        result.measure(
          Q.deviation, detector: detector, amplifier: amplifier, line.flatMap(\.deviation))
      }
    }
    return result
  }

  /// Whether the mask leaves no pixel of an image area. The check, which measures the fluences, knows no mask.
  private static func isMasked(
    _ detector: String, _ amplifier: String, _ context: TestContext
  ) -> Bool {
    guard let mask = context.masks[detector],
      let image = context.camera.region(.image, rows: context.window),
      let amplifier = context.camera.amplifiers.first(where: { $0.name == amplifier })
    else { return false }
    let bad = mask.image(width: context.camera.width)
    let area = amplifier.frameRegion(of: image)
    return area.rows.allSatisfy { y in area.columns.allSatisfy { x in bad[x, y] != 0 } }
  }

  /// Fluence against exposure time.
  private struct Line {
    var flux: Estimate
    var shutter: Result<Estimate, NotMeasurable>
    var deviation: Result<Estimate, NotMeasurable>

    /// The greatest scatter of signals about the line, relative: beyond it the times are not those of the exposures.
    static let greatestScatter = 0.15

    /// A straight line by least squares with equal relative weights, since what departs from it (the light's
    /// scatter, non-linearity) goes with the signal. With one exposure time alone the flux is their quotient.
    init(_ points: [Point]) throws(NotMeasurable) {
      let times = points.map(\.seconds)
      guard let longest = times.max(), let shortest = times.min() else {
        throw NotMeasurable("no fluence")
      }
      let highest = points.map(\.fluence.value).max() ?? 0
      let noise = points.map(\.fluence.uncertainty).max() ?? 0
      guard highest > 0, highest > 3 * noise else { throw NotMeasurable("the frames show no light") }
      let valid = points.filter { $0.fluence.value > 0 }
      let few = NotMeasurable("fewer than three fluences")
      guard longest > 1.01 * shortest, valid.count > 2 else {
        let rates = valid.map { $0.fluence.value / $0.seconds }
        let mean = rates.reduce(0, +) / Double(max(1, rates.count))
        let single = valid.map { $0.fluence.uncertainty / $0.seconds }.max() ?? 0
        let spread = (rates.max() ?? mean) - (rates.min() ?? mean)
        flux = Estimate(value: mean, uncertainty: max(single, spread / 2), count: rates.count)
        (shutter, deviation) = (.failure(few), .failure(few))
        return
      }
      let weights = valid.map { 1 / ($0.fluence.value * $0.fluence.value) }
      let total = weights.reduce(0, +)
      func mean(_ value: (Point) -> Double) -> Double {
        zip(valid, weights).reduce(0) { $0 + value($1.0) * $1.1 } / total
      }
      let t0 = mean(\.seconds)
      let f0 = mean(\.fluence.value)
      let stt = mean { ($0.seconds - t0) * ($0.seconds - t0) } * total
      let stf = mean { ($0.seconds - t0) * ($0.fluence.value - f0) } * total
      guard stt > 0 else { throw NotMeasurable("all exposure times are equal") }
      let slope = stf / stt
      guard slope > 0 else { throw NotMeasurable("the signal does not grow with the exposure time") }
      let intercept = f0 - slope * t0
      let chi = zip(valid, weights).reduce(0) { sum, entry in
        let rest = entry.0.fluence.value - intercept - slope * entry.0.seconds
        return sum + rest * rest * entry.1
      }
      let unit = chi / Double(valid.count - 2)
      guard unit.squareRoot() < Self.greatestScatter else {
        throw NotMeasurable(
          "the signals do not follow the exposure times: they scatter by "
            + "\(fixed(100 * min(unit.squareRoot(), 99), digits: 0)) % about a line")
      }
      let slopeError = (unit / stt).squareRoot()
      let interceptError = (unit * (1 / total + t0 * t0 / stt)).squareRoot()
      flux = Estimate(value: slope, uncertainty: slopeError, count: valid.count)
      shutter = .success(
        Estimate(value: intercept / slope, uncertainty: interceptError / slope, count: valid.count))
      let worst = valid.max {
        abs($0.fluence.value - intercept - slope * $0.seconds)
          < abs($1.fluence.value - intercept - slope * $1.seconds)
      }
      deviation =
        worst.map { point in
          .success(
            Estimate(
              value: 100 * (point.fluence.value - intercept - slope * point.seconds) / highest,
              uncertainty: 100 * point.fluence.uncertainty / highest, count: valid.count))
        } ?? .failure(few)
    }
  }
}
