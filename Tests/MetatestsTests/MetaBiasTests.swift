import BlockTests
import Detector
import DurableFiles
import Foundation
import LatexReport
import Plots
import Testing
import Warehouse

@testable import Metatests

@Suite("MetaBias")
struct MetaBiasTests {
  private func input(_ fixture: WarehouseFixture, folder: String = "/out") -> MetatestInput {
    MetatestInput(
      warehouse: fixture.warehouse, plane: fixture.plane, design: fixture.design,
      folder: fixture.folder + folder)
  }

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

  @Test("a warehouse without any usable run is refused with the way out")
  func empty() throws {
    let fixture = try WarehouseFixture()
    let error = #expect(throws: MetatestError.self) { try MetaBias.content(input(fixture)) }
    #expect(error?.kind == .noResults)
    #expect(error?.code == "nothing-to-aggregate")
  }

  @Test("an unknown metatest is wrong use; names are found whatever their case")
  func catalog() throws {
    #expect(throws: MetatestError.self) { try MetatestCatalog.metatest(named: "MetaBais") }
    #expect(try MetatestCatalog.metatest(named: "metabias").name == "MetaBias")
  }

  @Test("without a gain the electrons' requirement is not tested, and says why")
  func noGain() throws {
    let fixture = try WarehouseFixture()
    try fixture.add("BORN")
    let content = try MetaBias.content(input(fixture))
    let result = try #require(content.requirements.first { $0.requirement.id == "RON-E" })
    #expect(result.verdict == .notTested)
    #expect(result.reasons.map(\.reason) == ["not measurable: no PTC01 in the warehouse"])
    #expect(!content.figures.contains { $0.name.contains("ELE") })
  }

  @Test("with a gain the electrons are there for that block alone")
  func gain() throws {
    let fixture = try WarehouseFixture()
    try fixture.add("BORN")
    try fixture.add("DIRAC")
    var variation = WarehouseFixture.Variation()
    variation.test = "PTC01"
    variation.gain = 3.3
    try fixture.add("BORN", variation)
    let content = try MetaBias.content(input(fixture))
    let result = try #require(content.requirements.first { $0.requirement.id == "RON-E" })
    #expect(result.counts(result.flightPlaces) == (12, 0, 132))
    let place = ChannelPlace(block: "BORN", detector: "CCD2", amplifier: "H")
    guard case .pass(let value, _)? = result.outcomes[place] else {
      Issue.record("not tested")
      return
    }
    let expected =
      fixture.readNoise("BORN", "CCD2", "H", item: "ove")
      * (3.3 + fixture.spread("BORN", "CCD2", "H") / 10)
    #expect(abs(value - expected) < 1e-9)
    #expect(content.products.contains { $0.name == "BIAS01_RON_ELE_MAP.json" })
  }

  @Test("noise beyond its limits fails the requirement for just those quadrants")
  func failing() throws {
    let fixture = try WarehouseFixture()
    try fixture.add("BORN")
    var noisy = WarehouseFixture.Variation()
    noisy.noise = 0.5
    try fixture.add("DIRAC", noisy)
    let content = try MetaBias.content(input(fixture))
    let result = try #require(content.requirements.first { $0.requirement.id == "RON-OVE" })
    #expect(result.verdict == .fail)
    #expect(result.failing.count == 12)
    #expect(result.failing.allSatisfy { $0.block == "DIRAC" })
  }

  @Test("runs of another camera are set aside, and named")
  func otherCamera() throws {
    let fixture = try WarehouseFixture()
    try fixture.add("BORN")
    let selection = try #require(try MetaBias.content(input(fixture)).selections.first)
    let kept = selection.keeping(camera: "tiny")
    #expect(kept == selection)
    let aside = selection.keeping(camera: "euclid-vis")
    #expect(aside.run == nil)
    #expect(aside.reason == "run 1 is of another camera, tiny")
  }

  @Test("blocks off the plane are in tables and histograms, not on the plane")
  func spares() throws {
    let fixture = try WarehouseFixture()
    try fixture.add("BORN")
    try fixture.add("MAX")
    let content = try MetaBias.content(input(fixture))
    let histogram = try #require(content.figures.first { $0.name == "BIAS01_RON_OVE_HIST" })
    guard case .panel(.axes(let axes)) = try histogram.figure().content else {
      Issue.record("no axes")
      return
    }
    let labels = axes.marks.compactMap { mark -> String? in
      if case .steps(let steps) = mark { steps.label } else { nil }
    }
    #expect(labels == ["flight blocks,\nN = 12", "with spare blocks,\nN = 24"])
    let map = try #require(content.figures.first { $0.name == "BIAS01_RON_OVE_MAP" })
    guard case .cells(let cells) = try map.figure().content else {
      Issue.record("no map")
      return
    }
    #expect(cells.values.count == 12)
  }

