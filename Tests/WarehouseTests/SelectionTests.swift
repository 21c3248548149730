import Detector
import GRDB
import Testing

@testable import Warehouse

@Suite struct SelectionTests {
  let folder: TemporaryFolder
  let warehouse: Warehouse

  init() throws {
    folder = try TemporaryFolder()
    warehouse = try Warehouse.create(at: folder.path)
  }

  private func finished(
    _ number: Int, block: String = "BORN", test: String = "BIAS01", day: Int, base: Double = 1,
    subtasks: [String] = ["s"]
  ) throws -> TestRunKey {
    let time = "2019-03-\(day < 10 ? "0" : "")\(day)T12:00:00Z"
    let run = try warehouse.newRun(number, .sample(block: block, test: test, started: time))
    for (ordinal, name) in subtasks.enumerated() {
      try warehouse.commit(
        SubtaskCommit(
          name: name, ordinal: ordinal, seconds: 0,
          measurements: ordinal == 0 ? readNoises(base: base) : []), to: run)
    }
    try warehouse.finishTestRun(run, status: .finished, time: time)
    return run
  }

  @Test("selection by subtask, by analysis, and as it was at an instant")
  func selected() throws {
    let first = try finished(1, day: 1, subtasks: ["s", "meta"])
    let second = try finished(2, day: 5)
    func chosen(having: String? = nil, asOf: String? = nil, analysis: String? = nil) throws
      -> [TestRunKey]
    {
      try warehouse.selectedTestRuns(
        test: "BIAS01", having: having, asOf: asOf, analysis: analysis
      ).map(\.run.key)
    }
    #expect(try chosen() == [second])
    #expect(try chosen(having: "meta") == [first])
    #expect(try chosen(having: "none").isEmpty)
    #expect(try chosen(asOf: "2019-03-04T00:00:00Z") == [first])
    #expect(try chosen(asOf: "2019-03-01T12:00:00Z") == [first])
    #expect(try chosen(asOf: "2019-03-01T11:59:59Z").isEmpty)
    #expect(try chosen(analysis: "FM20190323_193641_D11") == [first])
    // A verdict given on the 6th does not count on the 5th.
    try warehouse.add(
      VerdictRecord(state: .rejected, reason: "", author: "", time: "2019-03-06T00:00:00Z"),
      to: second)
    #expect(try chosen() == [first])
    #expect(try chosen(asOf: "2019-03-05T23:00:00Z") == [second])
    #expect(try chosen(asOf: "2019-03-06T00:00:00Z") == [first])
  }

