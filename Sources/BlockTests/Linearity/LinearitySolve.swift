import Analysis
import Campaign
import Detector

/// Non-linearity curves from the stored signals: no pixel is read.
enum LinearitySolve {
  private typealias Q = LinearityQuantities

  static func run(_ context: TestContext) async throws -> SubtaskResult {
    let settings = LinearitySettings(context)
    let signals = try StoredSignals(context, settings)
    let work = context.camera.detectors.flatMap { detector in
      context.camera.amplifiers.map { (detector, $0.name) }
    }
    let tracker = ProgressCounter(total: work.count, report: context.progress)
    let solved = try await parallelMap(work, workers: context.workers) {
      detector, amplifier -> SubtaskResult in
      try context.checkCancellation()
      defer { tracker.advance() }
      return solve(detector, amplifier, signals, settings, context)
    }
    var result = SubtaskResult()
    result.log.append("model: \(settings.isExponential ? "EXPONENTIAL" : "POLYNOMIAL")")
    if !signals.untimed.isEmpty {
      let list = signals.untimed.map(String.init).joined(separator: ", ")
      result.raise(.missingData, "without an exposure time, and left out: ObsID \(list)")
    }
    if !signals.hasTimes {
      result.log.append("starts of exposures are not all known: no drift of the source is fitted")
    }
    for part in solved { result.append(part) }
    return result
  }

  // MARK: - One amplifier

  private static func solve(
    _ detector: String, _ amplifier: String, _ signals: StoredSignals,
    _ settings: LinearitySettings, _ context: TestContext
  ) -> SubtaskResult {
    let channel = signals.channel(detector, amplifier)
    var output = LinearityOutput(detector: detector, amplifier: amplifier)
    let plateau = Result { () throws(NotMeasurable) in
      try SaturationPlateau(
        tiles: channel.samples.sorted { ($0.exposure, $0.tile) < ($1.exposure, $1.tile) }.map {
          SaturationPlateau.Point(
            filter: $0.filter, seconds: $0.exposureSeconds, signal: $0.signal, tile: $0.tile)
        })
    }
    output.measure(
      Q.saturation,
      plateau.map(\.level).mapError { reason in
        channel.samples.isEmpty ? NotMeasurable(channel.reasons.first ?? reason.reason) : reason
      })
    let options = options(settings, channel, signals, plateau)
    func fit(_ isExponential: Bool) -> Result<LinearityFit, NotMeasurable> {
      Result { () throws(NotMeasurable) in
        if let reason = reason(channel, options) { throw NotMeasurable(reason) }
        var options = options
        options.fitsLowSignals = isExponential
        return try LinearityFit(channel.samples, options: options)
      }
    }
    let (polynomial, exponential) = (fit(false), fit(true))
    for (name, fit) in [("POLYNOMIAL", polynomial), ("EXPONENTIAL", exponential)] {
      output.measure(Q.largestByModel, item: name, fit.map { $0.largestDeviation().value })
      if case .success(let fit) = fit, fit.exposureChiSquare.freedom > 0 {
        output.count(
          Q.chiSquare, item: name,
          fit.exposureChiSquare.value / Double(fit.exposureChiSquare.freedom))
      }
    }
    if case .success(let fit) = exponential, let low = fit.lowSignal {
      output.count(Q.scale, low.scale)
    }
    // Without a curve they say nothing: of dark frames they are ratios of noises.
    if [polynomial, exponential].contains(where: { (try? $0.get()) != nil }) {
      for (decade, scale) in channel.errorScales {
        output.count(Q.errorScale, item: decade, scale)
      }
    }
    let (chosen, other) =
      settings.isExponential ? (exponential, polynomial) : (polynomial, exponential)
    output.add(chosen, options: options)
    output.addTrack(channel, try? chosen.get(), signals)
    if case .success(let fit) = chosen {
      output.addPoints(fit, channel, signals) { filter in
        wavelength(ofFilter: filter, context)
      }
      output.addCurve(Q.fit, fit)
    }
    if case .success(let fit) = other { output.addCurve(Q.other, fit) }
    return output.result
  }

  /// Why nothing can be fitted; nil where there are signals within the range.
  private static func reason(
    _ channel: StoredSignals.Channel, _ options: LinearityOptions
  ) -> String? {
    guard !channel.samples.isEmpty else {
      return channel.reasons.first ?? "no exposure with light"
    }
    guard !channel.samples.contains(where: { options.range.contains($0.signal) }) else { return nil }
    let highest = channel.samples.reduce(-Double.infinity) { max($0, $1.signal) }
    if highest < options.range.lowerBound {
      return "no light: the highest signal is \(fixed(highest, digits: 1)) ADU"
    }
    return "all exposures are saturated"
  }

  private static func options(
    _ settings: LinearitySettings, _ channel: StoredSignals.Channel, _ signals: StoredSignals,
    _ plateau: Result<SaturationPlateau, NotMeasurable>
  ) -> LinearityOptions {
    var options = settings.options
    if case .success(let plateau) = plateau {
      // Near the plateau some pixels are full already.
      let end = max(options.range.lowerBound, 0.95 * plateau.lowest)
      options.range = options.range.lowerBound...min(options.range.upperBound, end)
    }
    options.commonScatter = RepeatScatter.relative(
      channel.samples.filter { options.range.contains($0.signal) })
    // A course of the source needs some frames of constant exposure for each bend: between them nothing holds it.
    let anchors = channel.signals.keys.filter { signals.exposures[$0]?.kind == .stability }.count
    let highest = signals.hasTimes ? min(settings.drift, max(2, anchors / 2)) : 0
    options.driftDegrees = min(2, highest)...highest
    return options
  }

  private static func wavelength(ofFilter slot: Int, _ context: TestContext) -> Double {
    guard let name = context.definition.chamber, let profile = try? ChamberCatalog.profile(name),
      let filter = profile.filter(slot: slot)
    else { return Double(slot) }
    return Double(filter.wavelength)
  }
}
