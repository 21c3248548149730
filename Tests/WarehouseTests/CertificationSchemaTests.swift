import Foundation
import Testing

@testable import Warehouse

/// What the database itself refuses, whoever writes to it.
@Suite struct CertificationSchemaTests {
  let bench: CertificationBench

  init() throws {
    bench = try CertificationBench()
    try bench.run(1, serials: ["CCD1": "S1"])
    try bench.run(2)
    try bench.certify(1, for: .nanoseconds(100, 200))
    try bench.certify(2, for: .nanoseconds(200, 300))
    try bench.warehouse.chain("chain", of: ["c"], by: .sample)
    try bench.warehouse.chain("outer", of: ["chain"], by: .sample)
    try bench.certify(1, "CCD2", in: "other", for: .always)
  }

  static let refused: [(String, String)] = [
    (
      """
      INSERT INTO certification SELECT 9, collection, artifact, type, variant, camera, serial,
        block, detector, 199, 201, event FROM certification WHERE id = 1
      """, "overlaps"
    ),
    ("UPDATE certification SET endTAI = 201, beginTAI = 100 WHERE id = 9", "none"),
    (
      """
      INSERT INTO certification SELECT 9, collection, artifact, type, variant, camera, serial,
        block, detector, 500, 500, event FROM certification WHERE id = 1
      """, "CHECK"
    ),
    (
      """
      INSERT INTO certification SELECT 9, collection, artifact, 'dark', variant, camera, serial,
        block, detector, 500, 501, event FROM certification WHERE id = 1
      """, "not what its certification says"
    ),
    (
      """
      INSERT INTO certification SELECT 9, collection, artifact, type, variant, camera, 'S9', block,
        detector, 500, 501, event FROM certification WHERE id = 1
      """, "not what its certification says"
    ),
    (
      """
      INSERT INTO certification SELECT 9, 2, artifact, type, variant, camera, serial, block,
        detector, 500, 501, event FROM certification WHERE id = 1
      """, "not what its certification says"
    ),
    ("UPDATE certification SET artifact = 4 WHERE id = 1", "keeps its product"),
    ("UPDATE certification SET serial = 'S2' WHERE id = 1", "keeps its product"),
    ("UPDATE certification SET endTAI = 100 WHERE id = 1", "CHECK"),
    ("DELETE FROM artifact WHERE id = 1", "never removed"),
    ("UPDATE artifact SET sha256 = 'x' WHERE id = 1", "never changed"),
    ("DELETE FROM certificationEvent", "only added"),
    ("UPDATE certificationEvent SET author = 'x'", "only added"),
    ("DELETE FROM collectionEvent", "only added"),
    ("UPDATE collectionEvent SET author = 'x'", "only added"),
    ("UPDATE collection SET name = 'x' WHERE id = 1", "only added"),
    ("DELETE FROM collection", "only added"),
    ("INSERT INTO collectionMember VALUES (1, 0, 4)", "only a chained"),
    ("INSERT INTO collectionMember VALUES (2, 5, 2)", "contain itself"),
    ("INSERT INTO collectionMember VALUES (2, 5, 3)", "contain itself"),
    ("INSERT INTO collectionMember VALUES (2, 5, 1)", "stored already"),
    ("UPDATE collectionMember SET child = 3", "as a whole"),
  ]

  @Test("the database refuses it", arguments: 0..<22)
  func refused(index: Int) throws {
    let (sql, text) = Self.refused[index]
    let refusal = bench.refusal(sql)
    if text == "none" {
      #expect(refusal == nil)
    } else {
      #expect(refusal?.contains(text) == true, "\(sql): \(refusal ?? "taken")")
    }
    #expect(try bench.warehouse.verify().isEmpty)
  }

  @Test("a range cannot be changed into an overlap")
  func update() throws {
    try bench.certify(1, for: .nanoseconds(200, 300))
    #expect(
      bench.refusal("UPDATE certification SET endTAI = 201 WHERE id = 1")?.contains("overlaps")
        == true)
    #expect(bench.refusal("UPDATE certification SET endTAI = 150 WHERE id = 1") == nil)
    // Changed behind the journal's back: verify says so.
    let findings = try bench.warehouse.verify()
    #expect(findings.map(\.kind) == [.certification])
    #expect(findings.first?.text.contains("S1") == true)
  }

  @Test("the view shows what is certified")
  func view() throws {
    let answer = try bench.warehouse.readOnlySQL("SELECT * FROM certified ORDER BY beginTAI")
    #expect(answer.rows.count == 3)
    let row = Dictionary(uniqueKeysWithValues: zip(answer.columns, answer.rows[1]))
    #expect(row["block"] == .text("BORN") && row["ccd"] == .text("CCD1"))
    #expect(row["serial"] == .text("S1") && row["variant"] == .null)
    #expect(row["beginTAI"] == .integer(100) && row["path"] == .text(bench.product(1)))
    #expect(answer.rows[2][answer.columns.firstIndex(of: "serial") ?? 0] == .null)
  }

  @Test("garbage is not collected where a product is certified, nor where one ever was")
  func garbage() throws {
    let bench = try CertificationBench()
    let warehouse = bench.warehouse
    try bench.run(1, verdict: nil, started: "2019-03-01T00:00:00Z")
    try bench.run(2, verdict: nil, started: "2019-03-02T00:00:00Z")
    try bench.run(3, verdict: nil, started: "2019-03-03T00:00:00Z")
    try warehouse.certify([bench.product(1)], in: "c", for: .always, by: .sample, forced: true)
    let plan = try warehouse.garbagePlan()
    #expect(plan.candidates.map(\.analysis) == ["A2"])
    // Certified after the plan was made: it stays.
    try warehouse.certify([bench.product(2)], in: "d", for: .always, by: .sample, forced: true)
    #expect(try warehouse.collectGarbage(plan).candidates.isEmpty)
    #expect(try warehouse.verify().isEmpty)
    try warehouse.decertify("master-bias", in: "d", for: .always, by: .sample)
    // The journal says what was valid until then, and names the product.
    #expect(try warehouse.collectGarbage(try warehouse.garbagePlan()).candidates.isEmpty)
    #expect(try warehouse.testRuns().map(\.analysis.name) == ["A1", "A2", "A3"])
    #expect(try warehouse.certificationEvents().count == 3)
    #expect(try warehouse.verify().isEmpty)
  }
}
