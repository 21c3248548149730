import BlockTests
import Campaign
import Detector
import Foundation
import Warehouse

/// What MetaBias knows of one test: the chosen runs and their values.
struct BiasData: MappedPlane {
  let test: String
  let selections: [BlockSelection]
  let reader: ChannelReader
  let layout: PlaneLayout
  /// The gains of all blocks.
  let gains: PlaneGains
  /// The mean temperature of each detector, by block and detector; °C.
  let temperatures: [String: [String: Double]]

  /// Reads one test.
  ///
  /// - Parameter isForReport: whether curves and temperatures are read, which no requirement needs.
  init(
    _ input: MetatestInput, test: String, layout: PlaneLayout, selections: [BlockSelection],
    gains: PlaneGains, isForReport: Bool = true
  ) throws {
    self.test = test
    self.selections = selections
    self.layout = layout
    let runs = selections.compactMap(\.run)
    reader = try ChannelReader(
      input.warehouse, runs: runs, quantities: MetaBias.quantities,
      curves: isForReport ? MetaBias.curves : [])
    self.gains = gains
    temperatures =
      isForReport ? try DetectorTemperatures.mean(input.warehouse, runs, layout.camera) : [:]
  }

  // MARK: - Maps

  /// The over-scan's RON in electrons; nil where there is no gain at all.
  var electronMap: ChannelMap? {
    guard gains.hasGains else { return nil }
    let noise = reader.values(of: BiasQuantities.readNoise, item: "ove")
    return ChannelMap(
      title: "RON, over-scan", quantity: MetaBias.gain.name, item: "ove", unit: .electron,
      digits: 2,
      values: gains.electrons(noise))
  }

  /// Why there are no electrons; nil where there are.
  var electronReason: String? {
    if gains.hasGains { return nil }
    return !gains.runs.isEmpty
      ? "the \(MetaBias.gainTest) runs of the warehouse have no gain"
      : "not measurable: no \(MetaBias.gainTest) in the warehouse"
  }

  /// A difference with independent uncertainties.
  static func difference(_ a: MeasuredValue, _ b: MeasuredValue) -> MeasuredValue {
    switch (a, b) {
    case (.value(let x, let dx, let count), .value(let y, let dy, _)):
      let variance = (dx ?? 0) * (dx ?? 0) + (dy ?? 0) * (dy ?? 0)
      return .value(
        x - y, uncertainty: dx == nil && dy == nil ? nil : variance.squareRoot(), count: count)
    case (.missing(let reason), _), (_, .missing(let reason)): return .missing(reason: reason)
    }
  }

  // MARK: - Requirements

  /// All requirements against this test's values.
  func requirements(_ plane: FocalPlane, flight: Set<String>) -> [RequirementResult] {
    let places = places
    func test(_ requirement: Requirement, _ values: [ChannelPlace: MeasuredValue])
      -> RequirementResult
    {
      RequirementResult(
        requirement, test: self.test, values: values, places: places, flight: flight,
        missing: reason)
    }
    var results = [
      test(
        MetaBias.electronLimit,
        electronMap?.values
          ?? Dictionary(
            uniqueKeysWithValues: places.map {
              ($0, .missing(reason: electronReason ?? "no gain"))
            }))
    ]
    for limit in MetaBias.noiseLimits {
      results.append(
        test(limit.requirement, reader.values(of: limit.quantity, item: limit.region)))
    }
    for limit in MetaBias.offsetLimits {
      let offsets = reader.values(of: BiasQuantities.offset, item: limit.region)
      results.append(
        test(
          limit.requirement,
          Dictionary(
            uniqueKeysWithValues: offsets.map { place, value in
              (place, Self.difference(value, Self.expected(place, plane)))
            })))
    }
    let reference = reader.values(of: BiasQuantities.offset, item: "pre")
    for limit in MetaBias.stepLimits {
      let offsets = reader.values(of: BiasQuantities.offset, item: limit.region)
      results.append(
        test(
          limit.requirement,
          Dictionary(
            uniqueKeysWithValues: offsets.map { place, value in
              (
                place,
                Self.difference(value, reference[place] ?? .missing(reason: "no pre-scan offset"))
              )
            })))
    }
    return results
  }

  private static func expected(_ place: ChannelPlace, _ plane: FocalPlane) -> MeasuredValue {
    let offsets = plane.block(named: place.block)?.expectedOffsets[place.detector]
    return offsets?[place.amplifier].map { .value($0) }
      ?? .missing(reason: "no expected offset is known")
  }
}
