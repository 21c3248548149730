/// Sum and number of the values of a row of raw pixels that lie within limits; exact.
struct RangeSum: Equatable {
  private typealias Lanes = SIMD8<UInt16>

  private(set) var sum: UInt32 = 0
  private(set) var count: UInt32 = 0

  /// Sums the first `length` values from `row` on, up to 65,536 of them.
  ///
  /// Distances from the lower limit are summed in 16 bits, eight at a time, where they are small enough for that.
  @inline(__always)
  init(_ row: UnsafePointer<UInt16>, length: Int, low: UInt16, high: UInt16) {
    guard low <= high else { return }
    let span = high &- low
    var x = 0
    if span <= 8191, length <= 64 {
      var sums = Lanes.zero
      var counts = Lanes.zero
      while x &+ Lanes.scalarCount <= length {
        let above = UnsafeRawPointer(row + x).loadUnaligned(as: Lanes.self) &- low
        let outside = above .> span
        sums &+= above.replacing(with: 0, where: outside)
        counts &+= Lanes(repeating: 1).replacing(with: 0, where: outside)
        x &+= Lanes.scalarCount
      }
      // Each of the eight is at most 8 x 8191.
      for lane in 0..<Lanes.scalarCount { sum &+= UInt32(sums[lane]) }
      count = UInt32(counts.wrappedSum())
      sum &+= count &* UInt32(low)
    }
    while x < length {
      let inside = row[x] &- low <= span
      sum &+= inside ? UInt32(row[x]) : 0
      count &+= inside ? 1 : 0
      x &+= 1
    }
  }
}
