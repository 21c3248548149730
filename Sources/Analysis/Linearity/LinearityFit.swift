#if canImport(Glibc)
  import Glibc
#endif

/// The mean signal of one tile of one quadrant in one exposure.
public struct LinearitySample: Sendable, Equatable {
  /// Which exposure; samples of one share its errors of light and shutter.
  public let exposure: Int
  /// Which filter: each has a flux of its own.
  public let filter: Int
  /// Which tile of the quadrant.
  public let tile: Int
  /// The true exposure time [s], the shutter's calibration applied.
  public let exposureSeconds: Double
  /// When the exposure was made [h], from any origin.
  public let elapsedHours: Double
  /// The signal above the offset and the background [adu].
  public let signal: Double
  /// Its 1-sigma uncertainty [adu].
  public let uncertainty: Double

  /// A sample.
  public init(
    exposure: Int, filter: Int, tile: Int, exposureSeconds: Double, elapsedHours: Double,
    signal: Double, uncertainty: Double
  ) {
    (self.exposure, self.filter, self.tile) = (exposure, filter, tile)
    (self.exposureSeconds, self.elapsedHours) = (exposureSeconds, elapsedHours)
    (self.signal, self.uncertainty) = (signal, uncertainty)
  }
}

/// How non-linearity is fitted.
public struct LinearityOptions: Sendable, Hashable {
  /// The degree of the polynomial.
  public var degree = 4
  /// Whether an exponential term for low signals is fitted.
  public var fitsLowSignals = false
  /// Whether a constant error of all exposure times is fitted.
  public var fitsShutter = true
  /// The degree of the polynomial in time that the source follows.
  public var driftDegree = 2
  /// The signals that are fitted [adu].
  public var range = 250.0...55_536
  /// Where the deviation is zero by definition [adu]: the linear law passes through this signal.
  public var pivot = 32_768.0
  /// Exposures that deviate by more than this many robust sigma are left out.
  public var cut = 5.0

  /// The usual options.
  public init() {}
}

/// Non-linearity of one quadrant: by how much its signal deviates from one in proportion to the light.
///
/// For a tile k, filter f and exposure e the signal is F = phi_{f,k} s(tau_e) (t_e + dt) exp u(F / 2^16), hence
///
///     ln F = ln phi_{f,k} + ln s(tau_e) + ln t_e + dt / t_e + u(x), x = F / 2^16,
///     u(x) = sum_{k = 1...degree} c_k x^k [+ A exp(-x / w)],
///
/// all unknowns of which but w enter linearly: weighted least squares give flux of each filter and tile, drift of the
/// source (from all exposures, the interspersed stability frames above all), shutter error and curve at once, so that
/// the two filters are joined by one curve and not each bent to its own line. w is found by minimising chi^2.
///
/// The deviation is Z(F) = exp(u(F) - u(pivot)) - 1: zero at the pivot. Tiles of one exposure share errors of light
/// and shutter; the covariances are therefore those of clusters (Liang and Zeger 1986, Biometrika 73, 13), one cluster an
/// exposure, with the factor m / (m - p_e) for m exposures and the p_e unknowns that exposures determine.
public struct LinearityFit: Sendable, Equatable {
  /// The options.
  public let options: LinearityOptions
  /// c_1 ... c_degree.
  public let coefficients: [Estimate]
  /// A and w [adu] of the exponential term; nil without one. w has no uncertainty of its own.
  public let lowSignal: (amplitude: Estimate, scale: Double)?
  /// dt [s]; nil where it was not fitted.
  public let shutterError: Estimate?
  /// ln s: the coefficients of (tau - mean tau) [1/h**k], k = 1...
  public let drift: [Estimate]
  /// chi^2 from the stated errors, and its degrees of freedom.
  public let chiSquare: Double
  /// Degrees of freedom.
  public let freedom: Int
  /// Exposures left out as outliers.
  public let rejected: [Int]
  /// The signals that were fitted [adu].
  public let fitted: ClosedRange<Double>
  /// Covariance of c_1 ... and A, row by row.
  private let covariance: [Double]

