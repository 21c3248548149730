import Detector
import Foundation
import Warehouse

/// The made-up results of the steps; the names are those that the bias tests store.
struct FixtureNumbers {
  let camera: Camera
  let obsids: [Int]
  let options: Fixture.Options
  let detectors: [String]

  static let regions = ["pre", "img", "ove"]
  static let q = [
    "check.offset": Quantity(
      "check.offset", unit: .adu, per: [.detector, .amplifier, .exposure, .item], digits: 2,
      "Level of a region of a raw frame. Item: the region (pre, img, ove)."),
    "check.std": Quantity(
      "check.std", unit: .adu, per: [.detector, .amplifier, .exposure, .item], digits: 3,
      "Standard deviation of the pixels of a region of a raw frame."),
    "check.pixels.lost": Quantity(
      "check.pixels.lost", unit: .count, per: [.detector, .amplifier, .exposure], digits: 0,
      "Number of pixels that hold the value reserved for lost pixels."),
    "check.saturated.fraction": Quantity(
      "check.saturated.fraction", unit: .none, per: [.detector, .amplifier, .exposure], digits: 5,
      "Saturated pixels as a fraction of the pixels within the row window."),
    "bias.frame.offset": Quantity(
      "bias.frame.offset", unit: .adu, per: [.detector, .amplifier, .exposure], digits: 3,
      "Offset that is subtracted from a frame."),
    "bias.frame.ron": Quantity(
      "bias.frame.ron", unit: .adu, per: [.detector, .amplifier, .exposure], digits: 4,
      "Scatter of the image pixels of one frame about its large-scale structure."),
    "bias.frame.rownoise": Quantity(
      "bias.frame.rownoise", unit: .adu, per: [.detector, .amplifier, .exposure], digits: 3,
      "Noise that is common to the pixels of a row."),
    "bias.frame.gradient": Quantity(
      "bias.frame.gradient", unit: .adu, per: [.detector, .amplifier, .exposure, .item], digits: 3,
      "Linear change of the level of one frame across the image area."),
    "bias.offset": Quantity(
      "bias.offset", unit: .adu, per: [.detector, .amplifier, .item], digits: 2,
      "Offset of a region, median over the frames."),
    "bias.ron": Quantity(
      "bias.ron", unit: .adu, per: [.detector, .amplifier, .item], digits: 4,
      "Read-out noise from differences of consecutive frames."),
    "bias.ron.single": Quantity(
      "bias.ron.single", unit: .adu, per: [.detector, .amplifier, .item], digits: 4,
      "Scatter of the pixels of single frames, median over the frames."),
    "bias.frames.covariance": Quantity(
      "bias.frames.covariance", unit: .aduSquared, per: [.detector, .amplifier], digits: 3,
      "Covariance of the image pixels of consecutive frames."),
    "bias.offset.drift": Quantity(
      "bias.offset.drift", unit: .aduPerHour, per: [.detector, .amplifier], digits: 2,
      "Linear drift of the offset during the test."),
    "bias.gradient": Quantity(
      "bias.gradient", unit: .adu, per: [.detector, .amplifier, .item], digits: 3,
      "Linear change of the level across the image area, median over the frames."),
    "bias.rownoise": Quantity(
      "bias.rownoise", unit: .adu, per: [.detector, .amplifier], digits: 3,
      "Noise common to the pixels of a row, median over the frames."),
    "bias.pattern": Quantity(
      "bias.pattern", unit: .adu, per: [.detector, .amplifier], digits: 3,
      "Fixed pattern from pixel to pixel in the image area."),
    "bias.master.scatter": Quantity(
      "bias.master.scatter", unit: .adu, per: [.detector, .amplifier], digits: 3,
      "Scatter of the master bias about its large-scale structure."),
    "bias.master.masked": Quantity(
      "bias.master.masked", unit: .count, per: [.detector, .amplifier], digits: 0,
      "Number of image pixels of the master bias that are masked."),
  ]

  /// A number from -1 to 1 that depends on its arguments only.
  static func wobble(_ parts: Int...) -> Double {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    for part in parts {
      state = (state ^ UInt64(bitPattern: Int64(part))) &* 0xBF58_476D_1CE4_E5B9
      state ^= state >> 29
    }
    return Double(state >> 11) / Double(1 << 52) - 1
  }

