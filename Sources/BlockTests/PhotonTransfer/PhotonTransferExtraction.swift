import Analysis
import Campaign
import Detector
import Diagnostics
import DurableFiles

/// Mean, variance and covariances of every pair of flats, of each amplifier and its tiles.
enum PhotonTransferExtraction {
  private struct Work: Sendable {
    var detector: String
    var first: (obsid: Int, path: String)
    var second: (obsid: Int, path: String)
  }

  static func run(_ context: TestContext) async throws -> SubtaskResult {
    try await run(context, PhotonTransferSettings(context))
  }

  /// The same with settings of another family.
  ///
  /// - Parameter source: another test whose step may have measured the same frames alike; its pairs are then taken over.
  static func run(
    _ context: TestContext, _ settings: PhotonTransferSettings,
    takingOverFrom source: (test: String, step: String)? = nil
  ) async throws -> SubtaskResult {
    var result = SubtaskResult()
    var work: [Work] = []
    for detector in context.camera.detectors {
      work += try pairs(of: detector, settings, to: &result, context)
    }
    let line = identity(work, settings, context)
    result.log.append(line)
    if let source, let twin = try context.twin(source.test, source.step, line) {
      try takeOver(twin.results, to: &result)
      result.log.append("the same frames, measured alike: taken over from \(source.test) run \(twin.run)")
      return result
    }
    let masks = context.masks.mapValues { $0.image(width: context.camera.width) }
    let tracker = ProgressCounter(total: work.count, report: context.progress)
    let measured = try await parallelMap(work, workers: context.workers) { item -> SubtaskResult in
      try context.checkCancellation()
      defer { tracker.advance() }
      return try measure(item, mask: masks[item.detector], settings, context)
    }
    for part in measured { result.append(part) }
    return result
  }

  // MARK: - Pairs that were measured before

  /// All that decides what is measured of a pair, but for the frames and masks themselves, as a line for the log.
  private static func identity(
    _ work: [Work], _ settings: PhotonTransferSettings, _ context: TestContext
  ) -> String {
    let choice = PhotonTransferPreparation.choice(context)
    let pair = settings.pair
    let text =
      [
        ProgramVersion.current, context.camera.name, "\(context.window)",
        "\(pair.range) \(pair.clip) \(pair.frameClip) \(pair.edge) \(pair.invalid) \(pair.leastPixels)",
        choice.map { "\($0.method) \($0.region)" } ?? "no offset",
      ] + work.map { "\($0.detector) \($0.first.obsid) \($0.second.obsid)" }
    let digest = SHA256Digest(of: text.joined(separator: "\n")).hexadecimal
    return "pairs, lags, clipping and offsets: \(digest.prefix(16))"
  }

  private static func takeOver(
    _ results: any EarlierResults, to result: inout SubtaskResult
  ) throws {
    typealias Q = PhotonTransferQuantities
    for quantity in [
      Q.partner, Q.pairMean, Q.pairVariance, Q.pairRatio, Q.pairImbalance, Q.pairPixels,
      Q.pairRejected, Q.pairNoise,
    ] {
      for row in try results.measurements(quantity) {
        result.measurements.append(
          SubtaskResult.Measurement(
            quantity: quantity, detector: row.detector, amplifier: row.amplifier,
            obsid: row.obsid, item: row.item,
            outcome: row.value.map {
              .success(
                SubtaskResult.Number(value: $0, uncertainty: row.uncertainty, count: row.count))
            } ?? .failure(NotMeasurable(row.reason ?? "not measured"))))
      }
    }
    for name in [Q.covariances, Q.covariancePixels] { result.curves += try results.curves(name) }
  }

  /// The pairs of a detector; what belongs to no pair is named.
  private static func pairs(
    of detector: String, _ settings: PhotonTransferSettings, to result: inout SubtaskResult,
    _ context: TestContext
  ) throws -> [Work] {
    let usable = context.usable(detector)
    let paths = Dictionary(
      usable.map { ($0.exposure.obsid, $0.path) }, uniquingKeysWith: { first, _ in first })
    let pairing = FlatPairing(
      usable.map {
        var flat = FlatPairing.Flat(
          obsid: $0.exposure.obsid, label: $0.exposure.label, seconds: $0.exposure.exposureSeconds)
        if case .flux(let column) = settings.pairing { flat.flux = $0.exposure.values[column]?.number }
        return flat
      }, by: settings.pairing)
    result.log.append("\(detector): \(pairing.pairs.count) pairs of flats")
    if !pairing.extras.isEmpty {
      result.log.append(
        "\(detector): without a partner: ObsID \(pairing.extras.map(String.init).joined(separator: ", "))"
      )
    }
    if !pairing.lonely.isEmpty {
      let cause = "\(detector): a single flat only in \(pairing.lonely.joined(separator: ", "))"
      if settings.isStrict {
        throw EngineError(
          .lonelyFlat, cause,
          remedy: "leave the exposures out, or set the test's input 'lonely' to 'warning'")
      }
      result.raise(.missingData, cause)
    }
    return pairing.pairs.compactMap { pair in
      guard let first = paths[pair.first], let second = paths[pair.second] else { return nil }
      return Work(
        detector: detector, first: (pair.first, first), second: (pair.second, second))
    }
  }

