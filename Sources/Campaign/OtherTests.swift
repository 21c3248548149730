/// DARK01, PERSIST01, MOT_WARM, COSMETICS00 and STRAY00.
enum OtherTests {
  static let dark01 = TestCatalog.Entry(
    name: "DARK01", family: "DARK01",
    purpose: "Long exposures in darkness: dark current, hot pixels.",
    subtasks: [
      .check, .prep,
      .init(name: "meta", summary: "stacks a master dark, masks hot pixels, counts them"),
    ],
    products: [],
    inputs: [
      .init(name: "N", defaultValue: .int(4), range: 1...10_000, meaning: "number of exposures"),
      .init(
        name: "exptime", defaultValue: .double(565), range: 0...100_000,
        meaning: "exposure time [s]"),
    ],
    selection: .init(byFilter: false, ignoredKeys: ["motr_siz"]),
    columns: { plan in
      [
        (
          plan.integer("N"),
          [
            "exptime": .double(plan.number("exptime")), "shuttr": .int(0),
            "comments": .string("DARK"),
          ]
        )
      ]
    },
    checks: { _, _ in
      DataCheck.common + [
        DataCheck(
          name: "dark_fluence",
          metric: "median of the image area minus the mean of both offsets [ADU]",
          limits: .range(LimitRange(-2, 5)), flags: [.poorQualityData])
      ]
    })

  static let entries = [persistence, warm, cosmetics, stray]

  private static let persistence = TestCatalog.Entry(
    name: "PERSIST01", family: "PERSIST01",
    purpose: "Persistence: latent image after a strong saturation.",
    subtasks: [
      .check, .prep,
      .init(name: "satur_masks", summary: "masks the pixels saturated in the bright frame"),
      .init(name: "basic", summary: "statistics of masked pixels before and after saturation"),
      .init(name: "meta", summary: "level of the persistence"),
    ],
    products: [.mask],
    inputs: [
      .init(
        name: "exptSATUR", defaultValue: .double(600), range: 0...100_000,
        meaning: "exposure time that saturates [s]"),
      .init(
        name: "exptLATEN", defaultValue: .double(565), range: 0...100_000,
        meaning: "exposure time before and after [s]"),
    ],
    selection: .init(byFilter: false, ignoredKeys: []),
    columns: { plan throws(CampaignError) in
      let profile = try plan.profile()
      let slots = (profile.filter(slot: 2), profile.filter(slot: 4))
      let (bright, dark) = (slots.0?.focusMillimetres ?? 0, slots.1?.focusMillimetres ?? 0)
      func column(
        _ frames: Int, _ seconds: Double, _ comment: String, _ values: [String: ScriptValue] = [:]
      ) -> TestPlan.Column {
        let base: [String: ScriptValue] = [
          "flushes": .int(3), "exptime": .double(seconds), "shuttr": .int(0), "mirr_on": .int(1),
          "mirr_pos": .double(dark), "wave": .int(4), "comments": .string(comment),
        ]
        return (frames, base.merging(values) { $1 })
      }
      let latent = plan.number("exptLATEN")
      return [
        column(5, 0, "RESET"), column(3, latent, "REFER."),
        column(
          1, plan.number("exptSATUR"), "EXPOSE",
          [
            "shuttr": .int(1), "source": .string("point"), "wave": .int(2),
            "mirr_pos": .double(TestPlan.rounded(bright - 10)),
          ]),
        column(3, latent, "LATENT"),
      ]
    },
    checks: { _, _ in
      DataCheck.housekeepingAndPixels
        + DataCheck.levels(
          offsets: ["pre", "ove"], noise: ["pre", "ove"], offsetFrames: " (col001 only)",
          noiseFrames: " (col001 only)", offsetColumns: ["col001"], noiseColumns: ["col001"])
        + [
          // The limits belong to the original's divisor, which is twice the number of pixels.
          DataCheck(
            name: "saturation_required",
            metric: "pixels equal to 65535 in the frame of col003 / (4238 x rows)",
            limits: .range(LimitRange(0.002, 0.2)), flags: [.poorQualityData, .nonSaturation],
            columns: ["col003"]),
          DataCheck(
            name: "background",
            metric: "image median minus the mean of both offsets, col002 and col004 [ADU]",
            limits: .range(LimitRange(0, 200)), flags: [.poorQualityData, .backgroundOutOfLimits],
            columns: ["col002", "col004"]),
        ]
    })

