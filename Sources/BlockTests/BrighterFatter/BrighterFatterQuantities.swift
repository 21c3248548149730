public import Detector

/// What the brighter-fatter tests measure, beside the pairs (`PhotonTransferQuantities`).
public enum BrighterFatterQuantities {
  // MARK: - Gain

  /// The gain that was used.
  public static let gain = Quantity(
    "bf.gain", unit: .electronPerADU, per: [.detector, .amplifier], digits: 4,
    "Gain that ADU were turned into electrons with: ptc.gain of the PTC01 run that stands for the block.")
  /// The run of that gain.
  public static let gainRun = Quantity(
    "bf.gain.run", unit: .none, per: [], digits: 0,
    "Number of the PTC01 test run that the gains come from.")
  /// The gain of the joint fit.
  public static let jointGain = Quantity(
    "bf.joint.gain", unit: .electronPerADU, per: [.detector, .amplifier], digits: 4,
    "Gain of the joint fit of all covariances of this test, to compare with bf.gain.")

  // MARK: - The joint fit

  /// a_ij of the nearest lags.
  public static let a = Quantity(
    "bf.a", unit: .perElectron, per: [.detector, .amplifier, .item], digits: 9,
    "Coefficients a_ij from the joint fit of all fluences: relative change of a pixel's area for each electron at a lag. Item: a00, a10 (serial), a01 (parallel), a11, a20 or a02."
  )
  /// The sum of all.
  public static let aSum = Quantity(
    "bf.a.sum", unit: .perElectron, per: [.detector, .amplifier], digits: 9,
    "Sum of a_ij over all lags of the four quadrants; zero where charge only moves between pixels, and the range of lags holds it."
  )
  /// chi^2 of the joint fit.
  public static let chiSquare = Quantity(
    "bf.chi2", unit: .none, per: [.detector, .amplifier], digits: 3,
    "Chi squared per degree of freedom of the joint fit of all covariances.")
  /// How far the curve of the linear chain goes.
  public static let linearityTop = Quantity(
    "bf.linearity.top", unit: .adu, per: [.detector, .amplifier], digits: 0,
    "Highest signal at which the flats show by their exposure times what a linear chain would have read; the correction linearises images by that curve first."
  )
  /// Pairs in the joint fit.
  public static let points = Quantity(
    "bf.points", unit: .count, per: [.detector, .amplifier], digits: 0,
    "Number of pairs of flats in the joint fit.")
  /// The amplitude of the smoothing model.
  public static let amplitude = Quantity(
    "bf.smoothing.amplitude", unit: .pixelPerElectron, per: [.detector, .amplifier], digits: 9,
    "Amplitude p0 of the smoothing model p0 Ei(p1 r) cos(theta) of boundary shifts (Guyonnet et al. 2015, eq. 18), from lags off the axes."
  )
  /// Its slope.
  public static let slope = Quantity(
    "bf.smoothing.slope", unit: .none, per: [.detector, .amplifier], digits: 4,
    "Slope p1 of the smoothing model, per pixel of distance.")
  /// Whether the sum rule holds.
  public static let closure = Quantity(
    "bf.closure", unit: .none, per: [.detector, .amplifier], digits: 3,
    "a_00 that follows from the other lags by charge conservation over the a_00 of the joint fit; 1 where both agree."
  )
  /// Shifts of the boundaries of the central pixel.
  public static let shift = Quantity(
    "bf.shift", unit: .pixelPerElectron, per: [.detector, .amplifier, .item], digits: 9,
    "Shift of a pixel's own boundary for each electron within it, from the joint fit; negative towards its middle. Item: x (serial) or y (parallel)."
  )

  // MARK: - Of each fluence; item: the script column

