import Campaign
import Detector
import DurableFiles
import FITSFiles
import Ingest
import Testing

@testable import Simulator

@Suite("Faults of every family")
struct FaultFamilyTests {
  private let folder = TemporaryFolder()

  @Test(
    "all kinds at once spoil what they name and nothing else",
    arguments: ["CHINJ00", "FLATFLUX00_800", "PSFLUX00_800", "COSMETICS00"])
  func all(test: String) async throws {
    let frameFaults: [Fault.Kind] = [
      .missingFrame, .truncatedFile, .notFITS, .zeroBytes, .saturated, .lostPixels, .wrongSize,
      .deadQuadrant,
    ]
    func order(_ name: String, _ faults: [Fault]) -> CampaignOrder {
      var order = CampaignOrder(output: folder.path + "/" + name)
      order.cameraName = "tiny"
      order.blocks = ["EINSTEIN"]
      order.tests = [CampaignOrder.Test(test)]
      order.faults = faults
      return order
    }
    let faults = frameFaults.enumerated().map { index, kind in
      Fault(kind, obsid: 1000 + index / 3, detector: "CCD\(index % 3 + 1)")
    }
    _ = try await CampaignSimulator(order("sound", [])).run()
    _ = try await CampaignSimulator(order("spoilt", faults)).run()
    func day(_ name: String) -> String { "\(folder.path)/\(name)/EINSTEIN/data/23_Mar_19" }
    let names = try InputFile.names(in: day("sound")).filter { $0.hasSuffix(".fits") }
    var changed: [String] = []
    for name in names {
      let sound = try InputFile.bytes(of: day("sound") + "/" + name)
      let other = try? InputFile.bytes(of: day("spoilt") + "/" + name)
      if sound != other { changed.append(String(name.dropFirst(4).prefix(4)) + name.suffix(9)) }
    }
    let expected = faults.map { "\($0.obsid ?? 0)\($0.detector ?? "").fits" }
    #expect(changed.sorted() == expected.sorted())
  }
}
