#if canImport(Glibc)
  import Glibc
#endif

/// By how much the light of exposures that should be the same differs, and how much the tiles' own errors explain of it.
public enum RepeatScatter {
  /// Two exposures of one filter and time, half an hour apart at most.
  private struct Pair {
    /// The mean signal of their tiles [adu].
    var signal: Double
    /// The weighted mean over the tiles of the difference of ln F, and its variance from the samples' errors.
    var difference, variance: Double
    /// chi^2 of the tiles' differences about it, and its degrees of freedom.
    var chiSquare: Double
    var freedom: Int
  }

  /// The relative scatter of the light from exposure to exposure, beyond what the samples' own errors explain.
  ///
  /// Neighbouring exposures of one filter and time differ by d in the weighted mean of
  /// the logarithm over their tiles: s^2 = [median(d^2) / 0.4549 - median(v)] / 2, with v the variance of d from the
  /// samples' errors and 0.4549 the median of chi^2 with one degree of freedom. Non-linearity does not enter, nor does
  /// drift: exposures that follow each other directly are taken, and others, half an hour apart at most, only where
  /// there are fewer than five of those.
  ///
  /// - Returns: 0 with fewer than five pairs, or where the errors explain all of it.
  public static func relative(_ samples: [LinearitySample], above least: Double = 1000) -> Double {
    let pairs = pairs(samples.filter { $0.signal > least })
    guard pairs.count >= 5, let square = try? median(pairs.map { $0.difference * $0.difference }),
      let variance = try? median(pairs.map(\.variance))
    else { return 0 }
    return max(0, (square / 0.4549364231195724 - variance) / 2).squareRoot()
  }

  /// What the samples' errors must be multiplied by, as their tiles tell.
  ///
  /// The differences between two equal exposures, their weighted mean taken off, have the chi^2 of n - 1 degrees of
  /// freedom, n the number of tiles: neither light nor drift nor fixed pattern enters. The square of the factor is the median of chi^2 / (n - 1) over the pairs,
  /// divided by (1 - 2 / (9 (n - 1)))^3, the median of that distribution (Wilson and Hilferty 1931, PNAS 17, 684).
  ///
  /// - Returns: nil with fewer than five pairs of four tiles or more in the range.
  public static func errorScale(
    _ samples: [LinearitySample], in range: Range<Double>
  ) -> Double? {
    let ratios = pairs(samples).filter { $0.freedom >= 3 && range.contains($0.signal) }.map {
      let n = Double($0.freedom)
      let middle = 1 - 2 / (9 * n)
      return $0.chiSquare / (n * middle * middle * middle)
    }
    guard ratios.count >= 5, let ratio = try? median(ratios), ratio > 0, ratio.isFinite else {
      return nil
    }
    return ratio.squareRoot()
  }

  private static func pairs(_ samples: [LinearitySample]) -> [Pair] {
    struct Exposure {
      var filter: Int
      var seconds: Double
      var hours: Double
      var tiles: [Int: (signal: Double, variance: Double)] = [:]
    }
    var exposures: [Int: Exposure] = [:]
    for sample in samples
    where sample.signal > 0 && sample.signal.isFinite && sample.uncertainty > 0
      && sample.exposureSeconds > 0 && sample.elapsedHours.isFinite
    {
      let error = sample.uncertainty / sample.signal
      exposures[
        sample.exposure,
        default: Exposure(
          filter: sample.filter, seconds: sample.exposureSeconds, hours: sample.elapsedHours)
      ].tiles[sample.tile] = (sample.signal, error * error)
    }
    let ordered = exposures.sorted { ($0.value.hours, $0.key) < ($1.value.hours, $1.key) }
      .map(\.value)
    var direct: [Pair] = []
    var distant: [Pair] = []
    for (index, exposure) in ordered.enumerated() {
      guard
        let other = ordered[(index + 1)...].firstIndex(where: {
          $0.filter == exposure.filter
            && abs($0.seconds - exposure.seconds) <= 1e-3 * exposure.seconds
        }), ordered[other].hours - exposure.hours <= 0.5
      else { continue }
      let next = ordered[other]
      var tiles: [(difference: Double, weight: Double)] = []
      var sum = 0.0
      for (tile, a) in exposure.tiles.sorted(by: { $0.key < $1.key }) {
        guard let b = next.tiles[tile] else { continue }
        tiles.append((log(b.signal / a.signal), 1 / (a.variance + b.variance)))
        sum += a.signal
      }
      let weight = tiles.reduce(0) { $0 + $1.weight }
      guard weight > 0, weight.isFinite else { continue }
      let mean = tiles.reduce(0) { $0 + $1.weight * $1.difference } / weight
      let pair = Pair(
        signal: sum / Double(tiles.count), difference: mean, variance: 1 / weight,
        chiSquare: tiles.reduce(0) {
          $0 + $1.weight * ($1.difference - mean) * ($1.difference - mean)
        }, freedom: tiles.count - 1)
      if other == index + 1 { direct.append(pair) } else { distant.append(pair) }
    }
    return direct.count >= 5 ? direct : direct + distant
  }
}
