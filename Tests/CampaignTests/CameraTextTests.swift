import Campaign
import Detector
import Foundation
import Testing

@Suite("Cameras as text")
struct CameraTextTests {
  @Test("Every shipped camera comes back from its text, which is the same each time")
  func thereAndBack() throws {
    for name in CameraCatalog.names {
      let camera = try CameraCatalog.camera(name)
      let text = CameraCatalog.text(of: camera)
      let back = try CameraCatalog.camera(fromText: text)
      #expect(back == camera)
      #expect(CameraCatalog.text(of: back) == text)
    }
  }

  /// A camera with everything that a camera can have, and texts that need escapes.
  private func full() throws -> Camera {
    var camera = try CameraCatalog.camera("tiny")
    camera.title = "\"a\" \\ b\n\t\u{1B}\u{7F} é 😀 </x>"
    camera.layout = .extensionPerAmplifier
    for index in camera.amplifiers.indices {
      camera.amplifiers[index].extensionName = "Q_\(camera.amplifiers[index].name)"
    }
    camera.nominalGain = 1.0 / 3
    camera.regions[.masked] = Region(columns: 31..<99, rows: 0..<2)
    let header = """
      {"exposureTime": "EXPTIME", "exposureTimeScale": 0.001, "date": "DATE", "exposureNumber": "N",
       "serial": "SN", "kind": "TYPE"}
      """
    camera.header = try JSONDecoder().decode(HeaderDictionary.self, from: Data(header.utf8))
    return camera
  }

  @Test("Nothing that a camera has is left out, and keys are sorted")
  func whole() throws {
    let camera = try full()
    let text = CameraCatalog.text(of: camera)
    #expect(try CameraCatalog.camera(fromText: text) == camera)
    // The keys that the compiler derives: a new one that the text lacks is found here.
    let derived = try JSONSerialization.jsonObject(with: try JSONEncoder().encode(camera))
    let mine = try JSONSerialization.jsonObject(with: Data(text.utf8))
    #expect((derived as? NSDictionary) == (mine as? NSDictionary))
    let keys = text.split(separator: "\n").filter { $0.hasPrefix("  \"") }
      .compactMap { $0.split(separator: "\"").dropFirst().first.map(String.init) }
    #expect(keys.count == 17 && keys == keys.sorted())
  }

  @Test("The text is that of a camera's file, too")
  func asFile() throws {
    let folder = NSTemporaryDirectory() + "camera-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for name in CameraCatalog.names {
      let camera = try CameraCatalog.camera(name)
      try Data(CameraCatalog.text(of: camera).utf8).write(
        to: URL(fileURLWithPath: folder + "/c.yaml"))
      #expect(try CameraCatalog.camera("c.yaml", relativeTo: folder) == camera)
    }
  }

  @Test("Numbers that are not finite do not spoil the text")
  func notFinite() throws {
    var camera = try full()
    camera.nominalGain = .nan
    camera.header?.exposureTimeScale = .infinity
    let back = try CameraCatalog.camera(fromText: CameraCatalog.text(of: camera))
    #expect(back.nominalGain == nil && back.header?.exposureTimeScale == nil)
  }

  @Test("A text that is no camera, or one that contradicts itself, is refused")
  func hostile() throws {
    let text = CameraCatalog.text(of: try CameraCatalog.camera("tiny"))
    for bad in [
      "", "{}", "[]", "null", "7", String(text.dropLast()), text.replacing("238", with: "1e99"),
      text.replacing("\"x0\": 119", with: "\"x0\": 99999999999999999999"),
      text.replacing("[0, 31]", with: "[31, 0]"), text.replacing("[0, 31]", with: "[-5, 31]"),
      String(repeating: "[", count: 100_000), String(repeating: " ", count: 2_000_000),
    ] {
      #expect(throws: CampaignError.self) { try CameraCatalog.camera(fromText: bad) }
    }
    for bad in [
      text.replacing("\"x0\": 119", with: "\"x0\": \(Int.max)"),
      text.replacing("\"width\": 238", with: "\"width\": 100"),
      text.replacing("[0, 31]", with: "[0, 1000]"),
    ] {
      #expect(throws: CameraError.self) { try CameraCatalog.camera(fromText: bad) }
    }
  }
}
