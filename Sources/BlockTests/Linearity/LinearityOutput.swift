import Analysis
import Campaign
import Detector

#if canImport(Glibc)
  import Glibc
#endif

/// The results of one amplifier as they are stored.
struct LinearityOutput {
  private typealias Q = LinearityQuantities

  let detector: String
  let amplifier: String
  private(set) var result = SubtaskResult()

  init(detector: String, amplifier: String) {
    (self.detector, self.amplifier) = (detector, amplifier)
  }

  mutating func measure(
    _ quantity: Quantity, item: String? = nil, _ value: Result<Estimate, NotMeasurable>
  ) {
    result.measure(quantity, detector: detector, amplifier: amplifier, item: item, value)
  }

  mutating func count(_ quantity: Quantity, item: String? = nil, _ value: Double) {
    result.count(quantity, detector: detector, amplifier: amplifier, item: item, value)
  }

  private mutating func curve(
    _ name: String, _ x: [Double], _ y: [Double], _ errors: [Double], _ units: (Unit, Unit)
  ) {
    guard !x.isEmpty, (x + y + errors).allSatisfy(\.isFinite) else { return }
    result.curves.append(
      SubtaskResult.Curve(
        name: name, detector: detector, amplifier: amplifier, obsid: nil, x: x, y: y,
        uncertainty: errors, xUnit: units.0, yUnit: units.1))
  }

  // MARK: - Numbers

  mutating func add(_ outcome: Result<LinearityFit, NotMeasurable>, options: LinearityOptions) {
    let largest = outcome.map { $0.largestDeviation() }
    measure(Q.largest, largest.map(\.value))
    guard case .success(let fit) = outcome else {
      let failure = largest.map(\.value)
      for quantity in [
        Q.largestSignal, Q.largestCore, Q.shutter, Q.stability, Q.knee, Q.points,
      ] { measure(quantity, failure) }
      if case .failure(let reason) = outcome {
        result.raise(.badFit, "\(detector) \(amplifier): no non-linearity: \(reason.reason)")
      }
      return
    }
    if case .success(let largest) = largest { count(Q.largestSignal, largest.signal) }
    let inner = 0.05 * 65536...0.85 * 65536
    measure(
      Q.largestCore,
      fit.fitted.overlaps(inner)
        ? .success(fit.largestDeviation(within: inner).value)
        : .failure(NotMeasurable("no signal between 5 and 85 % of full range")))
    for (index, value) in fit.coefficients.enumerated() {
      measure(Q.coefficient, item: "c\(index + 1)", .success(value))
    }
    if let low = fit.lowSignal { measure(Q.coefficient, item: "A", .success(low.amplitude)) }
    measure(
      Q.shutter,
      fit.shutterError.map { .success($0) } ?? .failure(NotMeasurable("not fitted")))
    count(Q.scatter, 100 * options.commonScatter)
    count(Q.misfit, fit.misfit)
    count(Q.range, item: "lowest", fit.fitted.lowerBound)
    count(Q.range, item: "highest", fit.fitted.upperBound)
    count(Q.pointsRejected, Double(fit.rejected.count))
    let covariance = fit.covariance
    curve(
      Q.covariance, covariance.indices.map(Double.init), covariance, [], (.none, .none))
  }

  // MARK: - Points

  mutating func addPoints(
    _ fit: LinearityFit, _ channel: StoredSignals.Channel, _ signals: StoredSignals,
    wavelength: (Int) -> Double
  ) {
    let points = fit.points(channel.samples).sorted { ($0.signal, $0.exposure) < ($1.signal, $1.exposure) }
    let x = points.map(\.signal)
    let errors = points.map(\.deviation.uncertainty)
    curve(Q.curve, x, points.map(\.deviation.value), errors, (.adu, .percent))
    curve(Q.residuals, x, points.map(\.residual), errors, (.adu, .percent))
    curve(Q.filter, x, points.map { wavelength($0.filter) }, [], (.adu, .nanometre))
    curve(Q.used, x, points.map { $0.isUsed ? 1 : 0 }, [], (.adu, .none))
    let used = points.filter(\.isUsed)
    count(Q.points, Double(used.count))
    for (item, range) in StoredSignals.decades {
      let mine = used.filter { range.contains($0.signal) }
      guard !mine.isEmpty else { continue }
      let squares = mine.reduce(0) { $0 + $1.residual * $1.residual }
      count(Q.residual, item: item, (squares / Double(mine.count)).squareRoot())
    }
    measure(
      Q.knee,
      Result { () throws(NotMeasurable) in try LinearityKnee.find(fit, channel.samples) })
    addOverlap(used)
  }

