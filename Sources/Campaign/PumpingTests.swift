/// TP00, TP01, TP02 and their variants TP11, TP21 at a lower injection drain: trap pumping.
enum PumpingTests {
  static let entries = [
    tp00, vertical("TP01", drain: 11), vertical("TP11", drain: 10.5), serial("TP02", drain: 11),
    serial("TP21", drain: 10.5),
  ]

  private static let tp00 = TestCatalog.Entry(
    name: "TP00", family: "TP00",
    purpose: "Functional check of trap pumping; not meant for performance.",
    subtasks: [.check], products: [],
    inputs: [
      shuffles("Nshuffles_V", 500), phaseTimes([200, 1000, 4000]), shuffles("Nshuffles_S", 100),
      dwells("dwell_tpsv", [0, 16, 32]), InjectionTests.toiInput(500), InjectionTests.delays(500),
    ],
    selection: .init(byFilter: false, ignoredKeys: []),
    columns: { plan throws(CampaignError) in
      var base = injection(plan, drain: 11)
      base["IDH"] = .double(18)
      base.merge(TestPlan.gate2(5)) { $1 }
      base["vend"] = .int(20)
      let delays = plan.numbers("id_delays")
      var columns: [TestPlan.Column] = []
      for delay in delays {
        for mode in [123, 234, 341, 412] {
          for toi in plan.numbers("toi_tpv") {
            var values = base
            values["id_dly"] = .double(delay)
            values["v_tpump"] = .int(1)
            values["v_tpmod"] = .int(mode)
            values["v_tp_cnt"] = .int(plan.integer("Nshuffles_V"))
            values["toi_tp"] = .double(toi)
            values["comments"] = .string("V\(mode)_\(ScriptValue.double(toi))")
            columns.append((1, values))
          }
        }
      }
      for delay in delays {
        for mode in [23, 31] {
          for dwell in plan.numbers("dwell_tpsv") {
            var values = base
            values["id_dly"] = .double(delay)
            values["s_tpump"] = .int(1)
            values["s_tpmod"] = .int(mode)
            values["s_tp_cnt"] = .int(plan.integer("Nshuffles_S"))
            values["dwell_s"] = .double(dwell)
            values["comments"] = .string("S\(mode)_\(ScriptValue.double(dwell))")
            columns.append((1, values))
          }
        }
      }
      return columns
    }, checks: { _, _ in DataCheck.housekeepingAndPixels })

  private static func vertical(_ name: String, drain: Double) -> TestCatalog.Entry {
    TestCatalog.Entry(
      name: name, family: "TP01",
      purpose: "Parallel trap pumping, injection drain at \(TestPlan.fixed(drain)) V: traps of the"
        + " image area.",
      subtasks: steps, products: [.mask],
      inputs: [
        InjectionTests.toiInput(250), shuffles("Nshuffles_V", 5000), InjectionTests.delays(250),
        phaseTimes([50, 200, 1000, 2000, 4000, 8000]),
        modes("vpumpmodes", [123, 234, 341, 412]),
      ],
      selection: .init(byFilter: false, ignoredKeys: ["motr_siz"]),
      columns: { plan throws(CampaignError) in
        var base = injection(plan, drain: drain)
        base.merge(gates) { $1 }
        base["v_tp_cnt"] = .int(plan.integer("Nshuffles_V"))
        var columns: [TestPlan.Column] = []
        for delay in plan.numbers("id_delays") {
          base["id_dly"] = .double(delay)
          columns.append((1, base.merging(["comments": .string("BGD")]) { $1 }))
          for toi in plan.numbers("toi_tpv") {
            for mode in plan.numbers("vpumpmodes") {
              var values = base
              values["v_tpump"] = .int(1)
              values["v_tpmod"] = Int(exactly: mode).map(ScriptValue.int)
              values["toi_tp"] = .double(toi)
              columns.append((1, values))
            }
          }
        }
        return columns
      }, checks: InjectionTests.injectionChecks)
  }

  private static func serial(_ name: String, drain: Double) -> TestCatalog.Entry {
    TestCatalog.Entry(
      name: name, family: "TP02",
      purpose: "Serial trap pumping, injection drain at \(TestPlan.fixed(drain)) V: traps of the"
        + " serial register.",
      subtasks: steps, products: [],
      inputs: [
        InjectionTests.toiInput(250), shuffles("Nshuffles_H", 5000), InjectionTests.delays(250),
        dwells("dwell_sv", [0, 4.75, 14.3, 28.6]), modes("spumpmodes", [23, 31]),
      ],
      selection: .init(byFilter: false, ignoredKeys: ["motr_siz"]),
      columns: { plan throws(CampaignError) in
        var base = injection(plan, drain: drain)
        base.merge(gates) { $1 }
        base["vend"] = .int(100)
        base["s_tp_cnt"] = .int(plan.integer("Nshuffles_H"))
        var columns: [TestPlan.Column] = []
        for delay in plan.numbers("id_delays") {
          base["id_dly"] = .double(delay)
          columns.append((1, base.merging(["comments": .string("BGD")]) { $1 }))
          for dwell in plan.numbers("dwell_sv") {
            for mode in plan.numbers("spumpmodes") {
              var values = base
              values["s_tpump"] = .int(1)
              values["s_tpmod"] = Int(exactly: mode).map(ScriptValue.int)
              values["dwell_s"] = .double(dwell)
              columns.append((1, values))
            }
          }
        }
        return columns
      }, checks: InjectionTests.injectionChecks)
  }

  // MARK: - Parts

  private static let steps: [TestDefinition.Subtask] = [
    .check, .prep,
    .init(name: "injection", summary: "level and noise of the charge on the reference frames"),
    .init(name: "extract", summary: "dipole maps: pumped / reference"),
    .init(name: "basic", summary: "finds and catalogues dipoles"),
    .init(name: "meta", summary: "merges catalogues: time constants and capture probabilities"),
  ]

  private static var gates: [String: ScriptValue] {
    TestPlan.gate1(4).merging(TestPlan.gate2(6)) { $1 }
  }

  /// The whole image is injected; `TestCatalog` fits the 2066 lines to smaller cameras.
  private static func injection(_ plan: TestPlan, drain: Double) -> [String: ScriptValue] {
    [
      "IDL": .double(drain), "IDH": .double(18), "exptime": .double(0), "shuttr": .int(0),
      "chinj": .int(1), "chinj_on": .int(2066), "chinj_of": .int(0), "id_wid": .int(60),
      "toi_ch": .double(plan.number("toi_chinj")),
    ]
  }

  private static func shuffles(_ name: String, _ value: Int) -> TestCatalog.Input {
    .init(
      name: name, defaultValue: .int(value), range: 1...1_000_000, meaning: "pumping cycles")
  }

  private static func phaseTimes(_ values: [Double]) -> TestCatalog.Input {
    .init(
      name: "toi_tpv", defaultValue: .numbers(values), range: 1...1_000_000,
      meaning: "clock phase times of pumping [us]")
  }

  private static func dwells(_ name: String, _ values: [Double]) -> TestCatalog.Input {
    .init(
      name: name, defaultValue: .numbers(values), range: 0...1_000_000,
      meaning: "extra dwell of a serial pumping step [us]")
  }

  private static func modes(_ name: String, _ values: [Double]) -> TestCatalog.Input {
    .init(
      name: name, defaultValue: .numbers(values), range: 1...4321,
      meaning: "pumping modes: the phases in order")
  }
}
