import Diagnostics
import Foundation
import GRDB
import Testing

@testable import Warehouse

@Suite struct OpeningTests {
  /// A closed warehouse with one analysis, all of it in the database file.
  static func closedWarehouse() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let warehouse = try Warehouse.create(at: folder.path)
    let run = try warehouse.newRun()
    try warehouse.commit(
      SubtaskCommit(name: "s", ordinal: 0, seconds: 0, measurements: readNoises()), to: run)
    try warehouse.close()
    return folder
  }

  static let faults: [(String, WarehouseError.Kind, @Sendable (inout Data) -> Void)] = [
    ("empty", .foreign, { $0 = Data() }),
    ("a text", .foreign, { $0 = Data("not a database, and long enough to be looked at".utf8) }),
    ("other application", .foreign, { $0[68] = 0 }),
    ("newer schema", .newer, { $0[63] = 99 }),
    ("no schema version", .foreign, { $0[63] = 0 }),
    ("one byte short", .damaged, { $0.removeLast() }),
    ("half", .damaged, { $0.removeLast($0.count / 2 / 4096 * 4096) }),
    ("header only", .damaged, { $0.removeLast($0.count - 100) }),
  ]

  @Test("a file that is no usable warehouse is refused and stays as it is", arguments: 0..<8)
  func refused(index: Int) throws {
    let (_, kind, spoil) = OpeningTests.faults[index]
    let folder = try OpeningTests.closedWarehouse()
    var bytes = try folder.bytes()
    spoil(&bytes)
    try bytes.write(to: URL(filePath: folder.database))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    for mode in [Warehouse.Mode.reading, .writing] {
      let error = #expect(throws: WarehouseError.self) {
        try Warehouse.open(at: folder.path, mode: mode)
      }
      #expect(error?.kind == kind)
    }
    #expect(try folder.bytes() == bytes)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == names)
  }

  @Test("damaged pages give an error or a finding, never a crash")
  func damagedPages() throws {
    let folder = try OpeningTests.closedWarehouse()
    var bytes = try folder.bytes()
    for index in 4096..<bytes.count { bytes[index] ^= 0x5A }
    try bytes.write(to: URL(filePath: folder.database))
    do {
      let warehouse = try Warehouse.open(at: folder.path, mode: .reading)
      #expect(try !warehouse.verify().isEmpty)
    } catch let error as WarehouseError {
      #expect(error.kind == .damaged)
    }
    #expect(try folder.bytes() == bytes)
  }

  @Test("flipped bytes anywhere: an error, a finding or the right answer; never a crash or a write")
  func flippedBytes() throws {
    let folder = try OpeningTests.closedWarehouse()
    let sound = try folder.bytes()
    var random = SplitMix(state: 42)
    var outcomes = (refused: 0, found: 0, right: 0)
    for _ in 0..<60 {
      var bytes = sound
      // The header's magic, versions and sizes have tests of their own.
      for _ in 0...random.below(3) {
        bytes[100 + random.below(bytes.count - 100)] ^= UInt8(1 + random.below(255))
      }
      try bytes.write(to: URL(filePath: folder.database))
      do {
        let warehouse = try Warehouse.open(at: folder.path, mode: .reading)
        let findings = try warehouse.verify()
        let noises = try? warehouse.testRuns().first.map {
          try warehouse.measurements(of: .readNoise, in: [$0.key])
        }
        if findings.isEmpty {
          #expect(noises?.count == 12)
          outcomes.right += 1
        } else {
          outcomes.found += 1
        }
        try warehouse.close()
      } catch let error as WarehouseError {
        #expect(!error.problem.isEmpty && !error.description.contains("\n"))
        outcomes.refused += 1
      }
      #expect(try folder.bytes() == bytes)
      for suffix in ["-wal", "-shm"] {
        try? FileManager.default.removeItem(atPath: folder.database + suffix)
      }
    }
    #expect(outcomes.refused + outcomes.found > 5, "\(outcomes)")
  }

  @Test(
    "a folder in the database's place is no warehouse, and stays empty", arguments: [true, false])
  func folderInstead(reads: Bool) throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.database, withIntermediateDirectories: false)
    let error = #expect(throws: WarehouseError.self) {
      try Warehouse.open(at: folder.path, mode: reads ? .reading : .writing)
    }
    #expect(error?.kind == .missing || error?.kind == .foreign)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.database).isEmpty)
  }

  @Test("what a killed writer left in its log is read, and then written on")
  func logLeftBehind() throws {
    let folder = try OpeningTests.closedWarehouse()
    let writer = try Warehouse.open(at: folder.path, mode: .writing)
    _ = try writer.beginAnalysis(.sample(2))
    // The files as a kill would leave them: the last analysis is in the log alone.
    let copy = try TemporaryFolder()
    for suffix in ["", "-wal"] {
      try FileManager.default.copyItem(
        atPath: folder.database + suffix, toPath: copy.database + suffix)
    }
    #expect((FileSystem.size(of: copy.database + "-wal") ?? 0) > 0)
    let reader = try Warehouse.open(at: copy.path, mode: .reading)
    #expect(try reader.analyses().count == 2)
    try reader.close()
    let next = try Warehouse.open(at: copy.path, mode: .writing)
    _ = try next.beginAnalysis(.sample(3))
    #expect(try next.analyses().count == 3)
    #expect(try next.verify().isEmpty)
    try writer.close()
  }

  @Test(
    "a damaged log is ignored from its damage on: never half a transaction, never a crash",
    arguments: [0, 30, 60, 5000])
  func damagedLog(offset: Int) throws {
    let folder = try OpeningTests.closedWarehouse()
    let writer = try Warehouse.open(at: folder.path, mode: .writing)
    _ = try writer.beginAnalysis(.sample(2))
    let copy = try TemporaryFolder()
    try folder.bytes().write(to: URL(filePath: copy.database))
    var log = try Data(contentsOf: URL(filePath: folder.database + "-wal"))
    log[min(offset, log.count - 1)] ^= 0xFF
    try log.write(to: URL(filePath: copy.database + "-wal"))
    let warehouse = try Warehouse.open(at: copy.path, mode: .writing)
    #expect((1...2).contains(try warehouse.analyses().count))
    #expect(try warehouse.verify().isEmpty)
    try writer.close()
  }

  @Test("what a kill broke off in a rollback journal is undone for one who only reads")
  func rollbackJournal() async throws {
    let folder = try OpeningTests.closedWarehouse()
    let path = folder.database
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = path as String] in
      let queue = try DatabaseQueue(path: path)
      try queue.writeWithoutTransaction { database in
        try database.execute(
          sql: """
            PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1;
            BEGIN IMMEDIATE; CREATE TABLE broken (content BLOB);
            INSERT INTO broken VALUES (randomblob(1000000)); DELETE FROM measurement;
            """)
        kill(getpid(), SIGKILL)
      }
    }
    #expect(FileSystem.size(of: path + "-journal") ?? 0 > 0)
    let warehouse = try Warehouse.open(at: folder.path, mode: .reading)
    #expect(try warehouse.verify().isEmpty)
    #expect(try warehouse.one(Int64.self, "SELECT count(*) FROM results") == 12)
    withExtendedLifetime(folder) {}
  }

  @Test("a new warehouse has its write-ahead log before it has its name")
  func newDatabase() throws {
    let folder = try OpeningTests.closedWarehouse()
    #expect(try Array(folder.bytes()[18...19]) == [2, 2])
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    let known = ["products", "warehouse.sqlite", "warehouse.sqlite-shm", "warehouse.sqlite-wal"]
    #expect(Set(names).isSubset(of: known))
  }

  @Test("a folder in which nothing can be written is one clear error for a writer")
  func readOnlyFolder() throws {
    let folder = try OpeningTests.closedWarehouse()
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o444], ofItemAtPath: folder.database)
    try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.path)
    defer {
      try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
    }
    let bytes = try folder.bytes()
    do {
      // Who is root may write all the same.
      let warehouse = try Warehouse.open(at: folder.path, mode: .writing)
      try warehouse.close()
      #expect(getuid() == 0)
    } catch let error as WarehouseError {
      #expect(error.kind == .readOnly)
      #expect(try folder.bytes() == bytes)
    }
  }

  @Test("a folder without a warehouse is named, and nothing is made there")
  func missing() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: WarehouseError.self) {
      try Warehouse.open(at: folder.path, mode: .writing)
    }
    #expect(error?.kind == .missing)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test("a second warehouse is not made over the first")
  func exists() throws {
    let folder = try OpeningTests.closedWarehouse()
    let bytes = try folder.bytes()
    let error = #expect(throws: WarehouseError.self) { try Warehouse.create(at: folder.path) }
    #expect(error?.kind == .exists)
    #expect(try folder.bytes() == bytes)
  }

  @Test("a reader cannot write")
  func readOnly() throws {
    let folder = try OpeningTests.closedWarehouse()
    let reader = try Warehouse.open(at: folder.path, mode: .reading)
    let error = #expect(throws: WarehouseError.self) { try reader.beginAnalysis(.sample(2)) }
    #expect(error?.kind == .readOnly)
    #expect(try reader.analyses().count == 1)
    withExtendedLifetime(folder) {}
  }

  @Test("network file systems are known by their mount")
  func networkFileSystems() {
    let mounts = """
      22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
      40 22 0:45 / /data rw - nfs4 server:/data rw,vers=4.2
      """
    #expect(FileSystem.networkType(ofDevice: "0:45", in: mounts) == "nfs4")
    #expect(FileSystem.networkType(ofDevice: "254:0", in: mounts) == nil)
    #expect(FileSystem.networkType(ofDevice: "9:9", in: mounts) == nil)
  }

  @Test("a writer that waits too long gets one clear line and the exit code for it")
  func busy() throws {
    let folder = try OpeningTests.closedWarehouse()
    let first = try Warehouse.open(at: folder.path, mode: .writing)
    let second = try Warehouse.open(
      at: folder.path, mode: .writing, options: Warehouse.Options(busySeconds: 0.05))
    try first.pool.writeWithoutTransaction { database in
      try database.inTransaction(.immediate) {
        let error = #expect(throws: WarehouseError.self) { try second.beginAnalysis(.sample(3)) }
        #expect(error?.kind == .busy && error?.exitCode == .busy)
        return .rollback
      }
    }
    _ = try second.beginAnalysis(.sample(3))
    withExtendedLifetime(folder) {}
  }
}
