import GRDB

// MARK: - Reading analyses and test runs

extension Warehouse {
  /// All analyses, oldest first.
  public func analyses() throws -> [StoredAnalysis] {
    try reading { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT id, name, ulid, programVersion, libraries, host, operator, commandLine,
            configuration, configurationSHA256, started, finished, status
          FROM analysis ORDER BY id
          """
      ).map { row in
        func text(_ index: Int) -> String { StoredText.decoded(row[index]) }
        return StoredAnalysis(
          key: AnalysisKey(id: row[0], name: text(1)),
          record: AnalysisRecord(
            name: text(1), ulid: text(2), programVersion: text(3), host: text(5),
            operatorName: text(6), commandLine: text(7), configuration: text(8),
            configurationDigest: text(9), libraries: try JSONText.dictionary(text(4)),
            started: text(10)),
          finished: (row[11] as String?).map(StoredText.decoded),
          status: try stored(text(12), as: RunStatus.self))
      }
    }
  }

  /// Test runs, oldest first.
  ///
  /// - Parameters: each restricts the answer where it is not nil.
  public func testRuns(
    block: String? = nil, test: String? = nil, session: String? = nil, status: RunStatus? = nil,
    analysis: String? = nil
  ) throws -> [StoredTestRun] {
    let filters: [(column: String, value: String?)] = [
      ("block.name", block.map(StoredText.encoded)),
      ("testRun.test", test.map(StoredText.encoded)),
      ("testRun.session", session.map(StoredText.encoded)),
      ("testRun.status", status?.rawValue), ("analysis.name", analysis.map(StoredText.encoded)),
    ]
    let used = filters.filter { $0.value != nil }
    let condition =
      used.isEmpty ? "" : "WHERE " + used.map { "\($0.column) = ?" }.joined(separator: " AND ")
    return try reading { database in
      try StoredTestRun.fetch(
        database, condition: condition, arguments: StatementArguments(used.map(\.value)))
    }
  }

  /// Where the detectors of each block sit in the design that the warehouse was made for, by block
  /// and detector.
  public func slots() throws -> [String: [String: String]] {
    try reading { try SlotTable($0).slots }
  }

  /// One test run.
  ///
  /// - Throws: `WarehouseError.Kind.noSuchRecord`.
  public func testRun(_ run: TestRunKey) throws -> StoredTestRun {
    let found = try reading { database in
      try StoredTestRun.fetch(database, condition: "WHERE testRun.id = ?", arguments: [run.id])
    }
    guard let first = found.first else {
      throw WarehouseError(.noSuchRecord, "there is no test run \(run.id)")
    }
    return first
  }

  /// The test runs that a filter means, by number, or in the order of `filter.runs`, with their
  /// verdicts as of its instant.
  public func testRuns(matching filter: ResultFilter) throws -> [StoredTestRun] {
    try reading { database in
      try MeasurementScan(database, filter).runs().flatMap {
        try StoredTestRun.fetch(
          database, condition: "WHERE testRun.id = ?", arguments: [$0.key.id], asOf: filter.asOf)
      }
    }
  }

  /// With which program a test run was made, and on how much data.
  ///
  /// - Throws: `WarehouseError.Kind.noSuchRecord`.
  public func facts(of run: TestRunKey) throws -> TestRunFacts {
    let facts = try reading { database in
      try Row.fetchOne(
        database.cachedStatement(sql: Warehouse.factsQuery), arguments: [run.id]
      ).map { row in
        TestRunFacts(
          programVersion: StoredText.decoded(row[0]), frames: row[1], files: row[2],
          bytes: Int(exactly: (row[3] as Double).rounded()) ?? .max, seconds: row[4],
          checks: row[5], failedChecks: row[6])
      }
    }
    guard let facts else {
      throw WarehouseError(.noSuchRecord, "there is no test run \(run.id)")
    }
    return facts
  }

  static let factsQuery = """
    SELECT analysis.programVersion,
      (SELECT count(*) FROM inputFile WHERE testRun = ?1 AND role = 'raw'),
      (SELECT count(*) FROM inputFile WHERE testRun = ?1),
      (SELECT total(size) FROM inputFile WHERE testRun = ?1),
      (SELECT total(seconds) FROM subtask WHERE testRun = ?1),
      (SELECT count(*) FROM "check" WHERE testRun = ?1),
      (SELECT count(*) FROM "check" WHERE testRun = ?1 AND passed = 0)
    FROM testRun JOIN analysis ON analysis.id = testRun.analysis WHERE testRun.id = ?1
    """

  /// The subtasks of a test run, by ordinal.
  public func subtasks(of run: TestRunKey) throws -> [StoredSubtask] {
    try reading { try StoredSubtask.all(of: run, $0) }
  }

  /// All verdicts on a test run, oldest first.
  public func verdicts(on run: TestRunKey) throws -> [VerdictRecord] {
    try reading { database in
      try Row.fetchAll(
        database,
        sql: "SELECT state, reason, author, time FROM verdict WHERE testRun = ? ORDER BY id",
        arguments: [run.id]
      ).map { row in
        VerdictRecord(
          state: try stored(row[0], as: VerdictRecord.State.self),
          reason: StoredText.decoded(row[1]), author: StoredText.decoded(row[2]),
          time: StoredText.decoded(row[3]))
      }
    }
  }

  /// The files that a test run read, by role, ObsID, detector and path.
  public func inputs(of run: TestRunKey) throws -> [InputFileRecord] {
    try reading { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT role, path, size, sha256, obsid, NULLIF(detector.name, '')
          FROM inputFile JOIN detector ON detector.id = inputFile.detector
          WHERE testRun = ? ORDER BY role, obsid, detector.name, path
          """, arguments: [run.id]
      ).map { row in
        InputFileRecord(
          role: try stored(row[0], as: InputFileRecord.Role.self),
          path: StoredText.decoded(row[1]), size: row[2], sha256: StoredText.decoded(row[3]),
          obsid: row[4], detector: (row[5] as String?).map(StoredText.decoded))
      }
    }
  }

  /// The exposures of a test run, by ObsID and detector.
  public func exposures(of run: TestRunKey) throws -> [ExposureRecord] {
    try reading { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT obsid, detector.name, time, exposureSeconds, commanded
          FROM exposure JOIN detector ON detector.id = exposure.detector
          WHERE testRun = ? ORDER BY obsid, detector.name
          """, arguments: [run.id]
      ).map { row in
        ExposureRecord(
          obsid: row[0], detector: StoredText.decoded(row[1]), time: StoredText.decoded(row[2]),
          exposureSeconds: row[3],
          commanded: try JSONText.dictionary(StoredText.decoded(row[4])))
      }
    }
  }
}

extension StoredTestRun {
  /// - Parameters:
  ///   - condition: SQL of this module, never from outside.
  ///   - asOf: verdicts given later are not looked at; nil for today's.
  static func fetch(
    _ database: Database, condition: String, arguments: StatementArguments, asOf: String? = nil
  ) throws -> [StoredTestRun] {
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT testRun.id, analysis.id, analysis.name, campaign.name, block.name, camera.name,
          testRun.test, testRun.session, testRun.firstObsid, testRun.lastObsid,
          testRun.dayFolders, testRun.configurationSHA256, testRun.inputSHA256,
          testRun.started, testRun.finished, testRun.status,
          \(RunChoice.verdictColumn), testRun.cameraText
        FROM testRun JOIN analysis ON analysis.id = testRun.analysis
          JOIN block ON block.id = testRun.block
          JOIN campaign ON campaign.id = block.campaign
          JOIN camera ON camera.id = testRun.camera
        \(condition) ORDER BY testRun.id
        """,
      arguments: [asOf.map { StoredText.encoded(Warehouse.comparableTime($0)) }] + arguments)
    return try rows.map { row in
      func text(_ index: Int) -> String { StoredText.decoded(row[index]) }
      let key = TestRunKey(id: row[0])
      var obsids: ClosedRange<Int>?
      if let first = row[8] as Int?, let last = row[9] as Int?, first <= last {
        obsids = first...last
      }
      let verdict = try (row[16] as String?).map { try stored($0, as: VerdictRecord.State.self) }
      return StoredTestRun(
        key: key, analysis: AnalysisKey(id: row[1], name: text(2)), campaign: text(3),
        block: text(4), camera: text(5), cameraText: text(17), test: text(6), session: text(7), obsids: obsids,
        dayFolders: try JSONText.strings(text(10)), serials: try serials(of: key, database),
        configurationDigest: text(11), inputDigest: text(12), started: text(13),
        finished: (row[14] as String?).map(StoredText.decoded),
        status: try stored(text(15), as: RunStatus.self),
        verdict: verdict == .withdrawn ? nil : verdict)
    }
  }

  static func serials(of run: TestRunKey, _ database: Database) throws -> [String: String] {
    let rows = try Row.fetchAll(
      database.cachedStatement(
        sql: """
          SELECT detector.name, serial FROM serial JOIN detector ON detector.id = serial.detector
          WHERE testRun = ?
          """), arguments: [run.id])
    return Dictionary(
      rows.map { (StoredText.decoded($0[0]), StoredText.decoded($0[1])) },
      uniquingKeysWith: { first, _ in first })
  }
}
