#if canImport(Glibc)
  import Glibc
#endif

/// Non-linearity of one quadrant: by how much its signal deviates from one in proportion to the light.
///
/// For a tile k, filter f and exposure e the signal is F = phi_{f,k} s(tau_e) (t_e + dt) exp u(F / 2^16), hence
///
///     ln F = ln phi_{f,k} + ln s(tau_e) + ln(t_e + dt) + u(x), x = F / 2^16,
///     u(x) = sum_{k = 1...degree} c_k x^k [+ A exp(-F / w)],
///
/// all unknowns of which but w and dt enter linearly, and dt by a few repetitions: weighted least squares give flux of each filter and tile, drift of the
/// source (from all exposures, the interspersed stability frames above all), shutter error and curve at once, so that
/// the two filters are joined by one curve and not each bent to its own line. w is found by minimising chi^2.
///
/// The deviation is Z(F) = exp(u(F) - u(pivot)) - 1: zero at the pivot. Tiles of one exposure share errors of light
/// and shutter; the covariances are therefore those of clusters (Liang and Zeger 1986, Biometrika 73, 13), one cluster an
/// exposure, with the factor m / (m - p_e) for m exposures and the p_e unknowns that exposures determine, and the square of
/// `misfit`, where the curve does not describe the signals.
public struct LinearityFit: Sendable, Equatable {
  /// The options.
  public let options: LinearityOptions
  /// c_1 ... c_degree.
  public let coefficients: [Estimate]
  /// A and w [adu] of the exponential term; nil without one. w has no uncertainty of its own.
  public let lowSignal: (amplitude: Estimate, scale: Double)?
  /// dt [s]; nil where it was not fitted.
  public let shutterError: Estimate?
  /// ln s: the coefficients of the Legendre polynomials P_1 ... over the time of all samples.
  public let drift: [Estimate]
  /// chi^2 from the stated errors, and its degrees of freedom.
  public let chiSquare: Double
  /// Degrees of freedom.
  public let freedom: Int
  /// Exposures left out as outliers.
  public let rejected: [Int]
  /// The signals that were fitted [adu].
  public let fitted: ClosedRange<Double>
  /// chi^2 of the exposures' mean residuals, the common scatter of the light among their errors, and its degrees of
  /// freedom.
  public let exposureChiSquare: (value: Double, freedom: Int)
  /// What all uncertainties were multiplied by, since the residuals by signal are larger than the exposures' scatter allows
  /// (Birge's ratio); 1 where they are not.
  public let misfit: Double
  /// Covariance of c_1 ... and A, row by row, misfit included.
  public let covariance: [Double]
  /// Exposures that were fitted.
  private let used: Set<Int>
  let shift: Double
  private let middle, span: Double
  /// The mean of ln s over the fitted samples, which the fluxes hold the opposite of.
  private let centre: Double
  private let fluxes: [LinearityChannel: Double]

  public static func == (a: LinearityFit, b: LinearityFit) -> Bool {
    a.options == b.options && a.coefficients == b.coefficients && a.covariance == b.covariance
      && a.drift == b.drift && a.rejected == b.rejected
  }

  // MARK: - The light

  /// The source relative to its mean over the fitted exposures' times, at some time [h].
  public func light(atHours hours: Double) -> Double {
    let values = LinearityProblem.legendre((hours - middle) / span, drift.count)
    return exp(zip(values, drift).reduce(-centre) { $0 + $1.0 * $1.1.value })
  }

  /// The signal that a linear detector gives for the light of a sample [adu], equal to the true one at the pivot; nil where
  /// the sample's filter or tile was not fitted, or its exposure time is not positive.
  public func linear(_ sample: LinearitySample) -> Double? {
    let channel = LinearityChannel(filter: sample.filter, tile: sample.tile)
    let seconds = sample.exposureSeconds + shift
    guard let flux = fluxes[channel], seconds > 0 else { return nil }
    return exp(flux + centre + logarithm(options.pivot)) * light(atHours: sample.elapsedHours) * seconds
  }

