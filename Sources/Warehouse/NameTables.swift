import Detector
import GRDB

/// The small integers that stand for names, within one transaction.
///
/// One value serves one transaction only: after a rollback its numbers would mean nothing.
struct NameTables {
  enum Table: String {
    case campaign, camera, detector, amplifier, item

    var selection: String { "SELECT id FROM \(rawValue) WHERE name = ?" }
    var insertion: String { "INSERT INTO \(rawValue) (name) VALUES (?)" }
  }

  private let database: Database
  private var names: [Table: [String: Int64]] = [:]
  private var reasons: [String: Int64] = [:]
  private var quantities: [String: (id: Int64, quantity: Quantity)] = [:]
  private var places: [ResultPlace: Int64] = [:]
  private var lastPlace: (place: ResultPlace, id: Int64)?
  private var series: [Int64: Int64] = [:]

  init(_ database: Database) { self.database = database }

  /// The number of a name, which is added where it is new; 0 for nil.
  ///
  /// The empty name is not accepted, since it stands for "none".
  mutating func id(_ name: String?, in table: Table) throws -> Int64 {
    guard let name else { return 0 }
    if let id = names[table]?[name] { return id }
    guard !name.isEmpty else {
      throw WarehouseError(.invalidRecord, "the name of a \(table.rawValue) is empty")
    }
    let id = try find(name, selection: table.selection, insertion: table.insertion)
    names[table, default: [:]][name] = id
    return id
  }

  /// The number of a place, which is added where it is new.
  mutating func id(_ place: ResultPlace) throws -> Int64 {
    // Results come place by place: comparing with the last one is cheaper than hashing.
    if let last = lastPlace, last.place == place { return last.id }
    if let id = places[place] {
      lastPlace = (place, id)
      return id
    }
    let arguments: StatementArguments = [
      place.obsid ?? -1, try id(place.detector, in: .detector),
      try id(place.amplifier, in: .amplifier), try id(place.item, in: .item),
    ]
    let selection = try database.cachedStatement(
      sql: "SELECT id FROM place WHERE obsid = ? AND detector = ? AND amplifier = ? AND item = ?")
    let result: Int64
    if let known = try Int64.fetchOne(selection, arguments: arguments) {
      result = known
    } else {
      try database.cachedStatement(
        sql: "INSERT INTO place (obsid, detector, amplifier, item) VALUES (?, ?, ?, ?)"
      ).execute(arguments: arguments)
      result = database.lastInsertedRowID
    }
    places[place] = result
    lastPlace = (place, result)
    return result
  }

  /// The number of a quantity's series in a test run, which is added where it is new.
  ///
  /// All calls of one value must be for the same test run.
  mutating func series(of quantity: Int64, in run: TestRunKey) throws -> Int64 {
    if let id = series[quantity] { return id }
    let selection = try database.cachedStatement(
      sql: "SELECT id FROM series WHERE testRun = ? AND quantity = ?")
    let result: Int64
    if let known = try Int64.fetchOne(selection, arguments: [run.id, quantity]) {
      result = known
    } else {
      try database.cachedStatement(
        sql: "INSERT INTO series (testRun, quantity) VALUES (?, ?)"
      ).execute(arguments: [run.id, quantity])
      result = database.lastInsertedRowID
    }
    series[quantity] = result
    return result
  }

  /// The number of a reason, which is added where it is new.
  mutating func id(reason: String) throws -> Int64 {
    if let id = reasons[reason] { return id }
    let id = try find(
      reason, selection: "SELECT id FROM reason WHERE text = ?",
      insertion: "INSERT INTO reason (text) VALUES (?)")
    reasons[reason] = id
    return id
  }

  /// The number of a quantity, which is registered where it is new.
  ///
  /// Its unit cannot change once there are values; digits and meaning follow the program.
  mutating func id(_ quantity: Quantity) throws -> Int64 {
    if let known = quantities[quantity.name] {
      guard known.quantity.unit == quantity.unit else {
        throw changedUnit(quantity.name, quantity.unit.rawValue)
      }
      return known.id
    }
    let id = try id(
      StoredQuantity(
        name: quantity.name, unit: quantity.unit.rawValue, digits: quantity.digits,
        dimensions: quantity.dimensions, meaning: quantity.meaning))
    quantities[quantity.name] = (id, quantity)
    return id
  }

  /// The number of a quantity of any program; see `id(_: Quantity)`.
  ///
  /// - Parameter keepingStored: leaves digits, dimensions and meaning of a known quantity alone.
  mutating func id(_ quantity: StoredQuantity, keepingStored: Bool = false) throws -> Int64 {
    let name = StoredText.encoded(quantity.name)
    let unit = StoredText.encoded(quantity.unit)
    let dimensions = Quantity.Dimension.allCases.filter(quantity.dimensions.contains)
      .map(\.rawValue).joined(separator: " ")
    let meaning = StoredText.encoded(quantity.meaning)
    let stored = try Row.fetchOne(
      database, sql: "SELECT id, unit, digits, dimensions, meaning FROM quantity WHERE name = ?",
      arguments: [name])
    guard let stored else {
      try database.execute(
        sql: """
          INSERT INTO quantity (name, unit, digits, dimensions, meaning) VALUES (?, ?, ?, ?, ?)
          """,
        arguments: [name, unit, quantity.digits, dimensions, meaning])
      return database.lastInsertedRowID
    }
    guard stored[1] == unit else { throw changedUnit(quantity.name, quantity.unit) }
    let id: Int64 = stored[0]
    if !keepingStored,
      stored[2] != quantity.digits || stored[3] != dimensions || stored[4] != meaning
    {
      try database.execute(
        sql: "UPDATE quantity SET digits = ?, dimensions = ?, meaning = ? WHERE id = ?",
        arguments: [quantity.digits, dimensions, meaning, id])
    }
    return id
  }

  private func changedUnit(_ name: String, _ unit: String) -> WarehouseError {
    WarehouseError(
      .invalidRecord, "the quantity \(name) is stored with another unit than \"\(unit)\"")
  }

  private func find(_ name: String, selection: String, insertion: String) throws -> Int64 {
    let stored = StoredText.encoded(name)
    if let id = try Int64.fetchOne(
      database.cachedStatement(sql: selection), arguments: [stored])
    {
      return id
    }
    try database.cachedStatement(sql: insertion).execute(arguments: [stored])
    return database.lastInsertedRowID
  }
}
