import Campaign
import Detector
import Testing

@Suite struct CoordinatesTests {
  private func camera(_ name: String) throws -> Camera {
    try CameraCatalog.camera(name)
  }

  @Test("There and back is the identity for every pixel of the small camera and every pair of systems")
  func identity() throws {
    let camera = try camera("tiny")
    for y in 0..<camera.height {
      for x in 0..<camera.width {
        let frame = PixelPosition(x: x, y: y)
        let amplifier = try #require(camera.amplifier(atFrame: frame))
        for target in CoordinateSystem.allCases {
          guard
            let there = camera.convert(frame, from: .frame, to: target, amplifier: amplifier)
          else {
            #expect(target == .physical, "only scan pixels have no place, and only in silicon")
            continue
          }
          #expect(camera.convert(there, from: target, to: .frame, amplifier: amplifier) == frame)
          for other in CoordinateSystem.allCases {
            if let through = camera.convert(there, from: target, to: other, amplifier: amplifier) {
              #expect(
                camera.convert(through, from: other, to: target, amplifier: amplifier) == there)
            }
          }
        }
      }
    }
  }

  @Test("Worked points of the CCD273",
    arguments: [
      (51, 0, 0, 0, "H"), (2098, 2065, 2047, 2065, "H"), (2139, 0, 2048, 0, "G"),
      (51, 2106, 0, 2070, "E"), (2139, 2106, 2048, 2070, "F"), (4186, 4171, 4095, 4135, "F"),
    ])
  func worked(x: Int, y: Int, px: Int, py: Int, name: String) throws {
    let camera = try camera("euclid-vis")
    let frame = PixelPosition(x: x, y: y)
    #expect(camera.amplifier(atFrame: frame)?.name == name)
    let physical = camera.convert(frame, from: .frame, to: .physical)
    #expect(physical == PixelPosition(x: px, y: py))
    #expect(camera.convert(PixelPosition(x: px, y: py), from: .physical, to: .frame) == frame)
  }

  @Test("Scan pixels, the gap and places outside have no counterpart",
    arguments: [(50, 0), (2099, 0), (51, 2105)])
  func noCounterpart(x: Int, y: Int) throws {
    let camera = try camera("euclid-vis")
    #expect(camera.convert(PixelPosition(x: x, y: y), from: .frame, to: .physical) == nil)
    for gap in 2066...2069 {
      #expect(camera.convert(PixelPosition(x: 5, y: gap), from: .physical, to: .frame) == nil)
    }
    for outside in [PixelPosition(x: -1, y: 0), PixelPosition(x: 4096, y: 0)] {
      #expect(camera.convert(outside, from: .physical, to: .frame) == nil)
    }
    #expect(camera.physicalSize == (4096, 4136))
  }

  @Test("Read-out nodes lie at the outer corners")
  func nodes() throws {
    let camera = try camera("euclid-vis")
    let expected = ["E": (0, 4171), "F": (4237, 4171), "G": (4237, 0), "H": (0, 0)]
    for amplifier in camera.amplifiers {
      let node = camera.convert(
        PixelPosition(x: 0, y: 0), from: .canonical, to: .frame, amplifier: amplifier)
      #expect(node?.x == expected[amplifier.name]?.0)
      #expect(node?.y == expected[amplifier.name]?.1)
    }
  }

  @Test("Check regions are those of the field")
  func checkRegions() throws {
    let camera = try camera("euclid-vis")
    #expect(camera.checkRegion(.prescan)?.columns == 25..<46)
    #expect(camera.checkRegion(.image)?.columns == 56..<2094)
    #expect(camera.checkRegion(.overscan)?.columns == 2104..<2114)
    #expect(camera.checkRegion(.image)?.rows == 0..<2066)
    #expect(camera.checkRegion(.image, rows: 0..<100)?.rows == 0..<100)
    #expect(camera.checkRegion(.image, rows: 2070..<2086) == nil)
  }
}

@Suite struct CameraTests {
  @Test("All shipped cameras are consistent", arguments: ["euclid-vis", "esis-ccd230", "tiny"])
  func valid(name: String) throws {
    try CameraCatalog.camera(name).validate()
  }

  @Test("Contradictions are refused")
  func contradictions() throws {
    let good = try CameraCatalog.camera("tiny")
    var overlapping = good
    overlapping.amplifiers[1].x0 = 100
    #expect(throws: CameraError.self) { try overlapping.validate() }
    var outside = good
    outside.amplifiers[0].x0 = Int.max
    #expect(throws: CameraError.self) { try outside.validate() }
    var large = good
    large.regions[.image]?.columns = 31..<500
    #expect(throws: CameraError.self) { try large.validate() }
    var twice = good
    twice.amplifiers[1].name = "E"
    #expect(throws: CameraError.self) { try twice.validate() }
  }
}

@Suite struct TilingTests {
  @Test("Tiles cover the region exactly, without overlap",
    arguments: [(2048, 2066, 300), (17, 5, 4), (1, 1, 300), (10, 10, 3)])
  func cover(width: Int, height: Int, size: Int) {
    let region = Region(columns: 51..<51 + width, rows: 3..<3 + height)
    let tiling = Tiling(region, width: size, height: size)
    #expect(tiling.tiles.count == tiling.across * tiling.up)
    #expect(tiling.tiles.reduce(0) { $0 + $1.count } == region.count)
    let widths = Set(tiling.tiles.map(\.columns.count))
    #expect((widths.max() ?? 0) - (widths.min() ?? 0) <= 1)
    for (a, b) in zip(tiling.tiles, tiling.tiles.dropFirst()) {
      #expect(
        a.columns.upperBound == b.columns.lowerBound || a.rows.upperBound == b.rows.lowerBound)
    }
  }
}
