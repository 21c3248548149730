import Detector
import Foundation
import Testing

@testable import Analysis

@Suite struct MedianNetworkTests {
  @Test("The network finds the median of all 0/1 inputs, which proves it for all inputs (0-1 principle)",
    arguments: 1...13)
  func zeroOne(count: Int) {
    let network = MedianNetwork(count: count)
    let stride = 16
    for pattern in 0..<(1 << count) {
      var values = [Float](repeating: 0, count: count * stride)
      for bit in 0..<count { values[bit * stride] = Float((pattern >> bit) & 1) }
      let ones = pattern.nonzeroBitCount
      let sorted = [Float](repeating: 0, count: count - ones) + [Float](repeating: 1, count: ones)
      let expected = 0.5 * (sorted[(count - 1) / 2] + sorted[count / 2])
      var result: Float = -1
      values.withUnsafeMutableBufferPointer {
        guard let base = $0.baseAddress else { return }
        network.medians(base, stride: stride, width: 1, into: &result)
      }
      #expect(result == expected, "pattern \(pattern) of \(count)")
    }
  }

  @Test("Large counts agree with sorting", arguments: [25, 40, 64, 101])
  func random(count: Int) {
    var random = SeededGenerator(seed: UInt64(count))
    let network = MedianNetwork(count: count)
    let stride = 48
    let width = 37
    var values = (0..<count * stride).map { _ in Float(random.normal()) }
    let columns = (0..<width).map { x in (0..<count).map { values[$0 * stride + x] }.sorted() }
    var result = [Float](repeating: 0, count: width)
    values.withUnsafeMutableBufferPointer { values in
      result.withUnsafeMutableBufferPointer { result in
        guard let v = values.baseAddress, let r = result.baseAddress else { return }
        network.medians(v, stride: stride, width: width, into: r)
      }
    }
    for x in 0..<width {
      #expect(result[x] == 0.5 * (columns[x][(count - 1) / 2] + columns[x][count / 2]))
    }
  }
}

@Suite struct MedianStackTests {
  private func stack(_ frames: [Image<UInt16>], level: Float, invalid: [UInt16] = [0, 65535])
    -> MedianStack.Band
  {
    let stack = MedianStack(frames: frames.count, invalid: invalid)
    return stack.band(
      raw: frames.map { UnsafeBufferPointer($0.pixels) }, width: frames[0].width,
      height: frames[0].height, spans: [0..<10, 10..<frames[0].width]
    ) { _, _, _ in level }
  }

  @Test("Median and scatter follow the noise")
  func noise() {
    let frames = (0..<9).map {
      noiseFrame(width: 60, height: 50, level: 2500, sigma: 3, seed: UInt64($0))
    }
    let band = stack(frames, level: 2500)
    let values = band.median.pixels.map { Double($0) }
    let m = moments(values)
    let expected = 3 * MedianStack.varianceFactor(count: 9).squareRoot()
    #expect(abs(m.mean) < 5 * expected / 3000.0.squareRoot())
    #expect(abs(m.deviation / expected - 1) < 0.06)
    let variance = band.scatter.pixels.reduce(0) { $0 + Double($1) * Double($1) } / 3000
    #expect(abs(variance / (9 + 1.0 / 12) - 1) < 0.04)
    #expect(band.incomplete.isEmpty)
  }

  @Test("Lost and saturated pixels are left out, and a pixel without any value is NaN")
  func invalid() {
    let frames = (0..<4).map { Image<UInt16>(width: 20, height: 2, filledWith: UInt16(100 + $0)) }
    frames[0][3, 0] = 0
    frames[1][3, 0] = 65535
    for frame in frames { frame[12, 1] = 65535 }
    let band = stack(frames, level: 100)
    #expect(band.median[4, 0] == 1.5)
    #expect(band.median[3, 0] == 2.5)
    #expect(band.median[12, 1].isNaN)
    #expect(band.incomplete.map(\.index).sorted() == [3, 32])
    #expect(band.incomplete.first { $0.index == 3 }?.valid == 2)
    #expect(band.incomplete.first { $0.index == 32 }?.valid == 0)
  }

  @Test("Without scatter the medians are the same, and memory of a former band may be used again")
  func medianOnly() {
    let frames = (0..<4).map {
      noiseFrame(width: 70, height: 6, level: 900, sigma: 2, seed: UInt64($0))
    }
    frames[1][3, 2] = 65535
    let raw = frames.map { UnsafeBufferPointer($0.pixels) }
    let whole = MedianStack(frames: 4, invalid: [0, 65535])
    let plain = MedianStack(frames: 4, invalid: [0, 65535], measuresScatter: false)
    func band(_ stack: MedianStack, reusing former: MedianStack.Band? = nil) -> MedianStack.Band {
      stack.band(raw: raw, width: 70, height: 6, spans: [0..<70], reusing: former) { _, _, _ in 900 }
    }
    let reference = band(whole)
    let expected = Array(reference.median.pixels)
    let first = band(plain)
    #expect(first.scatter.height == 0)
    #expect(Array(first.median.pixels) == expected)
    let again = band(plain, reusing: first)
    #expect(again.median === first.median && Array(again.median.pixels) == expected)
    withExtendedLifetime((frames, reference, first, again)) {}
  }

  @Test("One frame has a median and no scatter")
  func single() {
    let band = stack([Image<UInt16>(width: 20, height: 2, filledWith: 7)], level: 5)
    #expect(band.median[0, 0] == 2)
    #expect(band.scatter[0, 0].isNaN)
  }

  @Test("The variance of the median agrees with simulation", arguments: [3, 4, 10, 11, 12, 25])
  func factor(count: Int) {
    var random = SeededGenerator(seed: 99)
    var sum = 0.0
    let trials = 40_000
    for _ in 0..<trials {
      let values = (0..<count).map { _ in random.normal() }.sorted()
      let m = (values[(count - 1) / 2] + values[count / 2]) / 2
      sum += m * m
    }
    #expect(abs(sum / Double(trials) / MedianStack.varianceFactor(count: count) - 1) < 0.03)
  }
}
