import CGSL

#if canImport(Glibc)
  import Glibc
#endif

/// The least-squares problem of eq. 20 of Astier et al. 2019.
///
/// For each lag the model is a polynomial of degree four in the signal, so that the data of a lag enter through the
/// triangular factor of its weighted design matrix only: five numbers a lag instead of one a pair and lag, exactly, for
/// any number of pairs. Derivatives are analytic.
///
/// Where the chain's linearity is fitted as well (`Chain`), the data of a lag depend on its coefficients through signals
/// and slopes. They enter to first order about a reference, as further columns of the same design, which the triangular
/// factor takes like the others; the fit is repeated about what was found until nothing moves.
struct FullCovarianceProblem {
  let side: Int
  let withC: Bool
  /// The unit of the signal in the polynomials [adu], near its maximum, for the sake of rounding.
  private let unit: Double
  /// The chain whose coefficients are fitted; nil where it is as given.
  private let chain: Chain?
  /// Columns of each lag's design: powers of the signal, and the chain's coefficients.
  private let columns: Int
  /// Of each lag the first rows of the factor R (`terms` times `columns`, row by row) and of Q^T y.
  private let factors: [[Double]]
  private let targets: [[Double]]
  /// The other rows, which the chain's coefficients alone are in: those of all lags and of the prior, as one triangle.
  private let chainFactor, chainTargets: [Double]
  /// The sum of squares that no parameter can change.
  let floor: Double
  let dataCount: Int

  static let terms = 5
  var lags: Int { side * side }
  private var matrixCount: Int { (withC ? 3 : 2) * lags + 1 }
  private var chainCount: Int { chain?.reference.count ?? 0 }
  var parameterCount: Int { matrixCount + chainCount }
  var residualCount: Int { Self.terms * lags + chainCount }

  /// The linearity of the chain as part of the problem.
  struct Chain {
    /// What the exposure times say.
    let prior: ChainPrior
    /// The coefficients that the data were linearised with.
    let reference: [Double]
    /// d s_k / d c and d ln (ds/dF)_k / d c of each point, by coefficient.
    let signals, slopes: [[Double]]

    /// - Parameter means: the measured signals [adu].
    init(_ prior: ChainPrior, at reference: RampLinearity, means: [Double]) {
      self.prior = prior
      self.reference = reference.coefficients.map(\.value)
      func changes(_ value: (RampLinearity) -> Double) -> [Double] {
        prior.scales.enumerated().map { index, sigma in
          let step = max(1e-3 * sigma, 1e-9)
          return (value(reference.shifted(index, by: step))
            - value(reference.shifted(index, by: -step))) / (2 * step)
        }
      }
      signals = means.map { mean in changes { $0.linear(mean) } }
      slopes = means.map { mean in changes { log(max($0.slope(mean), 1e-300)) } }
    }
  }

  /// Parameters: gain, then a, n and c by lag.
  static func names(side: Int, withC: Bool) -> [String] {
    func names(_ letter: String) -> [String] {
      (0..<side * side).map { "\(letter)_\($0 / side)_\($0 % side)" }
    }
    return ["gain"] + names("a") + names("n") + (withC ? names("c") : [])
  }

