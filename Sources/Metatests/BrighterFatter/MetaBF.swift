import BlockTests
import Detector
import Plots
import Warehouse

#if canImport(Glibc)
  import Glibc
#endif

/// Brighter-fatter of the whole focal plane: coefficients, and how wide a bright pixel becomes against fluence and
/// wavelength.
public enum MetaBF: Metatest {
  public static let name = "MetaBF"
  public static let purpose =
    "Brighter-fatter of all amplifiers of the focal plane: widths of a bright pixel at half of full well, their slopes "
    + "with fluence, their dependence on wavelength, and the matrices that correct images."
  public static let tests = ["BF01"] + [590, 640, 730, 800, 880, 0].map { "BF01_\($0)" }

  /// Wavelengths [nm] by test.
  static let wavelengths: [String: Double] = [
    "BF01": 800, "BF01_590": 590, "BF01_640": 640, "BF01_730": 730, "BF01_800": 800,
    "BF01_880": 880,
  ]

  // MARK: - What it reads

  private typealias Q = BrighterFatterQuantities

  static let quantities = [
    Q.widthX, Q.widthY, Q.slopeX, Q.slopeY, Q.ellipticity, Q.a, Q.aSum, Q.closure, Q.restored,
    Q.gain, Q.columnMean, Q.columnVariance, Q.columnWidthX, Q.columnWidthY, Q.columnEllipticity,
    Q.jointWidthX, Q.jointWidthY,
  ]

  // MARK: - What it shows

  static let maps: [PlaneMap] = [
    PlaneMap(key: "FWHMX_HWC", quantity: Q.widthX, title: "FWHM-X at HWC", hasPreview: true),
    PlaneMap(key: "FWHMY_HWC", quantity: Q.widthY, title: "FWHM-Y at HWC", hasPreview: true),
    PlaneMap(key: "FWHMX_SLOPE", quantity: Q.slopeX, title: "slope-x"),
    PlaneMap(key: "FWHMY_SLOPE", quantity: Q.slopeY, title: "slope-y"),
    PlaneMap(key: "ELL_HWC", quantity: Q.ellipticity, title: "ellipticity at HWC", decimals: 3),
    PlaneMap(
      key: "A10", quantity: Q.a, item: "a10", title: "a10, serial neighbour", factor: 1e7,
      unit: "10⁻⁷/e⁻"),
    PlaneMap(
      key: "A01", quantity: Q.a, item: "a01", title: "a01, parallel neighbour", factor: 1e7,
      unit: "10⁻⁷/e⁻"),
    PlaneMap(
      key: "RESTORED", quantity: Q.restored, item: "guyonnet",
      title: "variance after correction over photons", colours: .coolWarm, scale: .centred(1),
      decimals: 3),
  ]

  /// An axis of the widths.
  struct Direction: Sendable {
    let name: String
    let own, joint, atHalfWell, slope: Quantity
    /// The width [um] of Niemi et al. 2015 at a wavelength [nm].
    let ofWavelength: @Sendable (Double) -> Double
    /// Their width [um] at a fluence [ke-].
    let ofFluence: @Sendable (Double) -> Double
  }

  static let directions = [
    Direction(
      name: "x", own: Q.columnWidthX, joint: Q.jointWidthX, atHalfWell: Q.widthX, slope: Q.slopeX,
      ofWavelength: { 41 * pow($0, -0.24) }, ofFluence: { 6.66 + 0.0114 * $0 }),
    Direction(
      name: "y", own: Q.columnWidthY, joint: Q.jointWidthY, atHalfWell: Q.widthY, slope: Q.slopeY,
      ofWavelength: { 105.9 * pow($0, -0.38) }, ofFluence: { 6.72 + 0.0112 * $0 }),
  ]

  /// Signal at which widths are quoted [adu].
  static let halfWell = 32768.0
}
