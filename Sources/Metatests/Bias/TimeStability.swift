import BlockTests
import Detector
import Foundation
import Reporting
import Warehouse

/// How offsets and read-out noise of a channel differ between runs, after the reference's recipe.
///
/// A channel is a detector's serial number and an amplifier, so that a detector keeps its history
/// when it moves to another block. A channel is *repeated* where its runs span more than ten whole
/// days. Scatters are population standard deviations of a channel's runs, then averaged over the
/// channels.
struct TimeStability: Sendable, Equatable {
  struct Record: Sendable, Equatable {
    let channel, block, detector, started: String
    let repetition: Int
    let offset, noise: Double
  }

  struct Group: Sendable, Equatable {
    let channels, records: Int
    let meanNoise, noiseScatter, offsetScatter: Double
  }

  let records: [Record]
  let repeated, single: Group?

  /// Aggregates records.
  init(_ records: [Record]) {
    self.records = records
    let channels = Dictionary(grouping: records, by: \.channel).sorted { $0.key < $1.key }
      .map(\.value)
    repeated = Self.group(channels.filter { Self.spanDays($0) > 10 })
    single = Self.group(channels.filter { Self.spanDays($0) <= 10 })
  }

  /// Reads all finished and complete runs of a test, rejected ones left out.
  init(_ input: MetatestInput, test: String) throws {
    let candidates = try input.selector
      .candidates(test: test)
      .filter { $0.isComplete && $0.run.status == .finished && $0.run.verdict != .rejected }
      .map(\.run).sorted { ($0.started, $0.key.id) < ($1.started, $1.key.id) }
    var repetitions: [String: Int] = [:]
    var records: [Record] = []
    for run in candidates {
      repetitions[run.block, default: 0] += 1
      let reader = try ChannelReader(
        input.warehouse, runs: [run],
        quantities: [BiasQuantities.offset, BiasQuantities.readNoise], curves: [])
      let offsets = reader.values(of: BiasQuantities.offset, item: "ove")
      let noises = reader.values(of: BiasQuantities.readNoise, item: "ove")
      for (place, value) in offsets.sorted(by: { $0.key < $1.key }) {
        guard let offset = value.number, let noise = noises[place]?.number else { continue }
        let serial = run.serials[place.detector] ?? "\(place.block) \(place.detector)"
        records.append(
          Record(
            channel: "\(serial)_\(place.amplifier)", block: place.block, detector: place.detector,
            started: run.started, repetition: repetitions[run.block] ?? 1, offset: offset,
            noise: noise))
      }
    }
    self.init(records)
  }

  private static func group(_ channels: [[Record]]) -> Group? {
    guard !channels.isEmpty else { return nil }
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    return Group(
      channels: channels.count, records: channels.reduce(0) { $0 + $1.count },
      meanNoise: mean(channels.map { mean($0.map(\.noise)) }),
      noiseScatter: mean(channels.map { scatter($0.map(\.noise)) }),
      offsetScatter: mean(channels.map { scatter($0.map(\.offset)) }))
  }

  /// The population standard deviation.
  static func scatter(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return 0 }
    let mean = values.reduce(0, +) / Double(values.count)
    return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
  }

  private static func spanDays(_ records: [Record]) -> Int {
    let times = records.compactMap { StartTime.seconds($0.started) }
    guard let first = times.min(), let last = times.max() else { return 0 }
    return Int((last - first) / 86_400)
  }
}

/// Times as the warehouse keeps them.
public enum StartTime {
  /// Seconds since 1970 of an ISO 8601 time in UTC; nil for anything else.
  public static func seconds(_ text: String) -> Double? {
    TimeText.seconds(text)
  }

  /// Seconds since 1970 as `yyyy-mm-ddThh:mm:ssZ`; empty for what is no date.
  public static func text(_ seconds: Double) -> String {
    guard seconds.magnitude < 1e11 else { return "" }
    return Date(timeIntervalSince1970: seconds.rounded(.down)).formatted(.iso8601)
  }

  /// The latest of some times as `yyyy-mm-ddThh:mm:ssZ`; the beginning of 1970 where none is one.
  public static func latest(_ texts: [String]) -> (text: String, seconds: Int64) {
    let seconds = texts.compactMap(seconds).max() ?? 0
    let whole = seconds.rounded(.down)
    return (
      Date(timeIntervalSince1970: whole).formatted(.iso8601), Int64(exactly: whole) ?? 0
    )
  }
}