  static func column(
    _ name: String, _ unit: Unit, digits: Int, _ meaning: String
  ) -> Quantity {
    Quantity(
      "bf.column.\(name)", unit: unit, per: [.detector, .amplifier, .item], digits: digits,
      meaning + " Item: the script column.")
  }
  /// Mean signal.
  public static let columnMean = column(
    "mean", .adu, digits: 1, "Mean signal of the pairs of a fluence that are used.")
  /// Variance.
  public static let columnVariance = column(
    "variance", .aduSquared, digits: 1, "Variance of one flat at a fluence.")
  /// Correlations C_ij / C_00.
  public static let correlation10 = column(
    "correlation.10", .none, digits: 5, "Correlation of serial neighbours at a fluence, C_10 / C_00.")
  /// Of parallel neighbours.
  public static let correlation01 = column(
    "correlation.01", .none, digits: 5, "Correlation of parallel neighbours at a fluence, C_01 / C_00.")
  /// Of diagonal ones.
  public static let correlation11 = column(
    "correlation.11", .none, digits: 5, "Correlation of diagonal neighbours at a fluence, C_11 / C_00.")
  /// a_00 of one fluence.
  public static let column00 = column(
    "a00", .perElectron, digits: 9,
    "a_00 from one fluence alone, (C_00 - n_00 - mean / gain) / mean^2, which higher orders change.")
  /// a_10 of one fluence.
  public static let column10 = column(
    "a10", .perElectron, digits: 9,
    "a_10 (serial neighbour) from one fluence alone, (C_10 - n_10) / mean^2, which higher orders change.")
  /// a_01 of one fluence.
  public static let column01 = column(
    "a01", .perElectron, digits: 9,
    "a_01 (parallel neighbour) from one fluence alone, (C_01 - n_01) / mean^2, which higher orders change.")
  /// a_11 of one fluence.
  public static let column11 = column(
    "a11", .perElectron, digits: 9,
    "a_11 (diagonal neighbour) from one fluence alone, (C_11 - n_11) / mean^2, which higher orders change.")
  /// Width of the kernel along rows.
  public static let columnWidthX = column(
    "fwhm.x", .micrometre, digits: 3,
    "FWHM along rows of what a pixel with the fluence's charge becomes, with the coefficients of that fluence.")
  /// Along columns.
  public static let columnWidthY = column(
    "fwhm.y", .micrometre, digits: 3,
    "FWHM along columns of what a pixel with the fluence's charge becomes, with the coefficients of that fluence.")
  /// Its ellipticity.
  public static let columnEllipticity = column(
    "ellipticity", .none, digits: 4,
    "(sx^2 - sy^2) / (sx^2 + sy^2) of what a pixel with the fluence's charge becomes, with the coefficients of that fluence.")
  /// Width with the joint coefficients.
  public static let jointWidthX = column(
    "joint.fwhm.x", .micrometre, digits: 3,
    "FWHM along rows as bf.column.fwhm.x, with the coefficients of the joint fit for every fluence.")
  /// Along columns.
  public static let jointWidthY = column(
    "joint.fwhm.y", .micrometre, digits: 3,
    "FWHM along columns as bf.column.fwhm.y, with the coefficients of the joint fit for every fluence.")
  /// Ellipticity with the joint coefficients.
  public static let jointEllipticity = column(
    "joint.ellipticity", .none, digits: 4,
    "Ellipticity as bf.column.ellipticity, with the coefficients of the joint fit for every fluence.")
  /// A spot along rows.
  public static let spotWidthX = column(
    "spot.fwhm.x", .micrometre, digits: 3,
    "FWHM along rows, from second moments, of a round Gaussian spot of sigma 1.6 pixels whose peak is the fluence, with the joint coefficients.")
  /// Along columns.
  public static let spotWidthY = column(
    "spot.fwhm.y", .micrometre, digits: 3,
    "FWHM along columns, from second moments, of a round Gaussian spot of sigma 1.6 pixels whose peak is the fluence, with the joint coefficients.")
  /// Its ellipticity.
  public static let spotEllipticity = column(
    "spot.ellipticity", .none, digits: 5,
    "Ellipticity, from second moments, of that spot.")

  // MARK: - The trend with fluence

