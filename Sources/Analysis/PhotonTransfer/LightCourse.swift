#if canImport(Glibc)
  import Glibc
#endif

/// The linearity of a ramp of flats whose light is not constant, with errors that allow for what the light does meanwhile.
///
///     ln F - ln(t + dt_0) = ln Phi + u(x) + d dt / t + drift + e,     x = F / 2^16
///
/// by generalised least squares. e has four parts: the signals' own errors, a scatter of each exposure (variance s^2), a
/// random walk of the light (its variance rises with the time between two exposures), and one that all exposures of one
/// time share (a shutter's irregularity). Their variances are not known: the restricted likelihood (Patterson and Thompson
/// 1971, Biometrika 58, 545) of a grid of them weights the solutions, and the covariance is the mean of theirs and
/// of the scatter between them. So few exposure times make the errors larger, and no more than they must.
///
/// One power more than asked for is in u, with a prior of zero: what the polynomial cannot follow belongs to its errors.
struct LightCourse {
  /// The coefficients of u.
  let coefficients: [Double]
  /// Their covariance, row by row.
  let covariance: [Double]

  /// The size [at 2^16 adu] of the first power of u that the ramp is not asked for: of the third, the fourth.
  private static let leftOut = [1: 0.05, 2: 0.02, 3: 0.004]
  /// Standard deviations of the parts of e, in units of the residuals' scatter or of `steadiness`, whichever is larger.
  private static let grid = [0.0, 0.1, 0.2, 0.4, 0.7, 1, 1.5, 2.5]
  /// What a source may do from one exposure to another, relative: as few exposures as the curve has unknowns leave small
  /// residuals by chance, which say nothing of the light.
  private static let steadiness = 2e-4

  /// Solves.
  ///
  /// - Parameters:
  ///   - samples: of one amplifier, without outliers.
  ///   - shift: what the exposure times are longer by, about [s].
  ///   - degree: of u.
  ///   - drifts: whether a drift of the light, linear in time, is an unknown.
  /// - Throws: `NotMeasurable` where the samples do not determine the curve.
  init(
    _ samples: [LinearitySample], shift: Double, degree: Int, drifts: Bool
  ) throws(NotMeasurable) {
    let equations = Equations(samples, shift: shift, degree: degree, drifts: drifts)
    let width = equations.columns.count
    guard samples.count >= width, equations.isFinite else {
      throw NotMeasurable("\(samples.count) flats for \(width) unknowns of linearity")
    }
    let noise = Noise(samples)
    guard let plain = equations.solution(noise.covariance(of: 1, walk: 0, time: 0, stated: false))
    else { throw NotMeasurable("the exposure times do not determine the curve") }
    let freedom = Double(max(samples.count - width + 1, 1))
    let unit = max((plain.chiSquare / freedom).squareRoot(), Self.steadiness)
    var found: [(solution: Equations.Solution, level: Double)] = []
    for own in [0.02, 0.05] + Self.grid.dropFirst() {
      for walk in Self.grid {
        for time in Self.grid {
          let covariance = noise.covariance(of: own * unit, walk: walk * unit, time: time * unit)
          if let solution = equations.solution(covariance) {
            found.append((solution, solution.logLikelihood))
          }
        }
      }
    }
    guard let best = found.map(\.level).max() else {
      throw NotMeasurable("the exposure times do not determine the curve")
    }
    let count = degree + 1
    var total = 0.0
    var mean = [Double](repeating: 0, count: count)
    var square = [Double](repeating: 0, count: count * count)
    let first = Array(plain.parameters[..<count])
    for (solution, level) in found where level > best - 30 {
      let weight = exp(level - best)
      total += weight
      for i in 0..<count {
        let ofI = solution.parameters[i] - first[i]
        mean[i] += weight * ofI
        for j in 0..<count {
          square[i * count + j] +=
            weight
            * (solution.covariance[i * width + j] + ofI * (solution.parameters[j] - first[j]))
        }
      }
    }
    coefficients = (0..<count).map { first[$0] + mean[$0] / total }
    covariance = (0..<count * count).map {
      square[$0] / total - mean[$0 / count] * mean[$0 % count] / (total * total)
    }
    guard coefficients.allSatisfy(\.isFinite), covariance.allSatisfy(\.isFinite) else {
      throw NotMeasurable("the exposure times do not determine the curve")
    }
  }
}

