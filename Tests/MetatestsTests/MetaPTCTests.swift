import Detector
import Foundation
import Testing
import Warehouse

@testable import Metatests

@Suite("MetaPTC")
struct MetaPTCTests {
  private func input(_ fixture: WarehouseFixture) -> MetatestInput {
    MetatestInput(
      warehouse: fixture.warehouse, plane: fixture.plane, design: fixture.design,
      folder: fixture.folder + "/out")
  }

  @Test("Without photon-transfer runs there is nothing to aggregate")
  func empty() throws {
    let fixture = try WarehouseFixture()
    try fixture.addBare("BORN")
    let error = #expect(throws: MetatestError.self) { try MetaPTC.content(input(fixture)) }
    #expect(error?.kind == .noResults)
  }

  @Test("Gains are tested against 3.0 < gain <= 3.5, blocks without a run are not tested")
  func requirement() throws {
    let fixture = try WarehouseFixture()
    try fixture.addBare("BORN", .init(test: "PTC01", gain: 3.2))
    try fixture.addBare("DIRAC", .init(test: "PTC01", gain: 3.6))
    let content = try MetaPTC.content(input(fixture))
    let result = try #require(content.requirements.first)
    #expect(content.requirements.count == 1 && result.requirement.id == "GAIN")
    let counts = result.counts(result.flightPlaces)
    #expect(counts.passed == 12 && counts.failed == 12)
    #expect(result.verdict == .fail)
    #expect(content.figures.contains { $0.name == "PTC01_GAIN_MAP" })
    // One wavelength makes no curve against wavelength.
    #expect(!content.figures.contains { $0.name == "GAIN_vs_Wavelength" })
  }

  @Test("A run without any gain passes nothing, and other metatests say that it has none")
  func nothing() throws {
    let fixture = try WarehouseFixture()
    let run = try fixture.addBare("BORN", .init(test: "PTC01"))
    let content = try MetaPTC.content(input(fixture))
    let text = "\(content.document)"
    #expect(text.contains("No gain was measured: the requirement is not tested."))
    #expect(!text.contains("No gain that was measured is outside"))
    let gains = try PlaneGains(input(fixture))
    #expect(!gains.hasGains && gains.sources == "BORN run \(run.key.id) (no gain)")
    let place = ChannelPlace(block: "BORN", detector: "CCD1", amplifier: "E")
    let other = ChannelPlace(block: "DIRAC", detector: "CCD1", amplifier: "E")
    let values = gains.electrons([place: .value(5), other: .missing(reason: "dark")])
    #expect(values[place] == .missing(reason: "not measurable: no PTC01 gain of BORN CCD1 E"))
    #expect(values[other] == .missing(reason: "dark"))
  }

  @Test("The gain matrix names the run of each gain, and a second wavelength is drawn")
  func matrix() throws {
    let fixture = try WarehouseFixture()
    let run = try fixture.addBare("BORN", .init(test: "PTC01", gain: 3.2))
    try fixture.addBare("BORN", .init(test: "PTC02_590", gain: 3.3))
    let content = try MetaPTC.content(input(fixture))
    #expect(content.figures.contains { $0.name == "GAIN_vs_Wavelength" })
    let product = try #require(content.products.first { $0.name == "GAIN_MATRIX.json" })
    try FileManager.default.createDirectory(
      atPath: fixture.folder + "/out", withIntermediateDirectories: true)
    let path = fixture.folder + "/out/GAIN_MATRIX.json"
    try product.write(path)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.contains("\"run\" : \(run.key.id)"))
    #expect(text.contains("\"PTC02_590\"") && text.contains("\"uncertainty\" : 0.01"))
    let again = fixture.folder + "/out/again.json"
    try product.write(again)
    #expect(try String(contentsOfFile: again, encoding: .utf8) == text)
  }

  @Test("Other metatests find the gains whichever run came first, and know the run")
  func order() throws {
    for gainFirst in [true, false] {
      let fixture = try WarehouseFixture()
      if !gainFirst { try fixture.addBare("BORN") }
      let run = try fixture.addBare("BORN", .init(test: "PTC01", gain: 3.2))
      if gainFirst { try fixture.addBare("BORN") }
      let gains = try PlaneGains(input(fixture))
      #expect(gains.runs.map(\.key) == [run.key])
      #expect(gains.values.count == 12)
      let content = try MetaBias.content(input(fixture))
      #expect("\(content.document)".contains("BORN run \(run.key.id)"))
    }
  }
}
