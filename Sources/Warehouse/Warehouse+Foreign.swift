import GRDB

/// A measurement that another program made.
public struct ForeignMeasurement: Sendable {
  /// The place of its quantity in `ForeignRun.quantities`.
  public var quantity: Int
  /// What it belongs to.
  public var place: ResultPlace
  /// The value or the reason.
  public var value: MeasuredValue

  /// Describes a measurement.
  public init(quantity: Int, place: ResultPlace, value: MeasuredValue) {
    self.quantity = quantity
    self.place = place
    self.value = value
  }
}

/// A whole test run that another program made.
public struct ForeignRun: Sendable {
  /// What is recorded of the run.
  public var record: TestRunRecord
  /// How it ended; not `.running`.
  public var status: RunStatus
  /// When it was stored, ISO 8601 in UTC.
  public var finished: String
  /// The quantities; their units may be ones that this program does not know.
  public var quantities: [StoredQuantity]
  /// What was measured.
  public var measurements: [ForeignMeasurement]
  /// Lines for the log.
  public var log: [String]
  /// A verdict that comes with it.
  public var verdict: VerdictRecord?

  /// The subtask that holds the results.
  public static let subtask = "import"

  /// Describes a run.
  public init(
    record: TestRunRecord, status: RunStatus, finished: String, quantities: [StoredQuantity],
    measurements: [ForeignMeasurement], log: [String] = [], verdict: VerdictRecord? = nil
  ) {
    self.record = record
    self.status = status
    self.finished = finished
    self.quantities = quantities
    self.measurements = measurements
    self.log = log
    self.verdict = verdict
  }
}

// MARK: - Results of other programs

extension Warehouse {
  /// Stores a whole test run of another program in one transaction.
  ///
  /// Quantities that are stored keep their digits and meaning.
  ///
  /// - Returns: nil where the analysis has a run of the same campaign, block, test, session and
  ///   start already; nothing is stored then.
  /// - Throws: `WarehouseError`; nothing is stored then.
  public func store(_ run: ForeignRun, of analysis: AnalysisKey) throws -> TestRunKey? {
    guard run.status != .running else {
      throw WarehouseError(.invalidRecord, "a foreign test run cannot be running")
    }
    for measurement in run.measurements {
      try SubtaskCommit.validate(measurement.value, of: nil, at: measurement.place)
      try measurement.place.validate()
    }
    let subtask = SubtaskCommit(name: ForeignRun.subtask, ordinal: 0, seconds: 0, log: run.log)
    return try writing { database in
      let record = run.record
      let known = try Int64.fetchOne(
        database,
        sql: """
          SELECT testRun.id FROM testRun JOIN block ON block.id = testRun.block
            JOIN campaign ON campaign.id = block.campaign
          WHERE testRun.analysis = ? AND campaign.name = ? AND block.name = ? AND testRun.test = ?
            AND testRun.session = ? AND testRun.started = ?
          """,
        arguments: [analysis.id]
          + StatementArguments(
            [record.campaign, record.block, record.test, record.session, record.started]
              .map(StoredText.encoded)))
      if known != nil { return nil }
      let key = try insert(record, of: analysis, as: .current, database)
      try SubtaskWriter(database, run: key).write(
        run.measurements, of: run.quantities, as: subtask)
      try database.execute(
        sql: """
          UPDATE testRun SET status = ?, finished = ?, leaseHost = NULL, leaseBoot = NULL,
            leaseProcess = NULL, leaseStart = NULL WHERE id = ?
          """,
        arguments: [run.status.rawValue, StoredText.encoded(run.finished), key.id])
      if let verdict = run.verdict { try Warehouse.insert(verdict, on: key, into: database) }
      return key
    }
  }

  /// The names of the analyses that read a file with this digest as a product, by name.
  public func analyses(readingProduct sha256: String) throws -> [String] {
    try reading { database in
      try String.fetchAll(
        database,
        sql: """
          SELECT DISTINCT analysis.name FROM inputFile
            JOIN testRun ON testRun.id = inputFile.testRun
            JOIN analysis ON analysis.id = testRun.analysis
          WHERE inputFile.sha256 = ? AND inputFile.role = 'product' ORDER BY analysis.name
          """, arguments: [StoredText.encoded(sha256)]
      ).map(StoredText.decoded)
    }
  }
}
