public import Detector
import Diagnostics

/// All tests that the program knows, and how their definitions are made.
public enum TestCatalog {
  /// A free parameter of a test.
  public struct Input: Sendable, Hashable {
    /// The parameter's name, such as `N`.
    public let name: String
    /// The value unless a configuration gives another; its case is the parameter's type.
    public let defaultValue: ScriptValue
    /// The numbers that are accepted; nil for no limits.
    public let range: ClosedRange<Double>?
    /// What it means.
    public let meaning: String
  }

  /// A test as it is before a block's configuration is applied.
  public struct Entry: Sendable {
    /// The name, such as `BIAS01`.
    public let name: String
    /// The family, such as `BIAS0X`.
    public let family: String
    /// What the test is for.
    public let purpose: String
    /// The steps of its analysis.
    public let subtasks: [TestDefinition.Subtask]
    /// Its free parameters.
    public let inputs: [Input]
    /// How its exposures are selected.
    public let selection: TestDefinition.Selection
    /// The columns, from the parameters: each the number of frames and the values that differ from the
    /// script's defaults.
    let columns:
      @Sendable (_ inputs: [String: ScriptValue]) -> [(
        frames: Int, values: [String: ScriptValue]
      )]

    /// The names that a `todo` list may hold.
    public var todoNames: [String] { ["init"] + subtasks.map(\.name) + ["report"] }
  }

  /// All tests, in the order of documents.
  public static let entries: [Entry] = [
    BiasTests.bias01, BiasTests.bias02, DarkSignalTests.darkSignal,
  ]

  /// The names of all tests.
  public static var names: [String] { entries.map(\.name) }

  /// The test of a name, with or without an iteration tag (`BIAS02.1`).
  ///
  /// - Throws: `CampaignError` of kind `unknownTest`, with the nearest name.
  public static func entry(named name: String) throws(CampaignError) -> Entry {
    let (label, tag) = split(name)
    if let entry = entries.first(where: { $0.name == label }), tag.map({ Int($0) != nil }) ?? true {
      return entry
    }
    let nearest = nearestName(to: label, among: names).map { "did you mean \($0)? " } ?? ""
    throw CampaignError(
      .unknownTest, "test '\(name.clipped(to: 60))' is not known",
      remedy: nearest + "known are \(names.joined(separator: ", ")), with or without .1, .2, ...")
  }

  /// The definition of a test for a block.
  ///
  /// Precedence, lowest first: script defaults of the version; the camera's number of rows for `vend`;
  /// the test's own values; the equipment; `script`.
  ///
  /// - Parameters:
  ///   - name: the test's name, with or without an iteration tag.
  ///   - camera: what the test is taken with.
  ///   - equipment: operator and serial numbers by script keyword. Those left out are not compared.
  ///   - inputs: free parameters that differ from their defaults, such as `N`.
  ///   - script: commanded values that differ in all columns.
  ///   - version: the ELVIS version, for the script's defaults.
  /// - Throws: `CampaignError` for an unknown test, input or keyword, or a value of the wrong type.
  public static func definition(
    of name: String, camera: Camera, equipment: [String: String] = [:],
    inputs: [String: ScriptValue] = [:], script: [String: ScriptValue] = [:],
    elvis version: String = "7.5.X"
  ) throws(CampaignError) -> TestDefinition {
    let entry = try entry(named: name)
    let inputs = try complete(inputs, of: entry)
    var base = ScriptKeyword.defaults(elvis: version)
    for key in ScriptKeyword.equipment { base[key] = nil }
    base["frames"] = nil
    base["test"] = .string(split(name).label)
    if let rows = camera.amplifiers.map(\.height).max() { base["vend"] = .int(rows) }
    var over = equipment.mapValues { ScriptValue.string($0) }
    for (key, value) in script { over[key] = try checked(value, for: key) }
    var columns: [TestDefinition.Column] = []
    for (index, column) in entry.columns(inputs).enumerated() {
      let digits = String(index + 1)
      let values = base.merging(column.values) { $1 }.merging(over) { $1 }
      columns.append(
        TestDefinition.Column(
          name: "col" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits,
          frames: column.frames, values: values))
    }
    try checkWindow(of: columns, camera: camera)
    return TestDefinition(
      name: name, label: split(name).label, family: entry.family, purpose: entry.purpose,
      columns: columns, selection: entry.selection, subtasks: entry.subtasks, inputs: inputs)
  }