  @Test("statistics of known numbers, by any dimension")
  func statistics() throws {
    _ = try finished(1, day: 1, base: 1)
    _ = try finished(2, block: "CURIE", day: 2, base: 11)
    let filter = ResultFilter(quantities: ["bias.*"])
    let all = try #require(
      try warehouse.statistics(matching: filter, by: [], percentiles: [0, 25, 100]).first)
    #expect(all.count == 24 && all.missing == 0 && all.group.isEmpty)
    #expect(all.minimum == 1 && all.maximum == 13.3)
    #expect(abs((all.mean ?? 0) - 7.15) < 1e-12)
    #expect(abs((all.median ?? 0) - 7.15) < 1e-12)
    #expect(all.percentiles.first == 1 && all.percentiles.last == 13.3)
    let blocks = try warehouse.statistics(matching: filter, by: [.detector, .block])
    #expect(
      blocks.map(\.group) == [
        ["CCD1", "BORN"], ["CCD1", "CURIE"], ["CCD2", "BORN"], ["CCD2", "CURIE"],
        ["CCD3", "BORN"], ["CCD3", "CURIE"],
      ])
    #expect(blocks.allSatisfy { $0.count == 4 })
    #expect(abs((blocks[3].mean ?? 0) - 12.15) < 1e-12)
    // 1, 1.1, 1.2, 1.3: sample deviation sqrt(0.05 / 3); the error of the mean of 4 is 0.01 / 2.
    #expect(abs((blocks[0].deviation ?? 0) - (0.05 / 3).squareRoot()) < 1e-12)
    #expect(abs((blocks[0].weightedUncertainty ?? 0) - 0.005) < 1e-15)
    #expect(abs((blocks[0].weightedMean ?? 0) - 1.15) < 1e-12)
    let one = try warehouse.statistics(
      matching: ResultFilter(quantities: ["bias.ron"]),
      by: [.run, .block, .detector, .amplifier, .obsid, .item])
    #expect(one.count == 24 && one.allSatisfy { $0.deviation == nil && $0.count == 1 })
    #expect(one[0].group == ["1", "BORN", "CCD1", "E", nil, nil])
  }

  @Test("the weighted mean leaves out what has no uncertainty; missing values are counted")
  func weights() throws {
    let run = try warehouse.newRun()
    let values: [MeasuredValue] = [
      .value(1, uncertainty: 1), .value(4, uncertainty: 2), .value(100), .missing(reason: "m"),
    ]
    try warehouse.commit(
      SubtaskCommit(
        name: "s", ordinal: 0, seconds: 0,
        measurements: values.enumerated().map {
          MeasurementRecord(quantity: .offset, obsid: $0, value: $1)
        }), to: run)
    let found = try #require(
      try warehouse.statistics(matching: ResultFilter(runs: [run]), by: []).first)
    #expect(found.count == 3 && found.missing == 1 && found.median == 4)
    #expect(abs((found.weightedMean ?? 0) - 1.6) < 1e-15)
    #expect(abs((found.weightedUncertainty ?? 0) - 0.8.squareRoot()) < 1e-15)
    #expect(try warehouse.statistics(matching: ResultFilter(), by: []).isEmpty)
  }

  @Test("filters: ObsIDs, places, times, sessions, verdicts and names with wildcards")
  func filters() throws {
    let run = try warehouse.newRun()
    try warehouse.commit(
      SubtaskCommit(
        name: "s", ordinal: 0, seconds: 0,
        measurements: (0..<100).map {
          MeasurementRecord(
            quantity: .offset, detector: detectors[$0 % 3], obsid: 1000 + $0, item: "i\($0 % 2)",
            value: .value(Double($0)))
        }), to: run)
    func count(_ change: (inout ResultFilter) -> Void) throws -> Int {
      var filter = ResultFilter()
      filter.statuses = []
      change(&filter)
      var count = 0
      try warehouse.forEachMeasurement(matching: filter) { _ in count += 1 }
      return count
    }
    #expect(try count { _ in } == 100)
    #expect(try count { $0.obsids = [1010...1019] } == 10)
    #expect(try count { $0.obsids = [5...6] } == 0)
    #expect(try count { $0.detectors = ["CCD1"] } == 34)
    #expect(try count { $0.detectors = ["CCD?"] } == 100)
    #expect(try count { $0.amplifiers = ["*"] } == 0)
    #expect(
      try count {
        $0.items = ["i1"]
        $0.obsids = [1000...1003]
      } == 2)
    #expect(
      try count {
        $0.tests = ["BIAS0*"]
        $0.blocks = ["B*N"]
      } == 100)
    #expect(try count { $0.tests = ["BIAS0"] } == 0)
    #expect(
      try count {
        $0.sessions = ["D1?"]
        $0.campaigns = ["flight"]
      } == 100)
    #expect(try count { $0.startedFrom = testTime } == 100)
    #expect(try count { $0.startedBefore = testTime } == 0)
    #expect(try count { $0.verdicts = [.accepted] } == 0)
    #expect(try count { $0.statuses = [.finished] } == 0)
    #expect(try count { $0.quantities = ["bias.ron"] } == 0)
    #expect(
      try count {
        $0.analyses = ["FM*"]
        $0.runs = [run, run]
      } == 100)
  }

  @Test(
    "patterns",
    arguments: [
      ("", "", true), ("", "*", true), ("a", "", false), ("abc", "a*c", true), ("abc", "a?c", true),
      ("abc", "?", false), ("aab", "*ab", true), ("abab", "a*b", true), ("a%", "a_", false),
      ("bias.ron", "*ron*", true), ("xyz", "x**z", true), ("xyz", "x*y", false),
    ])
  func patterns(name: String, pattern: String, matches: Bool) {
    #expect(NamePattern.matches(name, pattern) == matches)
  }

  @Test("a quantity's history goes by time, not by number")
  func history() throws {
    let late = try finished(1, day: 9, base: 5)
    let early = try finished(2, day: 3, base: 2)
    var filter = ResultFilter()
    filter.detectors = ["CCD2"]
    filter.amplifiers = ["F"]
    let points = try warehouse.history(of: "bias.ron", matching: filter)
    #expect(points.map(\.run) == [early, late])
    #expect(points.map(\.value.number) == [3.1, 6.1])
    #expect(points[0].block == "BORN" && points[0].started == "2019-03-03T12:00:00Z")
    #expect(try warehouse.history(of: "nothing").isEmpty)
  }

  @Test("differences: values, sigmas, what only one side has, partners")
  func differences() throws {
    let a = try finished(1, day: 1)
    let b = try warehouse.newRun(2, .sample(started: "2019-03-02T12:00:00Z"))
    var values = readNoises()
    values[3].value = .value(7.3, uncertainty: 0.04)
    values[5].value = .missing(reason: "masked")
    values.removeLast()
    values.append(MeasurementRecord(quantity: .offset, obsid: 7, value: .value(1)))
    try warehouse.commit(
      SubtaskCommit(name: "s", ordinal: 0, seconds: 0, measurements: values), to: b)
    let found = try warehouse.diff([a], [b])
    #expect(found.equal == 9)
    #expect(
      found.differences.map(\.quantity) == ["bias.offset"] + Array(repeating: "bias.ron", count: 3))
    let onlyRight = found.differences[0]
    #expect(onlyRight.left == nil && onlyRight.right == .value(1) && onlyRight.place.obsid == 7)
    let moved = found.differences[1]
    #expect(moved.place == ResultPlace(detector: "CCD1", amplifier: "H"))
    #expect(abs((moved.difference ?? 0) - 6) < 1e-12)
    let sigma = (0.01 * 0.01 + 0.04 * 0.04).squareRoot()
    #expect(abs((moved.sigma ?? 0) - sigma) < 1e-15)
    #expect(abs((moved.significance ?? 0) - 6 / sigma) < 1e-9)
    #expect(found.differences[2].right == .missing(reason: "masked"))
    #expect(found.differences[2].difference == nil && found.differences[2].sigma == nil)
    #expect(found.differences[3].right == nil && found.differences[3].left != nil)
    #expect(try warehouse.diff([a], [b], includingEqual: true).differences.count == 13)
    #expect(try warehouse.diff([a], [a]).differences.isEmpty)

    let other = try finished(3, block: "CURIE", day: 3)
    let sets = try warehouse.diff([a, other], [b])
    #expect(sets.onlyLeft == [other] && sets.onlyRight.isEmpty)
    #expect(sets.differences == found.differences)
    #expect(try warehouse.diff([a], [other]).equal == 12)
    #expect(try warehouse.diff([a, b], [b, other], pairing: [.test]).equal == 0 + 9)
  }

  @Test("no question of these scans the measurements")
  func plans() throws {
    let questions = [
      (MeasurementScan.query, 2), (Warehouse.selectionQuery, 6),
      ("SELECT * FROM measurement WHERE id BETWEEN 5 << 28 AND 6 << 28", 0),
    ]
    for (question, count) in questions {
      let plan = try warehouse.pool.read { database in
        try Row.fetchAll(
          database, sql: "EXPLAIN QUERY PLAN " + question,
          arguments: StatementArguments(Array(repeating: 1, count: count))
        ).map { $0["detail"] as String }
      }
      #expect(!plan.contains { $0.hasPrefix("SCAN") }, "\(plan)")
    }
  }
}
