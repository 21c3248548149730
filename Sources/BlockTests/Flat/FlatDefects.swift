import Analysis
import Campaign
import Detector
import DurableFiles
import FITSFiles

/// The defects of the photo-response of each detector, from the master flats of all fluences.
enum FlatDefects {
  private typealias Q = FlatQuantities
  private static let items = ["empty", "dead", "bright", "outlier", "columns", "masked"]

  static func run(_ context: TestContext) async throws -> SubtaskResult {
    let settings = FlatSettings(context)
    let stored = try StoredFlats(context, settings, withModels: false)
    let tracker = ProgressCounter(total: context.camera.detectors.count, report: context.progress)
    // Two images of a detector at a time.
    let measured = try await parallelMap(
      context.camera.detectors, workers: min(2, context.workers)
    ) { detector -> SubtaskResult in
      try context.checkCancellation()
      defer { tracker.advance() }
      return try measure(detector, settings, stored, context)
    }
    var result = SubtaskResult()
    for part in measured { result.append(part) }
    return result
  }

  private static func measure(
    _ detector: String, _ settings: FlatSettings, _ stored: StoredFlats, _ context: TestContext
  ) throws -> SubtaskResult {
    var result = SubtaskResult()
    let joined = try Joined(detector, settings, stored, context)
    guard let image = settings.image, !joined.labels.isEmpty else {
      for amplifier in context.camera.amplifiers {
        for item in items {
          result.measure(
            Q.defects, detector: detector, amplifier: amplifier.name, item: item,
            .failure(joined.reason(amplifier.name)))
        }
      }
      result.log.append("\(detector): no master flat, no mask")
      return result
    }
    let mask = Image<UInt8>(
      width: context.camera.width, height: context.camera.height, filledWith: 0)
    for amplifier in context.camera.amplifiers {
      let area = amplifier.frameRegion(of: image)
      let response = PixelResponse(
        .init(flat: joined.flat, error: joined.flat, first: joined.flat, second: joined.flat),
        area: area, parameters: 0, frames: 1)
      guard let core = response.core else {
        // Without any response the whole quadrant is bad.
        for y in area.rows {
          for x in area.columns { mask.row(y)[x] = ResponseDefects.Bit.empty }
        }
        for item in items {
          result.measure(
            Q.defects, detector: detector, amplifier: amplifier.name, item: item,
            .failure(joined.reason(amplifier.name)))
        }
        continue
      }
      let defects = ResponseDefects(
        in: joined.flat, area: area, centre: core.location, width: core.width,
        limits: settings.defects, mask: mask)
      for (item, number) in zip(
        items,
        [
          defects.empty, defects.dead, defects.bright, defects.outliers, defects.columns,
          defects.masked,
        ])
      {
        result.count(
          Q.defects, detector: detector, amplifier: amplifier.name, item: item, Double(number))
      }
    }
    let path =
      "\(context.productFolder)/\(name(detector, settings.wavelength, context))"
    try write(joined, mask, to: path, detector, settings, context)
    result.artifacts.append(
      SubtaskResult.Artifact(
        role: "response-mask", mediaType: "application/fits", path: path,
        title: "Defects of the photo-response of \(detector), from \(joined.labels.joined(separator: ", "))",
        detector: detector))
    result.log.append("\(detector): mask from \(joined.labels.joined(separator: ", "))")
    return result
  }

  private static func name(_ detector: String, _ wavelength: Int?, _ context: TestContext) -> String
  {
    let light = wavelength.map { $0 > 0 ? "\($0)nm" : "ND" } ?? "unknown"
    let serial = SafeName.component(context.serials[detector] ?? "unknown")
    return "EUC_FLMASK_\(light)_\(SafeName.component(detector))_SN_\(serial).fits"
  }

  private static func write(
    _ joined: Joined, _ mask: Image<UInt8>, to path: String, _ detector: String,
    _ settings: FlatSettings, _ context: TestContext
  ) throws {
    let geometry = MasterFlatFile.geometry(context.camera)
    let limits = settings.defects
    let primary =
      MasterFlatFile.identity(detector, context, settings.wavelength) + [
        FITSCard("MASKTYPE", .text("FLAT"), "What the mask is made from"),
        FITSCard("FLUCOL", .text(joined.labels.joined(separator: ",")), "Script columns"),
        FITSCard("NORMED", .logical(true), "Divided by the illumination"),
        FITSCard("THRESHLO", .real(limits.lowest), "Below it a pixel is dead"),
        FITSCard("THRESHHI", .real(limits.highest), "Above it a pixel is bright"),
        FITSCard("THRESHSG", .real(limits.widths), "Widths beyond which it is an outlier"),
      ] + MasterFlatFile.origin(context)
    try FITSWriter.write(
      to: path,
      hdus: [
        .empty(cards: primary),
        .image(
          name: "MASK",
          cards: geometry + [
            .comment("MASK: 0 good; 1 no valid value; 2 dead; 4 bright; 8 outlier; 16 bad column")
          ], pixels: .uint8(mask)),
        .image(
          name: "DEFECTS", cards: geometry + [.comment("DEFECTS: mean of the master flats")],
          pixels: FITSPixels.compact(joined.flat, noise: 1e-3)),
      ])
  }

  /// The master flats of a detector, joined with weights of frames times signal.
  private struct Joined {
    let flat: Image<Float>
    var labels: [String] = []
    private var reasons: [String: NotMeasurable] = [:]

    func reason(_ amplifier: String) -> NotMeasurable {
      reasons[amplifier] ?? NotMeasurable("no master flat")
    }

    init(
      _ detector: String, _ settings: FlatSettings, _ stored: StoredFlats, _ context: TestContext
    ) throws {
      let camera = context.camera
      flat = Image(width: camera.width, height: camera.height, filledWith: 0)
      let weights = Image<Float>(width: camera.width, height: camera.height, filledWith: 0)
      for label in context.labels {
        let path =
          "\(context.productFolder)/\(MasterFlatFile.name(label, detector, settings.wavelength))"
        var light = 0.0
        for amplifier in camera.amplifiers {
          switch stored.fluence(detector, amplifier.name, label) {
          case .success(let fluence): light = max(light, fluence.value * Double(fluence.count))
          case .failure(let reason):
            if reasons[amplifier.name] == nil { reasons[amplifier.name] = reason }
          }
        }
        guard light > 0 else { continue }
        guard (try? FileSize.bytes(of: path)) != nil else {
          // A step that is run alone has the numbers of another run, and not its files.
          for amplifier in camera.amplifiers where reasons[amplifier.name] == nil {
            reasons[amplifier.name] = NotMeasurable("the master flats are not among this run's products")
          }
          continue
        }
        let master = try FITSFile(path: path).readFloat(.named("FLAT"))
        guard master.width == camera.width, master.height == camera.height else { continue }
        labels.append(label)
        let weight = Float(light)
        for index in flat.pixels.indices {
          let value = master.pixels[index]
          if !value.isNaN {
            flat.pixels[index] += weight * value
            weights.pixels[index] += weight
          }
        }
        withExtendedLifetime(master) {}
      }
      for index in flat.pixels.indices {
        flat.pixels[index] /= weights.pixels[index]
      }
      withExtendedLifetime(weights) {}
    }
  }
}
