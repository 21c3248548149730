import GRDB

/// Certifications and their journal, within one transaction.
enum CertificationTable {
  // MARK: - What holds

  private static let columns = """
    SELECT collection.name, c.type, c.variant, c.camera, c.serial, c.block, c.detector,
      c.beginTAI, c.endTAI, block.name, NULLIF(detector.name, ''), testRun.id, analysis.name,
      testRun.test,
      (SELECT state FROM verdict WHERE verdict.testRun = testRun.id
        ORDER BY verdict.id DESC LIMIT 1),
      artifact.path, artifact.sha256, artifact.size, e.author, e.reason, e.time, e.forced, c.id,
      c.artifact, c.event, c.collection
    FROM certification AS c JOIN collection ON collection.id = c.collection
      JOIN certificationEvent AS e ON e.id = c.event
      JOIN artifact ON artifact.id = c.artifact
      JOIN detector ON detector.id = artifact.detector
      JOIN testRun ON testRun.id = artifact.testRun
      JOIN analysis ON analysis.id = testRun.analysis
      JOIN block ON block.id = testRun.block
    """

  /// A stored row with the numbers that it has in the database.
  struct Numbered {
    let certification: StoredCertification
    let id: Int64
    let artifact: Int64
    let event: Int64
    let collection: Int64
  }

  /// Rows by collection, data and begin.
  ///
  /// - Parameter condition: SQL of this module, never from outside.
  static func fetch(
    _ database: Database, where condition: String, _ arguments: StatementArguments
  ) throws -> [Numbered] {
    try Row.fetchAll(
      database,
      sql: """
        \(columns) WHERE \(condition)
        ORDER BY collection.name, c.type, c.variant, c.camera, c.serial, c.block, c.detector,
          c.beginTAI
        """, arguments: arguments
    ).map { row in
      func text(_ index: Int) -> String { StoredText.decoded(row[index]) }
      let verdict = try (row[14] as String?).map { try stored($0, as: VerdictRecord.State.self) }
      return Numbered(
        certification: StoredCertification(
          collection: text(0), data: data(row, from: 1), range: try range(row, from: 7),
          block: text(9), detector: (row[10] as String?).map(StoredText.decoded),
          run: TestRunKey(id: row[11]), analysis: text(12), test: text(13),
          verdict: verdict == .withdrawn ? nil : verdict, path: text(15), sha256: text(16),
          size: row[17],
          decision: CertificationDecision(author: text(18), reason: text(19), time: text(20)),
          isForced: row[21]),
        id: row[22], artifact: row[23], event: row[24], collection: row[25])
    }
  }

  private static func data(_ row: Row, from index: Int) -> CertifiedData {
    func text(_ offset: Int) -> String { StoredText.decoded(row[index + offset]) }
    return CertifiedData(
      type: text(0), variant: text(1), camera: text(2), serial: text(3), block: text(4),
      detector: text(5))
  }

  private static func range(_ row: Row, from index: Int) throws -> ValidityRange {
    let begin = TAIInstant(nanoseconds: row[index])
    let end = TAIInstant(nanoseconds: row[index + 1])
    guard begin < end else { throw WarehouseError(.damaged, "a stored range is empty") }
    return ValidityRange(unchecked: begin, end)
  }

  static func insert(
    _ data: CertifiedData, _ range: ValidityRange, artifact: Int64, collection: Int64,
    event: Int64, _ database: Database
  ) throws {
    try database.cachedStatement(
      sql: """
        INSERT INTO certification (collection, artifact, type, variant, camera, serial, block,
          detector, beginTAI, endTAI, event)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(
      arguments: [collection, artifact] + arguments(of: data)
        + [range.begin.nanoseconds, range.end.nanoseconds, event])
  }

  static func remove(_ id: Int64, _ database: Database) throws {
    try database.cachedStatement(sql: "DELETE FROM certification WHERE id = ?")
      .execute(arguments: [id])
  }

  static func arguments(of data: CertifiedData) -> StatementArguments {
    StatementArguments(
      [data.type, data.variant, data.camera, data.serial, data.block, data.detector]
        .map(StoredText.encoded))
  }

  // MARK: - The journal

  static func events(_ database: Database) throws -> [CertificationEvent] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT collection.name, type, variant, camera, serial, block, detector, beginTAI, endTAI,
          action, path, sha256, forced, author, reason, time
        FROM certificationEvent JOIN collection ON collection.id = certificationEvent.collection
        ORDER BY certificationEvent.id
        """
    ).map { row in
      func text(_ index: Int) -> String { StoredText.decoded(row[index]) }
      return CertificationEvent(
        collection: text(0), action: try stored(row[9], as: CertificationEvent.Action.self),
        data: data(row, from: 1), path: text(10), sha256: text(11),
        range: try range(row, from: 7), isForced: row[12],
        decision: CertificationDecision(author: text(13), reason: text(14), time: text(15)))
    }
  }

  /// Adds to the journal; returns the entry's number.
  static func add(
    _ event: CertificationEvent, collection: Int64, _ database: Database
  ) throws -> Int64 {
    try database.cachedStatement(
      sql: """
        INSERT INTO certificationEvent (collection, action, path, sha256, type, variant, camera,
          serial, block, detector, beginTAI, endTAI, forced, author, reason, time)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(
      arguments: [
        collection, event.action.rawValue, StoredText.encoded(event.path),
        StoredText.encoded(event.sha256),
      ] + arguments(of: event.data) + [
        event.range.begin.nanoseconds, event.range.end.nanoseconds, event.isForced,
        StoredText.encoded(event.decision.author), StoredText.encoded(event.decision.reason),
        StoredText.encoded(event.decision.time),
      ])
    return database.lastInsertedRowID
  }

  // MARK: - Both

  /// What stands in the table.
  static func ledger(_ database: Database) throws -> ValidityLedger {
    var ledger = ValidityLedger()
    for row in try fetch(database, where: "1", []) {
      let known = row.certification
      ledger.insert(
        ValidityLedger.Entry(range: known.range, path: known.path, sha256: known.sha256),
        for: ValidityLedger.Key(collection: known.collection, data: known.data))
    }
    return ledger
  }

  /// How the table differs from what its journal says, in one text; nil for not at all.
  static func contradiction(_ database: Database) throws -> String? {
    var replayed = ValidityLedger()
    do {
      for event in try events(database) { try replayed.apply(event) }
    } catch let refusal as ValidityLedger.Refusal {
      return "the journal contradicts itself: \(refusal.text)"
    }
    let standing = try ledger(database)
    guard replayed != standing else { return nil }
    let key = Set(replayed.entries.keys).union(standing.entries.keys).sorted()
      .first { replayed.entries[$0] != standing.entries[$0] }
    return "certifications of \(key?.data.text ?? "") are not what the journal says"
  }
}
