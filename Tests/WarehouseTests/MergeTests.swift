import Detector
import DurableFiles
import Foundation
import GRDB
import Testing

@testable import Warehouse

/// A warehouse with a finished analysis that has a row in every table, and a product.
func filledWarehouse(_ number: Int, block: String = "BORN") throws -> TemporaryFolder {
  let folder = try TemporaryFolder()
  let warehouse = try Warehouse.create(at: folder.path)
  try fill(warehouse, number, block: block)
  try warehouse.close()
  return folder
}

@discardableResult
func fill(_ warehouse: Warehouse, _ number: Int, block: String = "BORN") throws -> TestRunKey {
  var record = AnalysisRecord.sample(number)
  record.name = "A\(number)"
  let analysis = try warehouse.beginAnalysis(record)
  let run = try warehouse.beginTestRun(.sample(block: block), of: analysis)
  let path =
    try warehouse.makeProductFolder(block: block, test: "BIAS01", analysis: "A\(number)")
    + "/a.json"
  let content = "{\"number\": \(number)}"
  try AtomicFile.write(content, to: warehouse.absolutePath(path))
  try warehouse.commit(
    SubtaskCommit(
      name: "s", ordinal: 0, seconds: 1,
      measurements: readNoises(base: Double(number)) + [
        MeasurementRecord(quantity: .offset, obsid: 5, item: "x", value: .missing(reason: "none"))
      ],
      curves: [
        CurveRecord(
          name: "c", place: ResultPlace(detector: "CCD2"), xUnit: .pixel, yUnit: .adu,
          x: [1], y: [2], uncertainty: [3])
      ],
      artifacts: [
        ArtifactRecord(
          role: "r", mediaType: "application/json", path: path, size: content.utf8.count,
          sha256: SHA256Digest(of: content).hexadecimal, title: "t", detector: "CCD1")
      ],
      checks: [CheckRecord(name: "c", quantity: .readNoise, value: 1, passed: true)],
      flags: [FlagRecord(name: "f", severity: .note, cause: "")], log: ["l"]), to: run)
  try warehouse.finishTestRun(run, status: .finished, time: testTime)
  try warehouse.finishAnalysis(analysis, status: .finished, time: testTime)
  try warehouse.add(
    VerdictRecord(state: .accepted, reason: "good", author: "a", time: testTime), to: run)
  return run
}

@Suite struct MergeTests {
  let folder: TemporaryFolder
  let warehouse: Warehouse

  init() throws {
    folder = try TemporaryFolder()
    warehouse = try Warehouse.create(at: folder.path)
  }

  /// All that the view shows, in an order that does not depend on numbers.
  private func results(_ warehouse: Warehouse) throws -> [[SQLValue]] {
    try warehouse.readOnlySQL(
      "SELECT * FROM results ORDER BY analysis, quantity, ccd, quadrant, obsid, item"
    ).rows
  }

  @Test("two shards come in whole, with products, and again adds nothing")
  func merges() throws {
    let first = try filledWarehouse(1)
    let second = try filledWarehouse(2, block: "CURIE")
    let dry = try warehouse.merge(shard: first.path, dryRun: true)
    #expect(dry.added == ["A1"] && !dry.isApplied)
    #expect(try warehouse.analyses().isEmpty)
    let one = try warehouse.merge(shard: first.path)
    #expect(one.isApplied && one.added == ["A1"] && one.conflicts.isEmpty)
    #expect(one.measurements == 13 && one.testRuns == 1 && one.products == 1)
    #expect(try warehouse.merge(shard: second.path).added == ["A2"])
    #expect(try warehouse.verify().isEmpty)

    let run = try #require(try warehouse.testRuns(block: "CURIE").first)
    let original = try Warehouse.open(at: second.path, mode: .reading)
    let old = try #require(try original.testRuns().first)
    #expect(try warehouse.curves(in: run.key) == original.curves(in: old.key))
    #expect(try warehouse.artifacts(of: run.key) == original.artifacts(of: old.key))
    #expect(try warehouse.checks(of: run.key) == original.checks(of: old.key))
    #expect(try warehouse.flags(of: run.key) == original.flags(of: old.key))
    #expect(try warehouse.inputs(of: run.key) == original.inputs(of: old.key))
    #expect(try warehouse.exposures(of: run.key) == original.exposures(of: old.key))
    #expect(try warehouse.verdicts(on: run.key) == original.verdicts(on: old.key))
    #expect(run.serials == old.serials && run.verdict == .accepted)
    #expect(try results(warehouse).suffix(13) == results(original)[...])

    let before = try results(warehouse)
    let again = try warehouse.merge(shard: first.path)
    #expect(again.present == ["A1"] && again.added.isEmpty && again.measurements == 0)
    #expect(try results(warehouse) == before)
    withExtendedLifetime((first, second)) {}
  }

