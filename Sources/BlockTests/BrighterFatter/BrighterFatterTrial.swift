import Analysis
import Campaign
import Detector
import Warehouse

/// The correction tried on the data: one pair of each fluence, the middle of each amplifier's image area and the borders of
/// the detector, of the linear chain, as it is and with charge moved back by the boundary shifts of Guyonnet et al. and by
/// the scalar kernel.
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
    let channels = try CorrectionByChannel(context, gains: gains)
    let work = try pairs(context)
    let masks = context.masks.mapValues { $0.image(width: context.camera.width) }
    let tracker = ProgressCounter(total: work.count, report: context.progress)
    let parts = try await parallelMap(work, workers: context.workers) { item -> SubtaskResult in
      try context.checkCancellation()
      defer { tracker.advance() }
      return try measure(item, masks[item.detector], channels, settings, context)
    }
    var result = SubtaskResult()
    result.log = [
      "gain: \(gains.source)",
      "\(work.count) pairs, one of each fluence and detector; the middle \(BrighterFatterSettings.testSide) x \(BrighterFatterSettings.testSide) pixels of each amplifier at most, and \(settings.side) pixels at the borders",
      channels.isLinearised
        ? "images of the linear chain, by the exposure times" : "images as read, not linearised",
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
    _ item: Work, _ mask: Image<UInt8>?, _ channels: CorrectionByChannel,
    _ settings: BrighterFatterSettings, _ context: TestContext
  ) throws -> SubtaskResult {
    var result = SubtaskResult()
    guard let image = context.camera.region(.image, rows: context.window),
      let whole = context.camera.regions[.image]
    else { return result }
    let frames = (try context.open(item.first.path).read(), try context.open(item.second.path).read())
    let choice = PhotonTransferPreparation.choice(context)
    let middle = TrialPart(middleOf: image, side: settings.side)
    let borders = TrialPart.borders(of: image, whole: whole, side: settings.side)
    for amplifier in context.camera.amplifiers {
      try context.checkCancellation()
      let outcome = Result { () throws(NotMeasurable) in
        let channel = try channels.channel(item.detector, amplifier.name).get()
        let flats = [
          try PhotonTransferExtraction.flat(frames.0, amplifier, image, choice, context),
          try PhotonTransferExtraction.flat(frames.1, amplifier, image, choice, context),
        ]
        return (channel, flats)
      }
      func pairs(_ part: TrialPart) -> [String: Result<FlatPair, NotMeasurable>] {
        let signals = outcome.map { channel, flats in
          part.signals(
            flats, amplifier, image, mask, invalid: settings.pairs.pair.invalid, channel.chain)
        }
        return Dictionary(
          uniqueKeysWithValues: kinds.map { kind in
            let pair = Result { () throws(NotMeasurable) in
              try part.pair(
                signals.get(), amplifier, outcome.get().0.shifts[kind], settings.pairs.pair)
            }
            return (kind, pair)
          })
      }
      let place = Place(
        detector: item.detector, amplifier: amplifier.name, obsid: item.first.obsid)
      let ofMiddle = pairs(middle)
      let ofBorders = borders.map(pairs)
      for kind in kinds {
        if let pair = ofMiddle[kind] { add(pair, kind, place, to: &result) }
        if !borders.isEmpty { addBorder(ofBorders.compactMap { $0[kind] }, kind, place, to: &result) }
      }
    }
    return result
  }

  private struct Place {
    let detector: String
    let amplifier: String
    let obsid: Int
  }

  private static func add(
    _ pair: Result<FlatPair, NotMeasurable>, _ kind: String, _ place: Place,
    to result: inout SubtaskResult
  ) {
    func measure(_ quantity: Quantity, _ value: (FlatPair) -> Estimate) {
      result.measure(
        quantity, detector: place.detector, amplifier: place.amplifier, obsid: place.obsid,
        item: kind, pair.map(value))
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

  /// The borders together, in proportion to their pixels.
  private static func addBorder(
    _ pairs: [Result<FlatPair, NotMeasurable>], _ kind: String, _ place: Place,
    to result: inout SubtaskResult
  ) {
    func measure(_ quantity: Quantity, _ value: (FlatPair) -> Estimate) {
      result.measure(
        quantity, detector: place.detector, amplifier: place.amplifier, obsid: place.obsid,
        item: kind,
        Result { () throws(NotMeasurable) in
          var (sum, variance, count) = (0.0, 0.0, 0)
          for pair in pairs {
            let pair = try pair.get()
            let (estimate, pixels) = (value(pair), Double(pair.kept))
            sum += pixels * estimate.value
            variance += pixels * estimate.uncertainty * pixels * estimate.uncertainty
            count += pair.kept
          }
          guard count > 0 else { throw NotMeasurable("no pixels at the borders") }
          return Estimate(
            value: sum / Double(count), uncertainty: variance.squareRoot() / Double(count),
            count: count)
        })
    }
    measure(Q.testBorderMean) { $0.mean }
    measure(Q.testBorderVariance) { $0.variance }
  }
}
