import CCFITSIO

/// Unpacks gzip in a stream, with a limit, into a spool: memory does not grow with the content.
enum GzipSpool {
  /// Whether the file begins with gzip's magic bytes, whatever its name is.
  static func isGzip(_ file: OpenFile) throws(FITSError) -> Bool {
    try file.bytes(at: 0, count: 2) == [0x1F, 0x8B]
  }

  /// Unpacks all members of a gzip file.
  ///
  /// - Throws: `tooLarge` as soon as the limit is passed, `truncated`, `library` for damaged data.
  static func unpack(_ file: OpenFile, limit: Int) throws(FITSError) -> OpenFile {
    var spool = try Spool(for: file.name)
    var stream = z_stream()
    guard vison_inflate_init(&stream) == Z_OK else {
      throw FITSError(.library, "zlib cannot start", file: file.name)
    }
    defer { inflateEnd(&stream) }
    let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer {
      input.deallocate()
      output.deallocate()
    }
    var position = 0
    var memberEnded = false
    while position < file.length {
      let count = min(input.count, file.length - position)
      try file.read(UnsafeMutableRawBufferPointer(rebasing: input[..<count]), at: position)
      position += count
      stream.next_in = input.baseAddress?.assumingMemoryBound(to: Bytef.self)
      stream.avail_in = uInt(count)
      repeat {
        if memberEnded {
          // Zeros after the last member are padding, as gzip itself has it.
          if stream.next_in.pointee == 0 { return try spool.opened() }
          inflateReset(&stream)
          memberEnded = false
        }
        stream.next_out = output.baseAddress?.assumingMemoryBound(to: Bytef.self)
        stream.avail_out = uInt(output.count)
        let status = inflate(&stream, Z_NO_FLUSH)
        guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
          throw FITSError(
            .library, "the gzip data are damaged near byte \(position)", file: file.name)
        }
        let produced = output.count - Int(stream.avail_out)
        guard spool.length + produced <= limit else {
          throw FITSError(
            .tooLarge, "the file unpacks to more than \(limit) bytes", file: file.name)
        }
        try spool.append(UnsafeRawBufferPointer(rebasing: output[..<produced]))
        memberEnded = status == Z_STREAM_END
        if status == Z_BUF_ERROR { break }
      } while stream.avail_in > 0 || (stream.avail_out == 0 && !memberEnded)
    }
    guard memberEnded else {
      throw FITSError(
        .truncated, "the gzip data end early, after \(spool.length) unpacked bytes",
        file: file.name)
    }
    return try spool.opened()
  }
}
