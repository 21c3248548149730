import BlockTests
import Detector
import Foundation
import Warehouse

/// What MetaFlat knows of one test: the chosen runs and their values.
struct FlatPlane: Sendable {
  let test: String
  let selections: [BlockSelection]
  let reader: ChannelReader
  let layout: PlaneLayout
  let gains: BiasGains
  /// The script columns that any run has, in order.
  let labels: [String]

  init(
    _ input: MetatestInput, test: String, layout: PlaneLayout, selections: [BlockSelection],
    gains: BiasGains
  ) throws {
    (self.test, self.selections, self.layout, self.gains) = (test, selections, layout, gains)
    let reader = try ChannelReader(
      input.warehouse, runs: selections.compactMap(\.run), quantities: MetaFlat.quantities,
      curves: [])
    self.reader = reader
    labels = (1...99).map { "col" + String(repeating: "0", count: $0 < 10 ? 2 : 1) + "\($0)" }
      .filter { !reader.values(of: FlatQuantities.fluence, item: $0).isEmpty }
  }

  /// The chosen runs.
  var runs: [StoredTestRun] { selections.compactMap(\.run) }
  /// Blocks of the plane that have a run.
  var flight: Set<String> {
    Set(selections.filter { $0.role == .flight && $0.run != nil }.map(\.block))
  }
  /// All blocks that have a run.
  var blocks: Set<String> { Set(runs.map(\.block)) }
  /// Whether a block with results sits on the plane.
  var isOnPlane: Bool { layout.channels.contains { flight.contains($0.place.block) } }
  /// Whether any fluence is known in electrons.
  var hasElectrons: Bool {
    labels.contains { electrons($0).values.values.contains { $0.number != nil } }
  }

  /// The wavelength for people and headers.
  var wave: String { MetaFlat.wavelengths[test].map { "\($0) nm" } ?? "ND" }

  /// Why a place has no value at all.
  func reason(_ place: ChannelPlace) -> String {
    selections.first { $0.block == place.block }?.reason ?? "not measured"
  }

  /// The places of all amplifiers that the design wants, and of other blocks with results.
  var places: [ChannelPlace] {
    selections.filter { $0.role == .flight || $0.run != nil }.flatMap { selection in
      layout.camera.detectors.flatMap { detector in
        layout.camera.amplifiers.map {
          ChannelPlace(block: selection.block, detector: detector, amplifier: $0.name)
        }
      }
    }
  }

  func values(_ map: MetaFlat.Map) -> ChannelMap {
    ChannelMap(
      title: map.title, quantity: map.quantity.name, item: map.item, unit: map.quantity.unit,
      digits: map.quantity.digits, values: reader.values(of: map.quantity, item: map.item))
  }

  func map(_ quantity: Quantity, _ item: String?) -> ChannelMap {
    values(MetaFlat.Map(key: "", quantity: quantity, item: item, title: quantity.name))
  }

  /// The fluences of a script column in electrons, with the gains of PTC01; errors of both in quadrature.
  func electrons(_ label: String) -> ChannelMap {
    let fluences = reader.values(of: FlatQuantities.fluence, item: label)
    return ChannelMap(
      title: "fluence, \(label)", quantity: FlatQuantities.fluence.name, item: label,
      unit: .electron, digits: 0,
      values: Dictionary(
        uniqueKeysWithValues: fluences.map { place, fluence in
          (place, Self.product(fluence, gains.values[place]))
        }))
  }

  private static func product(_ value: MeasuredValue, _ gain: MeasuredValue?) -> MeasuredValue {
    guard case .value(let number, let error, let count) = value else { return value }
    switch gain {
    case .value(let gain, let gainError, _)?:
      let a = (error ?? 0) * gain
      let b = (gainError ?? 0) * number
      return .value(number * gain, uncertainty: (a * a + b * b).squareRoot(), count: count)
    case .missing(let reason)?: return .missing(reason: "no gain: \(reason)")
    case nil: return .missing(reason: "no gain: no PTC01 of the block")
    }
  }

  /// Whether a place's detector is of a batch with high PRNU.
  func isHigh(_ place: ChannelPlace) -> Bool {
    guard let serial = runs.first(where: { $0.block == place.block })?.serials[place.detector]
    else { return false }
    return MetaFlat.highBatches.contains { serial.hasPrefix($0) }
  }

  /// Mean and standard deviation of the flight quadrants of a batch; nil for none.
  func mean(
    _ map: ChannelMap, isHigh: Bool? = nil
  ) -> (mean: Double, deviation: Double, count: Int)? {
    let numbers = map.values.keys.filter { place in
      flight.contains(place.block) && (isHigh.map { $0 == self.isHigh(place) } ?? true)
    }.sorted().compactMap { map.number(at: $0) }
    guard !numbers.isEmpty else { return nil }
    let n = Double(numbers.count)
    let mean = numbers.reduce(0, +) / n
    let squares = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, n > 1 ? (squares / (n - 1)).squareRoot() : 0, numbers.count)
  }
}
