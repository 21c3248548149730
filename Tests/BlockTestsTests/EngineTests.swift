import BlockTests
import Campaign
import Detector
import Diagnostics
import FITSFiles
import Foundation
import Simulator
import Testing
import Warehouse

@Suite struct EngineTests {
  @Test("Results are the same, bit for bit, for one and for several workers")
  func workers() async throws {
    let campaign = try await SmallCampaign()
    let one = try await campaign.run(into: "one", workers: 1)
    let many = try await campaign.run(into: "many", workers: 5)
    let expected = try one.warehouse.dump()
    #expect(expected.count > 1000)
    #expect(try many.warehouse.dump() == expected)
  }

  @Test("A run that was stopped within any step goes on, and ends with the same results", arguments: 0...3)
  func resume(step: Int) async throws {
    let campaign = try await SmallCampaign()
    let whole = try await campaign.run(into: "whole")
    let stopped = try await campaign.run(into: "parts", stopAfter: step)
    #expect(stopped.summary.entries.first?.error?.contains("interrupted") == true)
    #expect(try stopped.warehouse.testRuns().map(\.status) == [.interrupted])
    let before = try stopped.warehouse.subtasks(of: stopped.warehouse.testRuns()[0].key)
    #expect(before.count == step + 1, "init and \(step) whole steps")
    let resumed = try await campaign.run(into: "parts")
    #expect(resumed.summary.entries.map(\.error) == [nil])
    #expect(try resumed.warehouse.testRuns().map(\.status) == [.finished])
    #expect(try resumed.warehouse.analyses().count == 1)
    #expect(try resumed.warehouse.dump() == whole.warehouse.dump())
  }

  @Test("A finished run is not taken up: running again makes a new analysis beside it")
  func again() async throws {
    let campaign = try await SmallCampaign()
    _ = try await campaign.run()
    let second = try await campaign.run()
    #expect(try second.warehouse.testRuns().count == 2)
    #expect(try second.warehouse.analyses().count == 2)
  }

  @Test("Checks only stores no master; ingestion only stores no pixel statistics")
  func modes() async throws {
    let campaign = try await SmallCampaign()
    let checks = try await campaign.run(into: "k") { $0.checksOnly = true }
    let names = try checks.warehouse.quantities().map(\.name)
    #expect(names.contains("check.offset") && !names.contains("bias.ron"))
    let ingestion = try await campaign.run(into: "T") { $0.ingestionOnly = true }
    #expect(try ingestion.warehouse.quantities().isEmpty)
    #expect(try ingestion.warehouse.testRuns().count == 1)
  }

  @Test("A step without those that it builds on is refused before anything is read")
  func missingStep() async throws {
    let campaign = try await SmallCampaign()
    let text = try String(contentsOfFile: campaign.configurationPath, encoding: .utf8)
    let edited = text.replacingOccurrences(
      of: "- test: BIAS01", with: "- test: BIAS01\n        todo: [init, check, meta]")
    let run = try await campaign.run(configuration: edited)
    #expect(run.summary.entries.first?.error?.contains("missing-step") == true)
    #expect(run.summary.exitCode == .wrongUse)
    #expect(try run.warehouse.testRuns().isEmpty)
  }

  @Test("Every family of the catalogue has a test with a data check, and every step a definition")
  func families() {
    for entry in TestCatalog.entries {
      let test = BlockTest.family(entry.family)
      #expect(test?.subtasks.contains { $0.name == "check" } == true, "\(entry.name)")
      for step in test?.subtasks ?? [] {
        #expect(entry.todoNames.contains(step.name), "\(entry.name) \(step.name)")
      }
    }
  }
}

@Suite struct PreprocessingTests {
  /// Runs the same data with and without a line of preprocessing.
  private func values(_ quantity: String, offset: String?) async throws -> [Double] {
    let campaign = try await SmallCampaign(frames: 6)
    var text = try String(contentsOfFile: campaign.configurationPath, encoding: .utf8)
    if let offset { text += "\npreprocessing: {offset: \(offset)}\n" }
    let run = try await campaign.run(configuration: text)
    #expect(run.summary.entries.map(\.error) == [nil])
    return try run.warehouse.measurements(of: [quantity], in: run.warehouse.testRuns().map(\.key))
      .filter { $0.place.item == nil || $0.place.item == "img" }.compactMap(\.value.number)
  }

