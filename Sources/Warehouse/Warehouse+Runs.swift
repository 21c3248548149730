import GRDB

// MARK: - Analyses and test runs

extension Warehouse {
  /// Records that an analysis begins.
  ///
  /// - Throws: `WarehouseError.Kind.duplicate` where its name or ULID is stored already.
  public func beginAnalysis(_ record: AnalysisRecord) throws -> AnalysisKey {
    let libraries = try JSONText.object(record.libraries)
    return try writing { database in
      try database.execute(
        sql: """
          INSERT INTO analysis (name, ulid, programVersion, libraries, host, operator,
            commandLine, configuration, configurationSHA256, started, status)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'running')
          """,
        arguments: StatementArguments(
          [
            record.name, record.ulid, record.programVersion, libraries, record.host,
            record.operatorName, record.commandLine, record.configuration,
            record.configurationDigest, record.started,
          ].map(StoredText.encoded)))
      return AnalysisKey(id: database.lastInsertedRowID, name: record.name)
    }
  }

  /// Records that a test run begins, and takes its lease for this process.
  ///
  /// - Throws: `WarehouseError`; nothing is stored then.
  public func beginTestRun(_ record: TestRunRecord, of analysis: AnalysisKey) throws -> TestRunKey {
    try beginTestRun(record, of: analysis, as: .current)
  }

  func beginTestRun(
    _ record: TestRunRecord, of analysis: AnalysisKey, as process: ProcessIdentity
  ) throws -> TestRunKey {
    try writing { try insert(record, of: analysis, as: process, $0) }
  }

  /// Adds a running test run within a transaction.
  func insert(
    _ record: TestRunRecord, of analysis: AnalysisKey, as process: ProcessIdentity,
    _ database: Database
  ) throws -> TestRunKey {
    let days = try JSONText.array(record.dayFolders)
    var names = NameTables(database)
    let camera = try names.id(record.camera, in: .camera)
    let block = try blockID(record, &names, database)
    try database.execute(
      sql: """
        INSERT INTO testRun (analysis, block, camera, cameraText, test, session, firstObsid, lastObsid,
          dayFolders, configurationSHA256, inputSHA256, started, status,
          leaseHost, leaseBoot, leaseProcess, leaseStart)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'running', ?, ?, ?, ?)
        """,
      arguments: [
        analysis.id, block, camera, StoredText.encoded(record.cameraText),
        StoredText.encoded(record.test),
        StoredText.encoded(record.session), record.obsids?.lowerBound,
        record.obsids?.upperBound, StoredText.encoded(days),
        StoredText.encoded(record.configurationDigest), StoredText.encoded(record.inputDigest),
        StoredText.encoded(record.started), process.host, process.boot, process.processID,
        process.startTicks,
      ])
    let run = TestRunKey(id: database.lastInsertedRowID)
    try insertInputs(record, of: run, &names, database)
    return run
  }

  /// Records how a test run ended, and gives up its lease.
  ///
  /// A run that ends `.interrupted` can be resumed.
  public func finishTestRun(_ run: TestRunKey, status: RunStatus, time: String) throws {
    try writing { database in
      try database.execute(
        sql: """
          UPDATE testRun SET status = ?, finished = ?, leaseHost = NULL, leaseBoot = NULL,
            leaseProcess = NULL, leaseStart = NULL WHERE id = ?
          """,
        arguments: [status.rawValue, StoredText.encoded(time), run.id])
      try requireOneChange(database, "there is no test run \(run.id)")
    }
  }

  /// Records how an analysis ended.
  public func finishAnalysis(_ analysis: AnalysisKey, status: RunStatus, time: String) throws {
    try writing { database in
      try database.execute(
        sql: "UPDATE analysis SET status = ?, finished = ? WHERE id = ?",
        arguments: [status.rawValue, StoredText.encoded(time), analysis.id])
      try requireOneChange(database, "there is no analysis \(analysis.id)")
    }
  }

