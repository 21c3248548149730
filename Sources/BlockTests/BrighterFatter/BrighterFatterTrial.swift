import Analysis
import Campaign
import Detector
import Warehouse

/// The correction tried on the data: one pair of each fluence, the middle of each amplifier's image area, as it is and with
/// charge moved back by the boundary shifts of Guyonnet et al. and by the scalar kernel.
enum BrighterFatterTrial {
  private typealias Q = BrighterFatterQuantities

  private struct Work: Sendable {
    var detector: String
    var first: (obsid: Int, path: String)
    var second: (obsid: Int, path: String)
  }

  /// The ways in which flats are treated; names of items.
  static let kinds = ["raw", "guyonnet", "scalar"]

  static func run(_ context: TestContext) async throws -> SubtaskResult {
    let settings = BrighterFatterSettings(context)
    let gains = try context.gains()
    let shifts = try ShiftsByChannel(context, gains: gains)
    let work = try pairs(context)
    let masks = context.masks.mapValues { $0.image(width: context.camera.width) }
    let tracker = ProgressCounter(total: work.count, report: context.progress)
    let parts = try await parallelMap(work, workers: context.workers) { item -> SubtaskResult in
      try context.checkCancellation()
      defer { tracker.advance() }
      return try measure(item, masks[item.detector], shifts, settings, context)
    }
    var result = SubtaskResult()
    result.log = [
      "gain: \(gains.source)",
      "\(work.count) pairs, one of each fluence and detector; the middle \(BrighterFatterSettings.testSide) x \(BrighterFatterSettings.testSide) pixels of each amplifier at most",
    ]
    for part in parts { result.append(part) }
    return result
  }

  /// The first pair on the curve of each script column, of each detector.
  private static func pairs(_ context: TestContext) throws -> [Work] {
    let partners = try context.earlier.measurements(PhotonTransferQuantities.partner)
    let labels = Dictionary(
      context.exposures.map { ($0.obsid, $0.label) }, uniquingKeysWith: { first, _ in first })
    var work: [Work] = []
    for detector in context.camera.detectors {
      let paths = Dictionary(
        context.usable(detector).map { ($0.exposure.obsid, $0.path) },
        uniquingKeysWith: { first, _ in first })
      var seen: Set<String> = []
      let mine = partners.filter { $0.detector == detector }.sorted {
        ($0.obsid ?? 0) < ($1.obsid ?? 0)
      }
      for row in mine {
        guard let obsid = row.obsid, let partner = row.value.flatMap(Int.init(exactly:)),
          let label = labels[obsid], let first = paths[obsid], let second = paths[partner],
          seen.insert(label).inserted
        else { continue }
        work.append(
          Work(detector: detector, first: (obsid, first), second: (partner, second)))
      }
    }
    return work
  }

  private static func measure(
    _ item: Work, _ mask: Image<UInt8>?, _ shifts: ShiftsByChannel,
    _ settings: BrighterFatterSettings, _ context: TestContext
  ) throws -> SubtaskResult {
    var result = SubtaskResult()
    guard let image = context.camera.region(.image, rows: context.window) else { return result }
    let frames = (try context.open(item.first.path).read(), try context.open(item.second.path).read())
    let choice = PhotonTransferPreparation.choice(context)
    let part = TrialPart(image, side: settings.side)
    for amplifier in context.camera.amplifiers {
      try context.checkCancellation()
      let chosen = shifts.channel(item.detector, amplifier.name)
      let options = settings.pairs.pair
      let signals = chosen.flatMap { chosen in
        Result { () throws(NotMeasurable) -> [FlatSignal] in
          part.signals(
            [
              try PhotonTransferExtraction.flat(frames.0, amplifier, image, choice, context),
              try PhotonTransferExtraction.flat(frames.1, amplifier, image, choice, context),
            ], amplifier, image, mask, options)
        }
      }
      for kind in kinds {
        let pair = chosen.flatMap { chosen in
          signals.flatMap { signals in
            Result { () throws(NotMeasurable) in
              try part.pair(signals, amplifier, chosen[kind], options)
            }
          }
        }
        add(pair, item.detector, amplifier.name, item.first.obsid, kind, to: &result)
      }
    }
    return result
  }

  private static func add(
    _ pair: Result<FlatPair, NotMeasurable>, _ detector: String, _ amplifier: String,
    _ obsid: Int, _ kind: String, to result: inout SubtaskResult
  ) {
    func measure(_ quantity: Quantity, _ value: (FlatPair) -> Estimate) {
      result.measure(
        quantity, detector: detector, amplifier: amplifier, obsid: obsid, item: kind,
        pair.map(value))
    }
    func lag(_ i: Int, _ j: Int) -> (FlatPair) -> Estimate {
      { pair in
        let matrix = pair.covariances
        let at = i * (matrix.range + 1) + j
        return Estimate(
          value: matrix.values[at], uncertainty: matrix.uncertainties[at], count: matrix.pairs[at])
      }
    }
    measure(Q.testMean) { $0.mean }
    measure(Q.testVariance) { $0.variance }
    measure(Q.test10, lag(1, 0))
    measure(Q.test01, lag(0, 1))
    measure(Q.test11, lag(1, 1))
  }
}

