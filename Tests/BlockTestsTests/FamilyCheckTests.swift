import BlockTests
import Campaign
import Detector
import Diagnostics
import Foundation
import Simulator
import Testing
import Warehouse

/// A test with few frames, and what a check of it must have measured.
struct CheckedTest: Sendable, CustomTestStringConvertible {
  var test: String
  /// What is analysed, where that is another test's data.
  var analysed: String?
  var exposures: Int
  var inputs: [String: ScriptValue] = [:]
  /// A quantity of the family with a number of values of each amplifier and frame.
  var quantity: String
  var values = 1
  /// The exposures that it is measured of, where those are not all.
  var measured: Int?
  /// Whether the definition limits the saturated fraction.
  var limitsSaturation = true
  /// The tolerance of exposure times is above the fault's 1.5 s.
  var isLong = false
  var testDescription: String { analysed ?? test }

  static let all = [
    CheckedTest(
      test: "BIAS02", exposures: 6, inputs: ["N": .int(6)], quantity: "check.offset", values: 3),
    CheckedTest(test: "DARK01", exposures: 4, quantity: "check.background", isLong: true),
    CheckedTest(test: "FLATFLUX00_800", exposures: 4, quantity: "check.fluence"),
    CheckedTest(
      test: "PTC02_730", exposures: 4,
      inputs: ["fractions": .numbers([0.1, 0.5]), "frames": .numbers([2])],
      quantity: "check.fluence"),
    // At another temperature, which its name alone tells.
    CheckedTest(
      test: "PTC02_148K", exposures: 4,
      inputs: ["fractions": .numbers([0.1, 0.5]), "frames": .numbers([2])],
      quantity: "check.fluence"),
    CheckedTest(
      test: "FLAT02_590", exposures: 6, inputs: ["frames": .numbers([3, 3])],
      quantity: "check.fluence"),
    CheckedTest(
      test: "PTC02_590", analysed: "BF01_590", exposures: 4,
      inputs: ["fractions": .numbers([0.1, 0.5]), "frames": .numbers([2])],
      quantity: "check.fluence"),
    CheckedTest(
      test: "PTC01", analysed: "MOT_FF", exposures: 4,
      inputs: ["fractions": .numbers([0.1, 0.5]), "frames": .numbers([2])],
      quantity: "check.fluence"),
    CheckedTest(
      test: "NL01", exposures: 10,
      inputs: ["fractions": .numbers([0.1, 0.5]), "frames": .numbers([2])],
      quantity: "check.fluence"),
    CheckedTest(
      test: "NL02", exposures: 10,
      inputs: [
        "fractionsA": .numbers([0.1]), "framesA": .numbers([2]), "fractionsB": .numbers([0.5]),
        "framesB": .numbers([2]),
      ], quantity: "check.fluence"),
    CheckedTest(test: "CHINJ00", exposures: 8, quantity: "check.injection.level"),
    // With all their steps: limits are tightest at the notch and just beyond the threshold.
    CheckedTest(test: "CHINJ01", exposures: 36, quantity: "check.injection.level"),
    CheckedTest(test: "CHINJ02", exposures: 26, quantity: "check.injection.level"),
    CheckedTest(
      test: "TP01", exposures: 6,
      inputs: ["toi_tpv": .numbers([200]), "vpumpmodes": .numbers([123, 341])],
      quantity: "check.injection.level"),
    CheckedTest(
      test: "TP02", exposures: 6,
      inputs: ["dwell_sv": .numbers([4.75]), "spumpmodes": .numbers([23, 31])],
      quantity: "check.injection.level"),
    CheckedTest(
      test: "PSFLUX00_800", exposures: 4, quantity: "check.spot.peak", values: 5),
    CheckedTest(
      test: "PSF01_880", exposures: 5, inputs: ["frames": .numbers([1])],
      quantity: "check.spot.peak", values: 5),
    CheckedTest(
      test: "FOCUS00_800", exposures: 9, quantity: "check.spot.fwhmx", values: 5),
    CheckedTest(
      test: "PERSIST01", exposures: 12, quantity: "check.offset", values: 2,
      limitsSaturation: false),
    CheckedTest(test: "COSMETICS00", exposures: 10, quantity: "check.offset", values: 2),
    CheckedTest(test: "STRAY00", exposures: 22, quantity: "check.offset", values: 2),
    CheckedTest(test: "MOT_WARM", exposures: 8, quantity: "check.offset", values: 3),
  ]