  /// A test's name without its iteration tag, and the tag.
  public static func split(_ name: String) -> (label: String, tag: String?) {
    guard let dot = name.firstIndex(of: ".") else { return (name, nil) }
    return (String(name[..<dot]), String(name[name.index(after: dot)...]))
  }

  /// An input's value checked against its declaration.
  static func checked(
    input name: String, _ value: ScriptValue, of entry: Entry
  ) throws(CampaignError) -> ScriptValue {
    guard let input = entry.inputs.first(where: { $0.name == name }) else {
      let known = entry.inputs.map(\.name)
      let nearest = nearestName(to: name, among: known).map { "did you mean \($0)? " } ?? ""
      throw CampaignError(
        .badTestInput, "\(entry.name) has no input '\(name.clipped(to: 40))'",
        remedy: nearest + "its inputs are \(known.joined(separator: ", "))")
    }
    let value = try typed(value, like: input.defaultValue, what: "input \(name) of \(entry.name)")
    if let range = input.range, let number = value.number, !range.contains(number) {
      throw CampaignError(
        .badTestInput,
        "input \(name) of \(entry.name) is \(value), outside \(ScriptValue.double(range.lowerBound))"
          + " ... \(ScriptValue.double(range.upperBound))")
    }
    return value
  }

  /// A commanded value checked against its keyword.
  static func checked(_ value: ScriptValue, for key: String) throws(CampaignError) -> ScriptValue {
    guard let keyword = ScriptKeyword.named(key), key != "frames" else {
      let names = ScriptKeyword.all.map(\.name).filter { $0 != "frames" }
      let nearest = nearestName(to: key, among: names).map { "did you mean \($0)?" }
      throw CampaignError(
        .badTestInput, "'\(key.clipped(to: 40))' is no keyword of a test script",
        remedy: nearest ?? "see docs/configuration.md")
    }
    // A clock time or position given as a whole number by default may well be a fraction.
    if keyword.type == .int, value.number != nil { return value }
    return try typed(value, like: keyword.defaultValue, what: "commanded value \(key)")
  }

  // MARK: - Steps

  private static func complete(
    _ given: [String: ScriptValue], of entry: Entry
  ) throws(CampaignError) -> [String: ScriptValue] {
    var values = Dictionary(entry.inputs.map { ($0.name, $0.defaultValue) }) { first, _ in first }
    for (name, value) in given.sorted(by: { $0.key < $1.key }) {
      values[name] = try checked(input: name, value, of: entry)
    }
    return values
  }

  private static func typed(
    _ value: ScriptValue, like example: ScriptValue, what: String
  ) throws(CampaignError) -> ScriptValue {
    switch (example, value) {
    case (.int, _):
      if let whole = value.integer { return .int(whole) }
      throw CampaignError(.badTestInput, "\(what) must be a whole number, not '\(value)'")
    case (.double, _):
      if let number = value.number { return .double(number) }
      throw CampaignError(.badTestInput, "\(what) must be a number, not '\(value)'")
    case (.string, _): return .string(value.description)
    }
  }

  private static func checkWindow(
    of columns: [TestDefinition.Column], camera: Camera
  ) throws(CampaignError) {
    let rows = camera.amplifiers.map(\.height).max() ?? 0
    for column in columns {
      guard let start = column.values["vstart"]?.integer, let end = column.values["vend"]?.integer,
        start >= 0, start < end, end <= rows
      else {
        throw CampaignError(
          .badTestInput,
          "the rows vstart ..< vend of \(column.name) do not lie within 0 ..< \(rows)")
      }
    }
  }
}
