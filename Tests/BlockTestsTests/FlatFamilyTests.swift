import BlockTests
import Campaign
import Detector
import FITSFiles
import Foundation
import Simulator
import Testing
import Warehouse

/// What is said of the flats of a run.
private struct FlatRun {
  let warehouse: Warehouse
  let summary: ExecutionSummary
  let truth: TruthFile
  let folder: String
  let keeper: SmallCampaign

  init(
    _ test: String = "FLAT01", fractions: [Double] = [0.25, 0.5, 0.75],
    frames: [Double] = [12, 10, 8], seed: UInt64 = 1, truth: [TruthParameter: Double] = [:],
    faults: [Fault] = [], workers: Int = 2, edit: (String) -> String = { $0 }
  ) async throws {
    keeper = try await SmallCampaign(
      seed: seed, faults: faults,
      tests: [
        CampaignOrder.Test(
          test, inputs: ["fractions": .numbers(fractions), "frames": .numbers(frames)])
      ], edit: { $0.truth = truth })
    let text = try String(contentsOfFile: keeper.configurationPath, encoding: .utf8)
    (warehouse, summary) = try await keeper.run(workers: workers, configuration: edit(text))
    self.truth = try keeper.truth()
    folder = keeper.folder
  }

  func values(_ quantity: String, item: String? = nil) throws -> [StoredMeasurement] {
    try warehouse.measurements(of: [quantity], in: try warehouse.testRuns().map(\.key)).filter {
      item == nil || $0.place.item == item
    }
  }

  func value(
    _ quantity: String, _ detector: String, _ amplifier: String, item: String? = nil
  ) throws -> MeasuredValue? {
    try values(quantity, item: item).first {
      $0.place.detector == detector && $0.place.amplifier == amplifier
    }?.value
  }
}

private func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
  let n = Double(values.count)
  let mean = values.reduce(0, +) / n
  return (mean, (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)).squareRoot())
}

@Suite struct FlatFamilyTests {
  /// Nothing but photon noise, read noise and the response of the pixels.
  static let plain: [TruthParameter: Double] = [
    .photoResponse: 0.01, .nonLinearity: 0, .crossTalk: 0, .deferredCharge: 0, .cosmicRate: 0,
    .persistence: 0, .strayLight: 0, .darkRate: 0, .brighterFatter: 0,
  ]

  @Test("PRNU of many channels is that which was simulated, with pulls of unit width")
  func response() async throws {
    var pulls: [Double] = []
    var ratios: [Double] = []
    var realised: [Double] = []
    for seed in 1...6 {
      let run = try await FlatRun(
        fractions: [0.5], frames: [8], seed: UInt64(seed), truth: Self.plain)
      #expect(run.summary.entries.map(\.error) == [nil])
      let drawn = try drawn(run.truth)
      for row in try run.values("flat.prnu") {
        guard case .value(let value, let error?, _) = row.value else {
          Issue.record("\(row)")
          continue
        }
        pulls.append((value - 1) / error)
        ratios.append(value)
        let own = 100 * (drawn["\(row.place.detector ?? "")/\(row.place.amplifier ?? "")"] ?? 0)
        realised.append(value / own)
      }
    }
    #expect(pulls.count == 72)
    // Against the pixels that were drawn every one is right to a percent, and their mean to a tenth of that.
    let r = moments(realised)
    #expect(abs(r.mean - 1) < 0.0015, "PRNU is off by \(100 * (r.mean - 1)) %")
    #expect(realised.allSatisfy { abs($0 - 1) < 0.02 })
    #expect(ratios.allSatisfy { abs($0 - 1) < 0.05 })
    let p = moments(pulls)
    // 72 independent channels: the mean of their pulls is known to 0.12, the width to 0.08.
    #expect(abs(p.mean) < 0.35, "bias \(p.mean) sigma")
    #expect(abs(p.deviation - 1) < 0.25, "pulls \(p.deviation)")
  }

