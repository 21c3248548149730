/// How the pixels of a raw frame are stored, as far as they can become UInt16 without loss.
enum RawPixels: Sendable {
  /// Unsigned numbers as signed ones less 32768: byte swap and flip the highest bit.
  case shifted16
  /// Signed numbers that must not be negative.
  case signed16
  /// Bytes.
  case bytes
  /// 32-bit integers to which an offset is added, and which must then fit.
  case signed32(offset: Int)
  /// UInt16 in the machine's order, in a spool.
  case native

  /// The bytes of one pixel.
  var size: Int {
    switch self {
    case .bytes: 1
    case .shifted16, .signed16, .native: 2
    case .signed32: 4
    }
  }

  /// The storage of an image; nil where its pixels are not raw integers.
  init?(_ hdu: FITSStructure.HDU) {
    guard hdu.bscale == 1, hdu.blank == nil else { return nil }
    switch (hdu.bitpix, hdu.bzero) {
    case (16, 32768): self = .shifted16
    case (16, 0): self = .signed16
    case (8, 0): self = .bytes
    case (32, let zero):
      guard let offset = Int(exactly: zero), abs(offset) <= 1 << 32 else { return nil }
      self = .signed32(offset: offset)
    default: return nil
    }
  }

  // MARK: - Kernels

  /// Turns big-endian 16-bit words into machine order and flips the bits of `mask`.
  ///
  /// - Returns: all words or-ed together.
  @discardableResult
  static func swap(_ words: UnsafeMutableBufferPointer<UInt16>, flipping mask: UInt16) -> UInt16 {
    guard let base = words.baseAddress else { return 0 }
    // A plain loop: the compiler makes vectors of it, while explicit SIMD types of this width were
    // a hundred times slower.
    var seen: UInt16 = 0
    for index in 0..<words.count {
      let word = base[index].byteSwapped ^ mask
      base[index] = word
      seen |= word
    }
    return seen
  }

  /// Widens bytes.
  static func widen(
    _ bytes: UnsafePointer<UInt8>, into words: UnsafeMutableBufferPointer<UInt16>
  ) {
    for index in 0..<words.count { words[index] = UInt16(bytes[index]) }
  }

  /// Turns big-endian 32-bit integers plus `offset` into UInt16.
  ///
  /// - Returns: whether all of them fit.
  static func narrow(
    _ integers: UnsafePointer<UInt32>, offset: Int,
    into words: UnsafeMutableBufferPointer<UInt16>
  ) -> Bool {
    var outside = false
    for index in 0..<words.count {
      let value = Int(Int32(bitPattern: integers[index].byteSwapped)) &+ offset
      outside = outside || value < 0 || value > 65535
      words[index] = UInt16(truncatingIfNeeded: value)
    }
    return !outside
  }
}
