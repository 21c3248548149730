/// Charge that the last pixel left behind, found in the over-scan (EPER: Janesick 2001, Scientific Charge-Coupled Devices,
/// section 5.3).
public struct DeferredCharge: Sendable, Equatable {
  /// The signal of the last pixels of the image area [adu].
  public let last: Estimate
  /// The charge in the first over-scan pixels together [adu].
  public let deferred: Estimate
  /// The number of transfers.
  public let transfers: Int

  /// A measurement.
  public init(last: Estimate, deferred: Estimate, transfers: Int) {
    (self.last, self.deferred, self.transfers) = (last, deferred, transfers)
  }

  /// The inefficiency of one transfer, CTI = D / (N S), with the errors of both.
  ///
  /// - Throws: `NotMeasurable` where the last pixel has no signal.
  public func inefficiency() throws(NotMeasurable) -> Estimate {
    guard last.value > 0, transfers > 0 else {
      throw NotMeasurable("the last pixels have no signal")
    }
    let scale = 1 / (last.value * Double(transfers))
    let value = deferred.value * scale
    let ofDeferred = deferred.uncertainty * scale
    let ofSignal = value * last.uncertainty / last.value
    return Estimate(
      value: value,
      uncertainty: (ofDeferred * ofDeferred + ofSignal * ofSignal).squareRoot(),
      count: deferred.count)
  }

  /// The signal above which the inefficiency stays beyond a limit by more than three sigma.
  ///
  /// - Returns: half-way between the last signal within the limit and the next one, with half of their distance as uncertainty.
  /// - Throws: `NotMeasurable` with fewer than three points, where none is within the limit, or the highest one is.
  public static func limit(
    _ points: [(signal: Double, inefficiency: Estimate)], beyond most: Double
  ) throws(NotMeasurable) -> Estimate {
    let sorted = points.filter { $0.signal.isFinite && $0.inefficiency.value.isFinite }
      .sorted { $0.signal < $1.signal }
    guard sorted.count >= 3, let top = sorted.last else {
      throw NotMeasurable("\(sorted.count) exposures with enough signal")
    }
    let within = sorted.map {
      $0.inefficiency.value - 3 * max($0.inefficiency.uncertainty, 0) <= most
    }
    guard let last = within.lastIndex(of: true) else {
      throw NotMeasurable("beyond the limit at all signals")
    }
    guard last + 1 < sorted.count else {
      throw NotMeasurable("not reached up to \(whole(top.signal / 1000)) kADU")
    }
    let (a, b) = (sorted[last].signal, sorted[last + 1].signal)
    return Estimate(value: (a + b) / 2, uncertainty: (b - a) / 2, count: sorted.count)
  }
}
