import GRDB

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
    return .missing(reason: try reason(measured))
  }

  /// Why a row has no value.
  mutating func reason(_ measured: MeasurementScan.Measured) throws -> String {
    guard let id = measured.reason else { return "" }
    if let known = reasons[id] { return known }
    let text = try String.fetchOne(
      database, sql: "SELECT text FROM reason WHERE id = ?", arguments: [id])
    let reason = text.map(StoredText.decoded) ?? ""
    reasons[id] = reason
    return reason
  }
}
