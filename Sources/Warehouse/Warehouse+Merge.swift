import Diagnostics
import DurableFiles
import Foundation
import GRDB

extension Warehouse {
  /// Brings in all analyses of another warehouse, which stays as it is.
  ///
  /// Analyses are known by their ULID, so that merging again adds nothing. All conflicts are found
  /// before anything is written; with one of them, nothing is. Products are copied and verified
  /// first; then all rows go in within one transaction. A kill leaves at most product files that
  /// belong to no result, which the same merge, done again, takes up. Of the other warehouse's
  /// settings and slots nothing is taken.
  ///
  /// - Parameters:
  ///   - folder: the other warehouse. Nothing in it is trusted: its schema must be this program's,
  ///     its integrity is checked, its values go through the same door as any other.
  ///   - dryRun: only say what would be done.
  /// - Throws: `WarehouseError` or `FileError`; nothing is stored then.
  public func merge(shard folder: String, dryRun: Bool = false) throws -> MergeReport {
    guard mode == .writing || dryRun else {
      throw WarehouseError(.readOnly, "the warehouse was opened for reading", place: databasePath)
    }
    guard FileSystem.resolved(folder) != FileSystem.resolved(self.folder) else {
      throw WarehouseError(
        .invalidRecord, "a warehouse cannot be merged into itself", place: folder)
    }
    let shard = try Shard(folder)
    do {
      // One snapshot of the shard for all: what was examined is what is copied.
      return try shard.queue.read { source in
        let plan = try reading { try MergePlan(source, $0, shard: folder, target: self) }
        var report = plan.report
        guard report.conflicts.isEmpty, !dryRun else { return report }
        for product in plan.products { try copy(product, from: folder) }
        try writing { database in
          // Another writer may have been here since; files are not read again under its lock.
          let again = try MergePlan(
            source, database, shard: folder, target: self, readingProducts: false)
          guard again.report == plan.report else {
            throw WarehouseError(
              .busy, "the warehouse changed during the merge", place: self.folder)
          }
          var merger = ShardMerger(source, database)
          for analysis in plan.analyses { try merger.copy(analysis: analysis) }
          report.measurements = merger.measurements
          report.testRuns = merger.testRuns
          report.verdicts = try merger.addVerdicts(ofPresent: plan.present)
        }
        report.isApplied = true
        return report
      }
    } catch let error as DatabaseError {
      throw WarehouseError.wrapping(error, place: Warehouse.databasePath(in: folder))
    }
  }

  private func copy(_ product: ArtifactRecord, from shard: String) throws {
    let target = absolutePath(product.path)
    if FileSystem.size(of: target) == product.size,
      try SHA256Digest(ofFile: target).hexadecimal == product.sha256
    {
      return
    }
    let folder = AtomicFile.folder(of: target)
    try AtomicFile.makeFolder(folder)
    guard let root = FileSystem.resolved(self.folder), let real = FileSystem.resolved(folder),
      real.hasPrefix(root + "/")
    else {
      throw WarehouseError(
        .artifact, "the product's folder lies outside the warehouse", place: product.path)
    }
    AtomicFile.removeStaleTemporaries(in: folder)
    try AtomicFile.write(to: target) { temporary in
      try FileManager.default.copyItem(atPath: shard + "/" + product.path, toPath: temporary)
      guard try SHA256Digest(ofFile: temporary).hexadecimal == product.sha256 else {
        throw WarehouseError(
          .artifact, "the product changed while it was copied", place: product.path)
      }
    }
  }
}

/// What a merge would do.
private struct MergePlan {
  var report = MergeReport()
  /// Numbers, in the shard, of the analyses to add.
  var analyses: [Int64] = []
  /// Numbers, in the shard, of those that are here.
  var present: [Int64] = []
  var products: [ArtifactRecord] = []

