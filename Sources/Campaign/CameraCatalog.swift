public import Detector
import Diagnostics
import DurableFiles
import ShippedConfiguration
import Yams

/// Cameras and focal planes: those that travel with the program, and those described by a file.
public enum CameraCatalog {
  /// The names of the shipped cameras.
  public static var names: [String] { ShippedConfiguration.cameraNames }

  /// A camera by its shipped name, or by the path of a YAML file (a name with `/` or ending in `.yaml`).
  ///
  /// - Parameter folder: what a relative path is relative to.
  /// - Throws: `CampaignError` for an unknown name or a file that is no camera, `CameraError` for a
  ///   camera that contradicts itself, `FileError` for a file that cannot be read. Keys that are unknown
  ///   or given twice are refused with their line.
  public static func camera(_ nameOrPath: String, relativeTo folder: String = ".") throws -> Camera
  {
    let camera: Camera
    if nameOrPath.contains("/") || nameOrPath.hasSuffix(".yaml") || nameOrPath.hasSuffix(".yml") {
      let path = InputFile.path(nameOrPath, from: folder)
      let bytes = try InputFile.bytes(of: path, limit: YAMLGuard.largestFile)
      camera = try decode(
        Camera.self, bytes, as: .badCameraFile, file: path, keys: ConfigurationKey.camera)
    } else if let bytes = ShippedConfiguration.camera(named: nameOrPath) {
      camera = try decode(
        Camera.self, bytes, as: .badCameraFile, file: "\(nameOrPath).yaml",
        keys: ConfigurationKey.camera)
    } else {
      let nearest = nearestName(to: nameOrPath, among: names).map { "did you mean \($0)? " } ?? ""
      throw CampaignError(
        .unknownCamera, "camera '\(nameOrPath.clipped(to: 60))' is not known",
        remedy: nearest + "shipped are \(names.joined(separator: ", ")); or name a YAML file")
    }
    try camera.validate()
    return camera
  }

  /// A shipped focal plane by name.
  ///
  /// - Throws: `CampaignError` of kind `unknownFocalPlane`.
  public static func focalPlane(_ name: String = "euclid-vis") throws(CampaignError) -> FocalPlane {
    guard let bytes = ShippedConfiguration.focalPlane(named: name) else {
      throw CampaignError(
        .unknownFocalPlane, "focal plane '\(name.clipped(to: 60))' is not known",
        remedy: "shipped are " + ShippedConfiguration.focalPlaneNames.joined(separator: ", "))
    }
    return try decode(FocalPlane.self, bytes, as: .unknownFocalPlane, file: "\(name)-plane.yaml")
  }

  private static func decode<T: Decodable>(
    _ type: T.Type, _ bytes: [UInt8], as kind: CampaignError.Kind, file: String,
    keys: [ConfigurationKey] = []
  ) throws(CampaignError) -> T {
    let text = try YAMLGuard.text(bytes, file: file)
    let node: Node?
    do { node = try compose(yaml: text) } catch {
      throw YAMLGuard.syntaxError(error, file: file, text: text)
    }
    guard let node else { throw CampaignError(kind, "the file is empty", place: file) }
    if !keys.isEmpty { try check(node, keys: keys, file: file) }
    do {
      return try YAMLDecoder().decode(type, from: node)
    } catch let error as DecodingError {
      throw badCamera(error, kind, file: file)
    } catch {
      throw YAMLGuard.syntaxError(error, file: file)
    }
  }

  /// Checks the keys of a camera's file and the kinds of their values, and tells the line.
  private static func check(
    _ node: Node, keys: [ConfigurationKey], file: String
  ) throws(CampaignError) {
    do {
      try ConfigurationNode(node: node, file: file, path: "").check(.section(keys))
    } catch  where [.missingKey, .wrongType, .badValue].contains(error.kind) {
      // Whatever else is wrong with a camera's file has one code.
      throw CampaignError(
        .badCameraFile, error.problem, place: error.place, remedy: "see docs/cameras.md")
    }
  }

  /// A decoder's complaint as an error of ours.
  static func badCamera(
    _ error: DecodingError, _ kind: CampaignError.Kind = .badCameraFile, file: String
  ) -> CampaignError {
    let (problem, path) = describe(error)
    return CampaignError(
      kind, problem + (path.isEmpty ? "" : " at '\(path)'"), place: file,
      remedy: "see docs/cameras.md")
  }

  private static func describe(_ error: DecodingError) -> (problem: String, path: String) {
    func path(_ context: DecodingError.Context, _ last: [any CodingKey] = []) -> String {
      (context.codingPath + last).map { $0.intValue.map(String.init) ?? $0.stringValue }
        .joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let key, let context):
      return ("the key '\(key.stringValue)' is missing", path(context))
    case .typeMismatch(let type, let context):
      return ("a value of type \(type) was expected", path(context))
    case .valueNotFound(let type, let context):
      return ("a value of type \(type) was expected, nothing was found", path(context))
    case .dataCorrupted(let context): return (context.debugDescription, path(context))
    @unknown default: return ("the file is not as expected", "")
    }
  }
}
