import BlockTests
import Detector
import Foundation
import LatexReport
import Testing
import Warehouse

@testable import Metatests

@Suite("MetaBF")
struct MetaBFTests {
  private typealias Q = BrighterFatterQuantities

  private func input(_ fixture: WarehouseFixture) -> MetatestInput {
    MetatestInput(
      warehouse: fixture.warehouse, plane: fixture.plane, design: fixture.design,
      folder: fixture.folder + "/out")
  }

  /// A run with three fluences; without a gain widths are missing.
  @discardableResult
  private func add(
    _ fixture: WarehouseFixture, _ block: String, test: String = "BF01", gain: Double? = 3.4
  ) throws -> TestRunKey {
    let warehouse = fixture.warehouse
    let name = "\(block)_\(test)"
    let analysis = try warehouse.beginAnalysis(
      AnalysisRecord(
        name: name, ulid: "01D6\(name)", programVersion: "0.1.0", host: "host",
        operatorName: "someone", commandLine: "vison-run", configuration: "",
        configurationDigest: "c0", libraries: [:], started: "2019-03-23T19:36:47Z"))
    let run = try warehouse.beginTestRun(
      TestRunRecord(
        campaign: "flight", block: block, camera: fixture.camera.name, test: test, session: "D11",
        obsids: 1000...1005, dayFolders: ["23_Mar_19"],
        serials: ["CCD1": "1", "CCD2": "2", "CCD3": "3"], configurationDigest: "c1",
        inputDigest: "i\(name)", started: "2019-03-23T19:36:47Z", inputs: [],
        exposures: fixture.camera.detectors.flatMap { detector in
          (0..<6).map {
            ExposureRecord(
              obsid: 1000 + $0, detector: detector, time: "2019-03-23T19:36:47Z",
              exposureSeconds: 1, commanded: ["label": "col00\($0 / 2 + 1)"])
          }
        }), of: analysis)
    var commit = SubtaskCommit(name: "meta", ordinal: 7, seconds: 1)
    for detector in fixture.camera.detectors {
      for amplifier in fixture.camera.amplifiers.map(\.name) {
        func measure(_ quantity: Quantity, _ item: String?, _ value: Double?) {
          commit.measurements.append(
            MeasurementRecord(
              quantity: quantity, detector: detector, amplifier: amplifier, item: item,
              value: value.map { .value($0, uncertainty: 0.01, count: 3) }
                ?? .missing(reason: "no gain")))
        }
        let part = fixture.spread(block, detector, amplifier)
        measure(Q.gain, nil, gain)
        measure(Q.widthX, nil, gain.map { _ in 9 + part })
        measure(Q.widthY, nil, gain.map { _ in 9.2 + part })
        measure(Q.slopeX, nil, gain.map { _ in 0.4 })
        measure(Q.ellipticity, nil, gain.map { _ in 0.02 })
        measure(Q.a, "a10", 1e-7 + part * 1e-8)
        for column in 1...3 {
          measure(Q.columnMean, "col00\(column)", 15000 * Double(column))
          measure(Q.columnVariance, "col00\(column)", 4000 * Double(column))
          measure(Q.columnWidthX, "col00\(column)", gain.map { _ in 8 + Double(column) })
          measure(Q.columnWidthY, "col00\(column)", gain.map { _ in 8.5 + Double(column) })
          commit.curves.append(
            CurveRecord(
              name: Q.columnCorrelations,
              place: ResultPlace(
                detector: detector, amplifier: amplifier, obsid: 998 + 2 * column), xUnit: .none,
              yUnit: .none, x: [0, 1, 2, 3], y: [1, 0.02, 0.01, 0.005],
              uncertainty: [0.001, 0.001, 0.001, 0.001]))
          for (name, shifts) in [
            (Q.columnVertical, [1e-7, 2e-8, 3e-8, 4e-9]), (Q.columnHorizontal, [5e-8, 6e-9, 7e-9, 8e-9]),
          ] where column == 2 {
            commit.curves.append(
              CurveRecord(
                name: name,
                place: ResultPlace(
                  detector: detector, amplifier: amplifier, obsid: 998 + 2 * column), xUnit: .none,
                yUnit: .pixelPerElectron, x: [0, 1, 2, 3], y: shifts,
                uncertainty: [1e-9, 1e-9, 1e-9, 1e-9]))
          }
        }
      }
    }
    if gain != nil {
      commit.measurements.append(
        MeasurementRecord(quantity: Q.gainRun, value: .value(17)))
    }
    try warehouse.commit(commit, to: run)
    try warehouse.finishTestRun(run, status: .finished, time: "2019-03-23T20:00:00Z")
    try warehouse.finishAnalysis(analysis, status: .finished, time: "2019-03-23T20:00:00Z")
    return run
  }

  @Test("Without runs there is nothing to aggregate; it is among the metatests")
  func empty() throws {
    let fixture = try WarehouseFixture()
    #expect(throws: MetatestError.self) { try MetaBF.content(input(fixture)) }
    #expect(try MetatestCatalog.metatest(named: "metabf").name == "MetaBF")
  }