  private var regions: [String] {
    Self.regions.filter { short in camera.regions.keys.contains { $0.short == short } }
  }

  private func offset(_ d: Int, _ a: Int, _ index: Int, _ region: Int) -> Double {
    2300 + 90 * Self.wobble(d, a) + 0.03 * Double(index) + 0.6 * Double(region)
      + 0.05 * Self.wobble(d, a, index, region)
  }

  private func each(_ body: (_ d: Int, _ detector: String, _ a: Int, _ amplifier: String) -> Void) {
    for (d, detector) in detectors.enumerated() {
      for (a, amplifier) in camera.amplifiers.enumerated() { body(d, detector, a, amplifier.name) }
    }
  }

  private func frames(of d: Int) -> [(Int, Int)] {
    obsids.enumerated().filter { d != 0 || !options.missing.contains($0.1) }
  }

  private func add(
    _ name: String, _ detector: String, _ amplifier: String, obsid: Int? = nil,
    item: String? = nil, _ value: MeasuredValue, to commit: inout SubtaskCommit
  ) {
    guard let quantity = Self.q[name] else { return }
    commit.measurements.append(
      MeasurementRecord(
        quantity: quantity, detector: detector, amplifier: amplifier, obsid: obsid, item: item,
        value: value))
  }

  // MARK: - Steps

  func addInit(to commit: inout SubtaskCommit) {
    let missing = options.missing.sorted().map { "missing: frame of \(detectors[0]), ObsID \($0)" }
    commit.checks = [
      CheckRecord(
        name: "acquisition", value: Double(obsids.count), lower: 25, upper: 25,
        passed: missing.isEmpty, text: missing.joined(separator: "; "))
    ]
    commit.log =
      ["\(options.test) acquisition consistent with expectations: \(missing.isEmpty)"] + missing
    commit.flags = missing.map { FlagRecord(name: "MISSDATA", severity: .warning, cause: $0) }
  }

  func addCheck(to commit: inout SubtaskCommit) {
    addHousekeeping(to: &commit)
    each { d, detector, a, amplifier in
      for (index, obsid) in frames(of: d) {
        for (r, region) in regions.enumerated() {
          add(
            "check.offset", detector, amplifier, obsid: obsid, item: region,
            .value(offset(d, a, index, r), uncertainty: 0.004, count: 90_000), to: &commit)
          add(
            "check.std", detector, amplifier, obsid: obsid, item: region,
            .value(
              1.18 + 0.08 * Self.wobble(d, a, r) + 0.01 * Self.wobble(d, a, index, r, 9),
              uncertainty: 0.003, count: 90_000), to: &commit)
        }
        if camera.lostValue != nil {
          add(
            "check.pixels.lost", detector, amplifier, obsid: obsid,
            .value(options.failsChecks && index == 1 && d == 1 ? 17 : 0), to: &commit)
        }
        add("check.saturated.fraction", detector, amplifier, obsid: obsid, .value(0), to: &commit)
      }
    }
    for (d, detector) in detectors.enumerated() {
      commit.checks.append(
        CheckRecord(
          name: "saturation", quantity: Self.q["check.saturated.fraction"],
          place: ResultPlace(detector: detector, item: "col001"), value: 1e-7 * Double(d), lower: 0,
          upper: 1e-3, passed: true))
    }
    for (r, region) in regions.enumerated() {
      level("offsets_\(region)", lower: 2100, upper: 2500, to: &commit) { d, a in offset(d, a, 1, r)
      }
      if region != "pre" {
        level("offsets_grad_\(region)", lower: -10, upper: 10, to: &commit) { d, a in
          0.6 * Double(r)
        }
      }
      level("std_\(region)", lower: 0.86, upper: options.failsChecks ? 1.21 : 1.44, to: &commit) {
        d, a in
        1.18 + 0.08 * Self.wobble(d, a, r)
      }
    }
  }

