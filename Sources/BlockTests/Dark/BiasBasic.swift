import Analysis
import Detector

/// Noise and structure of every frame, and the noise between consecutive frames.
enum BiasBasic {
  private struct Work: Sendable {
    var detector: String
    var obsid: Int
    var path: String
    var next: String?
  }

  static func run(_ context: TestContext) async throws -> SubtaskResult {
    let work = context.camera.detectors.flatMap { detector -> [Work] in
      let frames = context.usable(detector)
      return frames.enumerated().map { index, frame in
        Work(
          detector: detector, obsid: frame.exposure.obsid, path: frame.path,
          next: index + 1 < frames.count ? frames[index + 1].path : nil)
      }
    }
    let choice = context.offsetChoice
    let tracker = ProgressCounter(total: work.count, report: context.progress)
    // Only what is stored of a frame stays in memory, so that this does not grow with frames times pixels.
    let positions = Positions(context)
    let measured = try await parallelMap(work, workers: context.workers) { item -> FrameResult in
      try context.checkCancellation()
      let frame = try context.openPrepared(item.path, detector: item.detector).read()
      let next = try item.next.map {
        try context.openPrepared($0, detector: item.detector).read()
      }
      defer { tracker.advance() }
      let numbers = BiasFrame(
        frame: frame, next: next, camera: context.camera, window: context.window, choice: choice)
      var result = SubtaskResult()
      for amplifier in numbers.amplifiers {
        add(amplifier, of: item, at: positions, to: &result, context)
      }
      return FrameResult(result: result, differences: numbers.amplifiers.map(\.differences))
    }
    var result = SubtaskResult()
    for frame in measured { result.append(frame.result) }
    for detector in context.camera.detectors {
      let frames = zip(work, measured).filter { $0.0.detector == detector }.map(\.1)
      addReadNoise(frames, detector: detector, to: &result, context)
    }
    return result
  }

  /// What is kept of one frame.
  private struct FrameResult: Sendable {
    var result: SubtaskResult
    /// By amplifier, in the camera's order.
    var differences: [[RegionName: Result<BiasFrame.PairVariance, NotMeasurable>]]
  }

  /// The abscissae of profiles, shared by all of them.
  private struct Positions: Sendable {
    var columns: [Double]
    var rows: [Double]

    init(_ context: TestContext) {
      let amplifiers = context.camera.amplifiers
      columns = (0..<(amplifiers.map(\.width).max() ?? 0)).map(Double.init)
      let height = amplifiers.map(\.height).max() ?? 0
      rows = context.window.clamped(to: 0..<height).map(Double.init)
    }
  }

  private static func add(
    _ numbers: BiasFrame.AmplifierNumbers, of item: Work, at positions: Positions,
    to result: inout SubtaskResult, _ context: TestContext
  ) {
    let amplifier = numbers.amplifier
    result.measure(
      BiasQuantities.frameNoise, detector: item.detector, amplifier: amplifier, obsid: item.obsid,
      numbers.residual)
    result.measure(
      BiasQuantities.rowNoise, detector: item.detector, amplifier: amplifier, obsid: item.obsid,
      numbers.rowNoise)
    for (name, i, j) in [("columns", 1, 0), ("rows", 0, 1)] {
      result.measure(
        BiasQuantities.frameGradient, detector: item.detector, amplifier: amplifier,
        obsid: item.obsid, item: name,
        numbers.model.flatMap { model in
          guard let term = model.coefficient(i, j) else {
            return .failure(NotMeasurable("no linear term"))
          }
          // P1 runs from -1 to 1 over the image: the change across it is twice the coefficient.
          return .success(
            Estimate(value: 2 * term.value, uncertainty: 2 * term.uncertainty, count: model.region.count))
        })
    }
    if case .success(let model) = numbers.model {
      result.curves.append(
        SubtaskResult.Curve(
          name: BiasQuantities.modelCurve, detector: item.detector, amplifier: amplifier,
          obsid: item.obsid, x: model.coefficients.indices.map(Double.init), y: model.coefficients,
          uncertainty: model.uncertainties, xUnit: .none, yUnit: .adu))
    }
    guard let profiles = numbers.profiles else { return }
    result.profile(
      BiasQuantities.columnProfile, profiles.columnMeans, at: positions.columns,
      detector: item.detector,
      amplifier: amplifier, obsid: item.obsid)
    result.profile(
      BiasQuantities.rowProfile, profiles.rowMeans, at: positions.rows, detector: item.detector,
      amplifier: amplifier, obsid: item.obsid)
    result.profile(
      BiasQuantities.rowScatterProfile, profiles.rowScatters, at: positions.rows,
      detector: item.detector, amplifier: amplifier, obsid: item.obsid)
    if let prescan = context.camera.regions[.prescan] {
      let points = prescan.columns.compactMap { column -> (Double, Double)? in
        guard profiles.columnMeans.indices.contains(column),
          let mean = profiles.columnMeans[column], let scatter = profiles.columnScatters[column]
        else { return nil }
        return (mean, scatter)
      }
      result.curves.append(
        SubtaskResult.Curve(
          name: BiasQuantities.prescanColumns, detector: item.detector, amplifier: amplifier,
          obsid: item.obsid, x: points.map(\.0), y: points.map(\.1), uncertainty: [], xUnit: .adu,
          yUnit: .adu))
    }
  }

  /// The temporal noise of each amplifier and region from the differences of consecutive frames.
  private static func addReadNoise(
    _ frames: [FrameResult], detector: String, to result: inout SubtaskResult, _ context: TestContext
  ) {
    for (index, amplifier) in context.camera.amplifiers.enumerated() {
      for region in BiasQuantities.regions where context.camera.regions[region] != nil {
        var noise = DifferenceNoise()
        var reasons: [String] = []
        for frame in frames {
          switch frame.differences[index][region] {
          case .success(let pair): noise.add(variance: pair.variance, count: pair.count)
          case .failure(let reason): reasons.append(reason.reason)
          case nil: break
          }
        }
        let outcome = Result { () throws(NotMeasurable) in
          if noise.variances.isEmpty, let reason = reasons.first { throw NotMeasurable(reason) }
          if frames.isEmpty { throw NotMeasurable("no usable frame") }
          return try noise.noise()
        }
        result.measure(
          BiasQuantities.readNoise, detector: detector, amplifier: amplifier.name,
          item: region.short, outcome)
      }
    }
  }
}
