#if canImport(Glibc)
  import Glibc
#endif

/// Takes the data of an HDU in pieces, adds up their checksum, and writes them.
final class DataSink {
  private let descriptor: Int32
  private let file: String
  private let buffer: UnsafeMutableRawBufferPointer
  private var filled = 0
  private var position: Int
  /// The sum of what was written.
  private(set) var checksum = Checksum()

  /// The largest piece that `append` takes.
  static let capacity = 256 << 10

  /// Begins at a position in the file.
  init(descriptor: Int32, position: Int, file: String) {
    self.descriptor = descriptor
    self.position = position
    self.file = file
    buffer = .allocate(byteCount: Self.capacity, alignment: 64)
  }

  deinit { buffer.deallocate() }

  /// Lets `body` set the next `count` bytes.
  ///
  /// - Throws: `FITSError.Kind.unwritable`, also where `count` is beyond `capacity`, less 3 where pieces are no multiples
  ///   of 4.
  func append(
    _ count: Int, _ body: (UnsafeMutableRawPointer) throws(FITSError) -> Void
  ) throws(FITSError) {
    if count > buffer.count - filled { try flush() }
    guard let base = buffer.baseAddress, count >= 0, count <= buffer.count - filled else {
      throw FITSError(.unwritable, "a piece of \(count) bytes is too long to be written", file: file)
    }
    try body(base + filled)
    filled += count
  }

  /// Fills up to a multiple of 2880 bytes with zeros and writes what is left.
  ///
  /// - Returns: where the next HDU begins.
  func finish() throws(FITSError) -> Int {
    let rest = (position + filled) % FITSGate.block
    if rest > 0 {
      let padding = FITSGate.block - rest
      try append(padding) { bytes throws(FITSError) in
        bytes.initializeMemory(as: UInt8.self, repeating: 0, count: padding)
      }
    }
    try flush()
    return position
  }

  private func flush() throws(FITSError) {
    let whole = filled / 4 * 4
    let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<whole])
    checksum.add(bytes)
    try Self.write(bytes, to: descriptor, at: position, file: file)
    position += whole
    for index in whole..<filled { buffer[index - whole] = buffer[index] }
    filled -= whole
  }

  /// Writes bytes at a position.
  static func write(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at position: Int, file: String
  ) throws(FITSError) {
    var done = 0
    while done < bytes.count {
      let count = pwrite(
        descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, position + done)
      if count < 0 {
        if errno == EINTR { continue }
        throw FITSError(
          .unwritable, "cannot write: \(String(cString: strerror(errno)))", file: file)
      }
      done += count
    }
  }
}
