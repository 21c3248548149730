import BlockTests
import Campaign
import Detector
import FITSFiles
import Foundation
import Simulator
import Testing
import Warehouse

/// A short campaign with every family of flats, whose frames are then spoilt.
private struct SpoiltFlats {
  let campaign: SmallCampaign

  init(frames: Double = 2, faults: [Fault] = []) async throws {
    func input(_ values: Double...) -> ScriptValue { .numbers(values) }
    campaign = try await SmallCampaign(
      faults: faults,
      tests: [
        CampaignOrder.Test(
          "PTC01",
          inputs: ["fractions": .numbers([0.1, 0.2, 0.35, 0.5, 0.6]), "frames": input(frames)]),
        CampaignOrder.Test(
          "NL02",
          inputs: [
            "fractionsA": .numbers([0.02, 0.05, 0.1, 0.2]), "framesA": input(1),
            "fractionsB": .numbers([0.1, 0.2, 0.35, 0.5, 0.65, 0.8]), "framesB": input(1),
          ]),
        CampaignOrder.Test(
          "FLAT01", inputs: ["fractions": input(0.25), "frames": input(frames)]),
        CampaignOrder.Test(
          "FLATFLUX00_800",
          inputs: ["fractions": .numbers([0.05, 0.2, 0.5, 0.8]), "frames": input(1)]),
      ])
  }

  /// The configuration, quick, with BF01 on the frames of PTC01 and some masks.
  func configuration(masks: [String: String] = [:]) throws -> String {
    var text = try String(contentsOfFile: campaign.configurationPath, encoding: .utf8)
    let start = try #require(text.range(of: "      - test: PTC01"))
    let end = try #require(text.range(of: "      - test: NL02"))
    let task = String(text[start.lowerBound..<end.lowerBound])
    let quick = task.replacing("inputs: {", with: "inputs: {model: EXPAPPROXIMATION, lags: 1, ")
    let other = task.replacing("PTC01", with: "BF01")
      .replacing("inputs: {", with: "inputs: {lags: 2, Npix: 3, ")
    text.replaceSubrange(start.lowerBound..<end.lowerBound, with: quick + other)
    guard !masks.isEmpty else { return text }
    let list = masks.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    return text.replacing(
      "sessions:", with: "products:\n  mask: {\(list.joined(separator: ", "))}\nsessions:")
  }

  /// Changes the pixels of all frames; image areas are those of the tiny camera.
  func edit(_ change: (Image<UInt16>, _ areas: [(columns: Range<Int>, rows: Range<Int>)]) -> Void)
    throws
  {
    let areas = [31..<99, 139..<207].flatMap { columns in
      [0..<76, 96..<172].map { (columns: columns, rows: $0) }
    }
    let root = "\(campaign.folder)/BORN/data"
    let files = try FileManager.default.subpathsOfDirectory(atPath: root).filter {
      $0.hasSuffix(".fits")
    }
    try #require(!files.isEmpty)
    for name in files {
      let path = "\(root)/\(name)"
      let reader = try RawFrameReader(path: path)
      let image = try reader.read()
      change(image, areas)
      var bytes = try Data(contentsOf: URL(filePath: path))
      for (index, value) in image.pixels.enumerated() {
        let stored = value ^ 0x8000
        bytes[reader.hdu.dataOffset + 2 * index] = UInt8(stored >> 8)
        bytes[reader.hdu.dataOffset + 2 * index + 1] = UInt8(stored & 255)
      }
      try bytes.write(to: URL(filePath: path))
    }
  }

  static let tests = ["PTC01", "BF01", "NL02", "FLAT01", "FLATFLUX00_800"]
  /// What says how much there was to measure, and what is measured of the raw frames by the check.
  private static let counts: Set<String> = ["flat.frames", "bf.gain.run", "check.saturation.time"]

  /// Best estimates that have a number, `TEST quantity detector amplifier`, and all reasons.
  func outcome(
    _ warehouse: Warehouse, detector: String? = nil, amplifier: String? = nil
  ) throws -> (numbers: Set<String>, reasons: Set<String>, tests: Set<String>) {
    var (numbers, reasons, tests): (Set<String>, Set<String>, Set<String>) = ([], [], [])
    for run in try warehouse.testRuns() {
      for row in try warehouse.measurements(in: [run.key])
      where row.place.obsid == nil && !Self.counts.contains(row.quantity) {
        if let detector, row.place.detector != detector { continue }
        if let amplifier, row.place.amplifier != amplifier { continue }
        tests.insert(run.test)
        switch row.value {
        case .value:
          numbers.insert(
            "\(run.test) \(row.quantity) \(row.place.detector ?? "") \(row.place.amplifier ?? "")")
        case .missing(let reason): reasons.insert(reason)
        }
      }
    }
    return (numbers, reasons, tests)
  }
}

