import GRDB

/// Goes through the measurements that a filter means, series by series, without holding them.
///
/// One value serves one read access.
struct MeasurementScan {
  struct Series {
    let id: Int64
    let run: ResultRun
    let quantity: String
    let unit: String
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
  /// Where detectors sit; read only where it matters.
  let slots: SlotTable
  /// The least and greatest place that the filter allows; nil where there is none.
  private var placeRange: ClosedRange<Int64>?
  private var places: PlaceCache

  /// - Parameter withSlots: whether the caller looks at slots that the filter does not.
  init(_ database: Database, _ filter: ResultFilter, withSlots: Bool = false) throws {
    self.database = database
    self.filter = filter
    places = PlaceCache(database)
    slots = try withSlots || !filter.slots.isEmpty ? SlotTable(database) : SlotTable()
    placeRange = 0...MeasurementKey.placeMask
    if !filter.obsids.isEmpty {
      placeRange = nil
      for range in filter.obsids {
        let bounds = try Row.fetchOne(
          database.cachedStatement(sql: MeasurementScan.placeBoundsQuery),
          arguments: [range.lowerBound, range.upperBound])
        guard let least = bounds?[0] as Int64?, let greatest = bounds?[1] as Int64? else {
          continue
        }
        let old = placeRange ?? least...greatest
        placeRange = min(old.lowerBound, least)...max(old.upperBound, greatest)
      }
    }
  }

  static let placeBoundsQuery = "SELECT min(id), max(id) FROM place WHERE obsid BETWEEN ? AND ?"

  // MARK: - What there is to go through

  /// The runs that the filter means, by number.
  func runs() throws -> [ResultRun] { try RunChoice(database, filter, slots).runs() }

  /// The quantities that the filter names, by name.
  private func quantities() throws -> [(id: Int64, name: String, unit: String)] {
    try Row.fetchAll(database, sql: "SELECT id, name, unit FROM quantity ORDER BY name")
      .map { (id: $0[0], name: StoredText.decoded($0[1]), unit: StoredText.decoded($0[2])) }
      .filter { NamePattern.matches($0.name, any: filter.quantities) }
  }

  static let seriesQuery = "SELECT id FROM series WHERE testRun = ? AND quantity = ?"

  /// The series of these runs, by quantity's name, then in the order of the runs.
  func series(of runs: [ResultRun]) throws -> [Series] {
    let quantities = try quantities()
    var result: [Series] = []
    let one = try RawStatement(database, MeasurementScan.seriesQuery)
    for quantity in quantities {
      for run in runs {
        one.bind(run.key.id, at: 1)
        one.bind(quantity.id, at: 2)
        if try one.step() {
          result.append(
            Series(
              id: one.integer(0), run: run, quantity: quantity.name, unit: quantity.unit))
        }
        one.reset()
      }
    }
    return result
  }

  static let seriesOfRunQuery = """
    SELECT series.id, quantity.name, quantity.unit FROM series
      JOIN quantity ON quantity.id = series.quantity WHERE series.testRun = ?
    """

  /// The series of one run, by quantity's name.
  func series(ofOne run: ResultRun) throws -> [Series] {
    try Row.fetchAll(
      database.cachedStatement(sql: MeasurementScan.seriesOfRunQuery), arguments: [run.key.id]
    ).map {
      Series(
        id: $0[0], run: run, quantity: StoredText.decoded($0[1]), unit: StoredText.decoded($0[2]))
    }
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
    let restricts = filter.restrictsPlaces
    var allowed: [Int64: Bool] = [:]
    var exposed: ExposedPlaces?
    var last: ResultRun?
    for (index, one) in series.enumerated() {
      // What a place's number does not tell by itself is found out anew.
      if filter.restrictsExposures, last?.key != one.run.key {
        exposed = try ExposedPlaces(database, filter, one.run.key)
        allowed = [:]
      } else if !filter.slots.isEmpty, last?.block != one.run.block {
        allowed = [:]
      }
      last = one.run
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
            good = allows(place.result, block: one.run.block, exposed)
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
    // A row has a value or a reason (a CHECK of the table): what cannot be there is not asked for.
    let value = statement.optionalReal(1)
    return value == nil
      ? Measured(
        place: place, value: nil, uncertainty: nil, count: statement.optionalInteger(3),
        reason: statement.optionalInteger(4))
      : Measured(
        place: place, value: value, uncertainty: statement.optionalReal(2),
        count: statement.optionalInteger(3), reason: nil)
  }

  private func allows(_ place: ResultPlace, block: String, _ exposed: ExposedPlaces?) -> Bool {
    func fits(_ name: String?, _ patterns: [String]) -> Bool {
      patterns.isEmpty || name.map { NamePattern.matches($0, any: patterns) } == true
    }
    if !filter.obsids.isEmpty {
      guard let obsid = place.obsid, filter.obsids.contains(where: { $0.contains(obsid) }) else {
        return false
      }
    }
    if !filter.slots.isEmpty {
      guard fits(slots.slot(block, place.detector), filter.slots) else { return false }
    }
    return fits(place.detector, filter.detectors) && fits(place.amplifier, filter.amplifiers)
      && fits(place.item, filter.items) && exposed?.contains(place) != false
  }
}
