import GRDB

// MARK: - The test runs that stand for their blocks

extension Warehouse {
  /// Why a test run stands for its block.
  public enum SelectionRule: String, Sendable, CaseIterable {
    /// It is the latest that was accepted.
    case latestAccepted = "latest accepted"
    /// None was accepted: it is the latest that finished and was not rejected.
    case latestFinished = "latest finished"
    /// Its analysis was named, in place of the rules above.
    case namedAnalysis = "analysis named"
  }

  /// A test run that stands for its block.
  public struct SelectedTestRun: Sendable, Hashable {
    /// The test run.
    public let run: StoredTestRun
    /// Why it was chosen.
    public let rule: SelectionRule
  }

  /// The test run of each block that metatests use: the latest accepted, else the latest finished.
  ///
  /// "Latest" goes by the time at which the run began, then by its number. A rejected run is never
  /// chosen, an unfinished one neither. Blocks of different campaigns are different blocks.
  ///
  /// - Parameters:
  ///   - session: restricts the choice where it is not nil; the same for `campaign`.
  ///   - subtask: only runs that finished this subtask.
  ///   - asOf: the choice as it was at this instant (ISO 8601 in UTC): only runs that had finished
  ///     by then, and only verdicts given by then; `SelectedTestRun.run` shows that verdict.
  ///   - analysis: only runs of the analysis of this name.
  /// - Returns: one a block, by campaign and block name.
  public func selectedTestRuns(
    test: String, session: String? = nil, campaign: String? = nil,
    having subtask: String? = nil, asOf: String? = nil, analysis: String? = nil
  ) throws -> [SelectedTestRun] {
    struct Choice {
      let id: Int64
      let started: String
      let rule: SelectionRule
    }
    let instant = asOf.map(Warehouse.comparableTime)
    let arguments = StatementArguments(
      [test, session, campaign, subtask, instant, analysis].map { $0.map(StoredText.encoded) })
    return try reading { database in
      var chosen: [Int64: Choice] = [:]
      let rows = try Row.fetchCursor(
        database.cachedStatement(sql: Warehouse.selectionQuery), arguments: arguments)
      while let row = try rows.next() {
        let verdict = row[3] as String?
        if verdict == VerdictRecord.State.rejected.rawValue { continue }
        let accepted = verdict == VerdictRecord.State.accepted.rawValue
        let new = Choice(
          id: row[0], started: row[2], rule: accepted ? .latestAccepted : .latestFinished)
        let block = row[1] as Int64
        if let old = chosen[block] {
          if old.rule == .latestAccepted, !accepted { continue }
          if old.rule == new.rule, (old.started, old.id) > (new.started, new.id) { continue }
        }
        chosen[block] = new
      }
      return try chosen.values.flatMap { choice in
        try StoredTestRun.fetch(
          database, condition: "WHERE testRun.id = ?", arguments: [choice.id], asOf: asOf
        ).map { SelectedTestRun(run: $0, rule: choice.rule) }
      }.sorted { ($0.run.campaign, $0.run.block) < ($1.run.campaign, $1.run.block) }
    }
  }

  static let selectionQuery = """
    SELECT testRun.id, testRun.block, testRun.started,
      (SELECT state FROM verdict WHERE verdict.testRun = testRun.id
        AND (?5 IS NULL OR rtrim(verdict.time, 'Z') <= ?5) ORDER BY verdict.id DESC LIMIT 1)
    FROM testRun
    WHERE testRun.test = ?1 AND testRun.status = 'finished'
      AND (?2 IS NULL OR testRun.session = ?2)
      AND (?3 IS NULL OR testRun.block IN (SELECT block.id FROM block
        JOIN campaign ON campaign.id = block.campaign WHERE campaign.name = ?3))
      AND (?4 IS NULL OR EXISTS (SELECT 1 FROM subtask WHERE subtask.testRun = testRun.id
        AND subtask.name = ?4 AND subtask.status = 'finished'))
      AND (?5 IS NULL OR rtrim(testRun.finished, 'Z') <= ?5)
      AND (?6 IS NULL OR testRun.analysis = (SELECT id FROM analysis WHERE name = ?6))
    """

  /// Times compare as texts once the mark of UTC is off: "47.5" then follows "47".
  static func comparableTime(_ time: String) -> String {
    time.hasSuffix("Z") ? String(time.dropLast()) : time
  }
}

extension StoredTestRun {
  /// The run in words: `PTC01 run 5 of analysis FM20260101_120000, latest accepted`.
  public func source(_ rule: Warehouse.SelectionRule?) -> String {
    "\(test) run \(key.id) of analysis \(analysis.name)" + (rule.map { ", \($0.rawValue)" } ?? "")
  }
}

extension Warehouse.SelectedTestRun {
  /// The run in words, with the rule by which it was chosen.
  public var source: String { run.source(rule) }
}
