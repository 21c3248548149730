import GRDB

/// A test run that ended before its time, and what of it is whole.
public struct ResumableTestRun: Sendable, Hashable {
  /// The test run; it is `.running` again, and this process holds its lease.
  public let run: TestRunKey
  /// The analysis that it belongs to, which is `.running` again.
  public let analysis: AnalysisKey
  /// The subtasks that are stored, by ordinal.
  public let subtasks: [StoredSubtask]
}

extension Warehouse {
  /// Takes over the latest unfinished test run that did the same on the same input.
  ///
  /// A run qualifies that is interrupted, or whose process has ended without a word (killed, or the
  /// machine restarted). Looking and taking are one transaction, so that two engines never
  /// resume the same run. A run that another machine holds is left alone.
  ///
  /// - Returns: nil where there is none; a new test run is then to be begun.
  public func resumableTestRun(
    block: String, test: String, session: String, configurationDigest: String,
    inputDigest: String
  ) throws -> ResumableTestRun? {
    try resumableTestRun(
      block: block, test: test, session: session, configurationDigest: configurationDigest,
      inputDigest: inputDigest, as: .current)
  }

  func resumableTestRun(
    block: String, test: String, session: String, configurationDigest: String,
    inputDigest: String, as process: ProcessIdentity
  ) throws -> ResumableTestRun? {
    try writing { database in
      let rows = try Row.fetchAll(
        database,
        sql: """
          SELECT testRun.id, analysis.id, analysis.name, testRun.leaseHost, testRun.leaseBoot,
            testRun.leaseProcess, testRun.leaseStart
          FROM testRun JOIN analysis ON analysis.id = testRun.analysis
            JOIN block ON block.id = testRun.block
          WHERE testRun.test = ? AND block.name = ? AND testRun.session = ?
            AND testRun.configurationSHA256 = ? AND testRun.inputSHA256 = ?
            AND testRun.status IN ('running', 'interrupted')
          ORDER BY testRun.id DESC
          """,
        arguments: StatementArguments(
          [test, block, session, configurationDigest, inputDigest].map(StoredText.encoded)))
      for row in rows {
        if let host = row[3] as String?, let boot = row[4] as String?,
          let number = row[5] as Int64?, let start = row[6] as Int64?,
          !ProcessIdentity(host: host, boot: boot, processID: number, startTicks: start).isDead
        {
          continue
        }
        let run = TestRunKey(id: row[0])
        let analysis = AnalysisKey(id: row[1], name: StoredText.decoded(row[2]))
        try database.execute(
          sql: """
            UPDATE testRun SET status = 'running', finished = NULL, leaseHost = ?, leaseBoot = ?,
              leaseProcess = ?, leaseStart = ? WHERE id = ?
            """,
          arguments: [
            process.host, process.boot, process.processID, process.startTicks, run.id,
          ])
        try database.execute(
          sql: "UPDATE analysis SET status = 'running', finished = NULL WHERE id = ?",
          arguments: [analysis.id])
        return ResumableTestRun(
          run: run, analysis: analysis, subtasks: try StoredSubtask.all(of: run, database))
      }
      return nil
    }
  }
}
