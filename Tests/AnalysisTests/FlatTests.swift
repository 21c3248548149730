import Detector
import Foundation
import Testing

@testable import Analysis

/// Small deterministic random numbers for pixels.
private struct Normal {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func uniform() -> Double {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return (Double(state >> 11) + 0.5) / 9_007_199_254_740_992
  }

  mutating func next() -> Double {
    (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform())
  }
}

private func amplifier(_ width: Int, _ height: Int, flips: (Bool, Bool) = (false, false)) -> Amplifier {
  Amplifier(
    name: "E", x0: 0, y0: 0, width: width, height: height, flipX: flips.0, flipY: flips.1)
}

@Suite struct IlluminationTests {
  private let region = Region(columns: 10..<210, rows: 0..<180)

  private func bowl(_ x: Int, _ y: Int) -> Double {
    let u = (Double(x) - 110) / 100
    let v = (Double(y) - 90) / 90
    return 20_000 * (1 - 0.1 * u * u - 0.08 * v * v + 0.03 * u * v * v + 0.02 * v)
  }

  private func flat(
    _ amplifier: Amplifier, noise: Double, seed: UInt64, spoil: (Image<UInt16>) -> Void = { _ in }
  ) -> Image<UInt16> {
    let image = Image<UInt16>(width: 230, height: 190, filledWith: 1000)
    var random = Normal(seed)
    for y in region.rows {
      for x in region.columns {
        let value = bowl(x, y) + noise * random.next() + 1000 + Double(y) / 10
        image[amplifier.flippedColumn(x), amplifier.flippedRow(y)] = UInt16(value.rounded())
      }
    }
    spoil(image)
    return image
  }

  private var offsets: [Float] { region.rows.map { 1000 + Float($0) / 10 } }

  @Test("The illumination has no edges of its own, whichever way the amplifier is read", arguments: [
    (false, false), (true, false), (false, true), (true, true),
  ])
  func edges(_ flips: (Bool, Bool)) throws {
    let amplifier = amplifier(230, 190, flips: flips)
    let frame = flat(amplifier, noise: 0.5, seed: 3)
    let blocks = try FlatBlocks(
      frame: frame, amplifier: amplifier, region: region, offsets: offsets, valid: 1...65534)
    let model = try IlluminationModel(fitting: blocks, over: region)
    var worst = 0.0
    for y in region.rows {
      for x in region.columns { worst = max(worst, abs(model.value(x: x, y: y) / bowl(x, y) - 1)) }
    }
    // The original leaves 1 % in the last twelve lines of a bowl like this.
    #expect(worst < 1e-4, "\(worst)")
    let rows = IlluminationRows(region: region, distance: model.distance, amplifier: amplifier)
    var line = [Float](repeating: 0, count: 200)
    line.withUnsafeMutableBufferPointer { line in
      if let line = line.baseAddress { rows.fill(model, canonicalRow: 17, into: line) }
    }
    for index in 0..<200 {
      let x = flips.0 ? region.columns.upperBound - 1 - index : region.columns.lowerBound + index
      #expect(abs(Double(line[index]) / model.value(x: x, y: 17) - 1) < 1e-6)
    }
    #expect(abs((model.profile(columns: [region.columns]).first ?? 0) - 18_800) < 100)
  }

  @Test("Defects, cosmic rays and saturated blocks do not bend it")
  func defects() throws {
    let amplifier = amplifier(230, 190)
    let frame = flat(amplifier, noise: 80, seed: 4) { image in
      for y in 0..<190 { image[100, y] = 3000 }
      for y in 20..<90 { for x in 30..<90 { image[x, y] = 65535 } }
      for k in 0..<40 { image[120 + k, 100 + k / 2] = 60_000 }
      // A stain that is no illumination.
      for y in 140..<152 { for x in 150..<170 { image[x, y] -= 6000 } }
    }
    let blocks = try FlatBlocks(
      frame: frame, amplifier: amplifier, region: region, offsets: offsets, valid: 1...65534)
    #expect(blocks.rejected > 4000 && blocks.means.contains { $0.isNaN })
    let model = try IlluminationModel(fitting: blocks, over: region)
    for (x, y) in [(100, 50), (60, 50), (130, 104), (160, 146), (10, 0), (209, 179)] {
      #expect(abs(model.value(x: x, y: y) / bowl(x, y) - 1) < 0.01, "\(x), \(y)")
    }
    // The slope of the light within a block adds to it.
    #expect(blocks.scatter > 80 && blocks.scatter < 200)
  }

