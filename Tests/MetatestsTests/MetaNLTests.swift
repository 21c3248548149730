import BlockTests
import Detector
import FITSFiles
import Foundation
import LatexReport
import Plots
import Testing
import Warehouse

@testable import Metatests

@Suite("MetaNL")
struct MetaNLTests {
  private typealias Q = LinearityQuantities

  private func input(_ fixture: WarehouseFixture) -> MetatestInput {
    MetatestInput(
      warehouse: fixture.warehouse, plane: fixture.plane, design: fixture.design,
      folder: fixture.folder + "/out")
  }

  /// A run with curves of twenty signals; quadrant CCD3 H could not be fitted.
  @discardableResult
  private func add(
    _ fixture: WarehouseFixture, _ block: String, test: String = "NL02", stability: Double = 0.03,
    serials: [String: String] = [:], step: String = "NL", started: String = "2019-03-23T19:36:47Z"
  ) throws -> TestRunKey {
    let warehouse = fixture.warehouse
    let name = "\(block)_\(test)"
    let analysis = try warehouse.beginAnalysis(
      AnalysisRecord(
        name: name, ulid: "01D6\(name)", programVersion: "0.1.0", host: "host",
        operatorName: "someone", commandLine: "vison-run", configuration: "",
        configurationDigest: "c0", libraries: [:], started: started))
    let run = try warehouse.beginTestRun(
      TestRunRecord(
        campaign: "flight", block: block, camera: fixture.camera.name, test: test, session: "D11",
        obsids: 1000...1005, dayFolders: ["23_Mar_19"],
        serials: ["CCD1": "1", "CCD2": "2", "CCD3": "3"].mapValues { "\(block)-\($0)" }
          .merging(serials) { $1 },
        configurationDigest: "c1", inputDigest: "i\(name)", started: started, inputs: [],
        exposures: []), of: analysis)
    var commit = SubtaskCommit(name: step, ordinal: 3, seconds: 1)
    for detector in fixture.camera.detectors {
      for amplifier in fixture.camera.amplifiers.map(\.name) {
        let isDead = detector == "CCD3" && amplifier == "H"
        func measure(_ quantity: Quantity, _ value: Double, item: String? = nil) {
          commit.measurements.append(
            MeasurementRecord(
              quantity: quantity, detector: detector, amplifier: amplifier, item: item,
              value: isDead
                ? .missing(reason: "no light") : .value(value, uncertainty: 0.01, count: 3)))
        }
        let part = fixture.spread(block, detector, amplifier)
        measure(Q.largest, -0.7 - part)
        measure(Q.largestSignal, 50_000)
        measure(Q.largestCore, -0.6)
        measure(Q.stability, stability)
        measure(Q.saturation, 57_000 + 1000 * part)
        measure(Q.inefficiencyLevel, 1e-6, item: "serial")
        guard !isDead else { continue }
        let x = (1...20).map { 2500 * Double($0) }
        let y = x.map { (part - $0 / 32_768) / 2 }
        let place = ResultPlace(detector: detector, amplifier: amplifier)
        for name in [Q.fit, Q.curve] {
          commit.curves.append(
            CurveRecord(
              name: name, place: place, xUnit: .adu, yUnit: .percent, x: x, y: y,
              uncertainty: x.map { _ in 0.01 }))
        }
        commit.curves.append(
          CurveRecord(
            name: Q.used, place: place, xUnit: .adu, yUnit: .none, x: x,
            y: x.map { $0 < 45_000 ? 1 : 0 }, uncertainty: nil))
      }
    }
    try warehouse.commit(commit, to: run)
    try warehouse.finishTestRun(run, status: .finished, time: "2019-03-23T20:00:00Z")
    try warehouse.finishAnalysis(analysis, status: .finished, time: "2019-03-23T20:00:00Z")
    return run
  }

  @Test("Without runs there is nothing to aggregate, nor with runs of the checks alone")
  func empty() throws {
    let fixture = try WarehouseFixture()
    #expect(throws: MetatestError.self) { try MetaNL.content(input(fixture)) }
    try add(fixture, "BORN", step: "check")
    #expect(throws: MetatestError.self) { try MetaNL.content(input(fixture)) }
    #expect(try MetatestCatalog.metatest(named: "metanl").name == "MetaNL")
  }

