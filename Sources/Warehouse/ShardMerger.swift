import Foundation
import GRDB

/// Copies whole analyses from one database to another, within one transaction of each.
struct ShardMerger {
  /// How a column's value is found in the target.
  enum Column {
    /// As it is; a number must be finite.
    case same(String)
    case named(String, table: NameTables.Table)
    case block(String)
    case run(String)
    case subtask(String)
    case quantity(String)
    case place(String)
    /// Arrays of Float64, all of them finite.
    case numbers(String)

    var name: String {
      switch self {
      case .same(let name), .named(let name, _), .block(let name), .run(let name),
        .subtask(let name), .quantity(let name), .place(let name), .numbers(let name):
        name
      }
    }
  }

  let source: Database
  let target: Database
  private(set) var measurements = 0
  private(set) var testRuns = 0
  private var names: [NameTables.Table: [Int64: Int64]] = [:]
  private var blocks: [Int64: Int64] = [:]
  private var quantities: [Int64: Int64] = [:]
  private var places: [Int64: Int64] = [:]
  private var reasons: [Int64: Int64] = [:]
  private var subtasks: [Int64: Int64] = [:]

  init(_ source: Database, _ target: Database) {
    self.source = source
    self.target = target
  }

  // MARK: - Analyses

  /// Copies an analysis without its runs.
  ///
  /// - Parameter name: the name that it gets; nil for its own.
  /// - Returns: its number in the target.
  mutating func copy(analysis: Int64, as name: String?) throws -> Int64 {
    let own = try String.fetchOne(
      source, sql: "SELECT name FROM analysis WHERE id = ?", arguments: [analysis])
    let columns = [
      "ulid", "programVersion", "libraries", "host", "operator", "commandLine",
      "configuration", "configurationSHA256", "started", "finished", "status",
    ]
    try copy(
      "analysis", columns.map(Column.same), where: "id", analysis, run: 0,
      extra: ("name", (name.map(StoredText.encoded) ?? own).databaseValue))
    let new = target.lastInsertedRowID
    // Nothing here works on it, and the rest of it may come with a later merge.
    try target.execute(
      sql: "UPDATE analysis SET status = 'interrupted' WHERE id = ? AND status = 'running'",
      arguments: [new])
    return new
  }

  /// An analysis of which a part came before may have ended since.
  func updateEnds(of analyses: [(source: Int64, target: Int64)]) throws {
    for analysis in analyses {
      let row = try Row.fetchOne(
        source, sql: "SELECT status, finished FROM analysis WHERE id = ? AND status <> 'running'",
        arguments: [analysis.source])
      guard let row else { continue }
      try target.execute(
        sql: """
          UPDATE analysis SET status = ?, finished = ? WHERE id = ? AND status = 'interrupted'
          """,
        arguments: [
          row[0] as DatabaseValue, row[1] as DatabaseValue, analysis.target,
        ])
    }
  }

  /// Copies a test run with all that belongs to it.
  mutating func copy(run: Int64, to analysis: Int64) throws {
    let same = [
      "cameraText", "test", "session", "firstObsid", "lastObsid", "dayFolders", "configurationSHA256",
      "inputSHA256", "started", "finished", "status",
    ]
    let columns =
      [.block("block"), .named("camera", table: .camera)] + same.map(Column.same)
    try copy("testRun", columns, where: "id", run, run: 0, extra: ("analysis", analysis.databaseValue))
    let new = target.lastInsertedRowID
    testRuns += 1
    subtasks = [:]
    let old = try Int64.fetchAll(
      source, sql: "SELECT id FROM subtask WHERE testRun = ? ORDER BY id", arguments: [run])
    for id in old {
      try copy(
        "subtask",
        [.run("testRun")]
          + ["name", "ordinal", "status", "seconds", "log"].map(Column.same), where: "id", id,
        run: new)
      subtasks[id] = target.lastInsertedRowID
    }
    for (table, columns) in ShardMerger.tables {
      try copy(table, [.run("testRun")] + columns, where: "testRun", run, run: new)
    }
    try copyMeasurements(of: run, to: new)
  }

  private static let tables: [(String, [Column])] = [
    ("serial", [.named("detector", table: .detector), .same("serial")]),
    (
      "inputFile",
      ["role", "path", "size", "sha256", "obsid"].map(Column.same)
        + [.named("detector", table: .detector)]
    ),
    (
      "exposure",
      [
        .same("obsid"), .named("detector", table: .detector), .same("time"),
        .same("exposureSeconds"), .same("commanded"),
      ]
    ),
    (
      "curve",
      [
        .same("name"), .place("place"), .same("xUnit"), .same("yUnit"), .same("length"),
        .numbers("x"), .numbers("y"), .numbers("uncertainty"),
      ]
    ),
    (
      "artifact",
      [.subtask("subtask")]
        + ["role", "mediaType", "path", "size", "sha256", "title"].map(Column.same)
        + [.named("detector", table: .detector)]
    ),
    (
      "\"check\"",
      [.subtask("subtask"), .same("name"), .quantity("quantity"), .place("place")]
        + ["value", "lower", "upper", "passed", "text"].map(Column.same)
    ),
    ("flag", [.subtask("subtask")] + ["name", "severity", "cause"].map(Column.same)),
    ("verdict", ["state", "reason", "author", "time"].map(Column.same)),
  ]

