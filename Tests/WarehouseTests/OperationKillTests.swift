import DurableFiles
import Foundation
import Testing

@testable import Warehouse

/// kill -9 in the middle of merging and of collecting garbage, in a process of its own.
@Suite struct OperationKillTests {
  /// Only files without a result may be left: they come before their rows, and go after them.
  private func isSound(_ warehouse: Warehouse) throws -> Bool {
    try warehouse.verify().allSatisfy { $0.kind == .unregistered }
  }

  @Test(
    "a killed merge leaves all or nothing, and done again completes",
    arguments: [1, 5, 9, 13, 17, 21, 26, 32, 40, 55].map { UInt32($0 * 1000) })
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
    let left = try warehouse.verify()
    // A temporary of the killed process goes when its folder is next written to, or stays there.
    #expect(left.allSatisfy { $0.place.contains(AtomicFile.temporaryPrefix) }, "\(left)")
    withExtendedLifetime((shard, folder)) {}
  }

  @Test(
    "a killed collection of garbage removed all or nothing, and never what counts",
    arguments: [1, 4, 7, 10, 14, 20, 30].map { UInt32($0 * 1000) })
  func garbage(microseconds: UInt32) async throws {
    let folder = try TemporaryFolder()
    let source = try Warehouse.create(at: folder.path)
    for number in 1...9 {
      let run = try source.newRun(number, .sample(started: "2019-03-0\(number)T00:00:00Z"))
      try source.commit(
        SubtaskCommit(
          name: "s", ordinal: 0, seconds: 0,
          measurements: (0..<300).map {
            MeasurementRecord(quantity: .offset, obsid: $0, value: .value(Double($0)))
          }), to: run)
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
    #expect(try warehouse.verify().isEmpty)
    _ = try warehouse.collectGarbage(try warehouse.garbagePlan())
    #expect(try warehouse.testRuns().count == 1)
    withExtendedLifetime(folder) {}
  }
}
