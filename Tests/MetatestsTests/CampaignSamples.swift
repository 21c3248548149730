import Detector
import Foundation
import Testing
import Warehouse

@testable import Metatests

extension WarehouseFixture {
  /// A campaign with what can happen: missing and rejected blocks, a spare, a failing quadrant,
  /// values that could not be measured.
  func fill(gains: Bool = false) throws {
    for (index, block) in design.flight.enumerated() where block != "OWEN" {
      var variation = Variation()
      variation.started = "2019-03-\(10 + index)T08:00:00Z"
      if block == "NIELS" { variation.verdict = .rejected }
      if block == "DIRAC" { variation.missing = ["CCD2/F": "only one usable frame"] }
      if block == "GUYE" { variation.noise = 0.2 }
      try add(block, variation)
    }
    try add("MAX")
    var repeated = Variation()
    repeated.started = "2019-05-01T00:00:00Z"
    repeated.verdict = .accepted
    repeated.noise = 0.01
    try add("BORN", repeated)
    if gains {
      var gain = Variation()
      gain.test = "PTC01"
      gain.gain = 3.3
      gain.hasMasters = false
      try add("BORN", gain)
    }
  }
}

/// Makes a campaign to look at, in the folder that the environment names.
@Suite("Samples", .enabled(if: ProcessInfo.processInfo.environment["METATEST_SAMPLES"] != nil))
struct CampaignSamples {
  @Test("a campaign to look at")
  func campaign() throws {
    let environment = ProcessInfo.processInfo.environment
    let folder = try #require(environment["METATEST_SAMPLES"])
    let fixture = try WarehouseFixture(
      camera: environment["METATEST_CAMERA"] ?? "tiny", in: folder)
    try fixture.fill(gains: environment["METATEST_GAINS"] != nil)
  }
}