  private mutating func addOverlap(_ used: [LinearityPoint]) {
    let byFilter = Dictionary(grouping: used, by: \.filter)
    guard byFilter.count == 2 else { return }
    func middle(_ points: [LinearityPoint]) -> Double {
      points.reduce(0) { $0 + $1.signal } / Double(max(1, points.count))
    }
    let ordered = byFilter.values.sorted { middle($0) < middle($1) }
    let low = ordered[0].map(\.signal)
    let high = ordered[1].map(\.signal)
    let from = max(low.min() ?? 0, high.min() ?? 0)
    let to = min(low.max() ?? 0, high.max() ?? 0)
    let parts = ordered.map { points in
      points.filter { $0.signal >= 0.95 * from && $0.signal <= 1.05 * to }
    }
    guard from <= 1.05 * to, parts.allSatisfy({ $0.count > 1 }) else {
      measure(Q.overlap, .failure(NotMeasurable("the filters have no signals in common")))
      return
    }
    let means = parts.map { part -> (mean: Double, variance: Double) in
      let n = Double(part.count)
      let mean = part.reduce(0) { $0 + $1.residual } / n
      let squares = part.reduce(0) { $0 + ($1.residual - mean) * ($1.residual - mean) }
      return (mean, squares / (n - 1) / n)
    }
    measure(
      Q.overlap,
      .success(
        Estimate(
          value: means[0].mean - means[1].mean,
          uncertainty: (means[0].variance + means[1].variance).squareRoot(),
          count: parts[0].count + parts[1].count)))
  }

  // MARK: - Curves

  /// The fitted curve with its band: 60 signals at equal ratios up to 5 % of full range, 180 at equal distances beyond.
  mutating func addCurve(_ name: String, _ fit: LinearityFit) {
    let (low, high) = (fit.fitted.lowerBound, fit.fitted.upperBound)
    guard low > 0, high > low else { return }
    let middle = min(max(low, 3277), high)
    var x = (0..<60).map { low * pow(middle / low, Double($0) / 60) }
    x += (0...180).map { middle + (high - middle) * Double($0) / 180 }
    var shown: [Double] = []
    for value in x where shown.last.map({ value > $0 }) ?? true { shown.append(value) }
    let values = shown.map(fit.deviation)
    curve(name, shown, values.map(\.value), values.map(\.uncertainty), (.adu, .percent))
  }

  /// The source: the stability frames, and the fitted course at their times.
  mutating func addTrack(
    _ channel: StoredSignals.Channel, _ fit: LinearityFit?, _ signals: StoredSignals
  ) {
    let frames = channel.signals.compactMap { obsid, signal in
      signals.exposures[obsid].flatMap { $0.kind == .stability ? ($0.hours, signal) : nil }
    }.sorted { $0.0 < $1.0 }
    if !frames.isEmpty {
      let mean = frames.reduce(0) { $0 + $1.1.value } / Double(frames.count)
      if mean > 0 {
        curve(
          Q.track, frames.map(\.0), frames.map { $0.1.value / mean },
          frames.map { $0.1.uncertainty / mean }, (.none, .none))
      }
    }
    guard let fit else { return }
    let hours = channel.signals.keys.compactMap { signals.exposures[$0]?.hours }.sorted()
    let light = hours.map(fit.light)
    let n = Double(light.count)
    guard light.count > 1 else { return }
    let mean = light.reduce(0, +) / n
    let squares = light.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    count(Q.stability, 100 * (squares / (n - 1)).squareRoot() / mean)
    guard !frames.isEmpty else { return }
    let course = frames.map { fit.light(atHours: $0.0) }
    let middle = course.reduce(0, +) / Double(course.count)
    curve(Q.trackModel, frames.map(\.0), course.map { $0 / middle }, [], (.none, .none))
  }
}
