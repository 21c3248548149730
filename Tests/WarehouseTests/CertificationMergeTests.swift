import DurableFiles
import Foundation
import GRDB
import Testing

@testable import Warehouse

@Suite struct CertificationMergeTests {
  let shard: CertificationBench
  let target: CertificationBench

  init() throws {
    shard = try CertificationBench()
    target = try CertificationBench()
    try shard.run(1)
    try shard.certify(1, in: "c/1", for: .nanoseconds(100, 300))
    try shard.warehouse.decertify(
      "master-bias", in: "c/1", for: .nanoseconds(200, 210), by: .sample)
    try shard.warehouse.chain("c", of: ["c/1"], by: .sample)
  }

  private func merge(dryRun: Bool = false) throws -> MergeReport {
    try target.warehouse.merge(shard: shard.folder.path, dryRun: dryRun)
  }

  private func ranges(_ bench: CertificationBench) throws -> [String] {
    try bench.warehouse.certifications().map {
      "\($0.collection) \($0.path) \($0.range.begin.nanoseconds) \($0.range.end.nanoseconds)"
    }
  }

  @Test("certifications, journal and chains come with the analyses, and again adds nothing")
  func merges() throws {
    #expect(try merge(dryRun: true).certifications == 3)
    #expect(try target.warehouse.collections().isEmpty)
    let report = try merge()
    #expect(report.isApplied && report.certifications == 3 && report.conflicts.isEmpty)
    #expect(try ranges(target) == ranges(shard))
    #expect(
      try target.warehouse.certificationEvents() == shard.warehouse.certificationEvents())
    #expect(try target.warehouse.collections() == shard.warehouse.collections())
    #expect(try target.answer(199, in: "c") == "A1")
    #expect(try target.answer(205, in: "c") == "not-certified")
    let again = try merge()
    #expect(again.isApplied && again.certifications == 0)
    #expect(try target.warehouse.verify().isEmpty)
  }

  @Test("what was decertified or certified here since stays so, and news from there come in")
  func both() throws {
    _ = try merge()
    try target.warehouse.decertify(
      "master-bias", in: "c/1", for: .nanoseconds(250, 300), by: .sample)
    try target.run(2)
    try target.certify(2, in: "c/1", for: .nanoseconds(260, 400))
    #expect(try merge().certifications == 0)
    #expect(try target.answer(270, in: "c") == "A2")
    try shard.certify(1, in: "c/1", for: .nanoseconds(0, 100))
    try shard.certify(1, in: "c/1", for: .nanoseconds(200, 205))
    try shard.run(3)
    try shard.certify(3, "CCD2", in: "c/2", for: .always)
    try shard.warehouse.chain("c", of: ["c/2"], prepends: true, by: .sample)
    let report = try merge()
    #expect(report.isApplied && report.certifications == 4 && report.added == ["A3"])
    #expect(try target.answer(50, in: "c") == "A1" && target.answer(204, in: "c") == "A1")
    #expect(try target.answer(205, in: "c") == "not-certified")
    #expect(try target.answer(50, in: "c", "CCD2") == "A3")
    #expect(try target.warehouse.searchOrder(of: "c") == ["c/2", "c/1"])
    #expect(try target.warehouse.verify().isEmpty)
  }

  @Test("an overlap is a conflict, and nothing at all is merged")
  func overlap() throws {
    try target.run(2)
    try target.certify(2, in: "c/1", for: .nanoseconds(299, 400))
    let before = try ranges(target)
    let report = try merge()
    #expect(!report.isApplied && report.conflicts.map(\.kind) == [.certification])
    #expect(report.conflicts.first?.text.contains("products/BORN/BIAS01/A2") == true)
    #expect(try ranges(target) == before && target.warehouse.analyses().count == 1)
    #expect(try target.warehouse.collections().map(\.name) == ["c/1"])
    let copied = target.warehouse.absolutePath(target.product(1))
    #expect(!FileManager.default.fileExists(atPath: copied))
  }

  @Test("a collection of another kind, and a chain changed on both sides, are conflicts")
  func kinds() throws {
    try target.warehouse.chain("c/1", of: [], by: .sample)
    #expect(try merge().conflicts.map(\.kind).contains(.certification))
    #expect(try target.warehouse.analyses().isEmpty)
    let other = try CertificationBench()
    try other.warehouse.chain("c", of: [], by: .sample)
    let report = try other.warehouse.merge(shard: shard.folder.path)
    #expect(report.conflicts.map(\.text) == ["the chain c was changed here and there"])
  }

  @Test("a shard whose certifications are not what its journal says is a conflict")
  func contradiction() throws {
    #expect(shard.refusal("DELETE FROM certification WHERE beginTAI = 100") == nil)
    let report = try merge()
    #expect(!report.isApplied && report.conflicts.map(\.kind) == [.certification])
    #expect(try target.warehouse.analyses().isEmpty)
  }

  @Test("a journal that names a product which the shard has not stops the merge whole")
  func missingProduct() throws {
    // As only another program could write it: the journal and the table agree, the product differs.
    let queue = try DatabaseQueue(path: shard.folder.database)
    try queue.inDatabase { database in
      try database.execute(
        sql: """
          INSERT INTO certificationEvent
            SELECT 9, collection, action, 'products/no', sha256, type, 'v', camera, serial, block,
              detector, 0, 9, forced, author, reason, time FROM certificationEvent WHERE id = 1;
          """)
    }
    try queue.close()
    #expect(try merge().conflicts.map(\.kind) == [.certification])
    #expect(try target.warehouse.analyses().isEmpty)
  }

  @Test("a backup has the certifications")
  func backup() throws {
    let copy = try TemporaryFolder()
    try shard.warehouse.backup(to: copy.path + "/w")
    let warehouse = try Warehouse.open(at: copy.path + "/w", mode: .reading)
    #expect(try warehouse.certifications() == shard.warehouse.certifications())
    #expect(try warehouse.verify().isEmpty)
  }
}