  public static func == (a: LinearityFit, b: LinearityFit) -> Bool {
    a.options == b.options && a.coefficients == b.coefficients && a.covariance == b.covariance
      && a.drift == b.drift && a.rejected == b.rejected
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
    guard options.fitsLowSignals else {
      self = try LinearityFit(valid, options, scale: nil)
      return
    }
    // chi^2 by the scale of the exponential, on a grid of equal ratios: the minimum is broad.
    var best: LinearityFit?
    for step in 0...16 {
      let scale = 150 * pow(100, Double(step) / 16)
      guard let fit = try? LinearityFit(valid, options, scale: scale) else { continue }
      if best.map({ fit.chiSquare < $0.chiSquare }) ?? true { best = fit }
    }
    guard let best else { throw NotMeasurable("the signals do not determine the curve") }
    self = best
  }

  private init(
    _ valid: [LinearitySample], _ options: LinearityOptions, scale: Double?
  ) throws(NotMeasurable) {
    var used = valid
    var rejected: [Int] = []
    var problem = try LinearityProblem(used, options, scale: scale)
    for _ in 0..<20 {
      let bad = try problem.outliers(cut: options.cut)
      guard !bad.isEmpty else { break }
      rejected += bad
      used.removeAll { bad.contains($0.exposure) }
      problem = try LinearityProblem(used, options, scale: scale)
    }
    let covariance = problem.clusteredCovariance()
    let p = problem.parameters.count
    let count = used.count
    func estimate(_ index: Int) -> Estimate {
      Estimate(
        value: problem.parameters[index],
        uncertainty: max(covariance[index * p + index], 0).squareRoot(), count: count)
    }
    self.options = options
    let curve = problem.curveColumns
    coefficients = curve.prefix(options.degree).map(estimate)
    lowSignal = scale.flatMap { scale in curve.last.map { (estimate($0), scale) } }
    shutterError = problem.shutterColumn.map(estimate)
    drift = problem.driftColumns.map(estimate)
    chiSquare = problem.chiSquare
    freedom = count - p
    self.rejected = rejected.sorted()
    let signals = used.map(\.signal)
    fitted = (signals.min() ?? 0)...(signals.max() ?? 0)
    self.covariance = curve.flatMap { row in curve.map { covariance[row * p + $0] } }
  }
}

/// The equations of one fit.
private struct LinearityProblem {
  private let samples: [LinearitySample]
  private let rows: [[Double]]
  private let data: [Double]
  private let errors: [Double]
  private let fit: LinearFit
  let curveColumns: [Int]
  let driftColumns: [Int]
  let shutterColumn: Int?
  /// The unknowns that belong to exposures, not to tiles.
  private let exposureUnknowns: Int

  var parameters: [Double] { fit.parameters }
  var chiSquare: Double { fit.chiSquare }

