import Detector
import Diagnostics
import DurableFiles
import Foundation
import GRDB
import Testing

@testable import Warehouse

/// Files that a kill left: harmless, named, and collected; what somebody works on is left alone.
@Suite struct LeftoverTests {
  let folder: TemporaryFolder
  let warehouse: Warehouse

  init() throws {
    folder = try TemporaryFolder()
    warehouse = try Warehouse.create(at: folder.path)
    try fill(warehouse, 1)
  }

  @Test("a stray file and a dead process's temporary are harmless findings that gc removes")
  func strays() throws {
    let own = try warehouse.makeProductFolder(block: "BORN", test: "BIAS01", analysis: "gone")
    let temporary = "\(own)/\(AtomicFile.temporaryPrefix)999999999-1.fits"
    for path in ["\(own)/a.fits", temporary] {
      try Data("abc".utf8).write(to: URL(filePath: warehouse.absolutePath(path)))
    }
    let findings = try warehouse.verify()
    #expect(findings.map(\.place) == [temporary, "\(own)/a.fits"].sorted())
    #expect(!findings.contains { $0.kind.isDamage })
    let plan = try warehouse.garbagePlan()
    #expect(plan.leftovers.map(\.bytes) == [3, 3] && plan.bytes == 6)
    #expect(try warehouse.verify().count == 2)
    #expect(try warehouse.collectGarbage(plan).leftovers.count == 2)
    #expect(try warehouse.verify().isEmpty)
    // The folder that is empty now went as well; the product of a result did not.
    #expect(!FileManager.default.fileExists(atPath: warehouse.absolutePath(own)))
    #expect(warehouse.productFiles() == ["products/BORN/BIAS01/A1/a.json"])
  }

  @Test("what a living process works on is neither found nor removed; a dead one's is")
  func living() throws {
    for (number, isDead) in [(2, false), (3, true)] {
      var process = ProcessIdentity.current
      if isDead { process.boot = "another" }
      let analysis = try warehouse.beginAnalysis(.sample(number))
      _ = try warehouse.beginTestRun(.sample(), of: analysis, as: process)
      let own = try warehouse.makeProductFolder(
        block: "BORN", test: "BIAS01", analysis: analysis.name)
      try AtomicFile.write("x", to: warehouse.absolutePath(own + "/x"))
    }
    let temporary = "products/\(AtomicFile.temporaryPrefix)\(getpid())-1"
    try Data().write(to: URL(filePath: warehouse.absolutePath(temporary)))
    let dead = "products/BORN/BIAS01/FM20190323_193643_D11/x"
    #expect(try warehouse.verify().map(\.place) == [dead])
    #expect(try warehouse.garbagePlan().leftovers.map(\.path) == [dead])
  }

  @Test("a file that a run registered after the plan stays")
  func registeredSince() throws {
    let run = try warehouse.newRun(2)
    let own = try warehouse.makeProductFolder(block: "BORN", test: "BIAS01", analysis: "late")
    try AtomicFile.write("x", to: warehouse.absolutePath(own + "/x"))
    let plan = try warehouse.garbagePlan()
    #expect(plan.leftovers.count == 1)
    try warehouse.commit(
      SubtaskCommit(
        name: "s", ordinal: 0, seconds: 0,
        artifacts: [
          ArtifactRecord(
            role: "r", mediaType: "m", path: own + "/x", size: 1,
            sha256: SHA256Digest(of: "x").hexadecimal, title: "")
        ]), to: run)
    #expect(try warehouse.collectGarbage(plan).leftovers.isEmpty)
    #expect(try warehouse.verify().isEmpty)
  }

