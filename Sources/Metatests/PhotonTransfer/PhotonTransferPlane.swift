import BlockTests
import Detector
import Warehouse

/// What MetaPTC knows of one test: the chosen runs and their values.
struct PhotonTransferPlane: MappedPlane {
  let test: String
  let selections: [BlockSelection]
  let reader: ChannelReader
  let layout: PlaneLayout
  /// The mean temperature of each detector, by block and detector; °C.
  let temperatures: [String: [String: Double]]
  /// The mean voltages of each amplifier's drains [V].
  let voltages: [AmplifierVoltages.Drain: [ChannelPlace: Double]]

  /// Reads one test.
  ///
  /// - Parameter isForReport: whether temperatures are read, which no requirement needs.
  init(
    _ input: MetatestInput, test: String, layout: PlaneLayout, selections: [BlockSelection],
    isForReport: Bool = true
  ) throws {
    (self.test, self.selections, self.layout) = (test, selections, layout)
    let runs = selections.compactMap(\.run)
    reader = try ChannelReader(
      input.warehouse, runs: runs, quantities: MetaPTC.quantities,
      curves: isForReport ? MetaPTC.curves : [])
    var voltages: [AmplifierVoltages.Drain: [ChannelPlace: Double]] = [:]
    if isForReport {
      for drain in AmplifierVoltages.Drain.allCases {
        voltages[drain] = try AmplifierVoltages.mean(drain, input.warehouse, runs, layout.camera)
      }
    }
    self.voltages = voltages
    temperatures =
      isForReport ? try DetectorTemperatures.mean(input.warehouse, runs, layout.camera) : [:]
  }

  /// The gain within (3.0, 3.5] e-/ADU.
  func requirements(flight: Set<String>) -> [RequirementResult] {
    [
      RequirementResult(
        MetaPTC.gainLimit, test: test,
        values: reader.values(of: PhotonTransferQuantities.gain, item: nil), places: places,
        flight: flight, missing: reason)
    ]
  }

  /// Mean and standard deviation of the gains of flight blocks; nil with fewer than two.
  var meanGain: (mean: Double, deviation: Double, count: Int)? {
    guard let map = MetaPTC.maps.first else { return nil }
    let gains = stored(map).numbers(of: flight)
    guard gains.count > 1 else { return nil }
    let mean = gains.reduce(0, +) / Double(gains.count)
    let variance =
      gains.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gains.count - 1)
    return (mean, variance.squareRoot(), gains.count)
  }
}
