import DurableFiles
import GRDB

#if canImport(Glibc)
  import Glibc
#endif

/// Test runs whose results can be made again, and that nobody judged.
public struct GarbagePlan: Sendable, Hashable {
  /// Why a run may go.
  public enum Reason: String, Sendable, CaseIterable {
    /// It was interrupted or failed, or its process died; a later run of the same test finished.
    case interrupted
    /// A later run of the same block, test and session finished.
    case superseded
  }

  /// A test run that may go.
  public struct Candidate: Sendable, Hashable {
    /// The run.
    public let run: TestRunKey
    /// The analysis's name.
    public let analysis: String
    /// The block.
    public let block: String
    /// The test.
    public let test: String
    /// The session.
    public let session: String
    /// Why.
    public let reason: Reason
    /// The number of its measurements.
    public let measurements: Int
    /// Its product files.
    public let products: [String]
    /// Their size in bytes.
    public let productBytes: Int
  }

  /// The runs, by number.
  public let candidates: [Candidate]
}

extension Warehouse {
  /// Lists what `collectGarbage` would remove; nothing is changed.
  ///
  /// A run with a verdict, whichever, is never listed, nor the latest finished run of a block,
  /// test and session, nor one that a living process, or another machine, works on.
  public func garbagePlan() throws -> GarbagePlan {
    try reading { GarbagePlan(candidates: try Warehouse.candidates($0)) }
  }

  /// Removes the runs of a plan: all their rows in one transaction, then their product files.
  ///
  /// A run that is no candidate any more (a verdict was given since) stays. A kill leaves all rows
  /// or none, and at most files that belong to no result, which `verify` names.
  ///
  /// - Returns: what was removed.
  public func collectGarbage(_ plan: GarbagePlan) throws -> GarbagePlan {
    guard mode == .writing else {
      throw WarehouseError(.readOnly, "the warehouse was opened for reading", place: databasePath)
    }
    var removed: [GarbagePlan.Candidate] = []
    do {
      // A connection of its own: with foreign keys on, SQLite would look through all rows that
      // might refer to each removed one.
      var configuration = Configuration()
      configuration.foreignKeysEnabled = false
      configuration.busyMode = .timeout(60)
      configuration.prepareDatabase {
        try $0.execute(sql: "PRAGMA trusted_schema = OFF")
      }
      let queue = try DatabaseQueue(path: databasePath, configuration: configuration)
      try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
      try queue.writeWithoutTransaction { database in
        try database.inTransaction(.immediate) {
          let wanted = Set(plan.candidates.map(\.run))
          removed = try Warehouse.candidates(database).filter { wanted.contains($0.run) }
          for candidate in removed { try Warehouse.remove(candidate.run, database) }
          return .commit
        }
      }
      try queue.close()
    } catch let error as DatabaseError {
      throw WarehouseError.wrapping(error, place: databasePath)
    }
    for product in removed.flatMap(\.products) where isOwnProduct(product) {
      unlink(absolutePath(product))
    }
    return GarbagePlan(candidates: removed)
  }

  /// Whether a path is that of a file below `products`, with no link leading out.
  private func isOwnProduct(_ path: String) -> Bool {
    guard SafeName.staysBelow(path), path.hasPrefix("products/"),
      let root = FileSystem.resolved(folder),
      let parent = FileSystem.resolved(AtomicFile.folder(of: absolutePath(path)))
    else { return false }
    return parent.hasPrefix(root + "/products")
  }

  private static func candidates(_ database: Database) throws -> [GarbagePlan.Candidate] {
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT testRun.id, analysis.name, block.name, testRun.test, testRun.session,
          testRun.status, testRun.leaseHost, testRun.leaseBoot, testRun.leaseProcess,
          testRun.leaseStart
        FROM testRun JOIN analysis ON analysis.id = testRun.analysis
          JOIN block ON block.id = testRun.block
        WHERE NOT EXISTS (SELECT 1 FROM verdict WHERE verdict.testRun = testRun.id)
          AND EXISTS (SELECT 1 FROM testRun AS later
            WHERE later.test = testRun.test AND later.block = testRun.block
              AND later.status = 'finished' AND later.session = testRun.session
              AND (later.started, later.id) > (testRun.started, testRun.id)
              AND IFNULL((SELECT state FROM verdict WHERE verdict.testRun = later.id
                ORDER BY verdict.id DESC LIMIT 1), '') <> 'rejected')
        ORDER BY testRun.id
        """)
    return try rows.compactMap { row in
      let status = try stored(row[5], as: RunStatus.self)
      if status == .running {
        guard let host = row[6] as String?, let boot = row[7] as String?,
          let number = row[8] as Int64?, let start = row[9] as Int64?,
          ProcessIdentity(host: host, boot: boot, processID: number, startTicks: start).isDead
        else { return nil }
      }
      func text(_ index: Int) -> String { StoredText.decoded(row[index]) }
      let run = TestRunKey(id: row[0])
      let products = try ArtifactRecord.fetch(
        database, condition: "WHERE testRun = ?", arguments: [run.id])
      let count = try Int.fetchOne(
        database,
        sql: """
          SELECT count(*) FROM series CROSS JOIN measurement
            ON measurement.id BETWEEN series.id << 28 AND series.id << 28 | 268435455
          WHERE series.testRun = ?
          """, arguments: [run.id])
      return GarbagePlan.Candidate(
        run: run, analysis: text(1), block: text(2), test: text(3), session: text(4),
        reason: status == .finished ? .superseded : .interrupted, measurements: count ?? 0,
        products: products.map(\.path), productBytes: products.reduce(0) { $0 + $1.size })
    }
  }

  private static func remove(_ run: TestRunKey, _ database: Database) throws {
    try database.execute(
      sql: """
        DELETE FROM measurement WHERE id IN (SELECT m.id FROM series CROSS JOIN measurement AS m
          ON m.id BETWEEN series.id << 28 AND series.id << 28 | 268435455
          WHERE series.testRun = ?)
        """, arguments: [run.id])
    let tables = [
      "series", "curve", "artifact", "\"check\"", "flag", "subtask", "serial", "inputFile",
      "exposure",
    ]
    for table in tables {
      try database.execute(sql: "DELETE FROM \(table) WHERE testRun = ?", arguments: [run.id])
    }
    try database.execute(sql: "DELETE FROM testRun WHERE id = ?", arguments: [run.id])
  }
}
