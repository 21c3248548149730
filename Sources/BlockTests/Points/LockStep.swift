import Analysis
import Campaign
import Detector

/// Finds the pattern of point sources on the frame of each script column that shows it best.
enum LockStep {
  /// One frame of each column and detector is read: the first usable one.
  static func run(_ context: TestContext) async throws -> SubtaskResult {
    let chamber = try context.definition.chamber.map(ChamberCatalog.profile)
    var work: [(column: String, detector: String, obsid: Int, path: String)] = []
    for detector in context.camera.detectors {
      for column in context.definition.columns {
        let first = context.usable(detector).first { $0.exposure.label == column.name }
        if let first { work.append((column.name, detector, first.exposure.obsid, first.path)) }
      }
    }
    let tracker = ProgressCounter(total: work.count, report: context.progress)
    let found = try await parallelMap(work, workers: context.workers) { item in
      try context.checkCancellation()
      let frame = try context.open(item.path).read()
      defer { tracker.advance() }
      let pattern = SpotPattern(camera: context.camera, chamber: chamber, detector: item.detector)
      let sources = context.camera.amplifiers.flatMap { amplifier -> [SiliconPoint] in
        guard let area = context.camera.region(.image, rows: context.window) else { return [] }
        let histogram = RawHistogram(of: amplifier.frameRegion(of: area), in: frame)
        guard let level = try? histogram.quantile(0.5) else { return [] }
        return SourceFinder.sources(
          in: frame, amplifier: amplifier, camera: context.camera, window: context.window,
          level: level)
      }
      return Result { () throws(NotMeasurable) in
        try SpotRegistration(pattern, sources: sources)
      }
    }
    var result = SubtaskResult()
    let total = context.camera.amplifiers.count * SpotPattern.names.count
    for detector in context.camera.detectors {
      var failed: [String] = []
      var number = 0
      for (item, outcome) in zip(work, found) where item.detector == detector {
        number += 1
        store(outcome, detector: detector, column: item.column, &result)
        if case .failure(let reason) = outcome {
          failed.append("\(item.column) (ObsID \(item.obsid)): \(reason.reason)")
        }
      }
      let matched = zip(work, found).compactMap { item, outcome -> Int? in
        guard item.detector == detector, case .success(let lock) = outcome else { return nil }
        return lock.matches
      }
      let mean = matched.isEmpty ? nil : Double(matched.reduce(0, +)) / Double(matched.count)
      let passed = failed.isEmpty && !matched.isEmpty
      result.checks.append(
        SubtaskResult.Check(
          name: "point_sources", detector: detector, amplifier: nil, item: nil, value: mean,
          lower: Double((total + 1) / 2), upper: Double(total), passed: passed,
          text: number == 0 ? "no usable frame" : failed.joined(separator: ", ")))
      if !passed {
        result.raise(
          .starsMissing,
          "\(detector): \(failed.first ?? "no usable frame")"
            + (failed.count > 1 ? " and \(failed.count - 1) more columns" : ""))
      }
    }
    result.log.append(
      "lock: one frame of each script column, \(total) spots a detector; at least half must be found")
    return result
  }

  private static func store(
    _ outcome: Result<SpotRegistration, NotMeasurable>, detector: String, column: String,
    _ result: inout SubtaskResult
  ) {
    let values: [(Quantity, (SpotRegistration) -> Double)] = [
      (SpotQuantities.matches, { Double($0.matches) }), (SpotQuantities.scale, { $0.scale }),
      (SpotQuantities.rotation, { $0.rotation }), (SpotQuantities.shiftX, { $0.shift.x }),
      (SpotQuantities.shiftY, { $0.shift.y }), (SpotQuantities.residual, { $0.residual }),
    ]
    for (quantity, value) in values {
      result.measurements.append(
        SubtaskResult.Measurement(
          quantity: quantity, detector: detector, amplifier: nil, obsid: nil, item: column,
          outcome: outcome.map {
            SubtaskResult.Number(value: value($0), uncertainty: nil, count: nil)
          }))
    }
  }
}

/// The registrations that the lock stored; a column without one borrows from its nearest neighbour.
struct StoredLocks: Sendable {
  private var locks: [String: [String: SpotRegistration]] = [:]
  private let columns: [String]

  init(_ context: TestContext) throws {
    columns = context.definition.columns.map(\.name)
    func values(_ quantity: Quantity) throws -> [String: Double] {
      try context.earlier.measurements(quantity).reduce(into: [:]) {
        $0["\($1.detector ?? "")/\($1.item ?? "")"] = $1.value
      }
    }
    let matches = try values(SpotQuantities.matches)
    let scale = try values(SpotQuantities.scale)
    let rotation = try values(SpotQuantities.rotation)
    let x = try values(SpotQuantities.shiftX)
    let y = try values(SpotQuantities.shiftY)
    for detector in context.camera.detectors {
      for column in columns {
        let key = "\(detector)/\(column)"
        guard let count = matches[key], let scale = scale[key], let rotation = rotation[key],
          let x = x[key], let y = y[key]
        else { continue }
        locks[detector, default: [:]][column] = SpotRegistration(
          matches: count >= 0 && count < 1e6 ? Int(count) : 0, scale: scale, rotation: rotation,
          shift: SiliconPoint(x: x, y: y), residual: 0)
      }
    }
  }

  /// The registration for a frame; the nominal pattern where no column of the detector was locked.
  func registration(_ detector: String, _ column: String) -> SpotRegistration {
    guard let mine = locks[detector], !mine.isEmpty else { return .nominal }
    if let own = mine[column] { return own }
    let place = columns.firstIndex(of: column) ?? 0
    let nearest = columns.indices.filter { mine[columns[$0]] != nil }
      .min { (abs($0 - place), $0) < (abs($1 - place), $1) }
    return nearest.flatMap { mine[columns[$0]] } ?? .nominal
  }

  /// Whether any column of a detector was locked.
  func isLocked(_ detector: String) -> Bool { locks[detector]?.isEmpty == false }
}
