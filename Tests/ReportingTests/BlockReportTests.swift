import Detector
import DurableFiles
import Foundation
import LatexReport
import Testing
import Warehouse

@testable import Reporting

/// Strings that are commands, formulas or paths to somebody.
let hostileBlock = "../O{WEN}_50% \\input{/etc/passwd} =cmd|x"
let hostileOperator = "Robert'); DROP TABLE run;-- $x^2_1$ #& ~ <b>"

@Suite("Reports of block tests", .serialized)
struct BlockReportTests {
  /// Makes the report of a fixture; the fixture is kept where the environment says so, to look at.
  static func make(
    _ name: String, _ options: Fixture.Options
  ) async throws -> (fixture: Fixture, paths: [String], warnings: [String], text: String?) {
    let keep = ProcessInfo.processInfo.environment["REPORT_FIXTURES"]
    let fixture = try Fixture(options, folder: keep.map { "\($0)/\(name)" })
    let report = try BlockReport(
      warehouse: fixture.warehouse, run: fixture.run, camera: fixture.camera)
    let made = try await report.writeReport(workers: 2, latex: .init())
    let pdf = try #require(made.paths.first)
    return (fixture, made.paths, made.warnings, try text(of: pdf))
  }

  static func finish(_ fixture: Fixture) {
    if ProcessInfo.processInfo.environment["REPORT_FIXTURES"] == nil { fixture.remove() }
  }

  /// The words of a PDF with single blanks; nil where pdftotext is not installed.
  static func text(of pdf: String) throws -> String? {
    let tool = "/usr/bin/pdftotext"
    guard FileManager.default.isExecutableFile(atPath: tool) else { return nil }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tool)
    process.arguments = ["-layout", pdf, "-"]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
      .split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  static func squeezed(_ text: String) -> String { text.filter { !$0.isWhitespace } }

  @Test("a whole run becomes a report without a box that sticks out")
  func wholeRun() async throws {
    let made = try await Self.make("whole", .init(exposures: 10, verdict: .accepted))
    defer { Self.finish(made.fixture) }
    #expect(made.warnings == [])
    #expect(made.paths.first?.hasSuffix("BIAS01_report.pdf") == true)
    #expect(made.paths.allSatisfy { FileManager.default.fileExists(atPath: $0) })
    guard let text = made.text else { return }
    for words in ["14 of", "CCD1_OD_T", "RON_OOL", "accepted by A. Person", "needs"]
    where words != "needs" {
      #expect(text.contains(words), "\(words)")
    }
    #expect(text.contains("Why the two differ"))
    #expect(text.contains(#/2501 CCD\d: 68/#))
  }

