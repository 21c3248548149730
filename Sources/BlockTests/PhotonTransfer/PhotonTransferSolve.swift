import Analysis
import Campaign
import Detector

/// Photon transfer curves from the stored pairs: no pixel is read.
enum PhotonTransferSolve {
  private typealias Q = PhotonTransferQuantities

  static func run(_ context: TestContext) async throws -> SubtaskResult {
    let settings = PhotonTransferSettings(context)
    let pairs = try StoredPairs(context)
    let noise = try readNoise(context)
    let light = settings.isLinearised ? FlatRamp(context) : nil
    let work = context.camera.detectors.flatMap { detector in
      context.camera.amplifiers.map { (detector, $0.name) }
    }
    let tracker = ProgressCounter(total: work.count, report: context.progress)
    let solved = try await parallelMap(work, workers: context.workers) {
      detector, amplifier -> (SubtaskResult, PhotonTransferModel) in
      try context.checkCancellation()
      defer { tracker.advance() }
      let points = pairs.channel(detector, amplifier)
      var result = SubtaskResult()
      let scatter = noise["\(detector)/\(amplifier)"]
      let (curve, model) = solve(points, scatter, detector, amplifier, settings, light, to: &result)
      addPairGains(points, scatter, detector, amplifier, settings.pairGain, to: &result)
      addBloomMap(points, curve, detector, amplifier, settings, to: &result)
      return (result, model)
    }
    var result = SubtaskResult()
    for model in settings.models {
      let number = solved.filter { $0.1 == model }.count
      if number > 0 { result.log.append("model of the gain: \(model) for \(number) amplifiers") }
    }
    result.log.append(
      settings.isLinearised
        ? "curves of the linear chain, by the exposure times" : "curves as measured, not linearised")
    for (part, _) in solved { result.append(part) }
    return result
  }

  // MARK: - The curve of an amplifier

