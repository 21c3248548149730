import Foundation
import LatexReport
import Testing
import Warehouse

@testable import Reporting

@Suite("Reports of block tests")
struct BlockReportTests {
  @Test("a whole run becomes a report")
  func wholeRun() async throws {
    let fixture = try Fixture(
      .init(camera: ProcessInfo.processInfo.environment["FIXTURE_CAMERA"] ?? "tiny", exposures: 10, verdict: .accepted),
      folder: ProcessInfo.processInfo.environment["FIXTURE_FOLDER"])
    let report = try BlockReport(
      warehouse: fixture.warehouse, run: fixture.run, camera: fixture.camera)
    let clock = ContinuousClock.now
    let made = try await report.writeReport(workers: 2, latex: .init(keepsSource: true))
    print(ContinuousClock.now - clock, made)
    #expect(made.warnings.isEmpty)
  }
}
