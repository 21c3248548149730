import BlockTests
import Detector
import Foundation
import Warehouse

/// What MetaFlat knows of one test: the chosen runs and their values.
struct FlatPlane: MappedPlane {
  let test: String
  let selections: [BlockSelection]
  let reader: ChannelReader
  let layout: PlaneLayout
  let gains: PlaneGains
  /// The script columns that any run has, in order.
  let labels: [String]

  init(
    _ input: MetatestInput, test: String, layout: PlaneLayout, selections: [BlockSelection],
    gains: PlaneGains
  ) throws {
    (self.test, self.selections, self.layout, self.gains) = (test, selections, layout, gains)
    let reader = try ChannelReader(
      input.warehouse, runs: selections.compactMap(\.run), quantities: MetaFlat.quantities,
      curves: [])
    self.reader = reader
    labels = (1...99).map { "col" + String(repeating: "0", count: $0 < 10 ? 2 : 1) + "\($0)" }
      .filter { !reader.values(of: FlatQuantities.fluence, item: $0).isEmpty }
  }

  /// Whether any fluence is known in electrons.
  var hasElectrons: Bool {
    labels.contains { electrons($0).values.values.contains { $0.number != nil } }
  }

  /// The wavelength for people and headers.
  var wave: String { MetaFlat.wavelengths[test].map { "\($0) nm" } ?? "ND" }

  /// The maps of all script columns, and those that the test has once.
  var maps: [PlaneMap] { labels.flatMap { MetaFlat.maps(of: $0, test: test) } + MetaFlat.maps }

  func map(_ quantity: Quantity, _ item: String?) -> ChannelMap {
    stored(PlaneMap(key: "", quantity: quantity, item: item, title: quantity.name))
  }

  /// The fluences of a script column in electrons, with the gains of PTC01; errors of both in quadrature.
  func electrons(_ label: String) -> ChannelMap {
    let fluences = reader.values(of: FlatQuantities.fluence, item: label)
    return ChannelMap(
      title: "fluence, \(label)", quantity: FlatQuantities.fluence.name, item: label,
      unit: .electron, digits: 0,
      values: gains.electrons(fluences))
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