  /// - Returns: the variance [adu**2] of the measured chain at a measured signal [adu], by the exponential fit, which is
  ///   quick to evaluate, or why there is none; and the model of the gain.
  private static func solve(
    _ points: StoredPairs.Points, _ noise: Estimate?, _ detector: String, _ amplifier: String,
    _ settings: PhotonTransferSettings, _ light: FlatRamp?, to result: inout SubtaskResult
  ) -> (Result<@Sendable (Double) -> Double, NotMeasurable>, PhotonTransferModel) {
    func measure(_ quantity: Quantity, item: String? = nil, _ value: Result<Estimate, NotMeasurable>)
    {
      result.measure(quantity, detector: detector, amplifier: amplifier, item: item, value)
    }
    var options = PhotonTransferOptions()
    options.lags = settings.pair.range
    let curve = Result { () throws(NotMeasurable) in
      if points.points.isEmpty {
        throw NotMeasurable(points.reasons.first ?? "no pair of flats")
      }
      return try PhotonTransferCurve(
        points.points.map(\.point), noise: noise.map(variance(ofNoise:)), options: options)
    }
    let ramp = light.map { light in curve.flatMap { light.linearity(points, $0) } }
    let times = try? ramp?.get()
    var fits: [PhotonTransferModel: Result<PhotonTransferFit, NotMeasurable>] = [:]
    for model in settings.models {
      let fit = curve.flatMap { curve in
        Result { () throws(NotMeasurable) in
          // The parabola is there for comparison with older analyses, which knew no linearity.
          guard let times, model != .quadratic else {
            return try PhotonTransferFit(model, to: curve)
          }
          return try PhotonTransferFit(model, to: curve, linearity: times)
        }
      }
      measure(Q.gainByModel, item: model.description, fit.map(\.gain))
      measure(
        Q.a00ByModel, item: model.description,
        fit.flatMap { fit in
          fit.a00.map { .success($0) } ?? .failure(NotMeasurable("the model has no a_00"))
        })
      if case .success(let fit) = fit, let reduced = fit.fit.reducedChiSquare {
        result.count(
          Q.chiSquare, detector: detector, amplifier: amplifier, item: model.description, reduced)
      }
      fits[model] = fit
      if model == .quadratic, case .success(let fit) = fit, case .success(let curve) = curve {
        addCurve(Q.parabola, fit.variance, curve, detector, amplifier, to: &result)
      }
    }
    func fit(_ model: PhotonTransferModel) -> Result<PhotonTransferFit, NotMeasurable> {
      fits[model] ?? .failure(NotMeasurable("no fit"))
    }
    let model = settings.model(withFull: fits[.fullCovariance])
    let chosen = fit(model)
    let exponential = fit(.exponential)
    // The chain is that of the gain's fit; where there is no such fit, that of variances and times alone.
    let linearity =
      (try? chosen.get())?.linearity
      ?? times.flatMap { times in (try? curve.get()).flatMap { try? times.refined(by: $0) } }
    if let ramp {
      measure(Q.nonLinearity, ramp.map { (linearity ?? $0).largestDeviation })
      if let linearity { addLinearity(linearity, detector, amplifier, to: &result) }
    }
    // The coefficients are those of the gain's fit where it has them.
    let full = [chosen, fit(.fullCovariance), fit(.fullCovarianceWithoutB)]
      .compactMap { try? $0.get() }.first { $0.matrices != nil }
    measure(Q.gain, chosen.map(\.gain))
    measure(
      Q.a00,
      chosen.flatMap { fit in
        fit.a00.map { .success($0) } ?? .failure(NotMeasurable("the model has no a_00"))
      })
    measure(
      Q.readNoise,
      chosen.flatMap { fit in
        fit.readNoise.map { .success($0) }
          ?? .failure(NotMeasurable("the variance at no signal is not positive"))
      })
    addMatrices(full, curve, detector, amplifier, to: &result)
    addBinned(curve, linearity, settings, detector, amplifier, to: &result)
    if case .failure(let reason) = chosen {
      result.raise(.badFit, "\(detector) \(amplifier): no gain: \(reason.reason)")
    }
    guard case .success(let curve) = curve else {
      let failure = curve.map { _ in Estimate(value: 0, uncertainty: 0, count: 0) }
      measure(Q.turnOff, failure)
      measure(Q.turnOffElectrons, failure)
      return (exponential.map(measured), model)
    }
    addTurnOff(curve, chosen, linearity, detector, amplifier, to: &result)
    addCurve(Q.curve, nil, curve, detector, amplifier, to: &result)
    if case .success(let fit) = chosen {
      addCurve(Q.model, measured(fit), curve, detector, amplifier, to: &result)
      let covariance = fit.fit.covariance
      result.curves.append(
        SubtaskResult.Curve(
          name: Q.parameterCovariance, detector: detector, amplifier: amplifier, obsid: nil,
          x: covariance.indices.map(Double.init), y: covariance, uncertainty: [], xUnit: .none,
          yUnit: .none))
    }
    return (exponential.map(measured), model)
  }

  /// The departure from a linear chain, for whoever wants to know the chain's slope.
  private static func addLinearity(
    _ linearity: RampLinearity, _ detector: String, _ amplifier: String,
    to result: inout SubtaskResult
  ) {
    guard linearity.top.isFinite, linearity.covariance.allSatisfy(\.isFinite) else { return }
    for (index, value) in linearity.coefficients.enumerated() {
      result.measure(
        Q.linearityCoefficient, detector: detector, amplifier: amplifier, item: "c\(index + 1)",
        .success(value))
    }
    result.count(
      Q.linearityRange, detector: detector, amplifier: amplifier, item: "highest", linearity.top)
    result.curves.append(
      SubtaskResult.Curve(
        name: Q.linearityCovariance, detector: detector, amplifier: amplifier, obsid: nil,
        x: linearity.covariance.indices.map(Double.init), y: linearity.covariance,
        uncertainty: [], xUnit: .none, yUnit: .none))
  }

  /// The variance of the noise [adu**2] of a scatter [adu]. Scans and image need not have quite the same noise: 5 %
  /// between them is allowed for.
  static func variance(ofNoise scatter: Estimate) -> Estimate {
    let value = scatter.value * scatter.value
    return Estimate(
      value: value, uncertainty: max(2 * scatter.value * scatter.uncertainty, 0.05 * value),
      count: scatter.count)
  }

