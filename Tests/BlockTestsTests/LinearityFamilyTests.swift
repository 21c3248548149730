import Detector
import FITSFiles
import Foundation
import Simulator
import Testing
import Warehouse

@testable import BlockTests
@testable import Campaign

/// A simulated, short NL02 of the tiny camera.
private enum SmallLadder {
  static func make(
    seed: UInt64 = 1, low: [Double] = [0.01, 0.02, 0.05, 0.1, 0.2],
    high: [Double] = [0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 1.05], frames: Double = 2,
    truth: [TruthParameter: Double] = [:], faults: [Fault] = [], inputs: [String: ScriptValue] = [:]
  ) async throws -> SmallFlats {
    try await SmallFlats(
      seed: seed, truth: truth, faults: faults,
      test: CampaignOrder.Test(
        "NL02",
        inputs: [
          "fractionsA": .numbers(low), "framesA": .numbers([frames]), "fractionsB": .numbers(high),
          "framesB": .numbers([frames]),
        ].merging(inputs) { $1 }))
  }

  /// Few tiles, a short course of the source: quick.
  static let quick: @Sendable (String) -> String = {
    $0.replacing("inputs: {", with: "inputs: {tiles: 3, drift: 6, ")
  }
}

extension Warehouse {
  /// Of the latest run.
  fileprivate func value(
    _ quantity: String, _ detector: String, _ amplifier: String, item: String? = nil
  ) throws -> MeasuredValue? {
    let run = try testRuns().map(\.key).max { $0.id < $1.id }
    return try measurements(of: [quantity], in: run.map { [$0] } ?? []).last {
      $0.place.detector == detector && $0.place.amplifier == amplifier && $0.place.item == item
    }?.value
  }
}

@Suite struct LinearityFamilyTests {
  /// The deviation [%] of the simulator's law F = s (1 + c1 x + c2 x^2 + c3 x^3), x = s / 65536, zero at the pivot.
  private func deviation(_ c: [Double], _ signal: Double, pivot: Double = 32_768) -> Double {
    func gain(_ signal: Double) -> Double {
      var s = signal
      for _ in 0..<60 {
        let x = s / 65536
        s = signal / (1 + x * (c[0] + x * (c[1] + x * c[2])))
      }
      return signal / s
    }
    return 100 * (gain(signal) / gain(pivot) - 1)
  }

  @Test(
    "The curves of all amplifiers are those that were simulated, to 0.1 % of full well, with pulls of unit width")
  func truth() async throws {
    var pulls: [Double] = []
    for seed in 1...1 {
      let flats = try await SmallLadder.make(seed: UInt64(seed), truth: [.nonLinearity: 2, .fullWell: 190_000])
      let truth = try flats.truth()
      let (warehouse, summary) = try await flats.run(edit: SmallLadder.quick)
      #expect(summary.entries.map(\.error) == [nil])
      let run = try #require(try warehouse.testRuns().first?.key)
      let curves = try warehouse.curves("nl.fit", in: run)
      #expect(curves.count == 12)
      for curve in curves {
        let amplifier = try #require(
          truth.detectors[curve.place.detector ?? ""]?.charge?[curve.place.amplifier ?? ""])
        let errors = try #require(curve.uncertainty)
        for (index, signal) in curve.x.enumerated() {
          let expected = deviation(amplifier.nonLinearity, signal)
          // 0.1 % of full well, at any signal.
          #expect(abs(curve.y[index] - expected) / 100 * signal < 58)
        }
        for signal in [2000.0, 8000, 20_000, 45_000] {
          guard let index = curve.x.firstIndex(where: { $0 >= signal }) else { continue }
          pulls.append(
            (curve.y[index] - deviation(amplifier.nonLinearity, curve.x[index])) / errors[index])
        }
      }
      for detector in ["CCD1", "CCD3"] {
        let chi = try warehouse.value("nl.chi2", detector, "E", item: "POLYNOMIAL")?.number
        #expect(chi.map { $0 > 0.2 && $0 < 3 } == true, "\(String(describing: chi))")
        let well = try #require(truth.detectors[detector]?.charge?["E"])
        let level = try #require(try warehouse.value("nl.saturation", detector, "E")?.number)
        #expect(abs(level / (well.fullWell / well.gain) - 1) < 0.05)
      }
    }
    #expect(pulls.count > 40)
    let n = Double(pulls.count)
    let mean = pulls.reduce(0, +) / n
    let deviation = (pulls.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)).squareRoot()
    #expect(abs(mean) < 0.8, "bias \(mean) sigma")
    #expect(deviation > 0.5 && deviation < 1.6, "pulls \(deviation)")
  }

  @Test("A fit with another model or pivot needs no pixel and gives what a whole run gives, whatever the number of workers")
  func only() async throws {
    let flats = try await SmallLadder.make()
    _ = try await flats.run(edit: SmallLadder.quick)
    let other: @Sendable (String) -> String = {
      SmallLadder.quick($0).replacing("tiles: 3", with: "tiles: 3, model: EXPONENTIAL, pivot: 0.3")
    }
    let (whole, _) = try await flats.run(into: "whole", workers: 1, edit: other)
    let (again, summary) = try await flats.run(
      edit: other, options: { $0.only = ["NL", "satCTE"] })
    #expect(summary.entries.map(\.error) == [nil])
    let last = try #require(try again.testRuns().map(\.key).max { $0.id < $1.id })
    let first = try #require(try whole.testRuns().map(\.key).first)
    func dump(_ warehouse: Warehouse, _ run: TestRunKey) throws -> [String] {
      try warehouse.measurements(in: [run])
        .map { "\($0.quantity) \($0.place) \($0.value)" }.sorted()
    }
    #expect(try dump(again, last) == dump(whole, first))
    #expect(
      try again.value("nl.coefficient", "CCD2", "H", item: "A")?.number != nil)
  }
}

