import GRDB

/// Finds the test runs that a filter means.
struct RunChoice {
  private let database: Database
  private let filter: ResultFilter
  private let slots: SlotTable

  /// - Parameter slots: looked at where the filter names slots.
  init(_ database: Database, _ filter: ResultFilter, _ slots: SlotTable) {
    self.database = database
    self.filter = filter
    self.slots = slots
  }

  /// The runs, by number, or in the order of `filter.runs`.
  func runs() throws -> [ResultRun] {
    var conditions: [String] = []
    var arguments: [(any DatabaseValueConvertible)?] = [
      filter.asOf.map { StoredText.encoded(Warehouse.comparableTime($0)) }
    ]
    func restrict(_ condition: String, _ values: [any DatabaseValueConvertible]) {
      conditions.append(condition)
      arguments += values.map { $0 }
    }
    func among(_ column: String, _ values: [any DatabaseValueConvertible]) {
      restrict("\(column) IN (" + values.map { _ in "?" }.joined(separator: ", ") + ")", values)
    }
    // What is few is found first, by names; the index of `testRun` then does the rest.
    if !filter.tests.isEmpty {
      among(
        "testRun.test",
        try String.fetchAll(database, sql: "SELECT DISTINCT test FROM testRun")
          .filter { admitsTest(StoredText.decoded($0)) })
    }
    if !filter.blocks.isEmpty || !filter.slots.isEmpty {
      among("testRun.block", try blocks())
    }
    if !filter.statuses.isEmpty {
      among("testRun.status", filter.statuses.map(\.rawValue).sorted())
    }
    if let from = filter.startedFrom {
      restrict("rtrim(testRun.started, 'Z') >= ?", [text(from)])
    }
    if let before = filter.startedBefore {
      restrict("rtrim(testRun.started, 'Z') < ?", [text(before)])
    }
    if let asOf = filter.asOf {
      restrict("rtrim(testRun.finished, 'Z') <= ?", [text(asOf)])
    }
    func fetch(_ extra: [String], _ more: [any DatabaseValueConvertible]) throws -> [ResultRun] {
      let all = conditions + extra
      let sql = RunChoice.query + (all.isEmpty ? "" : " WHERE " + all.joined(separator: " AND "))
      return try Row.fetchAll(
        database, sql: sql + " ORDER BY testRun.id",
        arguments: StatementArguments(arguments + more.map { $0 })
      ).compactMap(run)
    }
    var found: [ResultRun]
    if let wanted = filter.runs {
      var seen: Set<TestRunKey> = []
      found = try wanted.filter { seen.insert($0).inserted }
        .flatMap { try fetch(["testRun.id = ?"], [$0.id]) }
    } else {
      found = try fetch([], [])
    }
    if !filter.flags.isEmpty { found = try found.filter(hasFlag) }
    if filter.restrictsExposures {
      found = try found.filter {
        try ExposedPlaces(database, filter, $0.key).contains(ResultPlace())
      }
    }
    return filter.selection == .standing ? try standing(among: found) : found
  }

  static let query = """
    SELECT testRun.id, campaign.name, block.name, testRun.test, testRun.session, analysis.name,
      testRun.started, testRun.status, \(RunChoice.verdictColumn)
    FROM testRun JOIN analysis ON analysis.id = testRun.analysis
      JOIN block ON block.id = testRun.block JOIN campaign ON campaign.id = block.campaign
    """

  /// The latest verdict on `testRun`, of those given by the instant ?1 unless that is NULL.
  static let verdictColumn = """
    (SELECT state FROM verdict WHERE verdict.testRun = testRun.id
      AND (?1 IS NULL OR rtrim(verdict.time, 'Z') <= ?1) ORDER BY verdict.id DESC LIMIT 1)
    """

  private func text(_ time: String) -> String {
    StoredText.encoded(Warehouse.comparableTime(time))
  }

  private func admitsTest(_ test: String) -> Bool {
    NamePattern.matches(test, any: filter.tests)
      || NamePattern.matches(TestName.base(test), any: filter.tests)
  }

  private func blocks() throws -> [Int64] {
    let there = filter.slots.isEmpty ? nil : slots.blocks(at: filter.slots)
    return try Row.fetchAll(database, sql: "SELECT id, name FROM block").compactMap { row in
      let name = StoredText.decoded(row[1])
      return NamePattern.matches(name, any: filter.blocks) && there?.contains(name) != false
        ? row[0] : nil
    }
  }

  private func run(_ row: Row) throws -> ResultRun? {
    func text(_ index: Int) -> String { StoredText.decoded(row[index]) }
    let verdict = try (row[8] as String?).map { try stored($0, as: VerdictRecord.State.self) }
    let isDecided = verdict != nil && verdict != .withdrawn
    let run = ResultRun(
      key: TestRunKey(id: row[0]), campaign: text(1), block: text(2), test: text(3),
      session: text(4), analysis: text(5), started: text(6),
      status: try stored(text(7), as: RunStatus.self), verdict: isDecided ? verdict : nil)
    let admitsVerdict =
      filter.verdicts.isEmpty && !filter.undecided
      || verdict.map(filter.verdicts.contains) == true || filter.undecided && !isDecided
    guard admitsVerdict, NamePattern.matches(run.campaign, any: filter.campaigns),
      NamePattern.matches(run.session, any: filter.sessions),
      NamePattern.matches(run.analysis, any: filter.analyses)
    else { return nil }
    return run
  }

  static let flagQuery = "SELECT name FROM flag WHERE testRun = ?"

  private func hasFlag(_ run: ResultRun) throws -> Bool {
    try String.fetchAll(
      database.cachedStatement(sql: RunChoice.flagQuery), arguments: [run.key.id]
    ).contains { NamePattern.matches(StoredText.decoded($0), any: filter.flags) }
  }

  // MARK: - The runs that stand for their blocks

  private struct Rank {
    let finishedLast: Bool
    let accepted: Bool
    let started: String
    let id: Int64

    func precedes(_ other: Rank) -> Bool {
      if finishedLast != other.finishedLast { return other.finishedLast }
      if accepted != other.accepted { return other.accepted }
      return (started, id) < (other.started, other.id)
    }
  }

  static let stepQuery = """
    SELECT 1 FROM subtask WHERE testRun = ? AND name = ? AND status = 'finished'
    """

  private func standing(among runs: [ResultRun]) throws -> [ResultRun] {
    struct Key: Hashable {
      let campaign, block, test: String
    }
    let step = try database.cachedStatement(sql: RunChoice.stepQuery)
    var chosen: [Key: (run: ResultRun, rank: Rank)] = [:]
    for run in runs where run.status == .finished && run.verdict != .rejected {
      let isWhole =
        try Int.fetchOne(
          step,
          arguments: [run.key.id, StoredText.encoded(ResultFilter.finalStep(of: run.test))]) != nil
      let rank = Rank(
        finishedLast: isWhole, accepted: run.verdict == .accepted,
        started: Warehouse.comparableTime(run.started), id: run.key.id)
      let key = Key(campaign: run.campaign, block: run.block, test: TestName.base(run.test))
      if let old = chosen[key], !old.rank.precedes(rank) { continue }
      chosen[key] = (run, rank)
    }
    let keys = Set(chosen.values.map(\.run.key))
    return runs.filter { keys.contains($0.key) }
  }
}
