import Detector
import DurableFiles
import Foundation
import Testing

@testable import Warehouse

/// Names and numbers that break other programs, through storing, merging, copying and asking.
@Suite struct HostileRoundTripTests {
  static let names = [
    "'; DROP TABLE measurement; --", "=cmd|' /C calc'!A0", "@SUM(1)", "../../etc/passwd", "a\0b",
    "\\input{/etc/hostname}%$&#_{}~^", "\u{202E}txt.exe", "\u{FFFE}0", "\n\r\t\u{1B}[2J", "",
    "e\u{301}", "\u{E9}", "%_*?[", "NULL", "nan", String(repeating: "ä", count: 20_000),
  ]

  /// A megabyte; for a reason, since a name of that size makes each question slow.
  static let long = String(repeating: "ä", count: 500_000)

  /// Each a finite Double, or none is stored.
  static let numbers: [Double] = [
    .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude,
    .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0x1p63, -0x1p63, 0x1p53 + 2, 0.1 + 0.2,
    -1.5, 0,
  ]

  @Test("all come back equal, bit by bit, and stay within the folder")
  func roundTrip() throws {
    let source = try TemporaryFolder()
    let shard = try Warehouse.create(at: source.path)
    for (number, name) in HostileRoundTripTests.names.enumerated() {
      let reason = name.isEmpty ? HostileRoundTripTests.long : name
      var record = AnalysisRecord.sample(number)
      record.name = "A\(number)\(name)"
      record.operatorName = name
      let analysis = try shard.beginAnalysis(record)
      let run = try shard.beginTestRun(
        .sample(block: name, test: name, session: name), of: analysis)
      let path =
        try shard.makeProductFolder(block: name, test: name, analysis: record.name) + "/a"
      try AtomicFile.write("x", to: shard.absolutePath(path))
      try shard.commit(
        SubtaskCommit(
          name: name, ordinal: 0, seconds: 0,
          measurements: HostileRoundTripTests.numbers.enumerated().map {
            MeasurementRecord(
              quantity: .offset, detector: name.isEmpty ? nil : name, obsid: $0.offset,
              item: name.isEmpty ? nil : name,
              value: .value($0.element))
          } + [MeasurementRecord(quantity: .offset, obsid: .max, value: .missing(reason: reason))],
          artifacts: [
            ArtifactRecord(
              role: name, mediaType: name, path: path, size: 1,
              sha256: SHA256Digest(of: "x").hexadecimal, title: name)
          ], flags: [FlagRecord(name: name, severity: .note, cause: name)], log: [name]), to: run)
      try shard.finishTestRun(run, status: .finished, time: testTime)
      try shard.add(
        VerdictRecord(state: .accepted, reason: name, author: name, time: testTime), to: run)
      try shard.finishAnalysis(analysis, status: .finished, time: testTime)
    }
    let question = """
      SELECT analysis, block, test, session, ccd, item, obsid, value, reason, verdict FROM results
      ORDER BY 1, 7
      """
    let original = try shard.readOnlySQL(question).rows
    let numbers = HostileRoundTripTests.numbers
    #expect(original.count == HostileRoundTripTests.names.count * (numbers.count + 1))
    for (index, number) in numbers.enumerated() {
      let stored = original.filter { $0[6] == .integer(Int64(index)) }.map { $0[7] }
      #expect(stored == Array(repeating: .real(number), count: HostileRoundTripTests.names.count))
    }
    let blocks = Set(original.map { $0[1] })
    #expect(blocks == Set(HostileRoundTripTests.names.map(SQLValue.text)))

    let target = try TemporaryFolder()
    let merged = try Warehouse.create(at: target.path + "/merged")
    #expect(try merged.merge(shard: source.path).isApplied)
    #expect(try merged.readOnlySQL(question).rows == original)
    #expect(try merged.merge(shard: source.path).present.count == HostileRoundTripTests.names.count)
    try merged.backup(to: target.path + "/copy")
    let copy = try Warehouse.open(at: target.path + "/copy", mode: .reading)
    #expect(try copy.readOnlySQL(question).rows == original)
    for warehouse in [shard, merged, copy] { #expect(try warehouse.verify().isEmpty) }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: target.path).sorted()
        == ["copy", "merged"])
  }
}
