#if canImport(Glibc)
  import Glibc
#endif

/// A flux of its own: one filter, as one tile sees it.
struct LinearityChannel: Hashable {
  let filter, tile: Int
}

/// The equations of one fit of non-linearity.
///
/// The flux of each channel is an unknown that only its own samples have: with the weighted mean of its channel taken from
/// every datum and every column, least squares give the same other unknowns and the same covariances
/// (Frisch and Waugh 1933, Econometrica 1, 387; Lovell 1963, JASA 58, 993) from a tenth of the columns.
struct LinearityProblem {
  private let samples: [LinearitySample]
  private let rows: [[Double]]
  private let data: [Double]
  private let weights: [Double]
  private let fit: LinearFit
  let curveColumns: [Int]
  let driftColumns: [Int]
  let shutterColumn: Int?
  /// The unknowns that belong to exposures, not to tiles.
  let exposureUnknowns: Int
  /// All unknowns.
  let unknowns: Int
  /// ln of the flux of each channel [adu/s].
  let fluxes: [LinearityChannel: Double]
  /// The middle of the time scale and half its length [h].
  let middle, span: Double

  var parameters: [Double] { fit.parameters }
  /// From the samples' own errors.
  var chiSquare: Double { fit.chiSquare }

  /// - Parameters:
  ///   - scale: of the exponential [adu]; nil for none.
  ///   - shift: what exposure times are longer by, as far as known [s].
  init(
    _ samples: [LinearitySample], _ options: LinearityOptions, scale: Double?, driftDegree: Int,
    shift: Double
  ) throws(NotMeasurable) {
    let filters = Set(samples.map(\.filter)).count
    let tiles = Dictionary(samples.map { ($0.exposure, 1) }, uniquingKeysWith: +)
    var width = max(options.degree, 0) + (scale == nil ? 0 : 1)
    curveColumns = Array(0..<width)
    driftColumns = Array(width..<width + max(driftDegree, 0))
    width += driftColumns.count
    shutterColumn = options.fitsShutter ? width : nil
    width += options.fitsShutter ? 1 : 0
    exposureUnknowns = filters + width
    guard tiles.count > exposureUnknowns else {
      throw NotMeasurable("\(tiles.count) exposures in range for \(exposureUnknowns) unknowns")
    }
    middle = samples.reduce(0) { $0 + $1.elapsedHours } / Double(samples.count)
    var span = 1e-6
    for sample in samples { span = max(span, abs(sample.elapsedHours - middle)) }
    self.span = span

    var rows: [[Double]] = []
    var data: [Double] = []
    var weights: [Double] = []
    rows.reserveCapacity(samples.count)
    var means: [LinearityChannel: (weight: Double, row: [Double], datum: Double)] = [:]
    for sample in samples {
      let seconds = sample.exposureSeconds + shift
      guard seconds > 0 else {
        throw NotMeasurable("the exposure times do not match the signals: the shutter's error exceeds them")
      }
      var row: [Double] = []
      row.reserveCapacity(width)
      let x = sample.signal / 65536
      var power = x
      for _ in 0..<max(options.degree, 0) {
        row.append(power)
        power *= x
      }
      if let scale { row.append(exp(-sample.signal / scale)) }
      row += Self.legendre((sample.elapsedHours - middle) / span, driftColumns.count)
      if options.fitsShutter { row.append(1 / seconds) }
      let datum = log(sample.signal) - log(seconds)
      let own = sample.uncertainty / sample.signal
      let common = options.commonScatter * options.commonScatter
      let weight = 1 / (own * own + common * Double(tiles[sample.exposure] ?? 1))
      let channel = LinearityChannel(filter: sample.filter, tile: sample.tile)
      var mean = means[channel] ?? (0, [Double](repeating: 0, count: width), 0)
      mean.weight += weight
      mean.datum += weight * datum
      for column in row.indices { mean.row[column] += weight * row[column] }
      means[channel] = mean
      rows.append(row)
      data.append(datum)
      weights.append(weight)
    }
    for (index, sample) in samples.enumerated() {
      guard let mean = means[LinearityChannel(filter: sample.filter, tile: sample.tile)] else {
        continue
      }
      data[index] -= mean.datum / mean.weight
      for column in 0..<width { rows[index][column] -= mean.row[column] / mean.weight }
    }
    let fit = try LinearFit(rows: rows, data: data, errors: weights.map { 1 / $0.squareRoot() })
    fluxes = means.mapValues { mean in
      (mean.datum - zip(mean.row, fit.parameters).reduce(0) { $0 + $1.0 * $1.1 }) / mean.weight
    }
    self.fit = fit
    unknowns = means.count + width
    (self.samples, self.rows, self.data, self.weights) = (samples, rows, data, weights)
  }

  /// P_1 ... P_n at a place of [-1, 1].
  static func legendre(_ x: Double, _ count: Int) -> [Double] {
    var values: [Double] = []
    var (before, here) = (1.0, x)
    for k in 1..<max(count + 1, 1) {
      values.append(here)
      (before, here) = (here, (Double(2 * k + 1) * x * here - Double(k) * before) / Double(k + 1))
    }
    return values
  }

