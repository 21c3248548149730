public import Detector
import Foundation

/// Cameras as text, so that a result can keep the camera that it was made with.
extension CameraCatalog {
  /// A camera as JSON: keys sorted, nothing left to a library's taste, so that equal cameras have equal
  /// texts and a digest of the text is one of the camera.
  ///
  /// Keys are those of a camera's file. What is nil is left out, and so is a number that is not finite
  /// (JSON has none); a camera that passed `Camera.validate()` needs only finite ones.
  public static func text(of camera: Camera) -> String {
    JSONText.sorted([
      "name": .text(camera.name),
      "title": .text(camera.title),
      "detectors": texts(camera.detectors),
      "width": .whole(camera.width),
      "height": .whole(camera.height),
      "pixelPitchMicrometres": number(camera.pixelPitchMicrometres),
      "layout": .text(camera.layout.rawValue),
      "amplifiers": .array(camera.amplifiers.map(amplifier)),
      "regions": named(camera.regions) { region in
        .sorted(["columns": range(region.columns), "rows": range(region.rows)])
      },
      "checkTrims": named(camera.checkTrims) { .array([.whole($0.leading), .whole($0.trailing)]) },
      "saturatedValue": .whole(camera.saturatedValue),
      "lostValue": camera.lostValue.map(JSONText.whole),
      "gapColumns": .whole(camera.gapColumns),
      "gapRows": .whole(camera.gapRows),
      "nominalGain": number(camera.nominalGain),
      "display": .array(camera.display.map(texts)),
      "header": camera.header.map(header),
    ]).written()
  }

  /// The camera that a text of `text(of:)` describes.
  ///
  /// - Throws: `CampaignError` of kind `badCameraFile` for a text that describes none, `CameraError` for
  ///   a camera that contradicts itself.
  public static func camera(fromText text: String) throws -> Camera {
    let place = "a camera's stored text"
    let camera: Camera
    guard text.utf8.count <= YAMLGuard.largestFile else {
      throw CampaignError(.tooLarge, "a camera's text has \(text.utf8.count) bytes", place: place)
    }
    do {
      camera = try JSONDecoder().decode(Camera.self, from: Data(text.utf8))
    } catch let error as DecodingError {
      throw badCamera(error, file: place)
    }
    try camera.validate()
    return camera
  }

  // MARK: - Parts

  private static func amplifier(_ amplifier: Amplifier) -> JSONText {
    .sorted([
      "name": .text(amplifier.name),
      "extensionName": amplifier.extensionName.map(JSONText.text),
      "x0": .whole(amplifier.x0),
      "y0": .whole(amplifier.y0),
      "width": .whole(amplifier.width),
      "height": .whole(amplifier.height),
      "flipX": .boolean(amplifier.flipX),
      "flipY": .boolean(amplifier.flipY),
    ])
  }

  private static func header(_ header: HeaderDictionary) -> JSONText {
    .sorted([
      "exposureTime": header.exposureTime.map(JSONText.text),
      "exposureTimeScale": number(header.exposureTimeScale),
      "date": header.date.map(JSONText.text),
      "exposureNumber": header.exposureNumber.map(JSONText.text),
      "serial": header.serial.map(JSONText.text),
      "kind": header.kind.map(JSONText.text),
    ])
  }

  private static func named<Value>(
    _ values: [RegionName: Value], as text: (Value) -> JSONText
  ) -> JSONText {
    .sorted(Dictionary(uniqueKeysWithValues: values.map { ($0.rawValue, text($1)) }))
  }

  private static func range(_ range: Range<Int>) -> JSONText {
    .array([.whole(range.lowerBound), .whole(range.upperBound)])
  }

  private static func texts(_ texts: [String]) -> JSONText { .array(texts.map(JSONText.text)) }

  private static func number(_ value: Double?) -> JSONText? {
    value.flatMap { $0.isFinite ? .number($0) : nil }
  }
}

extension JSONText {
  /// An object with sorted keys, without those that have no value.
  fileprivate static func sorted(_ members: [String: JSONText?]) -> JSONText {
    .object(
      members.compactMap { key, value in value.map { (key, $0) } }.sorted { $0.0 < $1.0 })
  }
}