  @Test("All figures of curves and maps; without gains in ADU, and the report says why")
  func figures() throws {
    let fixture = try WarehouseFixture()
    try add(fixture, "BORN")
    try add(fixture, "DIRAC")
    let content = try MetaNL.content(input(fixture))
    let names = Set(content.figures.map(\.name))
    for name in [
      "NL02_SOURCE_STABILITY_MAP", "NL02_MAXNL_MAP", "NL02_NL_curves_FPAMAP",
      "NL02_NL_curves_rel_fit", "NL02_NL_curves_rel_fit_bychamber", "NL02_NL_curves_rel_data",
      "NL02_NL_curves_rel_data_bychamber", "NL02_NL_curves_abs_fit", "NL02_CTI_SERIAL_MAP",
    ] { #expect(names.contains(name), "\(name)") }
    // What no run has is no empty map.
    #expect(!names.contains("NL02_KNEE_MAP") && !names.contains("NL02_MAXNL_FLUELE_MAP"))
    #expect(names.count == content.figures.count)
    for figure in content.figures { _ = try figure.figure() }
    let text = "\(content.document)"
    #expect(text.contains("no PTC01 in the warehouse") && text.contains("thousands of ADU"))
    #expect(!names.contains { $0.contains("TWICE") })
  }

  @Test("With gains the signals are electrons, whichever run came first; the run is named")
  func electrons() throws {
    for gainFirst in [true, false] {
      let fixture = try WarehouseFixture()
      if !gainFirst { try add(fixture, "BORN") }
      let gain = try fixture.addBare("BORN", .init(test: "PTC01", gain: 3.2))
      if gainFirst { try add(fixture, "BORN") }
      try add(fixture, "DIRAC")
      let content = try MetaNL.content(input(fixture))
      #expect("\(content.document)".contains("BORN run \(gain.key.id)"))
      let names = Set(content.figures.map(\.name))
      #expect(names.contains("NL02_MAXNL_FLUELE_MAP"))
      try FileManager.default.createDirectory(
        atPath: fixture.folder + "/out", withIntermediateDirectories: true)
      let product = try #require(
        content.products.first { $0.name == "NL02_CURVES_and_DATAPOINTS.fits" })
      let paths = ["a", "b"].map { "\(fixture.folder)/out/\($0).fits" }
      for path in paths { try product.write(path) }
      #expect(
        try Data(contentsOf: URL(filePath: paths[0])) == Data(contentsOf: URL(filePath: paths[1])))
      let table = try FITSFile(path: paths[0]).readTable(.named("BESTFIT"))
      let x = try table.doubles("X_BORN_CCD1_E")
      #expect(x.count == 20 && abs(x[0] - 2.5 * 3.2) < 0.5 && abs(x[1] - 2 * x[0]) < 1e-9)
      // Points that were not fitted are not among the data; the column ends with empty cells.
      let points = try FITSFile(path: paths[0]).readTable(.named("DATAPOINTS"))
      #expect(try points.doubles("X_BORN_CCD1_E").filter(\.isFinite).count == 17)
      // DIRAC has no gain: it has no place on an axis of electrons, and the table says why.
      #expect(throws: (any Error).self) { try table.doubles("X_DIRAC_CCD1_E") }
    }
  }

  @Test("Tests are compared: each quadrant's own difference, the median curves, a table of the products")
  func comparison() throws {
    let fixture = try WarehouseFixture()
    try add(fixture, "BORN")
    #expect(!(try MetaNL.content(input(fixture)).figures.contains { $0.name == "NL_by_test" }))
    try add(fixture, "BORN", test: "NL02_155R")
    try add(fixture, "DIRAC", test: "NL02_155R")
    let content = try MetaNL.content(input(fixture))
    let figure = try #require(content.figures.first { $0.name == "NL_by_test" })
    guard case .panel(.axes(let axes)) = try figure.figure().content else {
      Issue.record("no axes")
      return
    }
    #expect(axes.marks.count == 3)
    #expect("\(content.document)".contains("Comparison of the tests"))
    let differences = [0.1, 0.3, 0.2]
    let found = try #require(LinearityComparison.Difference(differences))
    #expect(abs(found.median - 0.2) < 1e-12 && found.count == 3)
    #expect(abs(found.uncertainty - 1.2533 * 1.4826 * 0.1 / 3.0.squareRoot()) < 1e-9)
    #expect(LinearityComparison.Difference([1]) == nil)
  }

  @Test("No box of the report of a whole plane sticks out", .serialized, arguments: ["MetaNL", "MetaPTC"])
  func boxes(name: String) async throws {
    let fixture = try WarehouseFixture()
    for block in fixture.design.flight {
      var variation = WarehouseFixture.Variation(test: "PTC01", gain: 3.2)
      try fixture.addBare(block, variation)
      guard name == "MetaNL" else {
        variation.session = "D12"
        (variation.test, variation.started) = ("PTC02_590", "2019-05-01T10:00:00Z")
        try fixture.addBare(block, variation)
        variation.test = "PTC01"
        try fixture.addBare(block, variation)
        continue
      }
      try add(fixture, block)
      try add(fixture, block, test: "NL02_155R", serials: ["CCD1": "15081-08-02"])
    }
    do {
      let outcome = try await MetatestRunner.run(
        try MetatestCatalog.metatest(named: name), input(fixture))
      #expect(outcome.warnings.isEmpty, "\(outcome.warnings)")
    } catch let error as LatexError where error.kind == .missing {
      return
    }
  }

  @Test("A source beyond 1 % fails, what was not measured is not tested")
  func requirement() throws {
    let fixture = try WarehouseFixture()
    try add(fixture, "BORN")
    try add(fixture, "DIRAC", stability: 1.5)
    let result = try #require(try MetaNL.content(input(fixture)).requirements.first)
    #expect(result.requirement.id == "NL-STAB")
    let counts = result.counts(result.flightPlaces)
    #expect(counts.passed == 11 && counts.failed == 11)
    #expect(result.verdict == .fail)
  }

  @Test("A CCD that was measured in two blocks is shown with both")
  func twice() throws {
    let fixture = try WarehouseFixture()
    try add(fixture, "BORN", serials: ["CCD1": "15081-08-02"])
    try add(
      fixture, "DIRAC", stability: 0.05, serials: ["CCD2": "15081-08-02"],
      started: "2019-05-01T10:00:00Z")
    let content = try MetaNL.content(input(fixture))
    let figures = content.figures.filter { $0.name.contains("TWICE") }
    #expect(figures.map(\.name) == ["NL02_NL_TWICE_15081-08-02"])
    for figure in figures { _ = try figure.figure() }
    #expect(
      "\(content.document)".contains("Stability of the source: 0.030 % and 0.050 %."))
  }
}
