/// CHINJ00, CHINJ01, CHINJ02: charge injection.
enum InjectionTests {
  static let entries = [chinj00, chinj01, chinj02]

  // The original wrote the lines that are not injected under a misspelt key, so that its input had no
  // effect and 100 were commanded. Here the input counts, and is 100 unless given.
  private static let chinj00 = TestCatalog.Entry(
    name: "CHINJ00", family: "CHINJ00",
    purpose: "Functional check of charge injection; not meant for performance.",
    subtasks: [.check], products: [],
    inputs: [
      volts("IDH", 18, "injection drain high"),
      delays(500), toiInput(500), lines("chinj_on", 30, "injected lines of a cycle"),
      lines("chinj_of", 100, "lines of a cycle that are not injected"),
    ],
    selection: .init(byFilter: false, ignoredKeys: []),
    columns: { plan throws(CampaignError) in
      var columns: [TestPlan.Column] = []
      for delay in plan.numbers("id_delays") {
        for (gate1, gate2, drain) in [(4.0, 6.0, 13.0), (6, 4, 13), (4, 6, 16), (6, 4, 16)] {
          var values = injection(plan, delay: delay)
          values.merge(TestPlan.gate1(gate1)) { $1 }
          values.merge(TestPlan.gate2(gate2)) { $1 }
          values["IDL"] = .double(drain)
          values["chinj_on"] = .int(plan.integer("chinj_on"))
          values["chinj_of"] = .int(plan.integer("chinj_of"))
          values["comments"] = .string(
            "del\(ScriptValue.double(delay))_IG1" + TestPlan.fixed(gate1))
          columns.append((1, values))
        }
      }
      return columns
    }, checks: { _, _ in DataCheck.common })

  private static let chinj01 = TestCatalog.Entry(
    name: "CHINJ01", family: "CHINJ01",
    purpose: "Injection level against injection gate 1: threshold and notch level.",
    subtasks: steps, products: [.mask],
    inputs: [
      volts("IDL", 11, "injection drain low"), volts("IDH", 18, "injection drain high"),
      volts("IG2", 6, "injection gate 2"),
      voltRange("IG1s", 2.5, 6.75, "injection gate 1"), step("dIG1", "injection gate 1"),
      toiInput(500), delays(500),
    ],
    selection: .init(byFilter: false, ignoredKeys: ["motr_siz"]),
    columns: { plan throws(CampaignError) in
      let gates = try plan.range("IG1s", step: "dIG1")
      var columns: [TestPlan.Column] = []
      for delay in plan.numbers("id_delays") {
        for gate in gates {
          var values = injection(plan, delay: delay)
          values["IDL"] = .double(plan.number("IDL"))
          values.merge(TestPlan.gate1(gate)) { $1 }
          values.merge(TestPlan.gate2(plan.number("IG2"))) { $1 }
          columns.append((1, values))
        }
      }
      return columns
    }, checks: injectionChecks)

  private static let chinj02 = TestCatalog.Entry(
    name: "CHINJ02", family: "CHINJ02",
    purpose: "Injection level against injection drain low: threshold.",
    subtasks: steps, products: [.mask],
    inputs: [
      voltRange("IDLs", 9.5, 12.5, "injection drain low"), step("dIDL", "injection drain low"),
      volts("IDH", 18, "injection drain high"), volts("IG1", 4, "injection gate 1"),
      volts("IG2", 6, "injection gate 2"), toiInput(500), delays(500),
    ],
    selection: .init(byFilter: false, ignoredKeys: ["motr_siz"]),
    columns: { plan throws(CampaignError) in
      let drains = try plan.range("IDLs", step: "dIDL")
      var columns: [TestPlan.Column] = []
      for delay in plan.numbers("id_delays") {
        for drain in drains {
          var values = injection(plan, delay: delay)
          values["IDL"] = .double(drain)
          values.merge(TestPlan.gate1(plan.number("IG1"))) { $1 }
          values.merge(TestPlan.gate2(plan.number("IG2"))) { $1 }
          columns.append((1, values))
        }
      }
      return columns
    }, checks: injectionChecks)

  // MARK: - Parts

  private static let steps: [TestDefinition.Subtask] = [
    .check, .prep,
    .init(name: "basic", summary: "injection profiles and statistics of each frame"),
    .init(name: "meta", summary: "fits the injection curve, derives thresholds"),
  ]

