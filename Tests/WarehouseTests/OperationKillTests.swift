import DurableFiles
import Foundation
import Testing

@testable import Warehouse

/// kill -9 in the middle of merging and of collecting garbage, in a process of its own.
@Suite struct OperationKillTests {
  /// Nothing is damaged; files without a result may be left, since they come before their rows, and
  /// go after them.
  private func isSound(_ warehouse: Warehouse) throws -> Bool {
    try !warehouse.verify().contains { $0.kind.isDamage }
  }

  @Test(
    "a killed merge leaves all or nothing, and done again completes",
    arguments: [2, 9, 17, 26, 40].map { UInt32($0 * 1000) })
  func merge(microseconds: UInt32) async throws {
    let shard = try TemporaryFolder()
    let source = try Warehouse.create(at: shard.path)
    for number in 1...8 { try fill(source, number, block: "B\(number)") }
    try source.close()
    let folder = try TemporaryFolder()
    try Warehouse.create(at: folder.path).close()
    let path = folder.path
    let shardPath = shard.path
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [
        path = path as String, shardPath = shardPath as String,
        microseconds = microseconds as UInt32
      ]
      in
      let warehouse = try Warehouse.open(at: path, mode: .writing)
      Thread.detachNewThread {
        usleep(microseconds)
        kill(getpid(), SIGKILL)
      }
      _ = try warehouse.merge(shard: shardPath)
      sleep(10)
    }
    let warehouse = try Warehouse.open(at: path, mode: .writing)
    let count = try warehouse.analyses().count
    #expect(count == 0 || count == 8)
    #expect(try isSound(warehouse))
    let report = try warehouse.merge(shard: shardPath)
    #expect(report.isApplied && report.added.count == 8 - count && report.present.count == count)
    #expect(try warehouse.one(Int64.self, "SELECT count(*) FROM results") == 8 * 13)
    _ = try warehouse.collectGarbage(try warehouse.garbagePlan())
    #expect(try warehouse.verify().isEmpty)
    withExtendedLifetime((shard, folder)) {}
  }

  @Test(
    "a killed collection of garbage removed all or nothing, and never what counts",
    arguments: [1, 5, 10, 20].map { UInt32($0 * 1000) })
  func garbage(microseconds: UInt32) async throws {
    let folder = try TemporaryFolder()
    let source = try Warehouse.create(at: folder.path)
    for number in 1...9 {
      let run = try source.newRun(number, .sample(started: "2019-03-0\(number)T00:00:00Z"))
      let path =
        try source.makeProductFolder(block: "BORN", test: "BIAS01", analysis: "A\(number)") + "/p"
      try AtomicFile.write("p", to: source.absolutePath(path))
      try source.commit(
        SubtaskCommit(
          name: "s", ordinal: 0, seconds: 0,
          measurements: (0..<300).map {
            MeasurementRecord(quantity: .offset, obsid: $0, value: .value(Double($0)))
          },
          artifacts: [
            ArtifactRecord(
              role: "r", mediaType: "m", path: path, size: 1,
              sha256: SHA256Digest(of: "p").hexadecimal, title: "")
          ]), to: run)
      try source.finishTestRun(run, status: .finished, time: testTime)
    }
    try source.close()
    let path = folder.path
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = path as String, microseconds = microseconds as UInt32] in
      let warehouse = try Warehouse.open(at: path, mode: .writing)
      let plan = try warehouse.garbagePlan()
      Thread.detachNewThread {
        usleep(microseconds)
        kill(getpid(), SIGKILL)
      }
      _ = try warehouse.collectGarbage(plan)
      sleep(10)
    }
    let warehouse = try Warehouse.open(at: path, mode: .writing)
    let runs = try warehouse.testRuns()
    #expect(runs.count == 9 || runs.count == 1)
    #expect(runs.last?.started == "2019-03-09T00:00:00Z")
    #expect(
      try warehouse.one(Int64.self, "SELECT count(*) FROM measurement") == Int64(300 * runs.count))
    #expect(try isSound(warehouse))
    _ = try warehouse.collectGarbage(try warehouse.garbagePlan())
    #expect(try warehouse.testRuns().count == 1)
    #expect(try warehouse.verify().isEmpty)
    #expect(warehouse.productFiles().count == 1)
    withExtendedLifetime(folder) {}
  }

  @Test(
    "a killed backup has no final name, and the next one clears what it left",
    arguments: [3, 12, 25, 60].map { UInt32($0 * 1000) })
  func backup(microseconds: UInt32) async throws {
    let folder = try TemporaryFolder()
    let source = try Warehouse.create(at: folder.path)
    for number in 1...8 { try fill(source, number, block: "B\(number)") }
    try source.close()
    let targets = try TemporaryFolder()
    let path = folder.path
    let target = targets.path + "/copy"
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = path as String, target = target as String, microseconds = microseconds as UInt32] in
      let warehouse = try Warehouse.open(at: path, mode: .reading)
      Thread.detachNewThread {
        usleep(microseconds)
        kill(getpid(), SIGKILL)
      }
      _ = try warehouse.backup(to: target)
      sleep(10)
    }
    let warehouse = try Warehouse.open(at: path, mode: .reading)
    if FileManager.default.fileExists(atPath: target) {
      let copy = try Warehouse.open(at: target, mode: .reading)
      #expect(try copy.verify().isEmpty)
      try FileManager.default.removeItem(atPath: target)
    }
    #expect(try warehouse.backup(to: target).products == 8)
    #expect(try FileManager.default.contentsOfDirectory(atPath: targets.path) == ["copy"])
    let copy = try Warehouse.open(at: target, mode: .reading)
    #expect(try copy.verify().isEmpty)
    withExtendedLifetime((folder, targets)) {}
  }
}
