import Campaign
import Detector
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
