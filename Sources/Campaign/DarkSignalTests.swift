/// DARKSIGNAL: exposures without light, of any lengths.
///
/// This is no test of the Euclid-VIS campaign: it serves laboratories that take single darks.
enum DarkSignalTests {
  static let darkSignal = TestCatalog.Entry(
    name: "DARKSIGNAL", family: "DARKSIGNAL",
    purpose: "Dark signal: level of the image area above the scan columns in exposures without light.",
    subtasks: [
      .init(name: "check", summary: "validates the data: house-keeping, offsets, read-out noise"),
      .init(name: "meta", summary: "dark signal of each exposure, and its rate from different exposure times"),
    ],
    products: [], inputs: [
      .init(name: "N", defaultValue: .int(1), range: 1...10_000, meaning: "number of exposures"),
    ],
    selection: .init(byFilter: false, ignoredKeys: ["motr_siz", "exptime"]),
    columns: { plan in
      let values: [String: ScriptValue] = [
        "exptime": .double(565), "shuttr": .int(0), "mirr_on": .int(0),
        "comments": .string("DARK"),
      ]
      return [(plan.integer("N"), values)]
    },
    checks: { _, _ in
      DataCheck.housekeepingAndPixels + [DataCheck.saturation]
        + DataCheck.levels(offsets: ["pre", "img", "ove"], noise: ["pre", "img", "ove"])
    })
}