  /// - Parameters:
  ///   - means: the signals [adu].
  ///   - data, errors: of each point all lags [adu**2].
  ///   - noise: the variance at no signal [adu**2], where it is known.
  ///   - chain: the chain that is fitted as well, at the reference that signals, data and errors were linearised with.
  ///   - expected: with a chain, gain and matrices that are about right; its columns are taken of them.
  init(
    side: Int, withC: Bool, means: [Double], data: [[Double]], errors: [[Double]],
    noise: Estimate? = nil, chain: Chain? = nil, expected: [Double] = []
  ) throws(NotMeasurable) {
    self.side = side
    self.withC = withC
    unit = max(means.max() ?? 1, 1e-300)
    dataCount = means.count * side * side + (noise == nil ? 0 : 1)
    self.chain = chain
    let columns = Self.terms + (chain?.reference.count ?? 0)
    self.columns = columns
    let series = chain.map { _ in
      let count = side * side
      return (
        gain: expected[0], noise: Array(expected[(count + 1)...(2 * count)]),
        of: CovarianceSeries(
          side: side, a: Array(expected[1...count]),
          c: withC
            ? Array(expected[(2 * count + 1)..<(3 * count + 1)])
            : [Double](repeating: 0, count: count))
      )
    }
    var factors: [[Double]] = []
    var targets: [[Double]] = []
    var floor = 0.0
    // The last row is that of the noise; for other lags it is empty.
    let n = max(means.count + 1, columns)
    guard means.count >= Self.terms, let design = gsl_matrix_calloc(n, columns),
      let tau = gsl_vector_alloc(columns), let y = gsl_vector_calloc(n)
    else { throw NotMeasurable("\(means.count) pairs of flats; a full fit needs five") }
    defer {
      gsl_matrix_free(design)
      gsl_vector_free(tau)
      gsl_vector_free(y)
    }
    var ofChain = chain.map { ChainRows($0) }
    for lag in 0..<side * side {
      gsl_matrix_set_zero(design)
      gsl_vector_set_zero(y)
      for k in means.indices {
        let error = errors[k][lag]
        guard error > 0, error.isFinite, data[k][lag].isFinite else {
          throw NotMeasurable("a covariance is missing")
        }
        var power = 1 / error
        for term in 0..<Self.terms {
          gsl_matrix_set(design, k, term, power)
          power *= means[k] / unit
        }
        gsl_vector_set(y, k, data[k][lag] / error)
        guard let chain, let series else { continue }
        // The residual is (model(s) / (ds/dF)^2 - measured) over the error of the measured one.
        let model = series.of.value(lag, mean: means[k], gain: series.gain)
        let whole = model.value + series.noise[lag] / (series.gain * series.gain)
        for index in chain.reference.indices {
          let change = model.slope * chain.signals[k][index] - 2 * whole * chain.slopes[k][index]
          gsl_matrix_set(design, k, Self.terms + index, change / error)
        }
      }
      let weight = lag == 0 ? noise.map { 1 / $0.uncertainty } ?? 0 : 0
      gsl_matrix_set(design, means.count, 0, weight)
      gsl_vector_set(y, means.count, weight * (noise?.value ?? 0))
      gsl_linalg_QR_decomp(design, tau)
      gsl_linalg_QR_QTvec(design, tau, y)
      factors.append(
        (0..<Self.terms).flatMap { row in
          (0..<columns).map { $0 >= row ? gsl_matrix_get(design, row, $0) : 0 }
        })
      targets.append((0..<Self.terms).map { gsl_vector_get(y, $0) })
      for row in Self.terms..<columns {
        ofChain?.add(
          (Self.terms..<columns).map { $0 >= row ? gsl_matrix_get(design, row, $0) : 0 },
          gsl_vector_get(y, row))
      }
      floor += (columns..<n).reduce(0) {
        let r = gsl_vector_get(y, $1)
        return $0 + r * r
      }
    }
    self.factors = factors
    self.targets = targets
    if let found = try ofChain?.triangle() {
      (chainFactor, chainTargets) = (found.factor, found.targets)
      floor += found.rest
    } else {
      (chainFactor, chainTargets) = ([], [])
    }
    self.floor = floor
  }

  private func matrices(_ p: [Double]) -> (g: Double, a: [Double], n: [Double], c: [Double]) {
    (
      p[0], Array(p[1...lags]), Array(p[(lags + 1)...(2 * lags)]),
      withC ? Array(p[(2 * lags + 1)...(3 * lags)]) : [Double](repeating: 0, count: lags)
    )
  }

  func residuals(_ p: [Double], _ values: inout [Double]) {
    let (g, a, n, c) = matrices(p)
    let series = CovarianceSeries(side: side, a: a, c: c)
    let moved = zip(p[matrixCount...], chain?.reference ?? []).map { $0 - $1 }
    for lag in 0..<lags {
      let coefficients = [
        n[lag] / (g * g), lag == 0 ? unit / g : 0, series.second[lag] * unit * unit,
        series.third[lag] * g * unit * unit * unit,
        series.fourth[lag] * g * g * unit * unit * unit * unit,
      ] + moved
      for row in 0..<Self.terms {
        var sum = -targets[lag][row]
        for term in row..<columns {
          sum += factors[lag][row * columns + term] * coefficients[term]
        }
        values[lag * Self.terms + row] = sum
      }
    }
    for row in 0..<chainCount {
      values[lags * Self.terms + row] = (row..<chainCount).reduce(-chainTargets[row]) {
        $0 + chainFactor[row * chainCount + $1] * moved[$1]
      }
    }
  }

