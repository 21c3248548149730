import Analysis
import Campaign
import Detector
import Warehouse

/// Coefficients a_ij of each fluence and of the joint fit, the shifts of boundaries, and the widths that follow, from the
/// stored pairs: no pixel is read.
enum BrighterFatterSolve {
  private typealias Q = BrighterFatterQuantities

  static func run(_ context: TestContext) async throws -> SubtaskResult {
    let settings = BrighterFatterSettings(context)
    let stored = try StoredPairs(context)
    let gains = try context.gains()
    let noise = try PhotonTransferSolve.readNoise(context)
    let light = settings.pairs.isLinearised ? FlatRamp(context) : nil
    // Of PTC01 itself, not of a PTC02: gain and coefficients come from the same pairs.
    let obsids = context.exposures.map(\.obsid)
    let sharesPairs =
      gains.run?.obsids.map { range in !obsids.isEmpty && obsids.allSatisfy(range.contains) } ?? false
    let work = context.camera.detectors.flatMap { detector in
      context.camera.amplifiers.map { (detector, $0.name) }
    }
    let tracker = ProgressCounter(total: work.count, report: context.progress)
    let solved = try await parallelMap(work, workers: context.workers) {
      detector, amplifier -> SubtaskResult in
      try context.checkCancellation()
      defer { tracker.advance() }
      var channel = BrighterFatterChannel(
        detector: detector, amplifier: amplifier, settings: settings,
        pitch: context.camera.pixelPitchMicrometres,
        gain: BrighterFatterChannel.estimate(gains.gain(detector, amplifier)),
        sharesPairs: sharesPairs)
      channel.solve(
        stored.channel(detector, amplifier),
        noise: noise["\(detector)/\(amplifier)"], light: light,
        labels: context.exposures.map { ($0.obsid, $0.label) })
      return channel.result
    }
    var result = SubtaskResult()
    result.log.append("gain: \(gains.source)")
    result.measure(
      Q.gainRun,
      gains.run.map {
        .success(Estimate(value: Double($0.key.id), uncertainty: 0, count: 1))
      } ?? .failure(NotMeasurable("no gain: no finished \(StandingGains.test) in the warehouse")))
    result.log.append(
      "joint fit: lags 0 to \(settings.pairs.pair.range); boundary shifts: \(settings.side) x \(settings.side) lags"
    )
    for part in solved { result.append(part) }
    return result
  }
}