/// The shifts of each amplifier per adu, from what earlier steps stored.
private struct ShiftsByChannel: Sendable {
  private var channels: [String: Result<[String: BoundaryShifts], NotMeasurable>] = [:]

  init(_ context: TestContext, gains: StandingGains) throws {
    typealias Q = BrighterFatterQuantities
    func curves(_ name: String) throws -> [String: [Double]] {
      Dictionary(
        try context.earlier.curves(name).map {
          ("\($0.detector ?? "")/\($0.amplifier ?? "")", $0.y)
        }, uniquingKeysWith: { first, _ in first })
    }
    let (vertical, horizontal) = (try curves(Q.vertical), try curves(Q.horizontal))
    let kernels = try curves(Q.kernel)
    for detector in context.camera.detectors {
      for amplifier in context.camera.amplifiers.map(\.name) {
        let key = "\(detector)/\(amplifier)"
        let gain = BrighterFatterChannel.estimate(gains.gain(detector, amplifier))
        channels[key] = gain.flatMap { gain in
          guard let v = vertical[key], let h = horizontal[key], let kernel = kernels[key],
            let side = (1...17).first(where: { $0 * $0 == v.count }), h.count == v.count,
            let scalar = BoundaryShifts(kernel: kernel)
          else { return .failure(NotMeasurable("no boundary shifts")) }
          let guyonnet = BoundaryShifts(side: side, vertical: v, horizontal: h)
          return .success([
            "guyonnet": guyonnet.scaled(by: gain.value), "scalar": scalar.scaled(by: gain.value),
          ])
        }
      }
    }
  }

  func channel(_ detector: String, _ amplifier: String) -> Result<
    [String: BoundaryShifts], NotMeasurable
  > {
    channels["\(detector)/\(amplifier)"] ?? .failure(NotMeasurable("no boundary shifts"))
  }
}

/// The part of an amplifier on which the correction is tried.
private struct TrialPart {
  /// The pixels that are measured, and those about them whose charge acts on them; canonical.
  private let inner, outer: Region

  init(_ image: Region, side: Int) {
    func middle(_ range: Range<Int>, _ length: Int) -> Range<Int> {
      let count = min(length, range.count)
      let start = range.lowerBound + (range.count - count) / 2
      return start..<start + count
    }
    // Away from the borders where there is room: those have a test of their own.
    func inset(_ range: Range<Int>) -> Range<Int> {
      middle(range, min(BrighterFatterSettings.testSide, max(range.count - 2 * side, range.count / 2)))
    }
    inner = Region(columns: inset(image.columns), rows: inset(image.rows))
    func grown(_ range: Range<Int>, _ limit: Range<Int>) -> Range<Int> {
      (range.lowerBound - 2 * side..<range.upperBound + 2 * side).clamped(to: limit)
    }
    outer = Region(
      columns: grown(inner.columns, image.columns), rows: grown(inner.rows, image.rows))
  }

  /// What is added to the signals, which are rounded to whole numbers for the measurement.
  private static let pedestal: Float = 300

  /// The pair's signals; what one flat does not say is left out of both.
  func signals(
    _ flats: [FlatFrame], _ amplifier: Amplifier, _ image: Region, _ mask: Image<UInt8>?,
    _ options: FlatPairOptions
  ) -> [FlatSignal] {
    flats.map {
      FlatSignal(
        $0, area: amplifier.frameRegion(of: outer), whole: amplifier.frameRegion(of: image),
        mask: mask, invalid: options.invalid)
    }
  }

  /// Measures the pair, corrected where shifts are given.
  func pair(
    _ signals: [FlatSignal], _ amplifier: Amplifier, _ shifts: BoundaryShifts?,
    _ options: FlatPairOptions
  ) throws(NotMeasurable) -> FlatPair {
    guard signals.count == 2 else { throw NotMeasurable("no pair of flats") }
    let (area, test) = (amplifier.frameRegion(of: outer), amplifier.frameRegion(of: inner))
    let treated = signals.map { signal -> FlatFrame in
      var signal = signal
      if let shifts {
        signal.image = BrighterFatterCorrection(shifts).removed(from: signal.image, passes: 2)
      }
      return signal.flat(pedestal: Self.pedestal)
    }
    var options = options
    options.range = 2
    options.edge = 0
    return try FlatPair(
      treated[0], treated[1],
      region: Region(
        columns: test.columns.lowerBound - area.columns.lowerBound..<test.columns.upperBound
          - area.columns.lowerBound,
        rows: test.rows.lowerBound - area.rows.lowerBound..<test.rows.upperBound
          - area.rows.lowerBound), mask: FlatSignal.hidden(signals), options: options)
  }
}