  /// The standard deviation of the response of each amplifier's pixels, as they were drawn.
  private func drawn(_ truth: TruthFile) throws -> [String: Double] {
    let camera = try CameraCatalog.camera("tiny")
    let model = ExposureModel(
      camera: camera, detectors: truth.detectors, bench: truth.bench ?? BenchTruth(),
      crossTalk: [:], seed: truth.seed, block: "BORN")
    var result: [String: Double] = [:]
    let image = try #require(camera.regions[.image])
    for detector in camera.detectors {
      let map = try #require(model.responseMap(ofDetector: detector))
      for amplifier in camera.amplifiers {
        let area = amplifier.frameRegion(of: image)
        let values = area.rows.flatMap { y in area.columns.map { Double(map[$0, y]) } }
        result["\(detector)/\(amplifier.name)"] = moments(values).deviation
      }
    }
    return result
  }

  @Test("Brighter-fatter lowers PRNU with the signal; the value at no signal is the true one")
  func atZero() async throws {
    var truth = Self.plain
    truth[.brighterFatter] = -1.2e-6
    truth[.photoResponse] = 0.02
    let run = try await FlatRun(frames: [10, 8, 8], truth: truth)
    func mean(_ quantity: String, _ item: String?) throws -> Double {
      moments(try run.values(quantity, item: item).compactMap(\.value.number)).mean
    }
    let low = try mean("flat.prnu", "col001")
    let high = try mean("flat.prnu", "col003")
    #expect(high < 0.96 * low, "PRNU \(low) at a low, \(high) at a high signal")
    #expect(abs(try mean("flat.prnu.zero", nil) - 2) < 0.04)
    #expect(try run.values("flat.prnu.raw", item: "col001").allSatisfy { $0.value.number ?? 0 > low * 0.9 })
  }

