import Testing

@testable import Simulator

@Suite("Philox")
struct PhiloxTests {
  @Test("gives the known answers of Random123")
  func knownAnswers() {
    #expect(
      Philox(key: SIMD2(0, 0)).words(at: SIMD4(0, 0, 0, 0))
        == SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8))
    #expect(
      Philox(key: SIMD2(repeating: .max)).words(at: SIMD4(repeating: .max))
        == SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD))
    #expect(
      Philox(key: SIMD2(0xA409_3822, 0x299F_31D0))
        .words(at: SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344))
        == SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1))
  }

  @Test("streams differ by seed, by each name, and by where one name ends")
  func streams() {
    let streams = [
      RandomStream(seed: 1, "a", "b"), RandomStream(seed: 2, "a", "b"),
      RandomStream(seed: 1, "ab"), RandomStream(seed: 1, "ab", ""), RandomStream(seed: 1, "b", "a"),
    ]
    #expect(Set(streams.map { $0.uniform(0) }).count == streams.count)
    #expect(RandomStream(seed: 1, "a", "b").uniform(7, 8, 9) == streams[0].uniform(7, 8, 9))
  }

  @Test("a row's deviates do not depend on its length")
  func rowLength() {
    let stream = RandomStream(seed: 5, "row")
    let long = deviates(stream, count: 103, row: 4)
    for count in [1, 2, 3, 4, 5, 51, 102] {
      #expect(deviates(stream, count: count, row: 4) == Array(long.prefix(count)))
    }
    #expect(deviates(stream, count: 103, row: 5) != long)
  }
}

/// A row of normal deviates.
func deviates(_ stream: RandomStream, count: Int, row: UInt32, obsid: UInt32 = 1) -> [Float] {
  [Float](unsafeUninitializedCapacity: count) { buffer, initialised in
    stream.fillNormal(
      UnsafeMutableBufferPointer(rebasing: buffer[..<count]), row, obsid, table: .shared)
    initialised = count
  }
}
