public import Detector
import Diagnostics
import DurableFiles

#if canImport(Glibc)
  import Glibc
#endif

/// Writes raw frames as the test bench does: a primary HDU without data, and the frame in an
/// extension of 16-bit unsigned pixels (BITPIX 16, BZERO 32768, BUNIT ADU).
public enum RawFrameWriter {
  /// Writes a frame.
  ///
  /// - Parameters:
  ///   - path: the file; one that is there already is replaced.
  ///   - primaryCards: the cards of the primary HDU.
  ///   - extensionName: EXTNAME of the frame.
  ///   - cards: the cards of the frame; BUNIT is added where it is not among them.
  ///   - image: the pixels.
  ///   - durable: false leaves out the flushing to the disk: after a power cut the file may be
  ///     missing or damaged. That is right for frames that can be simulated again.
  /// - Throws: `FITSError`, `FileError`.
  public static func write(
    to path: String, primaryCards: [FITSCard] = [], extensionName: String,
    cards: [FITSCard] = [], image: Image<UInt16>, durable: Bool = true
  ) throws {
    let unit = cards.card("BUNIT") == nil ? [FITSCard("BUNIT", "ADU", "unit of the pixels")] : []
    try write(
      to: path,
      hdus: [
        .empty(cards: primaryCards),
        .image(name: extensionName, cards: unit + cards, pixels: .uint16(image)),
      ], durable: durable)
  }

  /// Writes a frame whose amplifiers have an extension each: their rectangles of a detector's frame, in
  /// the camera's order, oriented as the frame.
  ///
  /// - Parameters:
  ///   - path: the file; one that is there already is replaced.
  ///   - primaryCards: the cards of the primary HDU, which tell of the exposure.
  ///   - amplifiers: the amplifiers; EXTNAME is `extensionName`, or the name where there is none.
  ///   - image: the whole frame; every amplifier lies within it.
  ///   - durable: as above.
  /// - Throws: `FITSError`, `FileError`.
  public static func write(
    to path: String, primaryCards: [FITSCard], amplifiers: [Amplifier], image: Image<UInt16>,
    durable: Bool = true
  ) throws {
    let extensions = amplifiers.map { amplifier in
      let part = Image<UInt16>(width: amplifier.width, height: amplifier.height)
      for y in 0..<amplifier.height {
        for x in 0..<amplifier.width { part[x, y] = image[amplifier.x0 + x, amplifier.y0 + y] }
      }
      return FITSHDU.image(
        name: amplifier.extensionName ?? amplifier.name,
        cards: [FITSCard("BUNIT", "ADU", "unit of the pixels")], pixels: .uint16(part))
    }
    try write(to: path, hdus: [.empty(cards: primaryCards)] + extensions, durable: durable)
  }

  private static func write(to path: String, hdus: [FITSHDU], durable: Bool) throws {
    if durable {
      try FITSWriter.write(to: path, hdus: hdus)
      return
    }
    let unique = String(UInt64.random(in: 0...UInt64.max), radix: 36)
    let folder = AtomicFile.folder(of: path)
    let temporary = "\(folder)/\(AtomicFile.temporaryPrefix)\(getpid())-\(unique).fits"
    do {
      try FITSStreamWriter.fill(temporary, reportedAs: path) { file in
        for hdu in hdus { try file.append(hdu) }
      }
      guard rename(temporary, path) == 0 else {
        throw FileError(action: "write", path: path, errno: errno)
      }
    } catch {
      unlink(temporary)
      throw error
    }
  }
}
