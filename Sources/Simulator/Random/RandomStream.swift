/// The random numbers of one purpose: a key made of a seed and of names, then numbers by position.
///
/// Two streams with different names are independent; equal names give equal numbers always.
public struct RandomStream: Sendable, Hashable {
  /// The generator.
  let philox: Philox

  /// The stream of a purpose.
  ///
  /// - Parameters:
  ///   - seed: the campaign's seed.
  ///   - names: what the numbers are for, such as block, detector and amplifier.
  public init(seed: UInt64, _ names: String...) {
    // FNV-1a (64 bit) over the names, each closed by a byte that no UTF-8 text holds.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for name in names {
      for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
      hash = (hash ^ 0xFF) &* 0x100_0000_01B3
    }
    let mixed = Self.mix(hash ^ Self.mix(seed &+ 0x9E37_79B9_7F4A_7C15))
    philox = Philox(key: SIMD2(UInt32(truncatingIfNeeded: mixed), UInt32(mixed >> 32)))
  }

  /// A number in the open interval (0, 1) at a position.
  public func uniform(_ x: UInt32, _ y: UInt32 = 0, _ z: UInt32 = 0) -> Double {
    (Double(philox.words(at: SIMD4(x, y, z, 0)).x) + 0.5) * 0x1p-32
  }

  /// A deviate of the normal distribution at a position.
  public func normal(_ x: UInt32, _ y: UInt32 = 0, _ z: UInt32 = 0) -> Double {
    NormalQuantile.value(uniform(x, y, z))
  }

  /// Fills a row with normal deviates of unit variance.
  ///
  /// - Parameters:
  ///   - buffer: the row; the deviate of a column does not depend on the row's length.
  ///   - y: the first number of the row's position, such as the row's index.
  ///   - z: the second one, such as the ObsID.
  @inline(__always)
  public func fillNormal(
    _ buffer: UnsafeMutableBufferPointer<Float>, _ y: UInt32, _ z: UInt32, table: NormalTable
  ) {
    let count = buffer.count
    var x = 0
    while x &+ 4 <= count {
      let words = philox.words(at: SIMD4(UInt32(truncatingIfNeeded: x &>> 2), y, z, 1))
      buffer[x] = table.deviate(words.x)
      buffer[x &+ 1] = table.deviate(words.y)
      buffer[x &+ 2] = table.deviate(words.z)
      buffer[x &+ 3] = table.deviate(words.w)
      x &+= 4
    }
    guard x < count else { return }
    let words = philox.words(at: SIMD4(UInt32(truncatingIfNeeded: x &>> 2), y, z, 1))
    for index in x..<count { buffer[index] = table.deviate(words[index &- x]) }
  }

  /// The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
