import Detector
import DurableFiles
import Foundation
import GRDB
import Testing

@testable import Warehouse

@Suite struct OperationTests {
  let folder: TemporaryFolder
  let warehouse: Warehouse

  init() throws {
    folder = try TemporaryFolder()
    warehouse = try Warehouse.create(at: folder.path)
  }

  @Test("a backup is whole, opens, and is never made over another")
  func backup() throws {
    try fill(warehouse, 1)
    let target = try TemporaryFolder()
    #expect(try warehouse.backup(to: target.path + "/b").products == 1)
    let copy = try Warehouse.open(at: target.path + "/b", mode: .reading)
    #expect(try copy.verify().isEmpty)
    #expect(try copy.readOnlySQL("SELECT * FROM results").rows.count == 13)
    let error = #expect(throws: WarehouseError.self) {
      try warehouse.backup(to: target.path + "/b")
    }
    #expect(error?.kind == .exists)
    #expect(throws: WarehouseError.self) { try warehouse.backup(to: folder.path) }
  }

  @Test("a damaged product stops a backup, which then holds no database")
  func damagedBackup() throws {
    let run = try fill(warehouse, 1)
    let path = try warehouse.artifacts(of: run)[0].path
    try AtomicFile.write("{}", to: warehouse.absolutePath(path))
    let target = try TemporaryFolder()
    let error = #expect(throws: WarehouseError.self) { try warehouse.backup(to: target.path) }
    #expect(error?.kind == .artifact)
    #expect(try FileManager.default.contentsOfDirectory(atPath: target.path).isEmpty)
    #expect(!FileManager.default.fileExists(atPath: target.path + Warehouse.partialSuffix))
  }

  @Test("backups made while two write are whole, 5 of 5")
  func busyBackup() async throws {
    let path = folder.path
    let target = try TemporaryFolder()
    let place = target.path
    let warehouse = warehouse
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<2 {
        group.addTask {
          let own = try Warehouse.open(at: path, mode: .writing)
          for number in 0..<15 { try fill(own, 100 * (writer + 1) + number) }
        }
      }
      group.addTask {
        for number in 0..<5 {
          try warehouse.backup(to: "\(place)/\(number)")
          let copy = try Warehouse.open(at: "\(place)/\(number)", mode: .reading)
          #expect(try copy.verify().isEmpty)
        }
      }
      try await group.waitForAll()
    }
    #expect(try warehouse.analyses().count == 30)
    withExtendedLifetime(target) {}
  }

  @Test("verify names another schema, and keys that refer to nothing")
  func verifies() throws {
    try fill(warehouse, 1)
    try warehouse.pool.write { try $0.execute(sql: "CREATE TABLE extra (x)") }
    #expect(try warehouse.verify().map(\.kind) == [.schema])
    try warehouse.pool.write { try $0.execute(sql: "DROP TABLE extra") }
    #expect(try warehouse.verify().isEmpty)
    try warehouse.pool.write { try $0.execute(sql: "DELETE FROM series") }
    #expect(try warehouse.verify().map(\.kind) == [.reference])
  }

  private func finished(_ number: Int, day: Int, status: RunStatus = .finished) throws -> TestRunKey
  {
    let run = try warehouse.newRun(number, .sample(started: "2019-03-0\(day)T00:00:00Z"))
    let path =
      try warehouse.makeProductFolder(block: "BORN", test: "BIAS01", analysis: "N\(number)") + "/p"
    try AtomicFile.write("\(number)", to: warehouse.absolutePath(path))
    try warehouse.commit(
      SubtaskCommit(
        name: "s", ordinal: 0, seconds: 0, measurements: readNoises(),
        artifacts: [
          ArtifactRecord(
            role: "r", mediaType: "m", path: path, size: 1,
            sha256: SHA256Digest(of: "\(number)").hexadecimal, title: "")
        ]), to: run)
    try warehouse.finishTestRun(run, status: status, time: testTime)
    return run
  }

  @Test("garbage: superseded and interrupted runs without a verdict, and nothing else")
  func garbage() throws {
    let superseded = try finished(1, day: 1)
    let interrupted = try finished(2, day: 2, status: .interrupted)
    let accepted = try finished(3, day: 3)
    let rejected = try finished(4, day: 4)
    let latest = try finished(5, day: 5)
    let open = try finished(6, day: 6, status: .interrupted)
    for (run, state) in [(accepted, VerdictRecord.State.accepted), (rejected, .rejected)] {
      try warehouse.add(
        VerdictRecord(state: state, reason: "", author: "", time: testTime), to: run)
    }
    let plan = try warehouse.garbagePlan()
    #expect(plan.candidates.map(\.run) == [superseded, interrupted])
    #expect(plan.candidates.map(\.reason) == [.superseded, .interrupted])
    #expect(plan.candidates.map(\.measurements) == [12, 12])
    #expect(plan.candidates.map(\.productBytes) == [1, 1])
    #expect(try warehouse.testRuns().count == 6)
    // A verdict that comes after the plan counts.
    try warehouse.add(
      VerdictRecord(state: .accepted, reason: "", author: "", time: testTime), to: superseded)
    let removed = try warehouse.collectGarbage(plan)
    #expect(removed.candidates.map(\.run) == [interrupted])
    #expect(try warehouse.testRuns().map(\.key) == [superseded, accepted, rejected, latest, open])
    #expect(try warehouse.measurements(in: [interrupted]).isEmpty)
    #expect(try warehouse.one(Int64.self, "SELECT count(*) FROM measurement") == 60)
    #expect(try warehouse.verify().isEmpty)
    #expect(try warehouse.collectGarbage(plan).candidates.isEmpty)
    let sizes = try warehouse.vacuum()
    #expect(sizes.after <= sizes.before)
    #expect(try warehouse.verify().isEmpty)
  }

  @Test("a run that a living process works on is never garbage, one of a dead process is")
  func leases() throws {
    let analysis = try warehouse.beginAnalysis(.sample(7))
    var dead = ProcessIdentity.current
    dead.boot = "another"
    _ = try warehouse.beginTestRun(.sample(started: "2019-03-01T00:00:00Z"), of: analysis)
    let left = try warehouse.beginTestRun(
      .sample(started: "2019-03-02T00:00:00Z"), of: try warehouse.beginAnalysis(.sample(8)),
      as: dead)
    _ = try finished(1, day: 5)
    #expect(try warehouse.garbagePlan().candidates.map(\.run) == [left])
  }

  @Test("two writers and ten readers: no error, nothing half seen, nothing lost")
  func manyReaders() async throws {
    let path = folder.path
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<2 {
        group.addTask {
          let own = try Warehouse.open(at: path, mode: .writing)
          for number in 0..<20 { try fill(own, 100 * (writer + 1) + number) }
        }
      }
      for _ in 0..<10 {
        group.addTask {
          let own = try Warehouse.open(at: path, mode: .reading)
          for _ in 0..<10 {
            let all = try own.statistics(matching: ResultFilter(runs: nil), by: [.run])
            #expect(all.allSatisfy { $0.count == 12 && $0.missing == 1 })
            _ = try own.selectedTestRuns(test: "BIAS01")
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try warehouse.one(Int64.self, "SELECT count(*) FROM results") == 40 * 13)
    #expect(try warehouse.verify().isEmpty)
  }
}
