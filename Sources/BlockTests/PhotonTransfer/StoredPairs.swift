import Analysis
import Detector

/// The pairs of flats of a test run as the extraction stored them.
struct StoredPairs: Sendable {
  /// The points of one amplifier.
  struct Points: Sendable {
    /// By exposure, in order.
    var points: [(obsid: Int, point: PhotonTransferPoint)] = []
    /// Quotients by exposure.
    var ratios: [Int: Result<Estimate, NotMeasurable>] = [:]
    /// Mean, variance and its error of each tile, by exposure.
    var tiles: [(obsid: Int, tiles: [PhotonTransferPoint])] = []
    /// Why pairs have no variance, each reason once.
    var reasons: [String] = []
  }

  private var channels: [String: Points] = [:]

  /// Reads what earlier steps stored.
  init(_ context: TestContext) throws {
    typealias Q = PhotonTransferQuantities
    var covariances: [String: SubtaskResult.Curve] = [:]
    for curve in try context.earlier.curves(Q.covariances) { covariances[Self.key(curve)] = curve }
    var pixels: [String: SubtaskResult.Curve] = [:]
    for curve in try context.earlier.curves(Q.covariancePixels) { pixels[Self.key(curve)] = curve }
    var binned: [String: [BinnedVariance]] = [:]
    for curve in try context.earlier.curves(Q.binned) {
      guard curve.y.count == curve.x.count, curve.uncertainty.count == curve.x.count else { continue }
      binned[Self.key(curve)] = curve.x.indices.compactMap { index in
        guard let side = Int(exactly: curve.x[index]) else { return nil }
        return BinnedVariance(
          side: side,
          variance: Estimate(
            value: curve.y[index], uncertainty: curve.uncertainty[index], count: 0))
      }
    }
    var variances: [String: EarlierMeasurement] = [:]
    for row in try context.earlier.measurements(Q.pairVariance) { variances[Self.key(row)] = row }
    for row in try context.earlier.measurements(Q.pairMean).sorted(by: {
      ($0.obsid ?? 0) < ($1.obsid ?? 0)
    }) {
      guard let obsid = row.obsid, let detector = row.detector, let amplifier = row.amplifier else {
        continue
      }
      let channel = "\(detector)/\(amplifier)"
      let key = Self.key(row)
      guard let mean = row.value, let variance = variances[key], let value = variance.value else {
        let reason = row.reason ?? variances[key]?.reason ?? "no variance"
        if channels[channel]?.reasons.contains(reason) != true {
          channels[channel, default: Points()].reasons.append(reason)
        }
        continue
      }
      channels[channel, default: Points()].points.append(
        (
          obsid,
          PhotonTransferPoint(
            mean: mean,
            variance: Estimate(
              value: value, uncertainty: variance.uncertainty ?? 0, count: variance.count ?? 0),
            covariances: covariances[key].flatMap { Self.matrix($0, pixels[key]) },
            binned: binned[key] ?? [])
        ))
    }
    for row in try context.earlier.measurements(Q.pairRatio) {
      guard let obsid = row.obsid, let detector = row.detector, let amplifier = row.amplifier else {
        continue
      }
      channels["\(detector)/\(amplifier)", default: Points()].ratios[obsid] =
        row.value.map {
          .success(Estimate(value: $0, uncertainty: row.uncertainty ?? 0, count: row.count ?? 0))
        } ?? .failure(NotMeasurable(row.reason ?? "no quotient"))
    }
    for curve in try context.earlier.curves(Q.tiles) {
      guard let obsid = curve.obsid, let detector = curve.detector, let amplifier = curve.amplifier,
        curve.uncertainty.count == curve.x.count, curve.y.count == curve.x.count
      else { continue }
      let tiles = curve.x.indices.map {
        PhotonTransferPoint(
          mean: curve.x[$0],
          variance: Estimate(value: curve.y[$0], uncertainty: curve.uncertainty[$0], count: 0))
      }
      channels["\(detector)/\(amplifier)", default: Points()].tiles.append((obsid, tiles))
    }
  }

  /// The points of an amplifier; none where no pair was measured.
  func channel(_ detector: String, _ amplifier: String) -> Points {
    channels["\(detector)/\(amplifier)"] ?? Points()
  }

  private static func key(_ curve: SubtaskResult.Curve) -> String {
    "\(curve.detector ?? "")/\(curve.amplifier ?? "")/\(curve.obsid ?? -1)"
  }

  private static func key(_ row: EarlierMeasurement) -> String {
    "\(row.detector ?? "")/\(row.amplifier ?? "")/\(row.obsid ?? -1)"
  }

  /// The matrix of a curve; nil where its length is no square.
  private static func matrix(
    _ curve: SubtaskResult.Curve, _ pixels: SubtaskResult.Curve?
  ) -> CovarianceMatrix? {
    let side = (0...17).first { $0 * $0 == curve.y.count } ?? 0
    guard side > 0, curve.uncertainty.count == curve.y.count else { return nil }
    let pairs = pixels?.y.compactMap { Int(exactly: $0) } ?? []
    return CovarianceMatrix(
      range: side - 1, values: curve.y, uncertainties: curve.uncertainty,
      pairs: pairs.count == curve.y.count ? pairs : curve.y.map { _ in 0 })
  }
}
