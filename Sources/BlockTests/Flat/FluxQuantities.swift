public import Detector

/// What the checks of the flat source's flux measure.
public enum FluxQuantities {
  /// Signal over exposure time.
  public static let rate = Quantity(
    "flatflux.rate", unit: .aduPerSecond, per: [.detector, .amplifier, .exposure], digits: 2,
    "Fluence of a flat divided by its commanded exposure time.")
  /// The flux.
  public static let flux = Quantity(
    "flatflux.flux", unit: .aduPerSecond, per: [.detector, .amplifier], digits: 2,
    "Flux of the flat source through the test's filter: slope of the straight line through fluence against exposure time; saturated flats take no part."
  )
  /// The shutter's error.
  public static let shutter = Quantity(
    "flatflux.shutter", unit: .second, per: [.detector, .amplifier], digits: 4,
    "Seconds that the light falls longer than commanded: where the line of fluence against exposure time meets no signal. Non-linearity enters it as well."
  )
  /// The departure from a line.
  public static let deviation = Quantity(
    "flatflux.deviation", unit: .percent, per: [.detector, .amplifier], digits: 3,
    "Greatest departure of a fluence from the straight line, relative to the highest fluence.")

  /// All of them.
  public static let all = [rate, flux, shutter, deviation]
}
