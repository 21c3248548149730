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
    /// The words that are accepted; empty for any.
    public let choices: [String]
    /// What it means.
    public let meaning: String

    /// A parameter that is a number, a list of numbers, or any text.
    init(
      name: String, defaultValue: ScriptValue, range: ClosedRange<Double>?, meaning: String
    ) {
      (self.name, self.defaultValue, self.range) = (name, defaultValue, range)
      (choices, self.meaning) = ([], meaning)
    }

    /// A parameter that is one of some words, the first unless a configuration gives another.
    init(name: String, choices: [String], meaning: String) {
      self.name = name
      defaultValue = .string(choices.first ?? "")
      (range, self.choices, self.meaning) = (nil, choices, meaning)
    }

    /// The inputs of a ladder of exposure times.
    static func ladder(
      _ fractions: [Double], _ frames: [Double], of light: String, suffix: String = ""
    ) -> [Input] {
      [
        Input(
          name: "fractions\(suffix)", defaultValue: .numbers(fractions), range: 0...100,
          meaning: "exposure times as fractions of the time to full well of \(light)"),
        Input(
          name: "exptimes\(suffix)", defaultValue: .numbers([]), range: 0...100_000,
          meaning: "exposure times [s], instead of fractions"),
        Input(
          name: "frames\(suffix)", defaultValue: .numbers(frames), range: 1...10_000,
          meaning: "number of frames for each exposure time, or one for all"),
      ]
    }

    /// The wavelength of a test's filter.
    static func wavelength(_ value: Int, suffix: String = "") -> Input {
      Input(
        name: "wavelength\(suffix)", defaultValue: .int(value), range: 0...2000,
        meaning: "filter [nm]; 0: neutral density, 2000: bright position")
    }
  }

  /// A test as it is before a block's configuration is applied.
  public struct Entry: Sendable {
    /// The name, such as `BIAS01`.
    public let name: String
    /// What the logs' column `test` holds: the name, or that of the test whose frames are used.
    public let label: String
    /// Whether frames are taken for it; if not, it works on those of another test.
    public let acquires: Bool
    /// The family, such as `BIAS0X`.
    public let family: String
    /// What the test is for.
    public let purpose: String
    /// The steps of its analysis.
    public let subtasks: [TestDefinition.Subtask]
    /// The products of earlier tests that it uses.
    public let products: [TestDefinition.Product]
    /// Its free parameters.
    public let inputs: [Input]
    /// How its exposures are selected.
    public let selection: TestDefinition.Selection
    /// The columns, from the parameters: each the number of frames and the values that differ from the
    /// script's defaults.
    let columns: @Sendable (TestPlan) throws(CampaignError) -> [TestPlan.Column]
    /// The checks, from the parameters and the finished columns.
    let checks: @Sendable (TestPlan, [TestDefinition.Column]) -> [DataCheck]

    init(
      name: String, label: String? = nil, acquires: Bool = true, family: String,
      purpose: String,
      subtasks: [TestDefinition.Subtask], products: [TestDefinition.Product], inputs: [Input],
      selection: TestDefinition.Selection,
      columns: @escaping @Sendable (TestPlan) throws(CampaignError) -> [TestPlan.Column],
      checks: @escaping @Sendable (TestPlan, [TestDefinition.Column]) -> [DataCheck]
    ) {
      self.name = name
      self.label = label ?? name
      self.acquires = acquires
      self.family = family
      self.purpose = purpose
      self.subtasks = subtasks
      self.products = products
      self.inputs = inputs
      self.selection = selection
      self.columns = columns
      self.checks = checks
    }

    /// The names that a `todo` list may hold.
    public var todoNames: [String] { ["init"] + subtasks.map(\.name) + ["report"] }
  }

  /// All tests, in the order of documents.
  public static let entries: [Entry] =
    [BiasTests.bias01, BiasTests.bias02, DarkSignalTests.darkSignal, OtherTests.dark01]
    + InjectionTests.entries + PumpingTests.entries + FlatTests.entries
    + NonLinearityTests.entries + PointTests.entries + OtherTests.entries

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
      remedy: nearest + "'vis-tools tests' lists them; a name may end in .1, .2, ...")
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
  ///   - chamber: the chamber's profile, which tests with light need for their exposure times.
  ///   - version: the ELVIS version, for the script's defaults.
  /// - Throws: `CampaignError` for an unknown test, input, keyword or chamber, a chamber that is needed
  ///   and not given, or a value of the wrong type.
  public static func definition(
    of name: String, camera: Camera, equipment: [String: String] = [:],
    inputs: [String: ScriptValue] = [:], script: [String: ScriptValue] = [:],
    chamber: String? = nil, elvis version: String = "7.5.X"
  ) throws(CampaignError) -> TestDefinition {
    let entry = try entry(named: name)
    let inputs = try complete(inputs, of: entry)
    var base = ScriptKeyword.defaults(elvis: version)
    for key in ScriptKeyword.equipment { base[key] = nil }
    base["frames"] = nil
    base["test"] = .string(entry.label)
    if let rows = camera.amplifiers.map(\.height).max() { base["vend"] = .int(rows) }
    var over = equipment.mapValues { ScriptValue.string($0) }
    for (key, value) in script { over[key] = try checked(value, for: key) }
    let plan = TestPlan(
      test: name, inputs: inputs, chamber: try chamber.map(ChamberCatalog.profile))
    let planned = try entry.columns(plan)
    guard (1...999).contains(planned.count) else {
      throw CampaignError(
        .badTestInput, "\(name) has \(planned.count) columns",
        remedy: "a script has 1 to 999: change the test's inputs")
    }
    var columns: [TestDefinition.Column] = []
    for (index, column) in planned.enumerated() {
      let digits = String(index + 1)
      let values = base.merging(fitted(column.values, to: camera)) { $1 }.merging(over) { $1 }
      columns.append(
        TestDefinition.Column(
          name: "col" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits,
          frames: column.frames, values: values))
    }
    try checkWindow(of: columns, camera: camera)
    return TestDefinition(
      name: name, label: entry.label, family: entry.family, purpose: entry.purpose,
      columns: columns, selection: entry.selection, subtasks: entry.subtasks,
      products: entry.products, checks: entry.checks(plan, columns), inputs: inputs,
      chamber: plan.chamber?.name)
  }

  /// Row counts of the Euclid-VIS detectors, cut to what a smaller camera has.
  private static func fitted(
    _ values: [String: ScriptValue], to camera: Camera
  ) -> [String: ScriptValue] {
    let image = camera.regions[.image]?.rows.upperBound ?? 2066
    var values = values
    for key in ["vend", "chinj_on"] {
      if let rows = values[key]?.integer, rows > image { values[key] = .int(image) }
    }
    return values
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
    let numbers = value.numbers ?? value.number.map { [$0] } ?? []
    if numbers.count > 500 {
      throw CampaignError(
        .badTestInput, "input \(name) of \(entry.name) is a list of \(numbers.count) numbers",
        remedy: "a list has at most 500")
    }
    if case .string(let word) = value, !input.choices.isEmpty, !input.choices.contains(word) {
      let nearest = nearestName(to: word, among: input.choices).map { "did you mean \($0)? " } ?? ""
      throw CampaignError(
        .badTestInput, "input \(name) of \(entry.name) is '\(word.clipped(to: 60))'",
        remedy: nearest + "known are \(input.choices.joined(separator: ", "))")
    }
    if let range = input.range, let number = numbers.first(where: { !range.contains($0) }) {
      throw CampaignError(
        .badTestInput,
        "input \(name) of \(entry.name) is \(ScriptValue.double(number)), outside \(ScriptValue.double(range.lowerBound))"
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
    case (.numbers, _):
      if let numbers = value.numbers ?? value.number.map({ [$0] }) { return .numbers(numbers) }
      throw CampaignError(.badTestInput, "\(what) must be a list of numbers, not '\(value)'")
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