  @Test("PRNU of a bent chain is that of the light, by NL02, by PTC01 without it; as measured without both")
  func bentChain() async throws {
    var truth = Self.plain
    truth[.nonLinearity] = 3
    func mean(_ run: [StoredMeasurement], _ drawn: [String: Double]) -> (ratio: Double, worst: Double) {
      let ratios = run.compactMap { row in
        row.value.number.map {
          $0 / 100 / (drawn["\(row.place.detector ?? "")/\(row.place.amplifier ?? "")"] ?? 0)
        }
      }
      return (moments(ratios).mean, ratios.map { abs($0 - 1) }.max() ?? .infinity)
    }
    let flats = CampaignOrder.Test(
      "FLAT01", inputs: ["fractions": .numbers([0.75]), "frames": .numbers([8])])
    let ladder = CampaignOrder.Test(
      "NL02",
      inputs: [
        "fractionsA": .numbers([0.02, 0.05, 0.1, 0.2]), "framesA": .numbers([2]),
        "fractionsB": .numbers([0.1, 0.2, 0.35, 0.5, 0.65, 0.8]), "framesB": .numbers([2]),
      ])
    let pairs = CampaignOrder.Test(
      "PTC01",
      inputs: [
        "fractions": .numbers([0.1, 0.2, 0.3, 0.45, 0.6, 0.7, 0.8]), "frames": .numbers([4]),
      ])
    for (tests, source) in [
      ([flats], nil), ([ladder, flats], "NL02"), ([pairs, flats], "PTC01"),
    ] as [([CampaignOrder.Test], String?)] {
      let keeper = try await SmallCampaign(tests: tests, edit: { $0.truth = truth })
      let text = try String(contentsOfFile: keeper.configurationPath, encoding: .utf8)
        .replacing("frames: [4]}", with: "frames: [4], model: EXPAPPROXIMATION, lags: 1}")
      let (warehouse, summary) = try await keeper.run(configuration: text)
      #expect(summary.entries.map(\.error).allSatisfy { $0 == nil })
      let run = try #require(try warehouse.testRuns().last { $0.test == "FLAT01" })
      let drawn = try drawn(try keeper.truth())
      let found = mean(try warehouse.measurements(of: ["flat.prnu"], in: [run.key]), drawn)
      let slopes = try warehouse.measurements(of: ["flat.prnu.slope"], in: [run.key])
      let log = try warehouse.subtasks(of: run.key).flatMap(\.log)
        .first { $0.hasPrefix("slope of the chain: ") }
      if let source {
        #expect(slopes.count { $0.value.number != nil } == 12, "\(source)")
        // Every one within two percent, their mean within a third.
        #expect(abs(found.ratio - 1) < 0.003 && found.worst < 0.02, "\(source) \(found)")
        #expect(log?.contains("\(source) run ") == true)
      } else {
        #expect(found.ratio < 0.96, "\(found)")
        #expect(slopes.allSatisfy {
          $0.value == .missing(
            reason: "not corrected: no curve of the chain (no finished NL02, no finished PTC01)")
        })
        #expect(log?.contains("not known (no finished NL02, no finished PTC01)") == true)
      }
    }
  }

  @Test("Masters, masks and numbers do not depend on the number of workers; products are whole")
  func products() async throws {
    let run = try await FlatRun("FLAT02_590", fractions: [0.25, 0.5], frames: [5, 4])
    let (other, _) = try await run.keeper.run(into: "one", workers: 1)
    #expect(try run.warehouse.dump() == other.dump())
    #expect(try run.warehouse.verify().isEmpty)
    let key = try #require(try run.warehouse.testRuns().first?.key)
    let artifacts = try run.warehouse.artifacts(of: key)
    #expect(artifacts.filter { $0.role == "master-flat" }.count == 6)
    #expect(artifacts.filter { $0.role == "response-mask" }.count == 3)
    let master = try #require(
      artifacts.first { $0.path.hasSuffix("EUC_FF_590nm_col002_ROE1_CCD2.fits") })
    let path = "\(run.warehouse.folder)/\(master.path)"
    #expect(try FITSFile.verifyChecksums(path) == 6)
    let file = try FITSFile(path: path)
    let flat = try file.readFloat(.named("FLAT"))
    let error = try file.readFloat(.named("EFLAT"))
    let count = try file.readInt32(.named("NFRAMES"))
    let model = try file.readFloat(.named("MODEL"))
    // Scan pixels are 1 without error; in the image area the flat scatters about 1, up to its edges.
    #expect(abs(flat[0, 0] - 1) < 1e-5 && error[0, 0] == 0 && count[0, 0] == 0 && model[0, 0] == 0)
    for (columns, rows) in [(31..<99, 0..<76), (31..<34, 0..<76), (96..<99, 0..<76), (31..<99, 73..<76)] {
      var values: [Double] = []
      for y in rows { for x in columns { values.append(Double(flat[x, y])) } }
      #expect(abs(moments(values).mean - 1) < 0.004, "\(columns), \(rows)")
    }
    #expect(abs(Double(model[60, 40]) / 32768 - 1) < 0.1 && count[60, 40] == 4)
    // The error of the mean of four frames: photon noise of 32768 ADU at 3.42 e/ADU, less by brighter-fatter.
    let expected = (1 / (32768 * 3.42 * 4)).squareRoot()
    let measured = try #require(
      try run.value("flat.master.noise", "CCD2", "E", item: "col002")?.number)
    #expect(abs(measured / 100 / expected - 1) < 0.1)
    // The mask is one that other tests can use as a cosmetics mask.
    let mask = try #require(artifacts.first { $0.role == "response-mask" })
    let bits = try FITSFile(path: "\(run.warehouse.folder)/\(mask.path)").readUInt8(.named("MASK"))
    #expect(bits.width == 238 && bits[0, 0] == 0)
  }

  @Test("The light's drift and steps are those that were simulated")
  func stability() async throws {
    var truth = Self.plain
    truth[.driftPerHour] = 0.05
    let run = try await FlatRun("FLAT_STB", fractions: [0.3], frames: [12], truth: truth)
    let drift = try #require(try run.values("flat.light.drift").first)
    guard case .value(let value, let error?, let count) = drift.value else {
      Issue.record("\(drift)")
      return
    }
    // An oscillation of 0.05 % in 2700 s goes with it.
    #expect(abs(value - 5) < 1.2 + 4 * error && count == 12, "\(value) ± \(error)")
    let response = try run.values("flat.response.drift")
    #expect(response.count == 12)
    #expect(response.allSatisfy { abs($0.value.number ?? .infinity) < 1.5 })
    let key = try #require(try run.warehouse.testRuns().first?.key)
    let light = try #require(try run.warehouse.curves("flat.light.col001", in: key).first)
    #expect(light.y.count == 12 && light.x.first == 0)
  }
}

