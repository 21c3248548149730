import Analysis
import Detector

/// Where the signal leaves the curve: full well from exposure times.
enum LinearityKnee {
  /// Between the last signal that follows the curve and the next one, which does not.
  private typealias Interval = (from: Double, to: Double)

  /// The signal at which tiles cease to follow the curve.
  ///
  /// Each tile gives an interval, since illumination differs from tile to tile: from its highest signal that
  /// follows the curve within 1 % (and three sigma), by the light that fell, to what the next exposure's light would give.
  /// The knee is the middle of the signals that at least half as many of the intervals hold as any signal has, and at least
  /// half of their width its uncertainty.
  ///
  /// - Throws: `NotMeasurable` where fewer than a twelfth of the tiles leave the curve.
  static func find(
    _ fit: LinearityFit, _ samples: [LinearitySample]
  ) throws(NotMeasurable) -> Estimate {
    let tiles = Dictionary(grouping: samples, by: \.tile)
    var intervals: [Interval] = []
    var highest: [Double] = []
    for tile in tiles.keys.sorted() {
      // By the light that fell: on the plateau the signal tells nothing of it.
      let points = fit.points(tiles[tile] ?? [], everywhere: true).map { point in
        (light: point.signal / (1 + point.deviation.value / 100), point: point)
      }.filter { $0.light.isFinite }.sorted { $0.light < $1.light }
      guard
        let top = points.lastIndex(where: {
          abs($0.point.residual) <= 1 + 3 * $0.point.deviation.uncertainty
        })
      else { continue }
      let last = points[top]
      highest.append(last.point.signal)
      guard top + 1 < points.count else { continue }
      let next = points[top + 1].light * (1 + last.point.deviation.value / 100)
      intervals.append((last.point.signal, max(last.point.signal, next)))
    }
    guard let most = highest.max() else { throw NotMeasurable("no exposure follows the curve") }
    guard !intervals.isEmpty, 12 * intervals.count >= highest.count else {
      throw NotMeasurable("not reached up to \(fixed(most / 1000, digits: 0)) kADU")
    }
    let (from, to) = common(intervals)
    return Estimate(
      value: (from + to) / 2, uncertainty: (to - from) / 2, count: intervals.count)
  }

  /// The lowest and the highest signal that at least half as many intervals hold as any signal has.
  private static func common(_ intervals: [Interval]) -> Interval {
    let ends = (intervals.map(\.from) + intervals.map(\.to)).sorted()
    let counts = ends.map { end in intervals.count { $0.from <= end && end <= $0.to } }
    let most = counts.max() ?? 0
    let first = counts.firstIndex { 2 * $0 > most } ?? 0
    let last = counts.lastIndex { 2 * $0 > most } ?? ends.count - 1
    return (ends[first], ends[last])
  }
}
