import BlockTests
import Detector
import Plots
import Warehouse

/// Non-linearity of the whole focal plane: curves and data of all quadrants, largest deviations, stability of the source,
/// saturation, charge transfer.
public enum MetaNL: Metatest {
  public static let name = "MetaNL"
  public static let purpose =
    "Non-linearity of all amplifiers of the focal plane: curves and data, largest deviations and where they are, "
    + "stability of the source, full well, charge transfer."
  public static let tests = ["NL02", "NL01", "NL02_155R", "NL02_160R", "NL02_165R", "HENK01"]

  // MARK: - What it reads

  private typealias Q = LinearityQuantities

  static let quantities = [
    Q.largest, Q.largestSignal, Q.largestCore, Q.largestByModel, Q.chiSquare, Q.shutter,
    Q.stability, Q.scatter, Q.range, Q.knee, Q.saturation, Q.overlap, Q.points,
    Q.inefficiencyLevel, Q.inefficiencyLimit,
  ]

  static let curves = [Q.curve, Q.used, Q.fit]

  // MARK: - What it shows

  static let maps: [PlaneMap] = [
    PlaneMap(key: "MAXNL", quantity: Q.largest, title: "largest non-linearity", hasPreview: true),
    PlaneMap(
      key: "MAXNL_FLUADU", quantity: Q.largestSignal, title: "signal of the largest non-linearity",
      decimals: 0),
    PlaneMap(
      key: "MAXNL_FLUELE", quantity: Q.largestSignal, title: "signal of the largest non-linearity",
      decimals: 0, isInElectrons: true),
    PlaneMap(key: "MAXNL_CORE", quantity: Q.largestCore, title: "largest non-linearity, 5 to 85 %"),
    PlaneMap(
      key: "SOURCE_STABILITY", quantity: Q.stability, title: "source stability",
      scale: .fixed(0, 0.1), decimals: 3, requirement: "NL-STAB", hasPreview: true),
    PlaneMap(key: "CHI2", quantity: Q.chiSquare, item: "POLYNOMIAL", title: "reduced chi squared"),
    PlaneMap(key: "KNEE", quantity: Q.knee, title: "end of linearity", decimals: 0),
    PlaneMap(
      key: "SATURATION", quantity: Q.saturation, title: "saturation level", decimals: 0,
      hasPreview: true),
    PlaneMap(
      key: "SATURATION_ELE", quantity: Q.saturation, title: "saturation level", decimals: 0,
      isInElectrons: true),
    PlaneMap(
      key: "CTI_SERIAL", quantity: Q.inefficiencyLevel, item: "serial", title: "serial CTI",
      factor: 1e6, unit: "10⁻⁶"),
    PlaneMap(
      key: "CTI_PARALLEL", quantity: Q.inefficiencyLevel, item: "parallel", title: "parallel CTI",
      factor: 1e6, unit: "10⁻⁶"),
  ]

  // MARK: - What it tests

  static let stabilityLimit = Requirement(
    id: "NL-STAB", kind: .dataQuality, title: "source stability in non-linearity tests",
    unit: .percent, upper: 1, digits: 3,
    source: "values above 1 % were left out of the campaign's map of the source's stability")
}