  @Test("Offsets row by row take the noise common to a row out of single frames")
  func rows() async throws {
    let plain = try await values("bias.ron.single", offset: nil)
    let rows = try await values("bias.ron.single", offset: "{method: row}")
    #expect(plain.count == 12 && rows.count == 12)
    // The row's mean brings noise of its own: sigma / sqrt(21), against a common mode of 0.1.
    #expect(zip(plain, rows).allSatisfy { $0 != $1 && abs($0 - $1) < 0.1 })
  }

  @Test("Another scan region and trim change the offset, and no subtraction leaves it in the master")
  func region() async throws {
    let pre = try await values("bias.frame.offset", offset: nil)
    let over = try await values("bias.frame.offset", offset: "{scan: ove, trim: [2, 2]}")
    #expect(pre.count == over.count && zip(pre, over).contains { abs($0 - $1) > 0.2 })
    let none = try await values("bias.master.scatter", offset: "{method: none}")
    let plain = try await values("bias.master.scatter", offset: nil)
    #expect(none.count == 12 && zip(none, plain).allSatisfy { abs($0 - $1) < 0.1 })
  }
}

@Suite struct CosmeticsMaskTests {
  private func mask(_ campaign: SmallCampaign, name: String = "MASK", width: Int = 238) throws -> String {
    let path = "\(campaign.folder)/mask-\(name)-\(width).fits"
    let bad = Image<UInt8>(width: width, height: 172, filledWith: 0)
    for x in 40..<60 { for y in 20..<40 { if x < width { bad[x, y] = 1 } } }
    // A second image after it must not be taken for the mask.
    let other = Image<UInt8>(width: width, height: 172, filledWith: 1)
    try FITSWriter.write(
      to: path,
      hdus: [
        .empty(cards: []), .image(name: name, pixels: .uint8(bad)),
        .image(name: "DEFECTS", pixels: .uint8(other)),
      ])
    return path
  }

  private func run(_ campaign: SmallCampaign, mask path: String) async throws -> (
    Warehouse, ExecutionSummary
  ) {
    let text = try String(contentsOfFile: campaign.configurationPath, encoding: .utf8)
    let run = try await campaign.run(configuration: text + "\nproducts: {mask: {CCD1: \(path)}}\n")
    return (run.warehouse, run.summary)
  }

  @Test("Masked pixels take no part, have no value in the master, and the mask is an input")
  func masked() async throws {
    let campaign = try await SmallCampaign(frames: 4)
    let (warehouse, summary) = try await run(campaign, mask: mask(campaign))
    #expect(summary.entries.map(\.error) == [nil])
    let runs = try warehouse.testRuns().map(\.key)
    let masked = try warehouse.measurements(of: ["bias.master.masked"], in: runs)
      .reduce(into: [String: Double]()) { $0["\($1.place.detector ?? "")\($1.place.amplifier ?? "")"] = $1.value.number }
    #expect((masked["CCD1H"] ?? 0) >= 400 && (masked["CCD2H"] ?? 400) < 20)
    #expect(try warehouse.inputs(of: runs[0]).contains { $0.role == .product && $0.detector == "CCD1" })
    // The check looks at raw frames: masked pixels are not counted as saturated.
    let saturated = try warehouse.measurements(of: ["check.pixels.saturated"], in: runs)
    #expect(saturated.allSatisfy { $0.value.number == 0 })
  }

  @Test("A mask of another size or without an extension MASK ends the test with the file's name")
  func wrong() async throws {
    let campaign = try await SmallCampaign(frames: 2)
    let small = try await run(campaign, mask: mask(campaign, width: 100))
    #expect(small.1.entries.first?.error?.contains("fits-wrong-size") == true)
    let unnamed = try await run(campaign, mask: mask(campaign, name: "OTHER"))
    #expect(unnamed.1.entries.first?.error?.contains("fits-no-such-hdu") == true)
  }
}

