import Detector
import Testing

@testable import Warehouse

/// Three runs of BORN and one of CURIE, on the slots of a design.
@Suite("Which measurements and runs a filter means")
struct AskingTests {
  let folder: TemporaryFolder
  let warehouse: Warehouse
  let first, second, iteration, curie: TestRunKey

  init() throws {
    folder = try TemporaryFolder()
    warehouse = try Warehouse.create(
      at: folder.path, design: "final",
      slots: [
        SlotAssignment(design: "final", block: "BORN", detector: "CCD1", slot: "C_11"),
        SlotAssignment(design: "final", block: "BORN", detector: "CCD2", slot: "C_12"),
        SlotAssignment(design: "final", block: "CURIE", detector: "CCD2", slot: "C_21"),
        SlotAssignment(design: "other", block: "CURIE", detector: "CCD1", slot: "C_11"),
      ])
    let store = warehouse
    func add(
      _ number: Int, _ block: String, _ test: String, day: String, base: Double,
      session: String = "D11", flag: String? = nil, step: String = "meta"
    ) throws -> TestRunKey {
      let time = "\(day)T12:00:00Z"
      var record = TestRunRecord.sample(block: block, test: test, session: session, started: time)
      record.exposures = [
        ExposureRecord(obsid: 1000 + number, detector: "CCD1", time: "2018-01-0\(number)T08:00:00Z"),
        ExposureRecord(obsid: 1100 + number, detector: "CCD1", time: "2018-01-0\(number)T20:00:00Z"),
      ]
      let run = try store.newRun(number, record)
      var commit = SubtaskCommit(
        name: step, ordinal: 0, seconds: 0,
        measurements: readNoises(base: base)
          + [1000 + number, 1100 + number].map {
            MeasurementRecord(
              quantity: .offset, detector: "CCD1", amplifier: "E", obsid: $0, item: "img",
              value: .value(base, uncertainty: 1))
          })
      if let flag { commit.flags = [FlagRecord(name: flag, severity: .warning, cause: "c")] }
      try store.commit(commit, to: run)
      try store.finishTestRun(run, status: .finished, time: "\(day)T13:00:00Z")
      return run
    }
    first = try add(1, "BORN", "BIAS01", day: "2019-03-01", base: 1, flag: "RON_OOL")
    second = try add(2, "BORN", "BIAS01", day: "2019-03-05", base: 2, session: "D12")
    iteration = try add(3, "BORN", "BIAS02.1", day: "2019-03-07", base: 3)
    curie = try add(4, "CURIE", "BIAS01", day: "2019-03-09", base: 4, flag: "POOR_QUALITY")
  }

  private func runs(_ change: (inout ResultFilter) -> Void) throws -> [TestRunKey] {
    var filter = ResultFilter()
    change(&filter)
    return try warehouse.testRunKeys(matching: filter)
  }

  private func count(_ change: (inout ResultFilter) -> Void) throws -> Int {
    var filter = ResultFilter()
    change(&filter)
    var count = 0
    try warehouse.forEachResult(matching: filter) { _ in count += 1 }
    return count
  }

  private func verdict(_ state: VerdictRecord.State, _ run: TestRunKey, _ day: String) throws {
    try warehouse.add(
      VerdictRecord(state: state, reason: "", author: "", time: "\(day)T00:00:00Z"), to: run)
  }

  // MARK: - Names

  @Test("names with wildcards, in the case in which they are stored")
  func names() throws {
    #expect(try runs { _ in } == [first, second, iteration, curie])
    #expect(try runs { $0.blocks = ["B*", "nothing"] } == [first, second, iteration])
    #expect(try runs { $0.blocks = ["born"] }.isEmpty)
    #expect(try runs { $0.sessions = ["D?2"] } == [second])
    #expect(try runs { $0.campaigns = ["fl*"] }.count == 4)
    #expect(try runs { $0.analyses = ["*_193644_*"] } == [curie])
  }

  @Test("a test's name means its iterations; an iteration's name only itself")
  func iterations() throws {
    #expect(try runs { $0.tests = ["BIAS02"] } == [iteration])
    #expect(try runs { $0.tests = ["BIAS02.1"] } == [iteration])
    #expect(try runs { $0.tests = ["BIAS02.2"] }.isEmpty)
    #expect(try runs { $0.tests = ["BIAS01"] } == [first, second, curie])
    #expect(TestName.base("BIAS02.1") == "BIAS02" && TestName.base("") == "")
  }

