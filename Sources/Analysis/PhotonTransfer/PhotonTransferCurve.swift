#if canImport(Glibc)
  import Glibc
#endif

/// One point of a photon transfer curve.
public struct PhotonTransferPoint: Sendable, Equatable {
  /// The mean signal [adu].
  public let mean: Double
  /// The variance of one flat, C_00 [adu**2], with its uncertainty.
  public let variance: Estimate
  /// The covariances [adu**2]; nil where only the variance is known.
  public let covariances: CovarianceMatrix?
  /// Variances of binned images, as in `BinnedVariance`; empty where none were measured.
  public let binned: [BinnedVariance]

  /// A point.
  public init(
    mean: Double, variance: Estimate, covariances: CovarianceMatrix? = nil,
    binned: [BinnedVariance] = []
  ) {
    self.mean = mean
    self.variance = variance
    self.covariances = covariances
    self.binned = binned
  }

  /// The point of a measured pair.
  public init(_ pair: FlatPair) {
    self.init(
      mean: pair.mean.value, variance: pair.variance, covariances: pair.covariances,
      binned: pair.binned)
  }

  /// The point of binned images, without covariances; nil where they were not measured.
  func binned(_ side: Int) -> PhotonTransferPoint? {
    binned.first { $0.side == side }.map { PhotonTransferPoint(mean: mean, variance: $0.variance) }
  }

  var isValid: Bool {
    mean > 0 && mean.isFinite && variance.value > 0 && variance.value.isFinite
      && variance.uncertainty > 0 && variance.uncertainty.isFinite
  }
}

/// What decides which points of a photon transfer curve are fitted.
public struct PhotonTransferOptions: Sendable, Hashable {
  /// Signals [e-] up to which every detector is trusted; the fit begins there and grows upwards.
  public var seedElectrons = 50_000.0
  /// Points further than this many sigma from the curve are left out.
  public var cut = 5.0
  /// The scatter of the variance beyond its statistics, relative: what an imperfect pair may do.
  public var jitter = 1e-3
  /// How far the curve of a sound detector may depart from the model, relative: non-linearity of a few per cent bends the
  /// variance smoothly, which is no end of the curve; blooming and saturation take a large part of it within a few per cent
  /// of signal.
  public var departure = 0.04
  /// Signals [adu] outside of which no point is used.
  public var range = 0.0...Double.greatestFiniteMagnitude
  /// The range of lags of a full fit; a smaller one where the points have fewer.
  public var lags = 8

  /// The usual options.
  public init() {}
}

/// Where a photon transfer curve ends: the highest mean signal at which the variance still follows the curve.
public struct PhotonTransferTurnOff: Sendable, Equatable {
  /// The signal [adu].
  public let mean: Double
  /// Half the distance to the next point above [adu]; to the next below for a lower limit.
  public let uncertainty: Double
  /// Whether no point above fell off: the detector may go higher.
  public let isLowerLimit: Bool
}

/// The points of one amplifier, of which outliers and what lies beyond the turn-off are known.
///
/// The curve of eq. 16 of Astier et al. 2019 is fitted to the low signals with Tukey's weights, and extended upwards point
/// by point, as long as most of the next five follow; each extension by a fifth is fitted anew. A point follows where
/// |V - model| <= cut s + departure V, s^2 = sigma_V^2 + (jitter V)^2, with sigma_V its own error, sqrt(2 / N) V: the
/// original pipelines take sqrt(V), which is no error of a variance, and large enough for any departure at full size.
/// Where at least three other pairs have the same signal, a pair must also agree with their median V / model within
/// cut s alone: that finds the outliers that the departure would let pass. At last the highest signals are held against
/// what those below foretell (`CurveTop`).
public struct PhotonTransferCurve: Sendable, Equatable {
  /// The points by rising signal; those without a valid mean and variance are left out.
  public let points: [PhotonTransferPoint]
  /// Whether each point is fitted.
  public let isUsed: [Bool]
  /// Where the curve ends.
  public let turnOff: PhotonTransferTurnOff
  /// The variance at no signal [adu**2], where it is known otherwise; nil where the fits are to find it.
  public let noise: Estimate?
  /// The range of lags of a full fit.
  let lags: Int