  func derivatives(_ p: [Double], _ values: inout [Double]) {
    for index in values.indices { values[index] = 0 }
    let (g, a, n, c) = matrices(p)
    let series = CovarianceSeries(side: side, a: a, c: c)
    let plane = LagPlane(side: side, quadrant: a)
    let squared = plane.convolved(with: plane, upTo: 2 * (side - 1))
    let other = LagPlane(side: side, quadrant: c)
    let count = parameterCount
    let (u2, u3) = (unit * unit, unit * unit * unit)
    let u4 = u3 * unit
    for lag in 0..<lags {
      func add(_ parameter: Int, _ term: Int, _ slope: Double) {
        for row in 0...min(term, Self.terms - 1) {
          values[(lag * Self.terms + row) * count + parameter] +=
            factors[lag][row * columns + term] * slope
        }
      }
      add(0, 0, -2 * n[lag] / (g * g * g))
      if lag == 0 { add(0, 1, -unit / (g * g)) }
      add(0, 3, series.third[lag] * u3)
      add(0, 4, 2 * g * series.fourth[lag] * u4)
      add(1 + lags + lag, 0, 1 / (g * g))
      add(1 + lag, 2, u2)
      if withC { add(1 + 2 * lags + lag, 3, 2 / 3 * g * u3) }
      let (i, j) = (lag / side, lag % side)
      for entry in 0..<lags {
        // The places of the four quadrants that one entry stands for.
        let (k, l) = (entry / side, entry % side)
        var (ofA, ofSquared, ofC) = (0.0, 0.0, 0.0)
        for x in k == 0 ? [0] : [-k, k] {
          for y in l == 0 ? [0] : [-l, l] {
            ofA += plane[i - x, j - y]
            ofSquared += squared[i - x, j - y]
            ofC += other[i - x, j - y]
          }
        }
        add(1 + entry, 3, 4 / 3 * ofA * g * u3)
        add(1 + entry, 4, (ofSquared + 5 / 6 * ofC) * g * g * u4)
        if withC { add(1 + 2 * lags + entry, 4, 5 / 6 * ofA * g * g * u4) }
      }
      for index in 0..<chainCount { add(matrixCount + index, Self.terms + index, 1) }
    }
    for (index, slope) in chainFactor.enumerated() {
      let (row, column) = (index / chainCount, index % chainCount)
      values[(lags * Self.terms + row) * count + matrixCount + column] = slope
    }
  }
}

extension PhotonTransferFit {
  /// Fits all covariances.
  ///
  /// - Parameter chain: the chain that is fitted as well, and where to begin; the points are then those of the measured one.
  init(
    full points: [PhotonTransferPoint], noise: Estimate?, lags: Int, withC: Bool,
    chain: (prior: ChainPrior, start: RampLinearity)? = nil
  ) throws(NotMeasurable) {
    var chainNow = chain?.start
    let measured = points
    var points = chain.map { chain in measured.map { $0.linearised(by: chain.start) } } ?? measured
    guard let range = points.map({ $0.covariances?.range ?? -1 }).min(), range >= 0 else {
      throw NotMeasurable("no covariances were measured")
    }
    let side = min(range, max(lags, 0)) + 1
    // Signals that agree to 1 % are one: of a single exposure time nothing can be told of the powers.
    var signals = 0
    var last = -Double.infinity
    for point in points where point.mean > last * 1.01 || last < 0 {
      signals += 1
      last = point.mean
    }
    guard signals >= (withC ? 4 : 3) else {
      throw NotMeasurable("\(signals) different signals; a full fit needs \(withC ? 4 : 3)")
    }
    var parameters: [Double] = []
    var found: NonlinearFit?
    let count = side * side
    let width = (withC ? 3 : 2) * count + 1
    let scales =
      [1] + [Double](repeating: 1e-7, count: count) + [Double](repeating: 10, count: count)
      + (withC ? [Double](repeating: 1e-13, count: count) : []) + (chain?.prior.scales ?? [])
    var floor = 0.0
    // Twice for the errors, which follow the curve; with a chain until a step of its coefficients is below a twentieth of
    // sigma: what the linearisation then leaves out is the square of that.
    for pass in 0..<8 {
      let means = points.map(\.mean)
      func values(_ list: (CovarianceMatrix) -> [Double]) -> [[Double]] {
        points.map { Self.part($0.covariances.map(list) ?? [], range: $0.covariances?.range ?? 0, side) }
      }
      let (data, raw) = (values(\.values), values(\.uncertainties))
      let exponential = try PhotonTransferFit(
        exponential: points + (noise.map { [PhotonTransferPoint(mean: 0, variance: $0)] } ?? []))
      if parameters.isEmpty {
        parameters = Self.start(exponential, means, data, raw, side: side, withC: withC)
        parameters += chainNow?.coefficients.map(\.value) ?? []
      }
      // All errors of a pair go with its variance: they are scaled from the measured one to that of the curve.
      let errors = zip(raw, points).map { errors, point in
        let factor = exponential.variance(point.mean) / point.variance.value
        return errors.map { $0 * (factor > 0 ? factor : 1) }
      }
      let problem = try FullCovarianceProblem(
        side: side, withC: withC, means: means, data: data, errors: errors, noise: noise,
        chain: chain.flatMap { chain in
          chainNow.map { .init(chain.prior, at: $0, means: measured.map(\.mean)) }
        }, expected: parameters)
      floor = problem.floor
      let fit = try NonlinearFit(
        start: parameters, scales: scales, count: problem.residualCount,
        derivatives: { problem.derivatives($0, &$1) },
        residuals: { problem.residuals($0, &$1) })
      parameters = fit.parameters
      found = fit
      guard let chain else {
        if pass == 1 { break } else { continue }
      }
      let coefficients = Array(parameters[width...])
      let moved = zip(coefficients, chainNow?.coefficients ?? []).enumerated().map {
        abs($1.0 - $1.1.value) / max(fit.uncertainty(of: width + $0), 1e-300)
      }
      let next = chain.prior.chain(coefficients)
      chainNow = next
      points = measured.map { $0.linearised(by: next) }
      if pass > 0, moved.allSatisfy({ $0 < 0.05 }) { break }
    }
    guard let found, found.parameters[0] > 0 else {
      throw NotMeasurable("the fit does not converge")
    }
    let fit = NonlinearFit(
      parameters: found.parameters, covariance: found.covariance,
      chiSquare: found.chiSquare + floor,
      freedom: points.count * count + (noise == nil ? 0 : 1) - width
    ).scaledByScatter()
    self.init(fit, side: side, withC: withC, points: points.count)
    linearity = try chain?.prior.found(by: fit)
  }

