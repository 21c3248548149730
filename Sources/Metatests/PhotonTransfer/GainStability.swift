import BlockTests
import Detector
import Reporting
import Warehouse

/// How the gain of a channel agrees between runs and sessions.
///
/// A channel is a detector's serial number and an amplifier, so that a detector keeps its history when it moves to another
/// block. Of several analyses of the same frames only the one that would stand for the block counts, as they share their
/// noise. Gains of tests at other conditions (wavelength, temperature, reset drain) differ: those of each test are divided
/// by the median, over the channels that have both, of their quotients to the first test's.
struct GainStability: Sendable, Equatable {
  /// The gain of a channel in one run.
  struct Record: Sendable, Equatable {
    let channel: String
    let place: ChannelPlace
    let test, session: String
    let run: Int64
    /// When the first flat was taken, seconds since 1970 UTC.
    let seconds: Double
    /// e-/ADU.
    let gain, uncertainty: Double
  }

  /// A record beside the weighted mean of its channel, the test's ratio removed.
  struct Departure: Sendable, Equatable {
    let record: Record
    /// (gain / ratio) / mean - 1, and the record's own error, both in percent.
    let percent, error: Double
  }

  /// A channel that was measured more than once.
  struct Channel: Sendable, Equatable {
    let name: String
    let place: ChannelPlace
    /// The weighted mean, of the first test's conditions [e-/ADU], with the error that its records have.
    let mean, uncertainty: Double
    /// Population standard deviation over mean [%].
    let scatter: Double
    /// Sum of ((gain / ratio - mean) / uncertainty)^2, and the records less one.
    let chiSquare: Double
    let freedom: Int
    let departures: [Departure]
  }

  /// What is compared: one test with itself, or all tests.
  struct Group: Sendable, Equatable {
    let name: String
    let channels: [Channel]
    /// By how much the first test's gains are multiplied to be those of each test.
    let ratios: [String: Double]

    /// The number of records.
    var records: Int { channels.reduce(0) { $0 + $1.departures.count } }
    /// The median of the channels' scatters [%].
    var scatter: Double? { ValueSummary(channels.map(\.scatter))?.median }
    /// The median of the records' own errors [%].
    var expected: Double? { ValueSummary(channels.flatMap { $0.departures.map(\.error) })?.median }
    /// Chi squared of constancy per degree of freedom; the ratios of tests are counted as fitted.
    var reducedChiSquare: Double? {
      let freedom = channels.reduce(0) { $0 + $1.freedom } - max(0, ratios.count - 1)
      return freedom > 0 ? channels.reduce(0) { $0 + $1.chiSquare } / Double(freedom) : nil
    }
  }

  /// All tests together, where more than one has records; then each test that was run more than once.
  let groups: [Group]

  /// Aggregates records; those of tests that are not named do not count.
  init(_ records: [Record], tests: [String]) {
    let known = tests.filter { test in records.contains { $0.test == test } }
    var groups: [Group] = []
    if known.count > 1 { groups.append(Self.group("all tests", records, known)) }
    for test in known { groups.append(Self.group(test, records, [test])) }
    self.groups = groups.filter { !$0.channels.isEmpty }
  }

  /// Reads all complete and finished runs of some tests, rejected ones left out.
  ///
  /// - Throws: `WarehouseError`.
  init(_ input: MetatestInput, tests: [String], camera: String) throws {
    var records: [Record] = []
    for test in tests {
      let candidates = try input.selector.candidates(test: test).filter { $0.run.camera == camera }
      let acquisitions = Dictionary(grouping: candidates) {
        [
          $0.run.block, $0.run.session,
          $0.run.obsids.map { "\($0.lowerBound) \($0.upperBound)" } ?? "",
        ]
      }
      let runs = acquisitions.values.compactMap {
        RunSelector.choice(among: $0, preferring: input.scope.analyses)?.run
      }.sorted { $0.key < $1.key }
      for run in runs { records += try Self.records(of: run, test: test, input.warehouse) }
    }
    self.init(records, tests: tests)
  }

