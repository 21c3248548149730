/// A kind of camera: its detectors, their amplifiers and the regions of their read-out, as data.
///
/// Another camera is a file like those in `config/cameras`, not a change of code.
public struct Camera: Sendable, Hashable, Codable {
  /// How the amplifiers of a detector are stored.
  public enum Layout: String, Sendable, Codable {
    /// All amplifiers in one image.
    case singleImage
    /// One image extension for each amplifier, named by `Amplifier.extensionName`.
    case extensionPerAmplifier
  }

  /// The short name that a configuration refers to, such as `euclid-vis`.
  public var name: String
  /// The name for people.
  public var title: String
  /// The names of the detectors of one block, in order.
  public var detectors: [String]
  /// The number of columns of a detector's frame, all amplifiers and scan pixels included.
  public var width: Int
  /// The number of rows of a detector's frame.
  public var height: Int
  /// Distance of pixel centres.
  public var pixelPitchMicrometres: Double
  /// How amplifiers are stored.
  public var layout: Layout
  /// The amplifiers, in the order of every loop and table.
  public var amplifiers: [Amplifier]
  /// The regions of an amplifier in canonical coordinates, common to all amplifiers.
  public var regions: [RegionName: Region]
  /// The columns left out of a region in the data checks.
  public var checkTrims: [RegionName: ColumnTrim]
  /// The raw value of a saturated pixel.
  public var saturatedValue: Int
  /// The raw value of a pixel that was lost or not read; nil where none is reserved.
  public var lostValue: Int?
  /// Columns that exist in the silicon between left and right amplifiers and are not read.
  public var gapColumns: Int
  /// Rows that exist in the silicon between lower and upper amplifiers and are not read.
  public var gapRows: Int
  /// The conversion gain assumed where none was measured, in electrons per ADU; for orientation only.
  public var nominalGain: Double?
  /// Rows of amplifier names for display, upper row first.
  public var display: [[String]]
  /// The header keywords that this camera's files use; nil where exposure logs tell everything.
  public var header: HeaderDictionary?

  /// The amplifier of that name.
  public func amplifier(named name: String) -> Amplifier? {
    amplifiers.first { $0.name == name }
  }

  /// A region in canonical coordinates, limited to a window of rows; nil where the camera has none
  /// or the window leaves nothing.
  public func region(_ name: RegionName, rows window: Range<Int>? = nil) -> Region? {
    guard var region = regions[name] else { return nil }
    if let window { region = region.clamped(toRows: window) }
    return region.isEmpty ? nil : region
  }

  /// The region used by the data checks: trimmed columns, image rows within the window.
  ///
  /// The parallel over-scan rows are left out, as in all checks of the field (offsets, noise).
  public func checkRegion(_ name: RegionName, rows window: Range<Int>? = nil) -> Region? {
    guard let image = regions[.image], var region = regions[name] else { return nil }
    region = region.clamped(toRows: image.rows)
    if let window { region = region.clamped(toRows: window) }
    if let trim = checkTrims[name] { region = region.trimmed(trim) }
    return region.isEmpty ? nil : region
  }
}

/// Which header keywords hold what a program needs to know of a frame that no exposure log lists.
public struct HeaderDictionary: Sendable, Hashable, Codable {
  /// The exposure time's keyword.
  public var exposureTime: String?
  /// Factor from the keyword's unit to seconds.
  public var exposureTimeScale: Double?
  /// The keyword of the date and time of the exposure, ISO 8601, UTC.
  public var date: String?
  /// The keyword of the exposure's number.
  public var exposureNumber: String?
  /// The keyword of the detector's serial number.
  public var serial: String?
  /// The keyword of what the exposure is (bias, dark, flat, ...).
  public var kind: String?
}
