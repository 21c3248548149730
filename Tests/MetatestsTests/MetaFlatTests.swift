import BlockTests
import Detector
import DurableFiles
import FITSFiles
import Foundation
import LatexReport
import Testing
import Warehouse

@testable import Metatests

extension WarehouseFixture {
  /// Adds a run of a test of flat fields with some fluences; PRNU is `prnu` at the first and falls from one to the next.
  @discardableResult
  func addFlat(
    _ block: String, test: String = "FLAT01", labels: [String] = ["col001", "col002"],
    prnu: Double = 0.8, step: String = "masterflat", missing: String? = nil
  ) throws -> StoredTestRun {
    let number = try warehouse.testRuns().count + 1
    let started = "2019-03-24T10:00:00Z"
    let analysis = try warehouse.beginAnalysis(
      AnalysisRecord(
        name: "F\(number)", ulid: "01F\(number)", programVersion: "0.1.0", host: "host",
        operatorName: "operator", commandLine: "vison-run", configuration: "block: \(block)\n",
        configurationDigest: "c0", libraries: [:], started: started))
    let first = 5000 + 10 * number
    let serials = plane.block(named: block)?.serials ?? [:]
    let run = try warehouse.beginTestRun(
      TestRunRecord(
        campaign: "flight", block: block, camera: camera.name, test: test, session: "D22",
        obsids: first...first + 2, dayFolders: ["24_Mar_19"],
        serials: serials.isEmpty ? ["CCD1": "1", "CCD2": "2", "CCD3": "3"] : serials,
        configurationDigest: "c1", inputDigest: "f\(number)", started: started,
        inputs: [InputFileRecord(role: .raw, path: "raw/\(block).fits", size: 10, sha256: "aa")],
        exposures: []), of: analysis)
    var commit = SubtaskCommit(name: step, ordinal: 4, seconds: 2)
    let folder = "products/\(block)/\(test)/\(number)"
    try AtomicFile.makeFolder("\(self.folder)/\(folder)")
    for detector in camera.detectors {
      for (index, label) in labels.enumerated() {
        for amplifier in camera.amplifiers.map(\.name) {
          func measure(_ quantity: Quantity, _ item: String?, _ value: MeasuredValue) {
            commit.measurements.append(
              MeasurementRecord(
                quantity: quantity, detector: detector, amplifier: amplifier, item: item,
                value: value))
          }
          let light = 16_000 * Double(index + 1)
          measure(FlatQuantities.frames, label, .value(8, uncertainty: nil, count: nil))
          measure(FlatQuantities.fluence, label, .value(light, uncertainty: 16, count: 8))
          if let missing, amplifier == "E" {
            measure(FlatQuantities.prnu, label, .missing(reason: missing))
          } else {
            measure(
              FlatQuantities.prnu, label,
              .value(prnu - 0.05 * Double(index), uncertainty: 0.005, count: 5000))
          }
          measure(FlatQuantities.noise, label, .value(0.1, uncertainty: 0.001, count: 5000))
          if index == 0 {
            measure(FlatQuantities.prnuAtZero, nil, .value(prnu + 0.05, uncertainty: 0.01, count: 2))
            measure(FlatQuantities.defects, "masked", .value(3, uncertainty: nil, count: nil))
          }
        }
        let image = Image<Float>(width: camera.width, height: camera.height, filledWith: 1)
        image[40, 20] = 0.9
        let path = "\(folder)/EUC_FF_800nm_\(label)_ROE1_\(detector).fits"
        try FITSWriter.write(
          to: "\(self.folder)/\(path)",
          hdus: [.empty(cards: []), .image(name: "FLAT", pixels: .float32(image))])
        commit.artifacts.append(
          ArtifactRecord(
            role: "master-flat", mediaType: "application/fits", path: path,
            size: try FileSize.bytes(of: "\(self.folder)/\(path)"),
            sha256: try SHA256Digest(ofFile: "\(self.folder)/\(path)").hexadecimal, title: "Master",
            detector: detector))
      }
    }
    try warehouse.commit(commit, to: run)
    try warehouse.finishTestRun(run, status: .finished, time: started)
    try warehouse.finishAnalysis(analysis, status: .finished, time: started)
    return try warehouse.testRun(run)
  }
}

