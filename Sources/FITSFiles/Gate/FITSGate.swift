/// The check that every file passes before anything else, CFITSIO included, may look at it.
///
/// It reads headers only, block by block, and holds every size against the file's length. CFITSIO
/// 4.2.0 writes out of bounds for a header with NAXIS = 999 and for damaged HCOMPRESS data, so that
/// both are refused here. What passes is described by a `FITSStructure`.
public enum FITSGate {
  /// The largest number of cards in one header.
  public static let maximumCards = 10_000
  /// The largest number of HDUs in a file.
  public static let maximumHDUs = 1_000
  /// The largest NAXIS; the standard allows 999.
  public static let maximumAxes = 8
  /// How many times larger than the file a tile-compressed image may become.
  public static let maximumCompressionRatio = 10_000

  static let block = 2880

  /// Checks bytes in memory.
  ///
  /// - Parameter name: what messages call the bytes.
  /// - Throws: `FITSError`.
  public static func check(_ bytes: [UInt8], name: String = "memory") throws(FITSError)
    -> FITSStructure
  {
    try check(MemorySource(name: name, content: bytes))
  }

  /// Checks a file; one in gzip is unpacked first.
  ///
  /// - Parameter unpackedLimit: how many bytes a file in gzip may unpack to.
  /// - Throws: `FITSError`.
  public static func check(path: String, unpackedLimit: Int = 1 << 30) throws(FITSError)
    -> FITSStructure
  {
    try FITSInput(path: path, unpackedLimit: unpackedLimit).structure
  }

  static func check(_ source: some ByteSource) throws(FITSError) -> FITSStructure {
    guard source.length > 0 else {
      throw FITSError(.notFITS, "the file is empty", file: source.name)
    }
    let magic = try source.bytes(at: 0, count: 10)
    guard magic.starts(with: Array("SIMPLE  =".utf8)) else {
      throw FITSError(.notFITS, "the file does not begin with SIMPLE", file: source.name)
    }
    var hdus: [FITSStructure.HDU] = []
    var warnings: [String] = []
    var offset = 0
    while offset < source.length {
      if !hdus.isEmpty, try endsHere(source, offset, hdus.count, &warnings) { break }
      guard hdus.count < maximumHDUs else {
        throw FITSError(.tooLarge, "more than \(maximumHDUs) HDUs", file: source.name)
      }
      let header = try HeaderBlock(source, at: offset, hdu: hdus.count)
      warnings += header.warnings
      let hdu = try HDULayout.describe(header, file: source.name)
      let (end, overflow) = hdu.dataOffset.addingReportingOverflow(hdu.dataBytes)
      guard !overflow, end <= source.length else {
        throw FITSError(
          .truncated,
          "the data need \(hdu.dataBytes) bytes, and the file has "
            + "\(max(0, source.length - hdu.dataOffset))", file: source.name, hdu: hdu.index)
      }
      hdus.append(hdu)
      let padded = (hdu.dataBytes + block - 1) / block * block
      offset = hdu.dataOffset + padded
      if offset > source.length {
        warnings.append("the last block is not filled up to 2880 bytes")
      }
    }
    return FITSStructure(hdus: hdus, warnings: warnings)
  }

  /// Whether only padding follows. Anything else that is no extension is an error, lest an
  /// extension with a damaged first card vanish without a word.
  private static func endsHere(
    _ source: some ByteSource, _ offset: Int, _ count: Int, _ warnings: inout [String]
  ) throws(FITSError) -> Bool {
    let head = try source.bytes(at: offset, count: block)
    if head.starts(with: Array("XTENSION".utf8)) { return false }
    if head.allSatisfy({ $0 == 0 }) || head.allSatisfy({ $0 == 0x20 }) {
      warnings.append("\(source.length - offset) bytes of padding after the last HDU")
      return true
    }
    throw FITSError(
      .badHeader, "what follows at byte \(offset) does not begin with XTENSION",
      file: source.name, hdu: count)
  }
}