  func run(block: String = "BORN", seed: UInt64 = 1, faults: [Fault] = []) async throws -> (
    warehouse: Warehouse, run: TestRunKey, summary: ExecutionSummary
  ) {
    let campaign = try await SmallCampaign(
      block: block, seed: seed, faults: faults, tests: [CampaignOrder.Test(test, inputs: inputs)])
    let text = try String(contentsOfFile: campaign.configurationPath, encoding: .utf8)
      .replacingOccurrences(of: "test: \(test)", with: "test: \(analysed ?? test)")
    let (warehouse, summary) = try await campaign.run(
      edit: { $0.checksOnly = true }, configuration: text)
    #expect(summary.entries.map(\.error) == [nil])
    return (warehouse, try #require(try warehouse.testRuns().first?.key), summary)
  }
}

/// The data check of every family, without faults and with all of them.
@Suite struct FamilyCheckTests {
  @Test(
    "Sound data: every amplifier of every frame is measured, and all is well",
    arguments: CheckedTest.all)
  func sound(_ test: CheckedTest) async throws {
    let (warehouse, run, _) = try await test.run()
    let flags = try warehouse.flags(of: run)
    #expect(flags.isEmpty, "\(flags.prefix(5).map(\.flag))")
    let measured = try warehouse.measurements(of: [test.quantity], in: [run])
    #expect(measured.count == 12 * (test.measured ?? test.exposures) * test.values)
    #expect(measured.allSatisfy { $0.value.number != nil })
    let checks = try warehouse.checks(of: run)
    let failed = checks.filter { !$0.passed }
    #expect(failed.isEmpty, "\(failed.prefix(3))")
    #expect(checks.count > 40)
  }

  @Test(
    "Sound data of other blocks and seeds, of the tests whose limits are tightest",
    arguments: ["CHINJ01", "CHINJ02", "PSF01_590", "PSFLUX00_2000", "FOCUS00_880", "PERSIST01"],
    [(block: "MAX", seed: UInt64(2)), (block: "LORENTZ", seed: 3)])
  func others(test: String, campaign: (block: String, seed: UInt64)) async throws {
    let inputs: [String: ScriptValue] =
      test.hasPrefix("PSF01") ? ["frames": .numbers([2])] : [:]
    let (warehouse, run, _) = try await CheckedTest(
      test: test, exposures: 0, inputs: inputs, quantity: ""
    ).run(block: campaign.block, seed: campaign.seed)
    let flags = try warehouse.flags(of: run)
    #expect(flags.isEmpty, "\(flags.prefix(5).map(\.flag))")
    #expect(try warehouse.checks(of: run).count > 40)
  }

  @Test("Saturated flats are no fault: the whole ladder of PTC01 raises nothing")
  func saturatedFlats() async throws {
    let test = CheckedTest(
      test: "PTC01", exposures: 22, inputs: ["frames": .numbers([2])], quantity: "check.fluence")
    let (warehouse, run, _) = try await test.run(block: "LORENTZ", seed: 2)
    #expect(try warehouse.flags(of: run).map(\.flag.cause) == [])
    let saturated = try warehouse.measurements(of: ["check.saturated.fraction"], in: [run])
      .compactMap(\.value.number)
    #expect(saturated.contains { $0 > 0.03 } && saturated.allSatisfy { $0 < 0.1 })
  }

  @Test("Temperatures of the detectors are judged by the one that the test is made for")
  func temperatures() async throws {
    func causes(_ test: String, _ inputs: [String: ScriptValue]) async throws -> [String] {
      let (warehouse, run, _) = try await CheckedTest(
        test: test, exposures: 0, inputs: inputs, quantity: ""
      ).run(faults: [Fault(.housekeepingOutOfLimits, obsid: 1001, detector: "CCD1")])
      return try warehouse.flags(of: run).map(\.flag.cause).filter { $0.contains("TEMP") }
    }
    // The fault is a reading of -100 deg C.
    let cold = try await causes(
      "PTC02_148K", ["fractions": .numbers([0.1]), "frames": .numbers([2])])
    #expect(cold.count == 1 && cold[0].hasPrefix("CCD1_TEMP_T (Performance): ObsID 1001: -100"))
    let warm = try await causes("MOT_WARM", [:])
    #expect(warm == [])
  }

  /// Each kind befalls a frame of its own in the first three exposures.
  static let ofFrames: [(Fault.Kind, Flag, String)] = [
    (.missingFrame, .missingData, "is not in the folder"),
    (.truncatedFile, .missingData, "fits-truncated"),
    (.wrongSize, .missingData, "fits-wrong-size"),
    (.notFITS, .missingData, "fits-not-fits"),
    (.zeroBytes, .missingData, "fits-not-fits"),
    (.saturated, .saturation, "above the limit"),
    (.lostPixels, .lostPixels, "pixels"),
    (.wrongSerial, .missingData, "sn_ccd"),
    (.deadQuadrant, .deadAmplifier, "CCD3 E: all pixels read 200"),
  ]