  @Test("No light, no valid pixel, a constant frame: reasons")
  func reasons() throws {
    let amplifier = amplifier(230, 190)
    func blocks(_ value: UInt16) throws -> FlatBlocks {
      try FlatBlocks(
        frame: Image(width: 230, height: 190, filledWith: value), amplifier: amplifier,
        region: region, offsets: offsets, valid: 1...65534)
    }
    #expect(throws: NotMeasurable("saturated: no valid pixels")) { try blocks(65535) }
    #expect(throws: NotMeasurable("no valid pixels: all are lost")) { try blocks(0) }
    #expect(throws: NotMeasurable("the amplifier is dead: all its pixels read 7")) {
      try blocks(7)
    }
    let dark = flat(amplifier, noise: 5, seed: 1) { image in
      for index in image.pixels.indices { image.pixels[index] = UInt16(990 + index % 7) }
    }
    let below = try FlatBlocks(
      frame: dark, amplifier: amplifier, region: region, offsets: [1000], valid: 1...65534)
    #expect(throws: NotMeasurable("the signal is not positive")) {
      try IlluminationModel(fitting: below, over: region)
    }
    let half = flat(amplifier, noise: 5, seed: 2) { image in
      for y in 0..<190 { for x in 0..<150 { image[x, y] = 65535 } }
    }
    let few = try FlatBlocks(
      frame: half, amplifier: amplifier, region: region, offsets: [1000], valid: 1...65534)
    #expect(throws: NotMeasurable("too few blocks of valid pixels for the illumination")) {
      try IlluminationModel(fitting: few, over: region)
    }
    #expect(IlluminationModel(region: region, distance: 100, coefficients: [1, 2]) == nil)
  }
}