  private func level(
    _ name: String, lower: Double, upper: Double, to commit: inout SubtaskCommit,
    _ value: (Int, Int) -> Double
  ) {
    each { d, detector, a, amplifier in
      let hasFrames = !frames(of: d).isEmpty
      let number = hasFrames ? value(d, a) : nil
      let passed = number.map { $0 > lower && $0 <= upper } ?? false
      commit.checks.append(
        CheckRecord(
          name: name, place: ResultPlace(detector: detector, amplifier: amplifier), value: number,
          lower: lower, upper: upper, passed: passed,
          text: passed
            ? "" : number == nil ? "no usable frame" : "ObsID \(obsids[0]): \(number ?? 0)"))
      if !passed {
        commit.flags.append(
          FlagRecord(
            name: name.hasPrefix("std") ? "RON_OOL" : "POORQUALDATA", severity: .warning,
            cause: "\(name) of \(detector) \(amplifier): ObsID \(obsids.first ?? 0)"))
      }
    }
  }

  private func addHousekeeping(to commit: inout SubtaskCommit) {
    for (k, key) in options.keys.enumerated() {
      let unit: Detector.Unit = key.contains("TEMP") ? .degreeCelsius : .volt
      let quantity = Quantity(
        "hk.\(key)", unit: unit, per: [.exposure], digits: 3,
        "Mean of the house-keeping readings of \(key) during an exposure.")
      let level = unit == .volt ? 25.0 : -112
      let isSilent = key == "FPGA_PCB_TEMP"
      for (index, obsid) in obsids.enumerated() where !isSilent {
        commit.measurements.append(
          MeasurementRecord(
            quantity: quantity, obsid: obsid,
            value: .value(level + 0.2 * Self.wobble(k, index), uncertainty: 0.02, count: 40)))
      }
      let fails = options.failsChecks && k == 1
      for (name, half) in [("hk_performance", 0.5), ("hk_safe", 3.0)] {
        let bad = isSilent || (fails && name == "hk_performance")
        commit.checks.append(
          CheckRecord(
            name: name, place: ResultPlace(item: key), value: isSilent ? nil : level,
            lower: level - half, upper: level + half, passed: !bad,
            text: bad
              ? isSilent
                ? "ObsID \(obsids.first ?? 0): no reading"
                : "ObsID \(obsids.first ?? 0): \(level + 0.6)" : ""))
        if bad {
          commit.flags.append(
            FlagRecord(name: "HK_OOL", severity: .warning, cause: "\(key) (\(name))"))
        }
      }
    }
  }

  func addPreparation(to commit: inout SubtaskCommit) {
    each { d, detector, a, amplifier in
      for (index, obsid) in frames(of: d) {
        add(
          "bias.frame.offset", detector, amplifier, obsid: obsid,
          .value(offset(d, a, index, 0), uncertainty: 0.003, count: 40_000), to: &commit)
      }
    }
    commit.log = [
      "bad pixels: raw values 0, 65535 are left out", "cosmetics mask: none given",
      "offset: one for each amplifier and frame", "bias structure and flat field: not corrected",
    ]
  }

  func addBasic(to commit: inout SubtaskCommit) {
    let width = camera.amplifiers[0].width
    let height = camera.amplifiers[0].height
    each { d, detector, a, amplifier in
      let place = { (obsid: Int) in
        ResultPlace(detector: detector, amplifier: amplifier, obsid: obsid)
      }
      for (index, obsid) in frames(of: d) {
        add(
          "bias.frame.ron", detector, amplifier, obsid: obsid,
          .value(1.21 + 0.05 * Self.wobble(d, a, index), uncertainty: 0.002, count: 4_000_000),
          to: &commit)
        add(
          "bias.frame.rownoise", detector, amplifier, obsid: obsid,
          .value(0.12 + 0.01 * Self.wobble(d, a, index, 2), uncertainty: 0.004, count: 2000),
          to: &commit)
        for (n, item) in ["columns", "rows"].enumerated() {
          add(
            "bias.frame.gradient", detector, amplifier, obsid: obsid, item: item,
            .value(
              0.4 * Self.wobble(d, a, n) + 0.02 * Self.wobble(d, a, index, n), uncertainty: 0.01,
              count: 4_000_000), to: &commit)
        }
        let columns = (0..<width).map {
          3 * exp(-Double($0) / 6) + 0.1 * Self.wobble(d, a, index, $0)
        }
        commit.curves.append(curve("bias.profile.columns", place(obsid), columns))
        commit.curves.append(
          curve(
            "bias.profile.rows", place(obsid),
            (0..<height).map { Double($0) / Double(height) + 0.1 * Self.wobble(d, a, index, $0) }))
        commit.curves.append(
          curve(
            "bias.profile.rows.std", place(obsid),
            (0..<height).map { 1.2 + 0.05 * Self.wobble(d, a, index, $0, 5) }))
        commit.curves.append(
          CurveRecord(
            name: "bias.prescan.columns", place: place(obsid), xUnit: .adu, yUnit: .adu,
            x: Array(columns.prefix(20)),
            y: (0..<min(20, width)).map { 1.2 + 0.03 * Self.wobble(d, a, index, $0, 6) }))
      }
      for (r, region) in regions.enumerated() {
        add(
          "bias.ron", detector, amplifier, item: region,
          frames(of: d).count < 2
            ? .missing(reason: "needs two frames, there is one")
            : .value(1.16 + 0.05 * Self.wobble(d, a, r, 7), uncertainty: 0.0011, count: 4_000_000),
          to: &commit)
      }
    }
  }

