/// The checksum of FITS (FITS 4.0, section 4.4.2.7 and appendix J): the ones' complement sum of
/// big-endian 32-bit words.
///
/// A ones' complement sum commutes with rotations (RFC 1071). So only the bytes within 16-bit halves
/// are swapped in each word; the halves change places once, in the sum.
struct Checksum {
  private var total: UInt64 = 0

  /// Adds bytes, whose number must be a multiple of 4.
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    precondition(bytes.count % 4 == 0)
    var low = SIMD8<UInt64>(repeating: 0)
    var high = SIMD8<UInt64>(repeating: 0)
    let mask = SIMD8<UInt64>(repeating: 0xFFFF_FFFF)
    let odd = SIMD8<UInt64>(repeating: 0x00FF_00FF_00FF_00FF)
    var offset = 0
    guard let base = bytes.baseAddress else { return }
    while offset + 64 <= bytes.count {
      let raw = base.loadUnaligned(fromByteOffset: offset, as: SIMD8<UInt64>.self)
      let words = ((raw & odd) &<< 8) | ((raw &>> 8) & odd)
      low &+= words & mask
      high &+= words &>> 32
      offset += 64
    }
    while offset < bytes.count {
      let raw = base.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
      low[0] &+= UInt64(((raw & 0x00FF_00FF) << 8) | ((raw >> 8) & 0x00FF_00FF))
      offset += 4
    }
    fold(low.wrappedSum())
    fold(high.wrappedSum())
  }

  /// Adds bytes, whose number must be a multiple of 4.
  mutating func add(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { add($0) }
  }

  /// Adds another sum.
  mutating func add(_ other: Checksum) { fold(other.total) }

  private mutating func fold(_ more: UInt64) {
    // Both are folded to 33 bits at most before they are added, so that nothing overflows.
    var sum = (total & 0xFFFF_FFFF) + (total >> 32) + (more & 0xFFFF_FFFF) + (more >> 32)
    while sum >> 32 != 0 { sum = (sum & 0xFFFF_FFFF) + (sum >> 32) }
    total = sum
  }

  /// The sum.
  var value: UInt32 {
    let halves = UInt32(truncatingIfNeeded: total)
    return halves << 16 | halves >> 16
  }

  /// The complement of the sum as 16 characters, none of them punctuation, which as the value of
  /// CHECKSUM in column 12 makes the sum of the whole HDU minus zero.
  var encoded: String {
    let complement = ~value
    var characters = [UInt8](repeating: 0, count: 16)
    for index in 0..<4 {
      let byte = UInt8(truncatingIfNeeded: complement >> (24 - 8 * UInt32(index)))
      var four = [UInt8](repeating: byte / 4 + 0x30, count: 4)
      four[0] += byte % 4
      var changed = true
      while changed {
        changed = false
        for pair in [0, 2] where Self.isExcluded(four[pair]) || Self.isExcluded(four[pair + 1]) {
          four[pair] += 1
          four[pair + 1] -= 1
          changed = true
        }
      }
      for place in 0..<4 { characters[(4 * place + index + 1) % 16] = four[place] }
    }
    return String(decoding: characters, as: UTF8.self)
  }

  private static func isExcluded(_ character: UInt8) -> Bool {
    (0x3A...0x40).contains(character) || (0x5B...0x60).contains(character)
  }
}
