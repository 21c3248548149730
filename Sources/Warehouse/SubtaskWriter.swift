import Detector
import GRDB

/// Writes one subtask within a transaction.
struct SubtaskWriter {
  private let database: Database
  private let run: TestRunKey
  private var names: NameTables

  init(_ database: Database, run: TestRunKey) {
    self.database = database
    self.run = run
    names = NameTables(database)
  }

  consuming func write(_ subtask: SubtaskCommit) throws {
    var writer = self
    let id = try writer.insert(subtask)
    try writer.insert(subtask.measurements)
    try writer.insert(subtask.curves)
    try writer.insert(subtask.artifacts, of: id)
    try writer.insert(subtask.checks, of: id)
    try writer.insert(subtask.flags, of: id)
  }

  private func insert(_ subtask: SubtaskCommit) throws -> Int64 {
    try database.execute(
      sql: """
        INSERT INTO subtask (testRun, name, ordinal, status, seconds, log)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        run.id, StoredText.encoded(subtask.name), subtask.ordinal, subtask.status.rawValue,
        subtask.seconds, StoredText.encoded(try JSONText.array(subtask.log)),
      ])
    return database.lastInsertedRowID
  }

  private mutating func insert(_ measurements: [MeasurementRecord]) throws {
    let statement = try database.cachedStatement(
      sql: """
        INSERT INTO measurement
          (testRun, quantity, detector, amplifier, obsid, item, value, uncertainty, count, reason)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    for measurement in measurements {
      let quantity = try names.id(measurement.quantity)
      let place = try ids(of: measurement.place)
      switch measurement.value {
      case .value(let value, let uncertainty, let count):
        try statement.execute(
          arguments: [
            run.id, quantity, place.detector, place.amplifier, place.obsid, place.item, value,
            uncertainty, count, nil,
          ])
      case .missing(let reason):
        try statement.execute(
          arguments: [
            run.id, quantity, place.detector, place.amplifier, place.obsid, place.item, nil, nil,
            nil, try names.id(reason: reason),
          ])
      }
    }
  }

  private mutating func insert(_ curves: [CurveRecord]) throws {
    for curve in curves {
      let place = try ids(of: curve.place)
      try database.cachedStatement(
        sql: """
          INSERT INTO curve (testRun, name, detector, amplifier, obsid, item, xUnit, yUnit, length,
            x, y, uncertainty) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """
      ).execute(
        arguments: [
          run.id, StoredText.encoded(curve.name), place.detector, place.amplifier, place.obsid,
          place.item, curve.xUnit.rawValue, curve.yUnit.rawValue, curve.x.count,
          DoubleBlob.encode(curve.x), DoubleBlob.encode(curve.y),
          curve.uncertainty.map(DoubleBlob.encode),
        ])
    }
  }

  private mutating func insert(_ artifacts: [ArtifactRecord], of subtask: Int64) throws {
    for artifact in artifacts {
      try database.cachedStatement(
        sql: """
          INSERT INTO artifact (testRun, subtask, role, mediaType, path, size, sha256, title,
            detector) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
          """
      ).execute(
        arguments: [
          run.id, subtask, StoredText.encoded(artifact.role),
          StoredText.encoded(artifact.mediaType), StoredText.encoded(artifact.path),
          artifact.size, StoredText.encoded(artifact.sha256), StoredText.encoded(artifact.title),
          try names.id(artifact.detector, in: .detector),
        ])
    }
  }

  private mutating func insert(_ checks: [CheckRecord], of subtask: Int64) throws {
    for check in checks {
      let place = try ids(of: check.place)
      let quantity = try check.quantity.map { try names.id($0) }
      try database.cachedStatement(
        sql: """
          INSERT INTO "check" (testRun, subtask, name, quantity, detector, amplifier, obsid, item,
            value, lower, upper, passed, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """
      ).execute(
        arguments: [
          run.id, subtask, StoredText.encoded(check.name), quantity, place.detector,
          place.amplifier, place.obsid, place.item, check.value, check.lower, check.upper,
          check.passed, StoredText.encoded(check.text),
        ])
    }
  }

  private func insert(_ flags: [FlagRecord], of subtask: Int64) throws {
    for flag in flags {
      try database.cachedStatement(
        sql: """
          INSERT INTO flag (testRun, subtask, name, severity, cause) VALUES (?, ?, ?, ?, ?)
          """
      ).execute(
        arguments: [
          run.id, subtask, StoredText.encoded(flag.name), flag.severity.rawValue,
          StoredText.encoded(flag.cause),
        ])
    }
  }

  private mutating func ids(of place: ResultPlace) throws -> (
    detector: Int64, amplifier: Int64, obsid: Int, item: Int64
  ) {
    (
      try names.id(place.detector, in: .detector), try names.id(place.amplifier, in: .amplifier),
      place.obsid ?? -1, try names.id(place.item, in: .item)
    )
  }
}
