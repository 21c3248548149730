import DurableFiles
import Foundation
import Testing

@testable import Exchange
@testable import Warehouse

@Suite(.serialized) struct ImportKillTests {
  static let runs = 24
  static let rowsPerRun = 30

  static func file(_ folder: TemporaryFolder) throws -> String {
    var text = "block,test,ccd,obsid,quantity,value,unit\n"
    for run in 0..<runs {
      for row in 0..<rowsPerRun {
        text += "B\(run),FLAT01,CCD1,\(row),bias.ron,\(Double(run) + Double(row) / 7),adu\n"
      }
    }
    return try folder.write(text)
  }

  @Test(
    "kill -9 of an import leaves whole test runs or nothing, and the same import completes",
    arguments: 0..<10)
  func killed(index: Int) async throws {
    let folder = try TemporaryFolder()
    let path = try Self.file(folder)
    try folder.warehouse("a").close()
    let target = "\(folder.path)/a/wh"
    // Spread over the whole import, however busy the machine is: a run, and a while from its begin.
    let (doomed, microseconds) = (index * 7 % Self.runs, UInt32(index * 37 % 16 * 250))
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [
        path = path as String, target = target as String, doomed = doomed as Int,
        microseconds = microseconds as UInt32
      ] in
      let warehouse = try Warehouse.open(at: target, mode: .writing)
      let incoming = try ResultImport([path], .foreign(), for: warehouse, own: ownQuantities)
      var begun = 0
      _ = try incoming.store(
        in: warehouse, ulid: { "01D6" },
        check: {
          if begun == doomed {
            Thread.detachNewThread {
              usleep(microseconds)
              kill(getpid(), SIGKILL)
            }
          }
          begun += 1
        })
      sleep(10)
    }
    let warehouse = try Warehouse.open(at: target, mode: .writing)
    #expect(try warehouse.verify().isEmpty)
    let left = try warehouse.testRuns()
    #expect(left.allSatisfy { $0.status == .finished } && left.count <= Self.runs)
    let count = try warehouse.one(Int64.self, "SELECT count(*) FROM measurement") ?? -1
    #expect(count == Int64(left.count * Self.rowsPerRun))
    var options = ImportOptions.foreign()
    // A later command must give the same content as the first would have.
    options.time = "2026-11-22T00:00:00Z"
    let report = try importing([path], options, into: warehouse)
    #expect(report.badRows == 0)
    #expect(try warehouse.verify().isEmpty)
    let started = try warehouse.analyses().map(\.record.started)
    let whole = try folder.warehouse("b")
    var same = ImportOptions.foreign()
    same.time = started.first ?? ""
    try importing([path], same, into: whole)
    let sql = "SELECT * FROM results ORDER BY block, obsid"
    let rows = try warehouse.readOnlySQL(sql).rows
    #expect(rows == (try whole.readOnlySQL(sql).rows))
    #expect(rows.count == Self.runs * Self.rowsPerRun)
    #expect(try warehouse.analyses().map(\.status) == [.finished])
    withExtendedLifetime(folder) {}
  }
}

extension Warehouse {
  func one<Value: Sendable>(_ type: Value.Type, _ sql: String) throws -> Value? {
    try readOnlySQL(sql, limit: 1).rows.first?.first?.any as? Value
  }
}
