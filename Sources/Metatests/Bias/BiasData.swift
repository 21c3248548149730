import BlockTests
import Campaign
import Detector
import Foundation
import Warehouse

/// The gains that turn read noise into electrons.
struct BiasGains: Sendable {
  /// Gains by place, of the photon-transfer runs that stand for their blocks.
  let values: [ChannelPlace: MeasuredValue]
  /// The photon-transfer runs, one a block.
  let runs: [StoredTestRun]
  /// Whether there is any photon-transfer run.
  var hasRuns: Bool { !runs.isEmpty }

  init(_ input: MetatestInput) throws {
    let runs = try input.selector
      .selections(test: MetaBias.gainTest, design: input.design).compactMap(\.run)
    self.runs = runs
    values = try ChannelReader(
      input.warehouse, runs: runs, quantities: [MetaBias.gain], curves: []
    ).values(of: MetaBias.gain, item: nil)
  }
}

/// What MetaBias knows of one test: the chosen runs and their values.
struct BiasData: Sendable {
  let test: String
  let selections: [BlockSelection]
  let reader: ChannelReader
  let layout: PlaneLayout
  /// Gains by place; empty where there are none.
  let gains: [ChannelPlace: MeasuredValue]
  /// The photon-transfer runs that the gains come from.
  let gainRuns: [StoredTestRun]
  /// Whether there is any photon-transfer run.
  var hasGainRuns: Bool { !gainRuns.isEmpty }
  /// The runs of the gains, in words: `BORN run 3`.
  var gainSources: String {
    gainRuns.sorted { $0.block < $1.block }.map { "\($0.block) run \($0.key.id)" }
      .joined(separator: ", ")
  }
  /// The mean temperature of each detector, by block and detector; °C.
  let temperatures: [String: [String: Double]]

  /// Reads one test.
  ///
  /// - Parameter isForReport: whether curves and temperatures are read, which no requirement needs.
  init(
    _ input: MetatestInput, test: String, layout: PlaneLayout, selections: [BlockSelection],
    gains: BiasGains, isForReport: Bool = true
  ) throws {
    self.test = test
    self.selections = selections
    self.layout = layout
    let runs = selections.compactMap(\.run)
    reader = try ChannelReader(
      input.warehouse, runs: runs, quantities: MetaBias.quantities,
      curves: isForReport ? MetaBias.curves : [])
    gainRuns = gains.runs
    self.gains = gains.values
    temperatures =
      isForReport ? try DetectorTemperatures.mean(input.warehouse, runs, layout.camera) : [:]
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

  /// The places of all amplifiers that the design wants, and of other blocks with results.
  var places: [ChannelPlace] {
    let camera = layout.camera
    return selections.filter { $0.role == .flight || $0.run != nil }.flatMap { selection in
      camera.detectors.flatMap { detector in
        camera.amplifiers.map {
          ChannelPlace(block: selection.block, detector: detector, amplifier: $0.name)
        }
      }
    }
  }

  /// Why a place has no value at all.
  func reason(_ place: ChannelPlace) -> String {
    selections.first { $0.block == place.block }?.reason ?? "not measured"
  }

  // MARK: - Maps

  func map(_ map: MetaBias.Map) -> ChannelMap {
    self.map(map.quantity, item: map.item, title: map.title)
  }

  func map(_ quantity: Quantity, item: String?, title: String) -> ChannelMap {
    ChannelMap(
      title: title, quantity: quantity.name, item: item, unit: quantity.unit,
      digits: quantity.digits, values: reader.values(of: quantity, item: item))
  }

  /// The over-scan's RON in electrons; nil where there is no gain at all.
  var electronMap: ChannelMap? {
    guard !gains.isEmpty else { return nil }
    let noise = reader.values(of: BiasQuantities.readNoise, item: "ove")
    return ChannelMap(
      title: "RON, over-scan", quantity: MetaBias.gain.name, item: "ove", unit: .electron,
      digits: 2,
      values: Dictionary(
        uniqueKeysWithValues: noise.map { place, value in
          (place, Self.product(value, gains[place] ?? .missing(reason: "no gain")))
        }))
  }

  /// Why there are no electrons; nil where there are.
  var electronReason: String? {
    if !gains.isEmpty { return nil }
    return hasGainRuns
      ? "the \(MetaBias.gainTest) runs of the warehouse have no gain"
      : "not measurable: no \(MetaBias.gainTest) in the warehouse"
  }

  /// A product with first-order propagation of independent uncertainties.
  static func product(_ a: MeasuredValue, _ b: MeasuredValue) -> MeasuredValue {
    switch (a, b) {
    case (.value(let x, let dx, let count), .value(let y, let dy, _)):
      let variance = (y * (dx ?? 0)) * (y * (dx ?? 0)) + (x * (dy ?? 0)) * (x * (dy ?? 0))
      guard (x * y).isFinite else { return .missing(reason: "out of range") }
      return .value(
        x * y, uncertainty: dx == nil && dy == nil ? nil : variance.squareRoot(), count: count)
    case (.missing(let reason), _), (_, .missing(let reason)): return .missing(reason: reason)
    }
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