  private static func measure(
    _ item: Work, mask: Image<UInt8>?, _ settings: PhotonTransferSettings, _ context: TestContext
  ) throws -> SubtaskResult {
    let camera = context.camera
    let frames = (try context.open(item.first.path).read(), try context.open(item.second.path).read())
    var result = SubtaskResult()
    result.count(
      PhotonTransferQuantities.partner, detector: item.detector, obsid: item.first.obsid,
      Double(item.second.obsid))
    guard let image = camera.region(.image, rows: context.window) else { return result }
    let choice = PhotonTransferPreparation.choice(context)
    let tiles = settings.tiling(of: image)
    for amplifier in camera.amplifiers {
      let pair = Result { () throws(NotMeasurable) in
        try FlatPair(
          flat(frames.0, amplifier, image, choice, context),
          flat(frames.1, amplifier, image, choice, context),
          region: amplifier.frameRegion(of: image), mask: mask,
          tiles: tiles.map(amplifier.frameRegion), options: settings.pair)
      }
      add(pair, item.detector, amplifier.name, item.first.obsid, to: &result)
      result.measure(
        PhotonTransferQuantities.pairNoise, detector: item.detector, amplifier: amplifier.name,
        obsid: item.first.obsid, noise([frames.0, frames.1], amplifier, image, camera))
    }
    return result
  }

  /// The scatter of the scan's pixels beside the image area about the means of their rows [adu].
  private static func noise(
    _ frames: [Image<UInt16>], _ amplifier: Amplifier, _ image: Region, _ camera: Camera
  ) -> Result<Estimate, NotMeasurable> {
    let name = camera.regions[.overscan] != nil ? RegionName.overscan : .prescan
    guard let scan = camera.checkRegion(name, rows: image.rows) else {
      return .failure(NotMeasurable("no scan pixels"))
    }
    return Result { () throws(NotMeasurable) in
      try RowOffsets.scatter(
        frames, amplifier: amplifier, region: scan, accept: camera.validValues)
    }
  }

  /// A flat with the offsets of the rows of the image area, in the frame's order.
  static func flat(
    _ frame: Image<UInt16>, _ amplifier: Amplifier, _ image: Region, _ choice: OffsetChoice?,
    _ context: TestContext
  ) throws(NotMeasurable) -> FlatFrame {
    guard let choice, choice.method != .none else { return FlatFrame(frame, rowOffsets: []) }
    let level = try BiasFrame.offset(
      of: frame, amplifier: amplifier, camera: context.camera, choice: choice
    ).location.value
    guard choice.method == .row else { return FlatFrame(frame, rowOffsets: [Float(level)]) }
    let canonical = RowOffsets.means(
      frame: frame, amplifier: amplifier, region: choice.region, rows: image.rows,
      accept: context.camera.validValues, fallback: level)
    return FlatFrame(frame, rowOffsets: amplifier.flipY ? canonical.reversed() : canonical)
  }

  private static func add(
    _ outcome: Result<FlatPair, NotMeasurable>, _ detector: String, _ amplifier: String,
    _ obsid: Int, to result: inout SubtaskResult
  ) {
    typealias Q = PhotonTransferQuantities
    func measure(_ quantity: Quantity, _ value: Result<Estimate, NotMeasurable>) {
      result.measure(quantity, detector: detector, amplifier: amplifier, obsid: obsid, value)
    }
    measure(Q.pairMean, outcome.map(\.mean))
    measure(Q.pairVariance, outcome.map(\.variance))
    measure(
      Q.pairRatio,
      outcome.flatMap { pair in
        pair.ratio.map { .success($0) } ?? .failure(NotMeasurable("the signal is too low"))
      })
    guard case .success(let pair) = outcome else { return }
    for (quantity, value) in [
      (Q.pairImbalance, pair.imbalance), (Q.pairPixels, Double(pair.kept)),
      (Q.pairRejected, Double(pair.rejected)),
    ] {
      result.count(quantity, detector: detector, amplifier: amplifier, obsid: obsid, value)
    }
    func curve(
      _ name: String, _ x: [Double], _ y: [Double], _ errors: [Double], _ xUnit: Unit,
      _ yUnit: Unit
    ) {
      result.curves.append(
        SubtaskResult.Curve(
          name: name, detector: detector, amplifier: amplifier, obsid: obsid, x: x, y: y,
          uncertainty: errors, xUnit: xUnit, yUnit: yUnit))
    }
    let matrix = pair.covariances
    let lags = matrix.values.indices.map(Double.init)
    curve(Q.covariances, lags, matrix.values, matrix.uncertainties, .none, .aduSquared)
    curve(Q.covariancePixels, lags, matrix.pairs.map(Double.init), [], .none, .count)
    if !pair.binned.isEmpty {
      curve(
        Q.binned, pair.binned.map { Double($0.side) }, pair.binned.map(\.variance.value),
        pair.binned.map(\.variance.uncertainty), .pixel, .aduSquared)
    }
    let tiles = pair.tiles
    addCovariances(of: tiles, curve)
    guard !tiles.isEmpty, tiles.allSatisfy({ $0.mean.isFinite && $0.variance.isFinite }) else { return }
    curve(
      Q.tiles, tiles.map(\.mean), tiles.map(\.variance),
      tiles.map { tile in
        // sigma(V) = V sqrt(2 / (n - 1)); a tile without pixels has no variance, and no error either.
        tile.count > 1 ? tile.variance * (2 / Double(tile.count - 1)).squareRoot() : 0
      }, .adu, .aduSquared)
  }

  /// The covariances of all tiles in one curve; none where any tile has none.
  private static func addCovariances(
    of tiles: [FlatTile],
    _ curve: (String, [Double], [Double], [Double], Unit, Unit) -> Void
  ) {
    let matrices = tiles.compactMap(\.covariances)
    guard !matrices.isEmpty, matrices.count == tiles.count else { return }
    let values = matrices.flatMap(\.values)
    curve(
      PhotonTransferQuantities.tileCovariances, values.indices.map(Double.init), values,
      matrices.flatMap(\.uncertainties), .none, .aduSquared)
  }
}
