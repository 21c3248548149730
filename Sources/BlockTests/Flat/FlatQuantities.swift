public import Detector

/// What the tests of flat fields measure.
public enum FlatQuantities {
  // MARK: - Of each frame

  /// The script column of a frame.
  public static let frameColumn = Quantity(
    "flat.frame.column", unit: .none, per: [.exposure], digits: 0,
    "Number of the script column, and with it of the fluence, of a flat: 1 is col001.")
  /// The offset of a frame.
  public static let frameOffset = Quantity(
    "flat.frame.offset", unit: .adu, per: [.detector, .amplifier, .exposure], digits: 2,
    "Offset of a flat: location of the Gaussian core of its scan pixels. Rows are subtracted one by one; this is their level."
  )
  /// The signal of a frame.
  public static let frameLevel = Quantity(
    "flat.frame.level", unit: .adu, per: [.detector, .amplifier, .exposure], digits: 2,
    "Mean signal of a flat above the offsets of its rows: mean of the illumination model over the image area.")
  /// The range of the illumination.
  public static let frameRange = Quantity(
    "flat.frame.range", unit: .percent, per: [.detector, .amplifier, .exposure], digits: 3,
    "Highest minus lowest value of the illumination model of a flat, relative to its mean.")
  /// The gradient of the illumination.
  public static let frameGradient = Quantity(
    "flat.frame.gradient", unit: .percent, per: [.detector, .amplifier, .exposure, .item],
    digits: 3,
    "Linear change of the illumination of a flat across the image area in the order of read-out, relative to its mean. Item: columns or rows."
  )
  /// The scatter of a normalised frame.
  public static let frameScatter = Quantity(
    "flat.frame.scatter", unit: .percent, per: [.detector, .amplifier, .exposure], digits: 4,
    "Scatter of the pixels of a flat divided by its illumination model: response of the pixels and photon noise together."
  )
  /// Pixels left out of the illumination.
  public static let frameRejected = Quantity(
    "flat.frame.rejected", unit: .count, per: [.detector, .amplifier, .exposure], digits: 0,
    "Image pixels of a flat that did not enter its illumination model: masked, lost, saturated, or far from their neighbours."
  )

  // MARK: - Of each master flat; the item is the script column

  /// Frames of a master.
  public static let frames = Quantity(
    "flat.frames", unit: .count, per: [.detector, .amplifier, .item], digits: 0,
    "Number of frames of a master flat. Item: the script column.")
  /// The mean signal of a master's frames.
  public static let fluence = Quantity(
    "flat.fluence", unit: .adu, per: [.detector, .amplifier, .item], digits: 1,
    "Mean signal of the flats of a fluence above their offsets. Item: the script column.")
  /// The PRNU.
  public static let prnu = Quantity(
    "flat.prnu", unit: .percent, per: [.detector, .amplifier, .item], digits: 4,
    "Photo-response non-uniformity: standard deviation of the pixels' relative response about the illumination, from the covariance of two halves of the frames, which photon noise does not enter. Defects are left out. Times flat.prnu.slope, where there is one. Item: the script column."
  )
  /// The slope of the chain.
  public static let slope = Quantity(
    "flat.prnu.slope", unit: .none, per: [.detector, .amplifier, .item], digits: 5,
    "Relative change of the light over that of the signal, at the mean signal of the flats, from the non-linearity of the NL02 run that stands for the block, else of its PTC01: PRNU is multiplied by it. Missing where it is not known: PRNU is then that of the signals. Item: the script column."
  )
  /// The PRNU as older analyses have it.
  public static let rawScatter = Quantity(
    "flat.prnu.raw", unit: .percent, per: [.detector, .amplifier, .item], digits: 4,
    "Standard deviation of the master flat, clipped at three sigma: what older analyses call PRNU. It holds the photon noise of the stack. Item: the script column."
  )
  /// The PRNU at no signal.
  public static let prnuAtZero = Quantity(
    "flat.prnu.zero", unit: .percent, per: [.detector, .amplifier], digits: 4,
    "PRNU in the limit of no signal, from a straight line of PRNU^(-1/2) through the fluences: brighter-fatter evens out bright and dark pixels in proportion to the signal."
  )
  /// Correlation of neighbours.
  public static let correlation = Quantity(
    "flat.prnu.correlation", unit: .none, per: [.detector, .amplifier, .item], digits: 4,
    "Correlation of the response of neighbouring pixels, of the fluence with the most light. Item: rows (neighbours along a row) or columns.")
  /// Noise of the master.
  public static let noise = Quantity(
    "flat.master.noise", unit: .percent, per: [.detector, .amplifier, .item], digits: 4,
    "Typical error of a pixel of the master flat (root mean square), from the scatter of its frames. Item: the script column.")

  // MARK: - Defects and stability

  /// Defects.
  public static let defects = Quantity(
    "flat.defects", unit: .count, per: [.detector, .amplifier, .item], digits: 0,
    "Defects of the photo-response. Item: empty (no valid value), dead (below half of the mean), bright (above one and a half), outlier (beyond six widths), columns (bad columns), masked (all pixels that the mask has)."
  )
  /// Drift of the light.
  public static let drift = Quantity(
    "flat.light.drift", unit: .percent, per: [.item], digits: 4,
    "Change of the light in one hour: median slope of the mean of all amplifiers, each relative to its own mean. Item: the script column."
  )
  /// Scatter of the light.
  public static let lightScatter = Quantity(
    "flat.light.scatter", unit: .percent, per: [.item], digits: 4,
    "Scatter of the light from exposure to exposure about its drift. Item: the script column.")
  /// A step of the light.
  public static let step = Quantity(
    "flat.light.step", unit: .percent, per: [.item], digits: 4,
    "Step of the light, where Pettitt's test finds one that chance makes in less than one case of a hundred, and a steady drift does not describe the light better: median after less median before. Item: the script column."
  )
  /// Drift of an amplifier's response.
  public static let response = Quantity(
    "flat.response.drift", unit: .percent, per: [.detector, .amplifier, .item], digits: 4,
    "Change in one hour of an amplifier's signal relative to that of all amplifiers: what is not the source. Item: the script column."
  )

  static let ofFrames = [
    frameColumn, frameOffset, frameLevel, frameRange, frameGradient, frameScatter, frameRejected,
  ]
  static let ofMasters = [
    frames, fluence, prnu, slope, rawScatter, prnuAtZero, correlation, noise,
  ]
  static let ofStability = [drift, lightScatter, step, response]
  /// All of them.
  public static let all = ofFrames + ofMasters + [defects] + ofStability

  /// The illumination model of a frame: x = number of the coefficient, y = coefficient.
  public static let modelCurve = "flat.model"
  /// The illumination model along the columns of a frame.
  public static let columnProfile = "flat.profile.columns"
  /// The illumination model along the rows of a frame.
  public static let rowProfile = "flat.profile.rows"
  /// The relative light of the exposures of a script column against time: `flat.light.col001`.
  public static func lightCurve(_ label: String) -> String { "flat.light.\(label)" }
  /// Number of pixels of a master flat against response: `flat.histogram.col001`.
  public static func histogram(_ label: String) -> String { "flat.histogram.\(label)" }
}
