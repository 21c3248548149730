import Analysis

/// The signal at which one tile of an amplifier ceases to follow the curve of the whole amplifier.
enum TileLimit {
  /// Above the limit every pair has a variance below the curve by more than five sigma, its own error sqrt(2 / (n - 1))
  /// of the curve's value. The limit is the signal of the last pair that follows, its uncertainty half the way to
  /// the next: tiles have few pixels, so that a single pair which departs says nothing.
  ///
  /// - Parameters:
  ///   - points: mean and variance of the tile in each pair, in any order.
  ///   - curve: the variance of the amplifier at a mean signal [adu**2].
  /// - Throws: `NotMeasurable` where no pair is valid, none follows, or none departs.
  static func limit(
    _ points: [PhotonTransferPoint], curve: (_ mean: Double) -> Double
  ) throws(NotMeasurable) -> Estimate {
    let valid = points.filter {
      $0.mean > 0 && $0.mean.isFinite && $0.variance.value >= 0 && $0.variance.value.isFinite
    }.sorted { $0.mean < $1.mean }
    guard let last = valid.last else { throw NotMeasurable("no valid pair of flats") }
    let typical = valid.compactMap { point -> Double? in
      point.variance.value > 0 && point.variance.uncertainty > 0
        ? point.variance.uncertainty / point.variance.value : nil
    }
    guard let error = try? median(typical) else { throw NotMeasurable("no valid pair of flats") }
    let follows = valid.map { $0.variance.value >= curve($0.mean) * (1 - 5 * error) }
    guard let top = follows.lastIndex(of: true) else {
      throw NotMeasurable("no pair follows the amplifier's curve")
    }
    guard top + 1 < valid.count else {
      throw NotMeasurable("not reached up to \(fixed(last.mean, digits: 0)) ADU")
    }
    return Estimate(
      value: valid[top].mean, uncertainty: (valid[top + 1].mean - valid[top].mean) / 2,
      count: valid.count)
  }
}
