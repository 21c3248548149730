public import Detector

/// What the data check measures of light and injected charge.
public enum LevelQuantities {
  /// Fluence of a flat.
  public static let fluence = Quantity(
    "check.fluence", unit: .adu, per: [.detector, .amplifier, .exposure], digits: 1,
    "Median of the image area minus that of the over-scan in one frame with flat light. It has no value where more than half of the image pixels are saturated."
  )
  /// Scatter of a flat.
  public static let imageScatter = Quantity(
    "check.image.std", unit: .adu, per: [.detector, .amplifier, .exposure], digits: 2,
    "Scatter of the pixels of the image area of one frame: photon noise, response and illumination together, outliers left out."
  )
  /// Saturation time.
  public static let saturationTime = Quantity(
    "check.saturation.time", unit: .second, per: [.detector, .amplifier], digits: 3,
    "Exposure time after which the flat source would reach 65536 ADU: 65536 divided by the mean of fluence / exposure time; frames above 80 % of full range take no part."
  )
  /// Background.
  public static let background = Quantity(
    "check.background", unit: .adu, per: [.detector, .amplifier, .exposure], digits: 3,
    "Median of the image area of one frame minus the mean of the levels of pre- and over-scan; in tests of point sources minus that of the pre-scan, the surroundings of the spots left out."
  )
  /// Share of saturated pixels.
  public static let saturatedShare = Quantity(
    "check.saturated.share", unit: .none, per: [.detector, .amplifier, .exposure], digits: 5,
    "Saturated pixels of the frame that is to leave a latent image, divided by twice the number of pixels read, as its limits were set."
  )
  /// Injected level, median.
  public static let injectionLevel = Quantity(
    "check.injection.level", unit: .adu, per: [.detector, .amplifier, .exposure], digits: 1,
    "Median of the injected lines of one frame above the pre-scan.")
  /// Injected level, mean.
  public static let injectionMean = Quantity(
    "check.injection.mean", unit: .adu, per: [.detector, .amplifier, .exposure], digits: 1,
    "Mean of the injected lines of one frame above the pre-scan.")
  /// Scatter of the injected lines.
  public static let injectionScatter = Quantity(
    "check.injection.std", unit: .adu, per: [.detector, .amplifier, .exposure], digits: 1,
    "Standard deviation of the pixels of the injected lines of one frame: pattern of the columns, noise and dipoles together."
  )
  /// Lines without injection.
  public static let injectionBlank = Quantity(
    "check.injection.blank", unit: .adu, per: [.detector, .amplifier, .exposure], digits: 2,
    "Median of the lines without injection of one frame above the pre-scan.")

  /// Those of light.
  static let light = [fluence, imageScatter, saturationTime, background, saturatedShare]
  /// Those of injected charge.
  static let injection = [injectionLevel, injectionMean, injectionScatter, injectionBlank]
  /// All of them.
  public static let all = light + injection
}
