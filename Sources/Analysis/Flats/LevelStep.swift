/// A step of a level in time, where a step describes it better than a steady drift does.
public enum LevelStep {
  /// The median after the most likely step less the median before it (Pettitt's test, see `ChangePoint`).
  ///
  /// A drift makes the same test answer; the step therefore counts only where two constants leave a smaller sum of
  /// squares than the line of Theil and Sen.
  ///
  /// - Parameters:
  ///   - times, values: in the order of time.
  ///   - chance: steps that a sequence without any shows with a greater probability are none.
  /// - Throws: `NotMeasurable` with fewer than eight values, where no step is significant, or where it is a drift.
  public static func find(
    times: [Double], values: [Double], chance: Double = 0.01
  ) throws(NotMeasurable) -> Estimate {
    guard times.count == values.count else { throw NotMeasurable("times and values differ in number") }
    let change = try ChangePoint(values)
    guard change.probability < chance else {
      let share = (100 * change.probability).rounded()
      throw NotMeasurable("no step: chance makes one like it in \(Int(share)) % of cases")
    }
    let parts = (Array(values[..<change.before]), Array(values[change.before...]))
    let before = try medianEstimate(parts.0)
    let after = try medianEstimate(parts.1)
    func squares(_ rests: [Double]) -> Double { rests.reduce(0) { $0 + $1 * $1 } }
    let ofStep =
      squares(parts.0.map { $0 - before.value }) + squares(parts.1.map { $0 - after.value })
    if let line = try? RobustTrend(x: times, y: values) {
      let ofLine = squares(
        zip(times, values).map { $1 - line.intercept - line.slope.value * $0 })
      guard ofStep < ofLine else {
        throw NotMeasurable("no step: a steady drift describes it better")
      }
    }
    return Estimate(
      value: change.step,
      uncertainty: (before.uncertainty * before.uncertainty
        + after.uncertainty * after.uncertainty).squareRoot(), count: values.count)
  }
}
