/// The configuration files that travel inside the program, so that a binary can be moved alone.
///
/// The files are those of the folder `config`; each is embedded when the package is built.
public enum ShippedConfiguration {
  /// The names of the cameras, each described by `config/cameras/<name>.yaml`.
  public static let cameraNames = ["euclid-vis", "esis-ccd230", "tiny"]

  /// The names of the focal planes, each described by `config/focal-planes/<name>-plane.yaml`.
  public static let focalPlaneNames = ["euclid-vis"]

  /// The description of a camera as YAML; nil for a name that is not in `cameraNames`.
  public static func camera(named name: String) -> [UInt8]? {
    switch name {
    case "euclid-vis": PackageResources.euclid_vis_yaml
    case "esis-ccd230": PackageResources.esis_ccd230_yaml
    case "tiny": PackageResources.tiny_yaml
    default: nil
    }
  }

  /// The description of a focal plane as YAML; nil for a name that is not in `focalPlaneNames`.
  public static func focalPlane(named name: String) -> [UInt8]? {
    name == "euclid-vis" ? PackageResources.euclid_vis_plane_yaml : nil
  }

  /// The columns of the exposure logs of all ELVIS versions.
  public static func exposureLogColumns() -> [UInt8] {
    PackageResources.exposure_log_columns_tsv
  }

  /// The keys of the house-keeping files of all ELVIS versions.
  public static func housekeepingKeys() -> [UInt8] { PackageResources.housekeeping_keys_tsv }

  /// The limits of the house-keeping keys.
  public static func housekeepingLimits() -> [UInt8] { PackageResources.housekeeping_limits_tsv }

  /// The keywords of a test script with their defaults.
  public static func scriptKeywords() -> [UInt8] { PackageResources.script_keywords_tsv }

  /// The profiles of the test chambers.
  public static func chambers() -> [UInt8] { PackageResources.chambers_tsv }

  /// The nominal positions of the point sources.
  public static func spotPatterns() -> [UInt8] { PackageResources.spot_patterns_tsv }

  /// The calibrations of the shutters.
  public static func shutterCalibrations() -> [UInt8] {
    PackageResources.shutter_calibrations_tsv
  }
}
