import Diagnostics
import DurableFiles
import GRDB

extension Warehouse {
  /// Brings in the finished and failed test runs of another warehouse, which stays as it is.
  ///
  /// Analyses are known by their ULID, and their runs by block, test and session, so that merging
  /// again adds only what is new. A run that is not finished (a process works on it, or was killed,
  /// or interrupted) is left, and named; it comes with a later merge. All conflicts are found before
  /// anything is written; with one of them, nothing is. An analysis whose name is taken here by
  /// another gets a number behind it. Products are copied and verified first;
  /// then all rows go in within one transaction. A kill leaves at most product files that belong to
  /// no result, which the same merge, done again, takes up. Of the other warehouse's settings and
  /// slots nothing is taken.
  ///
  /// - Parameters:
  ///   - folder: the other warehouse. Nothing in it is trusted: its schema must be this program's,
  ///     or an earlier one's (a copy is then migrated), its integrity is checked, its values go
  ///     through the same door as any other.
  ///   - dryRun: only say what would be done.
  ///   - progress: told of each product that is copied.
  /// - Throws: `WarehouseError` or `FileError`; nothing is stored then.
  public func merge(
    shard folder: String, dryRun: Bool = false, progress: OperationProgress? = nil
  ) throws -> MergeReport {
    guard mode == .writing || dryRun else {
      throw WarehouseError(.readOnly, "the warehouse was opened for reading", place: databasePath)
    }
    guard FileSystem.resolved(folder) != FileSystem.resolved(self.folder) else {
      throw WarehouseError(
        .invalidRecord, "a warehouse cannot be merged into itself", place: folder)
    }
    let shard = try Shard(folder)
    if dryRun { return try shard.reading { try plan(of: shard, $0).report } }
    // A collection of garbage must not take the products that are here before their rows.
    return try FileSystem.holdingLock(on: self.folder, seconds: 60) {
      // One snapshot of the shard for all: what was examined is what is copied.
      try shard.reading { try merge(shard, $0, progress) }
    }
  }

  private func plan(of shard: Shard, _ source: Database) throws -> MergePlan {
    try reading { try MergePlan(source, $0, shard: shard.folder, target: self) }
  }

  private func merge(
    _ shard: Shard, _ source: Database, _ progress: OperationProgress?
  ) throws -> MergeReport {
    let plan = try plan(of: shard, source)
    var report = plan.report
    guard report.conflicts.isEmpty else { return report }
    try FileSystem.requireSpace(
      plan.products.reduce(0) { $0.addingReportingOverflow($1.size).partialValue }, at: folder,
      for: "a copy of the products")
    for (index, product) in plan.products.enumerated() {
      try copy(product, from: shard.folder)
      try progress?(index + 1, plan.products.count, product.path)
    }
    try writing { database in
      // Another writer may have been here since; files are not read again under its lock.
      let again = try MergePlan(
        source, database, shard: shard.folder, target: self, comparing: false)
      guard again.report == plan.report, again.certifications == plan.certifications else {
        throw WarehouseError(.busy, "the warehouse changed during the merge", place: self.folder)
      }
      var merger = ShardMerger(source, database)
      for addition in again.additions {
        let analysis = try addition.target ?? merger.copy(analysis: addition.analysis, as: addition.name)
        for run in addition.runs { try merger.copy(run: run, to: analysis) }
      }
      try merger.updateEnds(of: again.shared)
      report.measurements = merger.measurements
      report.testRuns = merger.testRuns
      report.verdicts = try merger.addVerdicts(ofPresent: again.shared.map(\.source))
      try again.certifications.apply(to: database)
    }
    report.isApplied = true
    return report
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
    try Warehouse.copy(product, from: shard, to: self.folder)
  }
}
