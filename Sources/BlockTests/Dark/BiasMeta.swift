import Analysis
import Campaign
import Detector

/// Master bias of each detector, and the best estimates over all frames.
enum BiasMeta {
  static func run(_ context: TestContext) async throws -> SubtaskResult {
    var result = SubtaskResult()
    try addBestEstimates(to: &result, context)
    let stored = try StoredNumbers(context)
    let tracker = ProgressCounter(total: context.camera.detectors.count, report: context.progress)
    // A detector's stack holds two float images: two at a time keep memory within bounds.
    let masters = try await parallelMap(
      context.camera.detectors, workers: min(2, context.workers)
    ) { detector -> (String, [MasterFrame.AmplifierNumbers], String, Int)? in
      defer { tracker.advance() }
      return try master(of: detector, stored, context)
    }
    for (detector, master) in zip(context.camera.detectors, masters) {
      guard let (_, amplifiers, path, frames) = master else {
        result.log.append("\(detector): no usable frame, no master bias")
        for amplifier in context.camera.amplifiers {
          for quantity in [
            BiasQuantities.masterScatter, BiasQuantities.fixedPattern, BiasQuantities.masterMasked,
          ] {
            result.measure(
              quantity, detector: detector, amplifier: amplifier.name,
              .failure(NotMeasurable("no usable frame")))
          }
        }
        continue
      }
      add(amplifiers, detector: detector, to: &result, context)
      result.artifacts.append(
        SubtaskResult.Artifact(
          role: "master-bias", mediaType: "application/fits", path: path,
          title: "Master bias of \(detector), median of \(frames) frames", detector: detector))
      result.log.append("\(detector): master bias from \(frames) frames")
    }
    return result
  }

  private static func add(
    _ amplifiers: [MasterFrame.AmplifierNumbers], detector: String,
    to result: inout SubtaskResult, _ context: TestContext
  ) {
    for numbers in amplifiers {
      let name = numbers.amplifier
      result.measure(
        BiasQuantities.masterScatter, detector: detector, amplifier: name, numbers.scatter)
      result.measure(
        BiasQuantities.fixedPattern, detector: detector, amplifier: name, numbers.pattern)
      result.count(
        BiasQuantities.masterMasked, detector: detector, amplifier: name, Double(numbers.masked))
      result.profile(
        BiasQuantities.masterColumnProfile, numbers.columnProfile,
        at: numbers.columnProfile.indices.map(Double.init), detector: detector,
        amplifier: name)
      result.profile(
        BiasQuantities.masterRowProfile, numbers.rowProfile,
        at: numbers.rowProfile.indices.map(Double.init), detector: detector, amplifier: name)
      result.profile(
        BiasQuantities.masterRowScatter, numbers.rowScatter,
        at: numbers.rowScatter.indices.map(Double.init), detector: detector, amplifier: name)
    }
  }

  // MARK: - Best estimates

  private static func addBestEstimates(to result: inout SubtaskResult, _ context: TestContext)
    throws
  {
    let regions = BiasQuantities.regions.filter { context.camera.regions[$0] != nil }
    try summarise(CheckQuantities.offset, as: BiasQuantities.offset, items: regions.map(\.short), to: &result, context)
    try summarise(
      CheckQuantities.scatter, as: BiasQuantities.readNoiseSingle,
      items: regions.filter { $0 != .image }.map(\.short), to: &result, context)
    try summarise(BiasQuantities.frameNoise, as: BiasQuantities.readNoiseSingle, items: [nil], named: "img", to: &result, context)
    try summarise(BiasQuantities.frameGradient, as: BiasQuantities.gradient, items: ["columns", "rows"], to: &result, context)
    try summarise(BiasQuantities.rowNoise, as: BiasQuantities.rowNoiseTypical, items: [nil], to: &result, context)
    try addCovariance(to: &result, context)
    try addDrift(to: &result, context)
  }

