import Testing

@testable import Warehouse

@Suite struct ResumeTests {
  let folder: TemporaryFolder
  let warehouse: Warehouse

  init() throws {
    folder = try TemporaryFolder()
    warehouse = try Warehouse.create(at: folder.path)
  }

  private func dead() -> ProcessIdentity {
    var identity = ProcessIdentity.current
    identity.startTicks -= 1
    return identity
  }

  private func resume(
    session: String = "D11", configuration: String = "c1", input: String = "i1",
    as process: ProcessIdentity = .current
  ) throws -> ResumableTestRun? {
    try warehouse.resumableTestRun(
      block: "BORN", test: "BIAS01", session: session, configurationDigest: configuration,
      inputDigest: input, as: process)
  }

  @Test("this process is alive; another boot, start or number is not")
  func liveness() {
    #expect(!ProcessIdentity.current.isDead)
    #expect(dead().isDead)
    var other = ProcessIdentity.current
    other.boot = "another"
    #expect(other.isDead)
    other = .current
    other.processID = 4_194_305
    #expect(other.isDead)
    other.host = "elsewhere"
    #expect(!other.isDead)
  }

  @Test("a run of a dead process is taken over once, with its whole subtasks")
  func takeOver() throws {
    let analysis = try warehouse.beginAnalysis(.sample())
    let run = try warehouse.beginTestRun(.sample(), of: analysis, as: dead())
    for (ordinal, name) in ["init", "check"].enumerated() {
      try warehouse.commit(SubtaskCommit(name: name, ordinal: ordinal, seconds: 1), to: run)
    }
    #expect(try resume(session: "D12") == nil)
    #expect(try resume(configuration: "other") == nil)
    #expect(try resume(input: "other") == nil)
    let resumed = try #require(try resume())
    #expect(resumed.run == run && resumed.analysis == analysis)
    #expect(resumed.subtasks.map(\.name) == ["init", "check"])
    // The lease is now of a process that lives.
    #expect(try resume() == nil)
    try warehouse.commit(SubtaskCommit(name: "prep", ordinal: 2, seconds: 1), to: run)
    try warehouse.finishTestRun(run, status: .finished, time: testTime)
    #expect(try resume() == nil)
  }

  @Test("an interrupted run is resumed at once, a finished or failed one never")
  func interrupted() throws {
    let run = try warehouse.newRun()
    #expect(try resume() == nil)
    try warehouse.finishTestRun(run, status: .interrupted, time: testTime)
    #expect(throws: WarehouseError.self) {
      try warehouse.commit(SubtaskCommit(name: "x", ordinal: 0, seconds: 0), to: run)
    }
    #expect(try resume()?.run == run)
    #expect(try warehouse.testRun(run).status == .running)
    try warehouse.finishTestRun(run, status: .failed, time: testTime)
    #expect(try resume() == nil)
  }

  @Test("of many that ask at once, one resumes")
  func race() async throws {
    let analysis = try warehouse.beginAnalysis(.sample())
    _ = try warehouse.beginTestRun(.sample(), of: analysis, as: dead())
    let path = folder.path
    let taken = try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          let own = try Warehouse.open(at: path, mode: .writing)
          return try own.resumableTestRun(
            block: "BORN", test: "BIAS01", session: "D11", configurationDigest: "c1",
            inputDigest: "i1") != nil
        }
      }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(taken == 1)
  }

  @Test("ending what does not exist is an error")
  func noSuch() throws {
    let error = #expect(throws: WarehouseError.self) {
      try warehouse.finishTestRun(TestRunKey(id: 7), status: .finished, time: testTime)
    }
    #expect(error?.kind == .noSuchRecord)
  }
}