@Suite("MetaFlat")
struct MetaFlatTests {
  private func input(_ fixture: WarehouseFixture) -> MetatestInput {
    MetatestInput(
      warehouse: fixture.warehouse, plane: fixture.plane, design: fixture.design,
      folder: fixture.folder + "/out")
  }

  private func text(
    _ name: String, of content: MetatestContent, _ fixture: WarehouseFixture
  ) throws -> String {
    let product = try #require(content.products.first { $0.name == name }, "\(name)")
    try AtomicFile.makeFolder(fixture.folder + "/out")
    let path = "\(fixture.folder)/out/\(name)"
    try product.write(path)
    return try String(contentsOfFile: path, encoding: .utf8)
  }

  @Test("Runs that did not finish the master flats do not count; without any there is nothing")
  func empty() throws {
    let fixture = try WarehouseFixture()
    try fixture.addFlat("BORN", step: "check")
    let error = #expect(throws: MetatestError.self) { try MetaFlat.content(input(fixture)) }
    #expect(error?.kind == .noResults)
    try fixture.addFlat("BORN")
    #expect(try MetaFlat.content(input(fixture)).selections.contains { $0.run != nil })
    // The plain rule finds them too, by the test's own last step.
    let selections = try input(fixture).selector.selections(test: "FLAT01", design: fixture.design)
    #expect(selections.first { $0.block == "BORN" }?.run != nil)
  }