  init(
    _ source: Database, _ target: Database, shard: String, target warehouse: Warehouse,
    readingProducts: Bool = true
  ) throws {
    let rows = try Row.fetchAll(source, sql: "SELECT id, name, ulid FROM analysis ORDER BY id")
    for row in rows {
      let id = row[0] as Int64
      let name = row[1] as String
      func conflict(_ kind: MergeConflict.Kind, _ text: String) {
        report.conflicts.append(
          MergeConflict(kind: kind, analysis: StoredText.decoded(name), text: text))
      }
      let mine = try Int64.fetchOne(
        target, sql: "SELECT id FROM analysis WHERE ulid = ?", arguments: [row[2] as String])
      if let mine {
        if try MergePlan.content(source, id) == MergePlan.content(target, mine) {
          report.present.append(StoredText.decoded(name))
          present.append(id)
        } else {
          conflict(.changed, "it is here already, with other content")
        }
        continue
      }
      let running = try Bool.fetchOne(
        source,
        sql: """
          SELECT EXISTS (SELECT 1 FROM testRun WHERE analysis = ?1 AND status = 'running')
            OR EXISTS (SELECT 1 FROM analysis WHERE id = ?1 AND status = 'running')
          """, arguments: [id])
      if running == true { conflict(.unfinished, "it still runs") }
      let taken = try Bool.fetchOne(
        target, sql: "SELECT EXISTS (SELECT 1 FROM analysis WHERE name = ?)", arguments: [name])
      if taken == true { conflict(.name, "another analysis of that name is here") }
      let artifacts = try ArtifactRecord.fetch(
        source, condition: "WHERE testRun IN (SELECT id FROM testRun WHERE analysis = ?)",
        arguments: [id])
      for artifact in artifacts {
        let text = try warehouse.objection(
          to: artifact, in: readingProducts ? shard : nil, target)
        if let text {
          conflict(.product, "\(artifact.path.clipped(to: 200)): \(text)")
        }
      }
      products += artifacts
      analyses.append(id)
      report.added.append(StoredText.decoded(name))
    }
    report.products = products.count
    for row in try Row.fetchAll(source, sql: "SELECT name, unit FROM quantity ORDER BY name") {
      let unit = try String.fetchOne(
        target, sql: "SELECT unit FROM quantity WHERE name = ?", arguments: [row[0] as String])
      if let unit, unit != row[1] as String, !analyses.isEmpty {
        report.conflicts.append(
          MergeConflict(
            kind: .unit, analysis: report.added.first ?? "",
            text: "\(StoredText.decoded(row[0]).clipped(to: 100)) has another unit here"))
      }
    }
  }

  /// What tells whether two copies of an analysis are the same.
  private static func content(_ database: Database, _ analysis: Int64) throws -> [String] {
    let head = try Row.fetchAll(
      database,
      sql: """
        SELECT name, started, finished, status, configurationSHA256 FROM analysis WHERE id = ?
        """, arguments: [analysis])
    let runs = try Row.fetchAll(
      database,
      sql: """
        SELECT campaign.name, block.name, test, session, started, finished, status, inputSHA256,
          (SELECT group_concat(name || '/' || status, '|')
            FROM (SELECT name, status FROM subtask WHERE testRun = testRun.id ORDER BY ordinal, id)),
          (SELECT count(*) FROM series JOIN measurement ON measurement.id
            BETWEEN series.id << 28 AND series.id << 28 | 268435455
            WHERE series.testRun = testRun.id),
          (SELECT group_concat(sha256, '|')
            FROM (SELECT sha256 FROM artifact WHERE testRun = testRun.id ORDER BY path))
        FROM testRun JOIN block ON block.id = testRun.block
          JOIN campaign ON campaign.id = block.campaign
        WHERE testRun.analysis = ? ORDER BY 1, 2, 3, 4
        """, arguments: [analysis])
    return (head + runs).map { row in
      row.databaseValues.map(\.description).joined(separator: "\u{1F}")
    }
  }
}

extension Warehouse {
  /// What stands against taking a product; nil for nothing.
  ///
  /// - Parameter shard: nil where the files themselves were looked at already.
  fileprivate func objection(
    to artifact: ArtifactRecord, in shard: String?, _ target: Database
  ) throws -> String? {
    let registered = try Bool.fetchOne(
      target, sql: "SELECT EXISTS (SELECT 1 FROM artifact WHERE path = ?)",
      arguments: [StoredText.encoded(artifact.path)])
    if registered == true { return "a product of another result is here under that path" }
    guard let shard else { return nil }
    do {
      try Warehouse.verify(artifact, in: shard)
    } catch let error as WarehouseError {
      return error.problem
    }
    let path = absolutePath(artifact.path)
    if FileSystem.size(of: path) != nil,
      try SHA256Digest(ofFile: path).hexadecimal != artifact.sha256
    {
      return "another file is here under that path"
    }
    return nil
  }
}
