#if canImport(Glibc)
  import Glibc
#endif

/// The non-linearity that the flats of a photon transfer curve show by their own exposure times, and the curve of the
/// linear chain behind it.
///
/// A chain that turns a signal s into F = s exp u(F / 2^16), u(0) = 0, scales small fluctuations by dF/ds: the variances
/// and covariances of a linear chain are those measured times (ds/dF)^2, with s = F exp(-u) and
/// ds/dF = exp(-u) (1 - x u'(x)), x = F / 2^16. Without this a curve with the usual per cent of non-linearity u = c_1 x
/// has a_00 wrong by 3 c_1 / (2^16 g), a third of its value, and so has the sum of all a_ij (section 3 of Astier et al.
/// 2019, A&A 629, A36, takes the curve of a linearised chain). The gain is that of the chain at no signal.
///
/// u is a polynomial of the third degree (the second with fewer than six exposure times), fitted with the error of the
/// shutter and a drift of the source (`LinearityFit`). What a shutter does within its first tenths of a second, and the
/// course of the source, leave u uncertain at low signals, which moves the gain by up to a per cent; but there the
/// variance itself is sure. u is therefore fitted once more, with its own covariance as prior, to the variances of
/// eq. 20 of Astier et al. 2019 in a_00 and c_00 alone (`refined`).
public struct RampLinearity: Sendable, Equatable {
  /// c_1 ...
  public let coefficients: [Estimate]
  /// Their covariance, row by row.
  public let covariance: [Double]
  /// The highest signal that was fitted [adu]; beyond it u stays as it is there.
  public let top: Double

  /// Fits the signals of flats below the turn-off.
  ///
  /// - Throws: `NotMeasurable` with fewer than five different exposure times, or where they do not determine the curve.
  public init(_ all: [LinearitySample]) throws(NotMeasurable) {
    let long = all.filter { $0.exposureSeconds >= Self.shortest }
    let samples = Self.differentTimes(long) >= 5 ? long : all
    let times = Self.differentTimes(samples)
    guard times >= 5 else {
      throw NotMeasurable(
        "\(times) different exposure times below the turn-off; linearity needs five")
    }
    var options = LinearityOptions()
    options.range = 1...Double.greatestFiniteMagnitude
    options.driftDegrees = 0...min(2, samples.count / 5)
    options.commonScatter = RepeatScatter.relative(samples)
    // Any signal among them will do: it is the curve from no signal on that is wanted.
    options.pivot = try median(samples.map(\.signal))
    // Flux and shutter take two of the signals, and one is to spare.
    options.degree = min(3, times - 3)
    let fit = try LinearityFit(samples, options: options)
    let kept = samples.filter { !fit.rejected.contains($0.exposure) && $0.signal > 0 }
    let course = try LightCourse(
      kept, shift: fit.shift, degree: options.degree, drifts: kept.count > options.degree + 6)
    let side = course.coefficients.count
    coefficients = course.coefficients.enumerated().map { index, value in
      Estimate(
        value: value, uncertainty: max(course.covariance[index * (side + 1)], 0).squareRoot(),
        count: kept.count)
    }
    covariance = course.covariance
    top = fit.fitted.upperBound
    guard (1...100).allSatisfy({ slope(top * Double($0) / 100) > 0.1 }) else {
      throw NotMeasurable("the signals do not rise with the exposure times")
    }
  }

  /// Exposures of this many seconds or more tell linearity apart from the shutter's opening.
  private static let shortest = 0.3

  /// Times that differ by more than a hundredth, rising.
  static func times(_ all: [Double]) -> [Double] {
    var times: [Double] = []
    for time in all.sorted() where time > 1.01 * (times.last ?? 0) { times.append(time) }
    return times
  }

  private static func differentTimes(_ samples: [LinearitySample]) -> Int {
    times(samples.map(\.exposureSeconds)).count
  }

  /// A curve of known coefficients; the covariance is of their number squared.
  public init(coefficients: [Estimate], covariance: [Double], top: Double) {
    (self.coefficients, self.covariance, self.top) = (coefficients, covariance, top)
  }

  /// The signal of the linear chain [adu] for a measured one.
  public func linear(_ signal: Double) -> Double { signal * exp(-logarithm(min(signal, top))) }

  /// ds/dF at a measured signal.
  public func slope(_ signal: Double) -> Double {
    let x = min(signal, top) / 65536
    var steepness = 0.0
    for (index, c) in coefficients.enumerated() {
      steepness += Double(index + 1) * c.value * pow(x, Double(index + 1))
    }
    return exp(-logarithm(min(signal, top))) * (signal > top ? 1 : 1 - steepness)
  }

  /// The largest departure of the measured signal from the linear one up to the highest, F / s - 1 [%].
  public var largestDeviation: Estimate {
    var best = Estimate(value: 0, uncertainty: 0, count: coefficients.first?.count ?? 0)
    for step in 1...200 {
      let signal = top * Double(step) / 200
      let u = logarithm(signal)
      guard abs(100 * expm1(u)) > abs(best.value) else { continue }
      best.value = 100 * expm1(u)
      best.uncertainty = 100 * exp(u) * error(signal)
    }
    return best
  }

