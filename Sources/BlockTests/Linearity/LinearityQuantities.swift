public import Detector

/// What the non-linearity tests measure.
public enum LinearityQuantities {
  // MARK: - Of each exposure

  /// The signal.
  public static let fluence = Quantity(
    "nl.fluence", unit: .adu, per: [.detector, .amplifier, .exposure], digits: 2,
    "Mean signal of the image area above the offsets of its rows, over the tiles that can be measured. The uncertainty is that of photon and read-out noise."
  )
  /// Saturated pixels.
  public static let saturatedShare = Quantity(
    "nl.saturated", unit: .none, per: [.detector, .amplifier, .exposure], digits: 6,
    "Share of the image area's pixels at the end of the converter's range.")
  /// Charge behind the last pixel.
  public static let deferred = Quantity(
    "nl.deferred", unit: .adu, per: [.detector, .amplifier, .exposure, .item], digits: 3,
    "Charge in the first three over-scan pixels together, above the level of the over-scan's last half. Item: serial or parallel."
  )
  /// The last pixel's signal.
  public static let last = Quantity(
    "nl.last", unit: .adu, per: [.detector, .amplifier, .exposure, .item], digits: 2,
    "Signal of the last column (serial) or row (parallel) of the image area. Item: serial or parallel.")
  /// Charge-transfer inefficiency.
  public static let inefficiency = Quantity(
    "nl.cti", unit: .none, per: [.detector, .amplifier, .exposure, .item], digits: 9,
    "Charge-transfer inefficiency of one transfer from extended pixel edge response: nl.deferred / (N nl.last), N the number of transfers of the last pixel. The response of the electronics to an edge is part of it. Item: serial or parallel."
  )

  // MARK: - Of each amplifier