@Suite struct FlatFaultTests {
  @Test("Without frames, with one, saturated, in the dark: reasons instead of numbers")
  func bad() async throws {
    let run = try await FlatRun(
      fractions: [0.25, 0.5], frames: [3, 1], truth: FlatFamilyTests.plain,
      faults: [1000, 1001, 1002].map { Fault(.missingFrame, obsid: $0, detector: "CCD2") })
    #expect(run.summary.entries.map(\.error) == [nil])
    #expect(
      try run.value("flat.prnu", "CCD2", "E", item: "col001")
        == .missing(reason: "no usable flat of col001"))
    #expect(
      try run.value("flat.prnu", "CCD1", "E", item: "col002")
        == .missing(reason: "one frame only: photon noise cannot be told from PRNU"))
    #expect(try run.value("flat.prnu.raw", "CCD1", "E", item: "col002")?.number ?? 0 > 1)
    #expect(try run.value("flat.prnu", "CCD3", "H", item: "col001")?.number ?? 0 > 0.9)
    #expect(run.summary.entries[0].flags?.map(\.name).contains("MISSDATA") == true)
    #expect(
      try run.value("flat.prnu.zero", "CCD1", "E")
        == .missing(reason: "one fluence only: PRNU cannot be followed to no signal"))
    #expect(try run.values("flat.light.step").allSatisfy { $0.value.number == nil })
    #expect(try run.warehouse.verify().isEmpty)
  }

  @Test("A dead quadrant, and one that is dark, leave the others alone")
  func dead() async throws {
    let keeper = try await SmallCampaign(
      tests: [
        CampaignOrder.Test(
          "FLAT01", inputs: ["fractions": .numbers([0.25]), "frames": .numbers([4])])
      ], edit: { $0.truth = FlatFamilyTests.plain })
    // Quadrant H (lower left) of CCD1 reads the same value everywhere; G (lower right) has no light.
    for file in try frames(in: keeper.folder, detector: "CCD1") {
      let reader = try RawFrameReader(path: file)
      let image = try reader.read()
      for y in 0..<86 {
        for x in 0..<119 { image[x, y] = 2000 }
        for x in 119..<238 { image[x, y] = UInt16(2500 + (x * 7 + y * 3) % 5) }
      }
      var bytes = try Data(contentsOf: URL(filePath: file))
      for (index, value) in image.pixels.enumerated() {
        let stored = value ^ 0x8000
        bytes[reader.hdu.dataOffset + 2 * index] = UInt8(stored >> 8)
        bytes[reader.hdu.dataOffset + 2 * index + 1] = UInt8(stored & 255)
      }
      try bytes.write(to: URL(filePath: file))
    }
    let (warehouse, summary) = try await keeper.run()
    #expect(summary.entries.map(\.error) == [nil])
    let rows = try warehouse.measurements(
      of: ["flat.prnu", "flat.defects"], in: try warehouse.testRuns().map(\.key))
    func value(_ quantity: String, _ detector: String, _ amplifier: String) -> MeasuredValue? {
      rows.first {
        $0.quantity == quantity && $0.place.detector == detector
          && $0.place.amplifier == amplifier
      }?.value
    }
    let dead = MeasuredValue.missing(reason: "the amplifier is dead: all its pixels read 2000")
    #expect(value("flat.prnu", "CCD1", "H") == dead)
    #expect(value("flat.defects", "CCD1", "H") == dead)
    guard case .missing(let reason)? = value("flat.prnu", "CCD1", "G") else {
      Issue.record("\(String(describing: value("flat.prnu", "CCD1", "G")))")
      return
    }
    #expect(reason.contains("signal"))
    for amplifier in ["E", "F"] {
      #expect(value("flat.prnu", "CCD1", amplifier)?.number ?? 0 > 0.9)
    }
    #expect(value("flat.prnu", "CCD2", "H")?.number ?? 0 > 0.9)
  }

  @Test("NaN in a mask is a bad pixel: what it covers has no value, and a quadrant of it no number")
  func nanMask() async throws {
    let keeper = try await SmallCampaign(
      tests: [
        CampaignOrder.Test(
          "FLAT01", inputs: ["fractions": .numbers([0.25]), "frames": .numbers([4])])
      ], edit: { $0.truth = FlatFamilyTests.plain })
    // The image area of quadrant E (upper left), some rows of H, and one pixel of F.
    let mask = Image<Float>(width: 238, height: 172, filledWith: 0)
    for y in 86..<172 { for x in 31..<99 { mask[x, y] = .nan } }
    for y in 10..<14 { for x in 0..<119 { mask[x, y] = 1 } }
    mask[180, 120] = .nan
    let path = "\(keeper.folder)/mask.fits"
    try FITSWriter.write(
      to: path, hdus: [.empty(cards: []), .image(name: "MASK", pixels: .float32(mask))])
    let text = try String(contentsOfFile: keeper.configurationPath, encoding: .utf8)
    let (warehouse, summary) = try await keeper.run(
      configuration: text + "\nproducts: {mask: {CCD1: \(path)}}\n")
    #expect(summary.entries.map(\.error) == [nil])
    let key = try #require(try warehouse.testRuns().first?.key)
    let rows = try warehouse.measurements(of: ["flat.prnu", "flat.defects"], in: [key])
    func value(_ quantity: String, _ amplifier: String, _ item: String) -> MeasuredValue? {
      rows.first {
        $0.quantity == quantity && $0.place.detector == "CCD1"
          && $0.place.amplifier == amplifier && $0.place.item == item
      }?.value
    }
    #expect(
      value("flat.prnu", "E", "col001")
        == .missing(reason: "no valid pixels: masked or saturated"))
    #expect(value("flat.prnu", "H", "col001")?.number ?? 0 > 0.9)
    #expect(value("flat.defects", "H", "empty")?.number == 272.0)
    #expect(value("flat.defects", "F", "empty")?.number == 1.0)
    let artifacts = try warehouse.artifacts(of: key)
    let master = try #require(
      artifacts.first { $0.path.hasSuffix("EUC_FF_800nm_col001_ROE1_CCD1.fits") })
    let flat = try FITSFile(path: "\(warehouse.folder)/\(master.path)").readFloat(.named("FLAT"))
    #expect(flat[40, 120].isNaN && flat[180, 120].isNaN && !flat[181, 120].isNaN)
  }

  private func frames(in folder: String, detector: String) throws -> [String] {
    let all = try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }
    return all.filter { $0.hasSuffix(".fits") && $0.contains(detector) }.map { "\(folder)/\($0)" }
      .sorted()
  }
}

@Suite struct FlatFluxTests {
  @Test("The flux is that of the simulated source")
  func flux() async throws {
    let run = try await FlatRun(
      "FLATFLUX00_800", fractions: [0.05, 0.2, 0.5, 0.8], frames: [1],
      truth: FlatFamilyTests.plain)
    #expect(run.summary.entries.map(\.error) == [nil])
    let bench = try #require(run.truth.bench)
    let seconds = try ChamberCatalog.profile("B_BORN").filter(wavelength: 800).flatSeconds
    let rows = try run.values("flatflux.flux")
    #expect(rows.count == 12)
    for row in rows {
      let gain = try #require(
        run.truth.detectors[row.place.detector ?? ""]?.charge?[row.place.amplifier ?? ""]?.gain)
      let expected = 65536 * 3.42 / seconds * bench.brightness / gain
      let value = try #require(row.value.number)
      // Vignetting takes a percent or two.
      #expect(abs(value / expected - 1) < 0.04, "\(value) for \(expected)")
    }
    #expect(try run.values("flatflux.rate").count == 48)
    #expect(
      try run.values("flatflux.deviation").allSatisfy { abs($0.value.number ?? .infinity) < 0.5 })
  }
}
