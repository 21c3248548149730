#if canImport(Glibc)
  import Glibc
#endif

/// By how much the light of exposures that should be the same differs.
public enum RepeatScatter {
  /// The relative scatter of the light from exposure to exposure, beyond what the samples' own errors explain.
  ///
  /// Neighbouring exposures of one filter and time, half an hour apart at most, differ by d in the weighted mean of
  /// the logarithm over their tiles: s^2 = [median(d^2) / 0.4549 - median(v)] / 2, with v the variance of d from the
  /// samples' errors and 0.4549 the median of chi^2 with one degree of freedom. Neither drift nor non-linearity enters.
  ///
  /// - Returns: 0 with fewer than five such pairs, or where the errors explain all of it.
  public static func relative(_ samples: [LinearitySample], above least: Double = 1000) -> Double {
    struct Exposure {
      var filter: Int
      var seconds: Double
      var hours: Double
      var tiles: [Int: (logarithm: Double, variance: Double)] = [:]
    }
    var exposures: [Int: Exposure] = [:]
    for sample in samples
    where sample.signal > least && sample.signal.isFinite && sample.uncertainty > 0
      && sample.exposureSeconds > 0 && sample.elapsedHours.isFinite
    {
      let error = sample.uncertainty / sample.signal
      exposures[
        sample.exposure,
        default: Exposure(
          filter: sample.filter, seconds: sample.exposureSeconds, hours: sample.elapsedHours)
      ].tiles[sample.tile] = (log(sample.signal), error * error)
    }
    let ordered = exposures.sorted { ($0.value.hours, $0.key) < ($1.value.hours, $1.key) }
      .map(\.value)
    var squares: [Double] = []
    var variances: [Double] = []
    for (index, exposure) in ordered.enumerated() {
      guard
        let next = ordered[(index + 1)...].first(where: {
          $0.filter == exposure.filter
            && abs($0.seconds - exposure.seconds) <= 1e-3 * exposure.seconds
        }), next.hours - exposure.hours <= 0.5
      else { continue }
      var (weight, sum) = (0.0, 0.0)
      for (tile, a) in exposure.tiles.sorted(by: { $0.key < $1.key }) {
        guard let b = next.tiles[tile] else { continue }
        let w = 1 / (a.variance + b.variance)
        weight += w
        sum += w * (b.logarithm - a.logarithm)
      }
      guard weight > 0 else { continue }
      squares.append(sum / weight * (sum / weight))
      variances.append(1 / weight)
    }
    guard squares.count >= 5, let square = try? median(squares),
      let variance = try? median(variances)
    else { return 0 }
    return max(0, (square / 0.4549364231195724 - variance) / 2).squareRoot()
  }
}