  @Test("a verdict given elsewhere since comes in once")
  func laterVerdict() throws {
    let shard = try filledWarehouse(1)
    _ = try warehouse.merge(shard: shard.path)
    let elsewhere = try Warehouse.open(at: shard.path, mode: .writing)
    let theirs = try #require(try elsewhere.testRuns().first?.key)
    try elsewhere.add(
      VerdictRecord(state: .rejected, reason: "bad", author: "b", time: testTime), to: theirs)
    try elsewhere.close()
    #expect(try warehouse.merge(shard: shard.path).verdicts == 1)
    #expect(try warehouse.merge(shard: shard.path).verdicts == 0)
    #expect(try warehouse.testRuns().map(\.verdict) == [.rejected])
  }

  /// Each spoils the shard or the target, and says which conflict follows.
  static let conflicts: [(MergeConflict.Kind, @Sendable (Warehouse, Warehouse) throws -> Void)] = [
    (
      .unit,
      { _, target in
        let run = try target.newRun(8)
        let other = Quantity("bias.ron", unit: .pixel, per: [], "other")
        try target.commit(
          SubtaskCommit(
            name: "s", ordinal: 0, seconds: 0,
            measurements: [MeasurementRecord(quantity: other, value: .value(1))]), to: run)
      }
    ),
    (
      .product,
      { shard, _ in
        try AtomicFile.write("{}", to: shard.absolutePath("products/BORN/BIAS01/A1/a.json"))
      }
    ),
    (
      .product,
      { shard, _ in
        try FileManager.default.removeItem(
          atPath: shard.absolutePath("products/BORN/BIAS01/A1/a.json"))
      }
    ),
    (
      .product,
      { _, target in
        let folder = try target.makeProductFolder(block: "BORN", test: "BIAS01", analysis: "A1")
        try AtomicFile.write("other", to: target.absolutePath(folder + "/a.json"))
      }
    ),
  ]

  @Test("each conflict is named, and nothing is stored or copied", arguments: 0..<4)
  func conflict(index: Int) throws {
    let (kind, spoil) = MergeTests.conflicts[index]
    let shard = try filledWarehouse(1)
    let writer = try Warehouse.open(at: shard.path, mode: .writing)
    try spoil(writer, warehouse)
    try writer.close()
    let before = try warehouse.analyses()
    let report = try warehouse.merge(shard: shard.path)
    #expect(report.conflicts.contains { $0.kind == kind })
    #expect(!report.isApplied)
    #expect(try warehouse.analyses() == before)
    #expect(try warehouse.artifacts(of: TestRunKey(id: 1)).isEmpty)
  }

  @Test("an analysis whose name is taken gets a number, and is known again by its ULID")
  func renamed() throws {
    // Two blocks whose analyses began in the same second, and one that has the first free name itself.
    let shard = try filledWarehouse(1)
    let other = try Warehouse.open(at: shard.path, mode: .writing)
    var numbered = AnalysisRecord.sample(7)
    numbered.name = "A1-1"
    let key = try other.beginAnalysis(numbered)
    try other.finishAnalysis(key, status: .finished, time: testTime)
    var record = AnalysisRecord.sample(9)
    record.name = "A1"
    let mine = try warehouse.beginAnalysis(record)
    try warehouse.finishAnalysis(mine, status: .finished, time: testTime)

    let planned = try warehouse.merge(shard: shard.path, dryRun: true)
    let report = try warehouse.merge(shard: shard.path)
    #expect(report.isApplied && report.conflicts.isEmpty)
    #expect(report.renamed == [.init(analysis: "A1", name: "A1-2")])
    #expect(planned.renamed == report.renamed)
    #expect(report.added == ["A1-2", "A1-1"])
    #expect(try warehouse.analyses().map(\.key.name) == ["A1", "A1-2", "A1-1"])
    #expect(try warehouse.analyses().map(\.record.ulid).sorted()
      == [AnalysisRecord.sample(1), .sample(7), .sample(9)].map(\.ulid).sorted())
    let again = try warehouse.merge(shard: shard.path)
    #expect(again.present.count == 2 && again.added.isEmpty && again.renamed.isEmpty)

