import Detector
import DurableFiles
import Foundation
import GRDB
import Testing

@testable import Warehouse

#if canImport(Glibc)
  import Glibc
#endif

/// Too little space, without a small disk: a database that may not grow, and files that may not.
@Suite struct NoSpaceTests {
  let folder: TemporaryFolder
  let warehouse: Warehouse

  init() throws {
    folder = try TemporaryFolder()
    warehouse = try Warehouse.create(at: folder.path)
    try fill(warehouse, 1)
  }

  private func limit(_ more: Int) throws {
    try warehouse.pool.writeWithoutTransaction { database in
      let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
      try database.execute(sql: "PRAGMA max_page_count = \(pages + more)")
    }
  }

  private func content() throws -> [[SQLValue]] {
    try warehouse.readOnlySQL("SELECT * FROM results", limit: 100_000).rows
  }

  /// Runs an operation with more and more pages allowed, until it gets through.
  private func starved(_ body: () throws -> Bool) throws {
    let before = try content()
    var failures = 0
    for more in [0, 1, 2, 4, 8, 1_000_000] {
      try limit(more)
      do {
        #expect(try body())
        break
      } catch let error as WarehouseError {
        #expect(error.kind == .full && error.remedy?.contains("free space") == true)
        failures += 1
        #expect(try content() == before)
        #expect(try !warehouse.verify().contains { $0.kind.isDamage })
      }
    }
    #expect(failures > 0)
    #expect(try content().count > before.count)
    #expect(try warehouse.verify().isEmpty)
  }

  @Test("a merge into a database that may not grow stores nothing, and later all")
  func merge() throws {
    let shard = try TemporaryFolder()
    let source = try Warehouse.create(at: shard.path)
    for number in 2...4 { try fill(source, number, block: "B\(number)") }
    let run = try source.newRun(5, .sample(block: "B5"))
    try source.commit(
      SubtaskCommit(
        name: "s", ordinal: 0, seconds: 0,
        measurements: (0..<3000).map {
          MeasurementRecord(quantity: .offset, obsid: $0, value: .value(Double($0)))
        }), to: run)
    try source.finishTestRun(run, status: .finished, time: testTime)
    try starved { try warehouse.merge(shard: shard.path).isApplied }
  }

  @Test("an import likewise, run by run")
  func importing() throws {
    let analysis = try warehouse.beginAnalysis(.sample(2))
    let quantity = StoredQuantity(
      name: "other.gain", unit: "electron/adu", digits: 3, dimensions: [], meaning: "Gain.")
    let run = ForeignRun(
      record: .sample(block: "CURIE"), status: .finished, finished: testTime,
      quantities: [quantity],
      measurements: (0..<3000).map {
        ForeignMeasurement(
          quantity: 0, place: ResultPlace(detector: "CCD1", obsid: $0), value: .value(Double($0)))
      })
    try starved { try warehouse.store(run, of: analysis) != nil }
  }

  @Test("files that may not grow: product, step, backup and vacuum stop, and nothing is lost")
  func fileSize() async throws {
    let path = folder.path
    try warehouse.close()
    await #expect(processExitsWith: .success) {
      [path = path as String] in
      signal(SIGXFSZ, SIG_IGN)
      let warehouse = try Warehouse.open(at: path, mode: .writing)
      let run = try warehouse.newRun(2)
      var size = rlimit(rlim_cur: 100_000, rlim_max: 100_000)
      #expect(setrlimit(__rlimit_resource_t(1), &size) == 0)
      let product = path + "/products/large"
      let error = #expect(throws: FileError.self) {
        try AtomicFile.write([UInt8](repeating: 1, count: 200_000), to: product)
      }
      #expect(error?.kind == .diskFull && FileSystem.size(of: product) == nil)
      #expect(throws: WarehouseError.self) {
        try warehouse.commit(
          SubtaskCommit(
            name: "s", ordinal: 0, seconds: 0,
            measurements: (0..<20_000).map {
              MeasurementRecord(quantity: .offset, obsid: $0, value: .value(Double($0) + 0.5))
            }), to: run)
      }
      #expect(throws: (any Error).self) { try warehouse.backup(to: path + ".copy") }
      #expect(FileSystem.resolved(path + ".copy") == nil)
      #expect(FileSystem.resolved(path + ".copy" + Warehouse.partialSuffix) == nil)
      #expect(throws: WarehouseError.self) { try warehouse.vacuum() }
    }
    let after = try Warehouse.open(at: path, mode: .writing)
    #expect(try after.verify().isEmpty)
    #expect(try after.one(Int64.self, "SELECT count(*) FROM results") == 13)
    #expect(try after.vacuum().after > 0)
    try after.backup(to: path + ".copy")
    try FileManager.default.removeItem(atPath: path + ".copy")
    withExtendedLifetime(folder) {}
  }
}
