import BlockTests
import Detector
import Foundation
import Testing
import Warehouse

@testable import Metatests

@Suite("Stability of the gain")
struct GainStabilityTests {
  private typealias Record = GainStability.Record

  private func record(
    _ channel: String, _ test: String, _ day: Double, _ gain: Double, _ error: Double = 0.01
  ) -> Record {
    Record(
      channel: channel, place: ChannelPlace(block: "BORN", detector: "CCD1", amplifier: "E"),
      test: test, session: "D11", run: Int64(day), seconds: 86_400 * day, gain: gain,
      uncertainty: error)
  }

  @Test("Weighted mean, scatter and chi squared of a channel are those by hand")
  func numbers() throws {
    let stability = GainStability(
      [record("a", "PTC01", 1, 3.4), record("a", "PTC01", 20, 3.43, 0.02), record("b", "PTC01", 1, 3)],
      tests: ["PTC01"])
    let group = try #require(stability.groups.first)
    #expect(stability.groups.count == 1 && group.channels.map(\.name) == ["a"])
    let channel = group.channels[0]
    // Weights 10^4 and 2.5 10^3.
    #expect(abs(channel.mean - 3.406) < 1e-12)
    #expect(abs(channel.uncertainty - 1 / 12_500.0.squareRoot()) < 1e-12)
    #expect(abs(channel.chiSquare - (0.36 + 1.44)) < 1e-9 && channel.freedom == 1)
    #expect(abs((group.reducedChiSquare ?? 0) - 1.8) < 1e-9)
    #expect(abs(channel.departures[0].percent - 100 * (3.4 / 3.406 - 1)) < 1e-9)
  }

  @Test("A constant gain has chi squared one, a drift of one per cent does not; wavelengths are brought together")
  func truth() throws {
    var random = Deviates(state: 7)
    for drift in [0.0, 0.01] {
      var records: [Record] = []
      for channel in 0..<60 {
        let gain = 3.2 + 0.004 * Double(channel)
        for (index, test) in ["PTC01", "PTC02_590", "PTC01", "PTC02_590"].enumerated() {
          let factor = test == "PTC01" ? 1 : 0.98
          let value = gain * factor * (index < 2 ? 1 : 1 + drift) + 0.01 * random.normal()
          records.append(record("c\(channel)", test, Double(1 + 30 * index), value))
        }
      }
      let stability = GainStability(records, tests: ["PTC01", "PTC02_590"])
      #expect(stability.groups.map(\.name) == ["all tests", "PTC01", "PTC02_590"])
      let all = stability.groups[0]
      #expect(all.channels.count == 60 && all.records == 240)
      #expect(abs((all.ratios["PTC02_590"] ?? 0) - 0.98) < 0.001)
      let chi = try #require(all.reducedChiSquare)
      #expect(drift == 0 ? abs(chi - 1) < 0.25 : chi > 2.5, "\(chi)")
    }
  }

  @Test("A test without a common channel is no part of the whole; nothing measured twice is nothing")
  func separate() {
    let stability = GainStability(
      [record("a", "PTC01", 1, 3.4), record("a", "PTC01", 9, 3.4), record("b", "PTC02_590", 1, 3.1)],
      tests: ["PTC01", "PTC02_590"])
    #expect(stability.groups.map(\.name) == ["all tests", "PTC01"])
    #expect(stability.groups[0].ratios == ["PTC01": 1] && stability.groups[0].records == 2)
    #expect(GainStability([record("a", "PTC01", 1, 3)], tests: ["PTC01"]).groups.isEmpty)
    #expect(GainStability([], tests: ["PTC01"]).groups.isEmpty)
  }

  private func input(_ fixture: WarehouseFixture) -> MetatestInput {
    MetatestInput(
      warehouse: fixture.warehouse, plane: fixture.plane, design: fixture.design,
      folder: fixture.folder + "/out")
  }

  @Test("Sessions count once each, rejected ones not; an analysis of the same frames takes the place of the former")
  func warehouse() throws {
    let fixture = try WarehouseFixture()
    var variation = WarehouseFixture.Variation(test: "PTC01", gain: 3.2)
    variation.hasMasters = false
    try fixture.add("BORN", variation)
    #expect(
      try GainStability(input(fixture), tests: ["PTC01"], camera: "tiny").groups.isEmpty)
    variation.session = "D12"
    variation.started = "2019-04-30T10:00:00Z"
    variation.gain = 3.3
    try fixture.add("BORN", variation)
    variation.session = "D13"
    variation.gain = 9
    variation.verdict = .rejected
    try fixture.add("BORN", variation)
    let stability = try GainStability(input(fixture), tests: ["PTC01"], camera: "tiny")
    let group = try #require(stability.groups.first)
    #expect(group.channels.count == 12 && group.records == 24)
    #expect(group.channels.allSatisfy { $0.departures.map(\.record.session) == ["D11", "D12"] })
    let content = try MetaPTC.content(input(fixture))
    let figure = try #require(content.figures.first { $0.name == "GAIN_vs_Time" })
    _ = try figure.figure()
    let text = "\(content.document)"
    #expect(text.contains("Stability of the gain") && text.contains("agree least"))
    #expect(try GainStability(input(fixture), tests: ["PTC01"], camera: "other").groups.isEmpty)
  }

  @Test("Without a repeated run the report says so, and there is no figure")
  func single() throws {
    let fixture = try WarehouseFixture()
    try fixture.addBare("BORN", .init(test: "PTC01", gain: 3.2))
    let content = try MetaPTC.content(input(fixture))
    #expect(!content.figures.contains { $0.name == "GAIN_vs_Time" })
    #expect("\(content.document)".contains("No quadrant was measured in two runs"))
  }
}