  private static let warm = TestCatalog.Entry(
    name: "MOT_WARM", family: "MOT_WARM",
    purpose: "Warm readiness test before cool-down: one frame of each kind.",
    subtasks: [
      .check,
      .init(name: "basic", summary: "dark ramp, injection, flat, hard edge response, ADC bits"),
    ],
    products: [], inputs: [],
    selection: .init(byFilter: false, ignoredKeys: []),
    columns: { plan throws(CampaignError) in
      let dark: [String: ScriptValue] = ["exptime": .double(0), "shuttr": .int(0)]
      func column(_ comment: String, _ values: [String: ScriptValue]) -> TestPlan.Column {
        (
          1,
          values.merging(["toi_ro": .int(500), "comments": .string(comment)]) { $1 }
        )
      }
      var injection = dark.merging(TestPlan.gate1(4.5)) { $1 }.merging(TestPlan.gate2(7)) { $1 }
      injection.merge([
        "IDL": .double(10.5), "IDH": .double(18), "toi_ch": .int(250), "id_wid": .int(60),
        "id_dly": .int(625), "chin_dly": .int(0), "chinj": .int(1), "chinj_on": .int(30),
        "chinj_of": .int(50),
      ]) { $1 }
      let flat = try plan.filter(800)
      var columns = [
        column(
          "RWDVS",
          dark.merging([
            "rdmode": .string("rwd_bas_vs"), "swellw": .double(6.5), "swelldly": .double(0.175),
          ]) { $1 }),
        column(
          "RWDV",
          dark.merging([
            "rdmode": .string("rwd_bas_v"), "swellw": .double(8.4), "swelldly": .double(5.625),
          ]) { $1 }),
        column("RAMP", dark), column("CHINJ", injection),
        column(
          "FLAT",
          [
            "exptime": .double(plan.seconds(0.5, .flat, flat)), "shuttr": .int(1),
            "wave": .int(flat.slot ?? 0),
          ]),
      ]
      for wavelength in [590, 730, 880] {
        let filter = try plan.filter(wavelength)
        columns.append(
          column(
            "PNT",
            PointTests.spotValues(filter, seconds: plan.seconds(0.5, .point, filter), steps: 0)))
      }
      return columns
    },
    checks: { _, _ in
      DataCheck.housekeepingAndPixels + [DataCheck.saturation]
        + DataCheck.levels(
          offsets: ["pre", "ove"], noise: ["pre", "img", "ove"],
          offsetFrames: " (second frame, RWDV)", noiseFrames: " (first frame, RWDVS)",
          offsetColumns: ["col002"], noiseColumns: ["col001"])
    })

  private static let cosmetics = TestCatalog.Entry(
    name: "COSMETICS00", family: "COSMETICS00",
    purpose: "Quick frames for the cosmetics masks that the other tests need.",
    subtasks: [
      .check, .init(name: "masks", summary: "mask of the dark and of the flat frames, merged"),
      .init(name: "meta", summary: "counts of defects"),
    ],
    products: [], inputs: [],
    selection: .init(byFilter: false, ignoredKeys: []),
    columns: { plan throws(CampaignError) in
      let filter = try plan.filter(800)
      return [
        (5, ["exptime": .double(0), "shuttr": .int(0), "comments": .string("BIAS")]),
        (
          5,
          [
            "exptime": .double(plan.seconds(0.5, .flat, filter)), "shuttr": .int(1),
            "wave": .int(filter.slot ?? 0), "comments": .string("FLAT"),
          ]
        ),
      ]
    }, checks: { _, _ in DataCheck.housekeepingAndPixels + [DataCheck.saturation] })

  private static let stray = TestCatalog.Entry(
    name: "STRAY00", family: "STRAY00",
    purpose: "Commissioning: search for stray light; an operator acts between columns.",
    subtasks: [.check], products: [], inputs: [],
    selection: .init(byFilter: false, ignoredKeys: []),
    columns: { _ in
      let darks: [(Double, Int, String)] = [
        (0, 1, "LABLIT"), (100, 1, "LABLIT"), (0, 1, "LABOUTW1"), (100, 1, "LABOUTW1"),
        (0, 4, "LABOUTW4"), (100, 4, "LABOUTW4"), (0, 1, "TUNGSOFF"), (100, 1, "TUNGSOFF"),
        (0, 1, "GAUGEOFF"), (100, 1, "GAUGEOFF"), (0, 1, "TUNGGAUON"), (100, 1, "TUNGGAUON"),
        (300, 1, "DARK-FF"), (300, 4, "DARK-FF"),
      ]
      let points: [(Double, Int, Double, Int, String)] = [
        (300, 1, 1, 0, "DARK-PSF"), (300, 1, 99, 0, "DARK-PSF"), (300, 4, 1, 0, "DARK-PSF"),
        (300, 4, 99, 0, "DARK-PSF"), (5, 1, 50, 1, "PSF-S"), (50, 1, 50, 1, "PSF-L"),
        (5, 4, 50, 1, "PSF-S"), (50, 4, 50, 1, "PSF-L"),
      ]
      return darks.map { seconds, slot, comment in
        (
          1,
          [
            "exptime": .double(seconds), "shuttr": .int(0), "wave": .int(slot),
            "comments": .string(comment),
          ]
        )
      }
        + points.map { seconds, slot, mirror, shutter, comment in
          (
            1,
            [
              "exptime": .double(seconds), "shuttr": .int(shutter), "wave": .int(slot),
              "source": .string("point"), "mirr_on": .int(1), "mirr_pos": .double(mirror),
              "comments": .string(comment),
            ]
          )
        }
    }, checks: { _, _ in DataCheck.housekeepingAndPixels + [DataCheck.saturation] })
}
