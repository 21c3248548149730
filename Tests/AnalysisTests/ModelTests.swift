import Detector
import Foundation
import Testing

@testable import Analysis

@Suite struct LargeScaleModelTests {
  private let region = Region(columns: 10..<170, rows: 0..<120)

  @Test("A gradient is recovered in all orientations, within its uncertainty",
    arguments: [(false, false), (true, false), (false, true), (true, true)])
  func gradients(flipX: Bool, flipY: Bool) throws {
    let amplifier = plainAmplifier(180, 130, flipX: flipX, flipY: flipY)
    var pulls: [Double] = []
    for seed in 0..<40 {
      let frame = noiseFrame(width: 180, height: 130, level: 2500, sigma: 1.3, seed: UInt64(seed)) {
        x, y in
        let u = (Double(amplifier.flippedColumn(x) - 10) + 0.5) / 160
        let v = (Double(amplifier.flippedRow(y)) + 0.5) / 120
        return 3 * u - 2 * v
      }
      let blocks = BlockMeans(
        frame: frame, amplifier: amplifier, region: region, block: 16, accept: 1...65534)
      let model = try LargeScaleModel(fitting: blocks, over: region, degree: 3, level: 2500)
      let x = try #require(model.coefficient(1, 0))
      let y = try #require(model.coefficient(0, 1))
      #expect(abs(2 * x.value - 3) < 0.15)
      #expect(abs(2 * y.value + 2) < 0.15)
      pulls += [(x.value - 1.5) / x.uncertainty, (y.value + 1) / y.uncertainty]
    }
    let pull = moments(pulls)
    #expect(abs(pull.mean) < 0.4)
    #expect(pull.deviation > 0.7 && pull.deviation < 1.4)
  }

  @Test("A defect in some blocks does not bend the surface")
  func robust() throws {
    let amplifier = plainAmplifier(180, 130)
    let frame = noiseFrame(width: 180, height: 130, level: 1000, sigma: 1, seed: 3)
    for x in 40..<60 { for y in 40..<60 { frame[x, y] += 500 } }
    let blocks = BlockMeans(
      frame: frame, amplifier: amplifier, region: region, block: 12, accept: 1...65534)
    let model = try LargeScaleModel(fitting: blocks, over: region, degree: 2, level: 1000)
    #expect(abs(model.value(x: 100, y: 60)) < 0.3)
    #expect(abs(model.value(x: 12, y: 2)) < 0.5)
  }

  @Test("Too few blocks are a reason, not a number")
  func tooFew() {
    let frame = noiseFrame(width: 180, height: 130, level: 1000, sigma: 1, seed: 3)
    let blocks = BlockMeans(
      frame: frame, amplifier: plainAmplifier(180, 130), region: region, block: 100,
      accept: 1...65534)
    #expect(throws: NotMeasurable.self) {
      try LargeScaleModel(fitting: blocks, over: region, degree: 5, level: 1000)
    }
  }

  @Test("Residual noise is that of the pixels once structure is removed")
  func residual() throws {
    let amplifier = plainAmplifier(180, 130, flipX: true, flipY: true)
    var pulls: [Double] = []
    for seed in 0..<60 {
      let frame = noiseFrame(width: 180, height: 130, level: 2500.3, sigma: 1.2, seed: UInt64(seed)) {
        x, y in 8 * sin(Double(x) / 90) + 0.03 * Double(y)
      }
      let blocks = BlockMeans(
        frame: frame, amplifier: amplifier, region: region, block: 12, accept: 1...65534)
      let model = try LargeScaleModel(fitting: blocks, over: region, degree: 5, level: 2500)
      let width = try ResidualNoise.width(
        frame: frame, amplifier: amplifier, model: model, levels: [2500], rows: 0..<120,
        invalid: [0, 65535])
      #expect(abs(width.value / 1.2 - 1) < 0.03)
      pulls.append((width.value - 1.2) / width.uncertainty)
    }
    let pull = moments(pulls)
    #expect(abs(pull.mean) < 0.6)
    #expect(abs(pull.deviation - 1) < 0.3)
  }
}