  private init(_ fit: NonlinearFit, side: Int, withC: Bool, points: Int) {
    let count = side * side
    func estimates(_ first: Int) -> [Estimate] {
      (first..<first + count).map {
        Estimate(value: fit.parameters[$0], uncertainty: fit.uncertainty(of: $0), count: points)
      }
    }
    let a = estimates(1)
    let weights = (0..<count).map { lag in
      (lag / side == 0 ? 1.0 : 2) * (lag % side == 0 ? 1.0 : 2)
    }
    var variance = 0.0
    for i in 0..<count {
      for j in 0..<count {
        variance +=
          weights[i] * weights[j] * fit.covariance[(1 + i) * fit.parameters.count + 1 + j]
      }
    }
    let noise = estimates(1 + count)
    self.init(
      model: withC ? .fullCovariance : .fullCovarianceWithoutB,
      gain: Estimate(value: fit.parameters[0], uncertainty: fit.uncertainty(of: 0), count: points),
      readNoise: Self.readNoise(noise[0].value, noise[0].uncertainty, points), a00: a[0],
      matrices: Matrices(
        side: side, a: a,
        c: withC
          ? estimates(1 + 2 * count)
          : [Estimate](repeating: Estimate(value: 0, uncertainty: 0, count: 0), count: count),
        noise: noise,
        sum: Estimate(
          value: zip(weights, a).reduce(0) { $0 + $1.0 * $1.1.value },
          uncertainty: max(variance, 0).squareRoot(), count: points)),
      fit: fit, points: points)
  }

  private static func part(_ values: [Double], range: Int, _ side: Int) -> [Double] {
    (0..<side * side).map { lag in
      let at = lag / side * (range + 1) + lag % side
      return at < values.count ? values[at] : .nan
    }
  }

  /// Where the fit begins: gain, a_00 and n_00 of the variance alone, of other lags the weighted mean of C_ij / mu^2.
  private static func start(
    _ variance: PhotonTransferFit, _ means: [Double], _ data: [[Double]], _ errors: [[Double]],
    side: Int, withC: Bool
  ) -> [Double] {
    let count = side * side
    var a = [Double](repeating: 0, count: count)
    a[0] = variance.a00?.value ?? 0
    for lag in 1..<max(count, 1) {
      var (sum, weights) = (0.0, 0.0)
      for (k, mean) in means.enumerated() {
        let weight = mean * mean / errors[k][lag]
        sum += weight * data[k][lag] / errors[k][lag]
        weights += weight * weight
      }
      a[lag] = weights > 0 ? sum / weights : 0
    }
    var noise = [Double](repeating: 0, count: count)
    noise[0] = variance.fit.parameters[2]
    return [variance.gain.value] + a + noise
      + (withC ? [Double](repeating: 0, count: count) : [])
  }
}
