import BlockTests
import Campaign
import Detector
import FITSFiles
import Foundation
import Simulator
import Testing
import Warehouse

@Suite struct PhotonTransferFamilyTests {
  private func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
    let n = Double(values.count)
    let mean = values.reduce(0, +) / n
    return (mean, (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)).squareRoot())
  }

  /// Nothing but photon noise, read noise and the two effects that the fit knows.
  static let plain: [TruthParameter: Double] = [
    .photoResponse: 0.01, .nonLinearity: 0, .crossTalk: 0, .deferredCharge: 0, .cosmicRate: 0,
    .persistence: 0, .driftPerHour: 0, .strayLight: 0, .darkRate: 0,
  ]

  /// Measured over true, less one, and the pull of each channel of a block.
  private func compare(
    _ warehouse: Warehouse, _ truth: TruthFile
  ) throws -> [(ratio: Double, pull: Double)] {
    let last = try #require(try warehouse.testRuns().map(\.key).max { $0.id < $1.id })
    return try warehouse.measurements(of: ["ptc.gain"], in: [last]).compactMap { row in
      let amplifier = try #require(
        truth.detectors[row.place.detector ?? ""]?.charge?[row.place.amplifier ?? ""])
      guard case .value(let value, let error?, _) = row.value else {
        Issue.record("\(row)")
        return nil
      }
      return (value / amplifier.gain - 1, (value - amplifier.gain) / error)
    }
  }

  /// The full model's gain where its error is below a quarter of a percent, else that without b.
  private func requireBestModel(_ warehouse: Warehouse) throws {
    let last = try #require(try warehouse.testRuns().map(\.key).max { $0.id < $1.id })
    let models = try warehouse.measurements(of: ["ptc.gain.model"], in: [last])
    for row in try warehouse.measurements(of: ["ptc.gain"], in: [last]) {
      func gain(_ item: String) -> MeasuredValue? {
        models.first {
          $0.place.detector == row.place.detector && $0.place.amplifier == row.place.amplifier
            && $0.place.item == item
        }?.value
      }
      guard case .value(let value, let error?, _)? = gain("FULLCOVARIANCE") else {
        #expect(row.value == gain("FULLCOVARIANCE_NO_B"))
        continue
      }
      let isSharp = error <= 0.0025 * value
      #expect(row.value == gain(isSharp ? "FULLCOVARIANCE" : "FULLCOVARIANCE_NO_B"))
    }
  }

  @Test("Gains of many channels are those that were simulated, within 0.2 %, with pulls of unit width")
  func gains() async throws {
    var own: [(ratio: Double, pull: Double)] = []
    var best: [(ratio: Double, pull: Double)] = []
    var linear: [(ratio: Double, pull: Double)] = []
    for seed in 1...3 {
      let flats = try await SmallFlats(
        seed: UInt64(seed), fractions: [0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.7], frames: 20,
        truth: Self.plain)
      let truth = try flats.truth()
      let plain: @Sendable (String) -> String = {
        $0.replacing(
          "inputs: {", with: "inputs: {model: EXPAPPROXIMATION, lags: 2, tiles: 1, linearity: none, ")
      }
      let (warehouse, summary) = try await flats.run(edit: plain)
      #expect(summary.entries.map(\.error) == [nil])
      own += try compare(warehouse, truth)
      let (unnamed, _) = try await flats.run(
        edit: { plain($0).replacing("model: EXPAPPROXIMATION, ", with: "") },
        options: { $0.only = ["meta"] })
      try requireBestModel(unnamed)
      best += try compare(unnamed, truth)
      let (again, _) = try await flats.run(
        edit: { plain($0).replacing("linearity: none", with: "linearity: exposures") },
        options: { $0.only = ["meta"] })
      linear += try compare(again, truth)
    }
    #expect(own.count == 36)
    // As simulated, the chain is linear: each channel's gain is its own. 36 of some 0.5 % know their mean to 0.08 %.
    let (r, p) = (moments(own.map(\.ratio)), moments(own.map(\.pull)))
    #expect(abs(r.mean) < 0.002, "gains are off by \(100 * r.mean) %")
    #expect(r.deviation < 0.008, "gains scatter by \(100 * r.deviation) %")
    #expect(abs(p.mean) < 0.5, "bias of the gain \(p.mean) sigma")
    #expect(abs(p.deviation - 1) < 0.3, "pulls of the gain \(p.deviation)")
    let chosen = (moments(best.map(\.ratio)), moments(best.map(\.pull)))
    #expect(abs(chosen.0.mean) < 0.002, "gains by the best model are off by \(100 * chosen.0.mean) %")
    #expect(abs(chosen.1.mean) < 0.5 && abs(chosen.1.deviation - 1) < 0.35, "pulls \(chosen.1)")
    // With the linearity fitted the channels of a block share the light of their ramp, whose part in the error is small:
    // pulls are within what 36 of unit width allow.
    let all = moments(linear.map(\.pull))
    #expect(abs(all.mean) < 3 / 36.0.squareRoot(), "gains are off by \(all.mean) sigma")
    #expect(abs(all.deviation - 1) < 3 / 72.0.squareRoot(), "pulls \(all.deviation)")
    #expect(abs(moments(linear.map(\.ratio)).mean) < 0.004)
  }
}

