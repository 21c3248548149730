/// A number for each group of measurements.
public struct GroupStatistics: Sendable, Hashable {
  /// The group: a name for each dimension asked for, in that order; nil where a place has none.
  public let group: [String?]
  /// The unit of all values, in the FITS standard's spelling.
  public let unit: String
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
  /// The percentiles asked for, in that order, with linear interpolation between neighbours
  /// (Hyndman & Fan 1996, type 7).
  public let percentiles: [Double]
  /// How many values have a positive uncertainty u whose weight 1/u^2 is a finite number: only
  /// these count below.
  public let weightedCount: Int
  /// The mean weighted with 1/u^2; nil without any.
  public let weightedMean: Double?
  /// The uncertainty of the weighted mean, 1/sqrt(sum of 1/u^2): right where `chiSquare` is about
  /// `weightedCount` - 1.
  public let weightedUncertainty: Double?
  /// The sum of ((value - weighted mean)/u)^2, with `weightedCount` - 1 degrees of freedom; nil below
  /// two values.
  public let chiSquare: Double?
}

/// Collects the values of one group.
final class GroupAccumulator {
  private var values: [Double] = []
  private var missing = 0
  private var weightedCount = 0
  private var weights = 0.0
  private var weightedMean = 0.0
  private var chiSquare = 0.0

  func add(_ measured: MeasurementScan.Measured) {
    guard let value = measured.value else {
      missing += 1
      return
    }
    add(value, uncertainty: measured.uncertainty)
  }

  /// Counts a value that could not be measured.
  func addMissing() { missing += 1 }

  func add(_ value: Double, uncertainty: Double?) {
    values.append(value)
    guard let uncertainty, uncertainty > 0 else { return }
    let weight = 1 / (uncertainty * uncertainty)
    guard weight > 0, weight.isFinite else { return }
    // West (1979): neither a second pass nor a cancellation.
    weightedCount += 1
    weights += weight
    let step = value - weightedMean
    weightedMean += step * (weight / weights)
    chiSquare += weight * step * (value - weightedMean)
  }

  func statistics(_ group: [String?], _ unit: String, _ percentiles: [Double]) -> GroupStatistics {
    values.sort()
    let mean = mean()
    let isWeighted = weightedCount > 0 && weights.isFinite && weightedMean.isFinite
    return GroupStatistics(
      group: group, unit: unit, count: values.count, missing: missing, mean: mean,
      deviation: mean.flatMap(deviation), minimum: values.first, maximum: values.last,
      median: percentile(50), percentiles: percentiles.compactMap(percentile),
      weightedCount: isWeighted ? weightedCount : 0,
      weightedMean: isWeighted ? weightedMean : nil,
      weightedUncertainty: isWeighted ? 1 / weights.squareRoot() : nil,
      chiSquare: isWeighted && weightedCount > 1 && chiSquare.isFinite ? chiSquare : nil)
  }

  // Two passes: no cancellation, whatever the offset of the values (Chan et al. 1983); each value is
  // divided first, so that no sum overflows.
  private func mean() -> Double? {
    guard !values.isEmpty else { return nil }
    let count = Double(values.count)
    let first = values.reduce(0) { $0 + $1 / count }
    let left = values.reduce(0) { $0 + ($1 - first) / count }
    let mean = first + left
    return mean.isFinite ? mean : first
  }

  /// - Returns: nil also where it is beyond the greatest number.
  private func deviation(from mean: Double) -> Double? {
    guard values.count > 1, let least = values.first, let greatest = values.last else { return nil }
    // Squares of tiny and huge residuals leave the range of numbers, hence the scale.
    let scale = max(mean - least, greatest - mean)
    guard scale > 0 else { return 0 }
    guard scale.isFinite else { return nil }
    let squares = values.reduce(0) {
      let residual = ($1 - mean) / scale
      return $0 + residual * residual
    }
    let deviation = scale * (squares / Double(values.count - 1)).squareRoot()
    return deviation.isFinite ? deviation : nil
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
