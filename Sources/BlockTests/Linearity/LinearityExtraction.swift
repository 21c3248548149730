import Analysis
import Campaign
import Detector

/// The signal of each tile of each exposure, and the charge behind the last pixels.
enum LinearityExtraction {
  private struct Work: Sendable {
    var detector: String
    var obsid: Int
    var isLit: Bool
    var path: String
  }

  private typealias Q = LinearityQuantities

  static func run(_ context: TestContext) async throws -> SubtaskResult {
    let settings = LinearitySettings(context)
    let work = context.camera.detectors.flatMap { detector in
      context.usable(detector).map { exposure, path in
        Work(
          detector: detector, obsid: exposure.obsid, isLit: (exposure.exposureSeconds ?? 0) > 0,
          path: path)
      }
    }
    let masks = context.masks.mapValues { $0.image(width: context.camera.width) }
    let tracker = ProgressCounter(total: work.count, report: context.progress)
    let measured = try await parallelMap(work, workers: context.workers) { item -> SubtaskResult in
      try context.checkCancellation()
      defer { tracker.advance() }
      return try measure(item, mask: masks[item.detector], settings, context)
    }
    var result = SubtaskResult()
    for detector in context.camera.detectors {
      let mine = work.filter { $0.detector == detector }
      result.log.append(
        "\(detector): \(mine.filter(\.isLit).count) exposures with light, \(mine.filter { !$0.isLit }.count) without"
      )
    }
    for part in measured { result.append(part) }
    return result
  }

  private static func measure(
    _ item: Work, mask: Image<UInt8>?, _ settings: LinearitySettings, _ context: TestContext
  ) throws -> SubtaskResult {
    let camera = context.camera
    let frame = try context.open(item.path).read()
    var result = SubtaskResult()
    guard let image = camera.region(.image, rows: context.window) else { return result }
    let choice = PhotonTransferPreparation.choice(context)
    var meter = TileMeter(invalid: camera.invalidValues, clip: settings.clip)
    for amplifier in camera.amplifiers {
      let core = Result { () throws(NotMeasurable) in
        try BiasFrame.offset(of: frame, amplifier: amplifier, camera: camera, choice: choice)
      }
      let noise = (try? core.get())?.width?.value ?? 2
      let flat = Result { () throws(NotMeasurable) in
        try PhotonTransferExtraction.flat(frame, amplifier, image, choice, context)
      }
      let pixels = RawHistogram(of: amplifier.frameRegion(of: image), in: frame)
      let isFull = pixels[camera.saturatedValue] == image.count
      addTiles(
        isFull ? .failure(NotMeasurable("all pixels are saturated")) : flat, item, amplifier, image,
        mask, noise, settings, camera, &meter, to: &result)
      result.count(
        Q.saturatedShare, detector: item.detector, amplifier: amplifier.name, obsid: item.obsid,
        Double(pixels[camera.saturatedValue]) / Double(max(1, image.count)))
      guard item.isLit else { continue }
      let scans = EdgeScans(
        frame: frame, amplifier: amplifier, camera: camera, window: context.window, mask: mask)
      for direction in EdgeScans.Direction.allCases {
        let charge = Result { () throws(NotMeasurable) in try scans.charge(direction, &meter) }
        for (quantity, value) in [
          (Q.deferred, charge.map(\.deferred)), (Q.last, charge.map(\.last)),
        ] {
          result.measure(
            quantity, detector: item.detector, amplifier: amplifier.name, obsid: item.obsid,
            item: direction.rawValue, value)
        }
      }
    }
    return result
  }

  private static func addTiles(
    _ flat: Result<FlatFrame, NotMeasurable>, _ item: Work, _ amplifier: Amplifier,
    _ image: Region, _ mask: Image<UInt8>?, _ noise: Double, _ settings: LinearitySettings,
    _ camera: Camera, _ meter: inout TileMeter, to result: inout SubtaskResult
  ) {
    var x: [Double] = []
    var y: [Double] = []
    var errors: [Double] = []
    var (sum, squares, weight) = (0.0, 0.0, 0.0)
    var reasons: [String: Int] = [:]
    for (index, tile) in TileGrid.tiles(of: image, settings.tiles).enumerated() {
      do throws(NotMeasurable) {
        let found = try meter.measure(
          try flat.get(), region: amplifier.frameRegion(of: image),
          tile: amplifier.frameRegion(of: tile), mask: mask)
        let n = Double(found.mean.count)
        // Fixed pattern is the same in all exposures: what counts is photon and read-out noise.
        let variance =
          camera.nominalGain.map { gain in
            max(found.mean.value, 0) / max(gain, 1e-3) + noise * noise
          } ?? found.variance
        x.append(Double(index))
        y.append(found.mean.value)
        errors.append((variance / n).squareRoot())
        sum += n * found.mean.value
        squares += n * variance
        weight += n
      } catch {
        reasons[error.reason, default: 0] += 1
      }
    }
    var outcome: Result<Estimate, NotMeasurable> = .success(
      Estimate(
        value: sum / max(weight, 1), uncertainty: squares.squareRoot() / max(weight, 1),
        count: Int(weight)))
    if weight <= 0 {
      let reason = reasons.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
      outcome = .failure(NotMeasurable(reason ?? "no tile"))
    }
    result.measure(
      Q.fluence, detector: item.detector, amplifier: amplifier.name, obsid: item.obsid, outcome)
    guard !x.isEmpty else { return }
    result.curves.append(
      SubtaskResult.Curve(
        name: Q.tiles, detector: item.detector, amplifier: amplifier.name, obsid: item.obsid, x: x,
        y: y, uncertainty: errors, xUnit: .none, yUnit: .adu))
  }
}
