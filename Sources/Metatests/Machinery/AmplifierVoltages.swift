import Detector
import Warehouse

/// The drain voltages of amplifiers during runs, from house-keeping: not calibrated.
enum AmplifierVoltages {
  /// A drain whose voltage is monitored for the upper and for the lower amplifiers.
  enum Drain: String, Sendable, CaseIterable {
    /// The output drain, of each detector.
    case output = "OD"
    /// The reset drain, common to all detectors.
    case reset = "RD"

    /// The name of the reading, without its end.
    func key(_ detector: String) -> String {
      self == .output ? "hk.\(detector)_OD" : "hk.COMM_RD"
    }

    /// What it is, for people.
    var title: String { self == .output ? "output drain" : "reset drain" }
  }

  /// The mean voltage of a drain for each amplifier: readings T for the upper ones on display, B for the lower.
  static func mean(
    _ drain: Drain, _ warehouse: Warehouse, _ runs: [StoredTestRun], _ camera: Camera
  ) throws -> [ChannelPlace: Double] {
    var result: [ChannelPlace: Double] = [:]
    for run in runs {
      for detector in camera.detectors {
        for (amplifiers, end) in [
          (camera.display.first ?? [], "T"),
          (camera.display.count > 1 ? camera.display.last ?? [] : [], "B"),
        ] where !amplifiers.isEmpty {
          let values = try warehouse.measurements(
            of: ["\(drain.key(detector))_\(end)"], in: [run.key]
          ).compactMap(\.value.number)
          guard !values.isEmpty else { continue }
          for amplifier in amplifiers {
            result[ChannelPlace(block: run.block, detector: detector, amplifier: amplifier)] =
              values.reduce(0, +) / Double(values.count)
          }
        }
      }
    }
    return result
  }
}
