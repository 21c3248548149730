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
    /// The tile.
    public let tile: Int

    /// An exposure of a tile.
    public init(filter: Int, seconds: Double, signal: Double, tile: Int = 0) {
      (self.filter, self.seconds, self.signal, self.tile) = (filter, seconds, signal, tile)
    }
  }

  /// The level that the signal stays at [adu]: median of the exposures on the plateau, with the standard error from their
  /// robust scatter.
  public let level: Estimate
  /// The lowest signal on the plateau [adu].
  public let lowest: Double

  /// Finds the plateau of each tile, since those that are lit more fill earlier, and takes the median of the levels, with its
  /// standard error from their robust scatter; `lowest` is the lowest of all.
  ///
  /// - Throws: `NotMeasurable` where fewer than a twelfth of the tiles reach a plateau.
  public init(tiles points: [Point]) throws(NotMeasurable) {
    let tiles = Dictionary(grouping: points, by: \.tile)
    var found: [SaturationPlateau] = []
    for tile in tiles.keys.sorted() {
      if let plateau = try? SaturationPlateau(tiles[tile] ?? []) { found.append(plateau) }
    }
    guard !found.isEmpty, 12 * found.count >= tiles.count,
      let level = try? median(found.map(\.level.value)),
      let lowest = found.map(\.lowest).min()
    else {
      let highest = points.reduce(0) { max($0, $1.signal) }
      throw NotMeasurable(
        highest > 1000
          ? "not reached up to \(whole(highest / 1000)) kADU" : "no exposure has a signal")
    }
    guard found.count > 1 else {
      (self.level, self.lowest) = (found[0].level, lowest)
      return
    }
    let spread = 1.482602218505602 * ((try? median(found.map { abs($0.level.value - level) })) ?? 0)
    self.level = Estimate(
      value: level, uncertainty: 1.2533 * spread / Double(found.count).squareRoot(),
      count: found.reduce(0) { $0 + $1.level.count })
    self.lowest = lowest
  }

  /// Finds the plateau of one series of exposures.
  ///
  /// For each filter, exposures of equal times are taken together (median). Going down from the longest time, steps in which
  /// the signal rises by less than half of what the filter's flux gives belong to the plateau; the flux is the median
  /// of signal over time between 5 and 45 % of full range.
  ///
  /// - Throws: `NotMeasurable` where no filter's signals reach a plateau.
  public init(_ points: [Point]) throws(NotMeasurable) {
    var flat: [Double] = []
    var highest = 0.0
    // What is no brighter than half of the rest is not full but dark: a lamp that went off.
    let brightest = points.reduce(0) { $1.signal.isFinite ? max($0, $1.signal) : $0 }
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
          low > 0.5 * brightest, high > 0.8 * low, high - low < 0.5 * flux * (above.seconds - below.seconds)
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
