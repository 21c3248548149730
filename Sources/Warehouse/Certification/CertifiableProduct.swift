import Diagnostics
import GRDB

/// A product with what decides whether, and for what, it can be certified.
struct CertifiableProduct {
  let id: Int64
  let artifact: ArtifactRecord
  private let run: Int64
  private let status: RunStatus
  private let verdict: VerdictRecord.State?
  private let camera: String
  private let block: String
  private let serial: String

  /// What it would be certified for.
  func data(variant: String) -> CertifiedData {
    let isKnown = !serial.isEmpty
    return CertifiedData(
      type: artifact.role, variant: variant, camera: camera, serial: serial,
      block: isKnown ? "" : block, detector: isKnown ? "" : artifact.detector ?? "")
  }

  /// Refuses a product whose run does not count.
  ///
  /// - Throws: `WarehouseError.Kind.notCertifiable`.
  func requireAccepted() throws {
    let objection: String? =
      switch (status, verdict) {
      case (_, .rejected): "was rejected"
      case (.finished, .accepted): nil
      case (.finished, _): "was not accepted by anybody"
      default: "is not finished (\(status.rawValue))"
      }
    if let objection {
      throw WarehouseError(.notCertifiable, "run \(run) \(objection)", place: artifact.path)
    }
  }

  /// The product of a path, or of a SHA-256 or its first digits.
  ///
  /// - Throws: `WarehouseError` of kind `.noSuchRecord`, or `.ambiguous` where several fit.
  static func fetch(named name: String, _ database: Database) throws -> CertifiableProduct {
    let isDigest =
      (8...64).contains(name.utf8.count)
      && name.utf8.allSatisfy { "0123456789abcdefABCDEF".utf8.contains($0) }
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT artifact.id, role, mediaType, path, size, sha256, title,
          NULLIF(detector.name, ''), testRun.id, testRun.status,
          (SELECT state FROM verdict WHERE verdict.testRun = testRun.id
            ORDER BY verdict.id DESC LIMIT 1),
          camera.name, block.name,
          (SELECT serial FROM serial WHERE serial.testRun = testRun.id
            AND serial.detector = artifact.detector AND serial.detector <> 0)
        FROM artifact JOIN detector ON detector.id = artifact.detector
          JOIN testRun ON testRun.id = artifact.testRun
          JOIN camera ON camera.id = testRun.camera JOIN block ON block.id = testRun.block
        WHERE \(isDigest ? "substr(sha256, 1, length(?1)) = ?1" : "path = ?1")
        ORDER BY path LIMIT 3
        """, arguments: [StoredText.encoded(isDigest ? name.lowercased() : name)])
    guard let row = rows.first else {
      throw WarehouseError(.noSuchRecord, "there is no product '\(name.clipped(to: 200))'")
    }
    guard rows.count == 1 else {
      let paths = rows.map { StoredText.decoded($0[3]).clipped(to: 200) }
      throw WarehouseError(
        .ambiguous, "several products are '\(name)': " + paths.joined(separator: ", "))
    }
    func text(_ index: Int) -> String { StoredText.decoded(row[index]) }
    return CertifiableProduct(
      id: row[0],
      artifact: ArtifactRecord(
        role: text(1), mediaType: text(2), path: text(3), size: row[4], sha256: text(5),
        title: text(6), detector: (row[7] as String?).map(StoredText.decoded)),
      run: row[8], status: try stored(row[9], as: RunStatus.self),
      verdict: try (row[10] as String?).map { try stored($0, as: VerdictRecord.State.self) },
      camera: text(11), block: text(12),
      serial: (row[13] as String?).map(StoredText.decoded) ?? "")
  }
}