  @Test(
    "families by the names of tests",
    arguments: [
      ("BIAS01", "BIAS0X"), ("BIAS02.1", "BIAS0X"), ("PTC02_590", "PTC0X"), ("TP11", "TP1X"),
      ("DARKSIGNAL", "DARKSIGNAL"), ("", ""), ("1", "1"), ("Ä01", "Ä01"), ("A1", "AX"),
    ])
  func families(test: String, family: String) {
    #expect(TestName.family(test) == family)
  }

  @Test(
    "names that would be dangerous elsewhere match nothing, or just themselves",
    arguments: [
      "'; DROP TABLE testRun; --", "%", "_ORN", "BORN\0", "\u{FFFE}", "[A-Z]*", "../BORN", "\\*",
      String(repeating: "*a", count: 2000), String(repeating: "x", count: 1_000_000),
    ])
  func hostile(name: String) throws {
    #expect(
      try runs {
        $0.blocks = [name]
        $0.tests = [name]
        $0.sessions = [name]
        $0.flags = [name]
        $0.slots = [name]
      }.isEmpty)
    #expect(try count { $0.quantities = [name] } == 0)
    #expect(try count { $0.items = [name] } == 0)
    let run = try warehouse.newRun(
      9, .sample(block: name, test: name, session: name, started: "2019-04-01T00:00:00Z"))
    try warehouse.finishTestRun(run, status: .finished, time: "2019-04-01T00:00:00Z")
    #expect(try runs { $0.blocks = [name] }.contains(run))
    #expect(try runs { $0.tests = [name] }.contains(run))
    #expect(try warehouse.testRun(run).block == name)
  }

  // MARK: - Places

  @Test("slots are those of the warehouse's design, of the run's own block")
  func slots() throws {
    // CCD1 of BORN: 4 read noises and 2 offsets in each of three runs.
    #expect(try count { $0.slots = ["C_11"] } == 18)
    #expect(try count { $0.slots = ["C_2?"] } == 4)
    #expect(try count { $0.slots = ["C_*"] } == 3 * (8 + 2) + 4)
    #expect(try count { $0.slots = ["C_66"] } == 0)
    #expect(try runs { $0.slots = ["C_21"] } == [curie])
    #expect(
      try count {
        $0.slots = ["C_12"]
        $0.amplifiers = ["E"]
      } == 3)
    var slots: Set<String?> = []
    try warehouse.forEachResult(matching: ResultFilter(quantities: ["bias.ron"])) {
      slots.insert($0.slot)
    }
    #expect(slots == ["C_11", "C_12", "C_21", nil])
  }

  @Test("several ObsIDs and ranges")
  func exposures() throws {
    #expect(try count { $0.obsids = [1001...1002] } == 2)
    #expect(try count { $0.obsids = [1001...1001, 1104...1104] } == 2)
    #expect(try count { $0.obsids = [1001...1104] } == 8)
    #expect(try count { $0.obsids = [5...6, Int.max...Int.max] } == 0)
    #expect(try count { $0.obsids = [0...Int.max] } == 8)
  }

  @Test("data taken in a time: exposures in it, and what belongs to a run with one")
  func taken() throws {
    #expect(try runs { $0.exposedFrom = "2018-01-03T00:00:00Z" } == [iteration, curie])
    #expect(try runs { $0.exposedBefore = "2018-01-01T08:00:00Z" }.isEmpty)
    // In the morning of the 2nd: 12 read noises of the run, the offset of one exposure.
    #expect(
      try count {
        $0.exposedFrom = "2018-01-02T00:00:00Z"
        $0.exposedBefore = "2018-01-02T12:00:00Z"
      } == 13)
    #expect(
      try count {
        $0.exposedFrom = "2018-01-02T20:00:00Z"
        $0.exposedBefore = "2018-01-02T20:00:00.5Z"
        $0.quantities = ["bias.offset"]
      } == 1)
  }

  // MARK: - Runs

  @Test("when a run began")
  func started() throws {
    #expect(try runs { $0.startedFrom = "2019-03-05T12:00:00Z" } == [second, iteration, curie])
    #expect(try runs { $0.startedBefore = "2019-03-05T12:00:00Z" } == [first])
    #expect(try runs { $0.startedBefore = "2019-03-05T24:00:00Z" } == [first, second])
    #expect(try runs { $0.startedFrom = "2019-03-05T12:00:00.5Z" } == [iteration, curie])
  }

  @Test("flags by name")
  func flags() throws {
    #expect(try runs { $0.flags = ["RON_*"] } == [first])
    #expect(try runs { $0.flags = ["*"] } == [first, curie])
    #expect(try runs { $0.flags = ["ron_ool"] }.isEmpty)
  }

  @Test("verdicts, and runs without one")
  func verdicts() throws {
    try verdict(.accepted, first, "2019-04-01")
    try verdict(.rejected, second, "2019-04-01")
    try verdict(.accepted, curie, "2019-04-01")
    try verdict(.withdrawn, curie, "2019-04-02")
    #expect(try runs { $0.verdicts = [.accepted] } == [first])
    #expect(try runs { $0.undecided = true } == [iteration, curie])
    #expect(
      try runs {
        $0.undecided = true
        $0.verdicts = [.rejected]
      } == [second, iteration, curie])
    #expect(
      try runs {
        $0.verdicts = [.accepted]
        $0.asOf = "2019-04-01T12:00:00Z"
      } == [first, curie])
  }

  @Test("the run that stands for its block and test, among those that fit")
  func standing() throws {
    #expect(try runs { $0.selection = .standing } == [second, iteration, curie])
    #expect(
      try runs {
        $0.selection = .standing
        $0.sessions = ["D11"]
      } == [first, iteration, curie])
    try verdict(.accepted, first, "2019-04-01")
    #expect(try runs { $0.selection = .standing } == [first, iteration, curie])
    try verdict(.rejected, first, "2019-04-02")
    #expect(try runs { $0.selection = .standing } == [second, iteration, curie])
    // As it was: before the verdicts, between them, and before the second run had finished.
    func then(_ time: String) throws -> [TestRunKey] {
      try runs {
        $0.selection = .standing
        $0.asOf = time
      }
    }
    #expect(try then("2019-03-31T00:00:00Z") == [second, iteration, curie])
    #expect(try then("2019-04-01T00:00:00Z") == [first, iteration, curie])
    #expect(try then("2019-03-05T12:59:59Z") == [first])
    #expect(try then("2019-03-05T13:00:00Z") == [second])
    #expect(try then("2018-01-01T00:00:00Z").isEmpty)
  }

  @Test("an iteration counts as its test, and a run without the last step stands only alone")
  func standingSteps() throws {
    var record = TestRunRecord.sample(test: "BIAS02", started: "2019-03-08T12:00:00Z")
    record.exposures = []
    let checked = try warehouse.newRun(7, record)
    try warehouse.commit(SubtaskCommit(name: "check", ordinal: 0, seconds: 0), to: checked)
    try warehouse.finishTestRun(checked, status: .finished, time: "2019-03-08T13:00:00Z")
    func chosen() throws -> [TestRunKey] {
      try runs {
        $0.selection = .standing
        $0.tests = ["BIAS02"]
      }
    }
    #expect(try chosen() == [iteration])
    try verdict(.accepted, checked, "2019-04-01")
    #expect(try chosen() == [iteration])
    try verdict(.rejected, iteration, "2019-04-01")
    #expect(try chosen() == [checked])
  }

  @Test(
    "each family has its own last step: a later check alone does not stand for an analysis",
    arguments: [("FLAT01", "masterflat"), ("NL02", "NL"), ("FLATFLUX00_590", "flux"), ("PTC01", "meta")])
  func lastSteps(test: String, step: String) throws {
    func add(_ number: Int, _ step: String, _ day: String) throws -> TestRunKey {
      var record = TestRunRecord.sample(test: test, started: "\(day)T12:00:00Z")
      record.exposures = []
      let run = try warehouse.newRun(number, record)
      try warehouse.commit(SubtaskCommit(name: step, ordinal: 0, seconds: 0), to: run)
      try warehouse.finishTestRun(run, status: .finished, time: "\(day)T13:00:00Z")
      return run
    }
    let whole = try add(7, step, "2019-03-08")
    _ = try add(8, "check", "2019-03-09")
    #expect(
      try runs {
        $0.selection = .standing
        $0.tests = [test]
      } == [whole])
  }

  @Test("rows show the verdict of the instant asked for, not today's")
  func verdictThen() throws {
    try verdict(.accepted, first, "2019-04-01")
    try verdict(.rejected, first, "2019-04-03")
    func state(_ asOf: String?) throws -> VerdictRecord.State? {
      var filter = ResultFilter(quantities: ["bias.ron"], runs: [first])
      filter.asOf = asOf
      var states: Set<VerdictRecord.State?> = []
      try warehouse.forEachResult(matching: filter) { states.insert($0.run.verdict) }
      #expect(states.count == 1)
      #expect(try warehouse.testRuns(matching: filter).map(\.verdict) == Array(states))
      return states.first ?? nil
    }
    #expect(try state(nil) == .rejected)
    #expect(try state("2019-04-02T00:00:00Z") == .accepted)
    #expect(try state("2019-03-31T00:00:00Z") == nil)
    let selected = try warehouse.selectedTestRuns(test: "BIAS01", asOf: "2019-04-02T00:00:00Z")
    #expect(selected.map(\.run.verdict) == [.accepted, nil])
    #expect(selected.map(\.rule) == [.latestAccepted, .latestFinished])
  }

  // MARK: - Answers

  @Test("rows come by quantity, block, test, run and place")
  func order() throws {
    var rows: [String] = []
    var filter = ResultFilter(tests: ["BIAS01"])
    filter.detectors = ["CCD1"]
    filter.amplifiers = ["E", "F"]
    try warehouse.forEachResult(matching: filter) { row in
      let place = row.place
      rows.append(
        "\(row.quantity) \(row.run.block) \(row.run.key.id) \(place.amplifier ?? "-") "
          + "\(place.obsid ?? -1) \(row.unit)")
    }
    #expect(
      rows == [
        "bias.offset BORN 1 E 1001 adu", "bias.offset BORN 1 E 1101 adu",
        "bias.offset BORN 2 E 1002 adu", "bias.offset BORN 2 E 1102 adu",
        "bias.offset CURIE 4 E 1004 adu", "bias.offset CURIE 4 E 1104 adu",
        "bias.ron BORN 1 E -1 adu", "bias.ron BORN 1 F -1 adu", "bias.ron BORN 2 E -1 adu",
        "bias.ron BORN 2 F -1 adu", "bias.ron CURIE 4 E -1 adu", "bias.ron CURIE 4 F -1 adu",
      ])
  }

  @Test("statistics by slot, family, session and exposure")
  func dimensions() throws {
    let noise = ResultFilter(quantities: ["bias.ron"])
    let slots = try warehouse.statistics(matching: noise, by: [.slot])
    #expect(slots.map(\.group) == [[nil], ["C_11"], ["C_12"], ["C_21"]])
    #expect(slots.map(\.count) == [12 + 8, 12, 12, 4])
    // CCD1 of BORN in three runs: 1, 2 and 3 and four tenths more.
    #expect(abs((slots[1].mean ?? 0) - 2.15) < 1e-12)
    let both = try warehouse.statistics(matching: noise, by: [.slot, .block, .detector])
    #expect(both.first { $0.group == ["C_21", "CURIE", "CCD2"] }?.count == 4)
    #expect(both.first { $0.group == [nil, "CURIE", "CCD1"] }?.count == 4)
    let families = try warehouse.statistics(matching: noise, by: [.family, .session])
    #expect(families.map(\.group) == [["BIAS0X", "D11"], ["BIAS0X", "D12"]])
    #expect(families.map(\.count) == [36, 12])
    let offsets = try warehouse.statistics(
      matching: ResultFilter(quantities: ["bias.offset"]), by: [.obsid])
    #expect(offsets.map(\.count) == Array(repeating: 1, count: 8))
    #expect(offsets.first?.group == ["1001"] && offsets.first?.unit == "adu")
  }

  @Test("values of different units are never in one group")
  func units() throws {
    let run = try warehouse.newRun(8, .sample(started: "2019-05-01T00:00:00Z"))
    let count = Quantity("bias.count", unit: .count, per: [.detector], "Count.")
    try warehouse.commit(
      SubtaskCommit(
        name: "meta", ordinal: 0, seconds: 0,
        measurements: [
          MeasurementRecord(quantity: count, detector: "CCD1", value: .value(7)),
          MeasurementRecord(quantity: .readNoise, detector: "CCD1", value: .value(1)),
        ]), to: run)
    let found = try warehouse.statistics(matching: ResultFilter(runs: [run]), by: [.detector])
    #expect(found.map(\.group) == [["CCD1"], ["CCD1"]])
    #expect(found.map(\.unit) == ["adu", Unit.count.rawValue] && found.map(\.mean) == [1, 7])
    let names = try warehouse.quantities(matching: ResultFilter(runs: [run])).map(\.name)
    #expect(names == ["bias.count", "bias.ron"])
    #expect(try warehouse.quantities(matching: ResultFilter(runs: [first])).count == 2)
  }

  @Test("on what data, with which program, how long")
  func facts() throws {
    let facts = try warehouse.facts(of: first)
    #expect(
      facts
        == TestRunFacts(
          programVersion: "0.1.0", frames: 1, files: 1, bytes: 10, seconds: 0, checks: 0,
          failedChecks: 0))
    #expect(throws: WarehouseError.self) { try warehouse.facts(of: TestRunKey(id: 99)) }
  }
}
