import CGSL

#if canImport(Glibc)
  import Glibc
#endif

/// The smoothing model of Guyonnet et al. 2015 (eq. 18): a^X_ij = p0 f(r) cos(theta), with f(r) = Ei(p1 r), r the distance from
/// the charge to the middle of the boundary, and theta the angle between that direction and the normal of the boundary.
public struct GuyonnetSmoothing: Sendable, Equatable {
  /// The amplitude p0 [pixel / e-].
  public let amplitude: Double
  /// The slope p1 [1/pixel], negative.
  public let slope: Double
  /// The 1-sigma errors of both, from those of the lags; 0 for known parameters.
  public let amplitudeError, slopeError: Double

  /// The prior of the slope [1/pixel], and its 1-sigma width in the logarithm.
  private static let (usualSlope, slopeSpread) = (0.7, 0.7)

  /// A model of known parameters.
  public init(amplitude: Double, slope: Double) {
    self.amplitude = amplitude
    self.slope = slope
    (amplitudeError, slopeError) = (0, 0)
  }

  /// The shift of a boundary straight ahead at a distance [pixel] from the charge.
  public func shift(atDistance distance: Double) -> Double { shift(along: distance, across: 0) }

  /// V(i, j): the boundary lies at (i, j + 1/2), its normal is +y.
  func vertical(_ i: Int, _ j: Int) -> Double { shift(along: Double(j) + 0.5, across: Double(i)) }

  /// H(i, j): the boundary lies at (i + 1/2, j), its normal is +x.
  func horizontal(_ i: Int, _ j: Int) -> Double { shift(along: Double(i) + 0.5, across: Double(j)) }

  private func shift(along: Double, across: Double) -> Double {
    let r = (along * along + across * across).squareRoot()
    return amplitude * Self.integral(slope * r) * along / r
  }

  func areaChange(_ i: Int, _ j: Int) -> Double {
    vertical(i, j) - vertical(i, j - 1) + horizontal(i, j) - horizontal(i - 1, j)
  }

  /// The exponential integral, 0 where it underflows.
  static func integral(_ x: Double) -> Double {
    guard x < 0, x > -700 else { return 0 }
    return gsl_sf_expint_Ei(x)
  }

  /// Fits amplitude and slope to the lags off the axes, i, j >= 1: the nearest neighbours do not follow the model.
  ///
  /// Weighted least squares by Levenberg and Marquardt, with a weak prior for the slope: ln(-p1) = ln 0.7 +- 0.7, a factor of
  /// two. Where few pixels leave the lags off the axes within their errors, any slope fits, and without the prior the fit
  /// runs away to where shifts fall off at once or never; of many pixels the slope is known ten times better, and the
  /// prior says nothing. The slope's error is that of both.
  ///
  /// - Parameters:
  ///   - side: number of lags along each axis.
  ///   - areaChanges: a_ij with uncertainties, index i * side + j.
  /// - Throws: `NotMeasurable` with fewer than three lags off the axes, or where they are no numbers or all zero.
  public init(side: Int, areaChanges: [Estimate]) throws(NotMeasurable) {
    let lags = (0..<side * side).filter { $0 / side >= 1 && $0 % side >= 1 }
    guard lags.count >= 3, areaChanges.count == side * side else {
      throw NotMeasurable("fewer than three lags off the axes")
    }
    let usable = lags.filter { areaChanges[$0].uncertainty > 0 && areaChanges[$0].value.isFinite }
    guard usable.count >= 3 else { throw NotMeasurable("the matrix a is not known") }
    // The best amplitude of the usual slope, and its error.
    let usual = GuyonnetSmoothing(amplitude: 1, slope: -Self.usualSlope)
    var (product, square) = (0.0, 0.0)
    for lag in usable {
      let model = usual.areaChange(lag / side, lag % side) / areaChanges[lag].uncertainty
      product += model * areaChanges[lag].value / areaChanges[lag].uncertainty
      square += model * model
    }
    let first = product / square
    let scale = max(abs(first), 1 / square.squareRoot())
    guard scale > 0, scale.isFinite, usable.contains(where: { areaChanges[$0].value != 0 }) else {
      throw NotMeasurable("no correlation off the axes")
    }
    // The slope through its logarithm, so that it stays negative.
    let fit = try NonlinearFit(
      start: [first, log(Self.usualSlope)], scales: [scale, 1], count: usable.count + 1
    ) { p, residuals in
      let model = GuyonnetSmoothing(amplitude: p[0], slope: -exp(min(max(p[1], -12), 6)))
      for (index, lag) in usable.enumerated() {
        residuals[index] =
          (model.areaChange(lag / side, lag % side) - areaChanges[lag].value)
          / areaChanges[lag].uncertainty
      }
      residuals[usable.count] = (p[1] - log(Self.usualSlope)) / Self.slopeSpread
    }
    let slope = -exp(fit.parameters[1])
    guard slope > -5, slope < -0.02 else {
      throw NotMeasurable("the correlations do not fall off with distance as the model does")
    }
    amplitude = fit.parameters[0]
    self.slope = slope
    // d p1 = p1 d ln(-p1).
    (amplitudeError, slopeError) = (
      fit.uncertainty(of: 0), -slope * fit.uncertainty(of: 1)
    )
  }
}

