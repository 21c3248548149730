/// What should happen in a test: the exposures that its script commands, how they are selected from
/// the logs, and what is done with them.
public struct TestDefinition: Sendable, Hashable {
  /// One step of a test's analysis.
  public struct Subtask: Sendable, Hashable {
    /// The name that `todo` lists use.
    public let name: String
    /// What it does, in a few words.
    public let summary: String
  }

  /// A product of an earlier test that the analysis uses where it is given.
  public struct Product: Sendable, Hashable {
    /// The key below `products` of a configuration, such as `mask`.
    public let key: String
    /// The test that makes it.
    public let source: String
    /// What it is used for.
    public let purpose: String

    static let mask = Product(
      key: "mask", source: "COSMETICS00", purpose: "cosmetics mask of each detector")
    static let bias = Product(
      key: "bias", source: "BIAS01", purpose: "master bias of each detector")
    static let flat = Product(
      key: "flat", source: "FLAT01, FLAT02", purpose: "master flat of the test's wavelength")
    static let brighterFatter = Product(
      key: "bfe", source: "BF01", purpose: "brighter-fatter solution of the test's wavelength")
  }

  /// How exposures are found in the logs.
  public struct Selection: Sendable, Hashable {
    /// Whether only exposures with the filter of the script are taken.
    public var byFilter: Bool
    /// Keys that are commanded but not compared.
    public var ignoredKeys: Set<String>
  }

  /// One column of the script: settings, and the number of frames taken with them.
  public struct Column: Sendable, Hashable {
    /// `col001`, `col002`, ...
    public let name: String
    /// The number of exposures.
    public let frames: Int
    /// The commanded values by keyword, without `frames`.
    public let values: [String: ScriptValue]

    /// The text that the log has for the clock phases that are on, such as `I1I2I3`.
    public var imagePhases: String {
      (1...4).filter { values["IPHI\($0)"]?.integer == 1 }.map { "I\($0)" }.joined()
    }

    /// What the exposure log must hold: commanded values by column, `IPHI` derived.
    ///
    /// Three columns are named otherwise in the logs than in the scripts; the original therefore never
    /// compared them, so that a test with the wrong pumping mode passed.
    public var expectedLogValues: [String: ScriptValue] {
      var expected = values
      for (script, log) in [("v_tpmod", "v_tp_mod"), ("s_tpmod", "s_tp_mod"), ("motr_on", "motr")] {
        expected[log] = values[script]
      }
      for phase in 1...4 { expected["IPHI\(phase)"] = nil }
      if values.keys.contains(where: { $0.hasPrefix("IPHI") }) {
        expected["IPHI"] = .string(imagePhases)
      }
      return expected
    }
  }

  /// The name, with the iteration tag where there is one: `BIAS02.1`.
  public let name: String
  /// The label in the logs' column `test`: `BIAS02`.
  public let label: String
  /// The family of tests: `BIAS0X`.
  public let family: String
  /// What the test is for, as one sentence.
  public let purpose: String
  /// The script's columns, in order.
  public let columns: [Column]
  /// How exposures are selected.
  public let selection: Selection
  /// The steps of the analysis, in order, without `init` and `report`.
  public let subtasks: [Subtask]
  /// The products of earlier tests that the analysis uses.
  public let products: [Product]
  /// The checks of the data, in order.
  public let checks: [DataCheck]
  /// The values of the test's free parameters.
  public let inputs: [String: ScriptValue]
  /// The chamber whose light the exposure times are for; nil where none was named.
  public let chamber: String?

  /// The number of exposures of all columns.
  public var frames: Int { columns.reduce(0) { $0 + $1.frames } }

  /// The rows of each amplifier that are read: `vstart ..< vend`.
  public var window: Range<Int> {
    let first = columns.first?.values["vstart"]?.integer ?? 0
    let end = columns.first?.values["vend"]?.integer ?? 0
    return first..<max(first, end)
  }

  /// The temperature of the detectors that the test is made for.
  public var temperature: DetectorTemperature { DetectorTemperature(label: label) }

  /// The names that a `todo` list may hold.
  public var todoNames: [String] { ["init"] + subtasks.map(\.name) + ["report"] }
}

extension TestDefinition.Subtask {
  /// The data check, which all tests have.
  static let check = Self(
    name: "check", summary: "validates the data: house-keeping, levels, and what the test exposes")
  /// The preparation of images, which most tests have.
  static let prep = Self(
    name: "prep", summary: "prepares images: bad pixels, masks, offsets")
}
