import Detector
import FITSFiles
import Testing

@testable import Simulator

@Suite("Maps of the truth")
struct TruthMapTests {
  private let folder = TemporaryFolder()

  @Test("the map of the response has the truth's spread on the image area, and 0 elsewhere")
  func maps() async throws {
    var order = CampaignOrder(output: folder.path + "/maps")
    order.cameraName = "tiny"
    order.blocks = ["EINSTEIN"]
    order.frames = 1
    order.writesMaps = true
    order.truth = [.photoResponse: 0.02]
    _ = try await CampaignSimulator(order).run()
    let file = try FITSFile(path: "\(folder.path)/maps/EINSTEIN/truth_CCD2.fits")
    #expect(file.structure.hdus.last?.name == "RESPONSE")
    let model = try Bench(camera: "tiny").model
    let map = try #require(model.responseMap(ofDetector: "CCD1"))
    let values = withExtendedLifetime(map) {
      map.pixels.filter { $0 != 0 }.map { Double($0) }
    }
    #expect(values.count == 4 * 68 * 76)
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    #expect(abs(mean - 1) < 0.0004)
    #expect(variance.squareRoot() > 0.0065 && variance.squareRoot() < 0.0095)
    #expect(model.responseMap(ofDetector: "CCD9") == nil)
  }
}