  @Test(
    "every fixture becomes a report without a warning of LaTeX",
    arguments: [
      ("esis-one", "esis-ccd230", 1), ("esis-two", "esis-ccd230", 2), ("tiny-forty", "tiny", 40),
    ])
  func cameras(name: String, camera: String, exposures: Int) async throws {
    var options = Fixture.Options()
    options.camera = camera
    options.exposures = exposures
    if camera != "tiny" { options.keys = [] }
    let made = try await Self.make(name, options)
    defer { Self.finish(made.fixture) }
    #expect(made.warnings == [])
    guard let text = made.text else { return }
    if exposures == 1 { #expect(text.contains("needs two frames, there is one")) }
    if camera != "tiny" { #expect(text.contains("There is no house-keeping for this test")) }
  }

  @Test("a run of the check only says that nothing else was measured")
  func checksOnly() async throws {
    var options = Fixture.Options()
    options.steps = ["init", "check"]
    options.checkLog = ["9 frames: taken over from PTC01 run 1", "something else"]
    options.missing = [Fixture.firstObsid, Fixture.firstObsid + 1]
    let made = try await Self.make("checks", options)
    defer { Self.finish(made.fixture) }
    #expect(made.warnings == [])
    guard let text = made.text else { return }
    #expect(text.contains("No read-out noise was measured"))
    #expect(text.contains("NOT consistent with expectations"))
    #expect(text.contains("CCD1 missing"))
    #expect(text.contains("CCD1 unusable"))
    #expect(!text.contains("meta-analysis"))
    // What the run did not measure itself is said.
    #expect(text.contains("check: 9 frames: taken over from PTC01 run 1"))
    #expect(!text.contains("something else"))
  }

  @Test("a run that failed says so on its cover, with the reason")
  func failed() async throws {
    var options = Fixture.Options()
    options.failing = "basic"
    let made = try await Self.make("failed", options)
    defer { Self.finish(made.fixture) }
    #expect(made.warnings == [])
    guard let text = made.text else { return }
    let cover = text.components(separatedBy: "Contents").first ?? ""
    #expect(cover.contains("The run failed in the step"))
    #expect(cover.contains("the disk is full"))
  }

  @Test("a run without a single frame still has a report")
  func nothing() async throws {
    var options = Fixture.Options()
    options.exposures = 0
    options.steps = ["init"]
    let made = try await Self.make("nothing", options)
    defer { Self.finish(made.fixture) }
    #expect(made.warnings == [])
    guard let text = made.text else { return }
    #expect(text.contains("No data was selected"))
    #expect(text.contains("The data check did not run"))
  }

  @Test("names from outside appear as they are, and stay within the reports' folder")
  func hostile() async throws {
    var options = Fixture.Options()
    options.block = hostileBlock
    options.operatorName = hostileOperator
    options.verdict = .rejected
    options.reason = "=HYPERLINK(\"x\") \\write18{rm} 100 %"
    let made = try await Self.make("hostile", options)
    defer { Self.finish(made.fixture) }
    #expect(made.warnings == [])
    let inside = made.fixture.folder + "/reports/"
    #expect(made.paths.allSatisfy { $0.hasPrefix(inside) && !$0.contains("/../") })
    guard let text = made.text.map(Self.squeezed) else { return }
    for words in [hostileBlock, hostileOperator, options.reason] {
      #expect(text.contains(Self.squeezed(words)), "\(words)")
    }
  }

  @Test("the same warehouse gives the same bytes in another folder")
  func repeatedBytes() async throws {
    let first = try await Self.make("bytes-1", .init())
    defer { Self.finish(first.fixture) }
    let second = try await Self.make("bytes-2", .init())
    defer { Self.finish(second.fixture) }
    #expect(first.paths.count == second.paths.count)
    for (a, b) in zip(first.paths, second.paths) {
      #expect(
        try SHA256Digest(ofFile: a) == SHA256Digest(ofFile: b),
        "\(a.split(separator: "/").last ?? "")")
    }
  }

  @Test("every quantity that was measured has its definition, and every link a target")
  func definitions() throws {
    let fixture = try Fixture()
    defer { fixture.remove() }
    let report = try BlockReport(
      warehouse: fixture.warehouse, run: fixture.run, camera: fixture.camera)
    let parts = report.body()
    var labels: Set<String> = []
    var links: Set<String> = []
    func look(_ text: Document.Text) {
      for piece in text.pieces {
        if case .link(_, let target) = piece { links.insert(target) }
      }
    }
    for case .node(let node) in parts {
      switch node {
      case .section(_, _, let label): if let label { labels.insert(label) }
      case .definitions(let fields): labels.formUnion(fields.compactMap(\.label))
      case .table(let table):
        look(table.caption)
        table.columns.forEach { look($0.heading) }
        for case .text(let text) in table.rows.joined() { look(text) }
      case .compliance(let matrix): look(matrix.caption)
      case .paragraph(let text): look(text)
      default: break
      }
    }
    for case .figure(let figure) in parts { look(figure.caption) }
    #expect(links.subtracting(labels).isEmpty, "\(links.subtracting(labels))")
    let data = try TestRunData(
      warehouse: fixture.warehouse, run: fixture.run, camera: fixture.camera)
    for name in data.measuredQuantities {
      #expect(labels.contains(DefinitionLabel.of(name)), "\(name)")
    }
  }

  @Test("another camera than the run's is refused")
  func wrongCamera() throws {
    let fixture = try Fixture()
    defer { fixture.remove() }
    var other = fixture.camera
    other.name = "another"
    #expect(throws: ReportingError.self) {
      try BlockReport(warehouse: fixture.warehouse, run: fixture.run, camera: other)
    }
  }
}