  /// Adds a verdict on a test run.
  public func add(_ verdict: VerdictRecord, to run: TestRunKey) throws {
    try writing { try Warehouse.insert(verdict, on: run, into: $0) }
  }

  static func insert(
    _ verdict: VerdictRecord, on run: TestRunKey, into database: Database
  ) throws {
    try database.execute(
      sql: "INSERT INTO verdict (testRun, state, reason, author, time) VALUES (?, ?, ?, ?, ?)",
      arguments: [
        run.id, verdict.state.rawValue, StoredText.encoded(verdict.reason),
        StoredText.encoded(verdict.author), StoredText.encoded(verdict.time),
      ])
  }

  /// Stores where detectors sit, and chooses the design that the view `results` shows.
  ///
  /// - Parameter design: nil leaves the choice as it is.
  public func assignSlots(_ slots: [SlotAssignment], using design: String? = nil) throws {
    try writing { try Warehouse.insert(slots, using: design, into: $0) }
  }

  static func insert(
    _ slots: [SlotAssignment], using design: String?, into database: Database
  ) throws {
    for slot in slots {
      try database.cachedStatement(
        sql: "INSERT OR REPLACE INTO slot (design, block, detector, slot) VALUES (?, ?, ?, ?)"
      ).execute(
        arguments: StatementArguments(
          [slot.design, slot.block, slot.detector, slot.slot].map(StoredText.encoded)))
    }
    if let design {
      try database.execute(
        sql: "INSERT OR REPLACE INTO setting (name, value) VALUES ('focalPlaneDesign', ?)",
        arguments: [StoredText.encoded(design)])
    }
  }

  // MARK: - Parts

  private func requireOneChange(_ database: Database, _ problem: String) throws {
    guard database.changesCount == 1 else { throw WarehouseError(.noSuchRecord, problem) }
  }

  private func blockID(
    _ record: TestRunRecord, _ names: inout NameTables, _ database: Database
  ) throws -> Int64 {
    let campaign = try names.id(record.campaign, in: .campaign)
    let name = StoredText.encoded(record.block)
    try database.execute(
      sql: "INSERT OR IGNORE INTO block (campaign, name) VALUES (?, ?)",
      arguments: [campaign, name])
    let id = try Int64.fetchOne(
      database, sql: "SELECT id FROM block WHERE campaign = ? AND name = ?",
      arguments: [campaign, name])
    guard let id else { throw WarehouseError(.noSuchRecord, "the block was not stored") }
    return id
  }

  private func insertInputs(
    _ record: TestRunRecord, of run: TestRunKey, _ names: inout NameTables, _ database: Database
  ) throws {
    for (detector, serial) in record.serials.sorted(by: { $0.key < $1.key }) {
      try database.cachedStatement(
        sql: "INSERT INTO serial (testRun, detector, serial) VALUES (?, ?, ?)"
      ).execute(
        arguments: [run.id, try names.id(detector, in: .detector), StoredText.encoded(serial)])
    }
    for input in record.inputs {
      try database.cachedStatement(
        sql: """
          INSERT INTO inputFile (testRun, role, path, size, sha256, obsid, detector)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          """
      ).execute(
        arguments: [
          run.id, input.role.rawValue, StoredText.encoded(input.path), input.size,
          StoredText.encoded(input.sha256), input.obsid,
          try names.id(input.detector, in: .detector),
        ])
    }
    for exposure in record.exposures {
      try requireFinite(exposure.exposureSeconds, "exposure time of \(exposure.obsid)")
      try database.cachedStatement(
        sql: """
          INSERT INTO exposure (testRun, obsid, detector, time, exposureSeconds, commanded)
          VALUES (?, ?, ?, ?, ?, ?)
          """
      ).execute(
        arguments: [
          run.id, exposure.obsid, try names.id(exposure.detector, in: .detector),
          StoredText.encoded(exposure.time), exposure.exposureSeconds,
          StoredText.encoded(try JSONText.object(exposure.commanded)),
        ])
    }
  }
}