  /// Width at half of full well.
  public static let widthX = Quantity(
    "bf.fwhm.x", unit: .micrometre, per: [.detector, .amplifier], digits: 3,
    "FWHM along rows at 32768 ADU, of a robust line through bf.column.fwhm.x against fluence.")
  /// Along columns.
  public static let widthY = Quantity(
    "bf.fwhm.y", unit: .micrometre, per: [.detector, .amplifier], digits: 3,
    "FWHM along columns at 32768 ADU, of a robust line through bf.column.fwhm.y against fluence.")
  /// Its slope.
  public static let slopeX = Quantity(
    "bf.fwhm.x.slope", unit: .micrometrePerTenKiloADU, per: [.detector, .amplifier], digits: 4,
    "Slope of that line along rows.")
  /// Along columns.
  public static let slopeY = Quantity(
    "bf.fwhm.y.slope", unit: .micrometrePerTenKiloADU, per: [.detector, .amplifier], digits: 4,
    "Slope of that line along columns.")
  /// Ellipticity at half of full well.
  public static let ellipticity = Quantity(
    "bf.ellipticity", unit: .none, per: [.detector, .amplifier], digits: 4,
    "Modulus of (sx^2 - sy^2) / (sx^2 + sy^2) of the widths at 32768 ADU.")

  // MARK: - The correction, tested

  /// Mean of a tested pair.
  public static let testMean = Quantity(
    "bf.test.mean", unit: .adu, per: [.detector, .amplifier, .exposure, .item], digits: 2,
    "Mean signal of the pair that the correction is tested on, of the linear chain. Item: raw, guyonnet or scalar.")
  /// Its variance.
  public static let testVariance = Quantity(
    "bf.test.variance", unit: .aduSquared, per: [.detector, .amplifier, .exposure, .item],
    digits: 3,
    "Variance of one flat of that pair, of the linear chain, as it is and corrected. Item: raw, guyonnet or scalar.")
  /// The mean at the detector's borders.
  public static let testBorderMean = Quantity(
    "bf.test.border.mean", unit: .adu, per: [.detector, .amplifier, .exposure, .item], digits: 2,
    "Mean signal of that pair within Npix pixels of the detector's borders. Item: raw, guyonnet or scalar."
  )
  /// The variance there.
  public static let testBorderVariance = Quantity(
    "bf.test.border.variance", unit: .aduSquared, per: [.detector, .amplifier, .exposure, .item],
    digits: 3,
    "Variance of one flat of that pair within Npix pixels of the detector's borders. Item: raw, guyonnet or scalar."
  )
  /// Its nearest covariances.
  public static let test10 = Quantity(
    "bf.test.c10", unit: .aduSquared, per: [.detector, .amplifier, .exposure, .item], digits: 3,
    "Covariance of serial neighbours of that pair. Item: raw, guyonnet or scalar.")
  /// Parallel.
  public static let test01 = Quantity(
    "bf.test.c01", unit: .aduSquared, per: [.detector, .amplifier, .exposure, .item], digits: 3,
    "Covariance of parallel neighbours of that pair. Item: raw, guyonnet or scalar.")
  /// Diagonal.
  public static let test11 = Quantity(
    "bf.test.c11", unit: .aduSquared, per: [.detector, .amplifier, .exposure, .item], digits: 3,
    "Covariance of diagonal neighbours of that pair. Item: raw, guyonnet or scalar.")
  /// The variance over that of photons, by fluence.
  public static let poissonRaw = column(
    "poisson.raw", .none, digits: 4,
    "Variance without read noise over that of the photons, mean / gain, of the linear chain but not corrected for brighter-fatter.")
  /// Corrected with Guyonnet's shifts.
  public static let poissonGuyonnet = column(
    "poisson.guyonnet", .none, digits: 4,
    "The same of flats corrected with the boundary shifts of Guyonnet et al.; 1 where all is restored.")
  /// Corrected with the scalar kernel.
  public static let poissonScalar = column(
    "poisson.scalar", .none, digits: 4,
    "The same of flats corrected with the scalar kernel; 1 where all is restored.")
  /// The variance restored, over all fluences.
  public static let restored = Quantity(
    "bf.restored", unit: .none, per: [.detector, .amplifier, .item], digits: 4,
    "Variance over that of the photons, weighted mean over the fluences above a fifth of the highest. Item: raw, guyonnet or scalar."
  )
  /// The same at the borders.
  public static let border = Quantity(
    "bf.border", unit: .none, per: [.detector, .amplifier, .item], digits: 4,
    "The same as bf.restored within Npix pixels of the detector's borders, of which half of the neighbourhood is not known. Item: raw, guyonnet or scalar."
  )
  /// What is left of the correlations.
  public static let remaining10 = Quantity(
    "bf.remaining.10", unit: .perElectron, per: [.detector, .amplifier, .item], digits: 9,
    "a_10 that is left, weighted mean over fluences of covariance / mean^2. Item: raw, guyonnet or scalar.")
  /// Parallel.
  public static let remaining01 = Quantity(
    "bf.remaining.01", unit: .perElectron, per: [.detector, .amplifier, .item], digits: 9,
    "a_01 that is left, weighted mean over fluences of covariance / mean^2. Item: raw, guyonnet or scalar.")
  /// Diagonal.
  public static let remaining11 = Quantity(
    "bf.remaining.11", unit: .perElectron, per: [.detector, .amplifier, .item], digits: 9,
    "a_11 that is left, weighted mean over fluences of covariance / mean^2. Item: raw, guyonnet or scalar.")

