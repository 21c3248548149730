import BlockTests
import Detector
import Foundation
import Plots
import Warehouse

/// Offsets and read-out noise of the whole focal plane, from the bias tests.
public enum MetaBias: Metatest {
  public static let name = "MetaBias"
  public static let purpose =
    "Offsets, read-out noise and fixed structure of all amplifiers of the focal plane, in the dark "
    + "and without exposure."
  public static let tests = ["BIAS01", "BIAS02"]

  // MARK: - What it reads

  static let quantities = [
    BiasQuantities.readNoise, BiasQuantities.readNoiseSingle, BiasQuantities.offset,
    BiasQuantities.gradient, BiasQuantities.fixedPattern, BiasQuantities.rowNoiseTypical,
    BiasQuantities.drift,
  ]
  static let curves = [BiasQuantities.masterColumnProfile, BiasQuantities.masterRowProfile]
  /// Electrons per ADU; measured by the photon-transfer tests.
  static let gain = PhotonTransferQuantities.gain
  static let gainTest = "PTC01"
  static let regions = ["pre", "img", "ove"]

  // MARK: - What it shows

  static let maps = noiseMaps + offsetMaps + structureMaps

  private static let noiseMaps: [PlaneMap] =
    regions.reversed().map { region in
      PlaneMap(
        key: "RON_\(region.uppercased())", quantity: BiasQuantities.readNoise, item: region,
        title: "RON, \(regionName(region))", requirement: "RON-\(region.uppercased())",
        hasPreview: region == "ove")
    }
    + regions.reversed().map { region in
      PlaneMap(
        key: "STD_\(region.uppercased())", quantity: BiasQuantities.readNoiseSingle, item: region,
        title: "scatter of single frames, \(regionName(region))",
        requirement: "STD-\(region.uppercased())")
    }

  private static let offsetMaps: [PlaneMap] = regions.reversed().map { region in
    PlaneMap(
      key: "OFFSET_\(region.uppercased())", quantity: BiasQuantities.offset, item: region,
      title: "offset, \(regionName(region))", decimals: 0,
      requirement: "OFF-\(region.uppercased())", isOnDepartures: true,
      hasPreview: region == "ove")
  }

  private static let structureMaps: [PlaneMap] = [
    PlaneMap(
      key: "GRADIENT_COLUMNS", quantity: BiasQuantities.gradient, item: "columns",
      title: "gradient along columns", colours: .coolWarm, scale: .centred(0), hasPreview: true),
    PlaneMap(
      key: "GRADIENT_ROWS", quantity: BiasQuantities.gradient, item: "rows",
      title: "gradient along rows", colours: .coolWarm, scale: .centred(0)),
    PlaneMap(key: "PATTERN", quantity: BiasQuantities.fixedPattern, title: "fixed pattern"),
    PlaneMap(key: "ROW_NOISE", quantity: BiasQuantities.rowNoiseTypical, title: "row noise"),
    PlaneMap(
      key: "DRIFT", quantity: BiasQuantities.drift, title: "drift of the offset",
      colours: .coolWarm, scale: .centred(0)),
  ]

  static func regionName(_ short: String) -> String {
    switch short {
    case "pre": "pre-scan"
    case "img": "image area"
    case "ove": "over-scan"
    default: short
    }
  }

  // MARK: - What it tests

  static let limitSource = "data-quality limits of the block tests"

  /// Read-out noise between differences of frames, and scatter of single frames.
  static let noiseLimits: [(requirement: Requirement, quantity: Quantity, region: String)] =
    [("RON", BiasQuantities.readNoise, "RON"), ("STD", BiasQuantities.readNoiseSingle, "scatter")]
    .flatMap { id, quantity, words in
      regions.map { region in
        (
          Requirement(
            id: "\(id)-\(region.uppercased())", kind: .dataQuality,
            title: "\(words), \(regionName(region))", unit: .adu, lower: 0.86, upper: 1.44,
            digits: 3, source: limitSource), quantity, region
        )
      }
    }

  static let offsetLimits: [(requirement: Requirement, region: String)] = regions.map { region in
    (
      Requirement(
        id: "OFF-\(region.uppercased())", kind: .dataQuality,
        title: "offset − expected, \(regionName(region))", unit: .adu, lower: -50,
        upper: 50, digits: 1, source: limitSource), region
    )
  }

  static let stepLimits: [(requirement: Requirement, region: String)] = ["img", "ove"].map {
    region in
    (
      Requirement(
        id: "STEP-\(region.uppercased())", kind: .dataQuality,
        title: "offset − pre-scan, \(regionName(region))", unit: .adu,
        lower: -10, upper: 10, digits: 2, source: limitSource), region
    )
  }

  static let electronLimit = Requirement(
    id: "RON-E", kind: .requirement, title: "RON in electrons, over-scan",
    unit: .electron, upper: 4.5, digits: 2, source: "instrument requirement, 4.5 electrons rms")
}
