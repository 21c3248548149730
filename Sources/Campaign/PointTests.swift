/// Tests with the point sources: focus, PSF, and their flux.
enum PointTests {
  static let entries: [TestCatalog.Entry] =
    [590, 640, 730, 800, 880].map(focus)
    + [590, 640, 730, 800, 880].map {
      psf(
        "PSF01_\($0)", $0, [0.05, 0.25, 0.5, 0.75, 0.9], [20, 15, 10, 4, 4],
        "Point sources at five fluences: PSF against fluence and wavelength, cross-talk.")
    }
    + ["148K", "158K"].map {
      psf(
        "PSF02_\($0)", 800, [0.05, 0.25, 0.5, 0.75, 0.9], [20, 14, 10, 4, 4],
        "Point sources at another temperature of the detectors, which is in the name only.")
    }
    + [590, 640, 2000, 730, 800, 880, 0].map {
      psf(
        "PSFLUX00_\($0)", $0, [0.1, 0.3, 0.6, 0.8], [1],
        "Quick check of the point sources' flux (time to full well).")
    }

  private static func focus(_ wavelength: Int) -> TestCatalog.Entry {
    TestCatalog.Entry(
      name: "FOCUS00_\(wavelength)", family: "FOCUS00",
      purpose: "Scan of the focus mirror about its nominal position: best focus.",
      subtasks: [
        .init(name: "lock", summary: "finds the pattern of point sources on one frame a detector"),
        .init(name: "relock", summary: "applies a stored registration again"),
        .init(name: "check", summary: "validates the data, with photometry of the spots"),
        .init(name: "basic", summary: "spot measurements of the check as results"),
        .init(name: "meta", summary: "spot size against mirror position: best focus"),
      ],
      products: [],
      inputs: [
        .init(
          name: "exptime", defaultValue: .double(0), range: 0...3600,
          meaning: "exposure time [s]; 0: 60 % of the point source's time to full well"),
        .wavelength(wavelength),
        .init(
          name: "deltafocus", defaultValue: .double(0.2), range: 0.001...10,
          meaning: "step of the mirror [mm]"),
      ],
      selection: .init(byFilter: true, ignoredKeys: ["motr_siz"]),
      columns: { plan throws(CampaignError) in
        let filter = try plan.filter(plan.integer("wavelength"))
        let given = plan.number("exptime")
        let seconds = given > 0 ? given : plan.seconds(0.6, .point, filter)
        return (-4...4).map { step in
          var values = spotValues(filter, seconds: seconds, steps: plan.number("deltafocus") * Double(step))
          values["comments"] = .string("F" + TestPlan.fixed(Double(step)))
          return (1, values)
        }
      },
      checks: { plan, _ in
        // 2.5 pi (2 / 2.355)^2 55000 ADU of a spot 2 pixels wide, 40 to 75 % of it.
        let full = 2.5 * Double.pi * (2 / 2.355) * (2 / 2.355) * 55_000
        return checks(plan, background: LimitRange(-5, 10), width: LimitRange(0.5, 10)) + [
          DataCheck(
            name: "spot_fluence", metric: "flux of a spot within 10 pixels, background removed [ADU]",
            limits: .range(LimitRange(0.4 * full, 0.75 * full)),
            flags: [.poorQualityData, .fluenceOutOfLimits])
        ]
      })
  }

  private static func psf(
    _ name: String, _ wavelength: Int, _ fractions: [Double], _ frames: [Double],
    _ purpose: String
  ) -> TestCatalog.Entry {
    TestCatalog.Entry(
      name: name, family: "PSF0X", purpose: purpose,
      subtasks: [
        .init(name: "lock", summary: "finds the pattern of point sources, one frame a column"),
        .init(name: "relock", summary: "applies a stored registration again"),
        .init(name: "check", summary: "validates the data, with photometry of the spots"),
        .init(name: "prep", summary: "prepares images, cuts out a stamp for each spot"),
        .init(name: "corrBFE_G15", summary: "corrects spots for the brighter-fatter effect"),
        .init(name: "basic", summary: "shapes and Gaussian fits of spots"),
        .init(name: "basic_nobfe", summary: "the same on corrected spots"),
        .init(name: "meta", summary: "spot size against fluence, with and without correction"),
        .init(name: "xtalk_sex", summary: "source extraction for cross-talk"),
        .init(name: "xtalk_build", summary: "builds the cross-talk measurements"),
        .init(name: "xtalk_meta", summary: "cross-talk matrix"),
      ],
      products: [.mask, .flat, .brighterFatter],
      inputs: TestCatalog.Input.ladder(fractions, frames, of: "the point sources' peaks")
        + [.wavelength(wavelength)],
      selection: .init(byFilter: true, ignoredKeys: []),
      columns: { plan throws(CampaignError) in
        let filter = try plan.filter(plan.integer("wavelength"))
        return try plan.ladder(.point, filter).map {
          var values = spotValues(filter, seconds: $0.seconds, steps: 0)
          values["motr_on"] = .int(1)
          values["motr_cnt"] = .int(2)
          values["motr_siz"] = .int(120)
          return ($0.frames, values)
        }
      },
      checks: { plan, columns in
        checks(plan, background: LimitRange(-1, 5), width: LimitRange(1.2, 3)) + [
          DataCheck(
            name: "spot_peak", metric: "maximum of a spot, background removed [ADU]",
            limits: .byColumn(
              plan.limits(of: columns) { LimitRange($0 * 55_000 * 0.7, $0 * 55_000 * 1.3) }),
            flags: [.poorQualityData, .fluenceOutOfLimits])
        ]
      })
  }

  /// The values of an exposure of the point sources, the mirror off best focus by some millimetres.
  static func spotValues(
    _ filter: ChamberProfile.Filter, seconds: Double, steps millimetres: Double
  ) -> [String: ScriptValue] {
    [
      "exptime": .double(seconds), "shuttr": .int(1), "source": .string("point"),
      "mirr_on": .int(1), "wave": .int(filter.slot ?? 0),
      "mirr_pos": .double(TestPlan.rounded((filter.focusMillimetres ?? 0) + millimetres)),
    ]
  }

  private static func checks(
    _ plan: TestPlan, background: LimitRange, width: LimitRange
  ) -> [DataCheck] {
    let seconds = (try? plan.filter(plan.integer("wavelength")).pointSeconds) ?? 0
    return DataCheck.common + [
      DataCheck(
        name: "background", metric: "median of the image area without the spots [ADU]",
        limits: .range(background), flags: [.poorQualityData, .backgroundOutOfLimits]),
      DataCheck(
        name: "spot_fwhm", metric: "sqrt(fwhm_x^2 + fwhm_y^2) of a spot [pixel]",
        limits: .range(width), flags: [.poorQualityData, .focusOutOfLimits]),
      DataCheck(
        name: "peak_saturation_time", metric: "55000 ADU / mean of peak / exposure time [s]",
        limits: .range(LimitRange(0.8 * seconds, 1.2 * seconds)),
        flags: [.poorQualityData, .fluxOutOfLimits]),
    ]
  }
}