  private var residuals: [Double] {
    rows.indices.map { index in
      data[index] - zip(rows[index], fit.parameters).reduce(0) { $0 + $1.0 * $1.1 }
    }
  }

  /// The weighted mean residual of each exposure, and its error.
  private func exposureMeans() -> [Int: (value: Double, error: Double)] {
    var sums: [Int: (weighted: Double, weight: Double)] = [:]
    for (index, residual) in residuals.enumerated() {
      let old = sums[samples[index].exposure] ?? (0, 0)
      sums[samples[index].exposure] = (
        old.weighted + weights[index] * residual, old.weight + weights[index]
      )
    }
    return sums.mapValues {
      (value: $0.weighted / $0.weight, error: 1 / $0.weight.squareRoot())
    }
  }

  /// chi^2 of the exposures' mean residuals, and its degrees of freedom.
  func exposureChiSquare() -> (value: Double, freedom: Int) {
    let means = exposureMeans()
    let sum = means.keys.sorted().reduce(0) { sum, key in
      guard let mean = means[key] else { return sum }
      return sum + mean.value * mean.value / (mean.error * mean.error)
    }
    return (sum, means.count - exposureUnknowns)
  }

  /// By how much the residuals depart from the curve more than their errors allow: Birge's ratio.
  ///
  /// The samples are cut by rising signal into 24 parts of equal numbers; chi^2 is the sum of the squares of their weighted mean
  /// residuals over the variances of these, the common scatter of the exposures among them, with 24 degrees of freedom less the
  /// unknowns of curve, shutter and filters. A curve that cannot follow the detector's, or a course of the source that is not followed,
  /// leaves residuals that errors from the scatter of repeated exposures do not know of (Birge 1932, Phys. Rev. 40, 207).
  ///
  /// - Returns: sqrt(chi^2 / n); 1 where chi^2 / n is below 1 + 3 sqrt(2 / n), or there are too few samples.
  func misfit(_ options: LinearityOptions) -> Double {
    let parts = 24
    let freedom = Double(parts - curveColumns.count - exposureUnknownsOfFilters)
    guard freedom >= 4, samples.count >= 4 * parts else { return 1 }
    let order = samples.indices.sorted { (samples[$0].signal, $0) < (samples[$1].signal, $1) }
    let residuals = self.residuals
    let scatter = max(options.commonScatter, RepeatScatter.relative(samples, above: 0))
    let common = scatter * scatter
    var chiSquare = 0.0
    for part in 0..<parts {
      let members = order[part * order.count / parts..<(part + 1) * order.count / parts]
      var (weight, sum, variance) = (0.0, 0.0, 0.0)
      var byExposure: [Int: Double] = [:]
      for index in members {
        let own = samples[index].uncertainty / samples[index].signal
        weight += weights[index]
        sum += weights[index] * residuals[index]
        variance += weights[index] * weights[index] * own * own
        byExposure[samples[index].exposure, default: 0] += weights[index]
      }
      for exposure in byExposure.keys.sorted() {
        let share = byExposure[exposure] ?? 0
        variance += common * share * share
      }
      guard weight > 0, variance > 0 else { return 1 }
      chiSquare += sum * sum / variance
    }
    let ratio = chiSquare / freedom
    return ratio.isFinite && ratio > 1 + 3 * (2 / freedom).squareRoot() ? ratio.squareRoot() : 1
  }

  /// The filters' fluxes and the shutter's error.
  private var exposureUnknownsOfFilters: Int {
    exposureUnknowns - curveColumns.count - driftColumns.count
  }

  /// m ln(chi^2 / m) + p ln m over exposures.
  func informationCriterion() -> Double {
    let m = Double(Set(samples.map(\.exposure)).count)
    let chiSquare = max(exposureChiSquare().value, 1e-12)
    return m * log(chiSquare / m) + Double(exposureUnknowns) * log(m)
  }

  /// Exposures whose weighted mean residual lies beyond `cut` robust sigma of all exposures, and beyond `least`.
  func outliers(cut: Double, least: Double = 0) throws(NotMeasurable) -> [Int] {
    let means = exposureMeans()
    let spread = 1.482602218505602 * (try median(means.values.map { abs($0.value) }))
    // Never less than what the statistics of one exposure allow.
    let bad = means.filter {
      abs($0.value.value) > max(least, cut * max(spread, $0.value.error))
    }
    // The worst drag the fit along, and make others look bad: they go first.
    let worst = bad.values.reduce(0) { max($0, abs($1.value)) }
    return bad.filter { abs($0.value.value) > worst / 2 }.keys.sorted()
  }

  /// (X^T W X)^-1 [sum over exposures of (X^T W r)(X^T W r)^T] (X^T W X)^-1, times m / (m - p_e).
  func clusteredCovariance() -> [Double] {
    let p = fit.parameters.count
    var scores: [Int: [Double]] = [:]
    for (index, residual) in residuals.enumerated() {
      let weight = residual * weights[index]
      var score = scores[samples[index].exposure] ?? [Double](repeating: 0, count: p)
      for (column, value) in rows[index].enumerated() { score[column] += weight * value }
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
