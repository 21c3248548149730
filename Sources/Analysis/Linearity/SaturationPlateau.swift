/// Where the signal of a ladder of exposures ceases to rise.
public struct SaturationPlateau: Sendable, Equatable {
  /// One exposure.
  public struct Point: Sendable {
    /// The filter.
    public let filter: Int
    /// The exposure time [s].
    public let seconds: Double
    /// The mean signal [adu].
    public let signal: Double

    /// An exposure.
    public init(filter: Int, seconds: Double, signal: Double) {
      (self.filter, self.seconds, self.signal) = (filter, seconds, signal)
    }
  }

  /// The level that the signal stays at [adu]: median of the exposures on the plateau, with the standard error from their
  /// robust scatter.
  public let level: Estimate
  /// The lowest signal on the plateau [adu].
  public let lowest: Double

  /// Finds the plateau.
  ///
  /// For each filter, exposures of equal times are taken together (median). Going down from the longest time, steps in which
  /// the signal rises by less than half of what the filter's flux gives belong to the plateau; the flux is the median
  /// of signal over time between 5 and 45 % of full range.
  ///
  /// - Throws: `NotMeasurable` where no filter's signals reach a plateau.
  public init(_ points: [Point]) throws(NotMeasurable) {
    var flat: [Double] = []
    var highest = 0.0
    for filter in Set(points.map(\.filter)).sorted() {
      let mine = points.filter {
        $0.filter == filter && $0.seconds > 0 && $0.signal > 0 && $0.signal.isFinite
          && $0.seconds.isFinite
      }.sorted { $0.seconds < $1.seconds }
      highest = mine.reduce(highest) { max($0, $1.signal) }
      guard
        let flux = try? median(
          mine.filter { $0.signal > 3277 && $0.signal < 29_491 }.map { $0.signal / $0.seconds })
      else { continue }
      var steps: [(seconds: Double, signals: [Double])] = []
      for point in mine {
        if let last = steps.last, point.seconds - last.seconds <= 1e-3 * last.seconds {
          steps[steps.count - 1].signals.append(point.signal)
        } else {
          steps.append((point.seconds, [point.signal]))
        }
      }
      var index = steps.count - 1
      while index > 0 {
        let (above, below) = (steps[index], steps[index - 1])
        guard let high = try? median(above.signals), let low = try? median(below.signals),
          high > 0.8 * low, high - low < 0.5 * flux * (above.seconds - below.seconds)
        else { break }
        flat += above.signals
        index -= 1
      }
    }
    guard let level = try? median(flat), let least = flat.min() else {
      throw NotMeasurable(
        highest > 1000
          ? "not reached up to \(whole(highest / 1000)) kADU" : "no exposure has a signal")
    }
    let spread = 1.482602218505602 * ((try? median(flat.map { abs($0 - level) })) ?? 0)
    self.level = Estimate(
      value: level, uncertainty: 1.2533 * spread / Double(flat.count).squareRoot(),
      count: flat.count)
    lowest = least
  }
}
