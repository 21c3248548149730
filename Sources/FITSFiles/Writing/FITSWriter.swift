/// Writes whole FITS files.
public enum FITSWriter {
  /// Writes a file whose HDUs are all in memory.
  ///
  /// The file appears under its name when it is whole and on the disk. The same HDUs always give
  /// the same bytes; no DATE is written unless it is among the cards.
  ///
  /// - Throws: `FITSError`, `FileError`; an older file of that name is then unchanged.
  public static func write(to path: String, hdus: [FITSHDU]) throws {
    try FITSStreamWriter.write(to: path) { file in
      for hdu in hdus { try file.append(hdu) }
    }
  }
}