    let further = try other.beginTestRun(
      .sample(test: "BIAS02"), of: try #require(try other.analyses().first?.key))
    try other.finishTestRun(further, status: .finished, time: testTime)
    try other.close()
    let extended = try warehouse.merge(shard: shard.path)
    #expect(extended.extended == ["A1"] && extended.testRuns == 1)
    #expect(try warehouse.analyses().count == 3)
    #expect(try warehouse.verify().isEmpty)
  }

  @Test("an analysis that went on after it was merged gets its further runs, once")
  func extended() throws {
    let shard = try filledWarehouse(1)
    _ = try warehouse.merge(shard: shard.path)
    let writer = try Warehouse.open(at: shard.path, mode: .writing)
    let analysis = try #require(try writer.analyses().first?.key)
    let run = try writer.beginTestRun(.sample(test: "BIAS02"), of: analysis)
    try writer.commit(
      SubtaskCommit(name: "s", ordinal: 0, seconds: 0, measurements: readNoises()), to: run)
    try writer.finishTestRun(run, status: .finished, time: testTime)
    try writer.close()
    let report = try warehouse.merge(shard: shard.path)
    #expect(report.extended == ["A1"] && report.added.isEmpty && report.present.isEmpty)
    #expect(report.testRuns == 1 && report.measurements == 12)
    #expect(try warehouse.testRuns().map(\.test) == ["BIAS01", "BIAS02"])
    #expect(try warehouse.merge(shard: shard.path).present == ["A1"])
    #expect(try warehouse.verify().isEmpty)
  }

  @Test("a run with other values under the same key is a conflict that shows both sides")
  func changed() throws {
    let shard = try filledWarehouse(1)
    _ = try warehouse.merge(shard: shard.path)
    let queue = try DatabaseQueue(path: shard.database)
    try queue.write {
      try $0.execute(sql: "UPDATE measurement SET value = value + 1e-9 WHERE value > 2.15")
    }
    try queue.close()
    let report = try warehouse.merge(shard: shard.path)
    #expect(report.conflicts.map(\.kind) == [.changed] && !report.isApplied)
    let text = try #require(report.conflicts.first?.text)
    #expect(text.contains("BORN BIAS01 D11: here finished with 1 steps and 13 values"), "\(text)")
    #expect(text.contains("there finished with 1 steps and 13 values"))
    #expect(try warehouse.testRuns().count == 1)
  }

  @Test("runs that are not finished are left and named; they come when they are")
  func unfinished() throws {
    let shard = try filledWarehouse(1)
    let writer = try Warehouse.open(at: shard.path, mode: .writing)
    let analysis = try writer.beginAnalysis(.sample(7))
    let done = try writer.beginTestRun(.sample(), of: analysis)
    try writer.commit(
      SubtaskCommit(name: "s", ordinal: 0, seconds: 0, measurements: readNoises()), to: done)
    try writer.finishTestRun(done, status: .finished, time: testTime)
    var dead = ProcessIdentity.current
    dead.boot = "another"
    let killed = try writer.beginTestRun(.sample(test: "BIAS02"), of: analysis, as: dead)
    let living = try writer.beginTestRun(.sample(test: "BIAS03"), of: analysis)
    let stopped = try writer.beginTestRun(.sample(test: "BIAS04"), of: analysis)
    try writer.finishTestRun(stopped, status: .interrupted, time: testTime)
    _ = try writer.beginAnalysis(.sample(8))

    let report = try warehouse.merge(shard: shard.path)
    #expect(report.isApplied && report.added.count == 2 && report.testRuns == 2)
    #expect(report.left.map(\.reason) == [.killed, .running, .interrupted, .begun])
    #expect(report.left.map(\.run)[0] == "BORN BIAS02 D11")
    let here = try warehouse.analyses()
    #expect(here.map(\.status) == [.finished, .interrupted])

    for run in [killed, living, stopped] {
      try writer.finishTestRun(run, status: .finished, time: testTime)
    }
    try writer.finishAnalysis(analysis, status: .finished, time: testTime)
    let later = try warehouse.merge(shard: shard.path)
    #expect(later.extended.count == 1 && later.testRuns == 3 && later.left.count == 1)
    #expect(try warehouse.analyses().map(\.status) == [.finished, .finished])
    #expect(try warehouse.verify().isEmpty)
    let again = try warehouse.merge(shard: shard.path)
    #expect(again.present.count == 2 && again.testRuns == 0)
  }

