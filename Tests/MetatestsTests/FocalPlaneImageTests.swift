import Detector
import DurableFiles
import FITSFiles
import Foundation
import Plots
import Testing
import Warehouse

@testable import Metatests

@Suite("FocalPlaneImage")
struct FocalPlaneImageTests {
  /// BORN (left) and DIRAC (right half) of a tiny campaign, written once for the suite.
  private func written(_ body: (WarehouseFixture, FITSFile, String) throws -> Void) async throws {
    let fixture = try WarehouseFixture()
    try fixture.add("BORN")
    try fixture.add("DIRAC")
    let input = MetatestInput(
      warehouse: fixture.warehouse, plane: fixture.plane, design: fixture.design,
      folder: fixture.folder + "/out")
    try AtomicFile.makeFolder(input.folder)
    let product = try #require(try MetaBias.content(input).images.first)
    let path = "\(input.folder)/\(product.name)"
    try product.write(path)
    try body(fixture, try FITSFile(path: path), path)
  }

  @Test("the file has 145 HDUs in the order of slices, columns and quadrants")
  func order() async throws {
    try await written { _, file, path in
      let hdus = file.structure.hdus
      #expect(hdus.count == 145)
      #expect(path.hasSuffix("MASTER_BIAS_BIAS01.fits"))
      #expect(hdus[0].imageSize == nil)
      for (index, hdu) in hdus.dropFirst().enumerated() {
        let (slice, column, k) = (index / 24 + 1, index % 24 / 4 + 1, index % 4)
        let name = (column <= 3 ? ["E", "F", "G", "H"] : ["G", "H", "E", "F"])[k]
        #expect(hdu.name == "\(slice)-\(column).\(name)")
        #expect(hdu.imageSize?.width == 128 && hdu.imageSize?.height == 86)
        #expect(hdu.cards.value(of: "CCDID")?.text == "\(slice)-\(column)")
        #expect(hdu.cards.value(of: "QUADID")?.text == name)
        #expect(hdu.cards.value(of: "OVRSCANX")?.integer == 29)
        #expect(hdu.cards.value(of: "PRESCANX")?.integer == 31)
      }
    }
  }

  @Test("the read-out node lies in each quadrant's outer corner, pixels run from there")
  func orientation() async throws {
    try await written { fixture, file, _ in
      // Slot, quadrant, and where the node is: at the right, at the top.
      let cases:
        [(
          slot: String, block: String, detector: String, quadrant: String, right: Bool, top: Bool
        )] =
          [
            ("1-1", "BORN", "CCD1", "E", false, false), ("1-1", "BORN", "CCD1", "F", true, false),
            ("1-1", "BORN", "CCD1", "G", true, true), ("1-1", "BORN", "CCD1", "H", false, true),
            ("1-4", "DIRAC", "CCD3", "G", false, false), ("1-4", "DIRAC", "CCD3", "H", true, false),
            ("1-4", "DIRAC", "CCD3", "E", true, true), ("1-4", "DIRAC", "CCD3", "F", false, true),
          ]
      for entry in cases {
        let image = try file.readFloat(.named("\(entry.slot).\(entry.quadrant)"))
        for (x, y) in [(0, 0), (118, 0), (0, 85), (118, 85), (40, 17)] {
          let column = entry.right ? image.width - 1 - x : x
          let row = entry.top ? image.height - 1 - y : y
          let expected = fixture.masterPixel(
            entry.block, entry.detector, entry.quadrant, x: x, y: y)
          #expect(
            abs(image[column, row] - expected) < 1e-4,
            "\(entry.slot).\(entry.quadrant) canonical (\(x), \(y))")
        }
        // The nine columns that were not read lie beyond the over-scan and hold the fill value.
        for x in 119..<128 {
          #expect(image[entry.right ? image.width - 1 - x : x, 40] == 0)
        }
      }
    }
  }

  @Test("detectors without results are filled with zero, and both headers say so")
  func missing() async throws {
    try await written { _, file, _ in
      let primary = file.structure.hdus[0].cards
      #expect(primary.value(of: "NBLOCKS")?.integer == 2)
      #expect(primary.value(of: "MISSING")?.text?.contains("CURIE") == true)
      #expect(primary.value(of: "MISSING")?.text?.contains("BORN") == false)
      let hdu = try file.hdu(.named("6-6.E"))
      #expect(hdu.cards.value(of: "HASDATA")?.logical == false)
      let filled = try file.readFloat(.named("6-6.E"))
      #expect(Set(filled.pixels) == [0])
      #expect(try file.hdu(.named("1-1.E")).cards.value(of: "HASDATA")?.logical == true)
    }
  }

  @Test("a master of another size is refused, with its path")
  func wrongSize() throws {
    let fixture = try WarehouseFixture()
    let path = fixture.folder + "/small.fits"
    try FITSWriter.write(
      to: path,
      hdus: [
        .empty(cards: []),
        .image(name: "STACK", pixels: .float32(Image(width: 5, height: 4, filledWith: 1))),
      ])
    let layout = PlaneLayout(
      plane: fixture.plane, design: fixture.design, camera: fixture.camera)
    let image = FocalPlaneImage(
      layout: layout, sources: ["C_11": .init(path: path, noise: [:])], layer: "STACK", fill: 0,
      cards: [])
    let error = #expect(throws: MetatestError.self) {
      try image.write(to: fixture.folder + "/out.fits") { _, _ in }
    }
    #expect(error?.kind == .badProduct)
    #expect(error?.place == path)
    #expect(!FileManager.default.fileExists(atPath: fixture.folder + "/out.fits"))
  }

  @Test("the small images lie as their detectors do on the plane")
  func thumbnails() throws {
    let fixture = try WarehouseFixture()
    try fixture.add("BORN")
    let input = MetatestInput(
      warehouse: fixture.warehouse, plane: fixture.plane, design: fixture.design,
      folder: fixture.folder + "/out")
    try AtomicFile.makeFolder(input.folder)
    let content = try MetaBias.content(input)
    let product = try #require(content.images.first)
    try product.write("\(input.folder)/\(product.name)")
    let named = try #require(content.figures.first { $0.name == "MASTER_BIAS_BIAS01" })
    guard case .grid(let grid) = try named.figure().content,
      case .image(let panel) = grid.rows[5][0]
    else {
      Issue.record("no image in slot C_11")
      return
    }
    // E, the darkest, is the lower left quadrant; H, the brightest, the upper left.
    let image = panel.image
    #expect(image.values[0] < image.values[image.width * (image.height - 1)])
    #expect(grid.rows[0][0] == .missing("C_61: no run of BIAS01"))
  }
}
