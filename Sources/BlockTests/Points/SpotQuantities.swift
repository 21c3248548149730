public import Detector

/// What lock and data check measure of point sources.
public enum SpotQuantities {
  /// Number of spots found.
  public static let matches = Quantity(
    "lock.matches", unit: .count, per: [.detector, .item], digits: 0,
    "Number of point sources found where the pattern has them. Item: the script column.")
  /// Scale.
  public static let scale = Quantity(
    "lock.scale", unit: .none, per: [.detector, .item], digits: 5,
    "Scale of the pattern of point sources relative to the nominal one. Item: the script column.")
  /// Rotation.
  public static let rotation = Quantity(
    "lock.rotation", unit: .none, per: [.detector, .item], digits: 6,
    "Rotation of the pattern of point sources in radian. Item: the script column.")
  /// Shift along x.
  public static let shiftX = Quantity(
    "lock.shift.x", unit: .pixel, per: [.detector, .item], digits: 2,
    "Displacement of the pattern's middle in the silicon's x direction. Item: the script column.")
  /// Shift along y.
  public static let shiftY = Quantity(
    "lock.shift.y", unit: .pixel, per: [.detector, .item], digits: 2,
    "Displacement of the pattern's middle in the silicon's y direction. Item: the script column.")
  /// Residual.
  public static let residual = Quantity(
    "lock.residual", unit: .pixel, per: [.detector, .item], digits: 3,
    "Scatter of the spots about the fitted pattern, of one coordinate. Item: the script column.")
  /// Column of a spot.
  public static let x = Quantity(
    "check.spot.x", unit: .pixel, per: [.detector, .amplifier, .exposure, .item], digits: 2,
    "Canonical column of a point source's centroid in one frame. Item: the spot.")
  /// Row of a spot.
  public static let y = Quantity(
    "check.spot.y", unit: .pixel, per: [.detector, .amplifier, .exposure, .item], digits: 2,
    "Canonical row of a point source's centroid in one frame. Item: the spot.")
  /// Peak.
  public static let peak = Quantity(
    "check.spot.peak", unit: .adu, per: [.detector, .amplifier, .exposure, .item], digits: 0,
    "Highest pixel of a point source above its background in one frame. Item: the spot.")
  /// Flux.
  public static let fluence = Quantity(
    "check.spot.fluence", unit: .adu, per: [.detector, .amplifier, .exposure, .item], digits: 0,
    "Flux of a point source within 10 pixels, background removed, in one frame. Item: the spot.")
  /// Width in x.
  public static let widthX = Quantity(
    "check.spot.fwhmx", unit: .pixel, per: [.detector, .amplifier, .exposure, .item], digits: 3,
    "Width (FWHM) of a point source in the direction of columns in one frame, from adaptive Gaussian moments; it holds the pixel. Item: the spot."
  )
  /// Width in y.
  public static let widthY = Quantity(
    "check.spot.fwhmy", unit: .pixel, per: [.detector, .amplifier, .exposure, .item], digits: 3,
    "Width (FWHM) of a point source in the direction of rows in one frame, from adaptive Gaussian moments; it holds the pixel. Item: the spot."
  )
  /// Peak saturation time.
  public static let saturationTime = Quantity(
    "check.peak.saturation.time", unit: .second, per: [.detector, .amplifier], digits: 2,
    "Exposure time after which the peaks of point sources that are 2.5 pixels wide (both widths in quadrature) would reach 55000 ADU; peaks above 95 % of that take no part."
  )

  /// What tells how the pattern lies.
  static let registration = [matches, scale, rotation, shiftX, shiftY, residual]
  /// All of them.
  public static let all =
    registration + [x, y, peak, fluence, widthX, widthY, saturationTime]
}
