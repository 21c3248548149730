import Campaign
import Detector
import Testing

@testable import Simulator

/// Frames of one exposure of a camera whose truth a test can shape.
struct Bench {
  var camera: Camera
  var truth: [String: DetectorTruth] = [:]
  var bench = BenchTruth.usual
  var crossTalk: [String: [String: Double]] = [:]
  let seed: UInt64 = 11

  /// A camera of one detector and amplifier, with an image area of some size.
  init(columns: Int, rows: Int) throws {
    camera = try CameraCatalog.camera("tiny")
    camera.detectors = ["CCD1"]
    camera.width = columns + 20
    camera.height = rows + 10
    camera.amplifiers = [
      Amplifier(
        name: "E", x0: 0, y0: 0, width: camera.width, height: camera.height, flipX: false,
        flipY: true)
    ]
    camera.regions = [
      .prescan: Region(columns: 0..<10, rows: 0..<camera.height),
      .image: Region(columns: 10..<10 + columns, rows: 0..<rows),
      .overscan: Region(columns: 10 + columns..<camera.width, rows: 0..<camera.height),
      .parallelOverscan: Region(columns: 10..<10 + columns, rows: rows..<camera.height),
    ]
    bench.cosmicRate = 0
    var detector = DetectorTruth(
      serial: "S", commonModeRowNoise: 0, temperatures: [-120, -120],
      amplifiers: ["E": AmplifierTruth()])
    detector.amplifiers["E"]?.offset = 1000
    var charge = ChargeTruth()
    charge.gain = 2
    detector.charge = ["E": charge]
    truth["CCD1"] = detector
  }

  /// A camera of the catalogue with everything drawn as for a block.
  init(camera name: String, block: String = "EINSTEIN") throws {
    camera = try CameraCatalog.camera(name)
    let place = try #require(try CameraCatalog.focalPlane().block(named: block))
    var order = CampaignOrder(output: "")
    order.seed = seed
    (truth, bench, crossTalk) = BlockPlan.truth(block: place, camera: camera, order: order)
  }

  /// The truth of the one channel.
  var charge: ChargeTruth {
    get { truth["CCD1"]?.charge?["E"] ?? ChargeTruth() }
    set { truth["CCD1"]?.charge?["E"] = newValue }
  }

  var model: ExposureModel {
    ExposureModel(
      camera: camera, detectors: truth, bench: bench, crossTalk: crossTalk, seed: seed,
      block: "EINSTEIN")
  }

  /// An exposure of the flat source that gives about so many electrons.
  func flat(_ electrons: Double) -> FrameCommand {
    var command = FrameCommand()
    command.light = .flat
    if let filter = bench.filter(4) {
      let open = electrons / bench.flatRate(filter) / bench.brightness
      command.seconds = open
      // The inverse of what the shutter does to a commanded time.
      for _ in 0..<80 { command.seconds += open - bench.openSeconds(command.seconds) }
    }
    return command
  }

  /// The frames of an exposure by detector.
  func frames(
    _ command: FrameCommand, _ obsid: Int = 1, rows: Range<Int>? = nil,
    change: (inout BlockExposure) -> Void = { _ in }
  ) -> [String: Image<UInt16>] {
    var exposure = BlockExposure(obsid: obsid, command: command)
    change(&exposure)
    let set = FrameSet(camera: camera)
    model.render(
      exposure, rows: rows ?? 0..<(camera.amplifiers.map(\.height).max() ?? 0), into: set.images,
      workspace: set.workspace)
    return set.images
  }

  /// The pixels of a region of one channel in canonical order, row by row, less a level.
  func pixels(
    _ frames: [String: Image<UInt16>], _ detector: String = "CCD1", _ amplifier: String = "E",
    _ region: RegionName = .image, less level: Double? = nil
  ) throws -> Window {
    let image = try #require(frames[detector])
    let mine = try #require(camera.amplifier(named: amplifier))
    let area = try #require(camera.regions[region])
    let offset = level ?? truth[detector]?.amplifiers[amplifier]?.offset ?? 0
    var values: [Double] = []
    for y in area.rows {
      for x in area.columns {
        values.append(
          Double(image[mine.x0 + mine.flippedColumn(x), mine.y0 + mine.flippedRow(y)]) - offset)
      }
    }
    return withExtendedLifetime(image) {
      Window(width: area.columns.count, height: area.rows.count, values: values)
    }
  }
}

/// A rectangle of numbers.
struct Window {
  let width: Int
  let height: Int
  var values: [Double]

  subscript(x: Int, y: Int) -> Double { values[y * width + x] }

  var mean: Double { values.reduce(0, +) / Double(values.count) }

  var variance: Double {
    let mean = mean
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
  }

  static func - (a: Window, b: Window) -> Window {
    Window(width: a.width, height: a.height, values: zip(a.values, b.values).map { $0 - $1 })
  }

  /// The covariance of pixels i columns and j rows apart, half of a difference's.
  func covariance(_ i: Int, _ j: Int, trim: Int = 6) -> Double {
    var (sum, count) = (0.0, 0)
    let mean = mean
    for y in trim..<height - trim - j {
      for x in trim..<width - trim - i {
        sum += (self[x, y] - mean) * (self[x + i, y + j] - mean)
        count += 1
      }
    }
    return sum / Double(count) / 2
  }

  func row(_ y: Int) -> [Double] { Array(values[y * width..<(y + 1) * width]) }
}