  /// u, also beyond the highest signal.
  func logarithm(_ signal: Double) -> Double {
    let x = signal / 65536
    return x * coefficients.reversed().reduce(0) { $0 * x + $1.value }
  }

  /// The 1-sigma error of u.
  private func error(_ signal: Double) -> Double {
    let x = signal / 65536
    let powers = coefficients.indices.map { pow(x, Double($0 + 1)) }
    return variance(powers).squareRoot()
  }

  /// d C d^T of a gradient by the coefficients.
  func variance(_ gradient: [Double]) -> Double {
    var sum = 0.0
    for i in gradient.indices {
      for j in gradient.indices {
        sum += gradient[i] * covariance[i * gradient.count + j] * gradient[j]
      }
    }
    return sum.isFinite ? max(sum, 0) : 0
  }

  /// The non-linearity that both the exposure times and the variances of a curve allow; its covariance is that of both.
  ///
  /// The coefficients are fitted with n, g, a, c of
  /// V = n + (s / g) [1 + a m + (2/3) (a^2 + c) m^2 + (a^3 / 3 + (5/6) a c) m^3], m = g s, with the exposure times as
  /// prior (`ChainPrior`). Below five points u stays as it is.
  ///
  /// - Throws: `NotMeasurable` where both together have no solution that could be a detector's.
  public func refined(by curve: PhotonTransferCurve) throws(NotMeasurable) -> RampLinearity {
    guard let prior = ChainPrior(self) else { return self }
    let points = curve.variancePoints
    guard points.count >= 5, let highest = points.map(\.mean).max() else { return self }
    let gain = try median(points.filter { $0.mean > 0 }.map { $0.mean / $0.variance.value })
    let fit = try NonlinearFit(
      start: [0, 1, 0, 0] + coefficients.map(\.value), scales: [1, 1, 1, 1] + prior.scales,
      count: points.count + prior.count
    ) { p, residuals in
      let c = Array(p[4...])
      let chain = prior.chain(c)
      for (index, point) in points.enumerated() {
        let slope = chain.slope(point.mean)
        let x = chain.linear(point.mean) / highest
        // Per highest signal: a in units of 1 / m there, c of 1 / m^2.
        let m = x * p[1]
        let series = 1 + m * (p[2] + m * (2 / 3 * (p[2] * p[2] + p[3])
          + m * (p[2] * p[2] * p[2] / 3 + 5 / 6 * p[2] * p[3])))
        let model = highest / gain * (p[0] + x / p[1] * series)
        residuals[index] = (model / (slope * slope) - point.variance.value) / point.variance.uncertainty
      }
      for (index, value) in prior.departures(c).enumerated() { residuals[points.count + index] = value }
    }.scaledByScatter()
    return try prior.found(by: fit)
  }

  /// The same with one coefficient changed.
  func shifted(_ index: Int, by step: Double) -> RampLinearity {
    var changed = coefficients
    changed[index].value += step
    return RampLinearity(coefficients: changed, covariance: covariance, top: top)
  }
}

extension PhotonTransferPoint {
  /// The point of the linear chain.
  public func linearised(by linearity: RampLinearity) -> PhotonTransferPoint {
    let factor = linearity.slope(mean) * linearity.slope(mean)
    func scaled(_ variance: Estimate) -> Estimate {
      Estimate(
        value: variance.value * factor, uncertainty: variance.uncertainty * factor,
        count: variance.count)
    }
    return PhotonTransferPoint(
      mean: linearity.linear(mean), variance: scaled(variance),
      covariances: covariances.map { matrix in
        CovarianceMatrix(
          range: matrix.range, values: matrix.values.map { $0 * factor },
          uncertainties: matrix.uncertainties.map { $0 * factor }, pairs: matrix.pairs)
      }, binned: binned.map { BinnedVariance(side: $0.side, variance: scaled($0.variance)) })
  }
}

extension PhotonTransferFit {
  /// Fits a model of the variance alone to a curve, linearised by a chain that is known from elsewhere: what its errors do
  /// to gain and a_00 is added to theirs. The points that are fitted and the turn-off remain those of the measured curve.
  ///
  /// - Throws: `NotMeasurable` as the fit without linearity.
  public init(
    _ model: PhotonTransferModel, to curve: PhotonTransferCurve, known linearity: RampLinearity
  ) throws(NotMeasurable) {
    self = try PhotonTransferFit(model, to: curve.linearised(by: linearity))
    var (ofGain, ofA): ([Double], [Double]) = ([], [])
    for (index, coefficient) in linearity.coefficients.enumerated() {
      let step = max(coefficient.uncertainty, 1e-6)
      let moved = try PhotonTransferFit(
        model, to: curve.linearised(by: linearity.shifted(index, by: step)))
      ofGain.append((moved.gain.value - gain.value) / step)
      ofA.append(((moved.a00?.value ?? 0) - (a00?.value ?? 0)) / step)
    }
    addErrors(gain: linearity.variance(ofGain), a00: linearity.variance(ofA))
  }
}
