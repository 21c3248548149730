import Detector
import GRDB
import Testing

@testable import Warehouse

@Suite struct QueryTests {
  let folder: TemporaryFolder
  let warehouse: Warehouse

  init() throws {
    folder = try TemporaryFolder()
    warehouse = try Warehouse.create(
      at: folder.path, design: "final",
      slots: [
        SlotAssignment(design: "final", block: "BORN", detector: "CCD1", slot: "C_11"),
        SlotAssignment(design: "initial", block: "BORN", detector: "CCD1", slot: "C_66"),
      ])
  }

  /// A finished run with twelve read noises.
  private func finished(
    _ number: Int, block: String = "BORN", base: Double = 1, started: String = testTime
  ) throws -> TestRunKey {
    let run = try warehouse.newRun(number, .sample(block: block, started: started))
    try warehouse.commit(
      SubtaskCommit(name: "s", ordinal: 0, seconds: 0, measurements: readNoises(base: base)),
      to: run)
    try warehouse.finishTestRun(run, status: .finished, time: started)
    return run
  }

  private func verdict(_ state: VerdictRecord.State, _ run: TestRunKey) throws {
    try warehouse.add(
      VerdictRecord(state: state, reason: "r", author: "a", time: testTime), to: run)
  }

  @Test("the columns of the view `results` are those that were promised")
  func viewColumns() throws {
    let answer = try warehouse.readOnlySQL("SELECT * FROM results")
    #expect(
      answer.columns == [
        "campaign", "block", "slot", "test", "analysis", "ccd", "quadrant", "obsid", "item",
        "quantity", "value", "uncertainty", "unit", "verdict", "count", "reason", "session",
        "started", "status",
      ])
  }

  @Test("a row of the view says all there is to know")
  func viewRow() throws {
    let run = try finished(1)
    try verdict(.rejected, run)
    try verdict(.accepted, run)
    let answer = try warehouse.readOnlySQL(
      "SELECT * FROM results WHERE ccd = 'CCD1' AND quadrant = 'F'")
    #expect(
      answer.rows == [
        [
          .text("flight"), .text("BORN"), .text("C_11"), .text("BIAS01"),
          .text("FM20190323_193641_D11"), .text("CCD1"), .text("F"), .null, .null,
          .text("bias.ron"), .real(1.1), .real(0.01), .text("adu"), .text("accepted"),
          .integer(100), .null, .text("D11"), .text(testTime), .text("finished"),
        ]
      ])
    try warehouse.assignSlots([], using: "initial")
    #expect(try warehouse.one(String.self, "SELECT slot FROM results") == "C_66")
  }

  @Test("the latest accepted run stands for a block, else the latest finished, never a rejected")
  func selection() throws {
    let first = try finished(1)
    let second = try finished(2, started: "2019-03-24T00:00:00Z")
    let other = try finished(3, block: "CURIE")
    _ = try warehouse.newRun(4, .sample(block: "SKLO"))
    func chosen() throws -> [TestRunKey] {
      try warehouse.selectedTestRuns(test: "BIAS01").map(\.run.key)
    }
    #expect(try chosen() == [second, other])
    try verdict(.accepted, first)
    #expect(try chosen() == [first, other])
    let rules = try warehouse.selectedTestRuns(test: "BIAS01").map(\.rule)
    #expect(rules == [.latestAccepted, .latestFinished])
    try verdict(.accepted, second)
    #expect(try chosen() == [second, other])
    try verdict(.rejected, second)
    #expect(try chosen() == [first, other])
    try verdict(.withdrawn, first)
    #expect(try chosen() == [first, other])
    try verdict(.rejected, first)
    #expect(try chosen() == [other])
    #expect(try warehouse.verdicts(on: first).map(\.state) == [.accepted, .withdrawn, .rejected])
    #expect(try warehouse.selectedTestRuns(test: "BIAS02").isEmpty)
  }

  @Test("verdicts can neither be changed nor removed")
  func verdictsStay() throws {
    try verdict(.accepted, try finished(1))
    for sql in ["UPDATE verdict SET reason = 'x'", "DELETE FROM verdict"] {
      #expect(throws: DatabaseError.self) { try warehouse.pool.write { try $0.execute(sql: sql) } }
    }
  }

  @Test("a focal-plane map has one value an amplifier, the later run's")
  func map() throws {
    let runs = [
      try finished(1), try finished(2, block: "CURIE", base: 5), try finished(3, base: 7),
    ]
    let map = try warehouse.map144(of: "bias.ron", in: runs)
    #expect(map.count == 24)
    let place = ChannelPlace(block: "BORN", detector: "CCD3", amplifier: "H")
    #expect(map[place] == .value(9 + 0.3, uncertainty: 0.01, count: 100))
    #expect(try warehouse.map144(of: "bias.offset", in: runs).isEmpty)
  }

  @Test("filters restrict, and the order is that of the runs asked for")
  func filters() throws {
    let runs = [try finished(1), try finished(2, block: "CURIE")]
    let found = try warehouse.measurements(
      of: .readNoise, in: runs.reversed(), detector: "CCD2", amplifier: "G")
    #expect(found.map(\.run) == runs.reversed())
    #expect(found.allSatisfy { $0.value.number == 2.2 })
    #expect(try warehouse.measurements(of: [], in: runs).isEmpty)
    #expect(try warehouse.testRuns(block: "CURIE").map(\.key) == [runs[1]])
    #expect(try warehouse.testRuns(status: .running).isEmpty)
  }

  @Test("the main questions use the clustering: no scan of measurement")
  func queryPlans() throws {
    let questions = [
      Warehouse.measurementQuery + " AND quantity.name = 'a'",
      Warehouse.measurementQuery,
      "SELECT * FROM results WHERE quantity = 'bias.ron'",
      "SELECT * FROM results WHERE quantity = 'bias.ron' AND test = 'BIAS01' AND block = 'B'",
      "SELECT block, avg(value) FROM results WHERE quantity = 'bias.ron' GROUP BY block",
      "SELECT * FROM results WHERE analysis = 'a'",
      "SELECT started, value FROM results WHERE quantity = 'a' AND test GLOB 'BIAS0*'",
      "SELECT test, ccd, count(*), avg(value) FROM results WHERE quantity = 'a' GROUP BY 1, 2",
      "SELECT * FROM results WHERE obsid = 5", "SELECT * FROM results WHERE started > '2019'",
    ]
    for question in questions {
      let arguments: StatementArguments = question.contains("?") ? [1] : []
      let plan = try warehouse.pool.read { database in
        try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + question, arguments: arguments)
          .map { $0["detail"] as String }
      }
      #expect(
        plan.contains { $0.hasPrefix("SEARCH measurement USING INTEGER PRIMARY KEY") }, "\(plan)")
      #expect(!plan.contains { $0.hasPrefix("SCAN measurement") }, "\(plan)")
    }
  }

  @Test(
    "statements that write, or reach elsewhere, are refused",
    arguments: [
      "DELETE FROM measurement", "SELECT 1; DELETE FROM measurement", "PRAGMA user_version = 9",
      "ATTACH 'x.sqlite' AS x", "/* SELECT */ DROP TABLE measurement", "-- SELECT\nVACUUM",
      "WITH a AS (SELECT 1) DELETE FROM measurement", "SELECT load_extension('x')", "", "/*",
      "SELECT * FROM nothing", "CREATE TABLE t (x)", "BEGIN", "EXPLAIN",
    ])
  func refusedSQL(sql: String) throws {
    _ = try finished(1)
    let error = #expect(throws: WarehouseError.self) { try warehouse.readOnlySQL(sql) }
    #expect(error?.kind == .queryRefused)
    #expect(try warehouse.one(Int64.self, "SELECT count(*) FROM measurement") == 12)
  }

  @Test("a query without end is stopped, and one with many rows is cut")
  func limits() throws {
    let endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    let error = #expect(throws: WarehouseError.self) {
      try warehouse.readOnlySQL(endless + "SELECT count(*) FROM n", seconds: 0.2)
    }
    #expect(error?.kind == .queryTooLong)
    let cut = try warehouse.readOnlySQL(" -- first\n" + endless + "SELECT i FROM n", limit: 3)
    #expect(cut.rows == [[.integer(1)], [.integer(2)], [.integer(3)]] && cut.isCut)
  }
}