  /// s^2 - r^2, with s the median scatter of single frames about their large-scale structure and r the
  /// noise from differences; errors of both in quadrature.
  private static func addCovariance(to result: inout SubtaskResult, _ context: TestContext) throws {
    let differences = try context.earlier.measurements(BiasQuantities.readNoise)
    let singles = result.measurements
    for detector in context.camera.detectors {
      for amplifier in context.camera.amplifiers.map(\.name) {
        let single = singles.first {
          $0.quantity == BiasQuantities.readNoiseSingle && $0.detector == detector
            && $0.amplifier == amplifier && $0.item == RegionName.image.short
        }
        let difference = differences.first {
          $0.detector == detector && $0.amplifier == amplifier && $0.item == RegionName.image.short
        }
        result.measure(
          BiasQuantities.covariance, detector: detector, amplifier: amplifier,
          Result { () throws(NotMeasurable) in
            guard case .success(let s)? = single?.outcome else {
              throw NotMeasurable("no scatter of single frames")
            }
            guard let r = difference?.value else {
              throw NotMeasurable(difference?.reason ?? "no noise from differences")
            }
            let first = 2 * s.value * (s.uncertainty ?? 0)
            let second = 2 * r * (difference?.uncertainty ?? 0)
            return Estimate(
              value: s.value * s.value - r * r,
              uncertainty: (first * first + second * second).squareRoot(),
              count: difference?.count ?? 0)
          })
      }
    }
  }

  /// The median over the exposures for each detector, amplifier and item.
  private static func summarise(
    _ source: Quantity, as target: Quantity, items: [String?], named: String? = nil,
    to result: inout SubtaskResult, _ context: TestContext
  ) throws {
    let stored = try context.earlier.measurements(source)
    for detector in context.camera.detectors {
      for amplifier in context.camera.amplifiers.map(\.name) {
        for item in items {
          let mine = stored.filter {
            $0.detector == detector && $0.amplifier == amplifier && $0.item == item
          }
          let values = mine.compactMap(\.value)
          let outcome = Result { () throws(NotMeasurable) -> Estimate in
            if values.isEmpty {
              throw NotMeasurable(mine.compactMap(\.reason).first ?? "no usable frame")
            }
            var estimate = try medianEstimate(values)
            // Few frames scatter less than each is uncertain by chance; the larger error holds.
            let single = mine.compactMap(\.uncertainty)
            if let typical = try? median(single) {
              estimate.uncertainty = max(
                estimate.uncertainty, 1.2533 * typical / Double(values.count).squareRoot())
            }
            return estimate
          }
          result.measure(
            target, detector: detector, amplifier: amplifier, item: named ?? item, outcome)
        }
      }
    }
  }

  private static func addDrift(to result: inout SubtaskResult, _ context: TestContext) throws {
    let stored = try context.earlier.measurements(BiasQuantities.frameOffset)
    let times = Dictionary(
      context.exposures.map { ($0.obsid, $0.time) }, uniquingKeysWith: { first, _ in first })
    for detector in context.camera.detectors {
      for amplifier in context.camera.amplifiers.map(\.name) {
        let points = stored.filter { $0.detector == detector && $0.amplifier == amplifier }
          .compactMap { row -> (Double, Double)? in
            guard let obsid = row.obsid, let time = times[obsid] ?? nil, let value = row.value
            else { return nil }
            return (time, value)
          }
        result.measure(
          BiasQuantities.drift, detector: detector, amplifier: amplifier,
          Result { () throws(NotMeasurable) in
            let start = points.first?.0 ?? 0
            return try LinearTrend(
              x: points.map { ($0.0 - start) / 3600 }, y: points.map(\.1)
            ).slope
          })
      }
    }
  }

  // MARK: - Master

  /// What earlier steps stored and the stack needs.
  private struct StoredNumbers: Sendable {
    var offsets: [String: Double] = [:]
    var temporal: [String: Result<Estimate, NotMeasurable>] = [:]
    var models: [String: [LargeScaleModel]] = [:]

