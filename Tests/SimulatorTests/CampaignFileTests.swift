import Campaign
import Ingest
import Testing

@testable import Simulator

@Suite("Campaigns as files")
struct CampaignFileTests {
  private func order(_ text: String) throws -> CampaignOrder {
    var order = CampaignOrder(output: "out")
    try order.apply(try CampaignFile.parse(Array(text.utf8), path: "c.yaml"))
    return order
  }

  @Test("everything that a file says reaches the order")
  func whole() throws {
    let order = try order(
      """
      version: 1
      campaign: night
      camera: tiny
      seed: 7
      start: 2019-06-01T20:00:00
      first_obsid: 5000
      elvis: 7.2.X
      blocks: [EINSTEIN, BORN]
      tests:
        - BIAS02
        - {test: BIAS01.2, inputs: {N: 3}, script: {toi_ro: 500}}
      faults: ["missing-frame:5002:CCD2", hk-nan]
      truth: {cosmic_rate: 0, gain: 3.3}
      """)
    #expect(order.campaign == "night")
    #expect(order.cameraName == "tiny")
    #expect(order.seed == 7)
    #expect(order.start.isoText == "2019-06-01T20:00:00Z")
    #expect(order.firstObsID == 5000)
    #expect(order.elvis == "7.2.X")
    #expect(order.blocks == ["EINSTEIN", "BORN"])
    #expect(
      order.tests == [
        "BIAS02",
        CampaignOrder.Test("BIAS01.2", inputs: ["N": .int(3)], script: ["toi_ro": .int(500)]),
      ])
    #expect(
      order.faults == [
        Fault(.missingFrame, obsid: 5002, detector: "CCD2"), Fault(.housekeepingNaN),
      ])
    #expect(order.truth == [.cosmicRate: 0, .gain: 3.3])
  }

  @Test("a camera's path is seen from the file that names it")
  func cameraPath() throws {
    let text = "version: 1\ncamera: my.yaml\ntests: [BIAS01]"
    let file = try CampaignFile.parse(Array(text.utf8), path: "a/b/c.yaml")
    #expect(file.camera == "a/b/my.yaml")
  }

  @Test(
    "mistakes are named with their line",
    arguments: [
      ("", "empty"), ("version: 1\n", "'tests' is missing"), ("version: 2\ntests: []", "version"),
      ("version: 1\ntest: [BIAS01]", "did you mean 'tests'"),
      ("version: 1\ntests: BIAS01", "c.yaml:2"),
      ("version: 1\ntests: [{tst: BIAS01}]", "'tst'"),
      ("version: 1\nseed: -1\ntests: []", "below 0"),
      ("version: 1\nseed: x\ntests: []", "whole number"),
      ("version: 1\ntests: []\ntruth: {gain: big}", "number"),
      ("version: 1\ntests: []\nelvis: 9", "elvis"), ("a: &a 1\nb: *a", "alias"),
    ])
  func mistakes(text: String, part: String) {
    let error = #expect(throws: CampaignError.self) {
      _ = try CampaignFile.parse(Array(text.utf8), path: "c.yaml")
    }
    let message = [error?.problem, error?.place, error?.remedy].compactMap { $0 }
      .joined(separator: " ")
    #expect(message.contains(part), "\(message)")
  }

  @Test(
    "what the simulator does not know is refused",
    arguments: [
      "truth: {gian: 3}", "faults: [no-such]", "start: yesterday",
    ])
  func unknown(line: String) {
    #expect(throws: SimulatorError.self) { try order("version: 1\ntests: [BIAS01]\n" + line) }
  }

  @Test("parts of the truth have ranges, and reach every channel")
  func truthParameters() throws {
    for parameter in TruthParameter.allCases {
      #expect(!parameter.meaning.isEmpty)
      #expect(throws: SimulatorError.self) { try parameter.check(.nan) }
      #expect(throws: SimulatorError.self) { try parameter.check(1e30) }
      var order = CampaignOrder(output: "out")
      order.cameraName = "tiny"
      order.blocks = ["EINSTEIN"]
      let plain = try CampaignSimulator(order).truth(ofBlock: "EINSTEIN")
      let middle = parameter.range.lowerBound * 0.75 + parameter.range.upperBound * 0.25
      order.truth = [parameter: middle]
      let changed = try CampaignSimulator(order).truth(ofBlock: "EINSTEIN")
      #expect(plain != nil && plain != changed, "\(parameter)")
    }
    var order = CampaignOrder(output: "out")
    order.truth = [.gain: -3]
    #expect(throws: SimulatorError.self) { _ = try CampaignSimulator(order) }
  }
}
