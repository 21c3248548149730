import BlockTests
import Campaign
import Detector
import Diagnostics
import Simulator
import Testing
import Warehouse

/// The data check of every family, without faults and with all of them.
@Suite struct FamilyCheckTests {
  /// A test of a family, and what a check of it must have measured, once an amplifier and frame.
  struct Family: Sendable, CustomTestStringConvertible {
    var test: String
    var exposures: Int
    var quantity: String
    /// Values of each amplifier and frame.
    var values = 1
    /// Whether the definition limits the saturated fraction.
    var limitsSaturation = true
    var testDescription: String { test }
  }

  static let families = [
    Family(test: "DARK01", exposures: 4, quantity: "check.background"),
    Family(test: "FLATFLUX00_800", exposures: 4, quantity: "check.fluence"),
    Family(test: "FLAT02_590", exposures: 6, quantity: "check.fluence"),
    Family(test: "CHINJ00", exposures: 8, quantity: "check.injection.level"),
    Family(test: "TP02", exposures: 6, quantity: "check.injection.level"),
    Family(test: "PSFLUX00_800", exposures: 4, quantity: "check.spot.peak", values: 5),
    Family(test: "FOCUS00_800", exposures: 9, quantity: "check.spot.fwhmx", values: 5),
    Family(test: "PERSIST01", exposures: 12, quantity: "check.offset", values: 2, limitsSaturation: false),
    Family(test: "COSMETICS00", exposures: 10, quantity: "check.offset", values: 2),
    Family(test: "MOT_WARM", exposures: 8, quantity: "check.offset", values: 3),
  ]

  /// The test with few frames.
  private func test(_ family: Family) -> CampaignOrder.Test {
    var test = CampaignOrder.Test(family.test)
    if family.test == "FLAT02_590" { test.inputs["frames"] = .numbers([3, 3]) }
    if family.test == "TP02" {
      test.inputs["dwell_sv"] = .numbers([4.75])
      test.inputs["spumpmodes"] = .numbers([23, 31])
    }
    return test
  }

  private func run(_ family: Family, faults: [Fault] = []) async throws -> (
    warehouse: Warehouse, run: TestRunKey, summary: ExecutionSummary, campaign: SmallCampaign
  ) {
    let campaign = try await SmallCampaign(faults: faults, tests: [test(family)])
    let (warehouse, summary) = try await campaign.run { $0.checksOnly = true }
    #expect(summary.entries.map(\.error) == [nil])
    return (warehouse, try #require(try warehouse.testRuns().first?.key), summary, campaign)
  }

  @Test("Sound data: every amplifier of every frame is measured", arguments: families)
  func sound(_ family: Family) async throws {
    let (warehouse, run, _, _) = try await run(family)
    let flags = try warehouse.flags(of: run)
    // The detectors of MOT_WARM are warm, which the limits of house-keeping are not made for; its frames and
    // the one that PERSIST01 saturates hold pixels that read 0. The simulator's dither is mirrored from
    // quadrant to quadrant, which on a camera this small shrinks the pattern beyond the lock's limits.
    let expected = [
      "MOT_WARM": ["HK_OOL", "LOSTPIXELS"], "PERSIST01": ["LOSTPIXELS"],
      "PSFLUX00_800": ["STARS_MISSING"],
    ]
    let unwanted = ["MISSDATA", "LOSTPIXELS", "STARS_MISSING", "HK_OOL"].filter {
      expected[family.test]?.contains($0) != true
    }
    #expect(flags.allSatisfy { !unwanted.contains($0.flag.name) }, "\(flags)")
    let measured = try warehouse.measurements(of: [family.quantity], in: [run])
    #expect(measured.count == 12 * family.exposures * family.values)
    #expect(measured.allSatisfy { $0.value.number != nil } || family.test == "MOT_WARM" || family.test == "FOCUS00_800")
    // Limits of levels are those of real light: what fails is a level, never a missing value.
    let empty = try warehouse.checks(of: run).filter { !$0.passed && $0.value == nil }
    #expect(empty.isEmpty, "\(empty.prefix(3))")
  }

  @Test("Faults of frames: their flags with their evidence, and all other frames measured", arguments: families)
  func frames(_ family: Family) async throws {
    let kinds: [(Fault.Kind, Flag, String)] = [
      (.missingFrame, .missingData, "is not in the folder"),
      (.truncatedFile, .missingData, "fits-truncated"),
      (.wrongSize, .missingData, "fits-wrong-size"),
      (.notFITS, .missingData, "fits-not-fits"),
      (.zeroBytes, .missingData, "fits-not-fits"),
      (.saturated, .saturation, "above the limit"),
      (.lostPixels, .lostPixels, "pixels"),
      (.wrongSerial, .missingData, "sn_ccd"),
    ]
    let faults = kinds.enumerated().map { index, kind in
      Fault(kind.0, obsid: 1000 + index / 3, detector: "CCD\(index % 3 + 1)")
    }
    let (warehouse, run, summary, _) = try await run(family, faults: faults)
    #expect(summary.exitCode == .outOfLimits)
    let flags = try warehouse.flags(of: run).map(\.flag)
    for (index, (kind, flag, evidence)) in kinds.enumerated() {
      if kind == .saturated, !family.limitsSaturation { continue }
      let obsid = "\(1000 + index / 3)"
      #expect(
        flags.contains {
          $0.name == flag.name && $0.cause.contains(evidence) && $0.cause.contains(obsid)
        }, "\(kind.rawValue): \(flags.filter { $0.name == flag.name })")
    }
    let offsets = try warehouse.measurements(of: ["check.offset"], in: [run])
      .filter { $0.place.item == "pre" }
    #expect(offsets.count == 4 * (3 * family.exposures - 5))
    #expect(offsets.allSatisfy { $0.value.number != nil })
  }

