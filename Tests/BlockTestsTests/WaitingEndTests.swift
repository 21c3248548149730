import BlockTests
import Campaign
import Diagnostics
import Foundation
import Synchronization
import Testing
import Warehouse

@Suite("How waiting ends and begins again")
struct WaitingEndTests {
  @Test("after a restart nothing is done twice, whatever the log has become")
  func restart() async throws {
    let stage = try await WaitingStage(["BIAS01", "BIAS02"])
    try stage.deliver(0..<3)
    let first = try await stage.wait(for: ["BIAS01", "BIAS02"])
    #expect(first.outcome.end == .timedOut)
    #expect(first.outcome.open.map(\.text) == ["nothing in the log yet"])
    try first.warehouse.close()
    try stage.deliver(3..<6)
    let second = try await stage.wait(for: ["BIAS01", "BIAS02"])
    #expect(second.outcome.end == .allDone)
    #expect(second.outcome.summary.entries.map(\.test) == ["BIAS02"])
    #expect(second.outcome.earlier.map(\.test) == ["BIAS01"])
    #expect(stage.texts(.done).count == 1)
    try second.warehouse.close()
    let third = try await stage.wait(for: ["BIAS01", "BIAS02"])
    #expect(third.outcome.summary.entries.isEmpty)
    #expect(try third.warehouse.testRuns().map(\.test) == ["BIAS01", "BIAS02"])
    try third.warehouse.close()
    let fresh = try await stage.wait(for: ["BIAS01"], isFresh: true)
    #expect(fresh.outcome.summary.entries.map(\.test) == ["BIAS01"])
  }

  @Test("a test that was interrupted is taken up, though the log has grown since")
  func interrupted() async throws {
    let stage = try await WaitingStage(["BIAS01", "BIAS02"])
    try stage.deliver(0..<3)
    stage.onEvent = { event in
      if event.event == .started { stage.signal.withLock { $0 = 2 } }
    }
    let first = try await stage.wait(for: ["BIAS01", "BIAS02"])
    #expect(first.outcome.end == .interrupted)
    #expect(first.outcome.summary.entries.map(\.exitCode) == [.interrupted])
    #expect(first.outcome.open.map(\.test) == ["BIAS02"])
    #expect(try first.warehouse.testRuns().map(\.status) == [.interrupted])
    try first.warehouse.close()
    stage.signal.withLock { $0 = 0 }
    stage.onEvent = { _ in }
    try stage.deliver(3..<6)
    let second = try await stage.wait(for: ["BIAS01", "BIAS02"])
    #expect(second.outcome.end == .allDone)
    #expect(try second.warehouse.testRuns().map(\.status) == [.finished, .finished])
    #expect(try second.warehouse.analyses().count == 1)
  }

  @Test("an end is heard while nothing happens, and says what is open")
  func stopped() async throws {
    let stage = try await WaitingStage()
    stage.script = [{}, { stage.signal.withLock { $0 = 15 } }]
    let (outcome, warehouse) = try await stage.wait(for: ["BIAS01"])
    #expect(outcome.end == .interrupted)
    #expect(outcome.open.map(\.test) == ["BIAS01"])
    #expect(try warehouse.analyses().isEmpty)
  }

  @Test("who can be asked is asked before it gives up, and patience begins anew with a no")
  func asked() async throws {
    let stage = try await WaitingStage()
    let questions = Mutex(0)
    let (outcome, _) = try await stage.wait(for: ["BIAS01"]) { _ in
      questions.withLock { count in
        count += 1
        return count == 3
      }
    }
    #expect(outcome.end == .timedOut)
    #expect(questions.withLock { $0 } == 3)
    #expect(stage.texts(.timeout).count == 3)
  }

  @Test("a growing log is news: patience counts from the last change")
  func patience() async throws {
    let stage = try await WaitingStage()
    // 90 looks of 10 s between exposures: each alone is within the patience, together they are not.
    for number in 0..<3 {
      stage.script += Array(repeating: {}, count: 90)
      stage.script.append { try stage.deliver(number..<number + 1) }
    }
    let (outcome, _) = try await stage.wait(for: ["BIAS01"])
    #expect(outcome.end == .allDone)
  }

  @Test("a session without a day folder cannot be waited for")
  func manifest() async throws {
    let stage = try await WaitingStage()
    let configuration = try BlockConfiguration.load("\(stage.folder)/source/BORN/vison.yaml")
    let warehouse = try stage.open()
    let engine = Engine(
      configuration: configuration, warehouse: warehouse, options: EngineOptions(),
      log: try RunLog(path: nil), observer: EngineObserver(), reporter: { _, _ in [] })
    let session = BlockConfiguration.Session(name: "D11", source: .manifest("m.csv"), tasks: [])
    #expect(throws: EngineError.self) {
      _ = try Waiting(
        engine, session: session, options: WaitOptions(), clock: .machine { true }, tell: { _ in })
    }
  }

  @Test("the machine's clock goes on, and a sleep ends early when it is to end")
  func clock() async {
    let clock = WaitClock.machine { true }
    let start = clock.now()
    await clock.sleep(3600)
    #expect(clock.now() - start < 3600)
    #expect(clock.now() >= start)
  }
}