  /// Selects points.
  ///
  /// - Parameter noise: the variance at no signal [adu**2] with its uncertainty, from the over-scan: with it all fits but
  ///   the parabola have one more point, which makes the gain three times as sure.
  /// - Throws: `NotMeasurable` with fewer than four valid points, or where no curve can be laid through them.
  public init(
    _ points: [PhotonTransferPoint], noise: Estimate? = nil,
    options: PhotonTransferOptions = PhotonTransferOptions()
  ) throws(NotMeasurable) {
    let valid = points.filter(\.isValid).sorted { $0.mean < $1.mean }
    guard valid.count >= 4 else {
      throw NotMeasurable("\(valid.count) valid pairs of flats; a curve needs four")
    }
    // Of frames without light means scatter about zero, and half of them are positive.
    guard valid.contains(where: { $0.mean > 3 * $0.variance.value.squareRoot() }) else {
      throw NotMeasurable("no light: the signals of all pairs are within the noise")
    }
    let inRange = valid.map { options.range.contains($0.mean) }
    var growth = CurveGrowth(valid, inRange, options)
    try growth.run()
    self.points = valid
    self.noise = noise.flatMap { noise in
      noise.value >= 0 && noise.value.isFinite && noise.uncertainty > 0
        && noise.uncertainty.isFinite ? noise : nil
    }
    isUsed = CurveTop(valid, cut: options.cut).trimmed(growth.isUsed)
    lags = options.lags
    guard let top = isUsed.lastIndex(of: true), isUsed.count(where: { $0 }) >= 4 else {
      throw NotMeasurable("fewer than four pairs of flats lie on a curve")
    }
    // Points above the range asked for say nothing of the detector.
    let above = valid.indices.filter { $0 > top && inRange[$0] }
    let below = isUsed[..<top].lastIndex(of: true)
    turnOff = PhotonTransferTurnOff(
      mean: valid[top].mean,
      uncertainty: above.first.map { (valid[$0].mean - valid[top].mean) / 2 }
        ?? below.map { (valid[top].mean - valid[$0].mean) / 2 } ?? 0,
      isLowerLimit: above.isEmpty)
  }

  private init(_ other: PhotonTransferCurve, points: [PhotonTransferPoint]) {
    self.points = points
    (isUsed, turnOff, lags, noise) = (other.isUsed, other.turnOff, other.lags, other.noise)
  }

  /// The curve of the linear chain; the selection and the turn-off stay those of the measured signals.
  public func linearised(by linearity: RampLinearity) -> PhotonTransferCurve {
    PhotonTransferCurve(self, points: points.map { $0.linearised(by: linearity) })
  }

  /// The curve of images that were binned in blocks of `side` x `side` pixels, per pixel: the variances of
  /// `BinnedVariance` at the same points, with the selection of the unbinned ones. The noise at no signal is not known:
  /// that of a single pixel says nothing of noise that neighbours share.
  ///
  /// - Throws: `NotMeasurable` where fewer than four fitted points have such variances.
  public func binned(_ side: Int) throws(NotMeasurable) -> PhotonTransferCurve {
    let found = zip(points, isUsed).compactMap { point, isUsed in
      point.binned(side).map { (point: $0, isUsed: isUsed) }
    }.filter(\.point.isValid)
    let count = found.count(where: \.isUsed)
    guard count >= 4 else {
      throw NotMeasurable("\(count) pairs with blocks of \(side) pixels; a curve needs four")
    }
    return PhotonTransferCurve(
      points: found.map(\.point), isUsed: found.map(\.isUsed), turnOff: turnOff, noise: nil,
      lags: 0)
  }

  private init(
    points: [PhotonTransferPoint], isUsed: [Bool], turnOff: PhotonTransferTurnOff,
    noise: Estimate?, lags: Int
  ) {
    (self.points, self.isUsed, self.turnOff) = (points, isUsed, turnOff)
    (self.noise, self.lags) = (noise, lags)
  }

  /// The variances that are fitted, that at no signal last.
  var variancePoints: [PhotonTransferPoint] {
    used + (noise.map { [PhotonTransferPoint(mean: 0, variance: $0)] } ?? [])
  }

  /// The points that are fitted.
  public var used: [PhotonTransferPoint] { zip(points, isUsed).filter(\.1).map(\.0) }
}

/// Lays a curve through the low points and extends it.
private struct CurveGrowth {
  private let points: [PhotonTransferPoint]
  private let inRange: [Bool]
  private let options: PhotonTransferOptions
  private(set) var isUsed: [Bool]
  private var top = 0

  init(_ points: [PhotonTransferPoint], _ inRange: [Bool], _ options: PhotonTransferOptions) {
    self.points = points
    self.inRange = inRange
    self.options = options
    isUsed = [Bool](repeating: false, count: points.count)
  }

