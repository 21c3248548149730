import Analysis
import Campaign
import Detector

/// The master flat of each detector and fluence, and the scatter of the pixels' response.
enum FlatMaster {
  private typealias Q = FlatQuantities

  static func run(_ context: TestContext) async throws -> SubtaskResult {
    let settings = FlatSettings(context)
    let stored = try StoredFlats(context, settings)
    let chain = try ChainSlope(context)
    var result = SubtaskResult()
    var responses: [Place: [Measured]] = [:]
    let labels = context.labels
    let total = Double(max(1, labels.count * context.camera.detectors.count))
    var done = 0.0
    for detector in context.camera.detectors {
      for label in labels {
        try context.checkCancellation()
        let start = done
        let frames = try stored.frames(detector, label, context)
        let master = try await MasterFlat.stack(frames, settings, context) { share in
          context.progress((start + share) / total)
        }
        done += 1
        let measured = try await measure(master, frames, settings, context)
        let outcome = try add(
          master, measured, frames, detector, label, settings, stored, chain, to: &result, context)
        for (place, measured) in outcome { responses[place, default: []].append(measured) }
      }
    }
    for detector in context.camera.detectors {
      for amplifier in context.camera.amplifiers {
        summarise(
          responses[Place(detector: detector, amplifier: amplifier.name)] ?? [], detector,
          amplifier.name, to: &result)
      }
    }
    let used = Set(
      context.camera.detectors.flatMap { detector in
        context.camera.amplifiers.compactMap { chain.source(detector, $0.name) }
      })
    result.log.append(
      slopeLine
        + (used.isEmpty
          ? "not known (\(chain.sources.joined(separator: ", ")))"
          : used.sorted().joined(separator: "; ")))
    return result
  }

  /// What the line of the log begins with that names the runs of the chain's slope.
  static let slopeLine = "slope of the chain: "

  private struct Place: Hashable {
    var detector: String
    var amplifier: String
  }

  /// What the fluences are joined from.
  private struct Measured {
    var fluence: Estimate
    var frames: Int
    var response: PixelResponse
    /// The chain's slope; nil where it is not known.
    var slope: Estimate?
  }

  // MARK: - One master

  /// The response of each amplifier, side by side; nil where there is no flat of it.
  private static func measure(
    _ master: MasterFlat?, _ frames: [MasterFlat.Frame], _ settings: FlatSettings,
    _ context: TestContext
  ) async throws -> [Quadrant?] {
    let image = settings.image ?? Region(columns: 0..<0, rows: 0..<0)
    let work = context.camera.amplifiers.enumerated().map { index, amplifier in
      (area: amplifier.frameRegion(of: image), models: frames.compactMap { $0.models[index] })
    }
    return try await parallelMap(work, workers: context.workers) { item -> Quadrant? in
      guard let master, let first = item.models.first else { return nil }
      return Quadrant(
        response: PixelResponse(
          .init(
            flat: master.flat, error: master.error, first: master.first, second: master.second),
          area: item.area, parameters: first.parameters, frames: item.models.count),
        histogram: ResponseHistogram(of: master.flat, area: item.area))
    }
  }

  /// What is measured of one amplifier of a master.
  private struct Quadrant {
    var response: PixelResponse
    var histogram: ResponseHistogram
  }

