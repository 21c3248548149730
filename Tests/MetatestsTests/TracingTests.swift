import BlockTests
import Detector
import DurableFiles
import Foundation
import Testing
import Warehouse

@testable import Metatests

@Suite("Tracing")
struct TracingTests {
  /// A run that reads files and makes products.
  @discardableResult
  private func addRun(
    _ fixture: WarehouseFixture, _ name: String, block: String = "BORN", test: String = "BIAS01",
    inputs: [InputFileRecord], products: [(path: String, sha256: String, detector: String?)] = [],
    measures: Bool = true
  ) throws -> TestRunKey {
    let warehouse = fixture.warehouse
    let analysis = try warehouse.beginAnalysis(
      AnalysisRecord(
        name: name, ulid: "ulid-\(name)", programVersion: "9.8", host: "h\"\\\n", operatorName: "o",
        commandLine: "run \(name)", configuration: "text of \(name)\n",
        configurationDigest: "c0ffee",
        libraries: ["GSL": "2.7"], started: testTime))
    let run = try warehouse.beginTestRun(
      TestRunRecord(
        campaign: "flight", block: block, camera: "tiny", test: test, session: "D11",
        configurationDigest: "c", inputDigest: "i", started: testTime, inputs: inputs,
        exposures: inputs.filter { $0.obsid != nil }.map {
          ExposureRecord(obsid: $0.obsid ?? 0, detector: $0.detector ?? "CCD1", time: testTime)
        }), of: analysis)
    var commit = SubtaskCommit(name: "meta", ordinal: 1, seconds: 1)
    if measures {
      for detector in ["CCD1", "CCD2"] {
        commit.measurements.append(
          MeasurementRecord(
            quantity: BiasQuantities.readNoise, detector: detector, amplifier: "E", item: "ove",
            value: .value(1.25, uncertainty: 0.5, count: 7)))
      }
    }
    for product in products {
      let path = fixture.folder + "/" + product.path
      try AtomicFile.makeFolder(AtomicFile.folder(of: path))
      try AtomicFile.write("content \(product.sha256)", to: path)
      commit.artifacts.append(
        ArtifactRecord(
          role: "mask", mediaType: "application/fits", path: product.path,
          size: try Data(contentsOf: URL(filePath: path)).count,
          sha256: try SHA256Digest(ofFile: path).hexadecimal, title: "t",
          detector: product.detector))
    }
    commit.checks = [
      CheckRecord(
        name: "own", quantity: nil, place: ResultPlace(detector: "CCD1", amplifier: "E"), value: 1,
        lower: 0, upper: 2, passed: true),
      CheckRecord(
        name: "other", quantity: nil, place: ResultPlace(detector: "CCD2", amplifier: "E"),
        value: 9, lower: 0, upper: 2, passed: false),
      CheckRecord(
        name: "whole", quantity: nil, place: ResultPlace(), value: 1, lower: 0, upper: 2,
        passed: true),
    ]
    try warehouse.commit(commit, to: run)
    try warehouse.finishTestRun(run, status: .finished, time: testTime)
    try warehouse.finishAnalysis(analysis, status: .finished, time: testTime)
    return run
  }

  private func frame(_ path: String, _ sha256: String, obsid: Int = 7, _ detector: String? = "CCD1")
    -> InputFileRecord
  {
    InputFileRecord(
      role: .raw, path: path, size: 4, sha256: sha256, obsid: obsid, detector: detector)
  }

  private func product(_ path: String, _ sha256: String, _ detector: String? = nil)
    -> InputFileRecord
  {
    InputFileRecord(role: .product, path: path, size: 1, sha256: sha256, detector: detector)
  }

  private func digest(_ name: String) -> String { SHA256Digest(of: "content \(name)").hexadecimal }

  // MARK: - Back

