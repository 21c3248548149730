/// BIAS01 and BIAS02: frames without light, for offsets, read-out noise and the bias structure.
enum BiasTests {
  static let bias01 = entry(
    "BIAS01",
    "Bias frames, forward (nominal) read-out: offsets, read-out noise, bias structure.", [:])

  // The campaign commanded rwd_bas_v with the summing well of the forward mode; the original's class
  // alone says rwd_bas_vs, 6.5 and 0.175.
  static let bias02 = entry(
    "BIAS02",
    "Bias frames with reverse vertical clocking: offsets and read-out noise free of image-area charge.",
    ["rdmode": .string("rwd_bas_v"), "swellw": .double(8.4), "swelldly": .double(5.625)])

  private static func entry(
    _ name: String, _ purpose: String, _ values: [String: ScriptValue]
  ) -> TestCatalog.Entry {
    TestCatalog.Entry(
      name: name, family: "BIAS0X", purpose: purpose,
      subtasks: [
        .init(name: "check", summary: "validates the data: house-keeping, offsets, read-out noise"),
        .init(name: "prep", summary: "measures the offset of each frame"),
        .init(name: "basic", summary: "models the image area, measures noise, makes profiles"),
        .init(name: "meta", summary: "stacks the frames into a master bias for each detector"),
      ],
      products: [.mask],
      inputs: [
        .init(
          name: "N", defaultValue: .int(10), range: 1...10_000, meaning: "number of exposures")
      ],
      selection: .init(byFilter: false, ignoredKeys: ["motr_siz"]),
      columns: { plan in
        let common: [String: ScriptValue] = [
          "exptime": .double(0), "shuttr": .int(0), "mirr_on": .int(0), "comments": .string("BIAS"),
        ]
        return [(plan.integer("N"), common.merging(values) { $1 })]
      },
      checks: { _, _ in
        DataCheck.housekeepingAndPixels + [DataCheck.saturation]
          + DataCheck.levels(offsets: ["pre", "img", "ove"], noise: ["pre", "img", "ove"])
      })
  }
}