  private static func add(
    _ master: MasterFlat?, _ measured: [Quadrant?], _ frames: [MasterFlat.Frame],
    _ detector: String, _ label: String, _ settings: FlatSettings, _ stored: StoredFlats,
    _ chain: ChainSlope, to result: inout SubtaskResult, _ context: TestContext
  ) throws -> [(Place, Measured)] {
    var responses: [(Place, Measured)] = []
    for (index, amplifier) in context.camera.amplifiers.enumerated() {
      let name = amplifier.name
      func measure(_ quantity: Quantity, _ outcome: Result<Estimate, NotMeasurable>) {
        result.measure(
          quantity, detector: detector, amplifier: name, item: label, outcome.map(percent(quantity))
        )
      }
      let mine = frames.compactMap { $0.models[index] }
      result.count(
        Q.frames, detector: detector, amplifier: name, item: label, Double(mine.count))
      let fluence = stored.fluence(detector, name, label)
      measure(Q.fluence, fluence)
      guard let quadrant = measured[index] else {
        let reason = stored.reason(detector, name, label)
        for quantity in [Q.prnu, Q.slope, Q.rawScatter, Q.noise] { measure(quantity, .failure(reason)) }
        continue
      }
      let response = quadrant.response
      let slope = fluence.flatMap { fluence in
        Result { () throws(NotMeasurable) in
          try chain.factor(detector, name, at: fluence.value)
        }
      }
      measure(Q.slope, slope)
      measure(Q.prnu, response.scatter.map { (try? slope.get())?.times($0) ?? $0 })
      measure(Q.rawScatter, response.rawScatter)
      measure(Q.noise, response.noise)
      addHistogram(quadrant.histogram, amplifier, detector, label, to: &result)
      if case .success(let fluence) = fluence {
        responses.append(
          (
            Place(detector: detector, amplifier: name),
            Measured(
              fluence: fluence, frames: mine.count, response: response, slope: try? slope.get())
          ))
      }
    }
    guard let master, frames.contains(where: { $0.models.contains { $0 != nil } }) else {
      result.log.append("\(detector), \(label): no usable flat, no master")
      result.raise(.missingData, "\(detector): no usable flat of \(label)")
      return responses
    }
    let path =
      "\(context.productFolder)/\(MasterFlatFile.name(label, detector, settings.wavelength))"
    try MasterFlatFile.write(
      master, to: path, detector: detector, label: label, frames: frames.map(\.obsid), settings,
      fluences: context.camera.amplifiers.map { try? stored.fluence(detector, $0.name, label).get() },
      context)
    result.artifacts.append(
      SubtaskResult.Artifact(
        role: "master-flat", mediaType: "application/fits", path: path,
        title: "Master flat of \(detector), \(label), mean of \(frames.count) frames",
        detector: detector))
    result.log.append("\(detector), \(label): master flat from \(frames.count) frames")
    return responses
  }

  /// Fractions are stored in percent.
  private static func percent(_ quantity: Quantity) -> (Estimate) -> Estimate {
    guard quantity.unit == .percent else { return { $0 } }
    return {
      Estimate(value: 100 * $0.value, uncertainty: 100 * $0.uncertainty, count: $0.count)
    }
  }

  private static func addHistogram(
    _ histogram: ResponseHistogram, _ amplifier: Amplifier, _ detector: String, _ label: String,
    to result: inout SubtaskResult
  ) {
    guard !histogram.counts.isEmpty else { return }
    result.curves.append(
      SubtaskResult.Curve(
        name: Q.histogram(label), detector: detector, amplifier: amplifier.name, obsid: nil,
        x: histogram.responses, y: histogram.counts,
        uncertainty: [], xUnit: .none, yUnit: .count))
  }

  // MARK: - All fluences

  private static func summarise(
    _ responses: [Measured], _ detector: String, _ amplifier: String,
    to result: inout SubtaskResult
  ) {
    result.measure(
      Q.prnuAtZero, detector: detector, amplifier: amplifier,
      Result { () throws(NotMeasurable) in try atZero(responses) }.map(percent(Q.prnuAtZero)))
    let brightest = responses.max {
      Double($0.frames) * $0.fluence.value < Double($1.frames) * $1.fluence.value
    }
    let reason = NotMeasurable("no master flat")
    result.measure(
      Q.correlation, detector: detector, amplifier: amplifier, item: "rows",
      brightest?.response.serialCorrelation ?? .failure(reason))
    result.measure(
      Q.correlation, detector: detector, amplifier: amplifier, item: "columns",
      brightest?.response.parallelCorrelation ?? .failure(reason))
  }

