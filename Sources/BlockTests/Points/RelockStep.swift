import Analysis
import Campaign
import Detector

/// Applies the registration of the point sources that an earlier run of the same frames found.
enum RelockStep {
  static let name = "relock"

  /// Takes over what `lock` stored, without judging it again; no pixel is read. A detector without any
  /// registration keeps the nominal places.
  static func run(_ context: TestContext) throws -> SubtaskResult {
    var result = SubtaskResult()
    for quantity in SpotQuantities.registration {
      for row in try context.earlier.measurements(quantity) {
        result.measurements.append(
          SubtaskResult.Measurement(
            quantity: quantity, detector: row.detector, amplifier: nil, obsid: nil, item: row.item,
            outcome: row.value.map {
              .success(
                SubtaskResult.Number(value: $0, uncertainty: row.uncertainty, count: row.count))
            } ?? .failure(NotMeasurable(row.reason ?? "not stored"))))
      }
    }
    let matches = try context.earlier.measurements(SpotQuantities.matches)
    for detector in context.camera.detectors {
      let mine = matches.filter { $0.detector == detector }
      let columns = mine.count { $0.value != nil }
      result.log.append("relock: \(detector): \(columns) of \(mine.count) columns registered")
      if columns == 0 { result.raise(.starsMissing, "\(detector): no stored registration") }
    }
    return result
  }
}
