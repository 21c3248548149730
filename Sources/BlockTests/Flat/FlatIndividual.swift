import Analysis
import Campaign
import Detector

/// The illumination of every flat; the flats divided by it are made where the masters are stacked, and not stored.
enum FlatIndividual {
  private typealias Q = FlatQuantities

  private struct Work: Sendable {
    var detector: String
    var obsid: Int
    var path: String
  }

  static func run(_ context: TestContext) async throws -> SubtaskResult {
    let settings = FlatSettings(context)
    let work = context.exposures.flatMap { exposure in
      context.camera.detectors.compactMap { detector -> Work? in
        guard case .usable(let path)? = exposure.frames[detector] else { return nil }
        return Work(detector: detector, obsid: exposure.obsid, path: path)
      }
    }
    let tracker = ProgressCounter(total: work.count, report: context.progress)
    let measured = try await parallelMap(work, workers: context.workers) { item -> SubtaskResult in
      try context.checkCancellation()
      defer { tracker.advance() }
      return try measure(item, settings, context)
    }
    var result = SubtaskResult()
    let labels = context.labels
    for exposure in context.exposures {
      guard let index = labels.firstIndex(of: exposure.label) else { continue }
      result.count(Q.frameColumn, obsid: exposure.obsid, Double(index + 1))
    }
    for part in measured { result.append(part) }
    result.log = [
      "illumination: cubic splines with knots every \(settings.distance) pixels, fitted to blocks of \(settings.image.map(FlatBlocks.side(for:)) ?? 0) pixels"
    ]
    return result
  }

  private static func measure(
    _ item: Work, _ settings: FlatSettings, _ context: TestContext
  ) throws -> SubtaskResult {
    let frame = try context.openPrepared(item.path, detector: item.detector).read()
    var result = SubtaskResult()
    for amplifier in context.camera.amplifiers {
      func measure(
        _ quantity: Quantity, item name: String? = nil, _ outcome: Result<Estimate, NotMeasurable>
      ) {
        result.measure(
          quantity, detector: item.detector, amplifier: amplifier.name, obsid: item.obsid,
          item: name, outcome)
      }
      let offset = Result { () throws(NotMeasurable) in
        try BiasFrame.offset(
          of: frame, amplifier: amplifier, camera: context.camera, choice: settings.offset
        ).location
      }
      measure(Q.frameOffset, offset)
      let flat = Result { () throws(NotMeasurable) in
        try Illumination(
          frame, amplifier, settings, level: try? offset.get().value, context)
      }.mapError { reason in
        // Masked pixels read as saturated.
        reason.reason.hasPrefix("saturated") && context.masks[item.detector] != nil
          ? NotMeasurable("no valid pixels: masked or saturated") : reason
      }
      measure(Q.frameLevel, flat.map(\.level))
      measure(Q.frameScatter, flat.flatMap(\.scatter))
      guard case .success(let flat) = flat else { continue }
      measure(Q.frameRange, .success(flat.range))
      measure(Q.frameGradient, item: "columns", .success(flat.gradients.columns))
      measure(Q.frameGradient, item: "rows", .success(flat.gradients.rows))
      result.count(
        Q.frameRejected, detector: item.detector, amplifier: amplifier.name, obsid: item.obsid,
        Double(flat.rejected))
      func curve(_ name: String, _ x: [Double], _ y: [Double], _ xUnit: Unit) {
        result.curves.append(
          SubtaskResult.Curve(
            name: name, detector: item.detector, amplifier: amplifier.name, obsid: item.obsid,
            x: x, y: y, uncertainty: [], xUnit: xUnit, yUnit: .adu))
      }
      curve(
        Q.modelCurve, flat.model.coefficients.indices.map(Double.init), flat.model.coefficients,
        .none)
      curve(Q.columnProfile, flat.columns.x, flat.columns.y, .pixel)
      curve(Q.rowProfile, flat.rows.x, flat.rows.y, .pixel)
    }
    return result
  }

  /// What is measured of one amplifier of one flat.
  private struct Illumination {
    var model: IlluminationModel
    var level: Estimate
    var range: Estimate
    var gradients: (columns: Estimate, rows: Estimate)
    var scatter: Result<Estimate, NotMeasurable>
    var rejected: Int
    var columns: (x: [Double], y: [Double])
    var rows: (x: [Double], y: [Double])

