public import Warehouse

extension ResultDimension {
  /// The name that commands give it.
  public var column: String {
    switch self {
    case .detector: "ccd"
    case .amplifier: "quadrant"
    default: rawValue
    }
  }

  /// The dimension of a command's name for it.
  public init?(column: String) {
    guard let found = ResultDimension.allCases.first(where: { $0.column == column }) else {
      return nil
    }
    self = found
  }
}

/// Statistics of measurements by groups, as commands print them.
public struct StatisticsTable: Sendable {
  /// What is grouped by; the quantity is added where the units of several would meet.
  public let dimensions: [ResultDimension]
  /// The percentiles asked for, in %.
  public let percentiles: [Double]
  /// The groups, sorted.
  public private(set) var groups: [GroupStatistics]
  /// What a reader must know of the grouping; nil for nothing.
  public let note: String?

  /// Asks a warehouse.
  ///
  /// - Parameters:
  ///   - dimensions: what is grouped by.
  ///   - percentiles: from 0 to 100.
  ///   - gains: turn ADU into electrons where they are given.
  /// - Throws: `WarehouseError`.
  public init(
    _ warehouse: Warehouse, matching filter: ResultFilter, by dimensions: [ResultDimension],
    percentiles: [Double] = [], inElectrons gains: GainTable? = nil
  ) throws {
    var dimensions = dimensions
    var note: String?
    if !dimensions.contains(.quantity) {
      let quantities = try warehouse.quantities(matching: filter)
      let units = Set(quantities.map(\.unit)).sorted().map { $0.isEmpty ? "no unit" : $0 }
      if units.count > 1 {
        dimensions.insert(.quantity, at: 0)
        note =
          "grouped by quantity, too, since units must not be mixed: "
          + units.joined(separator: ", ")
      } else if quantities.count > 1 {
        note =
          "each group holds the values of \(quantities.count) quantities; "
          + "--by quantity tells them apart"
      }
    }
    self.dimensions = dimensions
    self.percentiles = percentiles
    self.note = note
    if let gains {
      groups = try warehouse.statistics(
        matching: filter, by: dimensions, percentiles: percentiles, inElectrons: gains)
    } else {
      groups = try warehouse.statistics(
        matching: filter, by: dimensions, percentiles: percentiles)
    }
  }

  /// Sorts the groups by a column, and keeps only the first ones.
  ///
  /// - Parameters:
  ///   - column: one of `columns`; nil leaves the order.
  ///   - limit: how many are kept; nil for all.
  public mutating func sort(by column: String?, descending: Bool, limit: Int?) {
    var sorted = SortedRows<GroupStatistics>(descending: descending, limit: limit)
    for group in groups { sorted.add(group, key: column.map { sortKey($0, of: group) } ?? .none) }
    groups = sorted.rows()
  }

  /// The names of the columns, in their order; a percentile is `p5`.
  public var columns: [String] { dimensions.map(\.column) + numberColumns }

  /// The names of the columns after those of the group.
  public var numberColumns: [String] {
    let below = percentiles.filter { $0 < 50 }.map { Self.name(ofPercentile: $0) }
    let above = percentiles.filter { $0 >= 50 }.map { Self.name(ofPercentile: $0) }
    let first = ["count", "missing", "mean", "std", "min"] + below
    return first + ["median"] + above + ["max", "wmean", "wsigma", "wcount", "chi2", "unit"]
  }

  /// The name of a percentile's column: `p5`, `p97.5`.
  public static func name(ofPercentile percent: Double) -> String {
    let whole = percent.rounded()
    return whole == percent && abs(percent) <= 100 ? "p\(Int(whole))" : "p\(percent)"
  }

  /// A number of a group by its column's name; nil where there is none.
  public func number(_ column: String, of group: GroupStatistics) -> Double? {
    switch column {
    case "count": return Double(group.count)
    case "missing": return Double(group.missing)
    case "mean": return group.mean
    case "std": return group.deviation
    case "min": return group.minimum
    case "median": return group.median
    case "max": return group.maximum
    case "wmean": return group.weightedMean
    case "wsigma": return group.weightedUncertainty
    case "wcount": return Double(group.weightedCount)
    case "chi2": return group.chiSquare
    default:
      guard let index = percentiles.firstIndex(where: { Self.name(ofPercentile: $0) == column }),
        group.percentiles.indices.contains(index)
      else { return nil }
      return group.percentiles[index]
    }
  }

  private func sortKey(_ column: String, of group: GroupStatistics) -> SortKey {
    if let index = dimensions.firstIndex(where: { $0.column == column }) {
      guard let name = group.group[index] else { return .none }
      let isNumber = [.run, .obsid].contains(dimensions[index])
      return isNumber ? SortKey(Int(name)) : .text(name)
    }
    return column == "unit" ? .text(group.unit) : SortKey(number(column, of: group))
  }
}

extension StatisticsTable {
  /// A group as JSON has it.
  public struct Entry: Sendable, Encodable {
    private let table: StatisticsTable
    private let group: GroupStatistics

    init(_ table: StatisticsTable, _ group: GroupStatistics) {
      self.table = table
      self.group = group
    }

    private struct Key: CodingKey {
      let stringValue: String
      var intValue: Int? { nil }

      init(_ name: String) { stringValue = name }
      init?(stringValue: String) { self.init(stringValue) }
      init?(intValue: Int) { nil }
    }

    /// `{group: {block: ...}, count, missing, mean, ..., percentiles: {"5": ...}}`, null for none.
    public func encode(to encoder: any Encoder) throws {
      var object = encoder.container(keyedBy: Key.self)
      var names = object.nestedContainer(keyedBy: Key.self, forKey: Key("group"))
      for (dimension, name) in zip(table.dimensions, group.group) {
        try names.encode(name, forKey: Key(dimension.column))
      }
      try object.encode(group.unit, forKey: Key("unit"))
      for (name, count) in [
        ("count", group.count), ("missing", group.missing), ("wcount", group.weightedCount),
      ] {
        try object.encode(count, forKey: Key(name))
      }
      for name in ["mean", "std", "min", "median", "max", "wmean", "wsigma", "chi2"] {
        try object.encode(table.number(name, of: group), forKey: Key(name))
      }
      var percentiles = object.nestedContainer(keyedBy: Key.self, forKey: Key("percentiles"))
      for percent in table.percentiles {
        let name = StatisticsTable.name(ofPercentile: percent)
        try percentiles.encode(table.number(name, of: group), forKey: Key(name))
      }
    }
  }

  /// The groups as JSON has them.
  public var entries: [Entry] { groups.map { Entry(self, $0) } }
}
