import Campaign
import Detector

/// How the flats are prepared: the offset of each row is subtracted where a frame is read; no prepared image is stored.
enum FlatPreparation {
  static func run(_ context: TestContext) throws -> SubtaskResult {
    let settings = FlatSettings(context)
    var result = SubtaskResult()
    let method =
      if let offset = settings.offset {
        switch offset.method {
        case .row: "one for each row, mean of its \(place(offset))"
        case .median: "one for each amplifier and frame, core of \(place(offset))"
        case .none: "not subtracted"
        }
      } else {
        "none: no scan pixels were read"
      }
    let masks = context.camera.detectors.map { detector in
      "\(detector) \(context.masks[detector].map { "\($0.count) pixels" } ?? "none")"
    }
    result.log = [
      "bad pixels: raw values \(context.camera.invalidValues.map(String.init).joined(separator: ", ")) are left out",
      context.masks.isEmpty
        ? "cosmetics mask: none given" : "cosmetics mask: \(masks.joined(separator: ", ")) left out",
      "offset: \(method)",
      "bias structure: not subtracted; it is far below the response at these fluences",
    ]
    return result
  }

  private static func place(_ choice: OffsetChoice) -> String {
    let columns = choice.region.columns
    return "\(choice.name.rawValue) columns \(columns.lowerBound)...\(columns.upperBound - 1)"
  }
}