  @Test(
    "a value leads to its frames, its detector's checks, and through a product to the run before")
  func chain() throws {
    let fixture = try WarehouseFixture()
    let first = try addRun(
      fixture, "A1", test: "MASK", inputs: [frame("a.fits", "aaaaaaaa")],
      products: [("products/m.fits", "one", "CCD1")])
    let second = try addRun(
      fixture, "A2",
      inputs: [
        frame("b1.fits", "bbbbbbbb"), frame("b2.fits", "cccccccc", "CCD2"),
        product("elsewhere/m.fits", digest("one"), "CCD1"),
      ])
    let subject = try TraceSubject.find("\(second.id)/bias.ron/CCD1/E/-/ove", in: fixture.warehouse)
    let trace = try BackwardTrace(subject, in: fixture.warehouse, keepsConfigurations: true)
    let value = try #require(trace.values.first)
    #expect(trace.values.count == 1)
    #expect(value.value == 1.25 && value.uncertainty == 0.5 && value.count == 7)
    #expect(value.slot == fixture.design.slot(block: "BORN", detector: "CCD1")?.name)
    #expect(value.stableReference == "A2:BORN:BIAS01:D11/bias.ron/CCD1/E/-/ove")
    #expect(trace.runs.map(\.run) == [second.id, first.id])
    #expect(trace.runs.map(\.depth) == [0, 1])
    let run = trace.runs[0]
    #expect(run.command == "run A2" && run.program == "9.8" && run.libraries == ["GSL": "2.7"])
    #expect(run.configuration == "text of A2\n" && run.configurationSHA256 == "c0ffee")
    #expect(run.checks.map(\.name) == ["own", "whole"])
    #expect(
      run.inputs.filter(\.isDirect).map(\.path).sorted() == ["b1.fits", "elsewhere/m.fits"])
    #expect(run.inputs.first { $0.role == "product" }?.madeBy == first.id)
    #expect(trace.runs[1].inputs.map(\.path) == ["a.fits"])
    // Of another detector, the mask is no part of the chain.
    let other = try BackwardTrace(
      try TraceSubject.find(
        "A2:BORN:BIAS01:D11/bias.ron/CCD2/E/-/ove", in: fixture.warehouse), in: fixture.warehouse)
    #expect(other.runs.map(\.run) == [second.id])
    #expect(other.runs[0].checks.map(\.name) == ["other", "whole"])
    #expect(other.runs[0].configuration == nil)
  }

  @Test("a product is found by path, by absolute path, by SHA-256, by its beginning, and as a copy")
  func products() throws {
    let fixture = try WarehouseFixture()
    let run = try addRun(
      fixture, "A1", inputs: [frame("a.fits", "aaaaaaaa")],
      products: [("products/m.fits", "one", "CCD1"), ("products/n.fits", "two", "CCD2")])
    let copy = NSTemporaryDirectory() + "copy-\(UUID().uuidString).fits"
    try AtomicFile.write("content one", to: copy)
    defer { try? AtomicFile.remove(copy) }
    for word in [
      "products/m.fits", fixture.folder + "/products/m.fits", digest("one"),
      digest("one").uppercased(), String(digest("one").prefix(8)), copy,
    ] {
      let subject = try TraceSubject.find(word, in: fixture.warehouse)
      #expect(subject.products.map(\.file.path) == ["products/m.fits"], "\(word)")
      let trace = try BackwardTrace(subject, in: fixture.warehouse)
      #expect(trace.runs.map(\.run) == [run.id])
      #expect(trace.runs[0].products.filter(\.isDirect).map(\.path) == ["products/m.fits"])
      #expect(trace.products[0].step == "meta")
    }
  }

  @Test("a file of a report leads to its run, a run's number and an analysis to all of theirs")
  func reports() throws {
    let fixture = try WarehouseFixture()
    let run = try addRun(fixture, "A 1", inputs: [frame("a.fits", "aaaaaaaa")])
    let path = ReportFolder.path(of: try fixture.warehouse.testRun(run)) + "/figures/x.pdf"
    for word in [path, "/somewhere/else/" + path, String(run.id), "A 1"] {
      #expect(try TraceSubject.find(word, in: fixture.warehouse).runs == [run], "\(word)")
    }
  }

  @Test(
    "what is not there is named, and never anything else",
    arguments: [
      "", "nothing", "1/none", "99/bias.ron", "1/bias.ron/CCD9", "../../etc/passwd",
      "products/../m",
      "deadbeef", "\0", "%", "/dev/zero", "'; DROP TABLE testRun; --", "reports/MetaBias/x.pdf",
      String(repeating: "x", count: 100_000), "1/bias.ron/CCD1/E/99999999999999999999/ove",
    ])
  func unknown(_ word: String) throws {
    let fixture = try WarehouseFixture()
    try addRun(fixture, "A1", inputs: [frame("a.fits", "aaaaaaaa")])
    let error = #expect(throws: MetatestError.self) {
      try TraceSubject.find(word, in: fixture.warehouse)
    }
    #expect(error?.kind == .noSuchSubject)
    #expect((error?.problem.count ?? 0) < 1000)
  }

  @Test("a cycle of products ends where it closes")
  func cycle() throws {
    let fixture = try WarehouseFixture()
    let one = try addRun(
      fixture, "A1", inputs: [product("p/two", digest("two")), product("p/own", digest("one"))],
      products: [("products/one", "one", nil)])
    let two = try addRun(
      fixture, "A2", inputs: [product("p/one", digest("one")), frame("f", "ffffffff")],
      products: [("products/two", "two", nil)])
    for (run, chain) in [(one, [one, two]), (two, [two, one])] {
      let trace = try BackwardTrace(
        try TraceSubject.find(String(run.id), in: fixture.warehouse), in: fixture.warehouse)
      #expect(trace.runs.map(\.run) == chain.map(\.id))
    }
    let forward = try ForwardTrace(
      .frame("f"), among: .any, in: fixture.warehouse, design: fixture.design)
    #expect(forward.runs.map(\.run) == [two.id, one.id])
    #expect(forward.runs.map(\.depth) == [0, 1])
  }

  // MARK: - Forward

  @Test("forward and back agree: each run that a frame leads to has the frame behind it")
  func consistency() throws {
    let fixture = try WarehouseFixture()
    let mask = try addRun(
      fixture, "A1", inputs: [frame("a.fits", "aaaaaaaa")],
      products: [("products/m.fits", "one", "CCD1")])
    let reader = try addRun(
      fixture, "A2",
      inputs: [frame("b.fits", "bbbbbbbb", obsid: 8), product("m.fits", digest("one"), "CCD1")])
    try addRun(fixture, "A3", block: "CURIE", inputs: [frame("c.fits", "cccccccc")])
    let forward = try ForwardTrace(
      .frame("aaaaaaaa"), among: .any, in: fixture.warehouse, design: fixture.design)
    #expect(forward.runs.map(\.run) == [mask.id, reader.id])
    #expect(forward.runs[0].measurements == ["bias.ron": 1])
    #expect(forward.runs[1].reads == ["m.fits"])
    #expect(forward.stale.measurements == 2 && forward.stale.products == 1)
    // The later run stands for its block; MetaBias would read it.
    #expect(forward.runs.map(\.standing) == [false, true])
    #expect(forward.metatests.map(\.runs) == [[reader.id]])
    for run in forward.runs {
      let back = try BackwardTrace(
        try TraceSubject.find(String(run.run), in: fixture.warehouse), in: fixture.warehouse)
      #expect(back.runs.flatMap(\.inputs).contains { $0.sha256 == "aaaaaaaa" })
    }
    // The same ObsID in two blocks, told apart by the block.
    var born = ResultFilter.any
    born.blocks = ["BORN"]
    let all = try ForwardTrace(
      .exposures([7...7]), among: .any, in: fixture.warehouse, design: fixture.design)
    let some = try ForwardTrace(
      .exposures([7...7]), among: born, in: fixture.warehouse, design: fixture.design)
    #expect(all.runs.map(\.block) == ["BORN", "CURIE", "BORN"])
    #expect(some.runs.map(\.run) == [mask.id, reader.id])
    #expect(throws: MetatestError.self) {
      try ForwardTrace(
        .exposures([1...6]), among: .any, in: fixture.warehouse, design: fixture.design)
    }
  }

  @Test("the same content under another path is the same frame, another content is not")
  func content() throws {
    let fixture = try WarehouseFixture()
    try addRun(fixture, "A1", inputs: [frame("x/a.fits", "aaaaaaaa")])
    try addRun(fixture, "A2", inputs: [frame("y/a.fits", "aaaaaaaa")])
    try addRun(fixture, "A3", inputs: [frame("z/a.fits", "aaaaaaab")])
    let forward = try ForwardTrace(
      .frame("x/a.fits"), among: .any, in: fixture.warehouse, design: fixture.design)
    #expect(forward.runs.map(\.analysis) == ["A1", "A2"])
    #expect(forward.files.map(\.path) == ["x/a.fits", "y/a.fits"])
  }

  @Test("a frame of one detector makes stale what belongs to that detector, or to none")
  func detectors() throws {
    let fixture = try WarehouseFixture()
    try addRun(
      fixture, "A1", inputs: [frame("a", "aaaaaaaa"), frame("b", "bbbbbbbb", "CCD2")],
      products: [
        ("products/m", "one", "CCD1"), ("products/n", "two", "CCD2"), ("products/o", "o", nil),
      ])
    let one = try ForwardTrace(
      .frame("a"), among: .any, in: fixture.warehouse, design: fixture.design)
    #expect(one.stale.measurements == 1)
    #expect(one.runs[0].products.map(\.path) == ["products/m", "products/o"])
    let both = try ForwardTrace(
      .exposures([7...7]), among: .any, in: fixture.warehouse, design: fixture.design)
    #expect(both.stale.measurements == 2 && both.stale.products == 3)
  }

  // MARK: - Files

  @Test("files are unchanged, changed, missing or unreadable")
  func files() throws {
    let fixture = try WarehouseFixture()
    let folder = NSTemporaryDirectory() + "frames-\(UUID().uuidString)"
    try AtomicFile.makeFolder(folder + "/day")
    try AtomicFile.makeFolder(folder + "/day/folder")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for name in ["same", "other"] { try AtomicFile.write("four", to: "\(folder)/day/\(name)") }
    try AtomicFile.write("four", to: "\(folder)/moved")
    let good = SHA256Digest(of: "four").hexadecimal
    try addRun(
      fixture, "A1",
      inputs: [
        frame("day/same", good, obsid: 1), frame("day/other", digest("x"), obsid: 2),
        frame("day/gone", good, obsid: 3), frame("day/folder", good, obsid: 4),
        frame("old/place/moved", good, obsid: 5), frame("../../../../../etc/none", good, obsid: 6),
      ], products: [("products/m", "one", nil)])
    var trace = try BackwardTrace(
      try TraceSubject.find("1", in: fixture.warehouse), in: fixture.warehouse)
    #expect(!trace.hasDepartures)
    try FileComparison.compare(&trace, folder: folder, warehouse: fixture.folder)
    let states = trace.runs[0].inputs.sorted { ($0.obsid ?? 0) < ($1.obsid ?? 0) }.map(\.state)
    #expect(states == [.unchanged, .changed, .missing, .unreadable, .unchanged, .missing])
    #expect(trace.runs[0].products.map(\.state) == [.unchanged])
    #expect(trace.hasDepartures)
  }

  // MARK: - References

  @Test(
    "a reference reads back as it was written",
    arguments: [
      (
        "bias.ron", ResultPlace(detector: "CCD1", amplifier: "E", item: "ove"),
        "5/bias.ron/CCD1/E/-/ove"
      ),
      ("a", ResultPlace(), "5/a"), ("a/b:c%", ResultPlace(obsid: 0), "5/a%2Fb%3Ac%25/-/-/0"),
      ("a", ResultPlace(detector: "-"), "5/a/%2D"), ("é \n", ResultPlace(item: "日/本"), nil),
    ] as [(String, ResultPlace, String?)])
  func reference(quantity: String, place: ResultPlace, text: String?) throws {
    for run in [
      ResultReference.Run.number(5),
      .named(analysis: "A:/%", block: "B", test: "T.1", session: "-"),
    ] {
      let reference = ResultReference(run: run, quantity: quantity, place: place)
      if let text, run == .number(5) { #expect(reference.text == text) }
      #expect(ResultReference(reference.text) == reference)
    }
  }

  @Test(
    "what is no reference is none",
    arguments: [
      "", "5", "5/", "5/-", "x/a", "0/a", "-1/a", "5/a//", "5/a/b/c/x/d", "5/a/b/c/1/d/e", "5/%G0",
      "a:b:c/q", "5/%ff", "5/%2",
    ])
  func noReference(_ text: String) { #expect(ResultReference(text) == nil) }
}

extension ResultFilter {
  /// All runs, however they stand.
  fileprivate static var any: ResultFilter {
    var filter = ResultFilter()
    filter.statuses = []
    return filter
  }
}