@Suite struct ProfilesTests {
  @Test("Profiles come in canonical order and leave out what is not accepted",
    arguments: [(false, false), (true, false), (false, true), (true, true)])
  func order(flipX: Bool, flipY: Bool) {
    let amplifier = plainAmplifier(12, 8, flipX: flipX, flipY: flipY)
    let frame = Image<UInt16>(width: 12, height: 8)
    for y in 0..<8 {
      for x in 0..<12 {
        frame[x, y] = UInt16(100 + amplifier.flippedColumn(x) * 10 + amplifier.flippedRow(y))
      }
    }
    let profiles = Profiles(
      frame: frame, amplifier: amplifier, region: Region(columns: 2..<12, rows: 0..<6), level: 100.25,
      accept: 1...65534)
    #expect(profiles.columnMeans.count == 10 && profiles.rowMeans.count == 6)
    #expect(profiles.columnMeans[0] == 20 + 2.5 - 0.25)
    #expect(profiles.rowMeans[5] == 65 + 5 - 0.25)
    // Six rows 0...5: the sum of squares about the mean is 17.5.
    #expect(abs((profiles.columnScatters[3] ?? 0) - 3.5.squareRoot()) < 1e-12)
    let none = Profiles(
      frame: frame, amplifier: amplifier, region: Region(columns: 2..<12, rows: 0..<6), level: 0,
      accept: 1...2)
    #expect(none.columnMeans.allSatisfy { $0 == nil })
  }

  @Test("Row offsets are the means of the scan pixels of each row")
  func rowOffsets() {
    let amplifier = plainAmplifier(12, 8, flipX: true, flipY: true)
    let frame = Image<UInt16>(width: 12, height: 8, filledWith: 50)
    for x in 0..<12 { frame[x, 7] = 60 }
    let offsets = RowOffsets.means(
      frame: frame, amplifier: amplifier, region: Region(columns: 0..<3, rows: 0..<8), rows: 0..<8,
      accept: 1...65534, fallback: 1)
    #expect(offsets == [60, 50, 50, 50, 50, 50, 50, 50])
  }

  @Test("The scatter about the rows' means knows no drift from row to row, and no glowing row")
  func rowScatter() throws {
    let amplifier = plainAmplifier(12, 300, flipX: true, flipY: true)
    var random = SeededGenerator(seed: 31)
    let frame = Image<UInt16>(width: 12, height: 300, filledWith: 0)
    for y in 0..<300 {
      for x in 0..<12 {
        frame[x, y] = UInt16(2600 + 3 * (y % 20) + Int((4 * random.normal()).rounded()))
      }
    }
    frame[11, 40] = 9000
    let region = Region(columns: 0..<10, rows: 0..<300)
    let scatter = try RowOffsets.scatter(
      [frame, frame], amplifier: amplifier, region: region, accept: 1...65534)
    let truth = (16 + 1.0 / 12).squareRoot()
    #expect(abs(scatter.value - truth) < 5 * truth / 5400.0.squareRoot())
    #expect(scatter.count == 2 * 9 * 299)
    #expect(throws: NotMeasurable.self) {
      try RowOffsets.scatter([frame], amplifier: amplifier, region: region, accept: 1...2)
    }
    let still = Image<UInt16>(width: 12, height: 300, filledWith: 2600)
    #expect(throws: NotMeasurable.self) {
      try RowOffsets.scatter([still], amplifier: amplifier, region: region, accept: 1...65534)
    }
  }
}

@Suite struct LinearTrendTests {
  @Test("A line is recovered with pulls of unit width")
  func pulls() throws {
    var random = SeededGenerator(seed: 5)
    var pulls: [Double] = []
    for _ in 0..<200 {
      let x = (0..<20).map { Double($0) * 90 }
      let y = x.map { 2500 + 0.002 * $0 + 0.1 * random.normal() }
      let trend = try LinearTrend(x: x, y: y)
      pulls.append((trend.slope.value - 0.002) / trend.slope.uncertainty)
    }
    let pull = moments(pulls)
    #expect(abs(pull.mean) < 0.25)
    #expect(abs(pull.deviation - 1) < 0.2)
  }

  @Test("Two points, equal times and NaN give a reason")
  func degenerate() {
    #expect(throws: NotMeasurable.self) { try LinearTrend(x: [1, 2], y: [1, 2]) }
    #expect(throws: NotMeasurable.self) { try LinearTrend(x: [1, 1, 1], y: [1, 2, 3]) }
    #expect(throws: NotMeasurable.self) { try LinearTrend(x: [1, 2, .nan], y: [1, 2, 3]) }
    #expect(throws: NotMeasurable.self) { try median([.nan]) }
  }
}