  /// What each exposure says of the curve, in the order of exposures, fitted or not.
  ///
  /// Of an exposure that was fitted those samples count that were: under a gradient of the light some of its tiles may be full.
  ///
  /// - Parameter everywhere: whether all samples count, also those beyond the fitted signals.
  public func points(_ samples: [LinearitySample], everywhere: Bool = false) -> [LinearityPoint] {
    // Residuals are taken tile by tile: the curve at the mean signal is not the mean of the curve.
    var sums: [Int: (filter: Int, weight: Double, rest: Double, signal: Double, count: Double)] =
      [:]
    let zero = logarithm(options.pivot)
    for sample in samples where sample.signal > 0 && sample.uncertainty > 0 {
      guard let linear = linear(sample), linear > 0 else { continue }
      let isLeftOut = used.contains(sample.exposure) && !options.range.contains(sample.signal)
      if isLeftOut, !everywhere { continue }
      let error = sample.uncertainty / sample.signal
      let weight = 1 / (error * error)
      var sum = sums[sample.exposure] ?? (sample.filter, 0, 0, 0, 0)
      sum.weight += weight
      sum.rest += weight * (log(sample.signal / linear) - logarithm(sample.signal) + zero)
      sum.signal += sample.signal
      sum.count += 1
      sums[sample.exposure] = sum
    }
    return sums.keys.sorted().compactMap { exposure in
      guard let sum = sums[exposure] else { return nil }
      let signal = sum.signal / sum.count
      let rest = sum.rest / sum.weight
      let ratio = rest + logarithm(signal) - zero
      let common = options.commonScatter * options.commonScatter
      let error = 100 * exp(ratio) * (1 / sum.weight + common).squareRoot()
      return LinearityPoint(
        exposure: exposure, filter: sum.filter, signal: signal,
        deviation: Estimate(
          value: 100 * expm1(ratio), uncertainty: error, count: Int(sum.count)),
        residual: 100 * expm1(rest),
        isUsed: used.contains(exposure))
    }
  }

  /// u at a signal.
  private func logarithm(_ signal: Double) -> Double {
    let parameters = coefficients.map(\.value) + (lowSignal.map { [$0.amplitude.value] } ?? [])
    return zip(terms(signal), parameters).reduce(0) { $0 + $1.0 * $1.1 }
  }

  // MARK: - The curve

  private func terms(_ signal: Double) -> [Double] {
    let x = signal / 65536
    var result = (1...max(coefficients.count, 1)).map { pow(x, Double($0)) }
    if coefficients.isEmpty { result = [] }
    if let lowSignal { result.append(exp(-signal / lowSignal.scale)) }
    return result
  }

  /// The deviation Z [%] at a measured signal [adu], with its 1-sigma uncertainty.
  public func deviation(_ signal: Double) -> Estimate {
    let v = zip(terms(signal), terms(options.pivot)).map { $0 - $1 }
    let parameters = coefficients.map(\.value) + (lowSignal.map { [$0.amplitude.value] } ?? [])
    let u = zip(v, parameters).reduce(0) { $0 + $1.0 * $1.1 }
    var variance = 0.0
    for i in v.indices {
      for j in v.indices { variance += v[i] * v[j] * covariance[i * v.count + j] }
    }
    return Estimate(
      value: 100 * expm1(u), uncertainty: 100 * exp(u) * max(variance, 0).squareRoot(),
      count: freedom)
  }

  /// The signal that a linear detector would give [adu]: F / (1 + Z), equal to F at the pivot.
  public func linearised(_ signal: Double) -> Double {
    signal / (1 + deviation(signal).value / 100)
  }

  /// The largest |Z| [%] within the fitted range, or the part of it asked for, and the signal where it is [adu]; of 400
  /// signals at equal distances.
  public func largestDeviation(within part: ClosedRange<Double>? = nil) -> (
    value: Estimate, signal: Double
  ) {
    let range = (part ?? fitted).clamped(to: fitted)
    var best = (value: deviation(range.lowerBound), signal: range.lowerBound)
    for step in 1...400 {
      let signal = range.lowerBound + (range.upperBound - range.lowerBound) * Double(step) / 400
      let here = deviation(signal)
      if abs(here.value) > abs(best.value.value) { best = (here, signal) }
    }
    return best
  }
}

// MARK: - Fitting