  /// Each kind befalls an exposure of its own.
  static let ofExposures: [(Fault.Kind, Flag, String)] = [
    (.housekeepingOutOfLimits, .housekeepingOutOfLimits, "CCD1_OD_T"),
    (.housekeepingNaN, .housekeepingOutOfLimits, "CCD1_TEMP_T"),
    (.housekeepingMissing, .housekeepingOutOfLimits, "no reading"),
    (.wrongExposureTime, .missingData, "exptime"),
  ]

  @Test(
    "Faults: their flags with their evidence, and all other frames measured",
    arguments: CheckedTest.all)
  func faults(_ test: CheckedTest) async throws {
    let faults =
      Self.ofFrames.enumerated().map { index, kind in
        Fault(kind.0, obsid: 1000 + index / 3, detector: "CCD\(index % 3 + 1)")
      }
      + Self.ofExposures.enumerated().map { Fault($1.0, obsid: 1000 + $0, detector: "CCD1") }
      + [
        Fault(.duplicateObsID, obsid: 1000),
        Fault(.corruptedLogLine, obsid: 1003, detector: "CCD2"),
      ]
    let (warehouse, run, summary) = try await test.run(faults: faults)
    #expect(summary.exitCode == .outOfLimits)
    let flags = try warehouse.flags(of: run).map(\.flag)
    func expect(_ kind: Fault.Kind, _ flag: Flag, _ evidence: [String]) {
      #expect(
        flags.contains { raised in
          raised.name == flag.name && evidence.allSatisfy { raised.cause.contains($0) }
        }, "\(kind.rawValue): \(flags.filter { $0.name == flag.name })")
    }
    for (index, (kind, flag, evidence)) in Self.ofFrames.enumerated()
    where kind != .saturated || test.limitsSaturation {
      expect(kind, flag, [evidence, "\(1000 + index / 3)"])
    }
    for (kind, flag, evidence) in Self.ofExposures where kind != .wrongExposureTime || !test.isLong
    {
      expect(kind, flag, [evidence])
    }
    expect(.duplicateObsID, .missingData, ["duplicated"])
    expect(.corruptedLogLine, .missingData, ["missing"])
    // Five frames cannot be used, and one is not in the log.
    let offsets = try warehouse.measurements(of: ["check.offset"], in: [run])
      .filter { $0.place.item == "pre" }
    #expect(offsets.count == 4 * (3 * test.exposures - 6))
    #expect(offsets.allSatisfy { $0.value.number != nil })
    // All that is measured of other exposures is measured: faults stay with their frames.
    let others = try warehouse.measurements(of: [test.quantity], in: [run])
      .filter { ($0.place.obsid ?? 0) > 1003 }
    let rest = max(0, (test.measured ?? test.exposures) - 4)
    #expect(others.count == 12 * rest * test.values)
    #expect(others.allSatisfy { $0.value.number != nil })
  }

  @Test(
    "An ObsID given twice is said; an attempt that was aborted is left out",
    arguments: CheckedTest.all)
  func attempts(_ test: CheckedTest) async throws {
    let aborted = try await test.run(faults: [Fault(.abortedTest, obsid: 1001)])
    #expect(try aborted.warehouse.flags(of: aborted.run).map(\.flag.name) == [])
    let entry = try #require(aborted.summary.entries.first)
    #expect(entry.obsids == 1002...1001 + test.exposures)
    let repeated = try await test.run(faults: [Fault(.repeatedObsID, obsid: 1002)])
    let flags = try repeated.warehouse.flags(of: repeated.run).map(\.flag)
    #expect(
      flags.contains { $0.name == "MISSDATA" && $0.cause.contains("1001") }, "\(flags.prefix(4))")
    let offsets = try repeated.warehouse.measurements(of: ["check.offset"], in: [repeated.run])
    #expect(
      offsets.filter { ($0.place.obsid ?? 0) > 1002 && $0.place.item == "pre" }.count
        == 12 * (test.exposures - 3))
  }

  @Test("A detector whose quadrants are all dead is said to be")
  func deadDetector() async throws {
    let campaign = try await SmallCampaign()
    let folder = "\(campaign.folder)/BORN/data/23_Mar_19"
    for name in try FileManager.default.contentsOfDirectory(atPath: folder)
    where name.hasPrefix("EUC_1001") && name.hasSuffix("CCD2.fits") {
      let url = URL(filePath: "\(folder)/\(name)")
      var bytes = try Data(contentsOf: url)
      let size = 238 * 172 * 2
      bytes.replaceSubrange(
        bytes.count - (size + 2879) / 2880 * 2880..<bytes.count,
        with: Data(count: (size + 2879) / 2880 * 2880))
      try bytes.write(to: url)
    }
    let (warehouse, _) = try await campaign.run { $0.checksOnly = true }
    let run = try #require(try warehouse.testRuns().first?.key)
    let flags = try warehouse.flags(of: run).map(\.flag)
    #expect(
      flags.filter { $0.name == "DEADCCD" }.map(\.cause) == [
        "CCD2: no quadrant's pixels differ in ObsID 1001"
      ])
    #expect(flags.filter { $0.name == "DEADQUAD" }.count == 4)
  }
}