  /// The largest deviation.
  public static let largest = Quantity(
    "nl.max", unit: .percent, per: [.detector, .amplifier], digits: 3,
    "Largest deviation of the signal from proportionality to the light over the fitted signals, with its sign; zero at the pivot by definition."
  )
  /// Where it is.
  public static let largestSignal = Quantity(
    "nl.max.signal", unit: .adu, per: [.detector, .amplifier], digits: 0,
    "Signal at which the largest deviation is.")
  /// The largest deviation of the inner range.
  public static let largestCore = Quantity(
    "nl.max.core", unit: .percent, per: [.detector, .amplifier], digits: 3,
    "Largest deviation between 5 and 85 % of full range (3277 to 55706 ADU).")
  /// The largest deviation with each model.
  public static let largestByModel = Quantity(
    "nl.max.model", unit: .percent, per: [.detector, .amplifier, .item], digits: 3,
    "Largest deviation with one model of the curve. Item: POLYNOMIAL or EXPONENTIAL.")
  /// chi^2 a degree of freedom.
  public static let chiSquare = Quantity(
    "nl.chi2", unit: .none, per: [.detector, .amplifier, .item], digits: 3,
    "Chi squared per degree of freedom of the exposures' mean residuals, the scatter of the light between equal exposures among their errors. Item: the model."
  )
  /// Coefficients.
  public static let coefficient = Quantity(
    "nl.coefficient", unit: .none, per: [.detector, .amplifier, .item], digits: 6,
    "Coefficients of the logarithm of the deviation, u(x) = sum of c_k x^k + A exp(-F / w), x = F / 65536, with the model of nl.max. Item: c1, c2, ..., A. Covariances: curve nl.fit.covariance."
  )
  /// The exponential's scale.
  public static let scale = Quantity(
    "nl.scale", unit: .adu, per: [.detector, .amplifier], digits: 0,
    "Scale w of the exponential term, the best of 17 between 150 and 15000 ADU; where the model EXPONENTIAL could be fitted."
  )
  /// The shutter's error.
  public static let shutter = Quantity(
    "nl.shutter", unit: .second, per: [.detector, .amplifier], digits: 5,
    "Time that the shutter was open longer than its calibration says, as the signals tell.")
  /// The source's stability.
  public static let stability = Quantity(
    "nl.stability", unit: .percent, per: [.detector, .amplifier], digits: 4,
    "Standard deviation of the fitted course of the source over the exposures' times.")
  /// The light's scatter.
  public static let scatter = Quantity(
    "nl.scatter", unit: .percent, per: [.detector, .amplifier], digits: 4,
    "Scatter of the light between neighbouring equal exposures, beyond photon and read-out noise.")
  /// What the tiles' errors were multiplied by.
  public static let errorScale = Quantity(
    "nl.error.scale", unit: .none, per: [.detector, .amplifier, .item], digits: 3,
    "What the errors of the tiles were multiplied by to be those that the differences of repeated exposures show. Item: the signals, 250-1000, 1000-10000 or 10000-65536 ADU."
  )
  /// Birge's ratio.
  public static let misfit = Quantity(
    "nl.misfit", unit: .none, per: [.detector, .amplifier], digits: 2,
    "What all uncertainties of curve and shutter were multiplied by, since the residuals by signal are larger than the scatter of the exposures allows: 1 where the curve describes the signals."
  )
  /// The signals fitted.
  public static let range = Quantity(
    "nl.range", unit: .adu, per: [.detector, .amplifier, .item], digits: 0,
    "The signals that were fitted; beyond them the curve says nothing. Item: lowest or highest.")
  /// Where linearity ends.
  public static let knee = Quantity(
    "nl.knee", unit: .adu, per: [.detector, .amplifier], digits: 0,
    "Signal above which tiles leave the curve by 1 % (and three sigma): full well from exposure times. Half of the range that most of the tiles allow is the uncertainty."
  )
  /// The plateau.
  public static let saturation = Quantity(
    "nl.saturation", unit: .adu, per: [.detector, .amplifier], digits: 0,
    "Level at which the signal of the tiles ceases to rise with the exposure time, their median.")
  /// Residuals by decade.
  public static let residual = Quantity(
    "nl.residual", unit: .percent, per: [.detector, .amplifier, .item], digits: 4,
    "Root mean square of the exposures' residuals from the curve. Item: the signals, 250-1000, 1000-10000 or 10000-65536 ADU."
  )
  /// How the filters agree.
  public static let overlap = Quantity(
    "nl.overlap", unit: .percent, per: [.detector, .amplifier], digits: 4,
    "Mean residual of the fainter filter minus that of the brighter one over the signals that both have: zero where one curve describes both."
  )
  /// Exposures fitted.
  public static let points = Quantity(
    "nl.points", unit: .count, per: [.detector, .amplifier], digits: 0,
    "Number of exposures that were fitted.")
  /// Exposures left out.
  public static let pointsRejected = Quantity(
    "nl.points.rejected", unit: .count, per: [.detector, .amplifier], digits: 0,
    "Number of exposures within the range that lie off the curve and were left out.")
  /// CTI at high signals.
  public static let inefficiencyLevel = Quantity(
    "nl.cti.level", unit: .none, per: [.detector, .amplifier, .item], digits: 9,
    "Charge-transfer inefficiency: median of the exposures with signals in the upper half of those below the knee and nl.cti.limit. Item: serial or parallel."
  )
  /// Full well from CTI.
  public static let inefficiencyLimit = Quantity(
    "nl.cti.limit", unit: .adu, per: [.detector, .amplifier, .item], digits: 0,
    "Signal above which the charge-transfer inefficiency stays beyond 1e-5: full well from charge transfer. Item: serial or parallel."
  )

  /// All of them.
  public static let all = [
    fluence, saturatedShare, deferred, last, inefficiency, largest, largestSignal, largestCore,
    largestByModel, chiSquare, coefficient, scale, shutter, stability, scatter, errorScale, misfit,
    range, knee,
    saturation, residual, overlap, points, pointsRejected, inefficiencyLevel, inefficiencyLimit,
  ]

  // MARK: - Curves

  /// The tiles of an exposure: x = number of the tile, y = signal above the offset with uncertainty.
  public static let tiles = "nl.tiles"
  /// All exposures of an amplifier by rising signal: x = signal, y = deviation in percent with uncertainty.
  public static let curve = "nl.curve"
  /// Their filters: y = wavelength in nm, 0 for the neutral density filter.
  public static let filter = "nl.curve.filter"
  /// Which of them were fitted: y = 1 or 0.
  public static let used = "nl.curve.used"
  /// Their residuals from the fit in percent, with uncertainty.
  public static let residuals = "nl.curve.residual"
  /// The fitted curve over the fitted signals: y = deviation in percent with its 68 % band.
  public static let fit = "nl.fit"
  /// The same with the other model.
  public static let other = "nl.fit.other"
  /// Covariance of c1, c2, ..., A, row by row.
  public static let covariance = "nl.fit.covariance"
  /// The stability frames: x = hours since the first exposure, y = signal over their mean.
  public static let track = "nl.track"
  /// The fitted course of the source at their times.
  public static let trackModel = "nl.track.model"
  /// Charge-transfer inefficiency against the last pixel's signal, rising.
  public static let serialInefficiency = "nl.cti.serial"
  /// The same, parallel.
  public static let parallelInefficiency = "nl.cti.parallel"
}
