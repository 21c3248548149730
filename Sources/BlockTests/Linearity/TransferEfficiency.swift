import Analysis
import Detector

/// Charge-transfer inefficiency against signal from the stored charges of the over-scans: no pixel is read.
enum TransferEfficiency {
  private typealias Q = LinearityQuantities

  /// An inefficiency beyond this one is that of a full pixel.
  static let most = 1e-5

  static func run(_ context: TestContext) throws -> SubtaskResult {
    var result = SubtaskResult()
    var lasts: [String: EarlierMeasurement] = [:]
    for row in try context.earlier.measurements(Q.last) { lasts[key(row)] = row }
    let knees = Dictionary(
      try context.earlier.measurements(Q.knee).compactMap { row in
        row.value.map { ("\(row.detector ?? "")/\(row.amplifier ?? "")", $0) }
      }, uniquingKeysWith: { first, _ in first })
    let rows = try context.earlier.measurements(Q.deferred)
    for detector in context.camera.detectors {
      for amplifier in context.camera.amplifiers.map(\.name) {
        for direction in EdgeScans.Direction.allCases {
          let mine = rows.filter {
            $0.detector == detector && $0.amplifier == amplifier && $0.item == direction.rawValue
          }
          add(
            mine, lasts, direction, detector, amplifier,
            knee: knees["\(detector)/\(amplifier)"] ?? 65536, context, to: &result)
        }
      }
    }
    return result
  }

  private static func key(_ row: EarlierMeasurement) -> String {
    "\(row.detector ?? "")/\(row.amplifier ?? "")/\(row.obsid ?? -1)/\(row.item ?? "")"
  }

  private static func add(
    _ rows: [EarlierMeasurement], _ lasts: [String: EarlierMeasurement],
    _ direction: EdgeScans.Direction, _ detector: String, _ amplifier: String, knee: Double,
    _ context: TestContext, to result: inout SubtaskResult
  ) {
    let image = context.camera.regions[.image]
    let transfers =
      direction == .serial ? image?.columns.upperBound ?? 0 : image?.rows.upperBound ?? 0
    var points: [(signal: Double, inefficiency: Estimate)] = []
    var reasons: [String] = []
    for row in rows.sorted(by: { ($0.obsid ?? 0) < ($1.obsid ?? 0) }) {
      let last = lasts[key(row)]
      let outcome = Result { () throws(NotMeasurable) in
        guard let signal = last?.value, let charge = row.value else {
          throw NotMeasurable(row.reason ?? last?.reason ?? "no signal")
        }
        guard signal > 0.01 * 65536 else { throw NotMeasurable("the signal is below 1 % of full range") }
        return try DeferredCharge(
          last: Estimate(
            value: signal, uncertainty: last?.uncertainty ?? 0, count: last?.count ?? 0),
          deferred: Estimate(
            value: charge, uncertainty: row.uncertainty ?? 0, count: row.count ?? 0),
          transfers: transfers
        ).inefficiency()
      }
      result.measure(
        Q.inefficiency, detector: detector, amplifier: amplifier, obsid: row.obsid,
        item: direction.rawValue, outcome)
      switch outcome {
      case .success(let value): points.append((last?.value ?? 0, value))
      case .failure(let reason):
        if !reasons.contains(reason.reason) { reasons.append(reason.reason) }
      }
    }
    points.sort { $0.signal < $1.signal }
    if !points.isEmpty {
      result.curves.append(
        SubtaskResult.Curve(
          name: direction == .serial ? Q.serialInefficiency : Q.parallelInefficiency,
          detector: detector, amplifier: amplifier, obsid: nil, x: points.map(\.signal),
          y: points.map(\.inefficiency.value), uncertainty: points.map(\.inefficiency.uncertainty),
          xUnit: .adu, yUnit: .none))
    }
    let limit = Result { () throws(NotMeasurable) in
      if points.isEmpty { throw NotMeasurable(reasons.first ?? "no exposure with light") }
      return try DeferredCharge.limit(points, beyond: most)
    }
    result.measure(
      Q.inefficiencyLimit, detector: detector, amplifier: amplifier, item: direction.rawValue, limit)
    let level = Result { () throws(NotMeasurable) in
      // Beyond the limit charge is left behind that a well does not hold: that is not the transfer of others.
      let full = try? limit.get()
      let end = min(knee, full.map { $0.value - $0.uncertainty } ?? knee, 65536)
      let high = points.filter { $0.signal > 0.5 * end && $0.signal <= end }
      guard !high.isEmpty else {
        throw NotMeasurable(
          points.isEmpty
            ? reasons.first ?? "no exposure with light" : "no signal in the upper half below full well")
      }
      return try medianEstimate(high.map(\.inefficiency.value))
    }
    result.measure(
      Q.inefficiencyLevel, detector: detector, amplifier: amplifier, item: direction.rawValue, level)
  }
}
