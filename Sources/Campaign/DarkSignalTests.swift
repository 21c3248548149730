/// DARKSIGNAL: exposures without light of any length, each measured by itself.
///
/// This is no test of the Euclid-VIS campaign: it serves laboratories that take single darks.
enum DarkSignalTests {
  static let darkSignal = TestCatalog.Entry(
    name: "DARKSIGNAL", family: "DARKSIGNAL",
    purpose: "Dark signal: level of the image area above the scan columns in exposures without light.",
    subtasks: [
      .init(name: "check", summary: "validates the data: house-keeping, offsets, read-out noise"),
      .init(name: "meta", summary: "dark signal and its rate, for each exposure and over all"),
    ],
    inputs: [
      .init(name: "N", defaultValue: .int(1), range: 1...10_000, meaning: "number of exposures"),
      .init(
        name: "exptime", defaultValue: .double(565), range: 0...1e6, meaning: "exposure time [s]"),
    ],
    selection: .init(byFilter: false, ignoredKeys: ["motr_siz"]),
    columns: { inputs in
      let values: [String: ScriptValue] = [
        "exptime": inputs["exptime"] ?? .double(565), "shuttr": .int(0), "mirr_on": .int(0),
        "comments": .string("DARK"),
      ]
      return [(inputs["N"]?.integer ?? 1, values)]
    })
}