@Suite struct PhotonTransferFaultTests {
  private static let fractions = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5]
  private static let quick: @Sendable (String) -> String = {
    $0.replacing("inputs: {", with: "inputs: {model: EXPAPPROXIMATION, lags: 1, ")
  }

  private func value(
    _ warehouse: Warehouse, _ quantity: String, _ detector: String, _ amplifier: String
  ) throws -> MeasuredValue? {
    try warehouse.measurements(of: [quantity], in: try warehouse.testRuns().map(\.key)).last {
      $0.place.detector == detector && $0.place.amplifier == amplifier
    }?.value
  }

  @Test("A missing frame shifts the pairs of its detector only; saturated pixels are left out of their pair")
  func faults() async throws {
    // 24 exposures, four at each time: 1004 to 1007 are the second time.
    let flats = try await SmallFlats(
      fractions: Self.fractions, truth: PhotonTransferFamilyTests.plain,
      faults: [
        Fault(.missingFrame, obsid: 1004, detector: "CCD2"),
        Fault(.saturated, obsid: 1009, detector: "CCD3"),
      ])
    let (warehouse, summary) = try await flats.run(edit: Self.quick)
    #expect(summary.entries.map(\.error) == [nil])
    let runs = try warehouse.testRuns().map(\.key)
    let partners = try warehouse.measurements(of: ["ptc.pair.partner"], in: runs)
    func pairs(_ detector: String) -> [Int: Double] {
      Dictionary(
        uniqueKeysWithValues: partners.filter { $0.place.detector == detector }.compactMap { row in
          row.place.obsid.flatMap { obsid in row.value.number.map { (obsid, $0) } }
        })
    }
    #expect(pairs("CCD1").count == 12 && pairs("CCD1")[1004] == 1005)
    #expect(pairs("CCD2").count == 11 && pairs("CCD2")[1005] == 1006)
    // Two fifths of a quadrant are saturated in one flat: its pair has fewer pixels, and the curve goes on.
    let points = try value(warehouse, "ptc.points", "CCD3", "E")?.number
    #expect(points == 12)
    for detector in ["CCD1", "CCD2", "CCD3"] {
      for amplifier in ["E", "F", "G", "H"] {
        let gain = try #require(try value(warehouse, "ptc.gain", detector, amplifier)?.number)
        #expect(gain > 2.8 && gain < 4.2, "\(detector) \(amplifier): \(gain)")
      }
    }
    #expect(try warehouse.verify().isEmpty)
  }

  @Test("A dead quadrant, constant in every flat, has no gain and says why; the others have theirs")
  func deadQuadrant() async throws {
    let flats = try await SmallFlats(
      fractions: Self.fractions, truth: PhotonTransferFamilyTests.plain,
      faults: (1000..<1024).map { Fault(.deadQuadrant, obsid: $0, detector: "CCD1") })
    let (warehouse, summary) = try await flats.run(edit: Self.quick)
    #expect(summary.entries.map(\.error) == [nil])
    guard case .missing(let reason)? = try value(warehouse, "ptc.gain", "CCD1", "E") else {
      Issue.record("a dead quadrant has a gain")
      return
    }
    #expect(reason == "the amplifier is dead: all its pixels read 200")
    #expect(try value(warehouse, "ptc.turnoff", "CCD1", "E")?.number == nil)
    #expect(try value(warehouse, "ptc.gain", "CCD1", "F")?.number != nil)
    #expect(try value(warehouse, "ptc.gain", "CCD2", "E")?.number != nil)
    #expect(summary.entries[0].flags?.map(\.name).contains("BADFIT") == true)
  }

  @Test("A pair that scatters too much is left out of the curve, and counted")
  func outlier() async throws {
    let flats = try await SmallFlats(
      fractions: Self.fractions, truth: PhotonTransferFamilyTests.plain)
    // 1004 of CCD1: every other bit of weight 128 is turned over, which leaves the mean about where it was.
    let folder = "\(flats.folder)/BORN/data"
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
    let name = try #require(names.first { $0.contains("EUC_1004") && $0.hasSuffix("CCD1.fits") })
    var data = try Data(contentsOf: URL(filePath: "\(folder)/\(name)"))
    for at in stride(from: 20_001, to: data.count - 3000, by: 4) { data[at] ^= 0x80 }
    try data.write(to: URL(filePath: "\(folder)/\(name)"))
    let (warehouse, summary) = try await flats.run(edit: Self.quick)
    #expect(summary.entries.map(\.error) == [nil])
    let rejected = try value(warehouse, "ptc.points.rejected", "CCD1", "E")?.number ?? 0
    #expect(rejected >= 1)
    #expect(try value(warehouse, "ptc.points.rejected", "CCD2", "E")?.number == 0)
    let gain = try #require(try value(warehouse, "ptc.gain", "CCD1", "E")?.number)
    #expect(gain > 2.8 && gain < 4.2)
  }

  @Test("A flat of another exposure time makes no pair with its neighbours")
  func exposureTimes() async throws {
    let flats = try await SmallFlats(
      fractions: Self.fractions, truth: PhotonTransferFamilyTests.plain,
      faults: [Fault(.wrongExposureTime, obsid: 1005)])
    let (warehouse, summary) = try await flats.run(edit: Self.quick)
    #expect(summary.entries.map(\.error) == [nil])
    let runs = try warehouse.testRuns().map(\.key)
    let pairs = try warehouse.measurements(of: ["ptc.pair.partner"], in: runs).filter {
      $0.place.detector == "CCD1"
    }
    // 1004 and 1006 are a pair; 1005 is alone at its time, 1007 the last of an odd number.
    #expect(pairs.count == 11)
    #expect(pairs.contains { $0.place.obsid == 1004 && $0.value.number == 1006 })
    #expect(!pairs.contains { $0.place.obsid == 1005 || $0.value.number == 1005 })
    #expect(summary.entries[0].flags?.map(\.name).contains("MISSDATA") == true)
    #expect(try value(warehouse, "ptc.gain", "CCD1", "E")?.number != nil)
  }

  @Test("A mask's pixels that are not 0, or NaN, are left out of every pair")
  func maskWithNaN() async throws {
    let flats = try await SmallFlats(
      fractions: [0.1, 0.2, 0.3, 0.4], frames: 2, truth: PhotonTransferFamilyTests.plain)
    let mask = Image<Float>(width: 238, height: 172, filledWith: 0)
    // 40 columns of H, the amplifier at the lower left: 20 marked, 20 NaN.
    for y in 0..<86 {
      for x in 40..<80 { mask[x, y] = x < 60 ? 1 : .nan }
    }
    try FITSWriter.write(
      to: "\(flats.folder)/BORN/mask.fits",
      hdus: [.empty(cards: []), .image(name: "MASK", pixels: .float32(mask))])
    let (warehouse, summary) = try await flats.run(edit: {
      Self.quick($0).replacing(
        "sessions:", with: "products:\n  mask: {CCD1: \(flats.folder)/BORN/mask.fits}\nsessions:")
    })
    #expect(summary.entries.map(\.error) == [nil])
    let runs = try warehouse.testRuns().map(\.key)
    let pixels = try warehouse.measurements(of: ["ptc.pair.pixels"], in: runs)
    func kept(_ detector: String, _ amplifier: String) -> Double {
      pixels.first { $0.place.detector == detector && $0.place.amplifier == amplifier }?.value.number ?? 0
    }
    #expect(kept("CCD1", "H") < 28 * 76 + 1 && kept("CCD1", "H") > 28 * 76 - 60)
    #expect(kept("CCD2", "H") > 68 * 76 - 60)
  }

  @Test("The hard-edge response is the charge that the register held back; without flats in range there is a reason")
  func hardEdge() async throws {
    var truth = PhotonTransferFamilyTests.plain
    truth[.deferredCharge] = 2e-3
    let flats = try await SmallFlats(fractions: [0.1, 0.5], frames: 2, truth: truth)
    let (warehouse, summary) = try await flats.run(edit: Self.quick)
    #expect(summary.entries.map(\.error) == [nil])
    let runs = try warehouse.testRuns().map(\.key)
    let charge = try #require(try flats.truth().detectors["CCD2"]?.charge?["F"])
    let deferred = charge.serialDeferred
    // The tail of the register's traps falls to 1/e in some pixels; the level behind it is that of the last three.
    let expected = deferred.fraction * (1 - exp(-1 / deferred.pixels))
    let rows = try warehouse.measurements(of: ["her.response"], in: runs)
    let row = try #require(
      rows.first {
        $0.place.detector == "CCD2" && $0.place.amplifier == "F" && $0.place.item == "serial"
      })
    guard case .value(let value, let error?, _) = row.value else {
      Issue.record("\(row)")
      return
    }
    #expect(abs(value - expected) < 5 * error + 0.03 * expected, "\(value) \(error) \(expected)")
    #expect(rows.count == 24)
    let checks = try runs.flatMap { try warehouse.checks(of: $0) }.filter { $0.name == "her" }
    #expect(checks.count == 12 && checks.allSatisfy(\.passed))
    let dark = try await SmallFlats(fractions: [0.02, 0.03], frames: 2)
    let (none, _) = try await dark.run(edit: Self.quick)
    let missing = try none.measurements(
      of: ["her.response"], in: try none.testRuns().map(\.key))
    #expect(missing.allSatisfy { $0.value.number == nil } && missing.count == 24)
  }

  @Test("Pairing, correction of single pairs, binnings and lags of tiles are the test's inputs")
  func inputs() async throws {
    let flats = try await SmallFlats(
      fractions: [0.1, 0.2, 0.3, 0.4], frames: 3, truth: PhotonTransferFamilyTests.plain)
    func run(_ name: String, _ inputs: String) async throws -> (Warehouse, [StoredMeasurement]) {
      let (warehouse, summary) = try await flats.run(
        into: name, edit: { Self.quick($0).replacing("lags: 1", with: "lags: 1, \(inputs)") })
      #expect(summary.entries.map(\.error) == [nil])
      return (
        warehouse,
        try warehouse.measurements(
          of: ["ptc.pair.partner", "ptc.pair.gain", "ptc.gain.binned", "ptc.a.binned"],
          in: try warehouse.testRuns().map(\.key))
      )
    }
    func partners(_ rows: [StoredMeasurement]) -> [Int: Double] {
      Dictionary(
        uniqueKeysWithValues: rows.filter {
          $0.quantity == "ptc.pair.partner" && $0.place.detector == "CCD1"
        }.compactMap { row in row.place.obsid.flatMap { id in row.value.number.map { (id, $0) } } })
    }
    func gain(_ rows: [StoredMeasurement]) throws -> Double {
      try #require(
        rows.first {
          $0.quantity == "ptc.pair.gain" && $0.place.detector == "CCD1" && $0.place.amplifier == "E"
            && $0.place.obsid == 1000
        }?.value.number)
    }
    // Twelve flats, three at each time: the third of each is alone unless times do not matter.
    let (usual, rows) = try await run("usual", "binnings: [2, 4], tilelags: 1")
    #expect(partners(rows) == [1000: 1001, 1003: 1004, 1006: 1007, 1009: 1010])
    let binned = rows.filter { $0.quantity == "ptc.gain.binned" }
    #expect(Set(binned.compactMap(\.place.item)) == ["bin02", "bin04"] && binned.count == 24)
    let run1 = try #require(try usual.testRuns().first).key
    let variances = try usual.curves("ptc.binned", in: run1)
    #expect(variances.count == 48 && variances.allSatisfy { $0.x == [2, 4] })
    let tiles = try usual.curves("ptc.tiles.covariances", in: run1)
    #expect(tiles.count == 48 && tiles.allSatisfy { $0.y.count == 36 * 4 })
    let (plain, ordered) = try await run("order", "pairing: obsid, pairgain: NONE, binnings: []")
    #expect(partners(ordered).count == 6 && partners(ordered)[1002] == 1003)
    #expect(!ordered.contains { $0.quantity == "ptc.gain.binned" })
    let run2 = try #require(try plain.testRuns().first).key
    #expect(try plain.curves("ptc.binned", in: run2).isEmpty)
    #expect(try plain.curves("ptc.tiles.covariances", in: run2).isEmpty)
    let (_, fluxes) = try await run("flux", "pairing: flux, fluxkey: exptime, pairgain: FULL")
    #expect(partners(fluxes) == partners(rows))
    let (_, simple) = try await run("simple", "pairgain: SIMPLE, pairing: flux, fluxkey: nothing")
    #expect(partners(simple).isEmpty)
    // Read noise is not taken off with NONE: its gain is the lowest; second-order terms are next to nothing.
    let (none, best, full) = (try gain(ordered), try gain(rows), try gain(fluxes))
    #expect(none < best && abs(full / best - 1) < 1e-3 && none > 0.9 * best)
  }

  @Test("Without pairs nothing is measured, and the reason is stored; strictly, the test ends")
  func singles() async throws {
    let flats = try await SmallFlats(fractions: [0.1, 0.3, 0.5], frames: 1)
    let (warehouse, summary) = try await flats.run(edit: Self.quick)
    #expect(summary.entries.map(\.error) == [nil])
    #expect(
      try value(warehouse, "ptc.gain", "CCD1", "E") == .missing(reason: "no pair of flats"))
    #expect(summary.entries[0].flags?.map(\.name).contains("MISSDATA") == true)
    let (_, strict) = try await flats.run(
      into: "strict", edit: { Self.quick($0).replacing("lags: 1", with: "lags: 1, lonely: error") })
    #expect(strict.entries[0].error?.contains("single flat") == true)
  }

  @Test("A solve alone with another model needs no pixel and gives what a whole run gives")
  func only() async throws {
    let flats = try await SmallFlats(
      fractions: Self.fractions, truth: PhotonTransferFamilyTests.plain)
    let (warehouse, _) = try await flats.run(edit: Self.quick)
    let other: @Sendable (String) -> String = {
      Self.quick($0).replacing("EXPAPPROXIMATION", with: "POLYNOMIAL3")
    }
    let (whole, _) = try await flats.run(into: "whole", edit: other)
    // The run knows its frames by digest, so they must be there; their pixels are not read.
    let (again, summary) = try await flats.run(edit: other, options: { $0.only = ["meta"] })
    #expect(summary.entries.map(\.error) == [nil])
    #expect(try again.testRuns().count == 2)
    let last = try #require(try again.testRuns().map(\.key).max { $0.id < $1.id })
    let first = try #require(try whole.testRuns().map(\.key).first)
    func dump(_ warehouse: Warehouse, _ run: TestRunKey) throws -> [String] {
      try warehouse.measurements(in: [run])
        .map { "\($0.quantity) \($0.place) \($0.value)" }.sorted()
    }
    #expect(try dump(again, last) == dump(whole, first))
    #expect(
      try Set(again.curves(in: last).map { "\($0.name) \($0.place) \($0.y)" })
        == Set(whole.curves(in: first).map { "\($0.name) \($0.place) \($0.y)" }))
    #expect(try again.subtasks(of: last).map(\.name) == ["init", "meta", "carried"])
    // Another step alone: the final one, whose results were carried over, still stands.
    let (third, _) = try await flats.run(edit: other, options: { $0.only = ["extract_HER"] })
    let newest = try #require(try third.testRuns().map(\.key).max { $0.id < $1.id })
    #expect(
      try third.subtasks(of: newest).map(\.name) == ["init", "extract_HER", "carried", "meta"])
    #expect(try third.measurements(of: ["ptc.gain"], in: [newest]).count == 12)
    #expect(try third.measurements(of: ["her.response"], in: [newest]).count == 24)
    let (_, refused) = try await flats.run(
      into: "empty", edit: other, options: { $0.only = ["meta"] })
    #expect(refused.entries[0].error?.contains("without --only") == true || refused.entries[0].error != nil)
    _ = warehouse
  }

  @Test("The number of workers changes nothing")
  func workers() async throws {
    let flats = try await SmallFlats(fractions: [0.1, 0.2, 0.3, 0.4], frames: 2)
    let (one, _) = try await flats.run(into: "one", workers: 1, edit: Self.quick)
    let (four, _) = try await flats.run(into: "four", workers: 4, edit: Self.quick)
    #expect(try one.dump() == four.dump())
  }
}
