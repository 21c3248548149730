import Campaign
import Detector
import FITSFiles
import Foundation
import LatexReport
import Plots
import Testing
import Warehouse

@testable import Reporting

@Suite("Shared builders")
struct BuilderTests {
  @Test(
    "dates become seconds since 1970",
    arguments: [
      ("1970-01-01T00:00:00Z", 0.0), ("2019-03-21T10:00:05", 1_553_162_405),
      ("2000-02-29", 951_782_400), ("2020-12-31 23:59:59.5", 1_609_459_199.5),
      ("1969-12-31T23:59:59Z", -1),
    ])
  func dates(text: String, seconds: Double) throws {
    let found = try #require(TimeText.seconds(text))
    #expect(abs(found - seconds) < 1e-6)
  }

  @Test(
    "what is no date is refused",
    arguments: [
      "", "now", "2019-13-01", "2019-03-21T25:00:00", "2019-03-21T10:00:00+01:00", "2019/03/21",
      "2019-03-21T10:00", "٢٠١٩-03-21",
    ])
  func noDates(text: String) {
    #expect(TimeText.seconds(text) == nil)
  }

  @Test("an analysis without a date is a plain error, not a trap")
  func badDate() {
    #expect(throws: ReportingError.self) { try TimeText.fixedDate("yesterday") }
  }

  @Test("digits show two figures of the uncertainty, and never fewer than the quantity's")
  func digits() {
    #expect(NumberText.digits(for: [0.0011, 0.0012, nil], atLeast: 2) == 4)
    #expect(NumberText.digits(for: [12], atLeast: 2) == 2)
    #expect(NumberText.digits(for: [1e-12], atLeast: 2) == 6)
    #expect(NumberText.digits(for: [nil, .nan, 0], atLeast: 3) == 3)
  }

  @Test("a cell without a value shows its reason, never 0 or blank")
  func cells() {
    #expect(
      NumberText.cell(.missing(reason: "one frame only"), digits: 2)
        == .empty(reason: "one frame only"))
    #expect(NumberText.cell(nil, digits: 2) == .empty(reason: "not measured"))
    #expect(NumberText.cell(.missing(reason: ""), digits: 2) == .empty(reason: "not measured"))
  }

  @Test("a matrix has a cell for every place; one that was not checked is not compliant")
  func matrix() throws {
    let fixture = try Fixture()
    defer { fixture.remove() }
    let checks = try fixture.warehouse.checks(of: fixture.run).filter {
      $0.name == "offsets_pre" && $0.place.detector == "CCD1" && $0.place.amplifier == "E"
    }
    let matrix = ComplianceBuilder.byAmplifier(
      checks, detectors: ["CCD1", "CCD2"], amplifiers: ["E", "F"], caption: "",
      facts: CheckNames.facts("offsets_pre"))
    #expect(matrix.cells.count == 2)
    #expect(matrix.cells[0][0].status == .pass)
    #expect(matrix.cells[0][1].status == .missing)
    #expect(matrix.cells[1][1].reason == "not checked")
    #expect(!matrix.isCompliant)
    #expect(matrix.unit == "ADU")
  }

  @Test("an image is averaged over boxes, amplifier by amplifier, as it lies in the frame")
  func reduction() throws {
    let camera = try CameraCatalog.camera("tiny")
    let path = NSTemporaryDirectory() + "vison-reduced-\(UUID().uuidString).fits"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let image = Image<Float>(width: camera.width, height: camera.height)
    for y in 0..<camera.height {
      for x in 0..<camera.width { image[x, y] = Float(x) + 1000 * Float(y) }
    }
    image[0, 0] = .nan
    try FITSWriter.write(
      to: path,
      hdus: [
        .empty(cards: []), .image(name: "STACK", cards: [], pixels: .float32(image)),
      ])
    let images = try ReducedImage.readAmplifiers(
      path: path, extension: "STACK", camera: camera, limit: 43)
    let h = try #require(images["H"])
    let f = try #require(images["F"])
    #expect(h.height == 43)
    // Two rows a box; the columns 119 / 43 at a time. The NaN is left out.
    let columns = 0..<119 / 43
    var sum = 0.0
    var count = 0.0
    for y in 0..<2 {
      for x in columns where !(x == 0 && y == 0) {
        sum += Double(image[x, y])
        count += 1
      }
    }
    #expect(abs(Double(h.values[0]) - sum / count) < 1e-3)
    let corner = (Double(119) + Double(119 + 1)) / 2 + 1000 * (86 + 0.5)
    #expect(abs(Double(f.values[0]) - corner) < 0.6)
    #expect(throws: (any Error).self) {
      try ReducedImage.read(path: path, extension: "NOSUCH")
    }
    #expect(throws: ReportingError.self) {
      try ReducedImage.read(
        path: path, extension: "STACK", region: Region(columns: 0..<500, rows: 0..<2))
    }
  }

  @Test("a master bias that is gone is said to be missing, and the report goes on")
  func noMaster() throws {
    let fixture = try Fixture()
    defer { fixture.remove() }
    let artifacts = try fixture.warehouse.artifacts(of: fixture.run)
    for artifact in artifacts {
      try FileManager.default.removeItem(atPath: fixture.folder + "/" + artifact.path)
    }
    let report = try BlockReport(
      warehouse: fixture.warehouse, run: fixture.run, camera: fixture.camera)
    let remarks = report.body().filter {
      if case .node(.remark(.missing, _)) = $0 { true } else { false }
    }
    #expect(remarks.count == 3)
  }

  @Test("curves are averaged over neighbours, and short ones stay as they are")
  func curves() {
    let x = (0..<1000).map(Double.init)
    let few = CurveReduction.averaged(x: x, y: x.map { 2 * $0 }, limit: 100)
    #expect(few.per == 10)
    #expect(few.x.count == 100)
    #expect(few.x[0] == 4.5)
    #expect(few.y[0] == 9)
    let same = CurveReduction.averaged(x: [1, 2], y: [3, 4], limit: 100)
    #expect(same.per == 1 && same.x == [1, 2] && same.y == [3, 4])
    #expect(CurveReduction.averaged(x: [], y: [], limit: 0).x.isEmpty)
  }

  @Test("the common folder ends with a slash and holds every path")
  func folders() {
    #expect(ProvenanceSection.commonFolder(["/a/b/c1", "/a/b/c2"]) == "/a/b/")
    #expect(ProvenanceSection.commonFolder(["/a/b"]) == "")
    #expect(ProvenanceSection.commonFolder(["x/1", "y/1"]) == "")
    #expect(ProvenanceSection.commonFolder([]) == "")
  }
}