@Suite("Flats that say nothing") struct FlatBadInputTests {
  private func check(
    _ flats: SpoiltFlats, _ words: [String], masks: [String: String] = [:],
    detector: String? = nil, amplifier: String? = nil
  ) async throws {
    let (warehouse, summary) = try await flats.campaign.run(
      configuration: try flats.configuration(masks: masks))
    #expect(summary.entries.map(\.error).allSatisfy { $0 == nil })
    #expect(Set(summary.entries.map(\.test)) == Set(SpoiltFlats.tests))
    let found = try flats.outcome(warehouse, detector: detector, amplifier: amplifier)
    #expect(found.tests == Set(SpoiltFlats.tests))
    #expect(found.numbers.isEmpty, "\(found.numbers.sorted().prefix(6))")
    for word in words {
      #expect(
        found.reasons.contains { $0.contains(word) }, "\(word): \(found.reasons.sorted())")
    }
    // Reasons are about what is wrong, not about what follows from it.
    #expect(!found.reasons.contains { $0.contains("correlated") || $0.contains("0 valid pixels") })
    #expect(try warehouse.verify().isEmpty)
  }

  @Test("All saturated: no number in any test, and the reason")
  func saturated() async throws {
    let flats = try await SpoiltFlats()
    try flats.edit { image, areas in
      for area in areas { for y in area.rows { for x in area.columns { image[x, y] = .max } } }
    }
    try await check(flats, ["saturated"])
  }

  @Test("A constant frame: no number in any test, and its value is named")
  func constant() async throws {
    let flats = try await SpoiltFlats()
    try flats.edit { image, areas in
      for area in areas { for y in area.rows { for x in area.columns { image[x, y] = 30_000 } } }
    }
    try await check(
      flats,
      ["the amplifier is dead: all its pixels read 30000", "all its image pixels read 30000"])
  }

  @Test("A negative signal: no number in any test")
  func negative() async throws {
    let flats = try await SpoiltFlats()
    try flats.edit { image, areas in
      for area in areas {
        for y in area.rows { for x in area.columns { image[x, y] = UInt16(1500 + (x * 7 + y * 5) % 6) } }
      }
    }
    try await check(flats, ["no signal above the offset", "no light", "not positive"])
  }

  @Test("A quadrant that NaN masks, image and scans: no number of it in any test, others are measured")
  func mask() async throws {
    let flats = try await SpoiltFlats()
    let mask = Image<Float>(width: 238, height: 172, filledWith: 0)
    // E is at the upper left.
    for y in 86..<172 { for x in 0..<119 { mask[x, y] = .nan } }
    let path = "\(flats.campaign.folder)/mask.fits"
    try FITSWriter.write(
      to: path, hdus: [.empty(cards: []), .image(name: "MASK", pixels: .float32(mask))])
    try await check(
      flats, ["masked", "no valid pixels"], masks: ["CCD1": path], detector: "CCD1", amplifier: "E")
    let warehouse = try Warehouse.open(at: "\(flats.campaign.folder)/w", mode: .reading)
    let other = try flats.outcome(warehouse, detector: "CCD1", amplifier: "F").numbers
    for name in [
      "PTC01 ptc.gain", "NL02 nl.max", "BF01 bf.a", "FLAT01 flat.prnu",
      "FLATFLUX00_800 flatflux.flux",
    ] { #expect(other.contains("\(name) CCD1 F"), "\(name)") }
  }

  @Test("Exposure times that are not those of the signals: no curve by them, and gains without")
  func times() async throws {
    let flats = try await SpoiltFlats(frames: 4, faults: [])
    // The log says of every second exposure that it took a second and a half longer.
    let root = "\(flats.campaign.folder)/BORN/data"
    let logs = try FileManager.default.subpathsOfDirectory(atPath: root).filter {
      $0.contains("EXP_LOG")
    }
    let path = "\(root)/\(try #require(logs.first))"
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isNewline)
      .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    let column = try #require(lines.first?.firstIndex(of: "exptime"))
    var changed = 0
    let spoilt = lines.map { words -> String in
      var words = words
      if words.count > column, let obsid = Int(words[0]), obsid % 2 == 1,
        let seconds = Double(words[column])
      {
        changed += 1
        words[column] = String(seconds + 1.5)
      }
      return words.joined(separator: "\t")
    }
    try #require(changed > 20)
    try Data((spoilt.joined(separator: "\r\n") + "\r\n").utf8).write(to: URL(filePath: path))
    let (warehouse, summary) = try await flats.campaign.run(
      configuration: try flats.configuration())
    #expect(summary.entries.map(\.error).allSatisfy { $0 == nil })
    let found = try flats.outcome(warehouse)
    #expect(found.reasons.contains { $0.hasPrefix("the signals do not follow the exposure times") })
    for quantity in [
      "ptc.nonlinearity", "ptc.linearity.coefficient", "nl.max", "nl.coefficient", "nl.shutter",
      "flat.prnu.slope", "flatflux.flux", "flatflux.shutter",
    ] {
      #expect(!found.numbers.contains { $0.contains(" \(quantity) ") }, "\(quantity)")
    }
    let runs = try warehouse.testRuns().map(\.key)
    let gains = try warehouse.measurements(of: ["ptc.gain"], in: runs).compactMap(\.value.number)
    #expect(gains.count == 12 && gains.allSatisfy { $0 > 3 && $0 < 4 }, "\(gains)")
  }

  @Test("Single flats: no gain, no coefficient, no PRNU; gains are asked for and there is none")
  func singles() async throws {
    let flats = try await SpoiltFlats(frames: 1)
    let (warehouse, summary) = try await flats.campaign.run(
      configuration: try flats.configuration())
    #expect(summary.entries.map(\.error).allSatisfy { $0 == nil })
    let found = try flats.outcome(warehouse)
    for test in ["PTC01 ptc", "BF01 bf", "FLAT01 flat.prnu "] {
      #expect(!found.numbers.contains { $0.hasPrefix(test) }, "\(test)")
    }
    let gains = try warehouse.gains(ofBlock: "BORN")
    #expect(!gains.hasGains && gains.run != nil)
    #expect(
      gains.electrons(.value(100, uncertainty: 1, count: 1), "CCD1", "E")
        == .missing(
          reason: "not measurable: no gain: no pair of flats (\(gains.source))"))
  }
}
