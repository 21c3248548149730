public import Detector

#if canImport(Glibc)
  import Glibc
#endif

/// What two equal flats say of one amplifier: mean, variance and covariances of one flat.
///
/// The difference D = (mu2 I1 - mu1 I2) / mu, with mu = (mu1 + mu2) / 2, is free of fixed patterns and, to first
/// order, of unequal illumination. Its covariances over pairs of pixels at lag d, both within the region and both kept,
///
///     K(d) = sum D(r) D(r + d) / N - [sum D(r)] [sum D(r + d)] / N^2,
///
/// averaged over the two quadrants of lags (dx, dy) and (dx, -dy), are halved: C_ij = K / 2 (Astier et al. 2019,
/// A&A 629, A36, appendix A). Pixels beyond the clipping limits are left out, whose effect is removed exactly for a
/// Gaussian difference (`TruncatedNormal`): of the variance by inverting its second moment, of a covariance by inverting
/// Mehler's series. The limits follow the corrected sigma, so that 3, 4 and 5 sigma give the same answer.
///
/// Exchanging the two flats changes nothing but the sign of `imbalance`. Uncertainties are those of white noise,
/// sigma(C_ij) = C_00 / sqrt(N) and sqrt(2) times that for lag 0, enlarged by what the clipping cost; the rounding of
/// pixels to whole numbers is in the variance (1/12 adu^2).
public struct FlatPair: Sendable, Equatable {
  /// The mean signal mu of the two flats over the pixels kept [adu]; the uncertainty is that of the photon noise.
  public let mean: Estimate
  /// The means of the first and of the second flat [adu].
  public let means: [Double]
  /// Half the variance of the difference [adu**2], from all pixels kept; `covariances[0, 0]` is the same number in
  /// the arithmetic of the lags, and agrees to rounding.
  public let variance: Estimate
  /// The covariances C_ij [adu**2].
  public let covariances: CovarianceMatrix
  /// The variance over rows of the mean of the difference in each row [adu**2], not halved: for white noise
  /// 2 V / (number of columns).
  public let rowMeanVariance: Estimate
  /// The mean of (I1 - I2 mu1/mu2)^2 / (I1 + I2 mu1/mu2) over the pixels kept, corrected as the variance is [adu]; nil
  /// where the signal is too low to divide by it.
  public let ratio: Estimate?
  /// The number of pixels kept.
  public let kept: Int
  /// The number of pixels left out: masked, not valid, beyond the limits of their frame or of the difference.
  public let rejected: Int
  /// The number of saturated pixels in either flat.
  public let saturated: Int
  /// Mean and half variance of each tile, in the order asked for.
  public let tiles: [FlatTile]
  /// The variances of binned images, of those sides asked for that leave ten blocks or more.
  public let binned: [BinnedVariance]

  /// (mu2 - mu1) / mu: how unequal the two flats are.
  public var imbalance: Double { (means[1] - means[0]) / mean.value }
}

/// Mean and variance within one tile of a region.
public struct FlatTile: Sendable, Hashable {
  /// The mean signal [adu].
  public let mean: Double
  /// Half the variance of the difference about the tile's own mean difference [adu**2].
  public let variance: Double
  /// The number of pixels kept.
  public let count: Int
  /// The covariances within the tile [adu**2], about its own mean; nil where they were not asked for, or the tile is too
  /// small.
  public let covariances: CovarianceMatrix?
}

extension FlatPair {
  /// Measures a pair of flats.
  ///
  /// - Parameters:
  ///   - first, second: frames of the same size.
  ///   - region: the pixels of one amplifier, in the frames' coordinates.
  ///   - mask: pixels that are not zero are left out; of the frames' size. nil for none.
  ///   - tiles: parts of the region, in the frames' coordinates, whose mean and variance are wanted as well.
  /// - Throws: `NotMeasurable` for regions outside the frames, too few valid pixels, a signal that is not positive, or a
  ///   difference that does not scatter.
  public init(
    _ first: FlatFrame, _ second: FlatFrame, region: Region, mask: Image<UInt8>? = nil,
    tiles: [Region] = [], options: FlatPairOptions = FlatPairOptions()
  ) throws(NotMeasurable) {
    let measurement = try FlatPairMeasurement(
      first, second, region: region, mask: mask, options: options)
    self = try measurement.result(tiles: tiles)
  }
}
