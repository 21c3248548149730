import GRDB

/// Goes through the measurements that a filter means, series by series, without holding them.
///
/// One value serves one read access.
struct MeasurementScan {
  /// A test run, as far as results are grouped by it.
  struct Run: Sendable {
    let key: TestRunKey
    let campaign: String
    let block: String
    let test: String
    let session: String
    let analysis: String
    let started: String
  }

  struct Series {
    let id: Int64
    let run: Run
    let quantity: String
  }

  /// A row; texts are fetched only where they are asked for.
  struct Measured {
    let place: Int64
    let value: Double?
    let uncertainty: Double?
    let count: Int64?
    let reason: Int64?
  }

  let database: Database
  let filter: ResultFilter
  /// The least and greatest place that the filter allows; nil where there is none.
  private var placeRange: ClosedRange<Int64>?
  private var places: PlaceCache

  init(_ database: Database, _ filter: ResultFilter) throws {
    self.database = database
    self.filter = filter
    places = PlaceCache(database)
    placeRange = 0...MeasurementKey.placeMask
    if let obsids = filter.obsids {
      let bounds = try Row.fetchOne(
        database, sql: "SELECT min(id), max(id) FROM place WHERE obsid BETWEEN ? AND ?",
        arguments: [obsids.lowerBound, obsids.upperBound])
      if let least = bounds?[0] as Int64?, let greatest = bounds?[1] as Int64? {
        placeRange = least...greatest
      } else {
        placeRange = nil
      }
    }
  }

  // MARK: - What there is to go through

  /// The runs that the filter means, by number.
  func runs() throws -> [Run] {
    var conditions: [String] = []
    var arguments: [any DatabaseValueConvertible] = []
    func among(_ column: String, _ values: [any DatabaseValueConvertible]) {
      conditions.append(
        "\(column) IN (" + values.map { _ in "?" }.joined(separator: ", ") + ")")
      arguments += values
    }
    // What is few is found first, by names; the index of `testRun` then does the rest.
    if !filter.tests.isEmpty {
      among(
        "testRun.test",
        try String.fetchAll(database, sql: "SELECT DISTINCT test FROM testRun")
          .filter { NamePattern.matches(StoredText.decoded($0), any: filter.tests) })
    }
    if !filter.blocks.isEmpty {
      among("testRun.block", try ids("SELECT id, name FROM block", filter.blocks))
    }
    if !filter.statuses.isEmpty {
      among("testRun.status", filter.statuses.map(\.rawValue).sorted())
    }
    if let from = filter.startedFrom {
      conditions.append("testRun.started >= ?")
      arguments.append(from)
    }
    if let before = filter.startedBefore {
      conditions.append("testRun.started < ?")
      arguments.append(before)
    }
    let sql = """
      SELECT testRun.id, campaign.name, block.name, testRun.test, testRun.session, analysis.name,
        testRun.started, (SELECT state FROM verdict WHERE verdict.testRun = testRun.id
          ORDER BY verdict.id DESC LIMIT 1)
      FROM testRun JOIN analysis ON analysis.id = testRun.analysis
        JOIN block ON block.id = testRun.block JOIN campaign ON campaign.id = block.campaign
      """
    func fetch(_ extra: [String], _ more: [any DatabaseValueConvertible]) throws -> [Run] {
      let all = conditions + extra
      let text = sql + (all.isEmpty ? "" : " WHERE " + all.joined(separator: " AND "))
      return try Row.fetchAll(
        database, sql: text + " ORDER BY testRun.id",
        arguments: StatementArguments(arguments + more)
      ).compactMap(run)
    }
    guard let wanted = filter.runs else { return try fetch([], []) }
    var seen: Set<TestRunKey> = []
    return try wanted.filter { seen.insert($0).inserted }
      .flatMap { try fetch(["testRun.id = ?"], [$0.id]) }
  }

  private func run(_ row: Row) -> Run? {
    func text(_ index: Int) -> String { StoredText.decoded(row[index]) }
    let run = Run(
      key: TestRunKey(id: row[0]), campaign: text(1), block: text(2), test: text(3),
      session: text(4), analysis: text(5), started: text(6))
    let verdict = (row[7] as String?).flatMap(VerdictRecord.State.init(rawValue:))
    guard filter.verdicts.isEmpty || verdict.map(filter.verdicts.contains) == true,
      NamePattern.matches(run.campaign, any: filter.campaigns),
      NamePattern.matches(run.session, any: filter.sessions),
      NamePattern.matches(run.analysis, any: filter.analyses)
    else { return nil }
    return run
  }

  private func ids(_ sql: String, _ patterns: [String]) throws -> [Int64] {
    try Row.fetchAll(database, sql: sql).compactMap { row in
      NamePattern.matches(StoredText.decoded(row[1]), any: patterns) ? row[0] : nil
    }
  }

  /// The series of these runs, by quantity's name, then in the order of the runs.
  func series(of runs: [Run]) throws -> [Series] {
    let quantities = try Row.fetchAll(database, sql: "SELECT id, name FROM quantity ORDER BY name")
      .map { (id: $0[0] as Int64, name: StoredText.decoded($0[1])) }
      .filter { NamePattern.matches($0.name, any: filter.quantities) }
    var result: [Series] = []
    let one = try RawStatement(
      database, "SELECT id FROM series WHERE testRun = ? AND quantity = ?")
    for quantity in quantities {
      for run in runs {
        one.bind(run.key.id, at: 1)
        one.bind(quantity.id, at: 2)
        if try one.step() {
          result.append(Series(id: one.integer(0), run: run, quantity: quantity.name))
        }
        one.reset()
      }
    }
    return result
  }