  private static func injection(_ plan: TestPlan, delay: Double) -> [String: ScriptValue] {
    [
      "IDH": .double(plan.number("IDH")), "exptime": .double(0), "shuttr": .int(0),
      "chinj": .int(1), "chinj_on": .int(30), "chinj_of": .int(100), "id_wid": .int(60),
      "id_dly": .double(delay), "toi_ch": .double(plan.number("toi_chinj")),
    ]
  }

  static func volts(_ name: String, _ value: Double, _ what: String) -> TestCatalog.Input {
    .init(name: name, defaultValue: .double(value), range: 0...30, meaning: "\(what) [V]")
  }

  private static func voltRange(
    _ name: String, _ lower: Double, _ upper: Double, _ what: String
  ) -> TestCatalog.Input {
    .init(
      name: name, defaultValue: .numbers([lower, upper]), range: 0...30,
      meaning: "\(what), [first, last] [V]")
  }

  private static func step(_ name: String, _ what: String) -> TestCatalog.Input {
    .init(
      name: name, defaultValue: .double(0.25), range: 0.001...30, meaning: "step of \(what) [V]")
  }

  private static func lines(_ name: String, _ value: Int, _ what: String) -> TestCatalog.Input {
    .init(name: name, defaultValue: .int(value), range: 0...10_000, meaning: what)
  }

  static func toiInput(_ value: Double) -> TestCatalog.Input {
    .init(
      name: "toi_chinj", defaultValue: .double(value), range: 1...100_000,
      meaning: "clock phase time of injection [us]")
  }

  /// 2.5 times the phase time injects the bottom half (E, F), 1.5 times the top half (G, H).
  static func delays(_ toi: Double) -> TestCatalog.Input {
    .init(
      name: "id_delays", defaultValue: .numbers([2.5 * toi, 1.5 * toi]), range: 0...1_000_000,
      meaning: "delays of the drain pulse [us]: bottom half, then top half")
  }
}

extension InjectionTests {
  /// The checks of tests with charge injection.
  static func injectionChecks(
    _ plan: TestPlan, _ columns: [TestDefinition.Column]
  ) -> [DataCheck] {
    func check(
      _ name: String, _ metric: String, _ flag: Flag, unknown: LimitRange,
      _ factors: (Double, Double)
    ) -> DataCheck {
      func limits(bottom: Bool) -> [String: LimitRange] {
        var limits: [String: LimitRange] = [:]
        for column in columns {
          limits[column.name] = expectedLevel(column, bottom: bottom).map {
            LimitRange(factors.0 * $0, factors.1 * $0)
          } ?? unknown
        }
        return limits
      }
      return DataCheck(
        name: name, metric: metric,
        limits: .byHalf(bottom: limits(bottom: true), top: limits(bottom: false)),
        flags: [.poorQualityData, flag])
    }
    return DataCheck.common + [
      check(
        "injection_level", "median of the injected rows [ADU]", .fluenceOutOfLimits,
        unknown: LimitRange(-10, 1.01 * 65_536), (0.5, 1.5)),
      check(
        "injection_noise", "standard deviation of the injected rows [ADU]",
        .fluenceGradientOutOfLimits, unknown: LimitRange(0, 10_000), (0.03, 0.45)),
    ]
  }

  /// The coarse expectation of an injection level in ADU; nil where it is not known.
  ///
  /// Half of the detector that a delay injects: bottom for 2 < delay / phase time < 3, top for
  /// 1 ... 2. There, while the drain stays below gate 1 + 7.5 V: 600 + 6000 max(0, gate 2 - gate 1).
  static func expectedLevel(_ column: TestDefinition.Column, bottom: Bool) -> Double? {
    func value(_ key: String) -> Double { column.values[key]?.number ?? 0 }
    guard value("chinj") == 1, value("id_wid") >= 10 else { return 0 }
    let phases = value("id_dly") / max(1e-9, value("toi_ch"))
    guard bottom ? (phases > 2 && phases < 3) : (phases > 1 && phases < 2) else { return nil }
    let half = bottom ? "B" : "T"
    let gate1 = value("IG1_1_\(half)")
    guard value("IDL") < gate1 + 7.5 else { return nil }
    return 600 + 6000 * max(0, value("IG2_\(half)") - gate1)
  }
}
