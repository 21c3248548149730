/// The counter-based random number generator Philox 4x32-10.
///
/// A pure function from a counter and a key to four random words, so that any pixel's number can be had
/// by itself: the result does not depend on order or number of threads. It passes BigCrush.
/// Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11 (2011),
/// section 3.3; constants and known answers of the Random123 library.
public struct Philox: Sendable, Hashable {
  /// The key: which stream of numbers.
  public let key: SIMD2<UInt32>

  /// A generator with a key.
  public init(key: SIMD2<UInt32>) { self.key = key }

  /// The four words at a counter.
  @inline(__always)
  public func words(at counter: SIMD4<UInt32>) -> SIMD4<UInt32> {
    var (a, b, c, d) = (counter.x, counter.y, counter.z, counter.w)
    var (k0, k1) = (key.x, key.y)
    for _ in 0..<10 {
      let p0 = UInt64(0xD251_1F53) &* UInt64(a)
      let p1 = UInt64(0xCD9E_8D57) &* UInt64(c)
      (a, b, c, d) = (
        UInt32(truncatingIfNeeded: p1 >> 32) ^ b ^ k0, UInt32(truncatingIfNeeded: p1),
        UInt32(truncatingIfNeeded: p0 >> 32) ^ d ^ k1, UInt32(truncatingIfNeeded: p0)
      )
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return SIMD4(a, b, c, d)
  }
}
