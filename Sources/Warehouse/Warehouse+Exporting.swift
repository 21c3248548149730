import Detector
import GRDB

/// What a row of an export says of its test run beyond `ResultRun`.
public struct ExportedRun: Sendable, Hashable {
  /// The run.
  public let run: ResultRun
  /// The camera's name.
  public let camera: String
  /// The serial number of each detector, by the detector's name.
  public let serials: [String: String]
  /// Name and version of the program that made it.
  public let program: String
}

/// The measurements that a filter means, at one instant: however often they are gone through, and
/// whatever is written meanwhile, they are the same.
///
/// It is valid only within `Warehouse.withResults`.
public final class ResultSnapshot {
  private let database: Database
  private let filter: ResultFilter
  private let gains: GainTable?
  /// The runs, by campaign, block, test, and number.
  public let runs: [ExportedRun]
  /// The quantities that were measured in them, by name; with their units in electrons where gains were given.
  public let quantities: [StoredQuantity]

  init(_ database: Database, _ filter: ResultFilter, _ gains: GainTable?) throws {
    self.database = database
    self.filter = filter
    self.gains = gains
    let scan = try MeasurementScan(database, filter)
    let found = try scan.runs().sorted {
      ($0.campaign, $0.block, $0.test, $0.key) < ($1.campaign, $1.block, $1.test, $1.key)
    }
    var measured: Set<String> = []
    for run in found { measured.formUnion(try scan.series(ofOne: run).map(\.quantity)) }
    quantities = try Warehouse.quantities(database).filter { measured.contains($0.name) }.map {
      guard gains != nil, let unit = Unit(rawValue: $0.unit)?.inElectrons?.unit else { return $0 }
      return StoredQuantity(
        name: $0.name, unit: unit.rawValue, digits: $0.digits, dimensions: $0.dimensions,
        meaning: $0.meaning)
    }
    runs = try found.map { try ResultSnapshot.described($0, database) }
  }

  private static func described(_ run: ResultRun, _ database: Database) throws -> ExportedRun {
    let row = try Row.fetchOne(
      database.cachedStatement(
        sql: """
          SELECT camera.name, analysis.programVersion FROM testRun
            JOIN camera ON camera.id = testRun.camera
            JOIN analysis ON analysis.id = testRun.analysis WHERE testRun.id = ?
          """), arguments: [run.key.id])
    guard let row else { throw WarehouseError(.damaged, "the camera of a test run is missing") }
    return ExportedRun(
      run: run, camera: StoredText.decoded(row[0]),
      serials: try StoredTestRun.serials(of: run.key, database),
      program: StoredText.decoded(row[1]))
  }

  /// Calls `body` for each measurement: run by run, by quantity's name, then by detector,
  /// amplifier, ObsID and item. Memory grows with the longest series, not with the number of rows.
  public func forEachRow(_ body: (ExportedRun, ResultRow) throws -> Void) throws {
    var scan = try MeasurementScan(database, filter, withSlots: true)
    var values = PlaceCache(database)
    let slots = scan.slots
    for exported in runs {
      for one in try scan.series(ofOne: exported.run) {
        var rows: [ResultRow] = []
        try scan.forEach(in: [one]) { _, place, measured in
          rows.append(
            ResultRow(
              run: one.run, quantity: one.quantity, unit: one.unit, place: place.result,
              slot: slots.slot(one.run.block, place.result.detector),
              value: try values.value(measured)))
        }
        for row in rows.sorted(by: { $0.place.precedes($1.place) }) { 
          try body(exported, gains?.inElectrons(row).row ?? row)
        }
      }
    }
  }
}

extension Warehouse {
  /// Lets `body` go through the measurements that a filter means, as often as it likes, all as they
  /// were at one instant.
  ///
  /// - Parameter gains: with which values in ADU are given in electrons; nil for as they are.
  public func withResults<Value>(
    matching filter: ResultFilter, inElectrons gains: GainTable? = nil, _ body: (ResultSnapshot) throws -> Value
  ) throws -> Value {
    try reading { try body(ResultSnapshot($0, filter, gains)) }
  }
}
