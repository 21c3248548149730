import Diagnostics

/// NL01 and NL02: fluence ladders with frames of constant fluence in between, for the non-linearity.
enum NonLinearityTests {
  static let entries: [TestCatalog.Entry] =
    [
      nl01,
      nl02(
        "NL02", low: [0.005, 0.007, 0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.25],
        high: [0.15, 0.2, 0.25, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 1, 1.1]),
    ]
    + FlatTests.resetDrains.map {
      nl02(
        "NL02_\($0.tag)", low: [0.005, 0.007, 0.01, 0.02, 0.03, 0.05, 0.1],
        high: [0.2, 0.3, 0.55, 0.7, 0.8, 0.85, 0.9, 0.95, 1, 1.1], resetDrain: $0.volts)
    }
    + [
      nl02(
        "HENK01", label: "NL02",
        low: [
          0.001, 0.0015, 0.002, 0.0025, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05,
        ], lowFrames: 10, high: [0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    ]

  // The shutter is commanded open in the frames of 0 s, as the campaign did.
  private static let nl01 = TestCatalog.Entry(
    name: "NL01", family: "NL01",
    purpose: "Non-linearity with the neutral density filter, interleaved with stability frames.",
    subtasks: [
      .check, .prep, .init(name: "extract", summary: "mean and variance of image tiles"),
      .init(name: "NL", summary: "builds and fits the non-linearity curves"), saturation,
    ],
    products: [.mask],
    inputs: TestCatalog.Input.ladder(
      [
        0.005, 0.007, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.55, 0.7, 0.8, 0.85, 0.9, 0.95, 1,
        1.1,
      ], [4], of: "the flat source") + [.wavelength(0), stability] + analysis,
    selection: .init(byFilter: false, ignoredKeys: []),
    columns: { plan throws(CampaignError) in
      let filter = try plan.filter(plan.integer("wavelength"))
      return columns([(try plan.ladder(.flat, filter), filter)], stability: filter, plan: plan)
    }, checks: FlatTests.fluenceChecks)

  private static func nl02(
    _ name: String, label: String? = nil, low: [Double], lowFrames: Double = 4, high: [Double],
    resetDrain: Double? = nil
  ) -> TestCatalog.Entry {
    let drain = resetDrain.map { ", reset drain at \(TestPlan.fixed($0)) V" } ?? ""
    return TestCatalog.Entry(
      name: name, label: label, family: "NL02",
      purpose: "Non-linearity with two filters, neutral density for low and 880 nm for high fluences,"
        + " interleaved with stability frames\(drain).",
      subtasks: [
        .check, .prep, .init(name: "extract", summary: "mean and variance of image tiles"),
        .init(name: "NL", summary: "builds and fits the non-linearity curves"), saturation,
        .init(name: "extract_PTC", summary: "binned photon transfer curve"),
      ],
      products: [.mask],
      inputs: TestCatalog.Input.ladder(low, [lowFrames], of: "the flat source", suffix: "A")
        + [.wavelength(0, suffix: "A")]
        + TestCatalog.Input.ladder(high, [4], of: "the flat source", suffix: "B")
        + [.wavelength(880, suffix: "B"), stability] + analysis,
      selection: .init(byFilter: false, ignoredKeys: []),
      columns: { plan throws(CampaignError) in
        let a = try plan.filter(plan.integer("wavelengthA"))
        let b = try plan.filter(plan.integer("wavelengthB"))
        return TestPlan.columns(
          columns(
            [
              (try plan.ladder(.flat, a, suffix: "A"), a), (try plan.ladder(.flat, b, suffix: "B"), b),
            ], stability: b, plan: plan), resetDrain: resetDrain)
      }, checks: { _, _ in DataCheck.common })
  }

  private static let stability = TestCatalog.Input(
    name: "exptinter", defaultValue: .double(0), range: 0...3600,
    meaning: "exposure time of the stability frames [s]; 0: half the time to full well")

  private static let saturation = TestDefinition.Subtask(
    name: "satCTE", summary: "charge-transfer efficiency against signal, from the over-scans")

  /// The curves that can be fitted.
  static let models = ["POLYNOMIAL", "EXPONENTIAL"]

  private static let analysis: [TestCatalog.Input] = [
    .init(
      name: "model", choices: models,
      meaning: "curve of the results: POLYNOMIAL, or EXPONENTIAL with a term for low signals besides"),
    .init(
      name: "degree", defaultValue: .int(4), range: 1...8, meaning: "degree of the polynomial"),
    .init(
      name: "pivot", defaultValue: .double(0.5), range: 0.05...0.9,
      meaning: "signal at which the deviation is zero by definition, as a fraction of 65536 ADU"),
    .init(
      name: "lowest", defaultValue: .double(250), range: 1...60_000,
      meaning: "lowest signal that is fitted [adu]"),
    .init(
      name: "highest", defaultValue: .double(55_536), range: 1000...65_535,
      meaning: "highest signal that is fitted [adu], unless the detector saturates before"),
    .init(
      name: "drift", defaultValue: .int(20), range: 0...30,
      meaning: "highest degree of the polynomial in time that the source may follow"),
    .init(
      name: "shutter", choices: ["calibrated", "points", "commanded"],
      meaning:
        "exposure times: calibrated (the median excess of the chamber's calibration), points (its points one by one) or commanded"),
    .init(
      name: "tiles", defaultValue: .int(6), range: 1...50,
      meaning: "tiles along each axis of an amplifier"),
    .init(
      name: "clipsigma", defaultValue: .double(4), range: 2...20,
      meaning: "clipping of a tile's pixels in standard deviations"),
  ]

  private static func columns(
    _ parts: [(ladder: [(seconds: Double, frames: Int)], filter: ChamberProfile.Filter)],
    stability filter: ChamberProfile.Filter, plan: TestPlan
  ) -> [TestPlan.Column] {
    func column(
      _ frames: Int, _ seconds: Double, _ filter: ChamberProfile.Filter, _ comment: String
    ) -> TestPlan.Column {
      (
        frames,
        [
          "exptime": .double(seconds), "shuttr": .int(1), "wave": .int(filter.slot ?? 0),
          "comments": .string(comment),
        ]
      )
    }
    let given = plan.number("exptinter")
    let between = given > 0 ? given : plan.seconds(0.5, .flat, filter)
    var columns = [column(3, 0, filter, "BGD"), column(1, between, filter, "STAB")]
    var number = 0
    for part in parts {
      for step in part.ladder {
        number += 1
        columns.append(column(step.frames, step.seconds, part.filter, "Fluence\(number)"))
        columns.append(column(1, between, filter, "STAB"))
      }
    }
    return columns
  }
}
