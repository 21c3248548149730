public import Detector

/// What the bias tests measure.
public enum BiasQuantities {
  /// The regions that the bias tests look at.
  static let regions: [RegionName] = [.prescan, .image, .overscan]

  /// Offset subtracted from a frame.
  public static let frameOffset = Quantity(
    "bias.frame.offset", unit: .adu, per: [.detector, .amplifier, .exposure], digits: 3,
    "Offset that is subtracted from a frame: location of the Gaussian core of the trimmed scan columns."
  )
  /// Row noise of a frame.
  public static let rowNoise = Quantity(
    "bias.frame.rownoise", unit: .adu, per: [.detector, .amplifier, .exposure], digits: 3,
    "Scatter of the offsets of rows beyond what the noise of single pixels makes of it: noise that is common to the pixels of a row."
  )
  /// Scatter about the large-scale structure of one frame.
  public static let frameNoise = Quantity(
    "bias.frame.ron", unit: .adu, per: [.detector, .amplifier, .exposure], digits: 4,
    "Scatter of the image pixels of one frame about its large-scale structure (a surface of degree 5): read-out noise and fixed pattern together."
  )
  /// Gradient of one frame.
  public static let frameGradient = Quantity(
    "bias.frame.gradient", unit: .adu, per: [.detector, .amplifier, .exposure, .item], digits: 3,
    "Linear change of the level of one frame across the image area in the order of read-out. Item: columns (first to last column) or rows."
  )
  /// Best estimate of the offset.
  public static let offset = Quantity(
    "bias.offset", unit: .adu, per: [.detector, .amplifier, .item], digits: 2,
    "Offset of a region, median over the frames. Item: pre, img, ove.")
  /// Best estimate of the read-out noise.
  public static let readNoise = Quantity(
    "bias.ron", unit: .adu, per: [.detector, .amplifier, .item], digits: 4,
    "Read-out noise: temporal noise of a pixel from differences of consecutive frames, in which fixed patterns cancel. Item: the region (pre, img, ove)."
  )
  /// Scatter within single frames.
  public static let readNoiseSingle = Quantity(
    "bias.ron.single", unit: .adu, per: [.detector, .amplifier, .item], digits: 4,
    "Scatter of the pixels of single frames, median over the frames; in the image area after removing large-scale structure. It holds fixed patterns as well, and is what older analyses call RON. Item: pre, img, ove."
  )
  /// What single frames and differences disagree by.
  public static let covariance = Quantity(
    "bias.frames.covariance", unit: .aduSquared, per: [.detector, .amplifier], digits: 3,
    "Covariance of the image pixels of consecutive frames: squared scatter of single frames minus squared noise from differences. Positive: a pattern that stays from frame to frame (fixed pattern, which single frames count as noise). Negative: a pattern that reverses its sign, such as electrical pick-up in opposite phase, which differences count twice."
  )
  /// Drift of the offset.
  public static let drift = Quantity(
    "bias.offset.drift", unit: .aduPerHour, per: [.detector, .amplifier], digits: 2,
    "Linear drift of the offset during the test.")
  /// Gradient, best estimate.
  public static let gradient = Quantity(
    "bias.gradient", unit: .adu, per: [.detector, .amplifier, .item], digits: 3,
    "Linear change of the level across the image area, median over the frames. Item: columns or rows."
  )
  /// Row noise, best estimate.
  public static let rowNoiseTypical = Quantity(
    "bias.rownoise", unit: .adu, per: [.detector, .amplifier], digits: 3,
    "Noise common to the pixels of a row, median over the frames.")
  /// Fixed pattern.
  public static let fixedPattern = Quantity(
    "bias.pattern", unit: .adu, per: [.detector, .amplifier], digits: 3,
    "Fixed pattern from pixel to pixel in the image area: what the mean of all frames scatters beyond its temporal noise."
  )
  /// Scatter of the master bias.
  public static let masterScatter = Quantity(
    "bias.master.scatter", unit: .adu, per: [.detector, .amplifier], digits: 3,
    "Scatter of the master bias about its large-scale structure in the image area.")
  /// Masked pixels.
  public static let masterMasked = Quantity(
    "bias.master.masked", unit: .count, per: [.detector, .amplifier], digits: 0,
    "Number of image pixels of the master bias without a value, or that depart by more than ten widths from their surroundings."
  )

  /// All of them.
  public static let all = [
    frameOffset, rowNoise, frameNoise, frameGradient, offset, readNoise, readNoiseSingle,
    covariance, drift,
    gradient, rowNoiseTypical, fixedPattern, masterScatter, masterMasked,
  ]

  /// The large-scale surface of one frame: x = number of the term, y = coefficient.
  public static let modelCurve = "bias.model"
  /// Mean of each column of one frame.
  public static let columnProfile = "bias.profile.columns"
  /// Mean of each row of one frame.
  public static let rowProfile = "bias.profile.rows"
  /// Scatter of each row of one frame.
  public static let rowScatterProfile = "bias.profile.rows.std"
  /// Mean of each column of the master bias.
  public static let masterColumnProfile = "bias.master.profile.columns"
  /// Mean of each row of the master bias.
  public static let masterRowProfile = "bias.master.profile.rows"
  /// Scatter of each row of the master bias.
  public static let masterRowScatter = "bias.master.profile.rows.std"
  /// Level and scatter of each pre-scan column of one frame.
  public static let prescanColumns = "bias.prescan.columns"
}
