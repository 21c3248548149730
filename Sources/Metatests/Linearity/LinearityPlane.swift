import BlockTests
import Detector
import Warehouse

/// What MetaNL knows of one test: the chosen runs, their values and curves.
struct LinearityPlane: MappedPlane {
  let test: String
  let selections: [BlockSelection]
  let reader: ChannelReader
  let layout: PlaneLayout
  /// The gains of all blocks.
  let gains: PlaneGains
  /// The chamber of each block; as far as the focal plane knows it.
  let chambers: [String: String]

  /// Reads one test.
  ///
  /// - Parameter isForReport: whether curves are read, which no requirement needs.
  init(
    _ input: MetatestInput, test: String, layout: PlaneLayout, selections: [BlockSelection],
    gains: PlaneGains, isForReport: Bool = true
  ) throws {
    (self.test, self.selections, self.layout) = (test, selections, layout)
    let runs = selections.compactMap(\.run)
    reader = try ChannelReader(
      input.warehouse, runs: runs, quantities: MetaNL.quantities,
      curves: isForReport ? MetaNL.curves : [])
    self.gains = gains
    chambers = Dictionary(
      input.plane.blocks.map { ($0.name, $0.chamber) }, uniquingKeysWith: { first, _ in first })
  }

  var electronGains: PlaneGains? { gains }

  // MARK: - Curves

  /// The abscissa of curves: thousands of electrons where any gain is known, else of ADU.
  var isInElectrons: Bool { places.contains { gains.gain($0).number != nil } }
  /// Its unit.
  var signalUnit: String { isInElectrons ? "ke⁻" : "kADU" }

  /// What turns ADU into the abscissa; nil where the place has no gain though others have.
  func scale(_ place: ChannelPlace) -> Double? {
    isInElectrons ? gains.gain(place).number.map { $0 / 1000 } : 0.001
  }

  /// One curve with its abscissa, ordinate in percent.
  struct Line: Sendable {
    let place: ChannelPlace
    let x, y, errors: [Double]
  }

  /// The fitted curves, in the order of places.
  var fits: [Line] { lines(LinearityQuantities.fit, isFitted: false) }
  /// The fitted exposures.
  var points: [Line] { lines(LinearityQuantities.curve, isFitted: true) }

  private func lines(_ name: String, isFitted: Bool) -> [Line] {
    let curves = reader.curves(named: name)
    let used = reader.curves(named: LinearityQuantities.used)
    return places.compactMap { place in
      guard let curve = curves[place], let scale = scale(place) else { return nil }
      let flags = used[place]?.y ?? []
      let kept = curve.x.indices.filter {
        !isFitted || !flags.indices.contains($0) || flags[$0] == 1
      }
      let errors = curve.uncertainty ?? []
      return Line(
        place: place, x: kept.map { curve.x[$0] * scale }, y: kept.map { curve.y[$0] },
        errors: kept.map { errors.indices.contains($0) ? errors[$0] : 0 })
    }
  }

  /// Detectors that were measured in two blocks: the serial number, and both in the order of the runs' dates.
  var measuredTwice: [(serial: String, first: (StoredTestRun, String), second: (StoredTestRun, String))] {
    var bySerial: [String: [(StoredTestRun, String)]] = [:]
    for run in runs.sorted(by: { ($0.started, $0.key.id) < ($1.started, $1.key.id) }) {
      for detector in layout.camera.detectors {
        if let serial = run.serials[detector], !serial.isEmpty {
          bySerial[serial, default: []].append((run, detector))
        }
      }
    }
    return bySerial.sorted { $0.key < $1.key }.compactMap { serial, all in
      guard all.count > 1, let first = all.first, let last = all.last, first.0.block != last.0.block
      else { return nil }
      return (serial, first, last)
    }
  }

  // MARK: - Requirements

  /// The source's stability.
  func requirements(flight: Set<String>) -> [RequirementResult] {
    [
      RequirementResult(
        MetaNL.stabilityLimit, test: test,
        values: reader.values(of: LinearityQuantities.stability, item: nil), places: places,
        flight: flight, missing: reason)
    ]
  }
}