    init(_ context: TestContext) throws {
      for row in try context.earlier.measurements(BiasQuantities.frameOffset) {
        guard let detector = row.detector, let amplifier = row.amplifier, let obsid = row.obsid,
          let value = row.value
        else { continue }
        offsets["\(detector)/\(amplifier)/\(obsid)"] = value
      }
      for row in try context.earlier.measurements(BiasQuantities.readNoise)
      where row.item == RegionName.image.short {
        guard let detector = row.detector, let amplifier = row.amplifier else { continue }
        if let value = row.value {
          temporal["\(detector)/\(amplifier)"] = .success(
            Estimate(value: value, uncertainty: row.uncertainty ?? 0, count: row.count ?? 0))
        } else {
          temporal["\(detector)/\(amplifier)"] = .failure(
            NotMeasurable(row.reason ?? "no read-out noise"))
        }
      }
      guard let image = context.camera.region(.image, rows: context.window) else { return }
      for curve in try context.earlier.curves(BiasQuantities.modelCurve) {
        guard let detector = curve.detector, let amplifier = curve.amplifier,
          let model = LargeScaleModel(
            degree: BiasFrame.degree, region: image, coefficients: curve.y,
            uncertainties: curve.uncertainty)
        else { continue }
        models["\(detector)/\(amplifier)", default: []].append(model)
      }
    }
  }

  private static func master(
    of detector: String, _ stored: StoredNumbers, _ context: TestContext
  ) throws -> (String, [MasterFrame.AmplifierNumbers], String, Int)? {
    let camera = context.camera
    // A frame without the offset of some amplifier cannot be stacked.
    let frames = context.usable(detector).filter { frame in
      camera.amplifiers.allSatisfy {
        stored.offsets["\(detector)/\($0.name)/\(frame.exposure.obsid)"] != nil
      }
    }
    guard !frames.isEmpty else { return nil }
    let readers = try frames.map { try context.openPrepared($0.path, detector: detector) }
    let offsets = try zip(frames, readers).map { frame, reader in
      let levels = camera.amplifiers.map { amplifier in
        stored.offsets["\(detector)/\(amplifier.name)/\(frame.exposure.obsid)"] ?? 0
      }
      switch context.preprocessing.method {
      case .row: return try rowOffsets(reader, levels: levels, context)
      case .some(.none): return MasterFrame.FrameOffsets(levels: levels.map { _ in [0] })
      case .median, nil: break
      }
      return MasterFrame.FrameOffsets(levels: levels.map { [Float($0)] })
    }
    let master = try MasterFrame(
      readers: readers, offsets: offsets,
      models: camera.amplifiers.map { amplifier in
        let key = "\(detector)/\(amplifier.name)"
        let model = try? LargeScaleModel.mean(stored.models[key] ?? [])
        guard context.preprocessing.method == .some(.none) else { return model }
        // Offsets stay in the stack, so that the surface lies higher by their mean.
        let levels = frames.compactMap { stored.offsets["\(key)/\($0.exposure.obsid)"] }
        return model?.raised(by: levels.reduce(0, +) / Double(max(1, levels.count)))
      },
      temporal: camera.amplifiers.map {
        stored.temporal["\(detector)/\($0.name)"] ?? .failure(NotMeasurable("no read-out noise"))
      }, camera: camera, window: context.window, check: context.checkCancellation)
    let path = "\(context.productFolder)/\(MasterFrameFile.name(detector: detector, context))"
    try MasterFrameFile.write(
      master, to: path, detector: detector, frames: frames.map(\.exposure.obsid),
      temporal: camera.amplifiers.compactMap {
        try? stored.temporal["\(detector)/\($0.name)"]?.get().value
      }, context)
    return (detector, master.amplifiers, path, frames.count)
  }

  private static func rowOffsets(
    _ reader: FrameSource, levels: [Double], _ context: TestContext
  ) throws -> MasterFrame.FrameOffsets {
    let frame = try reader.read()
    let camera = context.camera
    let choice = context.offsetChoice
    return MasterFrame.FrameOffsets(
      levels: zip(camera.amplifiers, levels).map { amplifier, level in
        guard let choice else { return [Float(level)] }
        return RowOffsets.means(
          frame: frame, amplifier: amplifier, region: choice.region, rows: 0..<amplifier.height,
          accept: camera.validValues, fallback: level)
      })
  }
}
