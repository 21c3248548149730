import DurableFiles
import Foundation
import GRDB
import Testing

@testable import Warehouse

@Suite struct CertificationTests {
  let bench: CertificationBench
  var warehouse: Warehouse { bench.warehouse }

  init() throws { bench = try CertificationBench() }

  private func kind(_ body: () throws -> Void) -> WarehouseError.Kind? {
    do {
      try body()
      return nil
    } catch let error as WarehouseError {
      return error.kind
    } catch {
      return .failed
    }
  }

  @Test("a certified product answers within its range, half-open to the nanosecond")
  func halfOpen() throws {
    try bench.run(1)
    try bench.certify(1, for: .nanoseconds(100, 200))
    #expect(try bench.answer(99) == "not-certified")
    #expect(try bench.answer(100) == "A1")
    #expect(try bench.answer(199) == "A1")
    #expect(try bench.answer(200) == "not-certified")
    #expect(try bench.answer(150, "CCD2") == "not-certified")
    #expect(try bench.answer(150, nil) == "not-certified")
    #expect(try bench.answer(150, block: "CURIE") == "not-certified")
  }

  @Test("open ends hold the greatest and the least instant")
  func open() throws {
    try bench.run(1)
    try bench.certify(1, for: .always)
    #expect(try bench.answer(.min) == "A1")
    #expect(try bench.answer(.max - 1) == "A1")
    #expect(try bench.answer(0) == "A1")
  }

