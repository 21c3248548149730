import Detector

#if canImport(Glibc)
  import Glibc
#endif

/// How wide a point of light becomes by brighter-fatter.
public struct KernelShape: Sendable, Equatable {
  /// The Gaussian sigma along rows (serial) and along columns (parallel) [pixel].
  public let sigmaX, sigmaY: Double

  /// A shape of known widths.
  public init(sigmaX: Double, sigmaY: Double) {
    (self.sigmaX, self.sigmaY) = (sigmaX, sigmaY)
  }

  /// (sigma_x^2 - sigma_y^2) / (sigma_x^2 + sigma_y^2).
  public var ellipticity: Double {
    let (x, y) = (sigmaX * sigmaX, sigmaY * sigmaY)
    return (x - y) / (x + y)
  }

  /// Full width at half maximum of a Gaussian, in sigmas: 2 sqrt(2 ln 2).
  public static let fwhm = 2.354820045030949
}

extension BoundaryShifts {
  /// The shape of what becomes of a charge in a single pixel of an empty image: the Gaussian through the central pixel and
  /// its neighbours, sigma = sqrt(-1 / (2 ln I)) pixels, with I the neighbour's charge over the centre's (Guyonnet et
  /// al. 2015; reference of the original's kernels).
  ///
  /// With eq. 11 the neighbour to the right receives -1/4 H(0, 0) Q^2, and the centre loses what its four neighbours
  /// receive; beyond them nothing changes, so that the kernel is known from two shifts.
  ///
  /// - Parameter charge: Q, in the unit of the shifts.
  /// - Throws: `NotMeasurable` where a neighbour receives nothing or the centre is not the brightest pixel.
  public func kernelShape(charge: Double) throws(NotMeasurable) -> KernelShape {
    let right = -0.25 * h(0, 0) * charge
    let up = -0.25 * v(0, 0) * charge
    let centre = 1 - 2 * (right + up)
    guard right > 0, up > 0, right.isFinite, up.isFinite else {
      throw NotMeasurable("the nearest neighbours receive no charge")
    }
    guard centre > right, centre > up else {
      throw NotMeasurable("the neighbours receive more than the centre keeps")
    }
    return KernelShape(
      sigmaX: (-1 / (2 * log(right / centre))).squareRoot(),
      sigmaY: (-1 / (2 * log(up / centre))).squareRoot())
  }

  /// By how much the second moments of a Gaussian spot rise for each unit of charge in its brightest pixel [pixel^2].
  ///
  /// The effect is proportional to the spot's brightness, so that one number an axis is enough: sigma_x^2 =
  /// `sigma`^2 + x * peak. Moments are taken over 51 x 51 pixels, without weights, on the spot before and after.
  ///
  /// - Parameter sigma: of the spot [pixel].
  public func spotGrowth(sigma: Double) -> (x: Double, y: Double) {
    let size = 51
    let middle = size / 2
    let spot = Image<Float>(width: size, height: size, filledWith: 0)
    for y in 0..<size {
      for x in 0..<size {
        let (dx, dy) = (Double(x - middle), Double(y - middle))
        spot[x, y] = Float(exp(-(dx * dx + dy * dy) / (2 * sigma * sigma)))
      }
    }
    // Large enough for single precision, small enough for nothing to become negative.
    let peak = 0.02 / max(1e-300, abs(areaChange(0, 0)))
    let moved = BrighterFatterCorrection(scaled(by: peak)).applied(to: spot)
    func moments(_ image: Image<Float>) -> (x: Double, y: Double) {
      var (sum, xx, yy) = (0.0, 0.0, 0.0)
      for y in 0..<size {
        for x in 0..<size {
          let value = Double(image[x, y])
          sum += value
          xx += value * Double((x - middle) * (x - middle))
          yy += value * Double((y - middle) * (y - middle))
        }
      }
      return (xx / sum, yy / sum)
    }
    let (before, after) = (moments(spot), moments(moved))
    return ((after.x - before.x) / peak, (after.y - before.y) / peak)
  }
}

/// Boundary shifts from measured coefficients after Guyonnet et al. 2015, and the uncertainty of what is computed from them.
public struct GuyonnetSolution: Sendable {
  /// Number of lags along each axis.
  public let side: Int
  /// a_ij, index i * side + j [1/e-].
  public let areaChanges: [Estimate]
  /// The smoothing model of the outer lags.
  public let model: GuyonnetSmoothing
  /// The shifts.
  public let shifts: BoundaryShifts
  /// The shifts with one coefficient each changed by its uncertainty, by lag; a_00 is not used.
  private let changed: [BoundaryShifts]

  /// Solves for the shifts.
  ///
  /// - Parameters:
  ///   - side: number of lags along each axis, at least 3.
  ///   - areaChanges: index i * side + j [1/e-].
  /// - Throws: `NotMeasurable` where the smoothing model cannot be fitted.
  public init(side: Int, areaChanges: [Estimate]) throws(NotMeasurable) {
    self.side = side
    self.areaChanges = areaChanges
    let (shifts, model) = try BoundaryShifts.guyonnet(side: side, areaChanges: areaChanges)
    (self.shifts, self.model) = (shifts, model)
    var changed: [BoundaryShifts] = []
    for lag in areaChanges.indices.dropFirst() {
      var values = areaChanges.map(\.value)
      values[lag] += areaChanges[lag].uncertainty
      changed.append(try BoundaryShifts.guyonnet(side: side, areaChanges: values, model: model))
    }
    self.changed = changed
  }

  /// A number that follows from the shifts, with the uncertainty of the coefficients (taken as independent, the smoothing
  /// model as known).
  ///
  /// - Throws: `NotMeasurable` where `number` throws for the shifts themselves.
  public func estimate(
    _ number: (BoundaryShifts) throws(NotMeasurable) -> Double
  ) throws(NotMeasurable) -> Estimate {
    let value = try number(shifts)
    var variance = 0.0
    for other in changed {
      // Where a coefficient within its error makes the number impossible, the number is uncertain by itself.
      let step = (try? number(other)).map { $0 - value } ?? value
      variance += step * step
    }
    guard value.isFinite, variance.isFinite else { throw NotMeasurable("not a finite number") }
    return Estimate(
      value: value, uncertainty: variance.squareRoot(), count: areaChanges.first?.count ?? 0)
  }

  /// V, index i * side + j, with uncertainties [pixel / e-].
  public var vertical: [Estimate] { estimates(\.vertical) }
  /// H, index i * side + j, with uncertainties [pixel / e-].
  public var horizontal: [Estimate] { estimates(\.horizontal) }

  private func estimates(_ path: KeyPath<BoundaryShifts, [Double]>) -> [Estimate] {
    let values = shifts[keyPath: path]
    return values.indices.map { index in
      let variance = changed.reduce(0.0) { sum, other in
        let step = other[keyPath: path][index] - values[index]
        return sum + step * step
      }
      return Estimate(value: values[index], uncertainty: variance.squareRoot(), count: 0)
    }
  }
}