  mutating func run() throws(NotMeasurable) {
    let candidates = points.indices.filter { inRange[$0] }
    guard candidates.count >= 4 else {
      throw NotMeasurable(
        "\(candidates.count) pairs of flats in the range of signals; four are needed")
    }
    // The lower half of the points, as those above saturation have next to no variance.
    let low = candidates.prefix(max(4, (candidates.count + 1) / 2))
    let gain = try median(low.map { points[$0].mean / points[$0].variance.value })
    guard signals(candidates) >= 3 else {
      throw NotMeasurable("pairs of flats at \(signals(candidates)) signals; a curve needs three")
    }
    let seed = candidates.filter { points[$0].mean * gain <= options.seedElectrons }
    var first = seed.count >= 4 ? seed : Array(low)
    // Three parameters want four signals, however many pairs there are of each.
    var next = first.count
    while signals(first) < 4, next < candidates.count {
      first.append(candidates[next])
      next += 1
    }
    var fit = try tukey(first, gain: gain)
    top = first.last ?? 0
    mark(fit)
    for _ in 0..<200 {
      let before = isUsed
      extend(fit)
      let used = points.indices.filter { isUsed[$0] }
      guard used.count >= 4 else {
        throw NotMeasurable("fewer than four pairs of flats lie on a curve")
      }
      fit = try ExponentialFit(used.map { points[$0] }, start: fit, scale: scales(used))
      mark(fit)
      if isUsed == before { break }
    }
    leaveOutDisagreeing(fit)
  }

  /// Leaves out pairs that disagree with those of the same signal, within a twentieth.
  private mutating func leaveOutDisagreeing(_ fit: ExponentialFit) {
    let ratios = points.map { $0.variance.value / fit.variance($0.mean) }
    let wasUsed = isUsed
    for index in points.indices where wasUsed[index] {
      let point = points[index]
      let others = points.indices.filter {
        $0 != index && wasUsed[$0] && abs(points[$0].mean - point.mean) <= 0.05 * point.mean
      }
      guard others.count >= 3, let centre = try? median(others.map { ratios[$0] }) else { continue }
      let allowed = options.cut * scale(point) / point.variance.value
      if abs(ratios[index] - centre) > allowed { isUsed[index] = false }
    }
  }

  /// The number of different signals: steps of more than a twentieth.
  private func signals(_ indices: [Int]) -> Int {
    var (count, last) = (0, 0.0)
    for index in indices where count == 0 || points[index].mean > 1.05 * last {
      count += 1
      last = points[index].mean
    }
    return count
  }

  /// The allowed deviation of a point, of one sigma.
  private func scale(_ point: PhotonTransferPoint) -> Double {
    let jitter = options.jitter * point.variance.value
    return (point.variance.uncertainty * point.variance.uncertainty + jitter * jitter).squareRoot()
  }

  private func departure(_ point: PhotonTransferPoint) -> Double {
    options.departure * point.variance.value
  }

  private func scales(_ indices: [Int]) -> [Double] { indices.map { scale(points[$0]) } }

  private func follows(_ fit: ExponentialFit, _ index: Int) -> Bool {
    let point = points[index]
    return abs(point.variance.value - fit.variance(point.mean))
      <= options.cut * scale(point) + departure(point)
  }

  /// Whether a point that was not fitted follows: the curve is itself uncertain where few low points foretell it.
  private func followsBeyond(_ fit: ExponentialFit, _ index: Int) -> Bool {
    let point = points[index]
    let own = scale(point)
    let error = fit.error(point.mean)
    return abs(point.variance.value - fit.variance(point.mean))
      <= options.cut * (own * own + error * error).squareRoot() + departure(point)
  }

  private mutating func mark(_ fit: ExponentialFit) {
    for index in points.indices {
      let isGood = isUsed[index] ? follows(fit, index) : followsBeyond(fit, index)
      isUsed[index] = inRange[index] && index <= top && isGood
    }
  }

  /// Goes up by a fifth of the signal at most, as long as points follow, or most of the five after one that does not.
  private mutating func extend(_ fit: ExponentialFit) {
    let limit = max(points[top].mean * 1.2, points[min(top + 1, points.count - 1)].mean)
    var index = top + 1
    while index < points.count, points[index].mean <= limit {
      if followsBeyond(fit, index) {
        top = index
      } else {
        // One bad pair, or the end of the curve: what comes next tells.
        let next = (index + 1..<max(index + 1, min(index + 6, points.count))).filter {
          points[$0].mean <= points[index].mean * 1.2
        }
        guard next.count(where: { followsBeyond(fit, $0) }) * 2 > next.count else { break }
      }
      index += 1
    }
    // Of the last few, those that do not follow are no part of the curve.
    while top > 0, !followsBeyond(fit, top) { top -= 1 }
  }

