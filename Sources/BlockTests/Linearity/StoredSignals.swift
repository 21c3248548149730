import Analysis
import Campaign
import Detector

/// The tiles' signals of a test run as the extraction stored them, with what is known of their exposures.
struct StoredSignals: Sendable {
  /// What an exposure is for.
  enum Kind: Sendable {
    /// No light.
    case background
    /// A stability frame.
    case stability
    /// A step of a ladder.
    case ladder
  }

  /// One exposure.
  struct Exposure: Sendable {
    var obsid: Int
    var kind: Kind
    /// Position in the filter wheel; 0 where it is not known.
    var filter: Int
    /// The time that the shutter was open [s].
    var seconds: Double
    /// Hours since the first exposure.
    var hours: Double
  }

  /// One amplifier.
  struct Channel: Sendable {
    /// Tiles of exposures with light.
    var samples: [LinearitySample] = []
    /// Signals of exposures with light, background subtracted [adu].
    var signals: [Int: Estimate] = [:]
    /// Why exposures with light have no signal, the most frequent reason first.
    var reasons: [String] = []
    /// The number of exposures without light that the background is from.
    var backgrounds = 0
    /// What the samples' errors were multiplied by, as repeated exposures tell, by decade of signal; those that tell.
    var errorScales: [(name: String, scale: Double)] = []
  }

  /// The exposures with their times, by number.
  let exposures: [Int: Exposure]
  /// Exposures whose time is not known, or whose start.
  let untimed: [Int]
  /// Whether all exposures have a start.
  let hasTimes: Bool
  private let tiles: [String: [Int: (x: [Double], y: [Double], errors: [Double])]]
  private let missing: [String: [String]]

  /// Reads what the extraction stored.
  init(_ context: TestContext, _ settings: LinearitySettings) throws {
    typealias Q = LinearityQuantities
    let first = context.exposures.compactMap(\.time).min() ?? 0
    var exposures: [Int: Exposure] = [:]
    var untimed: [Int] = []
    for exposure in context.exposures {
      guard let commanded = exposure.exposureSeconds, commanded.isFinite, commanded >= 0 else {
        untimed.append(exposure.obsid)
        continue
      }
      let column = context.column(exposure.label)
      let filter = (exposure.values["wave"] ?? column?.values["wave"])?.integer ?? 0
      let isStability = column?.values["comments"] == .string("STAB")
      exposures[exposure.obsid] = Exposure(
        obsid: exposure.obsid,
        kind: commanded == 0 ? .background : isStability ? .stability : .ladder, filter: filter,
        seconds: settings.openSeconds(commanded), hours: ((exposure.time ?? first) - first) / 3600)
    }
    self.exposures = exposures
    self.untimed = untimed
    hasTimes = context.exposures.allSatisfy { $0.time != nil }
    var tiles: [String: [Int: (x: [Double], y: [Double], errors: [Double])]] = [:]
    for curve in try context.earlier.curves(Q.tiles) {
      guard let obsid = curve.obsid, let detector = curve.detector, let amplifier = curve.amplifier,
        curve.uncertainty.count == curve.x.count, curve.y.count == curve.x.count
      else { continue }
      tiles["\(detector)/\(amplifier)", default: [:]][obsid] = (
        curve.x, curve.y, curve.uncertainty
      )
    }
    self.tiles = tiles
    var missing: [String: [String: Int]] = [:]
    for row in try context.earlier.measurements(Q.fluence) {
      guard let detector = row.detector, let amplifier = row.amplifier, row.value == nil,
        row.obsid.flatMap({ exposures[$0]?.kind }) != .background
      else { continue }
      missing["\(detector)/\(amplifier)", default: [:]][row.reason ?? "no signal", default: 0] += 1
    }
    self.missing = missing.mapValues { reasons in
      reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    }
  }

  /// The signals of an amplifier, the mean of the exposures without light subtracted tile by tile.
  func channel(_ detector: String, _ amplifier: String) -> Channel {
    let key = "\(detector)/\(amplifier)"
    var channel = Channel()
    channel.reasons = missing[key] ?? []
    let mine = tiles[key] ?? [:]
    var background: [Int: (sum: Double, count: Double)] = [:]
    for (obsid, tiles) in mine.sorted(by: { $0.key < $1.key })
    where exposures[obsid]?.kind == .background {
      channel.backgrounds += 1
      for (x, y) in zip(tiles.x, tiles.y) {
        guard let tile = Int(exactly: x) else { continue }
        let old = background[tile] ?? (0, 0)
        background[tile] = (old.sum + y, old.count + 1)
      }
    }
    for (obsid, tiles) in mine.sorted(by: { $0.key < $1.key }) {
      guard let exposure = exposures[obsid], exposure.kind != .background else { continue }
      var (sum, squares, count) = (0.0, 0.0, 0.0)
      for (index, x) in tiles.x.enumerated() {
        guard let tile = Int(exactly: x) else { continue }
        let level = background[tile].map { $0.sum / $0.count } ?? 0
        let signal = tiles.y[index] - level
        channel.samples.append(
          LinearitySample(
            exposure: obsid, filter: exposure.filter, tile: tile,
            exposureSeconds: exposure.seconds, elapsedHours: exposure.hours, signal: signal,
            uncertainty: tiles.errors[index]))
        sum += signal
        squares += tiles.errors[index] * tiles.errors[index]
        count += 1
      }
      guard count > 0 else { continue }
      channel.signals[obsid] = Estimate(
        value: sum / count, uncertainty: squares.squareRoot() / count, count: Int(count))
    }
    channel.scaleErrors()
    return channel
  }
}

extension StoredSignals {
  /// The decades of signal that errors and residuals are told for [adu].
  static let decades: [(name: String, range: Range<Double>)] = [
    ("250-1000", 0..<1000), ("1000-10000", 1000..<10_000), ("10000-65536", 10_000..<65_536),
  ]
}

extension StoredSignals.Channel {
  /// Errors from a nominal gain, or from pixels that scatter by their pattern, become those that repeated exposures show.
  fileprivate mutating func scaleErrors() {
    errorScales = StoredSignals.decades.compactMap { decade in
      RepeatScatter.errorScale(samples, in: decade.range).map { (decade.name, $0) }
    }
    guard let nearest = errorScales.last?.scale else { return }
    let scales = StoredSignals.decades.map { decade in
      errorScales.first { $0.name == decade.name }?.scale ?? nearest
    }
    samples = samples.map { sample in
      let decade = StoredSignals.decades.firstIndex { $0.range.contains(sample.signal) }
      return sample.scaled(scales[decade ?? (sample.signal < 1000 ? 0 : scales.count - 1)])
    }
  }
}