  /// A fit's variance at a signal, both of the measured chain.
  private static func measured(_ fit: PhotonTransferFit) -> @Sendable (Double) -> Double {
    guard let linearity = fit.linearity else { return { fit.variance($0) } }
    return { signal in
      let slope = linearity.slope(signal)
      return fit.variance(linearity.linear(signal)) / (slope * slope)
    }
  }

  /// All points with their variances and whether they are used; or the variance of a fit at their means.
  private static func addCurve(
    _ name: String, _ model: ((Double) -> Double)?, _ curve: PhotonTransferCurve,
    _ detector: String,
    _ amplifier: String, to result: inout SubtaskResult
  ) {
    let means = curve.points.map(\.mean)
    func add(_ name: String, _ y: [Double], _ errors: [Double], _ unit: Unit) {
      guard y.allSatisfy(\.isFinite) else { return }
      result.curves.append(
        SubtaskResult.Curve(
          name: name, detector: detector, amplifier: amplifier, obsid: nil, x: means, y: y,
          uncertainty: errors, xUnit: .adu, yUnit: unit))
    }
    if let model {
      add(name, means.map(model), [], .aduSquared)
    } else {
      add(
        name, curve.points.map(\.variance.value), curve.points.map(\.variance.uncertainty),
        .aduSquared)
      add(Q.used, curve.isUsed.map { $0 ? 1 : 0 }, [], .none)
    }
  }

  private static func addTurnOff(
    _ curve: PhotonTransferCurve, _ fit: Result<PhotonTransferFit, NotMeasurable>,
    _ linearity: RampLinearity?, _ detector: String, _ amplifier: String,
    to result: inout SubtaskResult
  ) {
    let turnOff = curve.turnOff
    let linear = linearity?.linear(turnOff.mean) ?? turnOff.mean
    let count = curve.used.count
    result.measure(
      Q.turnOff, detector: detector, amplifier: amplifier,
      .success(
        Estimate(value: turnOff.mean, uncertainty: turnOff.uncertainty, count: count)))
    result.count(
      Q.turnOffReached, detector: detector, amplifier: amplifier, turnOff.isLowerLimit ? 0 : 1)
    result.measure(
      Q.turnOffElectrons, detector: detector, amplifier: amplifier,
      fit.map { fit in
        let ofSignal = turnOff.uncertainty * fit.gain.value
        let ofGain = linear * fit.gain.uncertainty
        return Estimate(
          value: linear * fit.gain.value,
          uncertainty: (ofSignal * ofSignal + ofGain * ofGain).squareRoot(), count: count)
      })
    result.count(Q.points, detector: detector, amplifier: amplifier, Double(count))
    let below = curve.points.filter { $0.mean <= turnOff.mean }.count
    result.count(
      Q.pointsRejected, detector: detector, amplifier: amplifier, Double(below - count))
  }

  private static func addMatrices(
    _ fit: PhotonTransferFit?, _ curve: Result<PhotonTransferCurve, NotMeasurable>,
    _ detector: String, _ amplifier: String, to result: inout SubtaskResult
  ) {
    guard let matrices = fit?.matrices else {
      let reason: NotMeasurable
      if case .failure(let why) = curve { reason = why } else {
        reason = NotMeasurable("the fit of the full covariances does not converge")
      }
      for item in ["a10", "a01"] {
        result.measure(
          Q.aNeighbour, detector: detector, amplifier: amplifier, item: item, .failure(reason))
      }
      result.measure(Q.aSum, detector: detector, amplifier: amplifier, .failure(reason))
      return
    }
    result.measure(Q.aSum, detector: detector, amplifier: amplifier, .success(matrices.sum))
    if matrices.side > 1 {
      for (item, at) in [("a10", matrices.side), ("a01", 1)] {
        result.measure(
          Q.aNeighbour, detector: detector, amplifier: amplifier, item: item,
          .success(matrices.a[at]))
      }
    }
    for (name, values, unit) in [
      (Q.matrixA, matrices.a, Unit.perElectron), (Q.matrixC, matrices.c, .perElectronSquared),
      (Q.matrixNoise, matrices.noise, .electronSquared),
    ] {
      result.curves.append(
        SubtaskResult.Curve(
          name: name, detector: detector, amplifier: amplifier, obsid: nil,
          x: values.indices.map(Double.init), y: values.map(\.value),
          uncertainty: values.map(\.uncertainty), xUnit: .none, yUnit: unit))
    }
  }

