import DurableFiles
import Foundation
import Testing

@testable import Warehouse

@Suite struct KillTests {
  @Test(
    "kill -9 of a writer leaves whole subtasks, all that were acknowledged, and a run to resume",
    arguments: [3, 17, 40, 90].map { UInt32($0 * 1000) })
  func killed(microseconds: UInt32) async throws {
    let folder = try TemporaryFolder()
    let path = folder.path
    try Warehouse.create(at: path).close()
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = path as String, microseconds = microseconds as UInt32] in
      let warehouse = try Warehouse.open(at: path, mode: .writing)
      let run = try warehouse.newRun()
      Thread.detachNewThread {
        usleep(microseconds)
        kill(getpid(), SIGKILL)
      }
      for ordinal in 0..<1_000_000 {
        try warehouse.commit(
          SubtaskCommit(
            name: "s\(ordinal)", ordinal: ordinal, seconds: 0,
            measurements: readNoises().map { old in
              var new = old
              new.place.obsid = ordinal
              return new
            }), to: run)
        try AtomicFile.write("\(ordinal + 1)", to: path + "/acknowledged")
      }
    }
    let text = (try? String(contentsOfFile: path + "/acknowledged", encoding: .utf8)) ?? "0"
    let acknowledged = try #require(Int(text))
    let warehouse = try Warehouse.open(at: path, mode: .writing)
    #expect(try warehouse.verify().isEmpty)
    let resumed = try #require(
      try warehouse.resumableTestRun(
        block: "BORN", test: "BIAS01", session: "D11", configurationDigest: "c1",
        inputDigest: "i1"))
    let stored = resumed.subtasks.count
    #expect(stored >= acknowledged && stored <= acknowledged + 1)
    #expect(resumed.subtasks.map(\.ordinal) == Array(0..<stored))
    #expect(try warehouse.measurements(in: [resumed.run]).count == 12 * stored)
    try warehouse.commit(
      SubtaskCommit(name: "s\(stored)", ordinal: stored, seconds: 0), to: resumed.run)
    withExtendedLifetime(folder) {}
  }
}
