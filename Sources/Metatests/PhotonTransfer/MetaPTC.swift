import BlockTests
import Detector
import Plots
import Warehouse

/// Gains, brighter-fatter coefficients and full well of the whole focal plane, from the photon-transfer tests.
public enum MetaPTC: Metatest {
  public static let name = "MetaPTC"
  public static let purpose =
    "Gain, brighter-fatter coefficients and blooming limits of all amplifiers of the focal plane, at every "
    + "wavelength; the gains that other metatests turn ADU into electrons with."
  public static let tests =
    ["PTC01"] + [590, 640, 730, 800, 880, 0].map { "PTC02_\($0)" }
    + ["148K", "150K", "156K", "158K", "155R", "160R", "165R"].map { "PTC02_\($0)" }

  /// Wavelengths [nm] by test, of those at the customary temperature and reset drain.
  static let wavelengths: [String: Double] = [
    "PTC01": 800, "PTC02_590": 590, "PTC02_640": 640, "PTC02_730": 730, "PTC02_800": 800,
    "PTC02_880": 880,
  ]

  // MARK: - What it reads

  private typealias Q = PhotonTransferQuantities

  static let quantities = [
    Q.gain, Q.gainByModel, Q.a00, Q.aNeighbour, Q.aSum, Q.readNoise, Q.turnOff, Q.turnOffReached,
    Q.turnOffElectrons, Q.chiSquare, Q.points, Q.bloom, HardEdgeQuantities.response,
  ]

  static let curves = [HardEdgeQuantities.serialProfile]

  // MARK: - What it shows

  static let maps: [PlaneMap] = [
    PlaneMap(
      key: "GAIN", quantity: Q.gain, title: "gain", decimals: 3, requirement: "GAIN",
      hasPreview: true),
    PlaneMap(
      key: "BLOOM_ADU", quantity: Q.turnOff, title: "turn-off", decimals: 0, hasPreview: true),
    PlaneMap(
      key: "BLOOM_ELE", quantity: Q.turnOffElectrons, title: "turn-off", decimals: 0),
    PlaneMap(
      key: "A00", quantity: Q.a00, title: "a00", factor: 1e7, unit: "10⁻⁷/e⁻", hasPreview: true),
    PlaneMap(
      key: "A10", quantity: Q.aNeighbour, item: "a10", title: "a10, serial neighbour",
      factor: 1e7, unit: "10⁻⁷/e⁻"),
    PlaneMap(
      key: "A01", quantity: Q.aNeighbour, item: "a01", title: "a01, parallel neighbour",
      factor: 1e7, unit: "10⁻⁷/e⁻"),
    PlaneMap(
      key: "ASUM", quantity: Q.aSum, title: "sum of all a", factor: 1e7, unit: "10⁻⁷/e⁻",
      colours: .coolWarm, scale: .centred(0)),
    PlaneMap(key: "RON_PTC", quantity: Q.readNoise, title: "RON from the curve"),
    PlaneMap(
      key: "CHI2", quantity: Q.chiSquare, item: "FULLCOVARIANCE",
      title: "reduced chi squared, all covariances"),
    PlaneMap(
      key: "HER", quantity: HardEdgeQuantities.response, item: "serial",
      title: "hard-edge response", factor: 1e3, unit: "10⁻³"),
  ]

  // MARK: - What it tests

  static let gainLimit = Requirement(
    id: "GAIN", kind: .requirement, title: "gain", unit: .electronPerADU, lower: 3.0, upper: 3.5,
    digits: 3, source: "instrument requirement, 3.0 < gain <= 3.5 electrons per ADU")
}