  @Test("a verdict that comes in late does not stand above a later one")
  func verdictOrder() throws {
    let shard = try filledWarehouse(1)
    _ = try warehouse.merge(shard: shard.path)
    let run = try #require(try warehouse.testRuns().first?.key)
    func verdict(_ state: VerdictRecord.State, _ day: Int) -> VerdictRecord {
      VerdictRecord(state: state, reason: "r", author: "a", time: "2019-04-0\(day)T00:00:00Z")
    }
    try warehouse.add(verdict(.rejected, 3), to: run)
    let elsewhere = try Warehouse.open(at: shard.path, mode: .writing)
    let theirs = try #require(try elsewhere.testRuns().first?.key)
    try elsewhere.add(verdict(.withdrawn, 1), to: theirs)
    try elsewhere.add(verdict(.accepted, 2), to: theirs)
    try elsewhere.close()
    #expect(try warehouse.merge(shard: shard.path).verdicts == 2)
    #expect(try warehouse.testRuns().map(\.verdict) == [.rejected])
    let count = try warehouse.verdicts(on: run).count
    #expect(try warehouse.merge(shard: shard.path).verdicts == 0)
    #expect(try warehouse.verdicts(on: run).count == count)
  }

  @Test("a shard that is written to meanwhile comes in as it is at one instant")
  func writtenMeanwhile() async throws {
    let shard = try TemporaryFolder()
    try Warehouse.create(at: shard.path).close()
    let place = shard.path
    let warehouse = warehouse
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        let writer = try Warehouse.open(at: place, mode: .writing)
        for number in 1...20 { try fill(writer, number, block: "B\(number)") }
      }
      group.addTask {
        for _ in 0..<5 {
          let report = try warehouse.merge(shard: place)
          #expect(report.isApplied && report.conflicts.isEmpty)
          #expect(try warehouse.verify().isEmpty)
        }
      }
      try await group.waitForAll()
    }
    _ = try warehouse.merge(shard: shard.path)
    #expect(try warehouse.one(Int64.self, "SELECT count(*) FROM results") == 20 * 13)
    withExtendedLifetime(shard) {}
  }

  @Test("a product that is a link in the shard is refused, and never becomes one here")
  func linkedProduct() throws {
    let shard = try filledWarehouse(1)
    let path = shard.path + "/products/BORN/BIAS01/A1/a.json"
    try FileManager.default.moveItem(atPath: path, toPath: shard.path + "/products/b.json")
    try FileManager.default.createSymbolicLink(
      atPath: path, withDestinationPath: shard.path + "/products/b.json")
    #expect(throws: (any Error).self) { try warehouse.merge(shard: shard.path) }
    #expect(try warehouse.analyses().isEmpty)
    #expect(warehouse.productFiles().isEmpty)
  }

  /// Changes to a shard's database that no program of ours makes.
  static let hostile = [
    "CREATE TRIGGER t AFTER INSERT ON flag BEGIN SELECT 1; END",
    "CREATE TABLE extra (x)",
    "DROP VIEW results; CREATE VIEW results AS SELECT 1",
    "DROP INDEX flagByTestRun",
    "DROP TRIGGER verdictStays",
    "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'x' WHERE name = 'results'",
    "PRAGMA foreign_keys = OFF; DELETE FROM place WHERE id > 0",
    "PRAGMA foreign_keys = OFF; DELETE FROM series",
    "PRAGMA foreign_keys = OFF; DELETE FROM subtask",
    "PRAGMA user_version = 9",
    "PRAGMA application_id = 1",
    "UPDATE measurement SET value = 9e999 WHERE value IS NOT NULL",
    "UPDATE curve SET y = x'000000000000F07F'",
    "UPDATE \"check\" SET value = 9e999",
    "UPDATE artifact SET path = '../../outside'",
    "UPDATE artifact SET path = 'products/../../outside'",
    "PRAGMA ignore_check_constraints = ON; UPDATE measurement SET count = -1 WHERE value > 0",
    "PRAGMA ignore_check_constraints = ON; UPDATE measurement SET reason = NULL",
  ]

  @Test("a hostile shard is refused, and nothing of it is stored", arguments: hostile)
  func hostileShard(sql: String) throws {
    let shard = try filledWarehouse(1)
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    let queue = try DatabaseQueue(path: shard.database, configuration: configuration)
    try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
    try queue.close()
    do {
      let report = try warehouse.merge(shard: shard.path)
      #expect(!report.conflicts.isEmpty && !report.isApplied, "\(report)")
    } catch is WarehouseError {
      // Refused, as it should be.
    }
    #expect(try warehouse.analyses().isEmpty)
    #expect(try warehouse.quantities().isEmpty)
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/../outside"))
    #expect(try warehouse.verify().allSatisfy { $0.kind == .unregistered })
  }

  @Test("damaged bytes give an error, never a crash nor a row")
  func damagedShard() throws {
    let shard = try filledWarehouse(1)
    let good = try shard.bytes()
    var noise = SystemRandomNumberGenerator()
    for _ in 0..<20 {
      var bytes = good
      for _ in 0..<200 {
        bytes[Int.random(in: 100..<bytes.count, using: &noise)] ^= 0xFF
      }
      try bytes.write(to: URL(filePath: shard.database))
      let own = try Warehouse.create(at: try TemporaryFolder().path)
      do {
        let report = try own.merge(shard: shard.path)
        #expect(!report.isApplied)
      } catch is WarehouseError {}
      #expect(try own.analyses().isEmpty)
    }
  }

  @Test("a warehouse is not merged into itself, nor a folder without one")
  func nonsense() throws {
    #expect(throws: WarehouseError.self) { try warehouse.merge(shard: folder.path) }
    #expect(throws: WarehouseError.self) { try warehouse.merge(shard: folder.path + "/products") }
    let reader = try Warehouse.open(at: folder.path, mode: .reading)
    let shard = try filledWarehouse(1)
    #expect(throws: WarehouseError.self) { try reader.merge(shard: shard.path) }
    #expect(try reader.merge(shard: shard.path, dryRun: true).added == ["A1"])
  }

  @Test("a full database stops a merge whole, at any point; with space it completes")
  func full() throws {
    let shard = try filledWarehouse(1)
    let writer = try Warehouse.open(at: shard.path, mode: .writing)
    let run = try writer.newRun(5)
    try writer.commit(
      SubtaskCommit(
        name: "many", ordinal: 0, seconds: 0,
        measurements: (0..<5000).map {
          MeasurementRecord(quantity: .offset, obsid: $0, value: .value(Double($0) + 0.5))
        }), to: run)
    try writer.finishTestRun(run, status: .finished, time: testTime)
    try writer.finishAnalysis(
      try #require(try writer.analyses().last?.key), status: .finished, time: testTime)
    try writer.close()
    let pages = try warehouse.pool.read { try Int.fetchOne($0, sql: "PRAGMA page_count") ?? 0 }
    var failures = 0
    for extra in 0..<1000 {
      try warehouse.pool.writeWithoutTransaction {
        try $0.execute(sql: "PRAGMA max_page_count = \(pages + 5 * extra)")
      }
      do {
        let report = try warehouse.merge(shard: shard.path)
        #expect(report.isApplied && report.measurements == 5013)
        break
      } catch let error as WarehouseError {
        #expect(error.kind == .full)
        failures += 1
        #expect(try warehouse.analyses().isEmpty)
      }
    }
    #expect(failures > 5)
    #expect(try warehouse.verify().isEmpty)
  }
}
