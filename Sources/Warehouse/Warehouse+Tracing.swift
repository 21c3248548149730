import GRDB

/// A file that a test run read.
public struct InputUse: Sendable, Hashable {
  /// The test run.
  public let run: TestRunKey
  /// The file, as the run recorded it.
  public let file: InputFileRecord
}

/// A product file with the step that made it.
public struct ProductOrigin: Sendable, Hashable {
  /// The test run.
  public let run: TestRunKey
  /// The step's name.
  public let subtask: String
  /// The file.
  public let file: ArtifactRecord
}

// MARK: - From files to test runs

extension Warehouse {
  /// The runs that read a file of this content.
  ///
  /// - Parameter digest: a SHA-256 in lower-case hexadecimal, or its beginning; anything else fits
  ///   nothing.
  /// - Returns: by run, role and path.
  public func inputUses(sha256 digest: String) throws -> [InputUse] {
    guard Warehouse.isDigest(digest) else { return [] }
    return try reading { database in
      // A range, so that the index finds it: 'g' follows the last hexadecimal digit.
      try InputUse.fetch(
        database, from: "inputFile", where: "sha256 >= ? AND sha256 < ?",
        [digest, digest + "g"])
    }
  }

  /// The runs that read a file of this path, as it was recorded.
  public func inputUses(path: String) throws -> [InputUse] {
    let roles = InputFileRecord.Role.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
    return try reading { database in
      // Run by run, since the index of paths begins with run and role.
      try InputUse.fetch(
        database, from: "testRun CROSS JOIN inputFile ON inputFile.testRun = testRun.id",
        where: "role IN (\(roles)) AND path = ?", [StoredText.encoded(path)])
    }
  }

  /// The runs that read files of some exposures.
  public func inputUses(obsids: ClosedRange<Int>) throws -> [InputUse] {
    try reading { database in
      let from = """
        (SELECT DISTINCT testRun AS id FROM exposure WHERE obsid BETWEEN ?1 AND ?2) AS used
          CROSS JOIN inputFile ON inputFile.testRun = used.id
        """
      return try InputUse.fetch(
        database, from: from, where: "inputFile.obsid BETWEEN ?1 AND ?2",
        [obsids.lowerBound, obsids.upperBound])
    }
  }

  /// The product of a path below the warehouse's folder; nil where none is registered.
  public func productOrigin(path: String) throws -> ProductOrigin? {
    try reading { database in
      try ProductOrigin.fetch(
        database, where: "artifact.path = ?", [StoredText.encoded(path)]
      ).first
    }
  }

  /// The products of this content, by run and path.
  ///
  /// - Parameter digest: a SHA-256 in lower-case hexadecimal, or its beginning; anything else fits
  ///   nothing.
  public func productOrigins(sha256 digest: String) throws -> [ProductOrigin] {
    guard Warehouse.isDigest(digest) else { return [] }
    return try reading { database in
      try ProductOrigin.fetch(
        database, where: "artifact.sha256 >= ? AND artifact.sha256 < ?", [digest, digest + "g"])
    }
  }

  /// The products of a run with the steps that made them, by path.
  public func productOrigins(of run: TestRunKey) throws -> [ProductOrigin] {
    try reading { database in
      try ProductOrigin.fetch(database, where: "artifact.testRun = ?", [run.id])
    }
  }

  /// How many values a run has of each quantity.
  ///
  /// - Parameter detector: counts values of this detector, and of none, where it is not nil.
  public func measurementCounts(
    of run: TestRunKey, detector: String? = nil
  ) throws -> [String: Int] {
    try reading { database in
      var sql = """
        SELECT quantity.name, count(*)
        FROM series JOIN quantity ON quantity.id = series.quantity
          CROSS JOIN measurement
            ON measurement.id BETWEEN series.id << 28 AND series.id << 28 | 268435455
        """
      var arguments: [any DatabaseValueConvertible] = []
      if let detector {
        sql += """
           CROSS JOIN place ON place.id = measurement.id & 268435455 AND place.detector IN
            (0, (SELECT id FROM detector WHERE name = ?))
          """
        arguments.append(StoredText.encoded(detector))
      }
      sql += " WHERE series.testRun = ? GROUP BY quantity.name"
      let rows = try Row.fetchAll(
        database, sql: sql, arguments: StatementArguments(arguments + [run.id]))
      return Dictionary(
        rows.map { (StoredText.decoded($0[0]), $0[1] as Int) },
        uniquingKeysWith: { first, _ in first })
    }
  }

  /// How many checks of each name a run made, and how many of them failed.
  public func checkCounts(of run: TestRunKey) throws -> [String: (total: Int, failed: Int)] {
    try reading { database in
      let rows = try Row.fetchAll(
        database,
        sql: """
          SELECT name, count(*), count(*) - sum(passed) FROM "check" WHERE testRun = ?
          GROUP BY name
          """, arguments: [run.id])
      return Dictionary(
        rows.map { (StoredText.decoded($0[0]), (total: $0[1] as Int, failed: $0[2] as Int)) },
        uniquingKeysWith: { first, _ in first })
    }
  }

  static func isDigest(_ text: String) -> Bool {
    (4...64).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }
}

extension InputUse {
  /// - Parameters: SQL of this module, never from outside.
  static func fetch(
    _ database: Database, from tables: String, where condition: String,
    _ arguments: [any DatabaseValueConvertible]
  ) throws -> [InputUse] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT inputFile.testRun, role, path, size, sha256, inputFile.obsid,
          (SELECT NULLIF(name, '') FROM detector WHERE detector.id = inputFile.detector)
        FROM \(tables) WHERE \(condition) ORDER BY inputFile.testRun, role, path
        """, arguments: StatementArguments(arguments)
    ).map { row in
      InputUse(
        run: TestRunKey(id: row[0]),
        file: InputFileRecord(
          role: try stored(row[1], as: InputFileRecord.Role.self),
          path: StoredText.decoded(row[2]), size: row[3], sha256: StoredText.decoded(row[4]),
          obsid: row[5], detector: (row[6] as String?).map(StoredText.decoded)))
    }
  }
}

extension ProductOrigin {
  /// - Parameter condition: SQL of this module, never from outside.
  static func fetch(
    _ database: Database, where condition: String, _ arguments: [any DatabaseValueConvertible]
  ) throws -> [ProductOrigin] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT artifact.testRun, subtask.name, role, mediaType, path, size, sha256, title,
          NULLIF(detector.name, '')
        FROM artifact JOIN subtask ON subtask.id = artifact.subtask
          JOIN detector ON detector.id = artifact.detector
        WHERE \(condition) ORDER BY artifact.testRun, path
        """, arguments: StatementArguments(arguments)
    ).map { row in
      func text(_ index: Int) -> String { StoredText.decoded(row[index]) }
      return ProductOrigin(
        run: TestRunKey(id: row[0]), subtask: text(1),
        file: ArtifactRecord(
          role: text(2), mediaType: text(3), path: text(4), size: row[5], sha256: text(6),
          title: text(7), detector: (row[8] as String?).map(StoredText.decoded)))
    }
  }
}
