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
