import Diagnostics

/// Tests with the flat source: flat fields (FLAT), photon transfer (PTC), and brighter-fatter (BF) on the
/// frames of the latter.
enum FlatTests {
  static let entries: [TestCatalog.Entry] =
    [590, 640, 2000, 730, 800, 880, 0].map(fluxCheck)
    + [
      flat("FLAT01", 800, [0.25, 0.5, 0.75], [80, 60, 30], "at 800 nm and three fluences"),
      flat("FLAT02_590", 590, [0.25, 0.75], [80, 30], "at 590 nm"),
      flat("FLAT02_640", 640, [0.25, 0.75], [80, 30], "at 640 nm"),
      flat("FLAT02_730", 730, [0.25, 0.75], [80, 30], "at 730 nm"),
      flat("FLAT02_880", 880, [0.25, 0.75], [80, 30], "at 880 nm"),
      flat("FLAT02_0", 0, [0.25, 0.75], [80, 30], "through the neutral density filter"),
      flat("FLAT_STB", 800, [0.3], [15], "repeated, for the stability of the source"),
      transfer("PTC01", 800, fractions: longLadder, frames: longFrames),
    ]
    + [590, 640, 730, 800, 880, 0].map { transfer("PTC02_\($0)", $0) }
    + ["148K", "158K", "150K", "156K"].map {
      transfer("PTC02_\($0)", 800, note: "; the temperature is in the name only")
    }
    + resetDrains.map { transfer("PTC02_\($0.tag)", 800, resetDrain: $0.volts) }
    + [brighterFatter("BF01", of: "PTC01", 800, fractions: longLadder, frames: longFrames)]
    + [590, 640, 730, 800, 880, 0].map { brighterFatter("BF01_\($0)", of: "PTC02_\($0)", $0) }
    + [motFF]

  /// Variants with another reset drain: 155R is 15.5 V.
  static let resetDrains = [("155R", 15.5), ("160R", 16.0), ("165R", 16.5)].map {
    (tag: $0.0, volts: $0.1)
  }

  private static let longLadder = [0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1, 1.1, 1.2]
  private static let longFrames: [Double] = [10, 10, 10, 10, 10, 10, 10, 10, 4, 4, 4]

  // MARK: - Families

  private static func flat(
    _ name: String, _ wavelength: Int, _ fractions: [Double], _ frames: [Double], _ what: String
  ) -> TestCatalog.Entry {
    TestCatalog.Entry(
      name: name, family: "FLAT0X", purpose: "Flat fields \(what): PRNU and master flat.",
      subtasks: [
        .check, .prep,
        .init(name: "indivflats", summary: "models the illumination, makes a flat of each frame"),
        .init(name: "masterflat", summary: "stacks a master flat for each fluence, measures PRNU"),
        .init(name: "prmask", summary: "finds defects of the photo-response, makes a mask"),
        .init(name: "stability", summary: "follows the light from exposure to exposure"),
      ],
      products: [.mask],
      inputs: ladder(wavelength, fractions, frames) + response,
      selection: .init(byFilter: false, ignoredKeys: ["motr_siz"]),
      columns: { plan throws(CampaignError) in
        try exposures(plan).map { column in
          var values = column.values
          values["comments"] = .string(
            "EXP" + TestPlan.exponential(values["exptime"]?.number ?? 0))
          return (column.frames, values)
        }
      }, checks: fluenceChecks)
  }

  private static func transfer(
    _ name: String, _ wavelength: Int, fractions: [Double] = [0.1, 0.3, 0.5, 0.7, 0.8, 0.9],
    frames: [Double] = [4], resetDrain: Double? = nil, note: String = ""
  ) -> TestCatalog.Entry {
    let drain = resetDrain.map { ", reset drain at \(TestPlan.fixed($0)) V" } ?? ""
    let light = wavelength == 0 ? "through the neutral density filter" : "at \(wavelength) nm"
    return photonTransfer(
      name, "Photon transfer curve \(light)\(drain): gain, full well\(note).", wavelength,
      fractions, frames, resetDrain: resetDrain)
  }

  /// 5, 20, 50, 80 % of the flat source's time to full well. The original's second definition of these
  /// tests took 10, 30, 60, 80 % of the point source's time, against the limits of the first.
  private static func fluxCheck(_ wavelength: Int) -> TestCatalog.Entry {
    TestCatalog.Entry(
      name: "FLATFLUX00_\(wavelength)", family: "FLATFLUX",
      purpose: "Quick check of the flat source's flux (time to full well).",
      subtasks: [
        .check, .init(name: "flux", summary: "flux of the flat source, error of the shutter"),
      ],
      products: [],
      inputs: ladder(wavelength, [0.05, 0.2, 0.5, 0.8], [1]),
      selection: .init(byFilter: true, ignoredKeys: ["motr_siz"]),
      columns: { plan throws(CampaignError) in try exposures(plan) }, checks: fluenceChecks)
  }

