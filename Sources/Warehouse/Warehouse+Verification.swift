import DurableFiles
import Foundation
import GRDB
import Synchronization

/// Something that is not as it should be in a warehouse.
public struct VerificationFinding: Sendable, Hashable {
  /// What kind of fault.
  public enum Kind: String, Sendable, CaseIterable {
    /// SQLite's integrity check found something.
    case database
    /// A row refers to one that does not exist.
    case reference
    /// A table, index, view or trigger is not what this version of the schema declares.
    case schema
    /// A number is infinite, which this program never stores.
    case value
    /// A product is missing, outside the warehouse, or changed.
    case product
    /// A file below `products` belongs to no result: a kill left it. Harmless.
    case unregistered
    /// Certifications are not what their journal says.
    case certification

    /// Whether something is lost or cannot be trusted.
    public var isDamage: Bool { self != .unregistered }

    /// What to do.
    public var remedy: String {
      switch self {
      case .database: "restore a backup, or save what can be read with: sqlite3 .recover"
      case .reference: "restore a backup; what refers to nothing was changed by another program"
      case .schema: "restore a backup; another program changed the tables"
      case .value: "restore a backup; another program wrote the number"
      case .product: "take the file from a backup, or run the test again"
      case .certification: "another program changed them: restore a backup"
      case .unregistered: "harmless: vis-meta gc --apply removes it"
      }
    }
  }

  /// What kind of fault.
  public let kind: Kind
  /// The table or the file's relative path.
  public let place: String
  /// What is wrong.
  public let text: String
}

/// How far an operation is: what is done, of how much, and with what; may throw to end it.
public typealias OperationProgress =
  @Sendable (_ done: Int, _ total: Int, _ label: String) throws -> Void

extension Warehouse {
  /// How much is checked.
  public enum VerificationDepth: Sendable {
    /// The database's pages, references between tables, and that each product has its size.
    case quick
    /// All indexes, packed keys and numbers as well, and the SHA-256 of each product.
    case full
  }

  /// Checks the database and every product.
  ///
  /// Others may write meanwhile: what a living process is at work on is no finding.
  ///
  /// - Parameters:
  ///   - threads: how many products are read at once.
  ///   - progress: told of each product.
  /// - Returns: nothing where all is well; otherwise database first, then products by path, then
  ///   files that belong to no result. Only findings whose kind `isDamage` are faults.
  public func verify(
    _ depth: VerificationDepth = .full, threads: Int = 2, progress: OperationProgress? = nil
  ) throws -> [VerificationFinding] {
    // Files before rows: a file that is made and registered meanwhile is then known.
    let files = productFiles()
    var findings: [VerificationFinding] = []
    var artifacts: [ArtifactRecord] = []
    var leftovers: [Leftover] = []
    do {
      try reading { database in
        findings = try Warehouse.findings(in: database, depth)
        artifacts = try ArtifactRecord.fetch(database, condition: "", arguments: [])
        leftovers = try self.leftovers(among: files, database)
      }
    } catch let error as WarehouseError where error.kind == .damaged {
      return findings + [
        VerificationFinding(kind: .database, place: "warehouse.sqlite", text: error.problem)
      ]
    }
    artifacts.sort { $0.path < $1.path }
    findings += try faults(of: artifacts, depth, threads: threads, progress)
    findings += leftovers.map { leftover in
      VerificationFinding(
        kind: .unregistered, place: leftover.path,
        text: leftover.isTemporary
          ? "a temporary of a process that ended" : "belongs to no result")
    }
    return findings
  }

  // MARK: - The database

  private static func findings(
    in database: Database, _ depth: VerificationDepth
  ) throws -> [VerificationFinding] {
    let file = "warehouse.sqlite"
    let check = depth == .full ? "integrity_check(100)" : "quick_check(100)"
    var findings = try String.fetchAll(database, sql: "PRAGMA \(check)").filter { $0 != "ok" }
      .map { VerificationFinding(kind: .database, place: file, text: $0) }
    findings += try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").prefix(100).map { row in
      VerificationFinding(
        kind: .reference, place: row[0] as String? ?? "",
        text: "a row refers to nothing in \(row[2] as String? ?? "")")
    }
    if depth == .full {
      if try PackedReferences.broken(database) > 0 {
        findings.append(
          VerificationFinding(
            kind: .reference, place: "measurement", text: "a key refers to no series or place"))
      }
      let infinite = try Bool.fetchOne(
        database,
        sql: """
          SELECT EXISTS (SELECT 1 FROM measurement
            WHERE abs(value) > 1.7976931348623157e308 OR abs(uncertainty) > 1.7976931348623157e308)
          """)
      if infinite == true {
        findings.append(
          VerificationFinding(
            kind: .value, place: "measurement", text: "a value or uncertainty is infinite"))
      }
    }
    let differences = try Schema.differences(of: database)
    if differences.isEmpty, let text = try CertificationTable.contradiction(database) {
      findings.append(
        VerificationFinding(kind: .certification, place: "certification", text: text))
    }
    findings += differences.map {
      VerificationFinding(kind: .schema, place: file, text: $0)
    }
    return findings
  }

  // MARK: - Products

  private struct Hunt {
    var next = 0
    var done = 0
    var faults: [(index: Int, problem: String)] = []
    var end: (any Error)?
  }

  /// Looks at all products, several at a time; the answer does not depend on how many.
  private func faults(
    of artifacts: [ArtifactRecord], _ depth: VerificationDepth, threads: Int,
    _ progress: OperationProgress?
  ) throws -> [VerificationFinding] {
    let hunt = Mutex(Hunt())
    DispatchQueue.concurrentPerform(iterations: max(1, min(threads, 64))) { _ in
      while true {
        let index = hunt.withLock { hunt -> Int? in
          guard hunt.end == nil, hunt.next < artifacts.count else { return nil }
          hunt.next += 1
          return hunt.next - 1
        }
        guard let index else { return }
        let problem = self.problem(of: artifacts[index], depth)
        hunt.withLock { hunt in
          hunt.done += 1
          if let problem { hunt.faults.append((index, problem)) }
          do { try progress?(hunt.done, artifacts.count, artifacts[index].path) } catch {
            hunt.end = error
          }
        }
      }
    }
    let (faults, end) = hunt.withLock { ($0.faults, $0.end) }
    if let end { throw end }
    guard !faults.isEmpty else { return [] }
    // A collection of garbage may have removed a run since it was read here.
    let known = try reading { try registeredPaths($0) }
    return faults.sorted { $0.index < $1.index }.compactMap { index, problem in
      let path = artifacts[index].path
      guard known.contains(path) else { return nil }
      return VerificationFinding(kind: .product, place: path, text: problem)
    }
  }

  private func problem(of artifact: ArtifactRecord, _ depth: VerificationDepth) -> String? {
    do {
      try Warehouse.verify(artifact, in: folder, readingIt: depth == .full)
      return nil
    } catch let error as WarehouseError {
      return error.problem
    } catch {
      return "\(error)"
    }
  }
}