  private static func records(
    of run: StoredTestRun, test: String, _ warehouse: Warehouse
  ) throws -> [Record] {
    let gains = try ChannelReader(
      warehouse, runs: [run], quantities: [PhotonTransferQuantities.gain], curves: []
    ).values(of: PhotonTransferQuantities.gain, item: nil)
    guard !gains.isEmpty else { return [] }
    let taken = try warehouse.exposures(of: run.key).compactMap { StartTime.seconds($0.time) }.min()
    guard let seconds = taken ?? StartTime.seconds(run.started) else { return [] }
    return gains.sorted { $0.key < $1.key }.compactMap { place, value in
      guard case .value(let gain, let error?, _) = value, gain > 0, error > 0 else { return nil }
      let serial = run.serials[place.detector] ?? ""
      let name = serial.isEmpty ? "\(place.block) \(place.detector)" : serial
      return Record(
        channel: "\(name)_\(place.amplifier)", place: place, test: test, session: run.session,
        run: run.key.id, seconds: seconds, gain: gain, uncertainty: error)
    }
  }

  // MARK: - Aggregation

  private static func group(_ name: String, _ all: [Record], _ tests: [String]) -> Group {
    let records = all.filter { tests.contains($0.test) }
    var byChannel: [String: [Record]] = [:]
    for record in records { byChannel[record.channel, default: []].append(record) }
    let ratios = ratios(byChannel, tests)
    let channels = byChannel.sorted { $0.key < $1.key }.compactMap { name, mine in
      channel(
        name, mine.filter { ratios[$0.test] != nil }.sorted { ($0.seconds, $0.run) < ($1.seconds, $1.run) },
        ratios)
    }
    return Group(name: name, channels: channels, ratios: ratios)
  }

  /// A test that shares no channel with the first one has no ratio.
  private static func ratios(
    _ byChannel: [String: [Record]], _ tests: [String]
  ) -> [String: Double] {
    guard let first = tests.first else { return [:] }
    var ratios = [first: 1.0]
    for test in tests.dropFirst() {
      let quotients = byChannel.sorted { $0.key < $1.key }.compactMap { _, records -> Double? in
        guard let a = mean(records.filter { $0.test == first }),
          let b = mean(records.filter { $0.test == test })
        else { return nil }
        return b.value / a.value
      }
      ratios[test] = ValueSummary(quotients)?.median
    }
    return ratios
  }

  /// The weighted mean and its error.
  private static func mean(
    _ records: [Record], _ ratios: [String: Double] = [:]
  ) -> (value: Double, uncertainty: Double)? {
    guard !records.isEmpty else { return nil }
    var (sum, weights) = (0.0, 0.0)
    for record in records {
      let ratio = ratios[record.test] ?? 1
      let weight = (ratio / record.uncertainty) * (ratio / record.uncertainty)
      sum += weight * record.gain / ratio
      weights += weight
    }
    return (sum / weights, 1 / weights.squareRoot())
  }

  private static func channel(
    _ name: String, _ records: [Record], _ ratios: [String: Double]
  ) -> Channel? {
    guard records.count > 1, let last = records.last, let mean = mean(records, ratios) else {
      return nil
    }
    var chiSquare = 0.0
    var departures: [Departure] = []
    for record in records {
      let ratio = ratios[record.test] ?? 1
      let difference = record.gain / ratio - mean.value
      let error = record.uncertainty / ratio
      chiSquare += (difference / error) * (difference / error)
      departures.append(
        Departure(
          record: record, percent: 100 * difference / mean.value, error: 100 * error / mean.value))
    }
    return Channel(
      name: name, place: last.place, mean: mean.value, uncertainty: mean.uncertainty,
      scatter: TimeStability.scatter(departures.map(\.percent)), chiSquare: chiSquare,
      freedom: records.count - 1, departures: departures)
  }
}