  /// A robust fit of the first points: Tukey's biweight with c = 4.685 robust sigma, at least of the errors. It begins
  /// with V / mu = 1/g + a_00 mu, whose slope is the median of those of all pairs of points (Sen 1968, J. Am. Stat. Assoc.
  /// 63, 1379): up to a quarter of the points may be bad.
  private func tukey(_ indices: [Int], gain: Double) throws(NotMeasurable) -> ExponentialFit {
    let chosen = indices.map { points[$0] }
    let errors = scales(indices)
    var slopes: [Double] = []
    for (index, first) in chosen.enumerated() {
      for second in chosen[(index + 1)...] where second.mean > 1.05 * first.mean {
        slopes.append(
          (second.variance.value / second.mean - first.variance.value / first.mean)
            / (second.mean - first.mean))
      }
    }
    let a = slopes.isEmpty ? 0 : try median(slopes)
    let inverse = try median(chosen.map { $0.variance.value / $0.mean - a * $0.mean })
    var fit = ExponentialFit(a: a, gain: inverse > 0 ? 1 / inverse : gain, noise: 0)
    var weights: [Double] = []
    for pass in 0..<50 {
      let residuals = zip(chosen, errors).map { point, error in
        (point.variance.value - fit.variance(point.mean)) / error
      }
      let spread = max(1, 1.4826 * (try median(residuals.map(abs))))
      let new = residuals.map { residual -> Double in
        let u = residual / (4.685 * spread)
        return abs(u) < 1 ? (1 - u * u) * (1 - u * u) : 0
      }
      let change = zip(new, weights).reduce(0) { max($0, abs($1.0 - $1.1)) }
      weights = new
      if pass > 1, change < 1e-4 { break }
      let kept = weights.indices.filter { weights[$0] > 1e-3 }
      guard kept.count >= 3 else { throw NotMeasurable("the pairs of flats lie on no curve") }
      fit = try ExponentialFit(
        kept.map { chosen[$0] }, start: fit,
        scale: kept.map { errors[$0] / weights[$0].squareRoot() })
    }
    return fit
  }
}

/// A curve of eq. 16.
struct ExponentialFit {
  var a: Double
  var gain: Double
  var noise: Double
  private(set) var fit: NonlinearFit?

  init(a: Double, gain: Double, noise: Double) {
    (self.a, self.gain, self.noise) = (a, gain, noise)
  }

  /// - Parameter scale: the error of each point's variance [adu**2].
  init(_ points: [PhotonTransferPoint], start: ExponentialFit, scale: [Double])
    throws(NotMeasurable)
  {
    let fit = try NonlinearFit(
      start: [start.a, start.gain, start.noise], scales: [1e-6, 1, 10], count: points.count
    ) { p, residuals in
      for (index, point) in points.enumerated() {
        let model = PhotonTransferModel.exponential(
          mean: point.mean, a: p[0], gain: p[1], noise: p[2])
        residuals[index] = (model - point.variance.value) / scale[index]
      }
    }
    guard fit.parameters[1] > 0 else {
      throw NotMeasurable("the variance does not rise with the signal")
    }
    (a, gain, noise) = (fit.parameters[0], fit.parameters[1], fit.parameters[2])
    self.fit = fit
  }

  func variance(_ mean: Double) -> Double {
    PhotonTransferModel.exponential(mean: mean, a: a, gain: gain, noise: noise)
  }

  /// The 1-sigma error of the curve at a mean signal, sqrt(J C J^T) with C of the fit [adu**2]; 0 before any fit.
  func error(_ mean: Double) -> Double {
    guard let fit, fit.parameters.count == 3 else { return 0 }
    let steps = [max(abs(a), 1e-6) * 1e-4, gain * 1e-4, max(abs(noise), 10) * 1e-4]
    func value(_ index: Int, _ step: Double) -> Double {
      PhotonTransferModel.exponential(
        mean: mean, a: a + (index == 0 ? step : 0), gain: gain + (index == 1 ? step : 0),
        noise: noise + (index == 2 ? step : 0))
    }
    let slopes = (0..<3).map { (value($0, steps[$0]) - value($0, -steps[$0])) / (2 * steps[$0]) }
    var variance = 0.0
    for i in 0..<3 {
      for j in 0..<3 { variance += slopes[i] * fit.covariance[3 * i + j] * slopes[j] }
    }
    return variance.isFinite ? max(variance, 0).squareRoot() : 0
  }
}
