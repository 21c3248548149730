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

extension LinearitySample {
  /// The sample with its uncertainty multiplied.
  public func scaled(_ factor: Double) -> LinearitySample {
    LinearitySample(
      exposure: exposure, filter: filter, tile: tile, exposureSeconds: exposureSeconds,
      elapsedHours: elapsedHours, signal: signal, uncertainty: factor * uncertainty)
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
  /// The degrees of the polynomial in time that the source may follow; the one with the least Bayesian information
  /// criterion m ln(chi^2 / m) + p ln m (Schwarz 1978, Ann. Statist. 6, 461), m exposures and p unknowns, is taken.
  public var driftDegrees = 2...2
  /// The scatter of the light from exposure to exposure, relative, which all tiles of an exposure share.
  public var commonScatter = 0.0
  /// The signals that are fitted [adu].
  public var range = 250.0...55_536
  /// Where the deviation is zero by definition [adu]: the linear law passes through this signal.
  public var pivot = 32_768.0
  /// Exposures that deviate by more than this many robust sigma are left out.
  public var cut = 5.0

  /// The usual options.
  public init() {}
}

/// What one exposure says of the curve, over all of its tiles.
public struct LinearityPoint: Sendable, Equatable {
  /// The exposure, as in its samples.
  public let exposure: Int
  /// The filter.
  public let filter: Int
  /// The mean signal of its tiles [adu].
  public let signal: Double
  /// The deviation of the measured signal from that of a linear detector [%].
  public let deviation: Estimate
  /// What it lies above the fitted curve by [%].
  public let residual: Double
  /// Whether it was fitted: within the range, and no outlier.
  public let isUsed: Bool
}