  @Test("Figures, maps and averages of each test and fluence; gains make electrons")
  func content() throws {
    let fixture = try WarehouseFixture()
    try fixture.addFlat("BORN")
    try fixture.addFlat("DIRAC", prnu: 1.0, missing: "saturated: no valid pixels")
    try fixture.addFlat("BORN", test: "FLAT02_590", prnu: 0.9)
    try fixture.addBare("BORN", .init(test: "PTC01", gain: 3.2))
    let content = try MetaFlat.content(input(fixture))
    let names = Set(content.figures.map(\.name))
    for name in [
      "PRNU_vs_WAVELENGTH", "PRNU_ZERO_vs_WAVELENGTH", "PRNU_vs_FLU_FLAT01", "PRNU_vs_FLU_FLAT02_590",
      "PRNU_MAP_FLAT01_col001", "PRNU_MAP_FLAT01_col002", "FLAT01_PRNU_ZERO_MAP",
      "FLAT01_DEFECTS_MAP", "MF_FLAT01_col002", "FLAT01_PRNU_col001_HIST",
    ] { #expect(names.contains(name), "\(name)") }
    #expect(names.count == content.figures.count)
    #expect(content.images.map(\.name).sorted().first == "MF_FLAT01_col001.fits")
    let stats = try text("MF_STATS_FLAT01_col001.json", of: content, fixture)
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(stats.utf8)) as? [String: Any])
    // 12 quadrants at 0.8 and 9 at 1.0: three of the second block are not measurable.
    #expect(abs((json["AVPRNU"] as? Double ?? 0) - (12 * 0.8 + 9 * 1.0) / 21) < 1e-9)
    #expect(abs((json["AVEFLAT"] as? Double ?? 0) - 0.001) < 1e-12)
    // Electrons of BORN alone, which has a gain.
    #expect((json["AVFLUELE"] as? Double ?? 0) > 16_000 * 3.1)
    #expect(stats.contains("saturated: no valid pixels"))
    let map = try text("PRNU_MAP_FLAT01_col001.json", of: content, fixture)
    #expect(map.contains("no run of FLAT01") && map.contains("0.8"))
    let tables = try #require(content.products.first { $0.name == "MetaFlat.fits" })
    try tables.write(fixture.folder + "/out/MetaFlat.fits")
    let file = try FITSFile(path: fixture.folder + "/out/MetaFlat.fits")
    #expect(file.structure.hdus.contains { $0.name == "MF_STATS" })
    #expect(file.structure.hdus.contains { $0.name == "FLAT02_590" })
  }

  @Test("Detectors of the batches with high PRNU are apart, and electrons carry both errors")
  func batches() throws {
    let fixture = try WarehouseFixture()
    // Two detectors of DIRAC are of the high batches.
    try fixture.addFlat("DIRAC")
    try fixture.addBare("DIRAC", .init(test: "PTC01", gain: 3.0))
    let input = input(fixture)
    let selections = try input.selector.selections(test: "FLAT01", design: fixture.design)
    let plane = try FlatPlane(
      input, test: "FLAT01",
      layout: PlaneLayout(plane: fixture.plane, design: fixture.design, camera: fixture.camera),
      selections: selections, gains: try PlaneGains(input))
    let prnu = plane.map(FlatQuantities.prnu, "col001")
    #expect(plane.mean(prnu, isHigh: true)?.count == 8)
    #expect(plane.mean(prnu, isHigh: false)?.count == 4)
    let place = ChannelPlace(block: "DIRAC", detector: "CCD1", amplifier: "E")
    let electrons = plane.electrons("col001")
    let gain = 3.0 + fixture.spread("DIRAC", "CCD1", "E") / 10
    let expected = (16 * gain * 16 * gain + 0.01 * 16_000 * 0.01 * 16_000).squareRoot()
    #expect(abs((electrons.number(at: place) ?? 0) - 16_000 * gain) < 1e-6)
    #expect(abs((electrons.uncertainty(at: place) ?? 0) - expected) < 1e-6)
  }

  @Test("The LE1 image holds every detector's flat and ones elsewhere")
  func image() throws {
    let fixture = try WarehouseFixture()
    try fixture.addFlat("BORN", labels: ["col001"])
    let content = try MetaFlat.content(input(fixture))
    let product = try #require(content.images.first)
    try AtomicFile.makeFolder(fixture.folder + "/out")
    let path = "\(fixture.folder)/out/\(product.name)"
    try product.write(path)
    let file = try FITSFile(path: path)
    #expect(file.structure.hdus.count == 145)
    let cards = file.structure.hdus[0].cards
    #expect(cards.card("CDP")?.value == .text("MASTERFLAT"))
    #expect(cards.card("WAVE")?.value == .text("800 nm"))
    let with = try file.readFloat(.named("1-1.H"))
    let values = Array(with.pixels)
    #expect(abs((values.min() ?? 0) - 0.9) < 0.01 && values.max() == 1)
    let without = try file.readFloat(.named("6-6.E"))
    #expect(without.pixels.allSatisfy { $0 == 1 })
    let again = path + ".again"
    try product.write(again)
    #expect(try Data(contentsOf: URL(filePath: path)) == Data(contentsOf: URL(filePath: again)))
  }

  @Test("No box of the report of a whole plane sticks out")
  func boxes() async throws {
    let fixture = try WarehouseFixture()
    for block in fixture.design.flight {
      try fixture.addFlat(block, labels: ["col001", "col002", "col003"])
      try fixture.addFlat(block, test: "FLAT02_590", prnu: 0.9)
      try fixture.addFlat(block, test: "FLAT02_880", prnu: 0.7)
    }
    do {
      let outcome = try await MetatestRunner.run(
        try MetatestCatalog.metatest(named: "MetaFlat"), input(fixture))
      #expect(outcome.warnings.isEmpty, "\(outcome.warnings)")
    } catch let error as LatexError where error.kind == .missing {
      return
    }
  }
}
