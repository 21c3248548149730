import Campaign

/// Point sources that a cosmic ray struck in one frame: they say nothing of the light or the focus.
enum StruckSpots {
  /// The least number of frames of a script column that tell what a spot is like without the ray.
  static let leastFrames = 5

  /// The indices of values that are above their limits because of a ray, as far as that can be told.
  ///
  /// A ray adds charge to one spot of one frame. So the value must be above the upper limit, that
  /// of the same spot within limits in all other frames of the script column, of which there are at
  /// least five with this one, and those of the quadrant's other spots in the same frame. Twenty
  /// frames at 5 % of full well see such a ray in about one of fifty tests.
  static func indices(in values: [CheckedValue], _ part: DataCheck.Part) -> Set<Int> {
    struct Series: Hashable {
      var spot: String
      var column: String?
    }
    var failing: [Int] = []
    var frames: [Series: Int] = [:]
    var failures: [Series: Int] = [:]
    var failuresOfFrame: [Int: Int] = [:]
    for (index, value) in values.enumerated() {
      guard let spot = value.spot, let obsid = value.obsid else { continue }
      let series = Series(spot: spot, column: value.column)
      frames[series, default: 0] += 1
      if case .success(let number) = value.outcome, part.admits(number) { continue }
      failures[series, default: 0] += 1
      failuresOfFrame[obsid, default: 0] += 1
      failing.append(index)
    }
    return Set(
      failing.filter { index in
        let value = values[index]
        guard let spot = value.spot, let obsid = value.obsid, !value.isLowerBound,
          case .success(let number) = value.outcome, number > part.range.upper
        else { return false }
        let series = Series(spot: spot, column: value.column)
        return failures[series] == 1 && failuresOfFrame[obsid] == 1
          && frames[series, default: 0] >= leastFrames
      })
  }
}
