import Detector
import DurableFiles
import Foundation
import GRDB
import Testing

@testable import Warehouse

@Suite struct AtomicityTests {
  let folder: TemporaryFolder
  let warehouse: Warehouse

  init() throws {
    folder = try TemporaryFolder()
    warehouse = try Warehouse.create(at: folder.path)
  }

  static let tables = ["subtask", "measurement", "curve", "artifact", "\"check\"", "flag"]

  /// A subtask that writes to every table.
  private func everything() throws -> SubtaskCommit {
    let relative = try warehouse.makeProductFolder(block: "B", test: "T", analysis: "A")
    let path = relative + "/a.json"
    try AtomicFile.write("{}", to: warehouse.absolutePath(path))
    return SubtaskCommit(
      name: "s", ordinal: 0, seconds: 0, measurements: readNoises(),
      curves: [CurveRecord(name: "c", xUnit: .none, yUnit: .none, x: [1], y: [1])],
      artifacts: [
        ArtifactRecord(
          role: "r", mediaType: "application/json", path: path, size: 2,
          sha256: SHA256Digest(of: "{}").hexadecimal, title: "")
      ], checks: [CheckRecord(name: "c", passed: true)],
      flags: [FlagRecord(name: "f", severity: .note, cause: "")])
  }

  private func rows() throws -> [Int] {
    try warehouse.pool.read { database in
      try AtomicityTests.tables.map {
        try Int.fetchOne(database, sql: "SELECT count(*) FROM \($0)") ?? -1
      }
    }
  }

  @Test("a failure in any table leaves nothing of the subtask", arguments: tables)
  func abortsWhole(table: String) throws {
    let run = try warehouse.newRun()
    let subtask = try everything()
    try warehouse.pool.write {
      try $0.execute(
        sql: """
          CREATE TRIGGER spoil AFTER INSERT ON \(table)
          BEGIN SELECT RAISE (ABORT, 'spoilt'); END
          """)
    }
    #expect(throws: WarehouseError.self) { try warehouse.commit(subtask, to: run) }
    #expect(try rows() == [0, 0, 0, 0, 0, 0])
    #expect(try warehouse.quantities().isEmpty)
    try warehouse.pool.write { try $0.execute(sql: "DROP TRIGGER spoil") }
    try warehouse.commit(subtask, to: run)
    #expect(try rows() == [1, 12, 1, 1, 1, 1])
  }

  @Test("a full database is one clear error, and the commit works once there is space")
  func full() throws {
    let run = try warehouse.newRun()
    let many = SubtaskCommit(
      name: "many", ordinal: 0, seconds: 0,
      measurements: (0..<20_000).map {
        MeasurementRecord(quantity: .offset, obsid: $0, value: .value(Double($0) + 0.5))
      })
    try warehouse.pool.writeWithoutTransaction { database in
      let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
      try database.execute(sql: "PRAGMA max_page_count = \(pages + 20)")
    }
    let error = #expect(throws: WarehouseError.self) { try warehouse.commit(many, to: run) }
    #expect(error?.kind == .full)
    #expect(try rows() == [0, 0, 0, 0, 0, 0])
    #expect(try warehouse.verify().isEmpty)
    try warehouse.pool.writeWithoutTransaction {
      try $0.execute(sql: "PRAGMA max_page_count = 1000000")
    }
    try warehouse.commit(many, to: run)
    #expect(try rows()[1] == 20_000)
  }

  @Test("the same subtask, or the same place twice, is refused whole")
  func duplicates() throws {
    let run = try warehouse.newRun()
    let one = MeasurementRecord(quantity: .readNoise, detector: "CCD1", value: .value(1))
    let twice = SubtaskCommit(name: "a", ordinal: 0, seconds: 0, measurements: [one, one])
    #expect(throws: WarehouseError.self) { try warehouse.commit(twice, to: run) }
    #expect(try rows()[0] == 0)
    let once = SubtaskCommit(name: "a", ordinal: 0, seconds: 0, measurements: [one])
    try warehouse.commit(once, to: run)
    let error = #expect(throws: WarehouseError.self) { try warehouse.commit(once, to: run) }
    #expect(error?.kind == .duplicate)
    #expect(try rows()[1] == 1)
  }

  @Test(
    "products outside, missing or changed are refused",
    arguments: ["../x", "/etc/passwd", "products/../../x", "warehouse.sqlite", "products/none"])
  func badProducts(path: String) throws {
    let run = try warehouse.newRun()
    let artifact = ArtifactRecord(
      role: "r", mediaType: "m", path: path, size: 1, sha256: "", title: "")
    let error = #expect(throws: WarehouseError.self) {
      try warehouse.commit(
        SubtaskCommit(name: "s", ordinal: 0, seconds: 0, artifacts: [artifact]), to: run)
    }
    #expect(error?.kind == .artifact)
    #expect(try rows()[0] == 0)
  }

  @Test("a product reached through a link to the outside is refused")
  func linkedProduct() throws {
    let run = try warehouse.newRun()
    let outside = try TemporaryFolder()
    try AtomicFile.write("{}", to: outside.path + "/a")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/products/link", withDestinationPath: outside.path)
    let artifact = ArtifactRecord(
      role: "r", mediaType: "m", path: "products/link/a", size: 2,
      sha256: SHA256Digest(of: "{}").hexadecimal, title: "")
    #expect(throws: WarehouseError.self) {
      try warehouse.commit(
        SubtaskCommit(name: "s", ordinal: 0, seconds: 0, artifacts: [artifact]), to: run)
    }
  }

  @Test("verify names a product that was deleted, shortened or changed, and a stray file")
  func verifyFindsProducts() throws {
    let run = try warehouse.newRun()
    let subtask = try everything()
    try warehouse.commit(subtask, to: run)
    let path = subtask.artifacts[0].path
    let file = warehouse.absolutePath(path)
    for spoilt in ["[]", "{"] {
      try AtomicFile.write(spoilt, to: file)
      #expect(try warehouse.verify().map(\.place) == [path])
    }
    try FileManager.default.moveItem(atPath: file, toPath: file + "2")
    #expect(try warehouse.verify().map(\.kind) == [.product, .unregistered])
  }

  @Test("eight writers and four readers: nothing lost, and no error")
  func concurrency() async throws {
    let path = folder.path
    let warehouse = warehouse
    let runs = try (0..<8).map { try warehouse.newRun($0) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for run in runs {
        group.addTask {
          let own = try Warehouse.open(at: path, mode: .writing)
          for ordinal in 0..<50 {
            try own.commit(
              SubtaskCommit(
                name: "s\(ordinal)", ordinal: ordinal, seconds: 0,
                measurements: [
                  MeasurementRecord(
                    quantity: .offset, obsid: ordinal, value: .value(Double(ordinal))),
                  MeasurementRecord(
                    quantity: .readNoise, item: "\(ordinal)", value: .value(Double(run.id))),
                ]), to: run)
          }
        }
      }
      for _ in 0..<4 {
        group.addTask {
          let own = try Warehouse.open(at: path, mode: .reading)
          for _ in 0..<50 {
            let run = runs[0]
            let subtasks = try own.subtasks(of: run).count
            let measured = try own.measurements(in: [run]).count
            // The second read is later, and only whole subtasks are ever seen.
            #expect(measured % 2 == 0 && measured >= 2 * subtasks)
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try rows()[0] == 400)
    #expect(try rows()[1] == 800)
    #expect(try warehouse.verify().isEmpty)
  }
}
