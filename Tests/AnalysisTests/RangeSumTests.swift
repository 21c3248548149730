import Testing

@testable import Analysis

@Suite struct RangeSumTests {
  private func plain(_ values: ArraySlice<UInt16>, _ low: UInt16, _ high: UInt16) -> (UInt32, UInt32) {
    let kept = values.filter { $0 >= low && $0 <= high }
    return (kept.reduce(0) { $0 + UInt32($1) }, UInt32(kept.count))
  }

  @Test("The sum of the values within limits is that of adding them one by one")
  func sums() {
    var generator = Generator(state: 7)
    let limits: [(UInt16, UInt16)] = [
      (0, 65535), (1, 65534), (20_000, 21_000), (30_000, 38_191), (30_000, 38_192), (57_344, 65_535),
      (0, 0), (65_535, 65_535), (0, 8191), (500, 499), (65_535, 0), (40_000, 40_000),
    ]
    for (low, high) in limits {
      for length in [0, 1, 7, 8, 9, 15, 16, 24, 25, 26, 31, 63, 64, 65, 200] {
        let values = (0..<length + 3).map { index -> UInt16 in
          // Values at and beside the limits, within, and anywhere.
          switch generator.next() % 4 {
          case 0: [low, low &- 1, high, high &+ 1][index % 4]
          case 1: UInt16(truncatingIfNeeded: generator.next())
          default: low &+ UInt16(generator.next() % (UInt64(high &- low) + 1))
          }
        }
        let found = values.withUnsafeBufferPointer { buffer -> RangeSum? in
          buffer.baseAddress.map { RangeSum($0 + 3, length: length, low: low, high: high) }
        }
        let expected = plain(values[3...], low, high)
        #expect(found?.sum == expected.0 && found?.count == expected.1, "\(low) \(high) \(length)")
      }
    }
  }

  @Test("The greatest values that a row can have do not overflow")
  func greatest() {
    let values = [UInt16](repeating: 65_535, count: 65_536)
    let found = values.withUnsafeBufferPointer { buffer -> RangeSum? in
      buffer.baseAddress.map { RangeSum($0, length: 65_536, low: 1, high: 65_535) }
    }
    #expect(found?.sum == 65_535 * 65_536 && found?.count == 65_536)
    let short = values.withUnsafeBufferPointer { buffer -> RangeSum? in
      buffer.baseAddress.map { RangeSum($0, length: 64, low: 57_344, high: 65_535) }
    }
    #expect(short?.sum == 65_535 * 64 && short?.count == 64)
  }

  private struct Generator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
  }
}
