import Detector
import Warehouse

/// The temperatures of detectors during runs, from house-keeping.
enum DetectorTemperatures {
  /// The mean temperature of each detector, by block and detector; °C.
  static func mean(
    _ warehouse: Warehouse, _ runs: [StoredTestRun], _ camera: Camera
  ) throws -> [String: [String: Double]] {
    var result: [String: [String: Double]] = [:]
    for run in runs {
      for detector in camera.detectors {
        let names = ["T", "B"].map { "hk.\(detector)_TEMP_\($0)" }
        let values = try warehouse.measurements(of: names, in: [run.key]).compactMap(\.value.number)
        guard !values.isEmpty else { continue }
        result[run.block, default: [:]][detector] = values.reduce(0, +) / Double(values.count)
      }
    }
    return result
  }
}
