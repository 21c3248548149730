import Detector
import GRDB
import Synchronization
import Testing

@testable import Warehouse

/// Looks at the statements that the questions really run: those that SQLite itself reports.
@Suite("Query plans")
struct QueryPlanTests {
  let folder: TemporaryFolder
  let warehouse: Warehouse
  let runs: [TestRunKey]

  init() throws {
    folder = try TemporaryFolder()
    let store = try Warehouse.create(at: folder.path)
    warehouse = store
    runs = try (1...2).map { number in
      let run = try store.newRun(number, .sample(started: "2019-03-0\(number)T00:00:00Z"))
      try store.commit(
        SubtaskCommit(
          name: "meta", ordinal: 0, seconds: 0, measurements: readNoises(base: Double(number))),
        to: run)
      try store.finishTestRun(run, status: .finished, time: "2019-03-0\(number)T01:00:00Z")
      return run
    }
  }

  enum Question: String, CaseIterable, Sendable {
    case map, statistics, history, selection, diff, rows, measurements, filters, view
  }

  private func ask(_ question: Question) throws {
    var filter = ResultFilter(quantities: ["bias.*"], tests: ["BIAS01"])
    switch question {
    case .map:
      #expect(try warehouse.map144(of: "bias.ron", in: runs).count == 12)
    case .statistics:
      let all = try warehouse.statistics(
        matching: filter, by: ResultDimension.allCases, percentiles: [5, 95])
      #expect(all.count == 24)
    case .history:
      #expect(try warehouse.history(of: "bias.ron", matching: filter).count == 24)
    case .selection:
      #expect(
        try warehouse.selectedTestRuns(
          test: "BIAS01", session: "D11", campaign: "flight", having: "meta",
          asOf: "2019-04-01T00:00:00Z", analysis: "FM20190323_193641_D11"
        ).count == 1)
    case .diff:
      #expect(try warehouse.diff([runs[0]], [runs[1]]).differences.count == 12)
    case .rows:
      var count = 0
      try warehouse.forEachMeasurement(matching: filter) { _ in count += 1 }
      #expect(count == 24)
    case .measurements:
      let found = try warehouse.measurements(
        of: ["bias.ron"], in: runs, detector: "CCD1", amplifier: "E")
      #expect(found.count == 2)
      #expect(try warehouse.measurements(in: runs).count == 24)
    case .filters:
      // Every restriction at once: nothing is left, and nothing but series were gone through.
      (filter.campaigns, filter.blocks, filter.sessions) = (["f*"], ["B*"], ["D*"])
      (filter.detectors, filter.amplifiers, filter.items) = (["C*"], ["?"], ["*"])
      (filter.analyses, filter.slots, filter.flags) = (["*"], ["*"], ["*"])
      (filter.startedFrom, filter.startedBefore) = ("2019", "2020")
      (filter.exposedFrom, filter.exposedBefore) = ("2000", "2030")
      (filter.asOf, filter.selection) = ("2030", .standing)
      filter.obsids = [1...5, 1000...2000]
      (filter.verdicts, filter.undecided) = ([.accepted], true)
      try warehouse.forEachResult(matching: filter) { _ in }
      filter = ResultFilter()
      filter.selection = .standing
      filter.obsids = [1...5]
      filter.exposedFrom = "2000"
      try warehouse.forEachResult(matching: filter) { _ in }
    case .view:
      try warehouse.pool.read { database in
        let rows = try Row.fetchAll(
          database,
          sql: """
            SELECT ccd, quadrant, value FROM results
            WHERE quantity = 'bias.ron' AND test = 'BIAS01' AND block = 'BORN'
            """)
        #expect(rows.count == 24)
      }
    }
  }

  /// The statements that run while a question is asked.
  private func statements(of question: Question) throws -> Set<String> {
    let seen = Mutex<Set<String>>([])
    // All questions of one task use the same reading connection, since it is free again each time.
    try warehouse.pool.read { database in
      database.trace { event in
        if case .statement(let statement) = event {
          let sql = statement.sql
          seen.withLock { _ = $0.insert(sql) }
        }
      }
    }
    try ask(question)
    try warehouse.pool.read { $0.trace(options: []) }
    return seen.withLock { $0 }.filter { $0.hasPrefix("SELECT") }
  }

  @Test("no question scans the measurements: they are searched by ranges of the key alone",
    arguments: Question.allCases)
  func plans(question: Question) throws {
    let statements = try statements(of: question)
    #expect(!statements.isEmpty)
    let readsMeasurements = statements.contains {
      $0.contains("measurement") || $0.contains("results")
    }
    #expect(readsMeasurements || question == .selection || question == .filters)
    for sql in statements {
      let plan = try warehouse.pool.read { database in
        let statement = try database.makeStatement(sql: "EXPLAIN QUERY PLAN " + sql)
        return try Row.fetchAll(
          statement,
          arguments: StatementArguments(
            Array(repeating: 1, count: sql.contains("?") ? statement.argumentCount : 0))
        ).map { $0["detail"] as String }
      }
      #expect(!plan.contains { $0.contains("SCAN measurement") }, "\(sql): \(plan)")
      for step in plan where step.contains("measurement") {
        #expect(step.hasPrefix("SEARCH measurement USING INTEGER PRIMARY KEY"), "\(sql): \(plan)")
      }
    }
  }

  @Test("the check would notice a scan")
  func scanIsNoticed() throws {
    let plan = try warehouse.pool.read { database in
      try Row.fetchAll(
        database, sql: "EXPLAIN QUERY PLAN SELECT count(*) FROM measurement WHERE value > 1"
      ).map { $0["detail"] as String }
    }
    #expect(plan.contains { $0.contains("SCAN measurement") })
  }
}

extension Statement {
  /// How many arguments the statement takes.
  fileprivate var argumentCount: Int {
    var count = 0
    while validateCount(count) == false, count < 100 { count += 1 }
    return count
  }

  private func validateCount(_ count: Int) -> Bool {
    (try? validateArguments(StatementArguments(Array(repeating: 1, count: count)))) != nil
  }
}