  /// PRNU at no signal: a weighted straight line through PRNU^(-1/2) against fluence.
  ///
  /// A pixel's excess d over its neighbours grows with the charge Q as d' = 1 + a d, a being what the boundaries
  /// shift for each electron: for PRNU without correlations, whose spectrum is flat,
  ///
  ///     PRNU(Q) / PRNU(0) = 1 + x / 2 + (7/24 r - 1/8) x² + ..., x = a_00 Q, r = sum a_ij² / a_00²,
  ///
  /// and r is 1.05 to 1.1 (Guyonnet et al. 2015 for the a_ij): 0.18 to 0.2 x². The straight line of PRNU itself has 0 there,
  /// that of PRNU^(-1/2) 0.1875. Correlated PRNU lies between exp(x/2), 0.125, and 1 / (1 - x/2), 0.25; a third of what
  /// the two lines differ by at no signal is therefore added to the error in quadrature. So is the chance of which
  /// pixels there are, which is common to all fluences, and no part of the line's error.
  private static func atZero(_ responses: [Measured]) throws(NotMeasurable) -> Estimate {
    // Corrected by the chain's slope at every fluence, or at none: a line through both would be neither.
    let isCorrected = responses.allSatisfy { $0.slope != nil }
    let points = responses.compactMap { point -> (x: Double, y: Estimate, own: Double)? in
      guard let found = try? point.response.scatter.get() else { return nil }
      let prnu = isCorrected ? point.slope?.times(found) ?? found : found
      let common = point.response.commonUncertainty
      let own = max(
        1e-12, prnu.uncertainty * prnu.uncertainty - common * common,
        1e-4 * prnu.uncertainty * prnu.uncertainty)
      return (point.fluence.value, prnu, own)
    }
    guard let lowest = points.map(\.x).min(), let highest = points.map(\.x).max() else {
      throw NotMeasurable("no PRNU was measured")
    }
    guard highest > 1.3 * lowest else {
      throw NotMeasurable("one fluence only: PRNU cannot be followed to no signal")
    }
    guard points.allSatisfy({ $0.y.value > 0 }) else {
      throw NotMeasurable("PRNU is not positive at every fluence")
    }
    // The error of PRNU^(-1/2) is half of the relative one times its value.
    let line = try atNoSignal(
      points.map { point in
        let prnu = point.y.value
        return (point.x, 1 / prnu.squareRoot(), point.own / (4 * prnu * prnu * prnu))
      })
    guard line.value > 0 else {
      throw NotMeasurable("PRNU cannot be followed to no signal")
    }
    let value = 1 / (line.value * line.value)
    let own = 4 * line.variance * value * value * value
    let form = (try atNoSignal(points.map { ($0.x, $0.y.value, $0.own) }).value - value) / 3
    let common = responses.map(\.response.commonUncertainty).max() ?? 0
    return Estimate(
      value: value, uncertainty: (own + form * form + common * common).squareRoot(),
      count: points.count)
  }

  /// A weighted straight line at abscissa 0, and its variance, from abscissae, ordinates and variances.
  private static func atNoSignal(
    _ points: [(x: Double, y: Double, variance: Double)]
  ) throws(NotMeasurable) -> (value: Double, variance: Double) {
    let weights = points.map { 1 / $0.variance }
    let total = weights.reduce(0, +)
    let x0 = zip(points, weights).reduce(0) { $0 + $1.0.x * $1.1 } / total
    let y0 = zip(points, weights).reduce(0) { $0 + $1.0.y * $1.1 } / total
    let sxx = zip(points, weights).reduce(0) { $0 + ($1.0.x - x0) * ($1.0.x - x0) * $1.1 }
    let sxy = zip(points, weights).reduce(0) { $0 + ($1.0.x - x0) * $1.0.y * $1.1 }
    guard sxx > 0 else {
      throw NotMeasurable("one fluence only: PRNU cannot be followed to no signal")
    }
    return (y0 - sxy / sxx * x0, 1 / total + x0 * x0 / sxx)
  }
}

extension Estimate {
  /// The product with an independent estimate, to first order; the number of samples is that of the other.
  fileprivate func times(_ other: Estimate) -> Estimate {
    let (a, b) = (value * other.uncertainty, uncertainty * other.value)
    return Estimate(
      value: value * other.value, uncertainty: (a * a + b * b).squareRoot(), count: other.count)
  }
}
