/// An open file behind the gate: plain, or unpacked from gzip into a spool.
///
/// Only after this check may CFITSIO open `file.descriptorPath`.
final class FITSInput: Sendable {
  /// The file whose bytes are FITS.
  let file: OpenFile
  /// What the gate found.
  let structure: FITSStructure
  /// The path as it was given.
  let path: String
  /// The limit on what compressed data may unpack to.
  let unpackedLimit: Int

  /// Opens a file and sends it through the gate.
  init(path: String, unpackedLimit: Int) throws(FITSError) {
    var file = try OpenFile(path: path)
    if try GzipSpool.isGzip(file) { file = try GzipSpool.unpack(file, limit: unpackedLimit) }
    self.file = file
    self.path = path
    self.unpackedLimit = unpackedLimit
    structure = try FITSGate.check(file)
    for hdu in structure.hdus { try GzipTileCheck.check(file, hdu) }
  }
}