  init(
    _ samples: [LinearitySample], _ options: LinearityOptions, scale: Double?
  ) throws(NotMeasurable) {
    struct Channel: Hashable {
      let filter, tile: Int
    }
    var channels: [Channel: Int] = [:]
    for sample in samples {
      let channel = Channel(filter: sample.filter, tile: sample.tile)
      if channels[channel] == nil { channels[channel] = channels.count }
    }
    let filters = Set(samples.map(\.filter)).count
    let curve = options.degree + (scale == nil ? 0 : 1)
    var column = channels.count
    curveColumns = Array(column..<column + curve)
    column += curve
    driftColumns = Array(column..<column + max(options.driftDegree, 0))
    column += driftColumns.count
    shutterColumn = options.fitsShutter ? column : nil
    let width = column + (options.fitsShutter ? 1 : 0)
    exposureUnknowns = filters + width - channels.count
    let exposures = Set(samples.map(\.exposure)).count
    guard exposures > exposureUnknowns else {
      throw NotMeasurable("\(exposures) exposures in range for \(exposureUnknowns) unknowns")
    }
    let middle = samples.reduce(0) { $0 + $1.elapsedHours } / Double(samples.count)
    let span = max(1e-6, samples.reduce(0) { max($0, abs($1.elapsedHours - middle)) })
    let (curveColumns, driftColumns, shutterColumn) = (
      self.curveColumns, self.driftColumns, self.shutterColumn
    )
    let rows = samples.map { sample in
      var row = [Double](repeating: 0, count: width)
      row[channels[Channel(filter: sample.filter, tile: sample.tile)] ?? 0] = 1
      let x = sample.signal / 65536
      var power = x
      for column in curveColumns.prefix(options.degree) {
        row[column] = power
        power *= x
      }
      if let scale, let last = curveColumns.last { row[last] = exp(-sample.signal / scale) }
      // In units of the whole span, so that the equations are of like size.
      let tau = (sample.elapsedHours - middle) / span
      var time = tau
      for column in driftColumns {
        row[column] = time
        time *= tau
      }
      if let shutterColumn { row[shutterColumn] = 1 / sample.exposureSeconds }
      return row
    }
    let data = samples.map { log($0.signal) - log($0.exposureSeconds) }
    let errors = samples.map { $0.uncertainty / $0.signal }
    fit = try LinearFit(rows: rows, data: data, errors: errors)
    (self.samples, self.rows, self.data, self.errors) = (samples, rows, data, errors)
  }

  private var residuals: [Double] {
    rows.indices.map { index in
      data[index] - zip(rows[index], fit.parameters).reduce(0) { $0 + $1.0 * $1.1 }
    }
  }

  /// Exposures whose weighted mean residual lies beyond `cut` robust sigma of all exposures.
  func outliers(cut: Double) throws(NotMeasurable) -> [Int] {
    var sums: [Int: (weighted: Double, weight: Double)] = [:]
    for (index, residual) in residuals.enumerated() {
      let weight = 1 / (errors[index] * errors[index])
      let old = sums[samples[index].exposure] ?? (0, 0)
      sums[samples[index].exposure] = (old.weighted + weight * residual, old.weight + weight)
    }
    let means = sums.mapValues {
      (value: $0.weighted / $0.weight, error: 1 / $0.weight.squareRoot())
    }
    let spread = 1.482602218505602 * (try median(means.values.map { abs($0.value) }))
    // Never less than what the statistics of one exposure allow.
    let bad = means.filter { abs($0.value.value) > cut * max(spread, $0.value.error) }
    // The worst drag the fit along, and make others look bad: they go first.
    let worst = bad.values.reduce(0) { max($0, abs($1.value)) }
    return bad.filter { abs($0.value.value) > worst / 2 }.keys.sorted()
  }

  /// (X^T W X)^-1 [sum over exposures of (X^T W r)(X^T W r)^T] (X^T W X)^-1, times m / (m - p_e).
  func clusteredCovariance() -> [Double] {
    let p = fit.parameters.count
    var scores: [Int: [Double]] = [:]
    for (index, residual) in residuals.enumerated() {
      let weight = residual / (errors[index] * errors[index])
      var score = scores[samples[index].exposure] ?? [Double](repeating: 0, count: p)
      for (column, value) in rows[index].enumerated() where value != 0 {
        score[column] += weight * value
      }
      scores[samples[index].exposure] = score
    }
    let m = Double(scores.count)
    let factor = m / max(1, m - Double(exposureUnknowns))
    var result = [Double](repeating: 0, count: p * p)
    for exposure in scores.keys.sorted() {
      guard let score = scores[exposure] else { continue }
      let influence = (0..<p).map { row in
        (0..<p).reduce(0) { $0 + fit.covariance[row * p + $1] * score[$1] }
      }
      for i in 0..<p {
        for j in 0..<p { result[i * p + j] += factor * influence[i] * influence[j] }
      }
    }
    return result
  }
}
