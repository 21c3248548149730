import BlockTests
import Detector
import Warehouse

/// Master flats and PRNU of the whole focal plane, from the tests of flat fields.
public enum MetaFlat: Metatest {
  public static let name = "MetaFlat"
  public static let purpose =
    "Master flats, PRNU at each fluence and wavelength, and defects of the photo-response of all amplifiers of "
    + "the focal plane."
  public static let tests = ["FLAT01"] + [590, 640, 730, 880].map { "FLAT02_\($0)" } + ["FLAT02_0"]

  /// The step that a run must have finished.
  static let step = "masterflat"

  /// Wavelengths [nm] by test; the neutral density filter has none.
  static let wavelengths: [String: Int] = [
    "FLAT01": 800, "FLAT02_590": 590, "FLAT02_640": 640, "FLAT02_730": 730, "FLAT02_880": 880,
  ]

  /// The script column that stands for a test where wavelengths are compared: half of full well, or a quarter.
  static func typicalLabel(_ test: String) -> String { test == "FLAT01" ? "col002" : "col001" }

  /// Batches of detectors whose PRNU is higher, by the first part of their serial numbers.
  static let highBatches = ["14313", "14471"]

  private typealias Q = FlatQuantities

  static let quantities = [
    Q.frames, Q.fluence, Q.prnu, Q.slope, Q.rawScatter, Q.prnuAtZero, Q.correlation, Q.noise, Q.defects,
  ]

  /// The maps of one script column.
  static func maps(of label: String, test: String) -> [PlaneMap] {
    [
      PlaneMap(
        key: "PRNU_\(label)", quantity: Q.prnu, item: label, title: "PRNU, \(label)",
        file: "PRNU_MAP_\(test)_\(label)", hasPreview: label == "col001"),
      PlaneMap(
        key: "FLUENCE_\(label)", quantity: Q.fluence, item: label, title: "fluence, \(label)",
        decimals: 0),
    ]
  }

  /// The maps that a test has once.
  static let maps: [PlaneMap] = [
    PlaneMap(key: "PRNU_ZERO", quantity: Q.prnuAtZero, title: "PRNU at no signal", hasPreview: true),
    PlaneMap(
      key: "DEFECTS", quantity: Q.defects, item: "masked", title: "masked pixels", decimals: 0,
      hasHistogram: false),
    PlaneMap(
      key: "BADCOLUMNS", quantity: Q.defects, item: "columns", title: "bad columns", decimals: 0,
      hasHistogram: false),
  ]
}
