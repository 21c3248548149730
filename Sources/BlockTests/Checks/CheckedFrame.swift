import Analysis
import Campaign
import Detector

/// All that the data check measures of one frame, and whose it is. The frame is read once.
struct CheckedFrame: Sendable {
  var exposure: Exposure
  var detector: String
  var statistics: FrameStatistics
  /// The test run whose check measured the statistics of the same frame; nil where they were measured here.
  var source: String?
  /// The injected charge by amplifier, in frames that have it.
  var injection: [String: InjectionNumbers] = [:]
  /// The spots by amplifier, in tests of point sources.
  var spots: [String: [SpotNumbers]] = [:]
  /// The level between the spots above the pre-scan, by amplifier, in tests of point sources.
  var spotBackground: [String: Result<Estimate, NotMeasurable>] = [:]

  /// The frames that can be used, measured in parallel, in order.
  ///
  /// The statistics of a frame that a check of this execution has measured already are taken over, where nothing else
  /// is to be measured of it.
  static func measure(_ plan: CheckPlan, _ context: TestContext) async throws -> [CheckedFrame] {
    let work = context.exposures.flatMap { exposure in
      context.camera.detectors.compactMap { detector -> (Exposure, String, String)? in
        guard case .usable(let path)? = exposure.frames[detector] else { return nil }
        return (exposure, detector, path)
      }
    }
    let locks = plan.measuresSpots ? try StoredLocks(context) : nil
    let chamber = plan.measuresSpots ? try context.definition.chamber.map(ChamberCatalog.profile) : nil
    context.checked.makeRoom(for: work.count)
    let tracker = ProgressCounter(total: work.count, report: context.progress)
    return try await parallelMap(work, workers: context.workers) { exposure, detector, path in
      try context.checkCancellation()
      let key = context.digests.standing(path).map {
        FrameStatisticsMemory.Key(digest: $0, window: context.window)
      }
      if let key, locks == nil, plan.injection[exposure.label] == nil,
        let known = context.checked[key]
      {
        tracker.advance()
        return CheckedFrame(
          exposure: exposure, detector: detector, statistics: known.statistics,
          source: known.source)
      }
      let image = try context.open(path).read()
      defer { tracker.advance() }
      var frame = CheckedFrame(
        exposure: exposure, detector: detector,
        statistics: FrameStatistics(
          of: image, camera: context.camera, window: context.window,
          regions: [.prescan, .image, .overscan]))
      // Unless the file was changed while it was read.
      if let key, context.digests.standing(path) == key.digest {
        context.checked.keep(
          FrameStatisticsMemory.Entry(statistics: frame.statistics, source: context.runName),
          as: key)
      }
      if let lines = plan.injection[exposure.label] {
        for (index, amplifier) in context.camera.amplifiers.enumerated() {
          frame.injection[amplifier.name] = InjectionNumbers(
            of: image, amplifier: amplifier, camera: context.camera, window: context.window,
            lines: lines, offset: frame.zero(index, context.camera))
        }
      }
      if let locks {
        frame.measureSpots(
          image, SpotPattern(camera: context.camera, chamber: chamber, detector: detector),
          locks.registration(detector, exposure.label), context)
      }
      return frame
    }
  }

  /// The level of the region that offsets come from.
  private func zero(_ index: Int, _ camera: Camera) -> Result<GaussianCore, NotMeasurable> {
    let amplifier = statistics.amplifiers[index]
    return Result { () throws(NotMeasurable) in
      try amplifier.core(camera.offsetRegion ?? .prescan)
    }
  }

  private mutating func measureSpots(
    _ image: Image<UInt16>, _ pattern: SpotPattern, _ lock: SpotRegistration, _ context: TestContext
  ) {
    let camera = context.camera
    let sizes = SpotNumbers.Sizes(spacing: pattern.spacing)
    let middle = SpotRegistration.middle(pattern)
    for (index, amplifier) in camera.amplifiers.enumerated() {
      let places = pattern.spots.filter { $0.amplifier == amplifier.name }.map { spot in
        (spot.name, camera.canonical(lock.apply(spot.place, about: middle), in: amplifier))
      }
      spots[amplifier.name] = places.map { name, place in
        SpotNumbers(
          name, near: place, in: image, amplifier: amplifier, camera: camera,
          window: context.window, sizes: sizes)
      }
      let zero = zero(index, camera)
      spotBackground[amplifier.name] = Result { () throws(NotMeasurable) in
        try Self.background(
          image, amplifier, camera, context.window, around: places.map(\.1),
          half: min(37, 0.35 * pattern.spacing), zero: zero.get())
      }
    }
  }

  /// The median of the image pixels outside of squares about the spots, above the pre-scan.
  private static func background(
    _ image: Image<UInt16>, _ amplifier: Amplifier, _ camera: Camera, _ window: Range<Int>,
    around places: [SiliconPoint], half: Double, zero: GaussianCore
  ) throws(NotMeasurable) -> Estimate {
    guard let area = camera.checkRegion(.image, rows: window) else {
      throw NotMeasurable("no image rows were read")
    }
    var histogram = RawHistogram(of: amplifier.frameRegion(of: area), in: image)
    var squares = RawHistogram()
    for place in places where abs(place.x) < 1e6 && abs(place.y) < 1e6 {
      let square = Region(
        columns: Int((place.x - half).rounded())..<Int((place.x + half).rounded()) + 1,
        rows: Int((place.y - half).rounded())..<Int((place.y + half).rounded()) + 1)
      let mine = Region(
        columns: square.columns.clamped(to: area.columns), rows: square.rows.clamped(to: area.rows))
      if !mine.isEmpty { squares.add(amplifier.frameRegion(of: mine), of: image) }
    }
    histogram.subtract(squares)
    for value in camera.invalidValues { histogram.remove(value: Int(value)) }
    let core = try histogram.core()
    let error = core.location.uncertainty
    return Estimate(
      value: core.median - zero.median,
      uncertainty: (error * error + zero.location.uncertainty * zero.location.uncertainty)
        .squareRoot(), count: core.location.count)
  }
}
