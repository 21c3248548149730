public import Detector
public import Warehouse

/// One value for each amplifier of some blocks: what a focal-plane map shows.
public struct ChannelMap: Sendable, Equatable {
  /// What the map shows, for people, such as "RON, over-scan".
  public let title: String
  /// The quantity's name, and the item of it; nil where the values have none.
  public let quantity: String
  /// The item of the quantity, such as `ove`.
  public let item: String?
  /// The unit of values and uncertainties.
  public let unit: Unit
  /// Digits after the decimal point in tables and maps.
  public let digits: Int
  /// The values; a place that is not among them was not asked for, or its block has no run.
  public var values: [ChannelPlace: MeasuredValue]

  /// A map.
  public init(
    title: String, quantity: String, item: String? = nil, unit: Unit, digits: Int,
    values: [ChannelPlace: MeasuredValue]
  ) {
    self.title = title
    self.quantity = quantity
    self.item = item
    self.unit = unit
    self.digits = digits
    self.values = values
  }

  /// The value at a place; nil where there is none.
  public func number(at place: ChannelPlace) -> Double? { values[place]?.number }

  /// The 1-sigma uncertainty at a place; nil where there is none.
  public func uncertainty(at place: ChannelPlace) -> Double? {
    if case .value(_, let uncertainty, _)? = values[place] { uncertainty } else { nil }
  }

  /// Why there is no value at a place; nil where there is one, or the place is unknown.
  public func reason(at place: ChannelPlace) -> String? {
    if case .missing(let reason)? = values[place] { reason } else { nil }
  }

  /// The values of some blocks, by place.
  public func numbers(of blocks: Set<String>) -> [Double] {
    values.keys.filter { blocks.contains($0.block) }.sorted().compactMap { number(at: $0) }
  }
}

/// Statistics of some values.
public struct ValueSummary: Sendable, Equatable {
  /// How many.
  public let count: Int
  /// The smallest, the largest, and the median.
  public let minimum, maximum, median: Double
  /// The robust standard deviation: 1.4826 times the median absolute deviation.
  public let sigma: Double

  /// - Returns: nil where there are no values; values that are not finite are left out.
  public init?(_ values: [Double]) {
    let sorted = values.filter(\.isFinite).sorted()
    guard let first = sorted.first, let last = sorted.last else { return nil }
    let middle = ValueSummary.median(sorted)
    (count, minimum, maximum, median) = (sorted.count, first, last, middle)
    sigma = 1.4826 * ValueSummary.median(sorted.map { abs($0 - middle) }.sorted())
  }

  /// The median of sorted values, of which there must be one at least.
  static func median(_ sorted: [Double]) -> Double {
    let half = sorted.count / 2
    return sorted.count.isMultiple(of: 2) ? (sorted[half - 1] + sorted[half]) / 2 : sorted[half]
  }
}