  @Test("adjacent ranges are allowed; an overlap by one nanosecond names what is in its way")
  func overlaps() throws {
    try bench.run(1)
    try bench.run(2)
    try bench.certify(1, for: .nanoseconds(100, 200))
    try bench.certify(2, for: .nanoseconds(200, 300))
    try bench.certify(1, for: .nanoseconds(300, 400))
    try bench.certify(2, for: .nanoseconds(50, 100))
    let blocked: [(Int64, Int64)] = [
      (99, 101), (199, 200), (0, 51), (399, 500), (.min, .max), (100, 200),
    ]
    for range in blocked {
      let error = #expect(throws: WarehouseError.self) {
        try bench.certify(2, for: .nanoseconds(range.0, range.1))
      }
      #expect(error?.kind == .overlap)
      #expect(error?.problem.contains("products/BORN/BIAS01/A") == true)
      #expect(error?.problem.contains("[1969-12-31T23:59:50.") == true, "\(error?.problem ?? "")")
    }
    #expect(try warehouse.certifications().count == 4)
    // Another detector, variant, collection: no overlap.
    try bench.certify(2, "CCD2", for: .nanoseconds(100, 200))
    try bench.certify(2, for: .nanoseconds(100, 200), variant: "590 nm")
    try bench.certify(2, in: "d", for: .nanoseconds(100, 200))
    #expect(try warehouse.certifications(in: "c").count == 6)
    #expect(try bench.answer(150) == "A1")
    #expect(try bench.answer(150, in: "d") == "A2")
    #expect(try warehouse.verify().isEmpty)
  }

  @Test("several products are certified together or not at all")
  func allOrNothing() throws {
    try bench.run(1)
    try bench.run(2)
    try bench.certify(2, "CCD2", for: .nanoseconds(150, 160))
    let both = [bench.product(1), bench.product(1, "CCD2")]
    #expect(
      kind { try warehouse.certify(both, in: "c", for: .nanoseconds(100, 200), by: .sample) }
        == .overlap)
    #expect(try warehouse.certifications().count == 1)
    #expect(try warehouse.certificationEvents().count == 1)
    #expect(
      kind {
        try warehouse.certify(
          [bench.product(1), bench.product(1)], in: "new", for: .always, by: .sample)
      } == .overlap)
    #expect(try warehouse.collections().map(\.name) == ["c"])
    let stored = try warehouse.certify(both, in: "c", for: .nanoseconds(160, 200), by: .sample)
    #expect(stored.map(\.detector) == ["CCD1", "CCD2"])
    #expect(stored.allSatisfy { $0.decision == .sample && !$0.isForced && $0.verdict == .accepted })
  }

  @Test("products are named by path or digest; a digest of two products says so")
  func names() throws {
    try bench.run(1)
    let digest = SHA256Digest(of: "1 master-bias CCD1").hexadecimal
    let stored = try warehouse.certify(
      [String(digest.prefix(8)).uppercased()], in: "c", for: .always, by: .sample)
    #expect(stored.map(\.sha256) == [digest])
    try bench.run(2, content: "same")
    let same = SHA256Digest(of: "same").hexadecimal
    #expect(
      kind { try warehouse.certify([same], in: "d", for: .always, by: .sample) } == .ambiguous)
    for hostile in ["", "deadbeef", "%", "' OR 1=1 --", "products/../x", "a\0b"] {
      #expect(
        kind { try warehouse.certify([hostile], in: "d", for: .always, by: .sample) }
          == .noSuchRecord, "\(hostile)")
    }
    #expect(
      kind { try warehouse.certify([], in: "d", for: .always, by: .sample) } == .invalidRecord)
  }

  @Test("hostile names of collections, authors and variants are kept as they are")
  func hostile() throws {
    try bench.run(1)
    for name in [
      "'; DROP TABLE artifact", "a\0b", "=1+1", "\u{FFFE}0", String(repeating: "x", count: 1000),
    ] {
      let decision = CertificationDecision(author: name, reason: name, time: name)
      let stored = try warehouse.certify(
        [bench.product(1)], in: name, for: .always, variant: name, by: decision)
      #expect(stored.map(\.collection) == [name] && stored.map(\.data.variant) == [name])
      #expect(stored.map(\.decision) == [decision])
      try warehouse.chain("chain " + name.prefix(900), of: [name], by: decision)
    }
    for name in ["", "  ", String(repeating: "x", count: 1001)] {
      #expect(kind { try bench.certify(1, in: name, for: .always) } == .badCollection)
    }
    for (author, reason) in [("", "r"), ("a", ""), (" \n", "r")] {
      let decision = CertificationDecision(author: author, reason: reason, time: testTime)
      #expect(
        kind {
          try warehouse.certify([bench.product(1)], in: "z", for: .always, by: decision)
        } == .invalidRecord)
    }
    #expect(try warehouse.verify().isEmpty)
  }

  @Test("a changed or missing file is never certified, not even by force", arguments: 0..<3)
  func files(fault: Int) throws {
    try bench.run(1)
    let path = warehouse.absolutePath(bench.product(1))
    switch fault {
    case 0: try FileManager.default.removeItem(atPath: path)
    case 1: try Data("1 master-bias CCD9".utf8).write(to: URL(filePath: path))
    default: try Data("1".utf8).write(to: URL(filePath: path))
    }
    for forced in [false, true] {
      #expect(
        kind {
          try warehouse.certify(
            [bench.product(1, "CCD2"), bench.product(1)], in: "c", for: .always, by: .sample,
            forced: forced)
        } == .artifact)
    }
    #expect(try warehouse.certifications().isEmpty && warehouse.collections().isEmpty)
  }

  @Test(
    "a run that does not count is refused unless forced, and the force is kept",
    arguments: [
      (RunStatus?.some(.finished), VerdictRecord.State?.some(.rejected), "rejected"),
      (.finished, nil, "not accepted"), (.finished, .withdrawn, "not accepted"),
      (.failed, nil, "not finished"), (.interrupted, .accepted, "not finished"),
      (nil, nil, "not finished (running)"),
    ])
  func draft(_ status: RunStatus?, _ verdict: VerdictRecord.State?, _ text: String) throws {
    try bench.run(1, status: status, verdict: verdict)
    let error = #expect(throws: WarehouseError.self) { try bench.certify(1, for: .always) }
    #expect(error?.kind == .notCertifiable && error?.problem.contains(text) == true)
    #expect(error?.remedy?.contains("--force") == true)
    let stored = try warehouse.certify(
      [bench.product(1)], in: "c", for: .always, by: .sample, forced: true)
    #expect(stored.map(\.isForced) == [true])
    #expect(try warehouse.certificationEvents().map(\.isForced) == [true])
  }

  @Test("a device is its serial number where known: it keeps its products in another block")
  func devices() throws {
    try bench.run(1, serials: ["CCD1": "S1", "CCD2": "S2"])
    try bench.run(2, block: "CURIE", serials: ["CCD1": "S3"])
    try bench.certify(1, for: .nanoseconds(0, 100))
    try bench.certify(2, for: .nanoseconds(0, 100), block: "CURIE")
    // Two blocks' CCD1 do not collide, and each answers for itself.
    #expect(try bench.answer(5) == "A1")
    #expect(try bench.answer(5, block: "CURIE") == "A2")
    #expect(try bench.answer(5, block: nil, nil, serial: "S1") == "A1")
    #expect(try bench.answer(5, block: nil, nil, serial: "S9") == "not-certified")
    // The device of BORN CCD1 moves: it cannot have a second product then, but answers there.
    try bench.run(3, block: "DIRAC", serials: ["CCD1": "S1"])
    #expect(kind { try bench.certify(3, for: .nanoseconds(99, 200), block: "DIRAC") } == .overlap)
    #expect(try bench.answer(5, block: "DIRAC") == "A1")
    // Without a serial number a block's CCD1 is its own.
    try bench.run(4, block: "ERWIN")
    try bench.run(5, block: "FOWLER")
    try bench.certify(4, for: .always, block: "ERWIN")
    try bench.certify(5, for: .always, block: "FOWLER")
    #expect(try bench.answer(5, block: "FOWLER") == "A5")
    // Two serial numbers for one place: nobody guesses.
    try bench.run(6, serials: ["CCD1": "S7"])
    #expect(try bench.answer(5) == "ambiguous-device")
    #expect(try bench.answer(5, block: nil, nil, serial: "S1") == "A1")
  }

  @Test("a product of an unknown and one of the known serial number of a device are told apart")
  func ambiguous() throws {
    try bench.run(1)
    try bench.run(2, serials: ["CCD1": "S1"])
    try bench.certify(1, for: .nanoseconds(0, 100))
    try bench.certify(2, for: .nanoseconds(50, 200))
    #expect(try bench.answer(49) == "A1")
    #expect(try bench.answer(50) == "ambiguous-device")
    #expect(try bench.answer(100) == "A2")
  }

  @Test("a product that belongs to all detectors is asked for by block alone")
  func blockProducts() throws {
    try bench.run(1, serials: ["CCD1": "S1"])
    let path = "products/BORN/BIAS01/A1/summary.json"
    try warehouse.certify([path], in: "c", for: .always, by: .sample)
    let found = try warehouse.lookup(
      "summary", in: "c", device: DeviceFilter(block: "BORN"), at: TAIInstant(nanoseconds: 0))
    #expect(found.path == path && found.detector == nil && found.data.block == "BORN")
    #expect(
      kind {
        _ = try warehouse.lookup(
          "summary", in: "c", device: DeviceFilter(), at: TAIInstant(nanoseconds: 0))
      } == .invalidRecord)
  }

  @Test("what is not found names the ranges that there are")
  func notFound() throws {
    try bench.run(1)
    let range = try ValidityRange(begin: "2019-03-01", end: "2019-04-01")
    try bench.certify(1, for: range)
    let error = #expect(throws: WarehouseError.self) {
      try warehouse.lookup(
        "master-bias", in: "c", device: DeviceFilter(block: "BORN", detector: "CCD1"),
        at: try TAIInstant(utc: "2019-04-01"))
    }
    #expect(
      error?.problem == "no master-bias of BORN CCD1 is valid at 2019-04-01T00:00:00Z in 'c'; "
        + "there is [2019-03-01T00:00:00Z, 2019-04-01T00:00:00Z) in 'c'")
    #expect(kind { _ = try warehouse.searchOrder(of: "nothing") } == .noSuchCollection)
    try FileManager.default.removeItem(atPath: warehouse.absolutePath(bench.product(1)))
    #expect(try bench.answer(range.begin.nanoseconds) == "artifact-mismatch")
  }

  // MARK: - Taking out

  @Test(
    "decertifying leaves nothing, one or two parts, and the journal says what went",
    arguments: [
      (0, 300, [[Int64]]()), (100, 200, []), (100, 150, [[150, 200]]), (0, 101, [[101, 200]]),
      (199, 200, [[100, 199]]), (120, 130, [[100, 120], [130, 200]]),
    ] as [(Int64, Int64, [[Int64]])])
  func cuts(_ begin: Int64, _ end: Int64, _ left: [[Int64]]) throws {
    try bench.run(1)
    try bench.certify(1, for: .nanoseconds(100, 200))
    try bench.certify(1, "CCD2", for: .nanoseconds(100, 200))
    let decision = CertificationDecision(author: "b", reason: "light leak", time: testTime)
    let events = try warehouse.decertify(
      "master-bias", in: "c", for: .nanoseconds(begin, end),
      device: DeviceFilter(detector: "CCD1"), by: decision)
    let rest = try warehouse.certifications().filter { $0.detector == "CCD1" }
    #expect(
      rest.map { [$0.range.begin.nanoseconds, $0.range.end.nanoseconds] } == left)
    // What is left is still the first decision's.
    #expect(rest.allSatisfy { $0.decision == .sample })
    #expect(events.map(\.range) == [.nanoseconds(max(begin, 100), min(end, 200))])
    #expect(try warehouse.certificationEvents().last?.decision == decision)
    #expect(try bench.answer(150, "CCD2") == "A1")
    // Certified again over what went: as before.
    try bench.certify(1, for: events[0].range)
    #expect(try bench.answer(100) == "A1" && bench.answer(199) == "A1")
    #expect(try warehouse.verify().isEmpty)
  }

  @Test("a look-up of a misspelt type says what is certified")
  func misspelt() throws {
    try bench.run(1)
    try bench.certify(1, for: .nanoseconds(100, 200))
    do {
      _ = try warehouse.lookup(
        "master-bais", in: "c", device: DeviceFilter(block: "BORN", detector: "CCD1"),
        at: TAIInstant(nanoseconds: 150))
      Issue.record("found")
    } catch let error as WarehouseError {
      #expect(error.kind == .notCertified)
      #expect(error.problem.contains("no range at all; certified there: master-bias (BORN CCD1)"))
    }
  }

  @Test("decertifying what is not there is an error and changes nothing")
  func nothingToCut() throws {
    try bench.run(1)
    try bench.certify(1, for: .nanoseconds(100, 200))
    for range in [ValidityRange.nanoseconds(0, 100), .nanoseconds(200, 201)] {
      #expect(
        kind { try warehouse.decertify("master-bias", in: "c", for: range, by: .sample) }
          == .notCertified)
    }
    #expect(
      kind { try warehouse.decertify("other", in: "c", for: .always, by: .sample) }
        == .notCertified)
    #expect(
      kind { try warehouse.decertify("master-bias", in: "x", for: .always, by: .sample) }
        == .noSuchCollection)
    #expect(try warehouse.certificationEvents().count == 1)
  }

  @Test("no sequence leaves an overlap, and the table is what the journal and a plain model say")
  func property() throws {
    try bench.run(1)
    try bench.run(2, serials: ["CCD2": "S2"])
    var random = SplitMix(state: 20_190_323)
    // For each (detector, tick): which analysis is valid.
    var model: [String: [String?]] = [:]
    var counts = (certified: 0, refused: 0, cut: 0)
    for _ in 0..<400 {
      let number = 1 + random.below(2)
      let detector = "CCD\(1 + random.below(2))"
      let key = detector == "CCD2" && number == 2 ? "S2" : detector
      let begin = random.below(30)
      let end = begin + 1 + random.below(6)
      let range = ValidityRange.nanoseconds(Int64(begin), Int64(end))
      var line = model[key] ?? Array(repeating: nil, count: 40)
      if random.below(2) == 0 {
        let isFree = line[begin..<end].allSatisfy { $0 == nil }
        let refusal = kind { try bench.certify(number, detector, for: range) }
        #expect(refusal == (isFree ? nil : .overlap))
        if isFree { for tick in begin..<end { line[tick] = "A\(number)" } }
        if isFree { counts.certified += 1 } else { counts.refused += 1 }
      } else {
        let device =
          key == "S2" ? DeviceFilter(serial: "S2") : DeviceFilter(detector: key, serial: "")
        let isThere = line[begin..<end].contains { $0 != nil }
        let refusal = kind {
          try warehouse.decertify("master-bias", in: "c", for: range, device: device, by: .sample)
        }
        #expect(refusal == (isThere ? nil : refusal) && (refusal == nil) == isThere)
        if isThere { counts.cut += 1 }
        for tick in begin..<end { line[tick] = nil }
      }
      model[key] = line
    }
    #expect(counts.certified > 50 && counts.refused > 20 && counts.cut > 50)
    let overlaps = try warehouse.one(
      Int64.self,
      """
      SELECT count(*) FROM certification AS a JOIN certification AS b ON a.id < b.id
        AND a.collection = b.collection AND a.type = b.type AND a.camera = b.camera
        AND a.serial = b.serial AND a.block = b.block AND a.detector = b.detector
        AND a.beginTAI < b.endTAI AND b.beginTAI < a.endTAI
      """)
    #expect(overlaps == 0)
    var stored: [String: [String?]] = [:]
    for row in try warehouse.certifications() {
      let key = row.data.serial.isEmpty ? row.data.detector : row.data.serial
      var line = stored[key] ?? Array(repeating: nil, count: 40)
      for tick in row.range.begin.nanoseconds..<row.range.end.nanoseconds {
        line[Int(tick)] = row.analysis
      }
      stored[key] = line
    }
    for key in ["CCD1", "CCD2", "S2"] {
      let empty = [String?](repeating: nil, count: 40)
      #expect(stored[key] ?? empty == model[key] ?? empty)
    }
    #expect(try warehouse.reading { try CertificationTable.contradiction($0) } == nil)
    #expect(try warehouse.verify().isEmpty)
  }
}

/// SplitMix64 (Steele, Lea, Flood 2014), so that a failing sequence comes again.
struct SplitMix {
  var state: UInt64

  mutating func below(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(max(1, bound)))
  }
}
