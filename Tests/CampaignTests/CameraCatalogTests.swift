import Campaign
import Detector
import Diagnostics
import DurableFiles
import Foundation
import Testing

@Suite("CameraCatalog")
struct CameraCatalogTests {
  @Test("Every shipped camera loads and has the name that it is found by")
  func shipped() throws {
    for name in CameraCatalog.names {
      #expect(try CameraCatalog.camera(name).name == name)
    }
  }

  @Test("An unknown camera is refused with the nearest name")
  func unknown() {
    #expect {
      try CameraCatalog.camera("euclid-viz")
    } throws: { error in
      let error = error as? CampaignError
      return error?.kind == .unknownCamera && error?.remedy?.contains("euclid-vis") == true
    }
  }

  @Test("A camera comes from a file, and a file that is none says where")
  func file() throws {
    let folder = NSTemporaryDirectory() + "camera-\(UUID().uuidString)"
    try AtomicFile.makeFolder(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try AtomicFile.write("name: x\ntitle: [1\n", to: folder + "/bad.yaml")
    #expect {
      try CameraCatalog.camera("bad.yaml", relativeTo: folder)
    } throws: { error in
      let error = error as? CampaignError
      return error?.kind == .badSyntax && error?.place?.hasPrefix(folder + "/bad.yaml:") == true
    }
    try AtomicFile.write("name: x\ntitle: y\n", to: folder + "/short.yaml")
    #expect {
      try CameraCatalog.camera("short.yaml", relativeTo: folder)
    } throws: { error in
      let error = error as? CampaignError
      return error?.kind == .badCameraFile && error?.problem.contains("missing") == true
    }
    #expect(throws: FileError.self) { try CameraCatalog.camera("none.yaml", relativeTo: folder) }
  }

  private func load(_ text: String) throws -> Camera {
    let folder = NSTemporaryDirectory() + "camera-\(UUID().uuidString)"
    try AtomicFile.makeFolder(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try AtomicFile.write(text, to: folder + "/c.yaml")
    return try CameraCatalog.camera("c.yaml", relativeTo: folder)
  }

  @Test("The camera of the documentation loads as it stands there")
  func documented() throws {
    #expect(try load(try Self.documented).amplifiers.map(\.name) == ["L", "R"])
  }

  /// The example of `docs/cameras.md`.
  private static var documented: String {
    get throws {
      let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
      let page = try String(
        contentsOf: root.appendingPathComponent("docs/cameras.md"), encoding: .utf8)
      return page.components(separatedBy: "```yaml\n").last?.components(separatedBy: "```").first
        ?? ""
    }
  }

  @Test(
    "Keys that are not known, given twice or missing, and wrong values, are refused with their line",
    arguments: [
      ("gapRows: 0", "gapRows: 0\nlostvalue: 0", "config-unknown-key", ":11:1", "'lostValue'"),
      (
        "height: 100, flipX: f", "heigth: 100, flipX: f", "config-unknown-key", ":12:43", "'height'"
      ),
      ("flipX: true,", "flipX: true, extname: R,", "config-unknown-key", ":13:69", "'name'"),
      ("  prescan:  {", "  preskan:  {", "config-unknown-key", ":15:3", "'prescan'"),
      (
        "rows: [0, 100]}\n  image", "row: [0, 100]}\n  image", "config-unknown-key", ":15:35",
        "'rows'"
      ),
      ("  prescan: [2", "  imagge: [2", "config-unknown-key", ":18:3", "'image'"),
      ("date: DATE", "dat: DATE", "config-unknown-key", ":21:33", "'date'"),
      ("width: 220", "width: 220\nwidth: 221", "config-duplicate-key", ":5:1", nil),
      ("  image: [2, 2]", "  image: [2, 2]\n  image: [1, 2]", "config-duplicate-key", ":20:3", nil),
      ("{name: L, ", "{name: L, name: K, ", "config-duplicate-key", ":12:", nil),
      ("width: 220\n", "", "bad-camera-file", ":1:1", nil),
      ("flipX: true,", "", "bad-camera-file", ":13:5", nil),
      ("width: 220", "width: wide", "bad-camera-file", ":4:8", nil),
      ("layout: singleImage", "layout: single", "bad-camera-file", ":7:9", nil),
      ("columns: [0, 10]", "columns: [10, 0]", "bad-camera-file", "", nil),
      ("columns: [0, 10]", "columns: [0, 1000]", "bad-camera", "", nil),
    ] as [(String, String, String, String, String?)])
  func mistakes(old: String, new: String, code: String, place: String, hint: String?) throws {
    let text = try Self.documented
    #expect(text.contains(old))
    #expect {
      try load(text.replacing(old, with: new, maxReplacements: 1))
    } throws: { error in
      guard let error = error as? any DiagnosedError else { return false }
      return error.code == code
        && (place.isEmpty || error.place?.contains("/c.yaml" + place) == true)
        && (hint.map { error.remedy?.contains($0) == true } ?? true)
    }
  }

  @Test(
    "A file of keys without values, or of no keys, is refused", arguments: ["- a\n", "7\n", "{}\n"])
  func noCamera(text: String) {
    #expect { try load(text) } throws: { ($0 as? CampaignError)?.kind == .badCameraFile }
  }

  @Test("The focal plane has 36 different slots in each design, filled as its blocks say")
  func focalPlane() throws {
    let plane = try CameraCatalog.focalPlane()
    #expect(plane.blocks.count == 16)
    for design in plane.designs {
      #expect(design.slots.count == 36)
      #expect(Set(design.slots.map(\.name)).count == 36)
      #expect(design.flight.count == 12)
      for slot in design.slots {
        #expect(slot.name == "C_\(slot.slice)\(slot.column)")
        #expect(design.flight.contains(slot.block))
        #expect(plane.block(named: slot.block)?.serials[slot.detector] == slot.serial)
        #expect(slot.flipRows == (slot.column <= 3) && slot.flipColumns == (slot.column > 3))
      }
    }
  }

  @Test("Known facts of single blocks are as recorded")
  func facts() throws {
    let plane = try CameraCatalog.focalPlane()
    let final = try #require(plane.design(named: "final"))
    #expect(plane.defaultDesign == "final")
    #expect(final.slot(block: "OWEN", detector: "CCD1")?.name == "C_46")
    #expect(plane.design(named: "initial")?.slot(block: "OWEN", detector: "CCD1") == nil)
    #expect(plane.block(named: "DIRAC")?.roe == "FM05")
    #expect(plane.block(named: "EINSTEIN")?.chamber == "B_EINSTEIN")
    #expect(plane.block(named: "EINSTEIN")?.expectedOffsets["CCD1"]?["E"] == 2713)
    #expect(plane.block(named: "JULES")?.serials.isEmpty == true)
  }
}
