import Analysis
import Campaign

/// The exposures of a test's flats, by which its signals tell their own non-linearity.
struct FlatRamp: Sendable {
  private var exposures: [Int: (seconds: Double, hours: Double)] = [:]

  init(_ context: TestContext) {
    var points: [ChamberProfile.ShutterPoint] = []
    if let name = context.definition.chamber, let profile = try? ChamberCatalog.profile(name) {
      points = profile.shutter
    }
    let shutter = ShutterTime(points)
    let first = context.exposures.compactMap(\.time).min() ?? 0
    for exposure in context.exposures {
      guard let commanded = exposure.exposureSeconds, commanded > 0 else { continue }
      exposures[exposure.obsid] = (
        shutter.openSeconds(commanded), ((exposure.time ?? first) - first) / 3600
      )
    }
  }

  /// The non-linearity that the pairs of an amplifier show by their exposure times, of those that are fitted; where the
  /// variances contradict it, why there is none.
  func linearity(
    _ points: StoredPairs.Points, _ curve: PhotonTransferCurve
  ) -> Result<RampLinearity, NotMeasurable> {
    let used = Set(curve.used.map(\.mean))
    let samples = points.points.compactMap { obsid, point -> LinearitySample? in
      guard used.contains(point.mean), let exposure = exposures[obsid], point.mean > 0 else {
        return nil
      }
      // The photon noise of the mean of two flats.
      let count = Double(max(point.variance.count, 1))
      return LinearitySample(
        exposure: obsid, filter: 0, tile: 0, exposureSeconds: exposure.seconds,
        elapsedHours: exposure.hours, signal: point.mean,
        uncertainty: (point.variance.value / (2 * count)).squareRoot())
    }
    return Result { () throws(NotMeasurable) in
      let ramp = try RampLinearity(samples)
      _ = try ramp.refined(by: curve)
      return ramp
    }
  }
}
