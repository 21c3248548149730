import Detector
import DurableFiles
import Foundation
import GRDB
import Testing

@testable import Warehouse

@Suite struct StorageTests {
  let folder: TemporaryFolder
  let warehouse: Warehouse

  init() throws {
    folder = try TemporaryFolder()
    warehouse = try Warehouse.create(at: folder.path)
  }

  @Test("the writer flushes fully, checks foreign keys and uses the log")
  func pragmas() throws {
    let found = try warehouse.pool.write { database in
      try ["synchronous", "foreign_keys", "journal_mode"].map {
        try String.fetchOne(database, sql: "PRAGMA \($0)")
      }
    }
    #expect(found == ["2", "1", "wal"])
    let again = try Warehouse.open(at: folder.path, mode: .writing)
    #expect(try again.pool.write { try Int.fetchOne($0, sql: "PRAGMA synchronous") } == 2)
  }

  @Test("all of a subtask comes back as it was given")
  func roundTrip() throws {
    let run = try warehouse.newRun()
    let relative = try warehouse.makeProductFolder(block: "BORN", test: "BIAS01", analysis: "a")
    let path = relative + "/master.fits"
    try AtomicFile.write("hello", to: warehouse.absolutePath(path))
    let artifact = ArtifactRecord(
      role: "master-bias", mediaType: "application/fits", path: path, size: 5,
      sha256: SHA256Digest(of: "hello").hexadecimal, title: "Master bias", detector: "CCD1")
    let curve = CurveRecord(
      name: "bias.profile", place: ResultPlace(detector: "CCD1", amplifier: "E", obsid: 0),
      xUnit: .pixel, yUnit: .adu, x: [1, 2, -0.0], y: [3.5, .leastNonzeroMagnitude, 1e308],
      uncertainty: [0.1, 0.2, 0.3])
    let flag = FlagRecord(name: "RON_OOL", severity: .warning, cause: "too high")
    try warehouse.commit(
      SubtaskCommit(
        name: "basic", ordinal: 2, seconds: 1.5,
        measurements: readNoises() + [
          MeasurementRecord(
            quantity: .offset, detector: "CCD1", amplifier: "E", obsid: 1000, item: "prescan",
            value: .missing(reason: "all masked"))
        ], curves: [curve], artifacts: [artifact],
        checks: [
          CheckRecord(
            name: "RON", quantity: .readNoise, place: ResultPlace(detector: "CCD1"), value: 4.5,
            lower: nil, upper: 4, passed: false, text: "high")
        ], flags: [flag], log: ["one", "two"]), to: run)

    let all = try warehouse.measurements(in: [run])
    #expect(all.count == 13)
    #expect(all[0].value == .missing(reason: "all masked"))
    #expect(
      all[0].place
        == ResultPlace(detector: "CCD1", amplifier: "E", obsid: 1000, item: "prescan"))
    #expect(all[1].value == .value(1, uncertainty: 0.01, count: 100))
    #expect(try warehouse.curves("bias.profile", in: run) == [curve])
    #expect(try warehouse.curves(in: run).first?.x[2].sign == .minus)
    #expect(try warehouse.curves("other", in: run).isEmpty)
    #expect(try warehouse.artifacts(of: run, role: "master-bias") == [artifact])
    #expect(try warehouse.artifacts(of: run, role: "x").isEmpty)
    #expect(try warehouse.flags(of: run) == [StoredFlag(subtask: "basic", flag: flag)])
    let check = try #require(try warehouse.checks(of: run).first)
    #expect(check.quantity == "bias.ron" && check.upper == 4 && check.lower == nil)
    #expect(!check.passed && check.place.detector == "CCD1")
    let subtask = try #require(try warehouse.subtasks(of: run).first)
    #expect(subtask.log == ["one", "two"] && subtask.seconds == 1.5 && subtask.ordinal == 2)
    #expect(try warehouse.inputs(of: run) == TestRunRecord.sample().inputs)
    #expect(try warehouse.exposures(of: run) == TestRunRecord.sample().exposures)
    #expect(try warehouse.analyses().map(\.record) == [.sample()])
    #expect(try warehouse.testRun(run).serials == ["CCD1": "14313-17-01"])
    #expect(try warehouse.quantities().map(\.name) == ["bias.offset", "bias.ron"])
    #expect(try warehouse.verify().isEmpty)
  }

  @Test(
    "subnormal, small and greatest values keep every bit",
    arguments: [
      .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 1.7976931348623157e308, 0.1,
      9_223_372_036_854_775_808,
    ])
  func exactBits(value: Double) throws {
    let run = try warehouse.newRun()
    try warehouse.commit(
      SubtaskCommit(
        name: "s", ordinal: 0, seconds: 0,
        measurements: [MeasurementRecord(quantity: .readNoise, value: .value(value))]), to: run)
    let back = try warehouse.measurements(of: .readNoise, in: [run]).first?.value.number
    #expect(back?.bitPattern == value.bitPattern)
  }

  /// SQLite stores a REAL without a fraction as an integer, which has no negative zero.
  @Test("negative zero comes back as an equal zero")
  func negativeZero() throws {
    let run = try warehouse.newRun()
    try warehouse.commit(
      SubtaskCommit(
        name: "s", ordinal: 0, seconds: 0,
        measurements: [MeasurementRecord(quantity: .readNoise, value: .value(-0.0))]), to: run)
    #expect(try warehouse.measurements(of: .readNoise, in: [run]).first?.value.number == 0)
  }

  @Test(
    "NaN and infinities are refused, and nothing of the subtask is stored",
    arguments: [Double.nan, .infinity, -.infinity])
  func notFinite(value: Double) throws {
    let run = try warehouse.newRun()
    let bad: [SubtaskCommit] = [
      SubtaskCommit(
        name: "s", ordinal: 0, seconds: 0,
        measurements: readNoises() + [
          MeasurementRecord(quantity: .offset, value: .value(value))
        ]),
      SubtaskCommit(
        name: "s", ordinal: 0, seconds: 0,
        measurements: [MeasurementRecord(quantity: .offset, value: .value(1, uncertainty: value))]
      ),
      SubtaskCommit(
        name: "s", ordinal: 0, seconds: 0,
        curves: [CurveRecord(name: "c", xUnit: .none, yUnit: .none, x: [1], y: [value])]),
      SubtaskCommit(
        name: "s", ordinal: 0, seconds: 0,
        checks: [CheckRecord(name: "c", value: value, passed: false)]),
      SubtaskCommit(name: "s", ordinal: 0, seconds: value),
    ]
    for subtask in bad {
      let error = #expect(throws: WarehouseError.self) { try warehouse.commit(subtask, to: run) }
      #expect(error?.kind == .notFinite)
    }
    #expect(try warehouse.subtasks(of: run).isEmpty)
    #expect(try warehouse.measurements(in: [run]).isEmpty)
  }

  @Test("the database itself refuses a row without value and reason")
  func valueOrReason() throws {
    let run = try warehouse.newRun()
    try warehouse.commit(
      SubtaskCommit(name: "s", ordinal: 0, seconds: 0, measurements: readNoises()), to: run)
    #expect(throws: DatabaseError.self) {
      try warehouse.pool.write {
        try $0.execute(sql: "UPDATE measurement SET value = NULL, uncertainty = NULL")
      }
    }
  }

  @Test(
    "hostile names come back equal and change nothing else",
    arguments: [
      "'; DROP TABLE measurement; --", "\"", "a\0b", "\0", "\u{FFFE}0", "../../etc/passwd", "%_",
      "=cmd|' /C calc'!A0", "\u{202E}abc", "\\input{x}", String(repeating: "x", count: 1 << 20),
    ])
  func hostileNames(name: String) throws {
    var record = TestRunRecord.sample(block: name, test: name, session: name)
    record.serials = [name: name]
    record.dayFolders = [name]
    record.exposures[0].commanded = [name: name]
    record.inputs[0].path = name
    let before = try warehouse.one(Int64.self, "SELECT count(*) FROM sqlite_schema")
    let run = try warehouse.newRun(1, record)
    let quantity = Quantity(name, unit: .adu, per: [], name)
    try warehouse.commit(
      SubtaskCommit(
        name: name, ordinal: 0, seconds: 0,
        measurements: [
          MeasurementRecord(
            quantity: quantity, detector: name, amplifier: name, item: name,
            value: .missing(reason: name))
        ], log: [name]), to: run)
    try warehouse.add(
      VerdictRecord(state: .accepted, reason: name, author: name, time: testTime), to: run)
    let back = try warehouse.measurements(of: quantity, in: [run], detector: name)
    #expect(back.map(\.quantity) == [name])
    #expect(back.first?.place == ResultPlace(detector: name, amplifier: name, item: name))
    #expect(back.first?.value == .missing(reason: name))
    let stored = try #require(try warehouse.testRuns(block: name, test: name).first)
    #expect(stored.serials == [name: name] && stored.dayFolders == [name])
    #expect(try warehouse.verdicts(on: run).first?.reason == name)
    #expect(try warehouse.exposures(of: run).first?.commanded == [name: name])
    #expect(try warehouse.inputs(of: run).first?.path == name)
    #expect(try warehouse.subtasks(of: run).first?.log == [name])
    #expect(try warehouse.one(Int64.self, "SELECT count(*) FROM sqlite_schema") == before)
    let products = try warehouse.makeProductFolder(block: name, test: name, analysis: name)
    #expect(SafeName.staysBelow(products) && products.split(separator: "/").count == 4)
  }
}