  private static func photonTransfer(
    _ name: String, _ purpose: String, _ wavelength: Int, _ fractions: [Double],
    _ frames: [Double], resetDrain: Double?
  ) -> TestCatalog.Entry {
    TestCatalog.Entry(
      name: name, family: "PTC0X", purpose: purpose,
      subtasks: [
        .check, .prep,
        .init(
          name: "extract_PTC", summary: "pairs frames of equal fluence: mean and variance of tiles"),
        .init(name: "meta", summary: "fits the photon transfer curve: gain, blooming limit"),
        .init(name: "extract_HER", summary: "hard edge response at the image / over-scan edge"),
      ],
      products: [.mask],
      inputs: ladder(wavelength, fractions, frames) + pairs,
      selection: .init(byFilter: true, ignoredKeys: ["motr_siz"]),
      columns: { plan throws(CampaignError) in
        try checkBinnings(plan)
        return TestPlan.columns(try exposures(plan), resetDrain: resetDrain)
      }, checks: fluenceChecks)
  }

  private static func brighterFatter(
    _ name: String, of surrogate: String, _ wavelength: Int,
    fractions: [Double] = [0.1, 0.3, 0.5, 0.7, 0.8, 0.9], frames: [Double] = [4]
  ) -> TestCatalog.Entry {
    TestCatalog.Entry(
      name: name, label: surrogate, acquires: false, family: "BF01",
      purpose: "Brighter-fatter effect on the frames of \(surrogate); acquires nothing of its own.",
      subtasks: [
        .check, .prep,
        .init(name: "extract_COV", summary: "covariance matrices for each fluence"),
        .init(name: "extract_BF", summary: "electrostatic solutions for each fluence"),
        .init(name: "correct_BFE_G15", summary: "corrects a pair of each fluence and measures it again"),
        .init(name: "extract_PTCs", summary: "variance and covariances before and after correction"),
        .init(name: "meta", summary: "trend of the kernel's width with fluence"),
      ],
      products: [.mask],
      inputs: ladder(wavelength, fractions, frames) + covariance + [
        .init(
          name: "lags", defaultValue: .int(8), range: 1...16,
          meaning: "greatest lag of covariances in the joint fit"),
        linearity,
      ],
      selection: .init(byFilter: true, ignoredKeys: ["motr_siz"]),
      columns: { plan throws(CampaignError) in try exposures(plan) }, checks: fluenceChecks)
  }

  /// In the original this test could not be built: its list of inputs lacked four inherited ones.
  private static let motFF = TestCatalog.Entry(
    name: "MOT_FF", label: "PTC01", acquires: false, family: "MOT_FF",
    purpose: "Brighter-fatter and hard edge response on the frames of the short PTC01 (set MOT).",
    subtasks: [
      .check, .prep,
      .init(name: "extract_COV", summary: "covariance matrices for each fluence"),
      .init(name: "extract_BF", summary: "electrostatic solutions for each fluence"),
      .init(name: "extract_HER", summary: "hard edge response, serial and parallel"),
    ],
    products: [.mask],
    inputs: ladder(800, [0.1, 0.3, 0.5, 0.7, 0.9], [2]) + covariance,
    selection: .init(byFilter: true, ignoredKeys: ["motr_siz"]),
    columns: { plan throws(CampaignError) in try exposures(plan) }, checks: fluenceChecks)

  // MARK: - Parts

  private static func ladder(
    _ wavelength: Int, _ fractions: [Double], _ frames: [Double]
  ) -> [TestCatalog.Input] {
    TestCatalog.Input.ladder(fractions, frames, of: "the flat source")
      + [.wavelength(wavelength)]
  }

  private static let response: [TestCatalog.Input] = [
    .init(
      name: "knots", defaultValue: .int(100), range: 8...4096,
      meaning: "distance of the knots of the illumination, pixels: what is larger than twice that is illumination"),
    .init(
      name: "clipsigma", defaultValue: .double(5), range: 2...20,
      meaning: "frames beyond so many sigma from a pixel's median do not enter its mean"),
    .init(
      name: "lowest", defaultValue: .double(0.5), range: 0...1,
      meaning: "response below which a pixel is dead"),
    .init(
      name: "highest", defaultValue: .double(1.5), range: 1...10,
      meaning: "response above which a pixel is bright"),
    .init(
      name: "widths", defaultValue: .double(6), range: 3...100,
      meaning: "widths of the distribution beyond which a pixel is an outlier"),
  ]

  /// The models of a photon transfer curve; POLYNOMIAL is followed by its degree, 1 to 8. BEST is FULLCOVARIANCE where the
  /// data carry it, else FULLCOVARIANCE_NO_B.
  static let models = [
    "BEST", "FULLCOVARIANCE", "FULLCOVARIANCE_NO_B", "EXPAPPROXIMATION", "QUADRATIC",
  ]