@Suite struct LinearityFaultTests {
  private func reason(
    _ warehouse: Warehouse, _ quantity: String, _ detector: String, _ amplifier: String,
    item: String? = nil
  ) throws -> String? {
    if case .missing(let reason)? = try warehouse.value(quantity, detector, amplifier, item: item) {
      reason
    } else { nil }
  }

  /// Changes the raw frames of one detector.
  private func edit(
    _ flats: SmallFlats, _ detector: String, _ change: (_ data: inout [UInt8], _ obsid: Int) -> Void
  ) throws {
    let root = URL(filePath: "\(flats.folder)/BORN/data")
    let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
    var count = 0
    while let file = files?.nextObject() as? URL {
      let name = file.lastPathComponent
      guard name.hasSuffix("_ROE1_\(detector).fits") else { continue }
      guard let digits = name.split(separator: "_").dropFirst().first, let obsid = Int(digits)
      else { continue }
      var data = [UInt8](try Data(contentsOf: file))
      change(&data, obsid)
      try Data(data).write(to: file)
      count += 1
    }
    try #require(count > 0)
  }

  /// Sets pixels of an amplifier's part of a frame; values in the file are unsigned, with an offset of 32768.
  private func fill(
    _ data: inout [UInt8], rows: Range<Int>, columns: Range<Int>, _ value: UInt16
  ) {
    // The image of 238 x 172 pixels is the last thing in the file, padded to 2880 bytes.
    let bytes = 238 * 172 * 2
    let start = data.count - (bytes + 2879) / 2880 * 2880
    guard start > 0 else { return }
    let stored = UInt16(bitPattern: Int16(truncatingIfNeeded: Int(value) - 32_768))
    for y in rows {
      for x in columns {
        let at = start + 2 * (y * 238 + x)
        data[at] = UInt8(stored >> 8)
        data[at + 1] = UInt8(stored & 255)
      }
    }
  }

