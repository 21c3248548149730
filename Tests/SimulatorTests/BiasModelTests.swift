import Campaign
import Detector
import Testing

@testable import Simulator

@Suite("Bias frames")
struct BiasModelTests {
  private let camera: Camera
  private let truth: DetectorTruth

  init() throws {
    camera = try CameraCatalog.camera("tiny")
    let block = try #require(try CameraCatalog.focalPlane().block(named: "EINSTEIN"))
    truth = TruthGenerator.detector("CCD2", block: block, camera: camera, seed: 4)
  }

  private func frame(_ obsid: Int, truth: DetectorTruth? = nil, rows: Range<Int> = 0..<86)
    -> Image<UInt16>
  {
    let model = BiasModel(
      camera: camera, truth: truth ?? self.truth, seed: 4, block: "EINSTEIN", detector: "CCD2")
    let image = Image<UInt16>(width: camera.width, height: camera.height, filledWith: 7)
    model.render(FrameExposure(obsid: obsid), rows: rows, into: image)
    return image
  }

  /// The pixels, copied while the image is sure to live.
  private func copy(_ image: Image<UInt16>) -> [UInt16] {
    withExtendedLifetime(image) { Array(image.pixels) }
  }

  private func values(_ image: Image<UInt16>, _ name: String, _ region: RegionName) throws
    -> [Double]
  {
    let amplifier = try #require(camera.amplifier(named: name))
    let place = amplifier.frameRegion(of: try #require(camera.checkRegion(region)))
    return place.rows.flatMap { y in place.columns.map { Double(image[$0, y]) } }
  }

  @Test("levels and noise of each amplifier are those of the truth")
  func truthRecovered() throws {
    for (name, mine) in truth.amplifiers {
      var means: [Double] = []
      var variances: [Double] = []
      for obsid in 0..<20 {
        let pixels = try values(frame(obsid), name, .prescan)
        let mean = pixels.reduce(0, +) / Double(pixels.count)
        means.append(mean)
        variances.append(
          pixels.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(pixels.count - 1))
      }
      let level = means.reduce(0, +) / 20
      let variance = variances.reduce(0, +) / 20
      let common = truth.commonModeRowNoise * truth.commonModeRowNoise
      let rows = 76.0
      let gradient = mine.gradientPerRow * mine.gradientPerRow * (rows * rows - 1) / 12
      let expected = mine.readNoise * mine.readNoise + 1.0 / 12 + common + gradient
      // 20 frames of 21 x 76 pixels; the settling transient has died out in the columns left out.
      #expect(abs(level - mine.offset) < 0.05 + abs(mine.gradientPerRow) * 6, "\(name)")
      #expect(abs(variance / expected - 1) < 0.05, "\(name)")
    }
  }

  @Test("without noise a pixel is the rounded sum of its terms, in read-out order")
  func exactTerms() throws {
    var plain = AmplifierTruth()
    plain.offset = 1000
    plain.gradientPerColumn = 1
    plain.overscanStep = 500
    plain.parallelOverscanStep = 3
    plain.hotPixels = [.init(column: 40, row: 2, excess: 77)]
    let quiet = DetectorTruth(
      serial: "x", commonModeRowNoise: 0, temperatures: [],
      amplifiers: Dictionary(uniqueKeysWithValues: camera.amplifiers.map { ($0.name, plain) }))
    let image = frame(1, truth: quiet)
    for amplifier in camera.amplifiers {
      func pixel(_ x: Int, _ y: Int) -> UInt16 {
        image[amplifier.x0 + amplifier.flippedColumn(x), amplifier.y0 + amplifier.flippedRow(y)]
      }
      #expect(pixel(0, 0) == 1000)
      #expect(pixel(30, 5) == 1000)
      #expect(pixel(32, 5) == 1001)
      #expect(pixel(98, 75) == 1067)
      #expect(pixel(98, 76) == 1070)
      #expect(pixel(99, 0) == 1568)
      #expect(pixel(40, 2) == 1086)
    }
  }

  @Test("values beyond 16 bits, negative ones and NaN are limited, not wrapped")
  func limits() throws {
    for (offset, expected) in [(1e9, 65535), (-1e9, 0), (Double.nan, 0)] as [(Double, UInt16)] {
      var wild = AmplifierTruth()
      wild.offset = offset
      let truth = DetectorTruth(
        serial: "x", commonModeRowNoise: 0, temperatures: [], amplifiers: ["E": wild])
      let image = frame(1, truth: truth)
      let amplifier = try #require(camera.amplifier(named: "E"))
      #expect(image[amplifier.x0, amplifier.y0] == expected)
    }
  }

  @Test("the fixed pattern is the same in all frames, the noise is not")
  func pattern() throws {
    var patterned = AmplifierTruth()
    patterned.offset = 1000
    patterned.fixedPattern = 20
    let truth = DetectorTruth(
      serial: "x", commonModeRowNoise: 0, temperatures: [],
      amplifiers: ["E": patterned, "F": patterned, "G": patterned, "H": patterned])
    let a = frame(1, truth: truth)
    #expect(copy(a) == copy(frame(2, truth: truth)))
    #expect(Set(try values(a, "E", .image)).count > 50)
    #expect(Set(try values(a, "E", .prescan)) == [1000])
    #expect(copy(frame(1)) != copy(frame(2)))
  }

  @Test("rows of the common noise move all amplifiers together")
  func commonMode() throws {
    var flat = AmplifierTruth()
    flat.offset = 1000
    let names = camera.amplifiers.map(\.name)
    let truth = DetectorTruth(
      serial: "x", commonModeRowNoise: 30, temperatures: [],
      amplifiers: Dictionary(uniqueKeysWithValues: names.map { ($0, flat) }))
    let image = frame(1, truth: truth)
    var levels: Set<UInt16> = []
    for y in 0..<86 {
      let row = Set(
        camera.amplifiers.map { image[$0.x0 + 3, $0.y0 + $0.flippedRow(y)] })
      #expect(row.count == 1)
      levels.formUnion(row)
    }
    #expect(levels.count > 20)
  }

  @Test("rows outside the window are zero")
  func window() throws {
    let image = frame(1, rows: 10..<20)
    let amplifier = try #require(camera.amplifier(named: "E"))
    for y in 0..<86 {
      let row = image.row(amplifier.y0 + amplifier.flippedRow(y))
      #expect((row[5] > 0) == (10..<20).contains(y))
    }
  }

  @Test("the noise truth of all flight blocks lies within the limits of the field")
  func plausible() throws {
    let plane = try CameraCatalog.focalPlane()
    let camera = try CameraCatalog.camera("euclid-vis")
    var noise: [Double] = []
    for name in plane.design()?.flight ?? [] {
      let block = try #require(plane.block(named: name))
      for detector in camera.detectors {
        let truth = TruthGenerator.detector(detector, block: block, camera: camera, seed: 1)
        #expect(truth.serial == block.serials[detector])
        #expect(truth.temperatures.allSatisfy { abs($0 + 120) <= 0.6 })
        for (amplifier, mine) in truth.amplifiers {
          noise.append(mine.readNoise)
          let expected = try #require(block.expectedOffsets[detector]?[amplifier])
          #expect(abs(mine.offset - expected) <= 20)
        }
      }
    }
    #expect(noise.count == 144)
    #expect(noise.allSatisfy { (1.0...1.35).contains($0) })
    #expect(Set(noise).count > 100)
  }
}
