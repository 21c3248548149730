import Detector
import Testing
import Warehouse

@testable import Metatests

@Suite("Requirement")
struct RequirementTests {
  private let limits = Requirement(
    id: "R", kind: .dataQuality, title: "t", unit: .adu, lower: 0.86, upper: 1.44, digits: 3,
    source: "s")

  private func place(_ block: String, _ amplifier: String) -> ChannelPlace {
    ChannelPlace(block: block, detector: "CCD1", amplifier: amplifier)
  }

  private func result(_ values: [ChannelPlace: MeasuredValue], places: [ChannelPlace]? = nil)
    -> RequirementResult
  {
    RequirementResult(
      limits, test: "BIAS01", values: values, places: places ?? Array(values.keys),
      flight: ["BORN", "CURIE"]
    ) { _ in "no run" }
  }

  @Test(
    "a value passes above the lower limit and up to the upper one",
    arguments: [
      (0.86, false), (0.8601, true), (1.44, true), (1.4401, false), (.nan, false),
      (-.infinity, false), (.infinity, false),
    ])
  func limits(value: Double, passes: Bool) {
    #expect(limits.admits(value) == passes)
  }

  @Test("the margin is the distance to the nearest limit, negative outside")
  func margin() throws {
    #expect(abs(try #require(limits.margin(of: 1.4)) - 0.04) < 1e-12)
    #expect(abs(try #require(limits.margin(of: 0.9)) - 0.04) < 1e-12)
    #expect(abs(try #require(limits.margin(of: 1.5)) + 0.06) < 1e-12)
    #expect(MetaBias.electronLimit.margin(of: 4) == 0.5)
  }

  @Test("one failing quadrant of a flight block fails the whole")
  func failing() {
    let result = result([place("BORN", "E"): .value(1), place("BORN", "F"): .value(1.5)])
    #expect(result.verdict == .fail)
    #expect(result.failing == [place("BORN", "F")])
    #expect(result.counts(result.flightPlaces) == (1, 1, 0))
  }

  @Test("a failing spare block is told, but does not fail the focal plane")
  func spare() {
    let result = result([place("BORN", "E"): .value(1), place("MAX", "F"): .value(1.5)])
    #expect(result.verdict == .pass)
    #expect(result.failing == [place("MAX", "F")])
  }

  @Test("what was not measured is not tested: it neither passes nor fails")
  func untested() {
    let values: [ChannelPlace: MeasuredValue] = [
      place("BORN", "E"): .value(1), place("BORN", "F"): .missing(reason: "one frame"),
    ]
    let result = result(values, places: Array(values.keys) + [place("CURIE", "E")])
    #expect(result.verdict == .incomplete)
    #expect(result.counts(result.flightPlaces) == (1, 0, 2))
    #expect(result.reasons.map(\.reason) == ["no run", "one frame"])
    #expect(self.result([place("BORN", "E"): .missing(reason: "x")]).verdict == .notTested)
    #expect(self.result([:]).verdict == .notTested)
  }

  @Test("the worst are those with the smallest margins, in a fixed order")
  func worst() {
    let result = result([
      place("BORN", "E"): .value(1), place("BORN", "F"): .value(1.5),
      place("BORN", "G"): .value(0.87), place("CURIE", "E"): .value(1),
    ])
    #expect(
      result.worst(3).map(\.place) == [place("BORN", "F"), place("BORN", "G"), place("BORN", "E")])
    #expect(result.worst(9).count == 4)
  }

  @Test("electrons are gain times noise, with the uncertainties of both")
  func electrons() throws {
    let product = MeasuredValue.value(1.2, uncertainty: 0.012, count: 9).times(
      .value(3.5, uncertainty: 0.07))
    guard case .value(let value, let uncertainty, let count) = product else {
      Issue.record("no value")
      return
    }
    #expect(abs(value - 4.2) < 1e-12)
    let expected = ((3.5 * 0.012) * (3.5 * 0.012) + (1.2 * 0.07) * (1.2 * 0.07)).squareRoot()
    #expect(abs(try #require(uncertainty) - expected) < 1e-12)
    #expect(count == 9)
    #expect(
      MeasuredValue.value(1).times(.missing(reason: "no gain")) == .missing(reason: "no gain"))
    #expect(
      MeasuredValue.missing(reason: "dark").times(.value(2)) == .missing(reason: "dark"))
    #expect(MeasuredValue.value(1e200).times(.value(1e200)).number == nil)
    #expect(MeasuredValue.value(3).times(.value(2), power: 2) == .value(12))
    // d(x g^2) = 2 x g dg.
    #expect(
      MeasuredValue.value(3).times(.value(2, uncertainty: 0.1), power: 2)
        == .value(12, uncertainty: 2 * 3 * 2 * 0.1))
  }
}

@Suite("TimeStability")
struct TimeStabilityTests {
  private func record(_ channel: String, _ started: String, _ offset: Double, _ noise: Double)
    -> TimeStability.Record
  {
    TimeStability.Record(
      channel: channel, block: "B", detector: "CCD1", started: started, repetition: 1,
      offset: offset, noise: noise)
  }

  @Test("channels are repeated where their runs span more than ten whole days")
  func groups() throws {
    let stability = TimeStability([
      record("a", "2019-01-01T00:00:00Z", 100, 1.0), record("a", "2019-01-12T00:00:00Z", 104, 1.2),
      record("b", "2019-01-01T00:00:00Z", 100, 2.0), record("b", "2019-01-11T23:59:59Z", 102, 2.0),
      record("c", "2019-01-01T00:00:00Z", 100, 4.0),
    ])
    let repeated = try #require(stability.repeated)
    #expect((repeated.channels, repeated.records) == (1, 2))
    #expect(abs(repeated.meanNoise - 1.1) < 1e-12)
    // Population standard deviation of two values: half their difference.
    #expect(abs(repeated.offsetScatter - 2) < 1e-12)
    #expect(abs(repeated.noiseScatter - 0.1) < 1e-12)
    let single = try #require(stability.single)
    #expect((single.channels, single.records) == (2, 3))
    #expect(abs(single.meanNoise - 3) < 1e-12)
    #expect(abs(single.offsetScatter - 0.5) < 1e-12)
  }

  @Test("nothing measured gives no groups")
  func empty() {
    let stability = TimeStability([])
    #expect(stability.repeated == nil && stability.single == nil)
  }

  @Test(
    "the latest time is taken, whatever the order",
    arguments: [
      (["2019-03-23T19:36:47Z", "2018-01-01T00:00:00Z"], "2019-03-23T19:36:47Z"),
      (["2020-02-29T23:59:59Z"], "2020-02-29T23:59:59Z"), (["nonsense"], "1970-01-01T00:00:00Z"),
      ([], "1970-01-01T00:00:00Z"),
    ])
  func latest(times: [String], expected: String) {
    #expect(StartTime.latest(times).text == expected)
  }
}
