import Detector

extension ConfigurationKey {
  /// The keys of a camera's file. Their values are decoded elsewhere; this finds what decoding would
  /// pass over: a key that is misspelt, and so would be taken for left out.
  static let camera: [ConfigurationKey] = [
    .init("name", .text, required: true, "Short name, stored with every run."),
    .init("title", .text, required: true, "Name for people."),
    .init("detectors", .list(.text), required: true, "Names of the detectors of one block."),
    .init("width", .integer, required: true, "Columns of a detector's frame."),
    .init("height", .integer, required: true, "Rows of a detector's frame."),
    .init("pixelPitchMicrometres", .number, required: true, "Distance of pixel centres."),
    .init(
      "layout", .choice(["singleImage", "extensionPerAmplifier"]), required: true,
      "How amplifiers are stored."),
    .init("saturatedValue", .integer, required: true, "Raw value of a saturated pixel."),
    .init("lostValue", .integer, "Raw value of a lost pixel."),
    .init("gapColumns", .integer, required: true, "Columns of silicon that are not read."),
    .init("gapRows", .integer, required: true, "Rows of silicon that are not read."),
    .init("nominalGain", .number, "Electrons per ADU, for orientation."),
    .init("amplifiers", .list(.section(amplifier)), required: true, "The amplifiers, in order."),
    .init(
      "regions", .map(.section(region), keys: RegionName.allCases.map(\.rawValue)), required: true,
      "Regions of an amplifier, canonical."),
    .init(
      "checkTrims", .map(.list(.integer), keys: RegionName.allCases.map(\.rawValue)),
      required: true, "Columns left out of a region in checks."),
    .init("display", .list(.list(.text)), required: true, "Rows of amplifier names, upper first."),
    .init("header", .section(header), "Keywords of frames without an exposure log."),
  ]

  private static let amplifier: [ConfigurationKey] = [
    .init("name", .text, required: true, "Its name."),
    .init("extensionName", .text, "EXTNAME of its HDU."),
    .init("x0", .integer, required: true, "Column of its lower-left pixel."),
    .init("y0", .integer, required: true, "Row of its lower-left pixel."),
    .init("width", .integer, required: true, "Its columns."),
    .init("height", .integer, required: true, "Its rows."),
    .init("flipX", .boolean, required: true, "Whether columns are stored in reverse."),
    .init("flipY", .boolean, required: true, "Whether rows are stored in reverse."),
  ]

  private static let region: [ConfigurationKey] = [
    .init("columns", .list(.integer), required: true, "[first, end], end not included."),
    .init("rows", .list(.integer), required: true, "[first, end], end not included."),
  ]

  private static let header: [ConfigurationKey] = [
    .init("exposureTime", .text, "Keyword of the exposure time."),
    .init("exposureTimeScale", .number, "Factor to seconds."),
    .init("date", .text, "Keyword of the date and time."),
    .init("exposureNumber", .text, "Keyword of the exposure's number."),
    .init("serial", .text, "Keyword of the serial number."),
    .init("kind", .text, "Keyword of what the exposure is."),
  ]
}
