import DurableFiles
import Yams

/// What a campaign is to be simulated of: a YAML file, checked key by key.
///
///     version: 1
///     camera: tiny
///     seed: 7
///     blocks: [EINSTEIN]
///     tests: [BIAS01, {test: PTC01, inputs: {wavelength: 800}}]
///     faults: ["missing-frame:1002:CCD2"]
///     truth: {cosmic_rate: 0}
public struct CampaignFile: Sendable, Hashable {
  /// One test.
  public struct Test: Sendable, Hashable {
    /// The name, such as `BIAS02.1`.
    public var name: String
    /// Free parameters that differ from their defaults.
    public var inputs: [String: ScriptValue]
    /// Commanded values that differ from the test's.
    public var script: [String: ScriptValue]
  }

  /// The campaign's name; nil where none is given, as for all that follows.
  public var campaign: String?
  /// The camera's name, or the path of its file as seen from the working folder.
  public var camera: String?
  /// What all random numbers derive from.
  public var seed: UInt64?
  /// The time of each block's first exposure, as written.
  public var start: String?
  /// The first exposure's number.
  public var firstObsID: Int?
  /// The version of the acquisition system.
  public var elvis: String?
  /// The blocks.
  public var blocks: [String]?
  /// The tests in order.
  public var tests: [Test]
  /// What is wrong with the data, as `KIND[:OBSID[:CCD]]`.
  public var faults: [String]
  /// What is true instead of what is drawn.
  public var truth: [String: Double]

  /// Reads a file.
  ///
  /// - Throws: `CampaignError` naming file, line and column; `FileError`.
  public static func load(_ path: String) throws -> CampaignFile {
    try parse(InputFile.bytes(of: path, limit: YAMLGuard.largestFile), path: path)
  }

  /// Checks a file that was read elsewhere; `path` names it in messages.
  public static func parse(_ bytes: [UInt8], path: String) throws -> CampaignFile {
    let text = try YAMLGuard.text(bytes, file: path)
    let node: Node?
    do { node = try compose(yaml: text) } catch {
      throw YAMLGuard.syntaxError(error, file: path, text: text)
    }
    guard let node else {
      throw CampaignError(
        .badSyntax, "the file is empty", place: path, remedy: "see docs/simulator.md")
    }
    let root = ConfigurationNode(node: node, file: path, path: "")
    try root.check(.section(keys))
    var seed: UInt64?
    if let given = root["seed"] {
      guard let value = given.value?.integer, value >= 0 else {
        throw given.error(.badValue, "'seed' must not be below 0")
      }
      seed = UInt64(value)
    }
    return CampaignFile(
      campaign: root["campaign"]?.text, camera: try camera(root["camera"], file: path), seed: seed,
      start: root["start"]?.text, firstObsID: root["first_obsid"]?.value?.integer,
      elvis: root["elvis"]?.text, blocks: root["blocks"]?.items.compactMap(\.text),
      tests: (root["tests"]?.items ?? []).map(test),
      faults: (root["faults"]?.items ?? []).compactMap(\.text),
      truth: numbers(root["truth"]))
  }

  // MARK: - Keys

  private static let keys: [ConfigurationKey] = [
    .init("version", .choice(["1"]), required: true, "Version of this format; always 1."),
    .init("campaign", .text, "Name of the campaign in the configurations."),
    .init("camera", .text, "A shipped camera's name, or the path of a camera's YAML file."),
    .init("seed", .integer, "What all random numbers derive from."),
    .init("start", .text, "Time of the first exposure, UTC, ISO 8601."),
    .init("first_obsid", .integer, "Number of the first exposure."),
    .init("elvis", .choice(ElvisVersion.all.map(\.name)), "Version of the acquisition system."),
    .init("blocks", .list(.text), "Blocks; all flight blocks where it is left out."),
    .init(
      "tests", .list(.either(.text, .map(testValue, keys: testKeys))),
      required: true, "Tests in order: a name, or test, inputs and script."),
    .init("faults", .list(.text), "Faults, KIND[:OBSID[:CCD]]."),
    .init("truth", .map(.number, keys: nil), "Parts of the truth that are not to be drawn."),
  ]

  private static let testValue = ValueKind.either(
    .scalar, .map(.either(.scalar, .list(.number)), keys: nil))
  private static let testKeys = ["test", "inputs", "script"]

  // MARK: - Values

  private static func test(_ node: ConfigurationNode) -> Test {
    func values(_ key: String) -> [String: ScriptValue] {
      var values: [String: ScriptValue] = [:]
      for (name, value) in node[key]?.entries ?? [] { values[name] = value.value ?? value.numbers.map(ScriptValue.numbers) }
      return values
    }
    return Test(
      name: node["test"]?.text ?? node.text ?? "", inputs: values("inputs"),
      script: values("script"))
  }

  private static func numbers(_ node: ConfigurationNode?) -> [String: Double] {
    var numbers: [String: Double] = [:]
    for (name, value) in node?.entries ?? [] { numbers[name] = value.value?.number }
    return numbers
  }

  /// A path is relative to the file that names it.
  private static func camera(_ node: ConfigurationNode?, file: String) throws -> String? {
    guard let name = node?.text else { return nil }
    return CameraCatalog.names.contains(name)
      ? name : InputFile.path(name, from: AtomicFile.folder(of: file))
  }
}
