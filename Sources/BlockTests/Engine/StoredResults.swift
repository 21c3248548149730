import Analysis
import Campaign
import Detector
import DurableFiles
import Warehouse

/// What a test run has in the warehouse, for its later steps.
struct StoredResults: EarlierResults {
  let warehouse: Warehouse
  let run: TestRunKey

  func measurements(_ quantity: Quantity) throws -> [EarlierMeasurement] {
    try warehouse.measurements(of: [quantity.name], in: [run]).map { row in
      var stored = EarlierMeasurement(
        detector: row.place.detector, amplifier: row.place.amplifier, obsid: row.place.obsid,
        item: row.place.item)
      switch row.value {
      case .value(let value, let uncertainty, let count):
        stored.value = value
        stored.uncertainty = uncertainty
        stored.count = count
      case .missing(let reason): stored.reason = reason
      }
      return stored
    }
  }

  func curves(_ name: String) throws -> [SubtaskResult.Curve] {
    try warehouse.curves(name, in: run).map { curve in
      SubtaskResult.Curve(
        name: curve.name, detector: curve.place.detector, amplifier: curve.place.amplifier,
        obsid: curve.place.obsid, x: curve.x, y: curve.y, uncertainty: curve.uncertainty ?? [],
        xUnit: curve.xUnit, yUnit: curve.yUnit)
    }
  }
}

extension SubtaskResult {
  /// The result as the warehouse takes it; files are measured and hashed here.
  func commit(name: String, ordinal: Int, seconds: Double, warehouse: Warehouse) throws
    -> SubtaskCommit
  {
    let prefix = warehouse.folder + "/"
    return SubtaskCommit(
      name: name, ordinal: ordinal, seconds: seconds,
      measurements: measurements.map { row in
        let value: MeasuredValue =
          switch row.outcome {
          case .success(let number) where number.value.isFinite:
            .value(
              number.value,
              uncertainty: number.uncertainty.flatMap { $0.isFinite ? $0 : nil },
              count: number.count)
          case .success: .missing(reason: "the estimate is not a finite number")
          case .failure(let reason): .missing(reason: reason.reason)
          }
        return MeasurementRecord(
          quantity: row.quantity, detector: row.detector, amplifier: row.amplifier,
          obsid: row.obsid, item: row.item, value: value)
      },
      curves: curves.map { curve in
        CurveRecord(
          name: curve.name,
          place: ResultPlace(
            detector: curve.detector, amplifier: curve.amplifier, obsid: curve.obsid),
          xUnit: curve.xUnit, yUnit: curve.yUnit, x: curve.x, y: curve.y,
          uncertainty: curve.uncertainty.isEmpty ? nil : curve.uncertainty)
      },
      artifacts: try artifacts.map { artifact in
        let relative =
          artifact.path.hasPrefix(prefix)
          ? String(artifact.path.dropFirst(prefix.count)) : artifact.path
        return ArtifactRecord(
          role: artifact.role, mediaType: artifact.mediaType, path: relative,
          size: try FileSize.bytes(of: artifact.path),
          sha256: try SHA256Digest(ofFile: artifact.path).hexadecimal, title: artifact.title,
          detector: artifact.detector)
      },
      checks: checks.map { check in
        CheckRecord(
          name: check.name,
          place: ResultPlace(
            detector: check.detector, amplifier: check.amplifier, item: check.item),
          value: check.value, lower: check.lower, upper: check.upper, passed: check.passed,
          text: check.text)
      },
      flags: flags.map {
        FlagRecord(
          name: $0.flag.name, severity: $0.flag == .subtaskCrash ? .error : .warning,
          cause: $0.cause)
      }, log: log)
  }
}
