import Detector
import Foundation
import GRDB
import Testing

@testable import Warehouse

@Suite struct MigrationTests {
  @Test("a stored warehouse of version 1 opens with every row")
  func version1() throws {
    let stored = try #require(
      Bundle.module.url(forResource: "v1", withExtension: "sqlite", subdirectory: "Fixtures"))
    let bytes = try Data(contentsOf: stored)
    #expect(bytes.count < 100_000)
    let folder = try TemporaryFolder()
    try bytes.write(to: URL(filePath: folder.database))
    let warehouse = try Warehouse.open(at: folder.path, mode: .writing)
    let run = try #require(try warehouse.testRuns().first)
    #expect(run.block == "BORN" && run.status == .finished && run.verdict == .accepted)
    #expect(run.serials == ["CCD1": "14313-17-01"] && run.obsids == 1000...1002)
    #expect(try warehouse.analyses().map(\.record) == [.sample()])
    let noises = try warehouse.measurements(of: .readNoise, in: [run.key])
    #expect(noises.count == 12)
    #expect(noises.last?.value == .value(3.3, uncertainty: 0.01, count: 100))
    #expect(try warehouse.curves(in: run.key).first?.y == [3, 4.5])
    #expect(try warehouse.flags(of: run.key).map(\.flag.name) == ["f"])
    #expect(try warehouse.checks(of: run.key).map(\.name) == ["c"])
    #expect(try warehouse.one(Int64.self, "SELECT count(*) FROM results") == 12)
    withExtendedLifetime(folder) {}
  }

  @Test(
    "the stored v1 file is made",
    .enabled(if: ProcessInfo.processInfo.environment["VISON_WRITE_FIXTURE"] != nil))
  func writeVersion1() throws {
    let target = try #require(ProcessInfo.processInfo.environment["VISON_WRITE_FIXTURE"])
    let folder = try TemporaryFolder()
    let warehouse = try Warehouse.create(at: folder.path)
    let run = try warehouse.newRun()
    try warehouse.commit(
      SubtaskCommit(
        name: "s", ordinal: 0, seconds: 0, measurements: readNoises(),
        curves: [CurveRecord(name: "c", xUnit: .pixel, yUnit: .adu, x: [1, 2], y: [3, 4.5])],
        checks: [CheckRecord(name: "c", value: 1, passed: true)],
        flags: [FlagRecord(name: "f", severity: .note, cause: "")]), to: run)
    try warehouse.finishTestRun(run, status: .finished, time: testTime)
    try warehouse.add(
      VerdictRecord(state: .accepted, reason: "good", author: "a", time: testTime), to: run)
    try warehouse.close()
    // Small pages, since most tables have a row or two.
    let queue = try DatabaseQueue(path: folder.database)
    try queue.inDatabase {
      try $0.execute(sql: "PRAGMA journal_mode = DELETE; PRAGMA page_size = 1024; VACUUM")
    }
    try queue.close()
    try folder.bytes().write(to: URL(filePath: target))
  }
}
