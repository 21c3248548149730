import Campaign
import Detector
import DurableFiles
import FITSFiles
import Foundation
import Ingest
import Testing

@testable import Simulator

@Suite("Simulated frames with an extension for each amplifier")
struct AmplifierExtensionTests {
  private let folder = TemporaryFolder()

  /// BIAS01 of one block, with the tiny camera or its copy that stores amplifiers apart.
  private func simulate(_ name: String, camera: String, faults: [Fault] = []) async throws
    -> BlockConfiguration
  {
    var order = CampaignOrder(output: "\(folder.path)/\(name)")
    order.cameraName = camera
    order.blocks = ["EINSTEIN"]
    order.tests = ["BIAS01"]
    order.frames = 2
    order.faults = faults
    let summary = try await CampaignSimulator(order).run()
    return try BlockConfiguration.load(summary.blocks[0].configuration)
  }

  private func apart() throws -> (path: String, camera: Camera) {
    var camera = try CameraCatalog.camera("tiny")
    camera.name = "tiny-apart"
    camera.layout = .extensionPerAmplifier
    for index in camera.amplifiers.indices {
      camera.amplifiers[index].extensionName = "QUADRANT_\(camera.amplifiers[index].name)"
    }
    try AtomicFile.makeFolder(folder.path)
    try AtomicFile.write(CameraCatalog.text(of: camera), to: folder.path + "/apart.yaml")
    return (folder.path + "/apart.yaml", camera)
  }

  private func rows(_ configuration: BlockConfiguration) throws -> [ExposureRow] {
    try ExposureLog.read(
      folders: [configuration.dataPath("23_Mar_19")], options: .init(isStrict: true)
    ).rows
  }

  @Test("frames are located and read, and hold the pixels of the same frame in one image")
  func pixels() async throws {
    let (path, camera) = try apart()
    let configuration = try await simulate("apart", camera: path)
    #expect(configuration.camera == camera)
    let whole = try await simulate("whole", camera: "tiny")
    let rows = try rows(configuration)
    #expect(rows.count == 6)
    for row in rows {
      let frame = try RawFrameReader(
        path: try RawFrameLocator(folder: whole.dataPath("23_Mar_19")).path(of: row)
      ).read()
      let path = try RawFrameLocator(folder: row.origin.folder).path(of: row)
      let structure = try FITSFile(path: path).structure
      #expect(
        structure.hdus.map(\.name) == [
          "", "QUADRANT_E", "QUADRANT_F", "QUADRANT_G", "QUADRANT_H",
        ])
      for amplifier in configuration.camera.amplifiers {
        let reader = try RawFrameReader(
          path: path, hdu: .named(amplifier.extensionName ?? ""),
          expecting: (amplifier.width, amplifier.height))
        #expect(reader.primaryHeader.value(of: "OBSID")?.integer == row.obsid)
        #expect(reader.header.value(of: "BUNIT")?.text == "ADU")
        let part = try reader.read()
        var different = 0
        for y in 0..<amplifier.height {
          for x in 0..<amplifier.width
          where part[x, y] != frame[amplifier.x0 + x, amplifier.y0 + y] { different += 1 }
        }
        #expect(different == 0, "\(row.obsid) \(row.detector) \(amplifier.name)")
      }
    }
  }

  @Test("a frame of the wrong size is refused, a truncated one too")
  func faults() async throws {
    let (path, _) = try apart()
    let faults = [Fault(.wrongSize, obsid: 1000), Fault(.truncatedFile, obsid: 1001)]
    let configuration = try await simulate("apart", camera: path, faults: faults)
    let locator = try RawFrameLocator(folder: configuration.dataPath("23_Mar_19"))
    for (obsid, kind) in [(1000, FITSError.Kind.wrongSize), (1001, .truncated)] {
      #expect {
        for amplifier in configuration.camera.amplifiers {
          _ = try RawFrameReader(
            path: locator.path(obsid: obsid, detector: "CCD1"),
            hdu: .named(amplifier.extensionName ?? ""),
            expecting: (amplifier.width, amplifier.height))
        }
      } throws: { ($0 as? FITSError)?.kind == kind }
    }
  }
}