  @Test("Maps, curves, fluences and, with two wavelengths, their figures; the run of the gains is named")
  func figures() throws {
    let fixture = try WarehouseFixture()
    try add(fixture, "BORN")
    let names = Set(try MetaBF.content(input(fixture)).figures.map(\.name))
    for name in [
      "BF01_FWHMX_HWC_MAP", "BF01_FWHMX_CURVES", "BF01_FWHMY_CURVES", "BF01_FWHMX_vs_FLUENCE",
      "BF01_A10_MAP", "BF01_ELL_HWC_MAP",
    ] { #expect(names.contains(name), "\(name)") }
    // What no run has is no empty map.
    #expect(!names.contains("BF01_RESTORED_MAP") && !names.contains("FWHMX_vs_WAVELENGTH"))
    try add(fixture, "BORN", test: "BF01_590")
    let content = try MetaBF.content(input(fixture))
    #expect(content.figures.contains { $0.name == "FWHMX_vs_WAVELENGTH" })
    #expect("\(content.document)".contains("BF01 of BORN: run 17"))
    // Every figure that the report shows is made, and none twice.
    #expect(Set(content.figures.map(\.name)).count == content.figures.count)
    for figure in content.figures { _ = try figure.figure() }
  }

  @Test("Without gains there are no widths, and the report says why; coefficients stay")
  func withoutGains() throws {
    let fixture = try WarehouseFixture()
    try add(fixture, "BORN", gain: nil)
    let content = try MetaBF.content(input(fixture))
    let names = Set(content.figures.map(\.name))
    #expect(names.contains("BF01_A10_MAP"))
    #expect(!names.contains { $0.contains("FWHM") })
    let text = "\(content.document)"
    #expect(text.contains("BF01 of BORN: no gain"))
    #expect(text.contains("No widths: without gains of PTC01 they are not measurable"))
  }

  @Test("Matrices by position and script column; the same bytes again")
  func matrices() throws {
    let fixture = try WarehouseFixture()
    let run = try add(fixture, "BORN")
    let content = try MetaBF.content(input(fixture))
    try FileManager.default.createDirectory(
      atPath: fixture.folder + "/out", withIntermediateDirectories: true)
    for name in [
      "BFE_COV_matrices.json", "BFE_GUYO15_PARS.json", "BFE_GUYO15_GAUSSEQUIV_PSFs.fits",
      "MetaBF.fits",
    ] {
      let product = try #require(content.products.first { $0.name == name })
      let paths = ["a", "b"].map { "\(fixture.folder)/out/\($0)_\(name)" }
      for path in paths { try product.write(path) }
      #expect(
        FileManager.default.contents(atPath: paths[0])
          == FileManager.default.contents(atPath: paths[1]))
    }
    let data = try #require(
      FileManager.default.contents(atPath: fixture.folder + "/out/a_BFE_COV_matrices.json"))
    let file = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let tests = try #require(file["data"] as? [String: [String: [String: Any]]])
    let slot = try #require(fixture.design.slot(block: "BORN", detector: "CCD1")?.name)
    let block = try #require(tests["BF01"]?[slot])
    #expect(block["run"] as? Int64 == run.id && block["CCD"] as? String == "CCD1")
    let columns = try #require(block["columns"] as? [String: [String: Any]])
    #expect(columns["col002"]?["muE"] as? Double == 30000)
    #expect(columns["col002"]?["NpairsG"] as? Double == 3)
    #expect(columns["col002"]?["corrmapG"] as? [[Double]] == [[1, 0.02], [0.01, 0.005]])
    let other = try #require(
      FileManager.default.contents(atPath: fixture.folder + "/out/a_BFE_GUYO15_PARS.json"))
    let parameters = try #require(try JSONSerialization.jsonObject(with: other) as? [String: Any])
    let found = try #require(parameters["data"] as? [String: [String: [String: Any]]])
    let shifts = try #require(found["BF01"]?[slot]?["columns"] as? [String: [String: Any]])
    #expect(shifts["col002"]?["VG"] as? [[Double]] == [[1e-7, 2e-8], [3e-8, 4e-9]])
    // Sides +y, +x, -y, -x of pixel (1, 1) and of the charge's own, which is pushed in from all four; gain 3.4 +- 0.01.
    let sides = try #require(shifts["col002"]?["AsolG"] as? [[[Double]]])
    for (value, expected) in zip(sides[1][1], [4e-9, 8e-9, -3e-8, -6e-9]) {
      #expect(abs(value / (3.4 * expected) - 1) < 1e-12)
    }
    #expect(sides[0][0] == [3.4 * 1e-7, 3.4 * 5e-8, 3.4 * 1e-7, 3.4 * 5e-8])
    let errors = try #require(shifts["col002"]?["e_AsolG"] as? [[[Double]]])
    #expect(abs(errors[0][0][0] / (3.4e-9 * 3.4e-9 + 1e-9 * 1e-9).squareRoot() - 1) < 1e-9)
    #expect(shifts["col001"]?["AsolG"] == nil)
  }

  @Test("No box of the report of a whole plane sticks out")
  func boxes() async throws {
    let fixture = try WarehouseFixture()
    for block in fixture.design.flight {
      try add(fixture, block)
      try add(fixture, block, test: "BF01_590")
      try add(fixture, block, test: "BF01_880", gain: nil)
    }
    do {
      let outcome = try await MetatestRunner.run(
        try MetatestCatalog.metatest(named: "MetaBF"), input(fixture))
      #expect(outcome.warnings.isEmpty, "\(outcome.warnings)")
    } catch let error as LatexError where error.kind == .missing {
      return
    }
  }
}