  @Test("Faults of log and house-keeping: their flags, and every frame measured", arguments: families)
  func logs(_ family: Family) async throws {
    let kinds: [(Fault.Kind, Flag, String)] = [
      (.housekeepingOutOfLimits, .housekeepingOutOfLimits, "CCD1_OD_T"),
      (.housekeepingNaN, .housekeepingOutOfLimits, "CCD1_TEMP_T"),
      (.housekeepingMissing, .housekeepingOutOfLimits, "no reading"),
      (.wrongExposureTime, .missingData, "exptime"),
    ]
    let faults = kinds.enumerated().map { index, kind in
      Fault(kind.0, obsid: 1000 + index, detector: "CCD1")
    }
    let (warehouse, run, _, _) = try await run(family, faults: faults)
    let flags = try warehouse.flags(of: run).map(\.flag)
    for (kind, flag, evidence) in kinds {
      // 1.5 s of 565 s is within the tolerance of exposure times.
      if family.test == "DARK01", kind == .wrongExposureTime { continue }
      #expect(
        flags.contains { $0.name == flag.name && $0.cause.contains(evidence) },
        "\(kind.rawValue): \(flags.filter { $0.name == flag.name })")
    }
    let offsets = try warehouse.measurements(of: ["check.offset"], in: [run])
      .filter { $0.place.item == "pre" }
    #expect(offsets.count == 12 * family.exposures)
  }

  @Test("Lines of the log that are double or cut", arguments: [families[1], families[5]])
  func lines(_ family: Family) async throws {
    let (warehouse, run, _, _) = try await run(
      family,
      faults: [Fault(.duplicateObsID, obsid: 1000), Fault(.corruptedLogLine, obsid: 1002, detector: "CCD2")])
    let flags = try warehouse.flags(of: run).map(\.flag)
    #expect(flags.contains { $0.name == "MISSDATA" && $0.cause.contains("duplicated") }, "\(flags)")
    #expect(flags.contains { $0.name == "MISSDATA" && $0.cause.contains("missing") }, "\(flags)")
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
        truth.detectors[measured.place.detector ?? ""]?.charge?[measured.place.amplifier ?? ""]?.spots)
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
    #expect(matches.filter { $0.place.item == "col001" }.allSatisfy { $0.value.number == 20 }, "\(matches)")
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

  @Test("Brighter light than the profile's: fluence and saturation time are out of limits by that much")
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
    #expect(times.allSatisfy { abs(($0.value.number ?? 0) / (chamber / 1.3) - 1) < 0.1 }, "\(times.map(\.value.number)) \(chamber)")
  }

  @Test("Checks are the same, bit for bit, for one and for several workers", arguments: ["PSFLUX00_800", "CHINJ00"])
  func workers(test: String) async throws {
    let campaign = try await SmallCampaign(tests: [CampaignOrder.Test(test)])
    let one = try await campaign.run(into: "one", workers: 1) { $0.checksOnly = true }
    let many = try await campaign.run(into: "many", workers: 4) { $0.checksOnly = true }
    let expected = try one.warehouse.dump()
    #expect(try many.warehouse.dump() == expected)
  }
}
