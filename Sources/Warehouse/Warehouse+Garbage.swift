import DurableFiles
import GRDB

#if canImport(Glibc)
  import Glibc
#endif

/// What may go: test runs whose results can be made again and that nobody judged, files that kills
/// left, and, where they are asked for, reports.
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
    /// Whether it runs by its record, and its process is dead.
    let isAbandoned: Bool
  }

  /// The runs, by number.
  public internal(set) var candidates: [Candidate] = []
  /// The files that kills left, by path.
  public internal(set) var leftovers: [Leftover] = []
  /// Reports, which can be made again from the warehouse: paths relative to it.
  public internal(set) var reports: [Leftover] = []

  /// Whether there is nothing to remove.
  public var isEmpty: Bool { candidates.isEmpty && leftovers.isEmpty && reports.isEmpty }

  /// The bytes that files take.
  public var bytes: Int {
    candidates.reduce(0) { $0 + $1.productBytes } + (leftovers + reports).reduce(0) { $0 + $1.bytes }
  }
}

extension Warehouse {
  /// Lists what `collectGarbage` would remove; nothing is changed.
  ///
  /// Never listed are runs with a verdict, whichever; the latest finished run of a block, test and
  /// session; what a living process, or another machine, works on; imported runs, which cannot be made
  /// again here, and do not stand for a later run either; and runs with a product that is or was
  /// certified, or that another run has read.
  ///
  /// - Parameter includingReports: whether the reports below `reports` are listed as well.
  public func garbagePlan(includingReports: Bool = false) throws -> GarbagePlan {
    let files = productFiles()
    return try reading { database in
      var plan = GarbagePlan()
      plan.candidates = try Warehouse.candidates(database)
      plan.leftovers = try leftovers(among: files, database)
      if includingReports {
        plan.reports = FileSystem.files(below: absolutePath("reports")).map { name in
          let path = "reports/" + name
          return Leftover(
            path: path, bytes: FileSystem.size(of: absolutePath(path)) ?? 0, isTemporary: false)
        }
      }
      return plan
    }
  }

  /// Removes what a plan lists: all rows of its runs in one transaction, then their product files,
  /// files that kills left, and reports.
  ///
  /// What is no garbage any more (a verdict was given since, a run was taken up) stays. A kill
  /// leaves all rows or none, and at most files that belong to no result, which the next collection
  /// removes.
  ///
  /// - Returns: what was removed.
  /// - Throws: `WarehouseError` of kind `.busy` while a merge or a backup is at work, ...
  public func collectGarbage(_ plan: GarbagePlan) throws -> GarbagePlan {
    guard mode == .writing else {
      throw WarehouseError(.readOnly, "the warehouse was opened for reading", place: databasePath)
    }
    return try FileSystem.holdingLock(on: folder, seconds: 60) {
      var removed = GarbagePlan()
      do {
        removed.candidates = try removeRows(of: plan)
        removed.leftovers = try removeLeftovers(plan, after: removed.candidates)
      } catch let error as DatabaseError {
        throw WarehouseError.wrapping(error, place: databasePath)
      }
      removed.reports = plan.reports.filter {
        isOwnFile($0.path, below: "reports") && unlink(absolutePath($0.path)) == 0
      }
      FileSystem.removeEmptyFolders(below: absolutePath("products"))
      if !plan.reports.isEmpty { FileSystem.removeEmptyFolders(below: absolutePath("reports")) }
      return removed
    }
  }

  private func removeRows(of plan: GarbagePlan) throws -> [GarbagePlan.Candidate] {
    let wanted = Set(plan.candidates.map(\.run))
    guard !wanted.isEmpty else { return [] }
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
    var removed: [GarbagePlan.Candidate] = []
    try queue.writeWithoutTransaction { database in
      try database.inTransaction(.immediate) {
        removed = try Warehouse.candidates(database).filter { wanted.contains($0.run) }
        for candidate in removed { try Warehouse.remove(candidate.run, database) }
        try Warehouse.removeEmptiedAnalyses(removed, database)
        return .commit
      }
    }
    try queue.close()
    return removed
  }

  /// Unlinks files while nobody can begin, take up or commit a run.
  private func removeLeftovers(
    _ plan: GarbagePlan, after removed: [GarbagePlan.Candidate]
  ) throws -> [Leftover] {
    let planned = Set(plan.leftovers.map(\.path))
    let mine = Set(removed.flatMap(\.products))
    let files = (planned.union(mine)).sorted().filter { isOwnFile($0, below: "products") }
    guard !files.isEmpty else { return [] }
    return try writing { database in
      try leftovers(among: files, database).filter { leftover in
        unlink(absolutePath(leftover.path)) == 0 && !mine.contains(leftover.path)
      }
    }
  }

  /// Whether a path is that of a file below one of the warehouse's folders, with no link leading
  /// out.
  private func isOwnFile(_ path: String, below name: String) -> Bool {
    guard SafeName.staysBelow(path), path.hasPrefix(name + "/"),
      let root = FileSystem.resolved(folder),
      let parent = FileSystem.resolved(AtomicFile.folder(of: absolutePath(path)))
    else { return false }
    return parent == root + "/" + name || parent.hasPrefix(root + "/\(name)/")
  }

  /// An analysis whose last run went, and of which no process can begin another, goes as well.
  private static func removeEmptiedAnalyses(
    _ removed: [GarbagePlan.Candidate], _ database: Database
  ) throws {
    for name in Set(removed.map(\.analysis)).sorted() {
      let ended = removed.contains { $0.analysis == name && $0.isAbandoned }
      try database.execute(
        sql: """
          DELETE FROM analysis WHERE name = ? AND (status <> 'running' OR ?)
            AND NOT EXISTS (SELECT 1 FROM testRun WHERE testRun.analysis = analysis.id)
          """, arguments: [StoredText.encoded(name), ended])
    }
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
          AND NOT EXISTS (SELECT 1 FROM subtask WHERE subtask.testRun = testRun.id AND name = ?1)
          AND NOT EXISTS (SELECT 1 FROM artifact WHERE artifact.testRun = testRun.id
            AND (artifact.id IN (SELECT artifact FROM certification)
              OR artifact.path IN (SELECT path FROM certificationEvent)
              OR EXISTS (SELECT 1 FROM inputFile WHERE inputFile.sha256 = artifact.sha256
                AND inputFile.role = 'product' AND inputFile.testRun <> testRun.id)))
          AND EXISTS (SELECT 1 FROM testRun AS later
            WHERE later.test = testRun.test AND later.block = testRun.block
              AND later.status = 'finished' AND later.session = testRun.session
              AND (later.started, later.id) > (testRun.started, testRun.id)
              AND NOT EXISTS (SELECT 1 FROM subtask
                WHERE subtask.testRun = later.id AND name = ?1)
              AND IFNULL((SELECT state FROM verdict WHERE verdict.testRun = later.id
                ORDER BY verdict.id DESC LIMIT 1), '') <> 'rejected')
        ORDER BY testRun.id
        """, arguments: [ForeignRun.subtask])
    return try rows.compactMap { row in
      let status = try stored(row[5], as: RunStatus.self)
      if status == .running {
        guard ProcessIdentity.lease(row, from: 6)?.isDead == true else { return nil }
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
        products: products.map(\.path), productBytes: products.reduce(0) { $0.addingReportingOverflow($1.size).partialValue },
        isAbandoned: status == .running)
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
