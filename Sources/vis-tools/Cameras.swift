import ArgumentParser
import Campaign
import CommandLineStyle
import Detector

/// `vis-tools cameras`.
struct Cameras: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cameras",
    abstract: "List the cameras that are known, or print one.",
    discussion: """
      EXAMPLES
        vis-tools cameras
        vis-tools cameras euclid-vis
        vis-tools cameras ./my-camera.yaml --json
      """)

  @Argument(help: "A shipped camera, or the path of a camera's YAML file.")
  var camera: String?
  @ArgumentParser.Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    if let camera { return try show(CameraCatalog.camera(camera)) }
    let cameras = try CameraCatalog.names.map { try CameraCatalog.camera($0) }
    if json { return printOutput(try JSONText.text(cameras)) }
    var table = TextTable([
      .init("camera"), .init("detectors"), .init("size", unit: "pixel", .right),
      .init("amplifiers"), .init("title"),
    ])
    for camera in cameras {
      table.append([
        camera.name, camera.detectors.joined(separator: " "), "\(camera.width) x \(camera.height)",
        camera.amplifiers.map(\.name).joined(separator: " "), camera.title,
      ])
    }
    printOutput(table.text(for: .current(.output)))
  }

  private func show(_ camera: Camera) throws {
    if json { return printOutput(try JSONText.text(camera)) }
    let terminal = Terminal.current(.output)
    var amplifiers = TextTable([
      .init("amplifier"), .init("x0", .right), .init("y0", .right), .init("columns", .right),
      .init("rows", .right), .init("read from"),
    ])
    for amplifier in camera.amplifiers {
      amplifiers.append([
        amplifier.name, "\(amplifier.x0)", "\(amplifier.y0)", "\(amplifier.width)",
        "\(amplifier.height)",
        "\(amplifier.flipY ? "top" : "bottom") \(amplifier.flipX ? "right" : "left")",
      ])
    }
    var regions = TextTable([.init("region"), .init("columns", .right), .init("rows", .right)])
    for name in RegionName.allCases {
      guard let region = camera.regions[name] else { continue }
      regions.append([name.rawValue, "\(region.columns)", "\(region.rows)"])
    }
    printOutput(
      "\(terminal.styled(camera.name, .bold)): \(camera.title)\n"
        + "\(camera.width) x \(camera.height) pixels of \(camera.pixelPitchMicrometres) um, detectors "
        + "\(camera.detectors.joined(separator: ", "))\n\n" + amplifiers.text(for: terminal) + "\n"
        + regions.text(for: terminal))
  }
}