@Suite struct FamilyValueTests {
  @Test("Spots are found where the truth has them, with the truth's width and flux")
  func spots() async throws {
    let campaign = try await SmallCampaign(
      tests: ["PSFLUX00_800"]) { $0.truth = [.wingShare: 0, .cosmicRate: 0, .crossTalk: 0] }
    let (warehouse, _) = try await campaign.run { $0.checksOnly = true }
    let run = try #require(try warehouse.testRuns().first?.key)
    let truth = try campaign.truth()
    func values(_ name: String) throws -> [StoredMeasurement] {
      try warehouse.measurements(of: [name], in: [run]).filter { $0.place.obsid == 1001 }
    }
    let x = try values("check.spot.x")
    #expect(x.count == 60)
    for measured in x {
      let spots = try #require(
        truth.detectors[measured.place.detector ?? ""]?.charge?[measured.place.amplifier ?? ""]?
          .spots)
      let spot = try #require(spots.first { $0.name == measured.place.item })
      // Dither moves all spots by up to a few pixels.
      #expect(abs((measured.value.number ?? -99) - spot.x) < 4)
    }
    for name in ["check.spot.fwhmx", "check.spot.fwhmy"] {
      let widths = try values(name).compactMap(\.value.number)
      #expect(widths.count == 60 && widths.allSatisfy { $0 > 1 && $0 < 3 })
    }
    let residual = try warehouse.measurements(of: ["lock.residual"], in: [run])
    // The first column's dither is small; see `sound`.
    let first = residual.filter { $0.place.item == "col001" }
    #expect(residual.count == 12 && first.count == 3)
    #expect(first.allSatisfy { ($0.value.number ?? 9) < 1.5 }, "\(first)")
    let matches = try warehouse.measurements(of: ["lock.matches"], in: [run])
    #expect(
      matches.filter { $0.place.item == "col001" }.allSatisfy { $0.value.number == 20 },
      "\(matches)")
  }

  @Test("Without light no spots are found, which is said; the rest is measured")
  func noSpots() async throws {
    let campaign = try await SmallCampaign(tests: ["PSFLUX00_800"]) {
      $0.truth = [.brightness: 1e-6]
    }
    let (warehouse, summary) = try await campaign.run { $0.checksOnly = true }
    #expect(summary.entries.map(\.error) == [nil])
    let run = try #require(try warehouse.testRuns().first?.key)
    let flags = try warehouse.flags(of: run).map(\.flag.name)
    #expect(flags.contains("STARS_MISSING") && flags.contains("FLUX_OOL"))
    let peaks = try warehouse.measurements(of: ["check.spot.peak"], in: [run])
    #expect(peaks.count == 240 && peaks.allSatisfy { $0.value.number == nil })
    let backgrounds = try warehouse.measurements(of: ["check.background"], in: [run])
    #expect(backgrounds.count == 48 && backgrounds.allSatisfy { $0.value.number != nil })
  }

  @Test(
    "Brighter light than the profile's: fluence and saturation time are out of limits by that much")
  func brightness() async throws {
    let campaign = try await SmallCampaign(tests: ["FLATFLUX00_800"]) {
      $0.truth = [.brightness: 1.3]
    }
    let (warehouse, _) = try await campaign.run { $0.checksOnly = true }
    let run = try #require(try warehouse.testRuns().first?.key)
    let flags = try warehouse.flags(of: run).map(\.flag.name)
    #expect(flags.contains("FLUENCE_OOL") && flags.contains("FLUX_OOL"))
    let chamber = try ChamberCatalog.profile("B_BORN").filter(wavelength: 800).flatSeconds
    let times = try warehouse.measurements(of: ["check.saturation.time"], in: [run])
    #expect(times.count == 12)
    #expect(
      times.allSatisfy { abs(($0.value.number ?? 0) / (chamber / 1.3) - 1) < 0.1 },
      "\(times.map(\.value.number)) \(chamber)")
  }

  @Test(
    "Checks are the same, bit for bit, for one and for several workers",
    arguments: ["PSFLUX00_800", "CHINJ00"])
  func workers(test: String) async throws {
    let campaign = try await SmallCampaign(tests: [CampaignOrder.Test(test)])
    let one = try await campaign.run(into: "one", workers: 1) { $0.checksOnly = true }
    let many = try await campaign.run(into: "many", workers: 4) { $0.checksOnly = true }
    let expected = try one.warehouse.dump()
    #expect(try many.warehouse.dump() == expected)
  }
}
