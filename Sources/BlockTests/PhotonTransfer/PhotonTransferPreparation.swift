import Campaign
import Detector

/// How the flats are prepared: the offset of each row is subtracted where a flat is read; no prepared image is
/// stored, and none is read here.
enum PhotonTransferPreparation {
  /// The scan pixels: by default the mean of each row's trimmed serial over-scan.
  static func choice(_ context: TestContext) -> OffsetChoice? {
    var preprocessing = context.preprocessing
    if preprocessing.method == nil {
      preprocessing.method = .row
      if context.camera.regions[.overscan] != nil { preprocessing.region = .overscan }
    }
    return OffsetChoice(preprocessing, camera: context.camera, window: context.window)
  }

  static func run(_ context: TestContext) throws -> SubtaskResult {
    var result = SubtaskResult()
    let method =
      switch choice(context) {
      case nil: "none: no scan pixels were read"
      case let choice?:
        switch choice.method {
        case .row: "one for each row, mean of its \(place(choice))"
        case .median: "one for each amplifier and frame, core of \(place(choice))"
        case .none: "not subtracted"
        }
      }
    let masks = context.camera.detectors.map { detector in
      "\(detector) \(context.masks[detector].map { "\($0.count) pixels" } ?? "none")"
    }
    result.log = [
      "bad pixels: raw values \(context.camera.invalidValues.map(String.init).joined(separator: ", ")) are left out",
      context.masks.isEmpty
        ? "cosmetics mask: none given" : "cosmetics mask: \(masks.joined(separator: ", ")) left out",
      "offset: \(method)", "bias structure and flat field: they cancel in the difference of a pair",
    ]
    return result
  }

  private static func place(_ choice: OffsetChoice) -> String {
    let columns = choice.region.columns
    return "\(choice.name.rawValue) columns \(columns.lowerBound)...\(columns.upperBound - 1)"
  }
}
