import DurableFiles
import GRDB

#if canImport(Glibc)
  import Glibc
#endif

/// A file below `products` that no result refers to: a kill left it between its making and the
/// commit that would have registered it, or between the removal of its run and its own.
///
/// Such a file is harmless: nothing reads it, and what it belonged to is made again with it.
public struct Leftover: Sendable, Hashable {
  /// Its path, relative to the warehouse.
  public let path: String
  /// Its size in bytes.
  public let bytes: Int
  /// Whether it is a temporary, which never got its final name.
  public let isTemporary: Bool
}

extension Warehouse {
  /// The files below `products`, relative to the warehouse.
  func productFiles() -> [String] {
    FileSystem.files(below: absolutePath("products")).map { "products/" + $0 }
  }

  /// Those of some files that belong to no result, and that no process is at work on.
  ///
  /// - Parameters:
  ///   - files: as they were listed *before* `database` was asked, so that what was registered since
  ///     is known.
  func leftovers(among files: [String], _ database: Database) throws -> [Leftover] {
    let known = try registeredPaths(database)
    let busy = try Warehouse.foldersAtWork(database)
    return files.compactMap { path in
      guard !known.contains(path), !busy.contains(where: path.hasPrefix) else { return nil }
      let name = path.split(separator: "/").last.map(String.init) ?? path
      let isTemporary = name.hasPrefix(AtomicFile.temporaryPrefix)
      if isTemporary, Warehouse.isWriterAlive(ofTemporary: name) { return nil }
      var status = stat()
      guard lstat(absolutePath(path), &status) == 0 else { return nil }
      return Leftover(path: path, bytes: Int(status.st_size), isTemporary: isTemporary)
    }
  }

  /// The paths, relative to the warehouse, of all files that anything in it names: products, those
  /// that the journal of certifications names, and those that runs have read, which are recorded as
  /// they were given.
  func registeredPaths(_ database: Database) throws -> Set<String> {
    var paths = Set(
      try String.fetchAll(
        database, sql: "SELECT path FROM artifact UNION SELECT path FROM certificationEvent"
      ).map(StoredText.decoded))
    let roots = [folder, FileSystem.resolved(folder)].compactMap { $0.map { $0 + "/" } }
    let read = try String.fetchAll(
      database, sql: "SELECT DISTINCT path FROM inputFile WHERE role = 'product'")
    for path in read.map(StoredText.decoded) {
      paths.insert(path)
      for root in roots where path.hasPrefix(root) {
        paths.insert(String(path.dropFirst(root.count)))
      }
    }
    return paths
  }

  /// The product folders, each with a slash, of test runs that a living process, or another machine, works on.
  private static func foldersAtWork(_ database: Database) throws -> Set<String> {
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT block.name, testRun.test, analysis.name, testRun.leaseHost, testRun.leaseBoot,
          testRun.leaseProcess, testRun.leaseStart
        FROM testRun JOIN analysis ON analysis.id = testRun.analysis
          JOIN block ON block.id = testRun.block
        WHERE testRun.status = 'running'
        """)
    return Set(
      rows.filter { ProcessIdentity.lease($0, from: 3)?.isDead != true }.map { row in
        productFolder(
          block: StoredText.decoded(row[0]), test: StoredText.decoded(row[1]),
          analysis: StoredText.decoded(row[2])) + "/"
      })
  }

  private static func isWriterAlive(ofTemporary name: String) -> Bool {
    let number = name.dropFirst(AtomicFile.temporaryPrefix.count).split(separator: "-").first
    guard let process = number.flatMap({ pid_t($0) }), process > 0 else { return false }
    return kill(process, 0) == 0 || errno != ESRCH
  }
}

extension ProcessIdentity {
  /// Who holds a test run: four columns from `index`; nil for nobody.
  static func lease(_ row: Row, from index: Int) -> ProcessIdentity? {
    guard let host = row[index] as String?, let boot = row[index + 1] as String?,
      let number = row[index + 2] as Int64?, let start = row[index + 3] as Int64?
    else { return nil }
    return ProcessIdentity(host: host, boot: boot, processID: number, startTicks: start)
  }
}
