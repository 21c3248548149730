public import Detector

/// What the photon-transfer tests measure.
public enum PhotonTransferQuantities {
  // MARK: - Of each pair; the exposure is the pair's first

  /// The second exposure of a pair.
  public static let partner = Quantity(
    "ptc.pair.partner", unit: .none, per: [.detector, .exposure], digits: 0,
    "ObsID of the second flat of the pair whose first is the exposure.")
  /// Mean signal of a pair.
  public static let pairMean = Quantity(
    "ptc.pair.mean", unit: .adu, per: [.detector, .amplifier, .exposure], digits: 2,
    "Mean signal of the two flats of a pair above the offsets of their rows. The uncertainty is that of the photon noise."
  )
  /// Variance of a pair.
  public static let pairVariance = Quantity(
    "ptc.pair.variance", unit: .aduSquared, per: [.detector, .amplifier, .exposure], digits: 3,
    "Variance of one flat: half that of the difference of a pair scaled to equal means, the effect of clipping removed exactly."
  )
  /// Quotient of a pair.
  public static let pairRatio = Quantity(
    "ptc.pair.ratio", unit: .adu, per: [.detector, .amplifier, .exposure], digits: 5,
    "Mean of (I1 - I2)^2 / (I1 + I2) over the pixels of a pair of flats, from which its gain is taken.")
  /// Gain of a pair.
  public static let pairGain = Quantity(
    "ptc.pair.gain", unit: .electronPerADU, per: [.detector, .amplifier, .exposure], digits: 4,
    "Gain from a single pair of flats, corrected for read noise to second order unless the input pairgain says otherwise. Brighter-fatter makes it rise with the signal: the gain of the detector is ptc.gain."
  )
  /// The read noise beside a pair.
  public static let pairNoise = Quantity(
    "ptc.pair.noise", unit: .adu, per: [.detector, .amplifier, .exposure], digits: 4,
    "Scatter of the over-scan's pixels about the mean of their row, of both flats of a pair: read-out noise without the drift of offsets from row to row."
  )
  /// How unequal the flats of a pair are.
  public static let pairImbalance = Quantity(
    "ptc.pair.imbalance", unit: .none, per: [.detector, .amplifier, .exposure], digits: 5,
    "Difference of the means of the second and the first flat of a pair over their mean.")
  /// Pixels that entered.
  public static let pairPixels = Quantity(
    "ptc.pair.pixels", unit: .count, per: [.detector, .amplifier, .exposure], digits: 0,
    "Number of pixels of a pair that entered its variance.")
  /// Pixels left out.
  public static let pairRejected = Quantity(
    "ptc.pair.rejected", unit: .count, per: [.detector, .amplifier, .exposure], digits: 0,
    "Number of pixels of a pair that were left out: masked, lost, saturated, or clipped.")

  // MARK: - Of each amplifier

