import Analysis
import Campaign
import Detector
import Warehouse

/// What the images of each amplifier are corrected with, from what earlier steps stored.
struct CorrectionByChannel: Sendable {
  /// Of one amplifier.
  struct Channel: Sendable {
    /// The shifts for each adu, by kind.
    var shifts: [String: BoundaryShifts]
    /// The linear chain; nil where the signals stay as they were read.
    var chain: LinearSignals?
  }

  private var channels: [String: Result<Channel, NotMeasurable>] = [:]
  /// Whether any amplifier's images are linearised.
  private(set) var isLinearised = false

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
    let chains = try Self.linearity(context).mapValues { LinearSignals($0) }
    isLinearised = !chains.isEmpty
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
          return .success(
            Channel(
              shifts: [
                "guyonnet": guyonnet.scaled(by: gain.value),
                "scalar": scalar.scaled(by: gain.value),
              ], chain: chains[key]))
        }
      }
    }
  }

  /// Of an amplifier; or why its images cannot be corrected.
  func channel(_ detector: String, _ amplifier: String) -> Result<Channel, NotMeasurable> {
    channels["\(detector)/\(amplifier)"] ?? .failure(NotMeasurable("no boundary shifts"))
  }

  /// The curves of the linear chain that the solution found, by `detector/amplifier`.
  static func linearity(_ context: TestContext) throws -> [String: RampLinearity] {
    typealias Q = BrighterFatterQuantities
    func byChannel(_ name: String) throws -> [String: SubtaskResult.Curve] {
      Dictionary(
        try context.earlier.curves(name).map {
          ("\($0.detector ?? "")/\($0.amplifier ?? "")", $0)
        }, uniquingKeysWith: { first, _ in first })
    }
    let (curves, covariances) = (try byChannel(Q.linearity), try byChannel(Q.linearityCovariance))
    var result: [String: RampLinearity] = [:]
    for row in try context.earlier.measurements(Q.linearityTop) {
      let key = "\(row.detector ?? "")/\(row.amplifier ?? "")"
      guard let top = row.value, let curve = curves[key], let covariance = covariances[key],
        curve.uncertainty.count == curve.y.count,
        covariance.y.count == curve.y.count * curve.y.count, top > 0
      else { continue }
      result[key] = RampLinearity(
        coefficients: zip(curve.y, curve.uncertainty).map {
          Estimate(value: $0, uncertainty: $1, count: 0)
        }, covariance: covariance.y, top: top)
    }
    return result
  }
}