    init(
      _ frame: Image<UInt16>, _ amplifier: Amplifier, _ settings: FlatSettings, level: Double?,
      _ context: TestContext
    ) throws(NotMeasurable) {
      guard let image = settings.image else { throw NotMeasurable("no image rows were read") }
      if let offset = settings.offset, offset.method != .none, level == nil {
        throw NotMeasurable("no offset: the scan region has no valid pixels")
      }
      let offsets = settings.offsets(
        of: frame, amplifier: amplifier, rows: image.rows, level: level ?? 0, context)
      let blocks = try FlatBlocks(
        frame: frame, amplifier: amplifier, region: image, offsets: offsets,
        valid: context.camera.validValues)
      let typical = try median(blocks.means.filter(\.isFinite))
      guard typical > 0 else { throw NotMeasurable("the signal is not positive") }
      guard typical > 3 * blocks.scatter else {
        throw NotMeasurable("the signal does not stand out of the noise of a pixel")
      }
      model = try IlluminationModel(fitting: blocks, over: image, distance: settings.distance)
      rejected = blocks.rejected
      let across = (0..<blocks.tiling.across).map { blocks.tiling.tiles[$0].columns }
      let up = (0..<blocks.tiling.up).map {
        blocks.tiling.tiles[$0 * blocks.tiling.across].rows
      }
      func middles(_ ranges: [Range<Int>]) -> [Double] {
        ranges.map { Double($0.lowerBound + $0.upperBound - 1) / 2 }
      }
      columns = (middles(across), model.profile(columns: across))
      rows = (middles(up), model.profile(rows: up))
      let whole = model.profile(columns: [image.columns])
      let mean = whole.first ?? typical
      // The error of the mean of n pixels, and that of the offset, which is common to them.
      let noise = blocks.scatter / Double(max(1, blocks.kept)).squareRoot()
      self.level = Estimate(value: mean, uncertainty: noise, count: blocks.kept)
      // A value of the surface has the error of a block times the root of parameters per block, on average.
      let share = Double(model.parameters) / Double(max(1, blocks.means.count))
      let blockNoise =
        blocks.scatter / Double(max(1, FlatBlocks.side(for: image))) * min(1, share.squareRoot())
      let surface = Self.extremes(model, across, up)
      range = Estimate(
        value: 100 * (surface.highest - surface.lowest) / mean,
        uncertainty: 100 * 2.squareRoot() * blockNoise / mean, count: blocks.means.count)
      gradients = (
        Self.gradient(columns, over: image.columns.count, mean: mean, noise: noise),
        Self.gradient(rows, over: image.rows.count, mean: mean, noise: noise)
      )
      let fitted = model
      scatter = Result { () throws(NotMeasurable) in
        let width = try fitted.scatter(
          of: frame, amplifier: amplifier, offsets: offsets, valid: context.camera.validValues)
        return Estimate(
          value: 100 * width.value, uncertainty: 100 * width.uncertainty, count: width.count)
      }
    }

    private static func extremes(
      _ model: IlluminationModel, _ across: [Range<Int>], _ up: [Range<Int>]
    ) -> (lowest: Double, highest: Double) {
      var (lowest, highest) = (Double.infinity, -Double.infinity)
      for rows in up {
        for columns in across {
          let value = model.value(
            x: (columns.lowerBound + columns.upperBound) / 2,
            y: (rows.lowerBound + rows.upperBound) / 2)
          lowest = min(lowest, value)
          highest = max(highest, value)
        }
      }
      return (lowest, highest)
    }

    /// The least-squares slope of a profile times the whole extent; the error of a mean of n equal pixels makes one of
    /// sqrt(12) times as much of the slope.
    private static func gradient(
      _ profile: (x: [Double], y: [Double]), over extent: Int, mean: Double, noise: Double
    ) -> Estimate {
      let n = Double(max(1, profile.x.count))
      let x0 = profile.x.reduce(0, +) / n
      let y0 = profile.y.reduce(0, +) / n
      let sxx = profile.x.reduce(0) { $0 + ($1 - x0) * ($1 - x0) }
      let sxy = zip(profile.x, profile.y).reduce(0) { $0 + ($1.0 - x0) * ($1.1 - y0) }
      return Estimate(
        value: sxx > 0 ? 100 * sxy / sxx * Double(extent) / mean : 0,
        uncertainty: 100 * 12.squareRoot() * noise / mean, count: profile.x.count)
    }
  }
}
