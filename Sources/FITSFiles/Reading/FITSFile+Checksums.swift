extension FITSFile {
  /// Verifies DATASUM and CHECKSUM of every HDU of a file.
  ///
  /// Stricter than the standard: both must be there in every HDU, and nothing may be in the file
  /// but its HDUs, so that no single damaged byte goes unseen.
  ///
  /// - Returns: the number of HDUs.
  /// - Throws: `checksum`, or anything from the gate.
  @discardableResult
  public static func verifyChecksums(_ path: String) throws(FITSError) -> Int {
    let input = try FITSInput(path: path, unpackedLimit: .max)
    return try verify(input.file, input.structure)
  }

  /// Verifies DATASUM and CHECKSUM of every HDU of a file in memory.
  ///
  /// - Returns: the number of HDUs.
  /// - Throws: `checksum`, or anything from the gate.
  @discardableResult
  public static func verifyChecksums(_ bytes: [UInt8], name: String = "memory") throws(FITSError)
    -> Int
  {
    let source = MemorySource(name: name, content: bytes)
    return try verify(source, FITSGate.check(source))
  }

  private static func verify(_ file: some ByteSource, _ structure: FITSStructure) throws(FITSError)
    -> Int
  {
    var end = 0
    for hdu in structure.hdus {
      func wrong(_ detail: String) -> FITSError {
        FITSError(.checksum, detail, file: file.name, hdu: hdu.index)
      }
      end = hdu.dataOffset + (hdu.dataBytes + FITSGate.block - 1) / FITSGate.block * FITSGate.block
      guard end <= file.length else { throw wrong("the last block is incomplete") }
      guard let written = hdu.cards.value(of: "DATASUM")?.text.flatMap({ UInt32($0) }),
        hdu.cards.value(of: "CHECKSUM")?.text?.utf8.count == 16
      else { throw wrong("DATASUM or CHECKSUM is missing") }
      let data = try sum(file, hdu.dataOffset..<end)
      guard data.value == written else { throw wrong("the data do not have their DATASUM") }
      var whole = try sum(file, hdu.headerOffset..<hdu.dataOffset)
      whole.add(data)
      guard whole.value == .max || whole.value == 0 else {
        throw wrong("the HDU does not have its CHECKSUM")
      }
    }
    guard end == file.length else {
      throw FITSError(.checksum, "there are bytes after the last HDU", file: file.name)
    }
    return structure.hdus.count
  }

  private static func sum(_ file: some ByteSource, _ range: Range<Int>) throws(FITSError)
    -> Checksum
  {
    var checksum = Checksum()
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(range.count, 256 << 10), alignment: 64)
    defer { buffer.deallocate() }
    var position = range.lowerBound
    while position < range.upperBound {
      let piece = UnsafeMutableRawBufferPointer(
        rebasing: buffer[..<min(buffer.count, range.upperBound - position)])
      try file.read(piece, at: position)
      checksum.add(UnsafeRawBufferPointer(piece))
      position += piece.count
    }
    return checksum
  }
}