extension BoundaryShifts {
  /// The shifts of Guyonnet et al. 2015, section 6: all measured a_ij but a_00 are kept exactly; off the axes the ratio of the
  /// shifts of two boundaries of a pixel is that of the smoothing model, and the outermost boundaries have the model's
  /// values.
  ///
  /// a_00 is not used: it follows from the others by charge conservation, and `areaChange(0, 0)` compared with the
  /// measured one is a test of the data.
  ///
  /// - Parameters:
  ///   - side: number of lags along each axis.
  ///   - areaChanges: a_ij with uncertainties [1/e-], index i * side + j.
  /// - Throws: `NotMeasurable` where the smoothing model cannot be fitted.
  public static func guyonnet(
    side: Int, areaChanges: [Estimate]
  ) throws(NotMeasurable) -> (shifts: BoundaryShifts, model: GuyonnetSmoothing) {
    let model = try GuyonnetSmoothing(side: side, areaChanges: areaChanges)
    return (
      try guyonnet(side: side, areaChanges: areaChanges.map(\.value), model: model), model
    )
  }

  /// - Parameter edge: the shifts of the outermost boundaries over those of the model.
  static func guyonnet(
    side: Int, areaChanges: [Double], model: GuyonnetSmoothing, edge: Double = 1
  ) throws(NotMeasurable) -> BoundaryShifts {
    // Unknowns: V(i, j) for j < side - 1, then H(i, 0) for i < side - 1.
    let last = side - 1
    let count = side * last + last
    func unknownV(_ i: Int, _ j: Int) -> Int { i * last + j }
    func unknownH(_ i: Int) -> Int { side * last + i }
    var matrix = [Double](repeating: 0, count: count * count)
    var right: [Double] = []
    /// Adds a shift to an equation: as an unknown, as a multiple of one, or as a number.
    func addV(_ i: Int, _ j: Int, _ factor: Double, _ row: Int) {
      if j < 0 { return addV(i, -1 - j, -factor, row) }
      if j < last {
        matrix[row * count + unknownV(i, j)] += factor
      } else {
        right[row] -= factor * edge * model.vertical(i, j)
      }
    }
    func addH(_ i: Int, _ j: Int, _ factor: Double, _ row: Int) {
      if i < 0 { return addH(-1 - i, j, -factor, row) }
      if i == last {
        right[row] -= factor * edge * model.horizontal(i, j)
      } else if j == 0 {
        matrix[row * count + unknownH(i)] += factor
      } else {
        // West and south boundary of pixel (i + 1, j).
        let ratio = model.horizontal(i, j) / model.vertical(i + 1, j - 1)
        addV(i + 1, j - 1, factor * ratio, row)
      }
    }
    var row = 0
    for i in 0..<side {
      for j in 0..<side where (i, j) != (0, 0) {
        right.append(areaChanges[i * side + j])
        addV(i, j, 1, row)
        addV(i, j - 1, -1, row)
        addH(i, j, 1, row)
        addH(i - 1, j, -1, row)
        row += 1
      }
    }
    let solution = try LinearSystem.solve(matrix, right)
    var (vertical, horizontal) = ([Double](), [Double]())
    for i in 0..<side {
      for j in 0..<side {
        vertical.append(j < last ? solution[unknownV(i, j)] : edge * model.vertical(i, j))
        if i == last {
          horizontal.append(edge * model.horizontal(i, j))
        } else if j == 0 {
          horizontal.append(solution[unknownH(i)])
        } else {
          horizontal.append(
            solution[unknownV(i + 1, j - 1)] * model.horizontal(i, j) / model.vertical(i + 1, j - 1)
          )
        }
      }
    }
    return BoundaryShifts(side: side, vertical: vertical, horizontal: horizontal)
  }
}