  @Test("A dead, a constant and a saturated quadrant have reasons instead of numbers; others are not affected")
  func quadrants() async throws {
    let flats = try await SmallLadder.make()
    try edit(flats, "CCD1") { data, obsid in
      // H is at the lower left, G at the lower right, E at the upper left.
      fill(&data, rows: 0..<86, columns: 0..<119, 2800)
      // The image columns of G, which are read from the right.
      if obsid > 1002 { fill(&data, rows: 0..<76, columns: 139..<207, 65_535) }
    }
    let (warehouse, summary) = try await flats.run(edit: SmallLadder.quick)
    #expect(summary.entries.map(\.error) == [nil])
    #expect(try reason(warehouse, "nl.max", "CCD1", "H")
        == "the amplifier is dead: all its pixels read 2800")
    #expect(try reason(warehouse, "nl.max", "CCD1", "G")?.contains("saturated") == true)
    for quantity in ["nl.saturation", "nl.knee", "nl.max.core", "nl.shutter", "nl.stability"] {
      #expect(try reason(warehouse, quantity, "CCD1", "H") != nil, "\(quantity)")
    }
    #expect(
      try reason(warehouse, "nl.cti.level", "CCD1", "H", item: "serial") != nil)
    #expect(try warehouse.value("nl.max", "CCD1", "E")?.number != nil)
    #expect(try warehouse.value("nl.max", "CCD2", "H")?.number != nil)
    #expect(summary.entries[0].flags?.map(\.name).contains("BADFIT") == true)
    #expect(try warehouse.verify().isEmpty)
  }

  @Test("Darkness, saturation of all, and too few points are reasons")
  func light() async throws {
    let few = try await SmallLadder.make(low: [0.1], high: [0.3, 0.5], frames: 1)
    let (short, first) = try await few.run(edit: SmallLadder.quick)
    #expect(first.entries.map(\.error) == [nil])
    #expect(try reason(short, "nl.max", "CCD1", "E")?.contains("unknowns") == true)

    let bright = try await SmallLadder.make(
      low: [1.5, 2], high: [2, 3], frames: 2, inputs: ["exptinter": .double(40)])
    let (full, second) = try await bright.run(edit: SmallLadder.quick)
    #expect(second.entries.map(\.error) == [nil])
    #expect(try reason(full, "nl.max", "CCD1", "E")?.contains("saturated") == true)
  }

  @Test("An exposure whose light is not that of its time is left out and counted")
  func times() async throws {
    let flats = try await SmallLadder.make()
    // Exposure 1022 is one of the brighter filter; the log says that it took 1.5 s more.
    let wrong = try await SmallLadder.make(faults: [Fault(.wrongExposureTime, obsid: 1022)])
    let (clean, _) = try await flats.run(edit: SmallLadder.quick)
    let (warehouse, summary) = try await wrong.run(edit: SmallLadder.quick)
    #expect(summary.entries.map(\.error) == [nil])
    #expect(try clean.value("nl.points.rejected", "CCD2", "E")?.number == 0)
    #expect(try warehouse.value("nl.points.rejected", "CCD2", "E")?.number == 1)
    let before = try #require(try clean.value("nl.max", "CCD2", "E")?.number)
    let after = try #require(try warehouse.value("nl.max", "CCD2", "E")?.number)
    #expect(abs(after - before) < 0.05)
  }

  @Test("A pixel whose mask is no number is masked, and a masked half of a quadrant changes little")
  func mask() async throws {
    let flats = try await SmallLadder.make()
    let path = "\(flats.folder)/mask.fits"
    var pixels = [Float](repeating: 0, count: 238 * 172)
    for y in 0..<40 { for x in 0..<119 { pixels[y * 238 + x] = x % 2 == 0 ? .nan : 1 } }
    let image = Image<Float>(width: 238, height: 172)
    for (index, value) in pixels.enumerated() { image[index % 238, index / 238] = value }
    try FITSWriter.write(to: path, hdus: [.image(name: "MASK", pixels: .float32(image))])
    let (plain, _) = try await flats.run(into: "plain", edit: SmallLadder.quick)
    let (masked, summary) = try await flats.run(into: "masked") { text in
      SmallLadder.quick(text) + "\nproducts: {mask: {CCD1: \"\(path)\"}}\n"
    }
    #expect(summary.entries.map(\.error) == [nil])
    let a = try #require(try plain.value("nl.max", "CCD1", "H")?.number)
    let b = try #require(try masked.value("nl.max", "CCD1", "H")?.number)
    #expect(a != b && abs(a - b) < 0.15)
    #expect(try plain.value("nl.max", "CCD2", "H") == masked.value("nl.max", "CCD2", "H"))
  }

  @Test("The median excess of a calibration counts, and rises from nothing before its first point")
  func shutter() {
    var settings = LinearitySettings()
    settings.shutter = [
      .init(commandedSeconds: 0, actualSeconds: 0), .init(commandedSeconds: 0.1, actualSeconds: 0.125),
      .init(commandedSeconds: 1, actualSeconds: 1.02), .init(commandedSeconds: 5, actualSeconds: 5.03),
    ]
    #expect(settings.openSeconds(0) == 0)
    #expect(abs(settings.openSeconds(0.05) - 0.0625) < 1e-12)
    #expect(abs(settings.openSeconds(3) - 3.025) < 1e-12)
    settings.readsPoints = true
    #expect(abs(settings.openSeconds(1) - 1.02) < 1e-12)
    #expect(abs(settings.openSeconds(3) - 3.025) < 1e-12)
    #expect(abs(settings.openSeconds(50) - 50.03) < 1e-12)
    #expect(abs(settings.openSeconds(0.05) - 0.0625) < 1e-12)
    settings.shutter = []
    #expect(settings.openSeconds(2) == 2)
  }
}