  // MARK: - Binned images

  /// The gain that each binning gives, in the limit of no signal the same for all.
  private static func addBinned(
    _ curve: Result<PhotonTransferCurve, NotMeasurable>, _ linearity: RampLinearity?,
    _ settings: PhotonTransferSettings, _ detector: String, _ amplifier: String,
    to result: inout SubtaskResult
  ) {
    for side in settings.pair.binnings {
      let fit = curve.flatMap { curve in
        Result { () throws(NotMeasurable) in
          let binned = try curve.binned(side)
          guard let linearity else { return try PhotonTransferFit(.exponential, to: binned) }
          return try PhotonTransferFit(.exponential, to: binned, known: linearity)
        }
      }
      let item = "bin" + (side < 10 ? "0" : "") + String(side)
      result.measure(
        Q.gainBinned, detector: detector, amplifier: amplifier, item: item, fit.map(\.gain))
      result.measure(
        Q.aBinned, detector: detector, amplifier: amplifier, item: item,
        fit.flatMap { fit in
          fit.a00.map { .success($0) } ?? .failure(NotMeasurable("the model has no a_00"))
        })
    }
  }

  // MARK: - Gains of pairs

  /// The read noise of an amplifier [adu]: median over the pairs of the scatter about the rows' means beside the image. A
  /// run of an earlier version has none; it has the scatter of whole scans, in which the drift from row to row is.
  static func readNoise(_ context: TestContext) throws -> [String: Estimate] {
    let own = try context.earlier.measurements(Q.pairNoise)
    if own.contains(where: { $0.value != nil }) {
      return Dictionary(grouping: own) { "\($0.detector ?? "")/\($0.amplifier ?? "")" }
        .compactMapValues { try? medianEstimate($0.compactMap(\.value)) }
    }
    let region = context.camera.regions[.overscan] != nil ? RegionName.overscan : .prescan
    let rows = try context.earlier.measurements(CheckQuantities.scatter).filter {
      $0.item == region.short
    }
    return Dictionary(grouping: rows) { "\($0.detector ?? "")/\($0.amplifier ?? "")" }
      .compactMapValues { try? medianEstimate($0.compactMap(\.value)) }
  }

  private static func addPairGains(
    _ points: StoredPairs.Points, _ noise: Estimate?, _ detector: String, _ amplifier: String,
    _ correction: PairGain, to result: inout SubtaskResult
  ) {
    let means = Dictionary(
      points.points.map { ($0.obsid, $0.point.mean) }, uniquingKeysWith: { first, _ in first })
    for (obsid, ratio) in points.ratios.sorted(by: { $0.key < $1.key }) {
      result.measure(
        Q.pairGain, detector: detector, amplifier: amplifier, obsid: obsid,
        ratio.flatMap { ratio in
          Result { () throws(NotMeasurable) in
            guard let mean = means[obsid] else { throw NotMeasurable("no mean signal") }
            return try correction.gain(ratio: ratio, mean: mean, readNoise: noise)
          }
        })
    }
  }

  // MARK: - Blooming limits of tiles

  private static func addBloomMap(
    _ points: StoredPairs.Points, _ model: Result<@Sendable (Double) -> Double, NotMeasurable>,
    _ detector: String, _ amplifier: String, _ settings: PhotonTransferSettings,
    to result: inout SubtaskResult
  ) {
    let number = settings.tiles * settings.tiles
    for tile in 0..<number {
      let mine = points.tiles.compactMap { $0.tiles.indices.contains(tile) ? $0.tiles[tile] : nil }
      let outcome = model.flatMap { model in
        Result { () throws(NotMeasurable) in try TileLimit.limit(mine, curve: model) }
      }
      let name = String(tile)
      let item = "t" + String(repeating: "0", count: max(0, 3 - name.count)) + name
      result.measure(Q.bloom, detector: detector, amplifier: amplifier, item: item, outcome)
    }
  }
}
