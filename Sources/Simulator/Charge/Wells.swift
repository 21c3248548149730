/// How much each pixel of an image area holds, electrons.
struct Wells: Sendable {
  /// What most pixels hold, and what the deep ones do.
  let usual: Float
  let deep: Float
  /// A pixel is deep where its number of 16 bits is below this one.
  private let limit: UInt32
  private let stream: RandomStream?

  /// Pixels that all hold the same.
  init(_ fullWell: Double) {
    (usual, deep, limit, stream) = (Float(fullWell), Float(fullWell), 0, nil)
  }

  /// The pixels of an amplifier; `stream` tells which are deep.
  init(_ truth: ChargeTruth, stream: RandomStream) {
    let wells = truth.deepWells
    usual = Float(truth.fullWell)
    deep = Float(truth.fullWell * (1 + max(0, wells?.excess ?? 0)))
    limit = UInt32((65_536 * min(max(0, wells?.share ?? 0), 1)).rounded())
    self.stream = limit > 0 ? stream : nil
  }

  /// Sets what the pixels of a column hold, from row 0 on.
  func fill(_ room: inout [Float], column: Int) {
    guard let stream else { return }
    let x = UInt32(truncatingIfNeeded: column)
    // Eight pixels of each call of the generator.
    for start in stride(from: 0, to: room.count, by: 8) {
      let words = stream.philox.words(at: SIMD4(x, UInt32(truncatingIfNeeded: start), 0, 2))
      for index in 0..<min(8, room.count - start) {
        let number = words[index >> 1] >> UInt32(16 * (index & 1)) & 0xFFFF
        room[start + index] = number < limit ? deep : usual
      }
    }
  }
}