@Suite struct FlatStackerTests {
  @Test("A row is stacked as a plain loop does it, with gaps and cosmic rays", arguments: [1, 2, 3, 6, 9])
  func row(frames: Int) {
    let width = 300
    var random = Normal(7)
    var raw = (0..<frames).map { _ in
      (0..<width).map { _ in UInt16(10_000 + (100 * random.next()).rounded()) }
    }
    if frames > 3 { raw[1][40] = 45_000 }
    if frames > 1 { raw[1][41] = 65535 }
    for frame in 0..<frames { raw[frame][299] = 0 }
    let model = (0..<width).map { Float(9000 + $0) }
    let stacker = FlatStacker(frames: frames, width: width, valid: 1...65534)
    stacker.begin()
    for frame in 0..<frames {
      stacker.set(frame, raw: raw[frame], count: width, offset: 500, model: model)
    }
    let images = (0..<4).map { _ in Image<Float>(width: width, height: 1, filledWith: -1) }
    let count = Image<UInt16>(width: width, height: 1, filledWith: 9)
    guard let a = images[0].pixels.baseAddress, let b = images[1].pixels.baseAddress,
      let c = images[2].pixels.baseAddress, let d = images[3].pixels.baseAddress,
      let n = count.pixels.baseAddress
    else { return }
    let limit: Float = 0.08
    stacker.stack(
      count: width, limit: limit,
      into: .init(flat: a, error: b, first: c, second: d, count: n))
    for x in 0..<width {
      var values: [(Int, Double)] = []
      for frame in 0..<frames where (1...65534).contains(raw[frame][x]) {
        values.append((frame, (Double(raw[frame][x]) - 500) / Double(model[x])))
      }
      let sorted = values.map(\.1).sorted()
      if let low = sorted.indices.first, frames > 2 {
        let middle = (sorted[low + (sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        values = values.filter { abs($0.1 - middle) <= Double(limit) }
      }
      let size = Double(values.count)
      #expect(Int(count[x, 0]) == values.count)
      guard !values.isEmpty else {
        #expect(images[0][x, 0].isNaN)
        continue
      }
      func mean(_ part: [(Int, Double)]) -> Double { part.reduce(0) { $0 + $1.1 } / Double(part.count) }
      #expect(abs(Double(images[0][x, 0]) - mean(values)) < 1e-6)
      let squares = values.reduce(0) { $0 + ($1.1 - mean(values)) * ($1.1 - mean(values)) }
      if size > 1 {
        #expect(abs(Double(images[1][x, 0]) - (squares / (size - 1) / size).squareRoot()) < 1e-5)
      } else {
        #expect(images[1][x, 0].isNaN)
      }
      let even = values.filter { $0.0 % 2 == 0 }
      if !even.isEmpty { #expect(abs(Double(images[2][x, 0]) - mean(even)) < 1e-6) }
      let odd = values.filter { $0.0 % 2 == 1 }
      if odd.isEmpty {
        #expect(images[3][x, 0].isNaN)
      } else {
        #expect(abs(Double(images[3][x, 0]) - mean(odd)) < 1e-6)
      }
    }
    withExtendedLifetime((images, count)) {}
  }
}

@Suite struct FlatStackerSampleTests {
  @Test("Of many frames cosmic rays are left out just so, wherever they fall")
  func many() {
    let (frames, width) = (40, 64)
    var random = Normal(9)
    let stacker = FlatStacker(frames: frames, width: width, valid: 1...65534)
    stacker.begin()
    let model = [Float](repeating: 10_000, count: width)
    var clean = [Double](repeating: 0, count: width)
    for frame in 0..<frames {
      var raw = (0..<width).map { _ in UInt16(10_000 + (100 * random.next()).rounded()) }
      for x in 0..<width where x != frame { clean[x] += Double(raw[x]) / 10_000 }
      raw[frame] = 30_000
      stacker.set(frame, raw: raw, count: width, offset: 0, model: model)
    }
    let images = (0..<4).map { _ in Image<Float>(width: width, height: 1) }
    let count = Image<UInt16>(width: width, height: 1)
    guard let a = images[0].pixels.baseAddress, let b = images[1].pixels.baseAddress,
      let c = images[2].pixels.baseAddress, let d = images[3].pixels.baseAddress,
      let n = count.pixels.baseAddress
    else { return }
    stacker.stack(
      count: width, limit: 0.06, into: .init(flat: a, error: b, first: c, second: d, count: n))
    for x in 0..<width {
      let expected = x < frames ? 39 : 40
      #expect(Int(count[x, 0]) == expected, "\(x)")
      #expect(abs(Double(images[0][x, 0]) - clean[x] / Double(expected)) < 1e-5)
    }
    withExtendedLifetime((images, count)) {}
  }
}

@Suite struct PixelResponseTests {
  private let area = Region(columns: 5..<125, rows: 3..<103)

  private func images(response: Double, noise: Double, neighbour: Double = 0, seed: UInt64)
    -> PixelResponse.Images
  {
    var random = Normal(seed)
    let all = (0..<4).map { _ in Image<Float>(width: 130, height: 110, filledWith: 1) }
    for y in area.rows {
      var last = 0.0
      for x in area.columns {
        let fresh = random.next()
        let own = neighbour * last + (1 - neighbour * neighbour).squareRoot() * fresh
        last = own
        let a = 1 + response * own + noise * random.next()
        let b = 1 + response * own + noise * random.next()
        all[0][x, y] = Float((a + b) / 2)
        all[1][x, y] = Float(noise / 2.squareRoot())
        all[2][x, y] = Float(a)
        all[3][x, y] = Float(b)
      }
    }
    return .init(flat: all[0], error: all[1], first: all[2], second: all[3])
  }

  @Test("Noise does not enter the PRNU, however large; pulls have unit width", arguments: [0.001, 0.01, 0.03])
  func unbiased(noise: Double) throws {
    var pulls: [Double] = []
    for seed in 1...40 {
      let response = PixelResponse(
        images(response: 0.008, noise: noise, seed: UInt64(seed)), area: area, parameters: 0,
        frames: 10)
      let prnu = try response.scatter.get()
      pulls.append((prnu.value - 0.008) / prnu.uncertainty)
      #expect(response.commonUncertainty <= prnu.uncertainty)
    }
    let mean = pulls.reduce(0, +) / 40
    let width = (pulls.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 39).squareRoot()
    #expect(abs(mean) < 0.5 && width > 0.7 && width < 1.35, "\(mean) ± \(width)")
    let raw = try PixelResponse(
      images(response: 0.008, noise: noise, seed: 1), area: area, parameters: 0, frames: 10
    ).rawScatter.get().value
    let expected = (0.008 * 0.008 + noise * noise / 2).squareRoot()
    #expect(abs(raw / expected - 0.985) < 0.03)
  }

  @Test("Neighbours that resemble each other are told by their correlation")
  func correlation() throws {
    let response = PixelResponse(
      images(response: 0.01, noise: 0.004, neighbour: 0.3, seed: 5), area: area, parameters: 0,
      frames: 4)
    let serial = try response.serialCorrelation.get()
    #expect(abs(serial.value - 0.3) < 0.04)
    let parallel = try response.parallelCorrelation.get()
    #expect(abs(parallel.value) < 4 * parallel.uncertainty)
  }

  @Test("Without response, with one frame, without pixels: reasons")
  func reasons() {
    let none = PixelResponse(
      images(response: 0, noise: 0.004, seed: 6), area: area, parameters: 0, frames: 4)
    #expect(throws: NotMeasurable.self) { try none.scatter.get() }
    let one = PixelResponse(
      images(response: 0.01, noise: 0.004, seed: 6), area: area, parameters: 0, frames: 1)
    #expect(throws: NotMeasurable("one frame only: photon noise cannot be told from PRNU")) {
      try one.scatter.get()
    }
    let empty = Image<Float>(width: 130, height: 110, filledWith: .nan)
    let dead = PixelResponse(
      .init(flat: empty, error: empty, first: empty, second: empty), area: area, parameters: 0,
      frames: 4)
    #expect(throws: NotMeasurable.self) { try dead.scatter.get() }
    #expect(dead.core == nil)
  }
}

@Suite struct ResponseDefectsTests {
  @Test("Pixels and columns are found, and scattered defects make no column")
  func find() {
    let area = Region(columns: 4..<204, rows: 0..<400)
    let flat = Image<Float>(width: 210, height: 410, filledWith: 1)
    var random = Normal(11)
    for y in area.rows { for x in area.columns { flat[x, y] = Float(1 + 0.01 * random.next()) } }
    flat[10, 10] = 0.2
    flat[11, 10] = .nan
    flat[12, 10] = 1.8
    flat[13, 10] = 1.1
    // A column that is low by one width only, and one that is dead from row 100 on.
    for y in area.rows { flat[60, y] -= 0.01 }
    for y in 100..<400 { flat[90, y] = 0.3 }
    // Thirty defects scattered over as many columns are no bad column; ten in one, far apart, are none either.
    for k in 0..<30 { flat[100 + k, 5 + 11 * k] = 0.4 }
    for k in 0..<10 { flat[150, 5 + 40 * k] = 0.4 }
    let mask = Image<UInt8>(width: 210, height: 410, filledWith: 0)
    let found = ResponseDefects(in: flat, area: area, centre: 1, width: 0.01, mask: mask)
    #expect(found.empty == 1 && found.bright == 1 && found.dead == 1 + 300 + 30 + 10)
    #expect(found.outliers == 1 && mask[13, 10] == ResponseDefects.Bit.outlier)
    #expect(found.columns == 2, "\(found)")
    #expect(mask[60, 0] == ResponseDefects.Bit.column && mask[60, 399] != 0)
    #expect(mask[90, 50] == 0 && mask[90, 100] & ResponseDefects.Bit.column != 0)
    #expect(mask[150, 6] == 0 && mask[61, 7] == 0)
    #expect(found.masked == 3 + 1 + 400 + 300 + 30 + 10)
  }
}

@Suite struct LevelStepTests {
  private func noise(_ seed: UInt64) -> [Double] {
    var random = Normal(seed)
    return (0..<16).map { _ in 0.01 * random.next() }
  }

  private let times = (0..<16).map { Double($0) / 10 }

  @Test("A step is found with its size")
  func step() throws {
    let values = noise(1).enumerated().map { $1 + ($0 < 9 ? 0 : -0.2) }
    let found = try LevelStep.find(times: times, values: values)
    #expect(abs(found.value + 0.2) < 4 * max(found.uncertainty, 0.005) && found.count == 16)
  }

  @Test("A drift is no step, nor is noise, nor are a few values")
  func none() {
    let drift = noise(2).enumerated().map { $1 + 0.02 * Double($0) }
    #expect(throws: NotMeasurable("no step: a steady drift describes it better")) {
      try LevelStep.find(times: times, values: drift)
    }
    #expect(throws: NotMeasurable.self) { try LevelStep.find(times: times, values: noise(3)) }
    #expect(throws: NotMeasurable("fewer than eight values")) {
      try LevelStep.find(times: [1, 2, 3], values: [1, 2, 3])
    }
    #expect(throws: NotMeasurable.self) { try LevelStep.find(times: [1], values: [1, 2]) }
  }
}