  @Test("gc does not follow links out of the warehouse")
  func links() throws {
    let outside = try TemporaryFolder()
    try AtomicFile.write("precious", to: outside.path + "/a")
    for (name, target) in [("folder", outside.path), ("file", outside.path + "/a")] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.path + "/products/" + name, withDestinationPath: target)
    }
    #expect(try warehouse.verify().map(\.place) == ["products/file", "products/folder"])
    _ = try warehouse.collectGarbage(try warehouse.garbagePlan())
    #expect(FileManager.default.fileExists(atPath: outside.path + "/a"))
    #expect(try warehouse.verify().isEmpty)
  }

  @Test("reports go only when asked for")
  func reports() throws {
    try AtomicFile.makeFolder(folder.path + "/reports/BORN/x")
    try AtomicFile.write("pdf", to: folder.path + "/reports/BORN/x/a.pdf")
    #expect(try warehouse.garbagePlan().isEmpty)
    let plan = try warehouse.garbagePlan(includingReports: true)
    #expect(plan.reports.map(\.path) == ["reports/BORN/x/a.pdf"])
    #expect(try warehouse.collectGarbage(plan).reports.count == 1)
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/reports/BORN"))
  }

  @Test("an analysis goes with its last run, unless its process may begin another")
  func analyses() throws {
    func run(_ number: Int, ended: RunStatus?, isDead: Bool = false, end: Bool) throws {
      var process = ProcessIdentity.current
      if isDead { process.boot = "another" }
      let analysis = try warehouse.beginAnalysis(.sample(number))
      let run = try warehouse.beginTestRun(
        .sample(block: "CURIE", started: "2019-03-0\(number)T00:00:00Z"), of: analysis, as: process)
      if let ended { try warehouse.finishTestRun(run, status: ended, time: testTime) }
      if end { try warehouse.finishAnalysis(analysis, status: ended ?? .failed, time: testTime) }
    }
    try run(2, ended: .finished, end: true)
    try run(3, ended: .failed, end: false)
    try run(4, ended: nil, isDead: true, end: false)
    try run(5, ended: .finished, end: true)
    #expect(try warehouse.collectGarbage(try warehouse.garbagePlan()).candidates.count == 3)
    #expect(
      try warehouse.analyses().map(\.key.name) == [
        "A1", AnalysisRecord.sample(3).name, AnalysisRecord.sample(5).name,
      ])
  }

  @Test("a merge waits for whoever holds the folder, and says so")
  func locked() throws {
    let path = folder.path
    let error = #expect(throws: WarehouseError.self) {
      try FileSystem.holdingLock(on: path) {
        try FileSystem.holdingLock(on: path, seconds: 0.05) {}
      }
    }
    #expect(error?.kind == .busy && error?.exitCode == .busy)
    try FileSystem.holdingLock(on: path, isShared: true) {
      try FileSystem.holdingLock(on: path, isShared: true, seconds: 0) {}
    }
  }

  @Test("a quick verify sees what is missing or shortened, a full one each changed byte")
  func depth() throws {
    let file = warehouse.absolutePath("products/BORN/BIAS01/A1/a.json")
    var bytes = try Data(contentsOf: URL(filePath: file))
    bytes[3] ^= 1
    try bytes.write(to: URL(filePath: file))
    #expect(try warehouse.verify(.quick).isEmpty)
    for threads in [1, 2, 16] {
      #expect(try warehouse.verify(threads: threads).map(\.kind) == [.product])
    }
    try bytes.dropLast().write(to: URL(filePath: file))
    #expect(try warehouse.verify(.quick).first?.text.contains("instead of") == true)
    try FileManager.default.removeItem(atPath: file)
    #expect(try warehouse.verify(.quick).first?.text.contains("missing") == true)
  }

  private struct Stop: Error {}

  @Test("operations end when their progress says so, and leave nothing behind")
  func stopped() throws {
    let target = try TemporaryFolder()
    #expect(throws: Stop.self) { try warehouse.verify { _, _, _ in throw Stop() } }
    #expect(throws: Stop.self) {
      try warehouse.backup(to: target.path + "/b") { _, _, _ in throw Stop() }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: target.path).isEmpty)
    let other = try Warehouse.create(at: target.path)
    #expect(throws: Stop.self) {
      try other.merge(shard: folder.path) { _, _, _ in throw Stop() }
    }
    #expect(try other.analyses().isEmpty)
  }

  @Test("a backup whose place is taken, or that another makes, is refused")
  func backupPlaces() throws {
    let target = try TemporaryFolder()
    try AtomicFile.write("x", to: target.path + "/file")
    for taken in [target.path, target.path + "/file"] {
      let error = #expect(throws: WarehouseError.self) { try warehouse.backup(to: taken) }
      #expect(error?.kind == .exists)
    }
    let partial = target.path + "/b" + Warehouse.partialSuffix
    try AtomicFile.makeFolder(partial + "/products")
    try AtomicFile.write("left", to: partial + "/products/left")
    let error = #expect(throws: WarehouseError.self) {
      try FileSystem.holdingLock(on: partial) { try warehouse.backup(to: target.path + "/b") }
    }
    #expect(error?.kind == .busy)
    #expect(try warehouse.backup(to: target.path + "/b/").products == 1)
    let copy = try Warehouse.open(at: target.path + "/b", mode: .reading)
    #expect(try copy.verify().isEmpty)
    #expect(!FileManager.default.fileExists(atPath: partial))
  }
}