  /// All of them, with those of the pairs.
  public static let all =
    [
      PhotonTransferQuantities.partner, PhotonTransferQuantities.pairMean,
      PhotonTransferQuantities.pairVariance, PhotonTransferQuantities.pairRatio,
      PhotonTransferQuantities.pairImbalance, PhotonTransferQuantities.pairPixels,
      PhotonTransferQuantities.pairRejected, PhotonTransferQuantities.pairNoise,
    ] + [
      gain, gainRun, jointGain, a, aSum, chiSquare, linearityTop, points, amplitude, slope, closure,
      shift,
    ] + [
      columnMean, columnVariance, correlation10, correlation01, correlation11, column00, column10,
      column01, column11, columnWidthX, columnWidthY, columnEllipticity, jointWidthX, jointWidthY,
      jointEllipticity, spotWidthX, spotWidthY, spotEllipticity,
    ] + [
      widthX, widthY, slopeX, slopeY, ellipticity, testMean, testVariance, test10, test01, test11,
      testBorderMean, testBorderVariance, poissonRaw, poissonGuyonnet, poissonScalar, restored,
      border, remaining10, remaining01, remaining11,
    ]

  // MARK: - Curves

  /// a_ij of the joint fit: x = serial lag * side + parallel lag.
  public static let matrixA = "bf.a.matrix"
  /// The polynomial c_1 ... of the linear chain: x = 0 for c_1.
  public static let linearity = "bf.linearity"
  /// Its covariance, row by row.
  public static let linearityCovariance = "bf.linearity.covariance"
  /// n_ij of the joint fit.
  public static let matrixNoise = "bf.noise.matrix"
  /// C_ij / mean^2 of the joint fit's model for the nearest lags, against mean.
  public static let model00 = "bf.model.00"
  /// Of serial neighbours.
  public static let model10 = "bf.model.10"
  /// Of parallel neighbours.
  public static let model01 = "bf.model.01"
  /// a_ij of one fluence; the exposure is the first of its first pair.
  public static let columnA = "bf.column.a"
  /// Correlations C_ij / C_00 of one fluence; the exposure is the first of its first pair.
  public static let columnCorrelations = "bf.column.correlations"
  /// Guyonnet's parameters p0, p1 of one fluence.
  public static let columnSmoothing = "bf.column.smoothing"
  /// Boundary shifts of one fluence, V: x = serial lag * side + parallel lag; the exposure is the first of its first pair.
  public static let columnVertical = "bf.column.shifts.parallel"
  /// H.
  public static let columnHorizontal = "bf.column.shifts.serial"
  /// Relative covariances between the fluences that were measured, by name, of corrected variances over those of
  /// photons, row by row: what they share with gain, coefficients and linearity.
  public static let restoredCovariance = "bf.restored.covariance"
  /// The same of variances as they are.
  public static let rawCovariance = "bf.restored.covariance.raw"
  /// Boundary shifts of the joint fit, V: x = serial lag * side + parallel lag.
  public static let vertical = "bf.shifts.parallel"
  /// H.
  public static let horizontal = "bf.shifts.serial"
  /// The scalar kernel of the joint fit: x = serial lag * side + parallel lag.
  public static let kernel = "bf.kernel"
}
