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

  /// Writes results of another program as a subtask of their own.
  ///
  /// - Parameter quantities: what `ForeignMeasurement.quantity` counts in.
  consuming func write(
    _ measurements: [ForeignMeasurement], of quantities: [StoredQuantity], as subtask: SubtaskCommit
  ) throws {
    var writer = self
    _ = try writer.insert(subtask)
    let ids = try quantities.map { try writer.names.id($0, keepingStored: true) }
    try writer.insert(
      measurements,
      quantity: { _, one in
        guard ids.indices.contains(one.quantity) else {
          throw WarehouseError(.invalidRecord, "a measurement is of no quantity")
        }
        return ids[one.quantity]
      }, place: { $0.place }, value: { $0.value })
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

  /// Rows go in by ascending key, so that pages fill whatever the order in which they were made.
  private mutating func insert(_ measurements: [MeasurementRecord]) throws {
    try insert(
      measurements, quantity: { try $0.id($1.quantity) }, place: { $0.place }, value: { $0.value })
  }

  /// Inserts measurements of any form.
  ///
  /// - Parameter quantity: the number of an element's quantity.
  private mutating func insert<Element>(
    _ measurements: [Element], quantity: (inout NameTables, Element) throws -> Int64,
    place: (Element) -> ResultPlace, value: (Element) -> MeasuredValue
  ) throws {
    var order: [(key: Int64, index: Int)] = []
    order.reserveCapacity(measurements.count)
    for (index, measurement) in measurements.enumerated() {
      let series = try names.series(of: try quantity(&names, measurement), in: run)
      let place = try names.id(place(measurement))
      order.append((MeasurementKey.key(series: series, place: place), index))
    }
    order.sort { $0.key < $1.key }
    // Many rows a statement halve the time. OR FAIL needs no journal of the statement itself, and
    // the whole transaction is rolled back in any case.
    let many = try RawStatement(database, SubtaskWriter.insertion(rows: 32))
    let one = try RawStatement(database, SubtaskWriter.insertion(rows: 1))
    var next = 0
    while next < order.count {
      let rows = order.count - next >= 32 ? 32 : 1
      for row in 0..<rows {
        let (key, index) = order[next + row]
        if rows == 1 {
          try bind(value(measurements[index]), key, to: one, from: 1)
        } else {
          try bind(
            value(measurements[index]), key, to: many, from: CInt(5 * row + 1))
        }
      }
      if rows == 1 { try one.run() } else { try many.run() }
      next += rows
    }
  }

  private static func insertion(rows: Int) -> String {
    "INSERT OR FAIL INTO measurement (id, value, uncertainty, count, reason) VALUES "
      + Array(repeating: "(?, ?, ?, ?, ?)", count: rows).joined(separator: ", ")
  }

  private mutating func bind(
    _ value: MeasuredValue, _ key: Int64, to statement: borrowing RawStatement, from first: CInt
  ) throws {
    statement.bind(key, at: first)
    switch value {
    case .value(let value, let uncertainty, let count):
      statement.bind(value, at: first + 1)
      statement.bind(uncertainty, at: first + 2)
      statement.bind(count.map(Int64.init), at: first + 3)
      statement.bindNull(at: first + 4)
    case .missing(let reason):
      for column in 1...3 { statement.bindNull(at: first + CInt(column)) }
      statement.bind(try names.id(reason: reason), at: first + 4)
    }
  }

  private mutating func insert(_ curves: [CurveRecord]) throws {
    for curve in curves {
      try database.cachedStatement(
        sql: """
          INSERT INTO curve (testRun, name, place, xUnit, yUnit, length, x, y, uncertainty)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
          """
      ).execute(
        arguments: [
          run.id, StoredText.encoded(curve.name), try names.id(curve.place), curve.xUnit.rawValue,
          curve.yUnit.rawValue, curve.x.count,
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
      let quantity = try check.quantity.map { try names.id($0) }
      try database.cachedStatement(
        sql: """
          INSERT INTO "check" (testRun, subtask, name, quantity, place, value, lower, upper,
            passed, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """
      ).execute(
        arguments: [
          run.id, subtask, StoredText.encoded(check.name), quantity,
          try names.id(check.place), check.value, check.lower, check.upper, check.passed,
          StoredText.encoded(check.text),
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
}