  @Test("maps as JSON are strict, complete, and hold the numbers themselves")
  func json() throws {
    let fixture = try WarehouseFixture()
    var variation = WarehouseFixture.Variation()
    variation.missing = ["CCD1/E": "one \"frame\"\n"]
    try fixture.add("BORN", variation)
    let content = try MetaBias.content(input(fixture))
    let product = try #require(content.products.first { $0.name == "BIAS01_RON_ADU_MAP.json" })
    let path = fixture.folder + "/map.json"
    try product.write(path)
    let text = String(decoding: try bytes(path), as: UTF8.self)
    #expect(!text.contains("NaN") && !text.contains("Infinity"))
    let root = try #require(
      try JSONSerialization.jsonObject(with: try bytes(path)) as? [String: Any])
    #expect(root["units"] as? String == "ADU")
    #expect(root["title"] as? String == "RON MAP")
    func at(_ key: String, _ slot: String, _ quadrant: String, _ region: String) -> Any? {
      ((root[key] as? [String: Any])?[slot] as? [String: Any])
        .flatMap { $0[quadrant] as? [String: Any] }?[region]
    }
    // Every digit is there; JSONSerialization itself does not read the last one back.
    let exact = fixture.readNoise("BORN", "CCD2", "G", item: "img")
    #expect(text.contains("\"img\" : \(exact)"))
    #expect(abs((at("data", "C_12", "G", "img") as? Double ?? 0) - exact) < 1e-12)
    #expect(at("uncertainty", "C_12", "G", "img") as? Double == 0.004)
    #expect(at("data", "C_11", "E", "ove") == nil)
    #expect(at("missing", "C_11", "E", "ove") as? String == "one \"frame\"\n")
    #expect(at("missing", "C_66", "H", "pre") as? String == "no run of BIAS01")
    var places = 0
    for key in ["data", "missing"] {
      for slot in (root[key] as? [String: [String: [String: Any]]] ?? [:]).values {
        places += slot.values.reduce(0) { $0 + $1.count }
      }
    }
    #expect(places == 36 * 4 * 3)
  }

  @Test("the report and all products are made, twice with the same bytes")
  func whole() async throws {
    let fixture = try WarehouseFixture()
    try fixture.fill(gains: true)
    // The report names its figures by path, so both runs use the same folder.
    let input = input(fixture)
    var first: [String: Data] = [:]
    for round in 0..<2 {
      let outcome: MetatestOutcome
      do {
        outcome = try await MetatestRunner.run(MetaBias.self, input)
      } catch let error as LatexError where error.kind == .missing {
        return
      }
      #expect(outcome.warnings.isEmpty, "\(outcome.warnings)")
      #expect(outcome.isOutOfLimits)
      #expect(outcome.paths.first?.hasSuffix("/MetaBias_report.pdf") == true)
      for path in outcome.paths {
        if round == 0 {
          first[path] = try bytes(path)
        } else {
          #expect(try bytes(path) == first[path], "\(path) differs")
        }
      }
      #expect(first.count == outcome.paths.count)
    }
    let names = Set(first.keys.map { $0.split(separator: "/").last.map(String.init) ?? "" })
    #expect(
      names.isSuperset(of: [
        "MetaBias.xlsx", "MetaBias.fits", "MASTER_BIAS_BIAS01.fits", "BIAS01_OFFSETS_MAP.json",
        "BIAS01_RON_OVE_MAP.png", "BIAS01_RON_ELE_MAP.png",
      ]))
  }

  @Test("a camera that is on no focal plane has tables and histograms, and no maps")
  func foreignCamera() async throws {
    let fixture = try WarehouseFixture(camera: "esis-ccd230")
    var variation = WarehouseFixture.Variation()
    variation.hasMasters = false
    try fixture.add("LAB", variation)
    let content = try MetaBias.content(input(fixture))
    #expect(content.images.isEmpty)
    #expect(content.figures.allSatisfy { !$0.name.hasSuffix("_MAP") })
    #expect(content.figures.contains { $0.name == "BIAS01_RON_OVE_HIST" })
    #expect(content.requirements.allSatisfy { $0.verdict == .notTested })
    do {
      let outcome = try await MetatestRunner.run(MetaBias.self, input(fixture))
      #expect(outcome.warnings.isEmpty, "\(outcome.warnings)")
    } catch let error as LatexError where error.kind == .missing {
      return
    }
  }

  @Test("without masters the image is all fill, and the mosaic says what is missing")
  func noMasters() throws {
    let fixture = try WarehouseFixture()
    var variation = WarehouseFixture.Variation()
    variation.hasMasters = false
    try fixture.add("BORN", variation)
    let content = try MetaBias.content(input(fixture))
    let path = fixture.folder + "/image.fits"
    try content.images[0].write(path)
    let named = try #require(content.figures.first { $0.name == "MASTER_BIAS_BIAS01" })
    guard case .grid(let grid) = try named.figure().content else {
      Issue.record("no grid")
      return
    }
    #expect(grid.rows[5][0] == .missing("C_11: no master"))
  }

  @Test("names from outside do no harm in the report")
  func hostileNames() async throws {
    let fixture = try WarehouseFixture()
    var variation = WarehouseFixture.Variation()
    variation.operatorName = "\\input{/etc/passwd} $x_1^2$ & 100% #\u{1F600}"
    variation.session = "=cmd|' /C calc'!A0"
    variation.missing = ["CCD1/E": "\\end{document} <b>"]
    try fixture.add("BORN", variation)
    try fixture.add(
      "../../ESCAPE_&",
      {
        var v = variation
        v.hasMasters = false
        return v
      }())
    do {
      let outcome = try await MetatestRunner.run(MetaBias.self, input(fixture))
      #expect(outcome.warnings.isEmpty, "\(outcome.warnings)")
    } catch let error as LatexError where error.kind == .missing {
      return
    }
  }
}
