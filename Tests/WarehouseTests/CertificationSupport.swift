import DurableFiles
import Foundation
import GRDB

@testable import Warehouse

extension CertificationDecision {
  static let sample = CertificationDecision(
    author: "A. Reviewer", reason: "noise within limits", time: "2019-04-01T12:00:00Z")
}

extension ValidityRange {
  /// A range of plain nanoseconds.
  static func nanoseconds(_ begin: Int64, _ end: Int64) -> ValidityRange {
    ValidityRange(unchecked: TAIInstant(nanoseconds: begin), TAIInstant(nanoseconds: end))
  }
}

/// A warehouse whose runs have a master bias for each detector, and one that belongs to all.
struct CertificationBench {
  let folder: TemporaryFolder
  let warehouse: Warehouse

  init() throws {
    folder = try TemporaryFolder()
    warehouse = try Warehouse.create(at: folder.path)
  }

  /// A run with products; by default finished and accepted.
  @discardableResult
  func run(
    _ number: Int, block: String = "BORN", serials: [String: String] = [:],
    status: RunStatus? = .finished, verdict: VerdictRecord.State? = .accepted,
    content: String? = nil, started: String = testTime
  ) throws -> TestRunKey {
    var record = AnalysisRecord.sample(number)
    record.name = "A\(number)"
    let analysis = try warehouse.beginAnalysis(record)
    var test = TestRunRecord.sample(block: block, started: started)
    test.serials = serials
    let run = try warehouse.beginTestRun(test, of: analysis)
    let place = try warehouse.makeProductFolder(
      block: block, test: "BIAS01", analysis: "A\(number)")
    var artifacts: [ArtifactRecord] = []
    for (role, detector) in [
      ("master-bias", "CCD1"), ("master-bias", "CCD2"), ("summary", nil),
    ] {
      let path = "\(place)/\(role)\(detector ?? "").json"
      let text = content ?? "\(number) \(role) \(detector ?? "")"
      try AtomicFile.write(text, to: warehouse.absolutePath(path))
      artifacts.append(
        ArtifactRecord(
          role: role, mediaType: "application/json", path: path, size: text.utf8.count,
          sha256: SHA256Digest(of: text).hexadecimal, title: "", detector: detector))
    }
    try warehouse.commit(
      SubtaskCommit(name: "meta", ordinal: 0, seconds: 0, artifacts: artifacts), to: run)
    if let status {
      try warehouse.finishTestRun(run, status: status, time: testTime)
      try warehouse.finishAnalysis(analysis, status: status, time: testTime)
    }
    if let verdict {
      try warehouse.add(
        VerdictRecord(state: verdict, reason: "r", author: "a", time: testTime), to: run)
    }
    return run
  }

  /// The path of a product of `run(number)`.
  func product(_ number: Int, _ detector: String = "CCD1", block: String = "BORN") -> String {
    "products/\(block)/BIAS01/A\(number)/master-bias\(detector).json"
  }

  @discardableResult
  func certify(
    _ number: Int, _ detector: String = "CCD1", in collection: String = "c",
    for range: ValidityRange, block: String = "BORN", variant: String = ""
  ) throws -> [StoredCertification] {
    try warehouse.certify(
      [product(number, detector, block: block)], in: collection, for: range, variant: variant,
      by: .sample)
  }

  /// The number of the analysis that answers, or the error's kind.
  func answer(
    _ instant: Int64, in collection: String = "c", block: String? = "BORN",
    _ detector: String? = "CCD1", serial: String? = nil
  ) throws -> String {
    do {
      return try warehouse.lookup(
        "master-bias", in: collection,
        device: DeviceFilter(block: block, detector: detector, serial: serial),
        at: TAIInstant(nanoseconds: instant)
      ).analysis
    } catch let error as WarehouseError {
      return error.code
    }
  }

  /// Runs SQL that the API would never run; nil where the database takes it.
  func refusal(_ sql: String) -> String? {
    do {
      try warehouse.writing { try $0.execute(sql: sql) }
      return nil
    } catch let error as WarehouseError {
      return error.problem
    } catch {
      return "\(error)"
    }
  }
}
