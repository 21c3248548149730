public import Detector

/// What the data check of every block test measures.
public enum CheckQuantities {
  /// Level of a region of one frame.
  public static let offset = Quantity(
    "check.offset", unit: .adu, per: [.detector, .amplifier, .exposure, .item], digits: 2,
    "Level of a region of a raw frame: location of the Gaussian core of its pixels, clipped at 4 sigma. Item: the region (pre, img, ove)."
  )
  /// Ordinary median, for comparison with older analyses.
  public static let offsetMedian = Quantity(
    "check.offset.median", unit: .adu, per: [.detector, .amplifier, .exposure, .item], digits: 1,
    "Median of the raw integers of a region, as older analyses report the offset; it moves in steps of half an ADU."
  )
  /// Scatter of a region of one frame.
  public static let scatter = Quantity(
    "check.std", unit: .adu, per: [.detector, .amplifier, .exposure, .item], digits: 3,
    "Standard deviation of the pixels of a region of a raw frame: width of the Gaussian core, the effects of clipping and of rounding removed."
  )
  /// Pixels that read as lost.
  public static let lostPixels = Quantity(
    "check.pixels.lost", unit: .count, per: [.detector, .amplifier, .exposure], digits: 0,
    "Number of pixels within the row window that hold the value reserved for lost pixels.")
  /// Saturated pixels.
  public static let saturatedPixels = Quantity(
    "check.pixels.saturated", unit: .count, per: [.detector, .amplifier, .exposure], digits: 0,
    "Number of pixels within the row window at the converter's upper end.")
  /// Fraction of saturated pixels.
  public static let saturatedFraction = Quantity(
    "check.saturated.fraction", unit: .none, per: [.detector, .amplifier, .exposure], digits: 5,
    "Saturated pixels as a fraction of the pixels within the row window.")

  /// Departure of an offset from its mean.
  public static let offsetChange = Quantity(
    "check.offset.change", unit: .adu, per: [.detector, .amplifier, .exposure, .item], digits: 3,
    "Level of a scan region of one frame minus its mean over all frames of the test: the drift of the offset. Item: the region (pre, ove)."
  )

  /// What every test measures.
  public static let all = [
    offset, offsetMedian, offsetChange, scatter, lostPixels, saturatedPixels, saturatedFraction,
  ]

  /// The mean reading of a house-keeping key during one exposure.
  public static func housekeeping(_ key: String, unit: Unit) -> Quantity {
    Quantity(
      "hk.\(key)", unit: unit, per: [.exposure], digits: 3,
      "Mean of the house-keeping readings of \(key) during an exposure.")
  }
}
