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
    let hdus: [FITSHDU] = [
      .empty(cards: primaryCards),
      .image(name: extensionName, cards: unit + cards, pixels: .uint16(image)),
    ]
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