  func addMeta(to commit: inout SubtaskCommit) {
    each { d, detector, a, amplifier in
      for (r, region) in regions.enumerated() {
        add(
          "bias.offset", detector, amplifier, item: region,
          .value(offset(d, a, 1, r), uncertainty: 0.02, count: obsids.count), to: &commit)
        add(
          "bias.ron.single", detector, amplifier, item: region,
          .value(1.21 + 0.05 * Self.wobble(d, a, r), uncertainty: 0.002, count: obsids.count),
          to: &commit)
      }
      for (n, item) in ["columns", "rows"].enumerated() {
        add(
          "bias.gradient", detector, amplifier, item: item,
          .value(0.4 * Self.wobble(d, a, n), uncertainty: 0.01, count: obsids.count), to: &commit)
      }
      add(
        "bias.rownoise", detector, amplifier, .value(0.12, uncertainty: 0.004, count: obsids.count),
        to: &commit)
      add(
        "bias.offset.drift", detector, amplifier,
        obsids.count < 3
          ? .missing(reason: "needs three frames")
          : .value(0.9, uncertainty: 0.05, count: obsids.count), to: &commit)
      add(
        "bias.pattern", detector, amplifier,
        obsids.count < 2
          ? .missing(reason: "no read-out noise")
          : .value(0.31, uncertainty: 0.002, count: 4_000_000), to: &commit)
      add(
        "bias.frames.covariance", detector, amplifier,
        obsids.count < 2
          ? .missing(reason: "needs two frames, there is one")
          : .value(0.05 * Self.wobble(d, a, 4), uncertainty: 0.004, count: 4_000_000), to: &commit)
      add(
        "bias.master.scatter", detector, amplifier,
        .value(0.5 + 0.01 * Self.wobble(d, a), uncertainty: 0.002, count: 4_000_000), to: &commit)
      add("bias.master.masked", detector, amplifier, .value(Double(d + a)), to: &commit)
      let place = ResultPlace(detector: detector, amplifier: amplifier)
      commit.curves.append(
        curve(
          "bias.master.profile.columns", place,
          (0..<camera.amplifiers[a].width).map {
            3 * exp(-Double($0) / 6) + 0.02 * Self.wobble(d, a, $0)
          }))
      commit.curves.append(
        curve(
          "bias.master.profile.rows", place,
          (0..<camera.amplifiers[a].height).map { 0.01 * Double($0) + 0.02 * Self.wobble(d, a, $0) }
        ))
      commit.curves.append(
        curve(
          "bias.master.profile.rows.std", place,
          (0..<camera.amplifiers[a].height).map { 0.7 + 0.02 * Self.wobble(d, a, $0, 3) }))
    }
    commit.log = detectors.map { "\($0): master bias from \(obsids.count) frames" }
  }

  private func curve(_ name: String, _ place: ResultPlace, _ y: [Double]) -> CurveRecord {
    CurveRecord(
      name: name, place: place, xUnit: .pixel, yUnit: .adu, x: y.indices.map(Double.init), y: y)
  }
}
