public import Detector

/// Reads a raw frame of unsigned 16-bit pixels, whole or in bands of rows, at the speed of the page
/// cache.
///
/// Plain files are read in place, by `pread` so that a file which shrinks gives an error and not a
/// signal. Files in gzip, and tile-compressed images, are unpacked once into a temporary file
/// without a name. Accepted pixels: BITPIX 16 with BZERO 32768; BITPIX 16 without BZERO, BITPIX 8
/// and BITPIX 32 as long as all values are in 0...65535. A reader may be used by several tasks.
public final class RawFrameReader: Sendable {
  /// The number of columns.
  public let width: Int
  /// The number of rows.
  public let height: Int
  /// The header of the image's HDU.
  public let header: [FITSCard]
  /// The header of the primary HDU; the same as `header` where the image is in there.
  public let primaryHeader: [FITSCard]
  /// The HDU that holds the frame.
  public let hdu: FITSStructure.HDU
  /// What is irregular in the file, but harmless.
  public let warnings: [String]

  private let file: OpenFile
  private let offset: Int
  private let pixels: RawPixels

  /// The number of bytes converted at a time; they stay in the second-level cache.
  private static let piece = 256 << 10

  /// Opens a frame.
  ///
  /// - Parameters:
  ///   - path: the file; taken literally, brackets have no meaning.
  ///   - hdu: which HDU is the frame.
  ///   - expecting: the size that the camera's frames have, or nil for any.
  ///   - unpackedLimit: how many bytes a compressed file may unpack to.
  /// - Throws: `FITSError`: anything from the gate, `noSuchHDU`, `wrongSize`, `unsupportedPixels`.
  public init(
    path: String, hdu selection: FITSSelection = .lastImage,
    expecting: (width: Int, height: Int)? = nil, unpackedLimit: Int = 1 << 30
  ) throws(FITSError) {
    let input = try FITSInput(path: path, unpackedLimit: unpackedLimit)
    let hdu = try input.structure.hdu(selection, file: path)
    guard let size = hdu.imageSize else {
      throw FITSError(
        .noSuchHDU, "this is no image with two axes", file: path, hdu: hdu.index)
    }
    if let expecting, expecting != size {
      throw FITSError(
        .wrongSize,
        "the frame has \(size.width) x \(size.height) pixels, and the camera "
          + "\(expecting.width) x \(expecting.height)", file: path, hdu: hdu.index)
    }
    guard let stored = RawPixels(hdu) else {
      throw FITSError(
        .unsupportedPixels,
        "BITPIX \(hdu.bitpix) with BZERO \(hdu.bzero), BSCALE \(hdu.bscale) is no raw frame",
        file: path, hdu: hdu.index)
    }
    (width, height) = size
    header = hdu.cards
    primaryHeader = input.structure.hdus.first?.cards ?? []
    warnings = input.structure.warnings
    self.hdu = hdu
    if case .compressedImage = hdu.kind {
      file = try CompressedSpool.decode(input, hdu: hdu, size: size)
      offset = 0
      pixels = .native
    } else {
      file = input.file
      offset = hdu.dataOffset
      pixels = stored
    }
  }

  /// Reads the whole frame into a new image.
  ///
  /// - Throws: `changed`, `unreadable`, `unsupportedPixels`.
  public func read() throws(FITSError) -> Image<UInt16> {
    let image = Image<UInt16>(width: width, height: height)
    try read(into: image)
    return image
  }

  /// Reads the whole frame.
  ///
  /// - Precondition: the image has the frame's size.
  /// - Throws: `changed`, `unreadable`, `unsupportedPixels`.
  public func read(into image: Image<UInt16>) throws(FITSError) {
    precondition(image.width == width && image.height == height)
    try readRows(0..<height, into: image.pixels)
  }

  /// Reads a band of rows.
  ///
  /// - Precondition: the rows are within the frame, and the buffer has room for them.
  /// - Throws: `changed`, `unreadable`, `unsupportedPixels`.
  public func readRows(_ rows: Range<Int>, into buffer: UnsafeMutableBufferPointer<UInt16>)
    throws(FITSError)
  {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= height)
    precondition(buffer.count >= rows.count * width)
    let total = rows.count * width
    let step = Self.piece / pixels.size
    let scratch =
      needsScratch
      ? UnsafeMutableRawBufferPointer.allocate(
        byteCount: min(Self.piece, max(4, total * pixels.size)), alignment: 64) : nil
    defer { scratch?.deallocate() }
    var done = 0
    while done < total {
      let count = min(step, total - done)
      let target = UnsafeMutableBufferPointer(rebasing: buffer[done..<done + count])
      let position = offset + (rows.lowerBound * width + done) * pixels.size
      if let scratch {
        try file.read(
          UnsafeMutableRawBufferPointer(rebasing: scratch[..<(count * pixels.size)]), at: position)
        try convert(scratch, into: target)
      } else {
        try file.read(UnsafeMutableRawBufferPointer(target), at: position)
        try convert(target)
      }
      done += count
    }
  }

  // MARK: - Conversion

  private var needsScratch: Bool {
    switch pixels {
    case .bytes, .signed32: true
    case .shifted16, .signed16, .native: false
    }
  }

  private func convert(_ words: UnsafeMutableBufferPointer<UInt16>) throws(FITSError) {
    switch pixels {
    case .shifted16: RawPixels.swap(words, flipping: 0x8000)
    case .signed16:
      guard RawPixels.swap(words, flipping: 0) < 0x8000 else { throw outside() }
    case .native, .bytes, .signed32: break
    }
  }

  private func convert(
    _ scratch: UnsafeMutableRawBufferPointer, into words: UnsafeMutableBufferPointer<UInt16>
  ) throws(FITSError) {
    guard let base = scratch.baseAddress else { return }
    if case .signed32(let offset) = pixels {
      let integers = base.assumingMemoryBound(to: UInt32.self)
      guard RawPixels.narrow(integers, offset: offset, into: words) else { throw outside() }
    } else {
      RawPixels.widen(base.assumingMemoryBound(to: UInt8.self), into: words)
    }
  }

  private func outside() -> FITSError {
    FITSError(
      .unsupportedPixels, "a pixel is outside 0...65535", file: file.name, hdu: hdu.index)
  }
}