  /// Adds those verdicts on runs that are in both that only the shard has.
  mutating func addVerdicts(ofPresent analyses: [Int64]) throws -> Int {
    var added = 0
    for analysis in analyses {
      let rows = try Row.fetchAll(
        source,
        sql: """
          SELECT analysis.ulid, campaign.name, block.name, test, session, verdict.state,
            verdict.reason, verdict.author, verdict.time
          FROM verdict JOIN testRun ON testRun.id = verdict.testRun
            JOIN analysis ON analysis.id = testRun.analysis
            JOIN block ON block.id = testRun.block JOIN campaign ON campaign.id = block.campaign
          WHERE analysis.id = ? ORDER BY verdict.id
          """, arguments: [analysis])
      for row in rows {
        try target.execute(
          sql: """
            INSERT INTO verdict (testRun, state, reason, author, time)
            SELECT testRun.id, ?6, ?7, ?8, ?9
            FROM testRun JOIN analysis ON analysis.id = testRun.analysis
              JOIN block ON block.id = testRun.block JOIN campaign ON campaign.id = block.campaign
            WHERE ulid = ?1 AND campaign.name = ?2 AND block.name = ?3 AND test = ?4
              AND session = ?5 AND NOT EXISTS (SELECT 1 FROM verdict AS known
                WHERE known.testRun = testRun.id AND known.state = ?6 AND known.reason = ?7
                  AND known.author = ?8 AND known.time = ?9)
            """, arguments: StatementArguments(row.databaseValues))
        added += target.changesCount
      }
      if !rows.isEmpty { try keepLatestVerdicts(of: analysis) }
    }
    return added
  }

  /// The last row is the one that counts: where an older verdict came in after a later one, the
  /// later one is given once more.
  private func keepLatestVerdicts(of analysis: Int64) throws {
    let ulid = try String.fetchOne(
      source, sql: "SELECT ulid FROM analysis WHERE id = ?", arguments: [analysis])
    try target.execute(
      sql: """
        INSERT INTO verdict (testRun, state, reason, author, time)
        SELECT latest.testRun, latest.state, latest.reason, latest.author, latest.time
        FROM testRun JOIN analysis ON analysis.id = testRun.analysis
          JOIN verdict AS latest ON latest.id = (SELECT id FROM verdict
            WHERE verdict.testRun = testRun.id ORDER BY time DESC, id DESC LIMIT 1)
        WHERE analysis.ulid = ? AND latest.time > (SELECT time FROM verdict
          WHERE verdict.testRun = testRun.id ORDER BY id DESC LIMIT 1)
        """, arguments: [ulid])
  }

  // MARK: - Rows

  private mutating func copy(
    _ table: String, _ columns: [Column], where key: String, _ id: Int64, run: Int64,
    extra: (name: String, value: DatabaseValue)? = nil
  ) throws {
    let list = columns.map { "\"\($0.name)\"" }.joined(separator: ", ")
    let rows = try Row.fetchCursor(
      source.cachedStatement(sql: "SELECT \(list) FROM \(table) WHERE \(key) = ? ORDER BY 1"),
      arguments: [id])
    let names = list + (extra.map { ", \($0.name)" } ?? "")
    let marks = Array(repeating: "?", count: columns.count + (extra == nil ? 0 : 1))
    let insertion = try target.cachedStatement(
      sql: "INSERT INTO \(table) (\(names)) VALUES (\(marks.joined(separator: ", ")))")
    while let row = try rows.next() {
      var values: [DatabaseValue] = []
      for (column, value) in zip(columns, row.databaseValues) {
        values.append(try translated(column, value, run))
      }
      if let extra { values.append(extra.value) }
      try insertion.execute(arguments: StatementArguments(values))
    }
  }

  private mutating func translated(
    _ column: Column, _ value: DatabaseValue, _ run: Int64
  ) throws -> DatabaseValue {
    if case .run = column { return run.databaseValue }
    if value.isNull { return value }
    func number() throws -> Int64 {
      guard let id = Int64.fromDatabaseValue(value) else {
        throw WarehouseError(.damaged, "a reference is no number")
      }
      return id
    }
    switch column {
    case .same:
      if case .double(let real) = value.storage {
        try requireFinite(real, "a value of the shard")
      }
      return value
    case .numbers:
      guard let blob = Data.fromDatabaseValue(value), let numbers = DoubleBlob.decode(blob),
        numbers.allSatisfy(\.isFinite)
      else {
        throw WarehouseError(.notFinite, "a curve of the shard has a value that is not finite")
      }
      return value
    case .named(_, let table): return try name(try number(), in: table).databaseValue
    case .block: return try block(try number()).databaseValue
    case .subtask: return try known(subtasks[try number()]).databaseValue
    case .quantity: return try quantity(try number()).databaseValue
    case .place: return try place(try number()).databaseValue
    case .run: return run.databaseValue
    }
  }