  /// The series of one run, by quantity's name.
  func series(ofOne run: Run) throws -> [Series] {
    try Row.fetchAll(
      database.cachedStatement(
        sql: """
          SELECT series.id, quantity.name FROM series
            JOIN quantity ON quantity.id = series.quantity WHERE series.testRun = ?
          """), arguments: [run.key.id]
    ).map { Series(id: $0[0], run: run, quantity: StoredText.decoded($0[1])) }
      .filter { NamePattern.matches($0.quantity, any: filter.quantities) }
      .sorted { $0.quantity < $1.quantity }
  }

  // MARK: - Going through

  /// Calls `body` for each measurement of each series, by place within a series.
  mutating func forEach(
    in series: [Series], _ body: (_ series: Int, PlaceCache.Place, Measured) throws -> Void
  ) throws {
    guard let placeRange else { return }
    let statement = try RawStatement(database, MeasurementScan.query)
    let restricts =
      !(filter.detectors.isEmpty && filter.amplifiers.isEmpty && filter.items.isEmpty)
      || filter.obsids != nil
    var allowed: [Int64: Bool] = [:]
    for (index, one) in series.enumerated() {
      statement.bind(MeasurementKey.first(of: one.id) | placeRange.lowerBound, at: 1)
      statement.bind(MeasurementKey.first(of: one.id) | placeRange.upperBound, at: 2)
      while try statement.step() {
        let id = MeasurementKey.place(of: statement.integer(0))
        let place = try places.place(id)
        if restricts {
          let good: Bool
          if let known = allowed[id] {
            good = known
          } else {
            good = allows(place.result)
            allowed[id] = good
          }
          if !good { continue }
        }
        try body(index, place, MeasurementScan.measured(statement, id))
      }
      statement.reset()
    }
  }

  static let query = """
    SELECT id, value, uncertainty, count, reason FROM measurement WHERE id BETWEEN ? AND ?
    """

  static func measured(_ statement: borrowing RawStatement, _ place: Int64) -> Measured {
    Measured(
      place: place, value: statement.optionalReal(1), uncertainty: statement.optionalReal(2),
      count: statement.optionalInteger(3), reason: statement.optionalInteger(4))
  }

  private func allows(_ place: ResultPlace) -> Bool {
    func fits(_ name: String?, _ patterns: [String]) -> Bool {
      patterns.isEmpty || name.map { NamePattern.matches($0, any: patterns) } == true
    }
    if let obsids = filter.obsids {
      guard let obsid = place.obsid, obsids.contains(obsid) else { return false }
    }
    return fits(place.detector, filter.detectors) && fits(place.amplifier, filter.amplifiers)
      && fits(place.item, filter.items)
  }
}

/// Places, and reasons, by their numbers; each is fetched once.
struct PlaceCache {
  /// A place with its number.
  final class Place: Sendable {
    let id: Int64
    let result: ResultPlace

    init(id: Int64, result: ResultPlace) {
      self.id = id
      self.result = result
    }
  }

  private let database: Database
  private var places: [Int64: Place] = [:]
  private var reasons: [Int64: String] = [:]
  private var names: [[Int64: String]] = [[:], [:], [:]]

  init(_ database: Database) { self.database = database }

  /// A place by its number; the next thousand are fetched with it, since runs use neighbours.
  mutating func place(_ id: Int64) throws -> Place {
    if let known = places[id] { return known }
    let statement = try RawStatement(
      database,
      "SELECT id, detector, amplifier, item, obsid FROM place WHERE id >= ? ORDER BY id LIMIT 1000")
    statement.bind(id, at: 1)
    while try statement.step() {
      let number = statement.integer(0)
      if number != id, places[number] != nil { break }
      let obsid = statement.integer(4)
      places[number] = Place(
        id: number,
        result: ResultPlace(
          detector: try name(0, statement.integer(1)), amplifier: try name(1, statement.integer(2)),
          obsid: obsid < 0 ? nil : Int(obsid), item: try name(2, statement.integer(3))))
    }
    guard let found = places[id] else {
      throw WarehouseError(.damaged, "a measurement's place is missing")
    }
    return found
  }

  private mutating func name(_ table: Int, _ id: Int64) throws -> String? {
    if id == 0 { return nil }
    if let known = names[table][id] { return known }
    let text = try String.fetchOne(
      database,
      sql: "SELECT name FROM \(["detector", "amplifier", "item"][table]) WHERE id = ?",
      arguments: [id])
    guard let text else { throw WarehouseError(.damaged, "a place's name is missing") }
    let name = StoredText.decoded(text)
    names[table][id] = name
    return name
  }

  mutating func value(_ measured: MeasurementScan.Measured) throws -> MeasuredValue {
    if let value = measured.value {
      return .value(
        value, uncertainty: measured.uncertainty, count: measured.count.map { Int($0) })
    }
    guard let id = measured.reason else { return .missing(reason: "") }
    if let known = reasons[id] { return .missing(reason: known) }
    let text = try String.fetchOne(
      database, sql: "SELECT text FROM reason WHERE id = ?", arguments: [id])
    let reason = text.map(StoredText.decoded) ?? ""
    reasons[id] = reason
    return .missing(reason: reason)
  }
}
