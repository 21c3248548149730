import Detector
import DurableFiles
import Foundation
import GRDB
import Testing

@testable import Warehouse

@Suite struct MigrationTests {
  /// A folder with a stored warehouse of an earlier version.
  static func folder(version: Int) throws -> TemporaryFolder {
    let stored = try #require(
      Bundle.module.url(
        forResource: "v\(version)", withExtension: "sqlite", subdirectory: "Fixtures"))
    let bytes = try Data(contentsOf: stored)
    #expect(bytes.count < 200_000)
    let folder = try TemporaryFolder()
    try bytes.write(to: URL(filePath: folder.database))
    return folder
  }

  /// Every row of each table that a version had, in the tables' own order, read without this module.
  static func rows(of folder: TemporaryFolder, tables: [String]? = nil) throws -> [String: [Row]] {
    var configuration = Configuration()
    configuration.readonly = true
    let queue = try DatabaseQueue(path: folder.database, configuration: configuration)
    defer { try? queue.close() }
    return try queue.read { database in
      let names =
        try tables
        ?? String.fetchAll(
          database,
          sql: """
            SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'
              AND name <> 'grdb_migrations'
            """)
      var result: [String: [Row]] = [:]
      for name in names {
        result[name] = try Row.fetchAll(database, sql: "SELECT * FROM \"\(name)\"")
      }
      return result
    }
  }

  static func version(of folder: TemporaryFolder) throws -> Int {
    let queue = try DatabaseQueue(path: folder.database)
    defer { try? queue.close() }
    return try queue.read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
  }

  @Test("a stored warehouse of version 1 opens with every row")
  func version1() throws {
    let folder = try Self.folder(version: 1)
    let before = try Self.rows(of: folder)
    #expect(before.count > 20 && before["measurement"]?.count == 12)
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
    #expect(try warehouse.verify().isEmpty && warehouse.collections().isEmpty)
    try warehouse.close()
    #expect(try Self.rows(of: folder, tables: Array(before.keys)) == before)
    #expect(try Warehouse.storedSchemaVersion(at: folder.path) == Warehouse.schemaVersion)
  }

  @Test("a stored warehouse of version 2 opens with every row, and what it certifies")
  func version2() throws {
    let folder = try Self.folder(version: 2)
    let before = try Self.rows(of: folder)
    #expect(before.values.allSatisfy { !$0.isEmpty }, "a table without a row")
    let warehouse = try Warehouse.open(at: folder.path, mode: .writing)
    #expect(try warehouse.collections().map(\.name) == ["calib", "calib/bias.1"])
    let stored = try warehouse.certifications(in: "calib")
    #expect(
      stored.map(\.range.text) == [
        "[open, 2019-04-02T00:00:00Z)", "[2019-04-03T00:00:00Z, 2019-06-01T00:00:00Z)",
      ])
    #expect(stored.allSatisfy { $0.data.serial == "14313-17-01" && $0.data.type == "master-bias" })
    #expect(try warehouse.certificationEvents().map(\.action) == [.certify, .decertify])
    // The product's file is not part of the fixture.
    #expect(try warehouse.verify().map(\.kind) == [.product])
    try warehouse.close()
    #expect(try Self.rows(of: folder, tables: Array(before.keys)) == before)
  }

  @Test("an older warehouse that is only to be read is left as it is, and says what to do")
  func reading() throws {
    let folder = try Self.folder(version: 1)
    let bytes = try folder.bytes()
    let error = #expect(throws: WarehouseError.self) {
      try Warehouse.open(at: folder.path, mode: .reading)
    }
    #expect(error?.kind == .older && error?.remedy?.contains("vis-meta upgrade") == true)
    #expect(try folder.bytes() == bytes)
  }

  @Test(
    "kill -9 within the migration leaves version 1 or 2 with every row, and it opens well",
    arguments: (0..<25).map { UInt32(200 + $0 * 400) })
  func killed(microseconds: UInt32) async throws {
    let folder = try Self.folder(version: 1)
    let before = try Self.rows(of: folder)
    let path = folder.path
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = path as String, microseconds = microseconds as UInt32] in
      Thread.detachNewThread {
        usleep(microseconds)
        kill(getpid(), SIGKILL)
      }
      _ = try Warehouse.open(at: path, mode: .writing)
      sleep(10)
    }
    let version = try Self.version(of: folder)
    let names = Set(try Self.rows(of: folder).keys)
    #expect(version == 1 ? names == Set(before.keys) : version == 2 && names.count > before.count)
    #expect(try Self.rows(of: folder, tables: Array(before.keys)) == before)
    let warehouse = try Warehouse.open(at: folder.path, mode: .writing)
    #expect(try warehouse.verify().isEmpty)
    try warehouse.close()
    #expect(try Self.version(of: folder) == 2)
    #expect(try Self.rows(of: folder, tables: Array(before.keys)) == before)
  }

  @Test("a migration whose last statement fails leaves all as it was, and one clear error")
  func failing() throws {
    let folder = try Self.folder(version: 1)
    let queue = try DatabaseQueue(path: folder.database)
    try queue.inDatabase { try $0.execute(sql: "CREATE TABLE certified (x)") }
    try queue.close()
    let before = try Self.rows(of: folder)
    let error = #expect(throws: WarehouseError.self) {
      try Warehouse.open(at: folder.path, mode: .writing)
    }
    #expect(error?.problem.contains("certified") == true)
    #expect(try Self.version(of: folder) == 1)
    #expect(try Self.rows(of: folder) == before)
  }

  @Test("of many that open the same old file at once, one migrates it and all can use it")
  func concurrent() async throws {
    let folder = try Self.folder(version: 1)
    let path = folder.path
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask {
          let warehouse = try Warehouse.open(at: path, mode: .writing)
          let count = try warehouse.testRuns().count
          try warehouse.close()
          return count
        }
      }
      for try await count in group { #expect(count == 1) }
    }
    let warehouse = try Warehouse.open(at: path, mode: .reading)
    #expect(try warehouse.verify().isEmpty)
    withExtendedLifetime(folder) {}
  }

  @Test(
    "the stored file of this version is made",
    .enabled(if: ProcessInfo.processInfo.environment["VISON_WRITE_FIXTURE"] != nil))
  func writeFixture() throws {
    let target = try #require(ProcessInfo.processInfo.environment["VISON_WRITE_FIXTURE"])
    let folder = try TemporaryFolder()
    let warehouse = try Warehouse.create(
      at: folder.path, design: "final",
      slots: [SlotAssignment(design: "final", block: "BORN", detector: "CCD1", slot: "C_11")])
    let run = try warehouse.newRun()
    let place = try warehouse.makeProductFolder(block: "BORN", test: "BIAS01", analysis: "A1")
    try AtomicFile.write("bias", to: warehouse.absolutePath(place + "/bias.fits"))
    let artifact = ArtifactRecord(
      role: "master-bias", mediaType: "application/fits", path: place + "/bias.fits", size: 4,
      sha256: SHA256Digest(of: "bias").hexadecimal, title: "Master bias", detector: "CCD1")
    let missing = MeasurementRecord(
      quantity: .offset, obsid: 1000, item: "img", value: .missing(reason: "no frame"))
    try warehouse.commit(
      SubtaskCommit(
        name: "s", ordinal: 0, seconds: 0, measurements: readNoises() + [missing],
        curves: [CurveRecord(name: "c", xUnit: .pixel, yUnit: .adu, x: [1, 2], y: [3, 4.5])],
        artifacts: [artifact], checks: [CheckRecord(name: "c", value: 1, passed: true)],
        flags: [FlagRecord(name: "f", severity: .note, cause: "")]), to: run)
    try warehouse.finishTestRun(run, status: .finished, time: testTime)
    try warehouse.add(
      VerdictRecord(state: .accepted, reason: "good", author: "a", time: testTime), to: run)
    try warehouse.certify(
      [artifact.path], in: "calib/bias.1", for: ValidityRange(begin: "open", end: "2019-06-01"),
      by: .sample)
    try warehouse.decertify(
      "master-bias", in: "calib/bias.1",
      for: ValidityRange(begin: "2019-04-02", end: "2019-04-03"), by: .sample)
    try warehouse.chain("calib", of: ["calib/bias.1"], by: .sample)
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
