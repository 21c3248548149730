import Detector
import Foundation
import GRDB

/// A check as it is stored.
public struct StoredCheck: Sendable, Hashable {
  /// The subtask's name.
  public let subtask: String
  /// The check's name.
  public let name: String
  /// The quantity's name; nil where it is no quantity.
  public let quantity: String?
  /// What it belongs to.
  public let place: ResultPlace
  /// The value; nil where there was none.
  public let value: Double?
  /// The lowest value that passes; nil for no such limit.
  public let lower: Double?
  /// The highest value that passes; nil for no such limit.
  public let upper: Double?
  /// Whether it passed.
  public let passed: Bool
  /// What there is to say about it.
  public let text: String
}

/// A flag as it is stored.
public struct StoredFlag: Sendable, Hashable {
  /// The subtask's name.
  public let subtask: String
  /// What was raised.
  public let flag: FlagRecord
}

extension Warehouse {
  /// Curves of a test run, by name, detector, amplifier, ObsID and item.
  ///
  /// - Parameter name: nil for all.
  /// - Throws: `WarehouseError.Kind.damaged` where a blob's length or a unit is not what it was.
  public func curves(_ name: String? = nil, in run: TestRunKey) throws -> [CurveRecord] {
    try reading { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT curve.name, NULLIF(detector.name, ''), NULLIF(amplifier.name, ''),
            NULLIF(obsid, -1), NULLIF(item.name, ''), xUnit, yUnit, x, y, uncertainty
          FROM curve JOIN place ON place.id = curve.place
            JOIN detector ON detector.id = place.detector
            JOIN amplifier ON amplifier.id = place.amplifier JOIN item ON item.id = place.item
          WHERE testRun = ? AND (?2 IS NULL OR curve.name = ?2)
          ORDER BY curve.name, detector.name, amplifier.name, obsid, item.name
          """, arguments: [run.id, name.map(StoredText.encoded)]
      ).map { row in
        let uncertainty = row[9] as Data?
        guard let x = DoubleBlob.decode(row[7]), let y = DoubleBlob.decode(row[8]) else {
          throw WarehouseError(.damaged, "a curve's blob has a wrong length")
        }
        return CurveRecord(
          name: StoredText.decoded(row[0]), place: resultPlace(row, from: 1),
          xUnit: try stored(row[5], as: Unit.self), yUnit: try stored(row[6], as: Unit.self),
          x: x, y: y, uncertainty: uncertainty.flatMap(DoubleBlob.decode))
      }
    }
  }

  /// Product files of a test run, by role and path.
  ///
  /// - Parameter role: nil for all.
  public func artifacts(of run: TestRunKey, role: String? = nil) throws -> [ArtifactRecord] {
    try reading { database in
      try ArtifactRecord.fetch(
        database, condition: "WHERE testRun = ? AND (?2 IS NULL OR role = ?2)",
        arguments: [run.id, role.map(StoredText.encoded)])
    }
  }

  /// Checks of a test run, in the order in which they were made.
  public func checks(of run: TestRunKey) throws -> [StoredCheck] {
    try reading { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT subtask.name, NULLIF(detector.name, ''), NULLIF(amplifier.name, ''),
            NULLIF(obsid, -1), NULLIF(item.name, ''), "check".name, quantity.name, value, lower,
            upper, passed, text
          FROM "check" JOIN subtask ON subtask.id = "check".subtask
            JOIN place ON place.id = "check".place
            JOIN detector ON detector.id = place.detector
            JOIN amplifier ON amplifier.id = place.amplifier
            JOIN item ON item.id = place.item
            LEFT JOIN quantity ON quantity.id = "check".quantity
          WHERE "check".testRun = ? ORDER BY subtask.ordinal, "check".id
          """, arguments: [run.id]
      ).map { row in
        StoredCheck(
          subtask: StoredText.decoded(row[0]), name: StoredText.decoded(row[5]),
          quantity: (row[6] as String?).map(StoredText.decoded),
          place: resultPlace(row, from: 1), value: row[7], lower: row[8], upper: row[9],
          passed: row[10], text: StoredText.decoded(row[11]))
      }
    }
  }

  /// Flags of a test run, in the order in which they were raised.
  public func flags(of run: TestRunKey) throws -> [StoredFlag] {
    try reading { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT subtask.name, flag.name, severity, cause
          FROM flag JOIN subtask ON subtask.id = flag.subtask
          WHERE flag.testRun = ? ORDER BY subtask.ordinal, flag.id
          """, arguments: [run.id]
      ).map { row in
        StoredFlag(
          subtask: StoredText.decoded(row[0]),
          flag: FlagRecord(
            name: StoredText.decoded(row[1]),
            severity: try stored(row[2], as: FlagRecord.Severity.self),
            cause: StoredText.decoded(row[3])))
      }
    }
  }
}

/// Detector, amplifier, ObsID and item from four columns.
private func resultPlace(_ row: Row, from index: Int) -> ResultPlace {
  func text(_ index: Int) -> String? { (row[index] as String?).map(StoredText.decoded) }
  return ResultPlace(
    detector: text(index), amplifier: text(index + 1), obsid: row[index + 2],
    item: text(index + 3))
}

extension ArtifactRecord {
  /// - Parameter condition: SQL of this module, never from outside.
  static func fetch(
    _ database: Database, condition: String, arguments: StatementArguments
  ) throws -> [ArtifactRecord] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT role, mediaType, path, size, sha256, title, NULLIF(detector.name, '')
        FROM artifact JOIN detector ON detector.id = artifact.detector
        \(condition) ORDER BY role, path
        """, arguments: arguments
    ).map { row in
      func text(_ index: Int) -> String { StoredText.decoded(row[index]) }
      return ArtifactRecord(
        role: text(0), mediaType: text(1), path: text(2), size: row[3], sha256: text(4),
        title: text(5), detector: (row[6] as String?).map(StoredText.decoded))
    }
  }
}