  private func known(_ id: Int64?) throws -> Int64 {
    guard let id else { throw WarehouseError(.damaged, "a row of the shard refers to nothing") }
    return id
  }

  // MARK: - References

  private mutating func name(_ id: Int64, in table: NameTables.Table) throws -> Int64 {
    if id == 0, table != .camera, table != .campaign { return 0 }
    if let known = names[table]?[id] { return known }
    let new = try same(id, "\(table.rawValue)", ["name"], unique: ["name"])
    names[table, default: [:]][id] = new
    return new
  }

  private mutating func block(_ id: Int64) throws -> Int64 {
    if let known = blocks[id] { return known }
    let row = try Row.fetchOne(
      source, sql: "SELECT campaign, name FROM block WHERE id = ?", arguments: [id])
    guard let row else { return try known(nil) }
    let values = [try name(row[0] as Int64, in: .campaign).databaseValue, row[1] as DatabaseValue]
    let new = try find("block", ["campaign", "name"], values, unique: ["campaign", "name"])
    blocks[id] = new
    return new
  }

  private mutating func quantity(_ id: Int64) throws -> Int64 {
    if let known = quantities[id] { return known }
    let new = try same(
      id, "quantity", ["name", "unit", "digits", "dimensions", "meaning"], unique: ["name"])
    quantities[id] = new
    return new
  }

  private mutating func reason(_ id: Int64) throws -> Int64 {
    if let known = reasons[id] { return known }
    let new = try same(id, "reason", ["text"], unique: ["text"])
    reasons[id] = new
    return new
  }

  private mutating func place(_ id: Int64) throws -> Int64 {
    if id == 0 { return 0 }
    if let known = places[id] { return known }
    let row = try Row.fetchOne(
      source.cachedStatement(
        sql: "SELECT obsid, detector, amplifier, item FROM place WHERE id = ?"), arguments: [id])
    guard let row else { return try known(nil) }
    let columns = ["obsid", "detector", "amplifier", "item"]
    let values = [
      row[0] as DatabaseValue, try name(row[1] as Int64, in: .detector).databaseValue,
      try name(row[2] as Int64, in: .amplifier).databaseValue,
      try name(row[3] as Int64, in: .item).databaseValue,
    ]
    let new = try find("place", columns, values, unique: columns)
    places[id] = new
    return new
  }

  private func same(
    _ id: Int64, _ table: String, _ columns: [String], unique: [String]
  ) throws -> Int64 {
    let row = try Row.fetchOne(
      source.cachedStatement(
        sql: "SELECT \(columns.joined(separator: ", ")) FROM \(table) WHERE id = ?"),
      arguments: [id])
    guard let row else { return try known(nil) }
    return try find(table, columns, Array(row.databaseValues), unique: unique)
  }

  private func find(
    _ table: String, _ columns: [String], _ values: [DatabaseValue], unique: [String]
  ) throws -> Int64 {
    let condition = unique.map { "\($0) = ?" }.joined(separator: " AND ")
    let keys = zip(columns, values).filter { unique.contains($0.0) }.map(\.1)
    let found = try Int64.fetchOne(
      target.cachedStatement(sql: "SELECT id FROM \(table) WHERE \(condition)"),
      arguments: StatementArguments(keys))
    if let found { return found }
    let marks = values.map { _ in "?" }.joined(separator: ", ")
    try target.cachedStatement(
      sql: "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(marks))"
    ).execute(arguments: StatementArguments(values))
    return target.lastInsertedRowID
  }

  // MARK: - Measurements

  private mutating func copyMeasurements(of run: Int64, to new: Int64) throws {
    let all = try Row.fetchAll(
      source, sql: "SELECT id, quantity FROM series WHERE testRun = ? ORDER BY id",
      arguments: [run])
    let reading = try RawStatement(source, MeasurementScan.query)
    let writing = try RawStatement(
      target,
      "INSERT INTO measurement (id, value, uncertainty, count, reason) VALUES (?, ?, ?, ?, ?)")
    for row in all {
      try target.cachedStatement(sql: "INSERT INTO series (testRun, quantity) VALUES (?, ?)")
        .execute(arguments: [new, try quantity(row[1])])
      let series = target.lastInsertedRowID
      reading.bind(MeasurementKey.first(of: row[0]), at: 1)
      reading.bind(MeasurementKey.last(of: row[0]), at: 2)
      while try reading.step() {
        let old = MeasurementKey.place(of: reading.integer(0))
        let measured = MeasurementScan.measured(reading, old)
        guard measured.value?.isFinite != false,
          measured.uncertainty.map({ $0 >= 0 && $0.isFinite })
            != false, measured.count.map({ $0 >= 0 }) != false
        else {
          throw WarehouseError(.notFinite, "a measurement of the shard is no proper number")
        }
        writing.bind(MeasurementKey.key(series: series, place: try place(old)), at: 1)
        writing.bind(measured.value, at: 2)
        writing.bind(measured.uncertainty, at: 3)
        writing.bind(measured.count, at: 4)
        writing.bind(try measured.reason.map { try reason($0) }, at: 5)
        try writing.run()
        measurements += 1
      }
      reading.reset()
    }
  }
}
