import DataProducts
import Detector
import Warehouse

/// A test whose quantities are shown as maps of the plane.
protocol MappedPlane: TestPlane {
  var reader: ChannelReader { get }
  /// The gains for maps in electrons; nil where the test has none of those.
  var electronGains: PlaneGains? { get }
}

extension MappedPlane {
  var electronGains: PlaneGains? { nil }

  /// The values of a map as they are stored, those in electrons times the gains.
  func stored(_ map: PlaneMap) -> ChannelMap {
    let values = reader.values(of: map.quantity, item: map.item)
    let gains = map.isInElectrons ? electronGains : nil
    return ChannelMap(
      title: map.title, quantity: map.quantity.name, item: map.item,
      unit: gains == nil ? map.quantity.unit : .electron, digits: map.quantity.digits,
      values: gains?.electrons(values) ?? values)
  }

  /// The values of a map as people see them: small numbers in the map's own unit, which the title then tells.
  func shown(_ map: PlaneMap) -> ChannelMap {
    guard map.factor != 1 else { return stored(map) }
    return ChannelMap(
      title: map.heading, quantity: map.quantity.name, item: map.item, unit: .none, digits: 3,
      values: stored(map).values.mapValues { value in
        guard case .value(let number, let error, let count) = value else { return value }
        return .value(
          number * map.factor, uncertainty: error.map { $0 * map.factor }, count: count)
      })
  }

  /// The columns of a table of quadrants: each map's value, its uncertainty, and why it is missing.
  func columns(_ maps: [PlaneMap], _ places: [ChannelPlace]) -> [DataColumn] {
    maps.flatMap {
      MetatestTables.pair($0.key, stored($0), places, $0.quantity.meaning, reason)
    }
  }
}
