public import Detector
import Foundation
import GRDB

/// A measurement as it is stored.
public struct StoredMeasurement: Sendable, Hashable {
  /// The test run.
  public let run: TestRunKey
  /// The quantity's name.
  public let quantity: String
  /// What it belongs to.
  public let place: ResultPlace
  /// The value or the reason.
  public let value: MeasuredValue
}

/// A quantity as it is stored: one may be stored that this program does not know.
public struct StoredQuantity: Sendable, Hashable {
  /// The unique name.
  public let name: String
  /// The unit, in the FITS standard's spelling.
  public let unit: String
  /// Digits after the decimal point in tables for people.
  public let digits: Int
  /// What one value belongs to.
  public let dimensions: Set<Quantity.Dimension>
  /// What it means.
  public let meaning: String

  /// Describes a quantity.
  public init(
    name: String, unit: String, digits: Int, dimensions: Set<Quantity.Dimension>, meaning: String
  ) {
    self.name = name
    self.unit = unit
    self.digits = digits
    self.dimensions = dimensions
    self.meaning = meaning
  }
}

/// A place on the focal plane: an amplifier of a detector of a block.
public struct ChannelPlace: Sendable, Hashable, Comparable {
  /// The block's name.
  public let block: String
  /// The detector's name.
  public let detector: String
  /// The amplifier's name.
  public let amplifier: String

  /// Names a place.
  public init(block: String, detector: String, amplifier: String) {
    self.block = block
    self.detector = detector
    self.amplifier = amplifier
  }

  public static func < (a: ChannelPlace, b: ChannelPlace) -> Bool {
    (a.block, a.detector, a.amplifier) < (b.block, b.detector, b.amplifier)
  }
}

extension Warehouse {
  /// All quantities that were ever measured, by name.
  public func quantities() throws -> [StoredQuantity] {
    try reading(Warehouse.quantities)
  }

  static func quantities(_ database: Database) throws -> [StoredQuantity] {
    try Row.fetchAll(
      database, sql: "SELECT name, unit, digits, dimensions, meaning FROM quantity ORDER BY name"
    ).map { row in
      StoredQuantity(
        name: StoredText.decoded(row[0]), unit: StoredText.decoded(row[1]), digits: row[2],
        dimensions: Set(
          (row[3] as String).split(separator: " ")
            .compactMap { Quantity.Dimension(rawValue: String($0)) }),
        meaning: StoredText.decoded(row[4]))
    }
  }

  static let measurementQuery = """
    SELECT series.testRun, quantity.name, NULLIF(detector.name, ''), NULLIF(amplifier.name, ''),
      NULLIF(place.obsid, -1), NULLIF(item.name, ''), value, uncertainty, count, reason.text
    FROM quantity JOIN series ON series.quantity = quantity.id
      CROSS JOIN measurement
        ON measurement.id BETWEEN series.id << 28 AND series.id << 28 | 268435455
      CROSS JOIN place ON place.id = measurement.id & 268435455
      CROSS JOIN detector ON detector.id = place.detector
      CROSS JOIN amplifier ON amplifier.id = place.amplifier
      CROSS JOIN item ON item.id = place.item
      LEFT JOIN reason ON reason.id = measurement.reason
    WHERE series.testRun = ?
    """

  /// Measurements of test runs.
  ///
  /// - Parameters:
  ///   - quantities: names; nil for all.
  ///   - runs: the test runs.
  ///   - detector: restricts the answer where it is not nil; the same for `amplifier`.
  /// - Returns: in the order of `runs`, then by quantity, detector, amplifier, ObsID and item.
  public func measurements(
    of quantities: [String]? = nil, in runs: [TestRunKey], detector: String? = nil,
    amplifier: String? = nil
  ) throws -> [StoredMeasurement] {
    var sql = Warehouse.measurementQuery
    var constants: [String] = []
    if detector != nil { sql += " AND detector.name = ?" }
    if amplifier != nil { sql += " AND amplifier.name = ?" }
    if quantities != nil { sql += " AND quantity.name = ?" }
    constants += [detector, amplifier].compactMap { $0.map(StoredText.encoded) }
    sql += " ORDER BY quantity.name, detector.name, amplifier.name, place.obsid, item.name"
    return try reading { database in
      let statement = try database.cachedStatement(sql: sql)
      var result: [StoredMeasurement] = []
      for run in runs {
        let fixed: [any DatabaseValueConvertible] = [run.id] + constants
        for name in quantities?.sorted() ?? [] {
          let all = StatementArguments(fixed) + [StoredText.encoded(name)]
          result += try Warehouse.measurements(statement, all)
        }
        if quantities == nil {
          result += try Warehouse.measurements(statement, StatementArguments(fixed))
        }
      }
      return result
    }
  }

  /// Measurements of one quantity; see `measurements(of:in:detector:amplifier:)`.
  public func measurements(
    of quantity: Quantity, in runs: [TestRunKey], detector: String? = nil,
    amplifier: String? = nil
  ) throws -> [StoredMeasurement] {
    try measurements(of: [quantity.name], in: runs, detector: detector, amplifier: amplifier)
  }

  /// One value an amplifier, as a focal-plane map shows them.
  ///
  /// Only measurements without ObsID and item are taken; where two runs measured the same block,
  /// the later in `runs` counts.
  public func map144(
    of quantity: String, in runs: [TestRunKey]
  ) throws -> [ChannelPlace: MeasuredValue] {
    let statementText =
      Warehouse.measurementQuery
      + " AND quantity.name = ? AND place.obsid = -1 AND place.item = 0"
      + " AND place.detector <> 0 AND place.amplifier <> 0"
    return try reading { database in
      let blocks = try database.cachedStatement(
        sql: "SELECT name FROM block WHERE id = (SELECT block FROM testRun WHERE id = ?)")
      let statement = try database.cachedStatement(sql: statementText)
      var result: [ChannelPlace: MeasuredValue] = [:]
      for run in runs {
        guard let block = try String.fetchOne(blocks, arguments: [run.id]) else { continue }
        let found = try Warehouse.measurements(
          statement, [run.id, StoredText.encoded(quantity)])
        for measurement in found {
          guard let detector = measurement.place.detector,
            let amplifier = measurement.place.amplifier
          else { continue }
          let place = ChannelPlace(
            block: StoredText.decoded(block), detector: detector, amplifier: amplifier)
          result[place] = measurement.value
        }
      }
      return result
    }
  }

  /// Runs a statement with the columns of `measurementQuery`.
  private static func measurements(
    _ statement: Statement, _ arguments: StatementArguments
  ) throws -> [StoredMeasurement] {
    try Row.fetchAll(statement, arguments: arguments).map { row in
      func text(_ index: Int) -> String? { (row[index] as String?).map(StoredText.decoded) }
      let value: MeasuredValue =
        if let number = row[6] as Double? {
          .value(number, uncertainty: row[7], count: row[8])
        } else {
          .missing(reason: text(9) ?? "")
        }
      return StoredMeasurement(
        run: TestRunKey(id: row[0]), quantity: text(1) ?? "",
        place: ResultPlace(
          detector: text(2), amplifier: text(3), obsid: row[4], item: text(5)), value: value)
    }
  }
}
