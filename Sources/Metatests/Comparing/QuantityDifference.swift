import Analysis
import Warehouse

/// How the values of one quantity differ between two sides, as a whole.
public struct QuantityDifference: Sendable, Equatable {
  /// The quantity's name, and its unit in the FITS standard's spelling.
  public let quantity, unit: String
  /// The number of places with a value on both sides.
  public var compared = 0
  /// Of those, the number that differ.
  public var changed = 0
  /// Of those, the number that differ by more than the limit; all that changed without a limit.
  public var moved = 0
  /// The number that differ, and whose significance is not known.
  public var unjudged = 0
  /// The largest significance in size, with its sign; nil where none is known.
  public var largest: Double?
  /// The median of the differences, places that are equal included; nil without places.
  public var medianShift: Double?
  /// 1.4826 times the median absolute deviation of the significances: 1 where the uncertainties of
  /// both sides are right and independent. nil for fewer than eight.
  public var pullWidth: Double?
  /// Places whose value became a reason, or the reverse.
  public var lost = 0, gained = 0
  /// Places of one side alone.
  public var onlyLeft = 0, onlyRight = 0

  static func summaries(
    _ differences: [MeasuredDifference], _ equal: [String: EqualPlaces], limit: Double?,
    units: [String: String]
  ) -> [QuantityDifference] {
    var work: [String: Work] = [:]
    func empty(_ name: String) -> Work {
      Work(summary: QuantityDifference(quantity: name, unit: units[name] ?? ""))
    }
    for (name, places) in equal {
      var one = empty(name)
      one.summary.compared = places.values
      one.shifts = [Double](repeating: 0, count: places.values)
      work[name] = one
    }
    for difference in differences {
      work[difference.quantity, default: empty(difference.quantity)].add(difference, limit)
    }
    return work.values.map { work in
      var summary = work.summary
      summary.medianShift = try? RobustScale(work.shifts).median
      if work.pulls.count >= 8 { summary.pullWidth = try? RobustScale(work.pulls).sigma }
      return summary
    }.sorted { $0.quantity < $1.quantity }
  }
}

/// A summary in the making.
private struct Work {
  var summary: QuantityDifference
  var shifts: [Double] = []
  var pulls: [Double] = []

  mutating func add(_ difference: MeasuredDifference, _ limit: Double?) {
    let significance = difference.significance
    switch difference.state {
    case .changed:
      summary.compared += 1
      summary.changed += 1
      if let shift = difference.difference { shifts.append(shift) }
      if significance == nil { summary.unjudged += 1 }
      if limit.map({ (significance?.magnitude ?? 0) > $0 }) ?? true { summary.moved += 1 }
    case .uncertainty:
      summary.compared += 1
      shifts.append(0)
    case .lost: summary.lost += 1
    case .gained: summary.gained += 1
    case .onlyLeft: summary.onlyLeft += 1
    case .onlyRight: summary.onlyRight += 1
    case .reason: break
    }
    guard let significance else { return }
    pulls.append(significance)
    if significance.magnitude > summary.largest?.magnitude ?? -1 { summary.largest = significance }
  }
}

extension QuantityDifference {
  fileprivate init(quantity: String, unit: String) {
    self.quantity = quantity
    self.unit = unit
  }
}