extension LightCourse {
  /// The linear equations of one ramp.
  fileprivate struct Equations {
    /// The powers of x, 1 / t, the drift, 1.
    private(set) var columns: [[Double]]
    private let data: [Double]
    /// The inverse of the variance of the last power's prior.
    private let information: Double
    private let last: Int

    init(_ samples: [LinearitySample], shift: Double, degree: Int, drifts: Bool) {
      let x = samples.map { $0.signal / 65536 }
      let seconds = samples.map { $0.exposureSeconds + shift }
      let hours = samples.map(\.elapsedHours)
      let middle = hours.reduce(0, +) / Double(max(hours.count, 1))
      let span = hours.reduce(1e-6) { max($0, abs($1 - middle)) }
      columns = (1...degree + 1).map { power in x.map { pow($0, Double(power)) } }
      columns.append(seconds.map { 1 / $0 })
      if drifts { columns.append(hours.map { ($0 - middle) / span }) }
      columns.append(x.map { _ in 1 })
      data = zip(samples, seconds).map { log($0.signal) - log($1) }
      let size = LightCourse.leftOut[degree] ?? 0.004
      information = 1 / (size * size)
      last = degree
    }

    var isFinite: Bool {
      data.allSatisfy(\.isFinite) && columns.allSatisfy { $0.allSatisfy(\.isFinite) }
    }

    struct Solution {
      var parameters: [Double]
      var covariance: [Double]
      /// Of the residuals and the prior.
      var chiSquare: Double
      /// The restricted likelihood, but for a constant.
      var logLikelihood: Double
    }

    /// Nil where the equations are singular.
    func solution(_ noise: [Double]) -> Solution? {
      let (n, p) = (data.count, columns.count)
      guard let factor = CholeskyFactor(noise, side: n) else { return nil }
      let white = columns.map(factor.whitened)
      let target = factor.whitened(data)
      func product(_ a: [Double], _ b: [Double]) -> Double {
        zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
      }
      var normal = [Double](repeating: 0, count: p * p)
      for i in 0..<p {
        for j in 0...i {
          normal[i * p + j] = product(white[i], white[j])
          normal[j * p + i] = normal[i * p + j]
        }
      }
      normal[last * p + last] += information
      guard let root = CholeskyFactor(normal, side: p) else { return nil }
      let right = root.whitened(white.map { product($0, target) })
      // L^-1 column by column: (L L^T)^-1 = L^-T L^-1.
      let inverse = (0..<p).map { column in
        root.whitened((0..<p).map { $0 == column ? 1 : 0 })
      }
      let parameters = (0..<p).map { product(inverse[$0], right) }
      var chiSquare = parameters[last] * parameters[last] * information
      for k in 0..<n {
        var rest = target[k]
        for column in 0..<p { rest -= white[column][k] * parameters[column] }
        chiSquare += rest * rest
      }
      return Solution(
        parameters: parameters,
        covariance: (0..<p * p).map { product(inverse[$0 / p], inverse[$0 % p]) },
        chiSquare: chiSquare,
        logLikelihood: -0.5 * (factor.logDeterminant + root.logDeterminant + chiSquare))
    }
  }

  /// What scatters the logarithm of signals about the curve.
  fileprivate struct Noise {
    private let stated, hours: [Double]
    private let time: [Int]
    /// The usual distance of one exposure time from the next [h].
    private let step: Double

    init(_ samples: [LinearitySample]) {
      stated = samples.map { ($0.uncertainty / $0.signal) * ($0.uncertainty / $0.signal) }
      let first = samples.map(\.elapsedHours).min() ?? 0
      hours = samples.map { $0.elapsedHours - first }
      let times = RampLinearity.times(samples.map(\.exposureSeconds))
      time = samples.map { sample in times.lastIndex { sample.exposureSeconds >= $0 } ?? 0 }
      step = max((hours.max() ?? 0) / Double(max(times.count, 1)), 1e-6)
    }

    /// - Parameters:
    ///   - own: the standard deviation of an exposure.
    ///   - walk: that of the light's walk from one exposure time to the next.
    ///   - time: that of what the exposures of one time share.
    ///   - stated: whether the signals' own errors are in it.
    func covariance(
      of own: Double, walk: Double, time ofTime: Double, stated isStated: Bool = true
    ) -> [Double] {
      let n = hours.count
      var result = [Double](repeating: 0, count: n * n)
      for i in 0..<n {
        for j in 0...i {
          var value = walk * walk * min(hours[i], hours[j]) / step
          if time[i] == time[j] { value += ofTime * ofTime }
          if i == j { value += own * own + (isStated ? stated[i] : 0) }
          result[i * n + j] = value
          result[j * n + i] = value
        }
      }
      return result
    }
  }
}