extension LinearityFit {
  /// Fits.
  ///
  /// - Throws: `NotMeasurable` with too few signals, or where they do not determine the curve.
  public init(_ samples: [LinearitySample], options: LinearityOptions = LinearityOptions())
    throws(NotMeasurable)
  {
    let valid = samples.filter {
      $0.signal.isFinite && options.range.contains($0.signal) && $0.exposureSeconds > 0
        && $0.exposureSeconds.isFinite && $0.uncertainty > 0 && $0.uncertainty.isFinite
        && $0.elapsedHours.isFinite
    }
    guard !valid.isEmpty else {
      throw NotMeasurable("no exposure has a signal in the range of the fit")
    }
    // Exposures whose light has nothing to do with their times would make a shutter's error of themselves.
    var rough = options
    (rough.fitsShutter, rough.degree) = (false, 1)
    let gross = try Self.gross(valid, rough)
    // With an exponential, one of middling scale tells drift and outliers: without any, what it describes would
    // be taken for outliers.
    var plain = try Self.clean(
      valid.filter { !gross.contains($0.exposure) }, options,
      scale: options.fitsLowSignals ? 1500 : nil)
    plain.rejected += gross
    guard options.fitsLowSignals else {
      self = try LinearityFit(plain, options, scale: nil).plausible()
      return
    }
    // chi^2 by the scale of the exponential, on a grid of equal ratios: the minimum is broad.
    var best: Solution?
    var scale = 0.0
    for step in 0...16 {
      let trial = 150 * pow(100, Double(step) / 16)
      guard let found = try? Self.solve(plain, options, scale: trial) else { continue }
      if best.map({ found.problem.chiSquare < $0.problem.chiSquare }) ?? true {
        (best, scale) = (found, trial)
      }
    }
    guard let best else { throw NotMeasurable("the signals do not determine the curve") }
    self = try LinearityFit(best, options, scale: scale).plausible()
  }

  /// The greatest span of u over the fitted signals: no chain of a detector bends by a quarter.
  static let greatestBend = 0.25

  /// The fit, where it can be that of a detector and of its exposure times.
  ///
  /// - Throws: `NotMeasurable` where no signals reach the pivot, the curve bends by more than `greatestBend`, or as many exposures were left out as
  ///   were fitted: then the times are not those of the exposures.
  private func plausible() throws(NotMeasurable) -> LinearityFit {
    let bends = (0...40).map { step in
      logarithm(
        fitted.lowerBound + (fitted.upperBound - fitted.lowerBound) * Double(step) / 40)
    }
    guard fitted.lowerBound <= options.pivot, 0.95 * options.pivot <= fitted.upperBound else {
      throw NotMeasurable(
        "the pivot of \(whole(options.pivot)) ADU lies beyond the fitted signals, "
          + "\(whole(fitted.lowerBound)) to \(whole(fitted.upperBound)) ADU")
    }
    let bend = (bends.max() ?? 0) - (bends.min() ?? 0)
    guard bend.isFinite, bend < Self.greatestBend else {
      throw NotMeasurable(
        "the signals do not follow the exposure times: the curve would bend by "
          + (bend < 10 ? "\(Int((100 * bend).rounded())) %" : "a factor of thousands"))
    }
    guard Set(rejected).count < used.count else {
      throw NotMeasurable(
        "the signals do not follow the exposure times: \(Set(rejected).count) of "
          + "\(Set(rejected).count + used.count) exposures lie off the curve")
    }
    return self
  }

  /// A solved problem with what led to it.
  private struct Solution {
    var problem: LinearityProblem
    var samples: [LinearitySample]
    var rejected: [Int]
    var driftDegree: Int
    var shift: Double
  }

  /// Exposures whose light is off by a third and by ten robust sigma, the worst first: no shutter and no curve explains it.
  private static func gross(
    _ valid: [LinearitySample], _ options: LinearityOptions
  ) throws(NotMeasurable) -> [Int] {
    var samples = valid
    var found: [Int] = []
    for _ in 0..<50 {
      let bad = try LinearityProblem(samples, options, scale: nil, driftDegree: 0, shift: 0)
        .outliers(cut: 10, least: 0.3)
      guard !bad.isEmpty else { break }
      found += bad
      samples.removeAll { bad.contains($0.exposure) }
    }
    return found
  }

