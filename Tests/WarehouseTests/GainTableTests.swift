import Detector
import Testing

@testable import Warehouse

@Suite("ADU in electrons")
struct GainTableTests {
  let folder: TemporaryFolder
  let warehouse: Warehouse

  init() throws {
    folder = try TemporaryFolder()
    warehouse = try Warehouse.create(at: folder.path)
  }

  private static let gain = Quantity(
    "ptc.gain", unit: .electronPerADU, per: [.detector, .amplifier], "Gain.")
  private static let variance = Quantity(
    "ptc.pair.variance", unit: .aduSquared, per: [.detector, .amplifier], "Variance.")
  private static let temperature = Quantity(
    "hk.t", unit: .degreeCelsius, per: [.detector], "Temperature.")

  /// A photon-transfer run with a gain for E of CCD1, a reason for F, and a negative gain for G.
  @discardableResult
  private func photonTransfer(
    _ number: Int, block: String = "BORN", gain: Double, day: Int, step: String = "meta"
  ) throws -> TestRunKey {
    let time = "2019-03-0\(day)T12:00:00Z"
    let run = try warehouse.newRun(number, .sample(block: block, test: "PTC01", started: time))
    try warehouse.commit(
      SubtaskCommit(
        name: step, ordinal: 1, seconds: 0,
        measurements: [
          MeasurementRecord(
            quantity: Self.gain, detector: "CCD1", amplifier: "E",
            value: .value(gain, uncertainty: 0.01, count: 30)),
          MeasurementRecord(
            quantity: Self.gain, detector: "CCD1", amplifier: "F",
            value: .missing(reason: "the fit does not converge")),
          MeasurementRecord(
            quantity: Self.gain, detector: "CCD1", amplifier: "G", value: .value(-1)),
        ]), to: run)
    try warehouse.finishTestRun(run, status: .finished, time: time)
    return run
  }

  private func bias(_ measurements: [MeasurementRecord]) throws {
    let run = try warehouse.newRun(9)
    try warehouse.commit(
      SubtaskCommit(name: "meta", ordinal: 1, seconds: 0, measurements: measurements), to: run)
    try warehouse.finishTestRun(run, status: .finished, time: testTime)
  }

  private func rows(_ quantity: String) throws -> [(row: ResultRow, gains: StandingGains?)] {
    let gains = try warehouse.gains()
    var rows: [ResultRow] = []
    try warehouse.forEachResult(matching: ResultFilter(quantities: [quantity])) { rows.append($0) }
    return rows.map(gains.inElectrons)
  }

  @Test("Value and uncertainty are multiplied, the uncertainties of both are added, and the run is named")
  func product() throws {
    let run = try photonTransfer(1, gain: 3.5, day: 1)
    try bias(readNoises())
    let found = try rows("bias.ron")
    let first = try #require(
      found.first { $0.row.place.detector == "CCD1" && $0.row.place.amplifier == "E" })
    #expect(first.row.unit == "electron" && first.gains?.run?.key == run)
    guard case .value(let value, let error?, let count) = first.row.value else {
      Issue.record("\(first.row.value)")
      return
    }
    #expect(abs(value - 3.5) < 1e-12 && count == 100)
    // sigma^2 = (3.5 * 0.01)^2 + (1 * 0.01)^2.
    #expect(abs(error - (0.035 * 0.035 + 0.01 * 0.01).squareRoot()) < 1e-12)
    func reason(_ detector: String, _ amplifier: String) -> String? {
      found.first { $0.row.place.detector == detector && $0.row.place.amplifier == amplifier }
        .flatMap { if case .missing(let reason) = $0.row.value { reason } else { nil } }
    }
    #expect(
      reason("CCD1", "F")?.hasPrefix("not measurable: no gain: the fit does not converge") == true)
    #expect(reason("CCD1", "G")?.contains("not positive") == true)
    #expect(reason("CCD2", "E")?.contains("has none of CCD2 E") == true)
  }

  @Test("Squares take the gain twice; units without ADU stay as they are")
  func units() throws {
    try photonTransfer(1, gain: 2, day: 1)
    try bias([
      MeasurementRecord(
        quantity: Self.variance, detector: "CCD1", amplifier: "E",
        value: .value(100, uncertainty: 3, count: 5)),
      MeasurementRecord(quantity: Self.temperature, detector: "CCD1", value: .value(-120)),
    ])
    let square = try #require(try rows("ptc.pair.variance").first)
    #expect(square.row.unit == "electron**2")
    guard case .value(let value, let error?, _) = square.row.value else {
      Issue.record("\(square.row.value)")
      return
    }
    // 100 * 4; sigma^2 = (3 * 4)^2 + (2 * 100 * 2 * 0.01)^2.
    #expect(value == 400 && abs(error - (144.0 + 16).squareRoot()) < 1e-9)
    let same = try #require(try rows("hk.t").first)
    #expect(same.row.unit == "deg_C" && same.row.value == .value(-120) && same.gains == nil)
  }

  @Test("Without a PTC01 nothing is in electrons, and each value says so")
  func none() throws {
    try bias(readNoises())
    let found = try rows("bias.ron")
    #expect(found.count == 12)
    #expect(
      found.allSatisfy {
        $0.row.value
          == .missing(
            reason: "not measurable: no gain: no finished PTC01 of block BORN in the warehouse")
      })
    #expect(try warehouse.gains().sources.isEmpty)
  }

  @Test("The accepted run counts, else the latest whose curves were fitted; blocks do not mix")
  func choice() throws {
    let first = try photonTransfer(1, gain: 3, day: 1)
    let second = try photonTransfer(2, gain: 4, day: 2)
    try photonTransfer(3, gain: 9, day: 3, step: "check")
    try photonTransfer(4, block: "CURIE", gain: 5, day: 4)
    func gain(asOf: String? = nil) throws -> Double? {
      try warehouse.gains(ofBlock: "BORN", asOf: asOf).gain("CCD1", "E").number
    }
    #expect(try gain() == 4)
    #expect(try warehouse.gains(ofBlock: "BORN").run?.key == second)
    #expect(try gain(asOf: "2019-03-01T13:00:00Z") == 3)
    try warehouse.add(
      VerdictRecord(state: .accepted, reason: "", author: "", time: "2019-03-06T00:00:00Z"),
      to: first)
    #expect(try gain() == 3)
    #expect(try warehouse.gains(ofBlock: "BORN").source.hasSuffix("latest accepted"))
    let table = try warehouse.gains()
    #expect(table.gains(campaign: "flight", block: "CURIE").gain("CCD1", "E").number == 5)
    #expect(table.gains(campaign: "other", block: "CURIE").gain("CCD1", "E").number == nil)
    #expect(table.sources.count == 2)
  }

  @Test("Statistics in electrons are those of the converted values")
  func statistics() throws {
    try photonTransfer(1, gain: 3.5, day: 1)
    try bias(readNoises())
    let filter = ResultFilter(quantities: ["bias.ron"])
    let groups = try warehouse.statistics(
      matching: filter, by: [.detector], inElectrons: try warehouse.gains())
    #expect(groups.map(\.group) == [["CCD1"], ["CCD2"], ["CCD3"]])
    #expect(groups.map(\.unit) == ["electron", "electron", "electron"])
    #expect(groups.map(\.count) == [1, 0, 0] && groups.map(\.missing) == [3, 4, 4])
    #expect(groups[0].mean == 3.5)
  }
}
