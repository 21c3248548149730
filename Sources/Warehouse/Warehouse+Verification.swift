import DurableFiles
import Foundation
import GRDB

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
    /// A product is missing, outside the warehouse, or changed.
    case product
    /// A file below `products` belongs to no result.
    case unregistered
  }

  /// What kind of fault.
  public let kind: Kind
  /// The table or the file's relative path.
  public let place: String
  /// What is wrong.
  public let text: String
}

extension Warehouse {
  /// Checks the database and the size and SHA-256 of every product.
  ///
  /// Reading all products takes as long as reading them does.
  ///
  /// - Returns: nothing where all is well; otherwise database first, then products by path.
  public func verify() throws -> [VerificationFinding] {
    var findings: [VerificationFinding] = []
    let artifacts: [ArtifactRecord]
    do {
      artifacts = try reading { database in
        let lines = try String.fetchAll(database, sql: "PRAGMA integrity_check(100)")
        findings += lines.filter { $0 != "ok" }.map {
          VerificationFinding(kind: .database, place: "warehouse.sqlite", text: $0)
        }
        let broken = try Row.fetchAll(database, sql: "PRAGMA foreign_key_check")
        findings += broken.prefix(100).map { row in
          VerificationFinding(
            kind: .reference, place: row[0] as String? ?? "",
            text: "a row refers to nothing in \(row[2] as String? ?? "")")
        }
        if try PackedReferences.broken(database) > 0 {
          findings.append(
            VerificationFinding(
              kind: .reference, place: "measurement", text: "a key refers to no series or place"))
        }
        findings += try Schema.differences(of: database).map {
          VerificationFinding(kind: .schema, place: "warehouse.sqlite", text: $0)
        }
        return try ArtifactRecord.fetch(database, condition: "", arguments: [])
      }
    } catch let error as WarehouseError where error.kind == .damaged {
      return findings + [
        VerificationFinding(kind: .database, place: "warehouse.sqlite", text: error.problem)
      ]
    }
    for artifact in artifacts.sorted(by: { $0.path < $1.path }) {
      do {
        try verify(artifact)
      } catch let error as WarehouseError {
        findings.append(
          VerificationFinding(kind: .product, place: artifact.path, text: error.problem))
      } catch let error as FileError {
        findings.append(
          VerificationFinding(kind: .product, place: artifact.path, text: error.problem))
      }
    }
    let known = Set(artifacts.map(\.path))
    for path in productFiles() where !known.contains(path) {
      findings.append(
        VerificationFinding(kind: .unregistered, place: path, text: "belongs to no result"))
    }
    return findings
  }

  /// The relative paths of all files below `products`, sorted.
  func productFiles() -> [String] {
    let names = FileManager.default.enumerator(atPath: absolutePath("products"))
    var result: [String] = []
    while let name = names?.nextObject() as? String {
      let path = "products/" + name
      if FileSystem.size(of: absolutePath(path)) != nil { result.append(path) }
    }
    return result.sorted()
  }
}
