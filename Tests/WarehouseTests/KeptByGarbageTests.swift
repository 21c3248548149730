import DurableFiles
import Foundation
import GRDB
import Testing

@testable import Warehouse

/// What cannot be made again, or what something names, is never garbage.
@Suite struct KeptByGarbageTests {
  let bench: CertificationBench
  var warehouse: Warehouse { bench.warehouse }

  init() throws { bench = try CertificationBench() }

  private func day(_ number: Int) -> String { "2019-03-0\(number)T00:00:00Z" }

  @discardableResult
  private func foreign(
    _ number: Int, status: RunStatus = .finished, started: String
  ) throws -> TestRunKey? {
    let analysis = try warehouse.beginAnalysis(.sample(number))
    let quantity = StoredQuantity(
      name: "other.gain", unit: "electron/adu", digits: 3, dimensions: [], meaning: "Gain.")
    return try warehouse.store(
      ForeignRun(
        record: .sample(started: started), status: status, finished: testTime,
        quantities: [quantity],
        measurements: [
          ForeignMeasurement(
            quantity: 0, place: ResultPlace(detector: "CCD1"), value: .value(Double(number)))
        ]), of: analysis)
  }

  @Test("imported runs stay, however they ended, and do not stand for a later run")
  func imported() throws {
    try foreign(1, started: day(1))
    try foreign(2, status: .interrupted, started: day(2))
    try foreign(3, status: .failed, started: day(3))
    try bench.run(4, verdict: nil, started: day(4))
    try foreign(5, started: day(5))
    #expect(try warehouse.garbagePlan().isEmpty)
    try bench.run(6, verdict: nil, started: day(6))
    let plan = try warehouse.garbagePlan()
    #expect(plan.candidates.map(\.analysis) == ["A4"])
    #expect(try warehouse.collectGarbage(plan).candidates.count == 1)
    #expect(try warehouse.testRuns().count == 5)
    #expect(
      try warehouse.one(Int64.self, "SELECT count(*) FROM results WHERE quantity = 'other.gain'")
        == 4)
    #expect(try warehouse.verify().isEmpty)
  }

  @Test("imported runs that were merged in stay as well")
  func merged() throws {
    try foreign(1, started: day(1))
    try bench.run(2, verdict: nil, started: day(2))
    let folder = try TemporaryFolder()
    let other = try Warehouse.create(at: folder.path)
    #expect(try other.merge(shard: bench.folder.path).isApplied)
    #expect(try other.testRuns().count == 2)
    #expect(try other.garbagePlan().isEmpty)
  }

  @Test("a run whose product another run has read stays, until that one is gone")
  func readProduct() throws {
    try bench.run(1, verdict: nil, started: day(1))
    try bench.run(2, verdict: nil, started: day(2))
    #expect(try warehouse.garbagePlan().candidates.map(\.analysis) == ["A1"])
    let digest = SHA256Digest(of: "1 master-bias CCD1").hexadecimal
    let reader = try bench.run(3, block: "CURIE", verdict: nil, started: day(1))
    try warehouse.writing {
      try $0.execute(
        sql: """
          INSERT INTO inputFile (testRun, role, path, size, sha256)
          VALUES (?, 'product', ?, 1, ?)
          """, arguments: [reader.id, bench.folder.path + "/" + bench.product(1), digest])
    }
    #expect(try warehouse.garbagePlan().isEmpty)
    try bench.run(4, block: "CURIE", verdict: nil, started: day(2))
    for name in ["A3", "A1"] {
      let removed = try warehouse.collectGarbage(try warehouse.garbagePlan())
      #expect(removed.candidates.map(\.analysis) == [name])
    }
    #expect(try warehouse.verify().isEmpty)
  }

  @Test("files that the journal of certifications or an input names are no leftovers")
  func namedFiles() throws {
    let run = try bench.run(1)
    try bench.certify(1, for: .always)
    let names = ["products/mask.fits", "products/other.fits", "products/stray.fits"]
    for name in names { try AtomicFile.write("x", to: warehouse.absolutePath(name)) }
    try warehouse.writing { database in
      for path in [warehouse.absolutePath(names[0]), names[1]] {
        try database.execute(
          sql: """
            INSERT INTO inputFile (testRun, role, path, size, sha256)
            VALUES (?, 'product', ?, 1, 'aa')
            """, arguments: [run.id, path])
      }
      // As after a product's row went by other means: its file is all that is left.
      try database.execute(
        sql: """
          INSERT INTO certificationEvent (collection, action, path, sha256, type, variant, camera,
            serial, block, detector, beginTAI, endTAI, forced, author, reason, time)
          SELECT collection, action, 'products/kept.fits', sha256, type, variant, camera, serial,
            block, detector, beginTAI, endTAI, forced, author, reason, time FROM certificationEvent
          """)
    }
    try AtomicFile.write("x", to: warehouse.absolutePath("products/kept.fits"))
    let plan = try warehouse.garbagePlan()
    #expect(plan.leftovers.map(\.path) == ["products/stray.fits"])
    #expect(try warehouse.collectGarbage(plan).leftovers.count == 1)
    let left = warehouse.productFiles().filter { !$0.contains("BORN") }
    #expect(left == ["products/kept.fits", "products/mask.fits", "products/other.fits"])
  }

  @Test("the database itself keeps certified products, whoever removes them")
  func trigger() throws {
    try bench.run(1)
    try bench.certify(1, for: .always)
    #expect(bench.refusal("DELETE FROM artifact") != nil)
    #expect(
      bench.refusal("PRAGMA foreign_keys = OFF; DELETE FROM artifact; DELETE FROM testRun") != nil)
    #expect(try warehouse.verify().isEmpty)
  }
}