@Suite struct FaultTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var fault: Fault.Kind
    var flag: Flag
    var evidence: String
    var testDescription: String { fault.rawValue }
  }

  static let cases = [
    Case(fault: .missingFrame, flag: .missingData, evidence: "is not in the folder"),
    Case(fault: .truncatedFile, flag: .missingData, evidence: "fits-truncated"),
    Case(fault: .wrongSerial, flag: .missingData, evidence: "sn_ccd1"),
    Case(fault: .housekeepingOutOfLimits, flag: .housekeepingOutOfLimits, evidence: "CCD1_OD_T"),
    Case(fault: .housekeepingNaN, flag: .housekeepingOutOfLimits, evidence: "CCD1_TEMP_T"),
    Case(fault: .housekeepingMissing, flag: .housekeepingOutOfLimits, evidence: "no reading"),
    Case(fault: .duplicateObsID, flag: .missingData, evidence: "duplicated"),
    Case(fault: .corruptedLogLine, flag: .missingData, evidence: "missing"),
    Case(fault: .wrongExposureTime, flag: .missingData, evidence: "exptime"),
    Case(fault: .saturated, flag: .saturation, evidence: "above the limit"),
    Case(fault: .lostPixels, flag: .lostPixels, evidence: "pixels"),
    Case(fault: .wrongSize, flag: .missingData, evidence: "fits-wrong-size"),
    Case(fault: .notFITS, flag: .missingData, evidence: "fits-not-fits"),
    Case(fault: .zeroBytes, flag: .missingData, evidence: "fits-not-fits"),
  ]

  @Test("Each fault raises its flag with its evidence, and the rest is analysed", arguments: cases)
  func fault(_ item: Case) async throws {
    let campaign = try await SmallCampaign(
      frames: 5, faults: [Fault(item.fault, obsid: 1002, detector: "CCD1")])
    let (warehouse, summary) = try await campaign.run()
    #expect(summary.entries.map(\.error) == [nil])
    #expect(summary.exitCode == .outOfLimits)
    let run = try #require(try warehouse.testRuns().first?.key)
    let flags = try warehouse.flags(of: run).map(\.flag)
    let mine = flags.filter { $0.name == item.flag.name }
    #expect(mine.contains { $0.cause.contains(item.evidence) }, "flags: \(flags)")
    // Every channel still has its read-out noise, and every detector its master.
    let noise = try warehouse.measurements(of: ["bias.ron"], in: [run])
      .filter { $0.place.item == "img" && $0.value.number != nil }
    #expect(noise.count == 12)
    #expect(try warehouse.artifacts(of: run, role: "master-bias").count == 3)
  }

  @Test("Files of two detectors that were swapped are flagged, in one line for each")
  func swapped() async throws {
    let campaign = try await SmallCampaign(frames: 3)
    let folder = "\(campaign.folder)/BORN/data/"
    let files = FileManager.default
    for path in try files.subpathsOfDirectory(atPath: folder).sorted()
    where path.hasSuffix("CCD1.fits") {
      let (one, two) = (folder + path, folder + path.replacingOccurrences(of: "CCD1", with: "CCD2"))
      try files.moveItem(atPath: one, toPath: one + ".keep")
      try files.moveItem(atPath: two, toPath: one)
      try files.moveItem(atPath: one + ".keep", toPath: two)
    }
    let (warehouse, summary) = try await campaign.run()
    #expect(summary.exitCode == .outOfLimits)
    let run = try #require(try warehouse.testRuns().first?.key)
    let said = try warehouse.flags(of: run).map(\.flag.cause).filter { $0.contains("EXTNAME") }
    #expect(said.count == 2)
    #expect(said.contains { $0.hasPrefix("CCD1: 3 frames say in EXTNAME that they are of CCD2") })
  }

  @Test("Without faults nothing is flagged and nothing is out of limits")
  func clean() async throws {
    let campaign = try await SmallCampaign(frames: 5)
    let (warehouse, summary) = try await campaign.run()
    #expect(summary.exitCode == .ok)
    let run = try #require(try warehouse.testRuns().first?.key)
    #expect(try warehouse.flags(of: run).isEmpty)
    #expect(try warehouse.checks(of: run).filter { !$0.passed }.isEmpty)
  }

  @Test("A test that is not in the logs fails with what is there")
  func noData() async throws {
    let campaign = try await SmallCampaign()
    let text = try String(contentsOfFile: campaign.configurationPath, encoding: .utf8)
    let run = try await campaign.run(
      configuration: text.replacingOccurrences(of: "test: BIAS01", with: "test: BIAS02"))
    #expect(run.summary.entries.first?.error?.contains("no-data-selected") == true)
    #expect(run.summary.exitCode == .failed)
  }
}