  /// Chooses the degree of the drift, and leaves outliers out.
  private static func clean(
    _ valid: [LinearitySample], _ options: LinearityOptions, scale: Double?
  ) throws(NotMeasurable) -> Solution {
    var degree = options.driftDegrees.lowerBound
    var solution = try reject(valid, options, scale: scale, driftDegree: degree)
    guard options.driftDegrees.count > 1 else { return solution }
    var best = solution.problem.informationCriterion()
    for trial in options.driftDegrees.dropFirst() {
      guard
        let problem = try? LinearityProblem(
          solution.samples, options, scale: scale, driftDegree: trial, shift: solution.shift)
      else { break }
      let value = problem.informationCriterion()
      if value < best { (best, degree) = (value, trial) }
    }
    if degree != solution.driftDegree {
      solution = try reject(valid, options, scale: scale, driftDegree: degree)
    }
    return solution
  }

  private static func reject(
    _ valid: [LinearitySample], _ options: LinearityOptions, scale: Double?, driftDegree: Int
  ) throws(NotMeasurable) -> Solution {
    let first = try LinearityProblem(
      valid, options, scale: scale, driftDegree: driftDegree, shift: 0)
    var solution = Solution(
      problem: first, samples: valid, rejected: [], driftDegree: driftDegree, shift: 0)
    solution = try solve(solution, options, scale: scale)
    for _ in 0..<20 {
      let bad = try solution.problem.outliers(cut: options.cut)
      guard !bad.isEmpty else { break }
      solution.rejected += bad
      solution.samples.removeAll { bad.contains($0.exposure) }
      solution = try solve(solution, options, scale: scale)
    }
    return solution
  }

  /// Solves; again with the error of the shutter that was found, since ln(t + dt) is not linear in dt.
  private static func solve(
    _ start: Solution, _ options: LinearityOptions, scale: Double?
  ) throws(NotMeasurable) -> Solution {
    var solution = start
    for _ in 0..<6 {
      solution.problem = try LinearityProblem(
        solution.samples, options, scale: scale, driftDegree: solution.driftDegree,
        shift: solution.shift)
      guard let column = solution.problem.shutterColumn else { break }
      let step = solution.problem.parameters[column]
      guard abs(step) > 1e-7 else { break }
      // No step takes more than half of the shortest time away: the next one goes on from there.
      let shortest = solution.samples.reduce(Double.infinity) { min($0, $1.exposureSeconds) }
      solution.shift = max(solution.shift + step, -0.5 * shortest)
    }
    return solution
  }

  private init(_ solution: Solution, _ options: LinearityOptions, scale: Double?) {
    let problem = solution.problem
    let misfit = problem.misfit(options)
    let covariance = problem.clusteredCovariance().map { misfit * misfit * $0 }
    self.misfit = misfit
    let p = problem.parameters.count
    let count = solution.samples.count
    func estimate(_ index: Int) -> Estimate {
      Estimate(
        value: problem.parameters[index],
        uncertainty: max(covariance[index * p + index], 0).squareRoot(), count: count)
    }
    self.options = options
    let curve = problem.curveColumns
    coefficients = curve.prefix(options.degree).map(estimate)
    lowSignal = scale.flatMap { scale in curve.last.map { (estimate($0), scale) } }
    shift = solution.shift
    shutterError = problem.shutterColumn.map { column in
      var value = estimate(column)
      value.value = solution.shift
      return value
    }
    drift = problem.driftColumns.map(estimate)
    (middle, span) = (problem.middle, problem.span)
    fluxes = problem.fluxes
    let course = problem.driftColumns.map { problem.parameters[$0] }
    var sum = 0.0
    for sample in solution.samples {
      let values = LinearityProblem.legendre(
        (sample.elapsedHours - problem.middle) / problem.span, course.count)
      sum += zip(values, course).reduce(0) { $0 + $1.0 * $1.1 }
    }
    centre = sum / Double(max(1, count))
    chiSquare = problem.chiSquare
    freedom = count - problem.unknowns
    exposureChiSquare = problem.exposureChiSquare()
    rejected = solution.rejected.sorted()
    let signals = solution.samples.map(\.signal)
    fitted = (signals.min() ?? 0)...(signals.max() ?? 0)
    used = Set(solution.samples.map(\.exposure))
    self.covariance = curve.flatMap { row in curve.map { covariance[row * p + $0] } }
  }
}
