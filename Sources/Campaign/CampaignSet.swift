import Diagnostics

/// A generator of tests: which tests a handle such as `PTC02WAVE` stands for, and with which inputs.
public enum CampaignSet: String, Sendable, Hashable, CaseIterable {
  /// The calibration campaign of the flight blocks.
  case full = "Full"
  /// The functional campaign in short.
  case mini = "Mini"
  /// The short performance tests of a module.
  case mot = "MOT"
  /// Development runs.
  case devel

  /// One test as a set orders it.
  public struct Order: Sendable, Hashable {
    /// The test's name, with the handle's iteration tag.
    public var name: String
    /// Inputs that differ from the test's own defaults.
    public var inputs: [String: ScriptValue]

    /// An order of a test.
    public init(name: String, inputs: [String: ScriptValue] = [:]) {
      self.name = name
      self.inputs = inputs
    }
  }

  /// The handles in the order of the reference.
  public var handles: [String] { table.map(\.handle) }

  /// The tests that a handle stands for; an iteration tag (`PTC02WAVE.3`) goes to each of them.
  ///
  /// - Throws: `CampaignError` of kind `unknownTest` for a handle that is not of this set, or a tag that
  ///   is no whole number.
  public func tests(of handle: String) throws(CampaignError) -> [Order] {
    let (label, tag) = TestCatalog.split(handle)
    guard tag.map({ Int($0) != nil }) ?? true else {
      throw CampaignError(
        .unknownTest, "the iteration of '\(handle.clipped(to: 60))' is no whole number",
        remedy: "write \(label.clipped(to: 40)).1, .2, ...")
    }
    guard let row = table.first(where: { $0.handle == label }) else {
      let nearest = nearestName(to: label, among: handles).map { "did you mean \($0)? " } ?? ""
      throw CampaignError(
        .unknownTest, "'\(label.clipped(to: 60))' is no test of the set \(rawValue)",
        remedy: nearest + "its tests are \(handles.joined(separator: ", "))")
    }
    return row.tests.map { Order(name: $0 + (tag.map { ".\($0)" } ?? ""), inputs: row.inputs) }
  }

  private typealias Row = (handle: String, tests: [String], inputs: [String: ScriptValue])

  private var table: [Row] {
    func row(_ handle: String, _ tests: [String]? = nil, _ inputs: [String: ScriptValue] = [:])
      -> Row
    { (handle, tests ?? [handle], inputs) }
    func names(_ stem: String, _ ends: [String]) -> [String] { ends.map { "\(stem)_\($0)" } }
    switch self {
    case .full:
      return [
        row("MOT_WARM"), row("COSMETICS00"), row("BIAS01"), row("BIAS02"), row("DARK01"),
        row("CHINJ01"), row("CHINJ02"), row("TP01"), row("TP11"), row("TP02"), row("TP21"),
        row("FLATFLUX00", names("FLATFLUX00", ["590", "2000", "730", "800", "880", "0"])),
        row("FLAT01"), row("FLAT02", names("FLAT02", ["590", "730", "880"])), row("FLAT_STB"),
        row("PTC01"), row("PTC02WAVE", names("PTC02", ["590", "730", "880"])),
        row("PTC02TEMP", names("PTC02", ["148K", "158K"])),
        row("PTC02RD", names("PTC02", ["155R", "160R", "165R"])), row("BF01"),
        row("BF01WAVE", names("BF01", ["590", "730", "880"])), row("NL01"), row("NL02"),
        row("NL02RD", names("NL02", ["155R", "160R", "165R"])),
        row("FOCUS00", names("FOCUS00", ["590", "730", "800", "880"])),
        row("PSF01", names("PSF01", ["590", "730", "800", "880"])),
        row("PSFLUX00", names("PSFLUX00", ["590", "730", "800", "880", "0"])),
        row("PSF02", names("PSF02", ["148K", "158K"])), row("PERSIST01"), row("MOT_FF"),
      ]
    case .mini:
      return [
        row("BIAS01", nil, ["N": .int(3)]), row("DARK01", nil, ["N": .int(1)]), row("CHINJ00"),
        row("TP00", nil, ["Nshuffles_S": .int(500)]),
        row("FLAT01", nil, ["frames": .numbers([1])]),
        row(
          "FLAT02", names("FLAT02", ["0", "590", "640", "730", "880"]),
          ["fractions": .numbers([0.5]), "frames": .numbers([2])]),
        row("FOCUS00", names("FOCUS00", ["590", "800", "880"]), ["deltafocus": .double(0.1)]),
        row(
          "PSF01", ["PSF01_800"],
          ["fractions": .numbers([0.25, 0.5, 0.75]), "frames": .numbers([4])]),
      ]
    case .mot:
      return [
        row("BIAS01", nil, ["N": .int(5)]),
        // The original states 3 ... 8 V by 0.75, and commands eight steps up to 8.25.
        row(
          "CHINJ01", nil,
          ["IG1s": .numbers([3, 8.25]), "dIG1": .double(0.75), "IG2": .double(7.5)]),
        row("TP01", nil, ["toi_tpv": .numbers([200])]), row("TP02"),
        row(
          "PTC01", nil,
          ["fractions": .numbers([0.1, 0.3, 0.5, 0.7, 0.9]), "frames": .numbers([2])]),
        row("MOT_FF"),
      ]
    case .devel:
      return [row("PTC02TEMP", names("PTC02", ["150K", "156K"])), row("HENK01")]
    }
  }
}
