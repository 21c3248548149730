/// The keys of a block's configuration: one table that the decoder, the schema and the documentation
/// share.
struct ConfigurationKey: Sendable {
  /// The key.
  let name: String
  /// What its value must be.
  let kind: ValueKind
  /// Whether it must be given.
  let isRequired: Bool
  /// What it means, for editors and messages.
  let meaning: String

  init(_ name: String, _ kind: ValueKind, required: Bool = false, _ meaning: String) {
    self.name = name
    self.kind = kind
    self.isRequired = required
    self.meaning = meaning
  }
}

/// What a value of the configuration must be.
indirect enum ValueKind: Sendable {
  case text
  case integer
  case number
  case boolean
  /// A number or a text.
  case scalar
  case choice([String])
  case list(ValueKind)
  /// `[lower, upper]`.
  case range
  /// `[first, last]` of whole numbers; null for no limits.
  case obsids
  /// A mapping with fixed keys.
  case section([ConfigurationKey])
  /// A mapping with free keys, all values of one kind.
  case map(ValueKind, keys: [String]?)
  /// One of two kinds.
  case either(ValueKind, ValueKind)
  /// A text, or mappings of mappings of texts.
  case pathTree

  /// The kind in words, for messages.
  var inWords: String {
    switch self {
    case .text: "a text"
    case .integer: "a whole number"
    case .number: "a number"
    case .boolean: "true or false"
    case .scalar: "a number or a text"
    case .choice(let names): "one of " + names.joined(separator: ", ")
    case .list(let kind): "a list, each item \(kind.inWords)"
    case .range: "two numbers [lower, upper], lower first"
    case .obsids: "two whole numbers [first, last], first not above last, or null"
    case .section, .map: "a mapping of keys to values"
    case .either(let a, let b): "\(a.inWords), or \(b.inWords)"
    case .pathTree: "a path, or a mapping that ends in paths"
    }
  }
}

extension ConfigurationKey {
  /// The keys of the document.
  static let document: [ConfigurationKey] = [
    .init("version", .choice(["1"]), required: true, "Version of this format; always 1."),
    .init("block", .text, required: true, "Name of the block, such as EINSTEIN."),
    .init("filled_in_by", .text, "Who wrote this file."),
    .init("campaign", .text, "Name of the campaign that the results belong to."),
    .init("camera", .text, "A shipped camera's name, or the path of a camera's YAML file."),
    .init("chamber", .text, "Profile of the test chamber, such as B_EINSTEIN."),
    .init("elvis", .choice(ElvisVersion.all.map(\.name)), "Version of the acquisition system."),
    .init("paths", .section(paths), required: true, "Folders, relative to this file's folder."),
    .init(
      "equipment", .section(equipment),
      "Operator and serial numbers as the logs have them; those left out come from the focal plane."
    ),
    .init(
      "products", .map(.pathTree, keys: nil),
      "Input calibration products by kind, paths relative to paths.products."),
    .init("limits", .section(limits), "Limits that differ from the generic ones."),
    .init("preprocessing", .section(preprocessing), "How images are prepared."),
    .init("report", .boolean, "Whether reports are made."),
    .init("draft_report", .boolean, "Whether reports are marked as drafts."),
    .init(
      "sessions", .map(.section(session), keys: nil), required: true,
      "Sessions by name, such as D11."),
  ]

  static let paths: [ConfigurationKey] = [
    .init("data_root", .text, "Parent of the day folders; never written to."),
    .init("results_root", .text, required: true, "Folder of the warehouse."),
    .init("products", .text, "Folder of input calibration products."),
  ]

  static let equipment = [
    ConfigurationKey("operator", .text, "Operator as the logs have it."),
    ConfigurationKey("sn_ccd1", .text, "Serial number of CCD1."),
    ConfigurationKey("sn_ccd2", .text, "Serial number of CCD2."),
    ConfigurationKey("sn_ccd3", .text, "Serial number of CCD3."),
    ConfigurationKey("sn_roe", .text, "Serial number of the read-out electronics, such as FM14."),
    ConfigurationKey("sn_rpsu", .text, "Serial number of the power supply, such as FM14."),
  ]

  static let limits: [ConfigurationKey] = [
    .init("offset_margin", .range, "Allowed departure from the expected offset, ADU."),
    .init(
      "expected_offsets", .map(.map(.number, keys: nil), keys: nil),
      "Expected offsets in ADU by detector, then amplifier."),
    .init(
      "offset_gradients", .map(.range, keys: ["image", "overscan", "parallelOverscan", "masked"]),
      "Allowed offset relative to the pre-scan by region, ADU."),
    .init(
      "read_noise", .either(.range, .map(.range, keys: nil)),
      "Allowed standard deviation of a region, ADU; for all detectors, or by detector."),
    .init("saturated_fraction", .range, "Allowed fraction of saturated pixels."),
    .init(
      "housekeeping", .map(.section(housekeepingLimit), keys: nil),
      "Limits of house-keeping keys that differ from those of 7.5.X."),
    .init(
      "absolute_performance", .boolean,
      "Whether absolute performance limits (CCD temperatures) are applied; true unless given."),
  ]

  static let housekeepingLimit: [ConfigurationKey] = [
    .init("performance", .range, "Performance limits; relative where the key is commanded."),
    .init("safe", .range, "Safe limits, absolute."),
    .init("checked", .boolean, "Whether the key is checked."),
  ]

  static let preprocessing: [ConfigurationKey] = [
    .init("offset", .section(offset), "How the offset is subtracted.")
  ]

  static let offset: [ConfigurationKey] = [
    .init(
      "method", .choice(["row", "median", "none"]),
      "One value an amplifier and frame (median, the default), one a row, or not at all."),
    .init("scan", .choice(["pre", "ove"]), "Pre-scan or over-scan."),
    .init(
      "trim", .list(.integer), "Columns left out of the scan: [at the read-out side, far side]."),
    .init("skip_parallel_overscan", .boolean, "Whether parallel over-scan rows are left out."),
  ]

  static let session: [ConfigurationKey] = [
    .init(
      "data", .list(.text),
      "Day folders with their exposure logs, relative to paths.data_root; or give manifest."),
    .init(
      "manifest", .text,
      "CSV file that lists frames without an exposure log, relative to paths.data_root."),
    .init("tasks", .list(.section(task)), required: true, "Tests to analyse, in order."),
  ]

  static let task: [ConfigurationKey] = [
    .init("test", .text, required: true, "Name of the test, such as BIAS01 or BIAS02.1."),
    .init("obsid", .obsids, "First and last ObsID, both included; null for the whole log."),
    .init("todo", .list(.text), "Steps to run; all where it is left out."),
    .init(
      "inputs", .map(.either(.scalar, .list(.number)), keys: nil),
      "Free parameters, such as {N: 3} or {fractions: [0.1, 0.5]}."),
    .init("script", .map(.scalar, keys: nil), "Commanded values that differ in all columns."),
  ]
}
