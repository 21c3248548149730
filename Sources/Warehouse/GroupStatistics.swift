/// A number for each group of measurements.
public struct GroupStatistics: Sendable, Hashable {
  /// The group: a name for each dimension asked for, in that order; nil where a place has none.
  public let group: [String?]
  /// The number of values.
  public let count: Int
  /// The number of places where nothing could be measured.
  public let missing: Int
  /// The arithmetic mean; nil without values, as all that follow.
  public let mean: Double?
  /// The sample's standard deviation (divided by n - 1); nil below two values.
  public let deviation: Double?
  /// The least value.
  public let minimum: Double?
  /// The greatest value.
  public let maximum: Double?
  /// The mean of the middle one or two values.
  public let median: Double?
  /// The percentiles asked for, in that order, with linear interpolation between neighbours.
  public let percentiles: [Double]
  /// The mean weighted with 1/u^2, of the values with a positive uncertainty u; nil without any.
  public let weightedMean: Double?
  /// The uncertainty of the weighted mean, 1/sqrt(sum of 1/u^2).
  public let weightedUncertainty: Double?
}

/// Collects the values of one group.
final class GroupAccumulator {
  private var values: [Double] = []
  private(set) var missing = 0
  private var weights = 0.0
  private var weighted = 0.0

  func add(_ measured: MeasurementScan.Measured) {
    guard let value = measured.value else {
      missing += 1
      return
    }
    values.append(value)
    if let uncertainty = measured.uncertainty, uncertainty > 0 {
      let weight = 1 / (uncertainty * uncertainty)
      if weight.isFinite {
        weights += weight
        weighted += weight * value
      }
    }
  }

  func statistics(_ group: [String?], _ percentiles: [Double]) -> GroupStatistics {
    values.sort()
    var mean: Double?
    var deviation: Double?
    if !values.isEmpty {
      // Two passes: no cancellation, whatever the offset of the values (Chan et al. 1983).
      let first = values.reduce(0) { $0 + ($1 / Double(values.count)) }
      let left = values.reduce(0) { $0 + ($1 - first) } / Double(values.count)
      let centre = first + left
      mean = centre
      if values.count > 1 {
        let squares = values.reduce(0) { $0 + ($1 - centre) * ($1 - centre) }
        deviation = (squares / Double(values.count - 1)).squareRoot()
      }
    }
    return GroupStatistics(
      group: group, count: values.count, missing: missing, mean: mean, deviation: deviation,
      minimum: values.first, maximum: values.last, median: percentile(50),
      percentiles: percentiles.compactMap(percentile),
      weightedMean: weights > 0 ? weighted / weights : nil,
      weightedUncertainty: weights > 0 ? 1 / weights.squareRoot() : nil)
  }

  /// - Parameter percent: from 0 to 100; what lies outside counts as the nearer end.
  private func percentile(_ percent: Double) -> Double? {
    guard let last = values.indices.last, !percent.isNaN else { return nil }
    let position = min(max(percent, 0), 100) / 100 * Double(last)
    let lower = Int(position)
    let part = position - Double(lower)
    guard part > 0, lower < last else { return values[lower] }
    return values[lower] * (1 - part) + values[lower + 1] * part
  }
}
