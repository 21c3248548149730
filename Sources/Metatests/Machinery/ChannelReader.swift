public import Detector
public import Warehouse

/// Best estimates of some test runs, one run a block.
public struct ChannelReader: Sendable {
  private struct Key: Hashable {
    let quantity: String
    let item: String?
  }

  private var values: [Key: [ChannelPlace: MeasuredValue]] = [:]
  private var curves: [String: [ChannelPlace: CurveRecord]] = [:]

  /// Reads quantities and curves once.
  ///
  /// - Throws: `WarehouseError`.
  public init(
    _ warehouse: Warehouse, runs: [StoredTestRun], quantities: [Quantity], curves names: [String]
  ) throws {
    for run in runs {
      let found = try warehouse.measurements(of: quantities.map(\.name), in: [run.key])
      for measurement in found where measurement.place.obsid == nil {
        guard let place = ChannelPlace(run.block, measurement.place) else { continue }
        let key = Key(quantity: measurement.quantity, item: measurement.place.item)
        values[key, default: [:]][place] = measurement.value
      }
      for name in names {
        for curve in try warehouse.curves(name, in: run.key) where curve.place.obsid == nil {
          guard let place = ChannelPlace(run.block, curve.place) else { continue }
          curves[name, default: [:]][place] = curve
        }
      }
    }
  }

  /// The values of a quantity by place; empty where nothing was measured.
  public func values(of quantity: Quantity, item: String?) -> [ChannelPlace: MeasuredValue] {
    values[Key(quantity: quantity.name, item: item)] ?? [:]
  }

  /// The curves of a name by place.
  public func curves(named name: String) -> [ChannelPlace: CurveRecord] { curves[name] ?? [:] }
}

extension ChannelPlace {
  /// A place within a block; nil where the result belongs to no amplifier.
  init?(_ block: String, _ place: ResultPlace) {
    guard let detector = place.detector, let amplifier = place.amplifier else { return nil }
    self.init(block: block, detector: detector, amplifier: amplifier)
  }
}