  /// The gain.
  public static let gain = Quantity(
    "ptc.gain", unit: .electronPerADU, per: [.detector, .amplifier], digits: 4,
    "Conversion gain in the limit of no signal, from the photon transfer curve with the model that the test's configuration names."
  )
  /// The gain with each model.
  public static let gainByModel = Quantity(
    "ptc.gain.model", unit: .electronPerADU, per: [.detector, .amplifier, .item], digits: 4,
    "Conversion gain with one model of the curve. Item: the model.")
  /// The gain of binned images.
  public static let gainBinned = Quantity(
    "ptc.gain.binned", unit: .electronPerADU, per: [.detector, .amplifier, .item], digits: 4,
    "Conversion gain from the variances of images that were binned in blocks, with the exponential model; covariances within a block are part of its variance. Item: binNN, pixels along each side of a block."
  )
  /// What a curve of binned images bends by.
  public static let aBinned = Quantity(
    "ptc.a.binned", unit: .perElectron, per: [.detector, .amplifier, .item], digits: 9,
    "Coefficient of the exponential model for binned images: the sum of a_ij within a block, which approaches zero with growing blocks. Item: binNN."
  )
  /// a_00.
  public static let a00 = Quantity(
    "ptc.a00", unit: .perElectron, per: [.detector, .amplifier], digits: 9,
    "Coefficient a_00 of the brighter-fatter effect, with the model of ptc.gain: relative change of a pixel's area for each electron within it."
  )
  /// a_00 with each model.
  public static let a00ByModel = Quantity(
    "ptc.a00.model", unit: .perElectron, per: [.detector, .amplifier, .item], digits: 9,
    "Coefficient a_00 with one model of the curve. Item: the model.")
  /// a_01 and a_10.
  public static let aNeighbour = Quantity(
    "ptc.a.neighbour", unit: .perElectron, per: [.detector, .amplifier, .item], digits: 9,
    "Coefficients of the nearest neighbours from the full covariances. Item: a10 (serial) or a01 (parallel).")
  /// The sum of all a_ij.
  public static let aSum = Quantity(
    "ptc.a.sum", unit: .perElectron, per: [.detector, .amplifier], digits: 9,
    "Sum of a_ij over all lags of the four quadrants; zero where charge only moves between pixels, and the range of lags holds it."
  )
  /// The departure from a linear chain.
  public static let nonLinearity = Quantity(
    "ptc.nonlinearity", unit: .percent, per: [.detector, .amplifier], digits: 3,
    "Largest departure of the signals below the turn-off from those of a linear chain, by the exposure times; the fits are of the linear chain's curve."
  )
  /// The coefficients of that departure.
  public static let linearityCoefficient = Quantity(
    "ptc.linearity.coefficient", unit: .none, per: [.detector, .amplifier, .item], digits: 6,
    "Coefficients of the logarithm of a signal over that of a linear chain, u(x) = sum of c_k x^k, x = F / 65536, by which the fits' curve was made linear. Item: c1, c2, ... Covariances: curve ptc.linearity.covariance."
  )
  /// The signals that they hold for.
  public static let linearityRange = Quantity(
    "ptc.linearity.range", unit: .adu, per: [.detector, .amplifier, .item], digits: 0,
    "The highest signal from which the coefficients were fitted. Item: highest.")
  /// Read noise of the fit.
  public static let readNoise = Quantity(
    "ptc.ron", unit: .electron, per: [.detector, .amplifier], digits: 3,
    "Read-out noise from the curve at no signal, the rounding to whole ADU included.")
  /// Turn-off.
  public static let turnOff = Quantity(
    "ptc.turnoff", unit: .adu, per: [.detector, .amplifier], digits: 0,
    "Highest mean signal at which the variance still follows the curve: full well, or blooming limit. A lower limit where ptc.turnoff.reached is 0."
  )
  /// Whether the turn-off was seen.
  public static let turnOffReached = Quantity(
    "ptc.turnoff.reached", unit: .none, per: [.detector, .amplifier], digits: 0,
    "1 where a pair above the turn-off departs from the curve, 0 where all pairs follow it and the detector may go higher."
  )
  /// Turn-off in electrons.
  public static let turnOffElectrons = Quantity(
    "ptc.turnoff.electrons", unit: .electron, per: [.detector, .amplifier], digits: 0,
    "The turn-off times the gain.")
  /// chi^2 a degree of freedom.
  public static let chiSquare = Quantity(
    "ptc.chi2", unit: .none, per: [.detector, .amplifier, .item], digits: 3,
    "Chi squared per degree of freedom of a fit, from the pairs' own uncertainties. Item: the model.")
  /// Pairs that were fitted.
  public static let points = Quantity(
    "ptc.points", unit: .count, per: [.detector, .amplifier], digits: 0,
    "Number of pairs of flats that were fitted.")
  /// Pairs that were not.
  public static let pointsRejected = Quantity(
    "ptc.points.rejected", unit: .count, per: [.detector, .amplifier], digits: 0,
    "Number of pairs of flats below the turn-off that lie off the curve and were left out.")
  /// Blooming limit of each tile.
  public static let bloom = Quantity(
    "ptc.bloom", unit: .adu, per: [.detector, .amplifier, .item], digits: 0,
    "Turn-off of one tile of the image area. Item: tNNN, tiles counted row by row in the order of read-out.")

  /// All of them.
  public static let all = [
    partner, pairMean, pairVariance, pairRatio, pairGain, pairNoise, pairImbalance, pairPixels,
    pairRejected, gain, gainByModel, gainBinned, aBinned, a00, a00ByModel, aNeighbour, aSum, readNoise, turnOff,
    turnOffReached, turnOffElectrons, nonLinearity, linearityCoefficient, linearityRange, chiSquare,
    points, pointsRejected, bloom,
  ]

  /// The covariances of a pair: x = serial lag * side + parallel lag, y = C_ij with uncertainty.
  public static let covariances = "ptc.covariances"
  /// The number of pairs of pixels of each covariance.
  public static let covariancePixels = "ptc.covariances.pixels"
  /// The variances of binned images of a pair: x = pixels along each side of a block, y = variance of a block's sum over
  /// its number of pixels, with uncertainty.
  public static let binned = "ptc.binned"
  /// The covariances of the tiles of a pair: x = tile * side^2 + serial lag * side + parallel lag, y = C_ij with
  /// uncertainty.
  public static let tileCovariances = "ptc.tiles.covariances"
  /// The tiles of a pair: x = mean, y = variance with uncertainty, in the order of tiles.
  public static let tiles = "ptc.tiles"
  /// All pairs of an amplifier by rising signal: x = mean, y = variance with uncertainty.
  public static let curve = "ptc.curve"
  /// Which of them were fitted: y = 1 or 0.
  public static let used = "ptc.curve.used"
  /// The fitted variance at their means.
  public static let model = "ptc.curve.model"
  /// The parabola of older analyses at their means.
  public static let parabola = "ptc.curve.quadratic"
  /// a_ij, c_ij and n_ij of the full model: x = serial lag * side + parallel lag.
  public static let matrixA = "ptc.a"
  /// c_ij.
  public static let matrixC = "ptc.c"
  /// n_ij.
  public static let matrixNoise = "ptc.noise"
  /// Covariance of the coefficients of the departure from a linear chain, row by row.
  public static let linearityCovariance = "ptc.linearity.covariance"
  /// All parameters' covariance matrix of the chosen fit, row by row.
  public static let parameterCovariance = "ptc.fit.covariance"
}
