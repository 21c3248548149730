import Analysis
import Detector

/// What the step `indivflats` stored of the flats.
struct StoredFlats: Sendable {
  private struct Key: Hashable {
    var detector: String
    var amplifier: String
    var obsid: Int
  }

  private var offsets: [Key: Double] = [:]
  private var levels: [Key: EarlierMeasurement] = [:]
  private var models: [Key: IlluminationModel] = [:]
  private let exposures: [Exposure]

  init(_ context: TestContext, _ settings: FlatSettings, withModels: Bool = true) throws {
    exposures = context.exposures
    func key(_ row: EarlierMeasurement) -> Key? {
      guard let detector = row.detector, let amplifier = row.amplifier, let obsid = row.obsid
      else { return nil }
      return Key(detector: detector, amplifier: amplifier, obsid: obsid)
    }
    for row in try context.earlier.measurements(FlatQuantities.frameLevel) {
      if let key = key(row) { levels[key] = row }
    }
    guard withModels, let image = settings.image else { return }
    for row in try context.earlier.measurements(FlatQuantities.frameOffset) {
      if let key = key(row) { offsets[key] = row.value }
    }
    for curve in try context.earlier.curves(FlatQuantities.modelCurve) {
      guard let detector = curve.detector, let amplifier = curve.amplifier,
        let obsid = curve.obsid
      else { continue }
      models[Key(detector: detector, amplifier: amplifier, obsid: obsid)] = IlluminationModel(
        region: image, distance: settings.distance, coefficients: curve.y)
    }
  }

  /// The frames of a fluence with the illumination of at least one amplifier, in order.
  func frames(
    _ detector: String, _ label: String, _ context: TestContext
  ) throws -> [MasterFlat.Frame] {
    try context.usable(detector).compactMap { exposure, path in
      guard exposure.label == label else { return nil }
      let keys = context.camera.amplifiers.map {
        Key(detector: detector, amplifier: $0.name, obsid: exposure.obsid)
      }
      let mine = keys.map { models[$0] }
      guard mine.contains(where: { $0 != nil }) else { return nil }
      return MasterFlat.Frame(
        obsid: exposure.obsid, source: try context.openPrepared(path, detector: detector),
        levels: keys.map { offsets[$0] ?? 0 }, models: mine)
    }
  }

  /// The levels of an amplifier's flats of a fluence, in the order of acquisition.
  func levels(
    _ detector: String, _ amplifier: String, _ label: String
  ) -> [(exposure: Exposure, level: EarlierMeasurement)] {
    exposures.filter { $0.label == label }.compactMap { exposure in
      levels[Key(detector: detector, amplifier: amplifier, obsid: exposure.obsid)].map {
        (exposure, $0)
      }
    }
  }

  /// The mean level of the flats of a fluence; its error is that of their scatter, and not less than that of single ones.
  func fluence(
    _ detector: String, _ amplifier: String, _ label: String
  ) -> Result<Estimate, NotMeasurable> {
    let known = levels(detector, amplifier, label).compactMap { row in
      row.level.value.map { (value: $0, error: row.level.uncertainty ?? 0) }
    }
    guard !known.isEmpty else { return .failure(reason(detector, amplifier, label)) }
    let n = Double(known.count)
    let mean = known.reduce(0) { $0 + $1.value } / n
    let single = known.reduce(0) { $0 + $1.error * $1.error } / (n * n)
    let squares = known.reduce(0) { $0 + ($1.value - mean) * ($1.value - mean) }
    let scatter = n > 1 ? squares / (n - 1) / n : 0
    return .success(
      Estimate(value: mean, uncertainty: max(single, scatter).squareRoot(), count: known.count))
  }

  /// Why an amplifier has no master flat of a fluence.
  func reason(_ detector: String, _ amplifier: String, _ label: String) -> NotMeasurable {
    let reasons = levels(detector, amplifier, label).compactMap(\.level.reason)
    return NotMeasurable(reasons.first ?? "no usable flat of \(label)")
  }
}