  private static let pairs: [TestCatalog.Input] = [
    .init(
      name: "model", choices: models + (1...8).map { "POLYNOMIAL\($0)" },
      meaning: "model of the gain: \(models.joined(separator: ", ")), or POLYNOMIALn (n = 1...8)"),
    .init(
      name: "lags", defaultValue: .int(8), range: 1...16, meaning: "greatest lag of covariances"),
    .init(
      name: "clipsigma", defaultValue: .double(4), range: 2...20,
      meaning: "clipping of the differences in standard deviations; its effect is removed"),
    .init(
      name: "edge", defaultValue: .int(0), range: 0...500,
      meaning: "rows and columns left out along the edges of the image area"),
    .init(
      name: "tiles", defaultValue: .int(6), range: 1...50,
      meaning: "tiles along each axis of an amplifier, for the map of blooming limits"),
    .init(
      name: "tilelags", defaultValue: .int(0), range: 0...16,
      meaning: "greatest lag of the covariances of each tile; 0 for none"),
    .init(
      name: "binnings", defaultValue: .numbers([2, 4, 8]), range: 2...16,
      meaning: "pixels along each side of the blocks of binned images"),
    .init(
      name: "pairing", choices: ["time", "obsid", "flux"],
      meaning:
        "what flats of a pair have in common: time (script column and exposure time), obsid (nothing: neighbours in order), or flux (the column fluxkey)"
    ),
    .init(
      name: "fluxkey", defaultValue: .string("exptime"), range: nil,
      meaning: "column of the exposure log by whose value flats are paired, within 1 %, with pairing: flux"),
    .init(
      name: "pairgain", choices: ["UNBIASED", "FULL", "SIMPLE", "NONE"],
      meaning: "correction of a single pair's gain for read noise: NONE, SIMPLE, FULL or UNBIASED"),
    .init(
      name: "lonely", choices: ["warning", "error"],
      meaning: "what a single flat at an exposure time is: warning or error"),
    linearity,
  ]

  private static let linearity = TestCatalog.Input(
    name: "linearity", choices: ["exposures", "none"],
    meaning: "what makes the curve that of a linear chain: exposures (the exposure times), or none")

  private static func checkBinnings(_ plan: TestPlan) throws(CampaignError) {
    if let odd = plan.numbers("binnings").first(where: { Int(exactly: $0) == nil }) {
      throw CampaignError(.badTestInput, "binnings must be whole numbers, not \(odd)")
    }
  }

  private static let covariance: [TestCatalog.Input] = [
    .init(
      name: "Npix", defaultValue: .int(5), range: 1...20, meaning: "pixels of a covariance matrix"),
    .init(
      name: "clipsigma", defaultValue: .double(4), range: 1...20,
      meaning: "clipping of the covariances in standard deviations"),
  ]

  private static func exposures(
    _ plan: TestPlan
  ) throws(CampaignError) -> [TestPlan.Column] {
    let filter = try plan.filter(plan.integer("wavelength"))
    return try plan.ladder(.flat, filter).map {
      (
        $0.frames,
        ["exptime": .double($0.seconds), "shuttr": .int(1), "wave": .int(filter.slot ?? 0)]
      )
    }
  }

  /// The checks of tests with flat illumination at one wavelength.
  static func fluenceChecks(_ plan: TestPlan, _ columns: [TestDefinition.Column]) -> [DataCheck] {
    let wavelength = plan.integer("wavelength")
    let seconds = (try? plan.filter(wavelength).flatSeconds) ?? 0
    return DataCheck.common + [
      DataCheck(
        name: "saturation_time",
        metric: "65536 ADU / mean of fluence / exposure time, fluences from 52428.8 ADU left out [s]",
        limits: .range(LimitRange(0.9 * seconds, 1.1 * seconds)),
        flags: [.poorQualityData, .fluxOutOfLimits]),
      DataCheck(
        name: "image_fluence", metric: "median of the image area minus that of the over-scan [ADU]",
        limits: .byColumn(
          plan.limits(of: columns) { fraction in
            fraction == 0
              ? LimitRange(-10, 20) : LimitRange(fraction * 65536 * 0.9, fraction * 65536 * 1.1)
          }), flags: [.poorQualityData, .fluenceOutOfLimits]),
    ]
  }
}

extension TestPlan {
  /// Limits by column, made of the expected fraction of full well, at most 1; 0 without light.
  func limits(
    of columns: [TestDefinition.Column], _ make: (Double) -> LimitRange
  ) -> [String: LimitRange] {
    var limits: [String: LimitRange] = [:]
    for column in columns { limits[column.name] = make(min(1, fullWellFraction(column))) }
    return limits
  }

  /// The expected illumination of a column as a fraction of full well: exposure time / time to full well.
  func fullWellFraction(_ column: TestDefinition.Column) -> Double {
    guard column.values["shuttr"]?.integer == 1, let seconds = column.values["exptime"]?.number,
      seconds > 0, let slot = column.values["wave"]?.integer,
      let filter = chamber?.filter(slot: slot)
    else { return 0 }
    let isPoint = column.values["source"] == .string("point")
    let full = filter.saturationSeconds(isPoint ? .point : .flat)
    return full > 0 ? seconds / full : 0
  }

  /// The columns with another reset drain [V] than usual; as they are for nil.
  static func columns(_ columns: [Column], resetDrain: Double?) -> [Column] {
    guard let resetDrain else { return columns }
    return columns.map { column in
      var column = column
      for key in ["RD_T", "RD_B"] { column.values[key] = .double(resetDrain) }
      return column
    }
  }
}
