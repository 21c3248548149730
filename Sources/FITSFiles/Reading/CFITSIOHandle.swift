import CCFITSIO

/// The owner of one open file of CFITSIO; it exists only for files that passed the gate.
///
/// The reader's status is checked after every call, and the library's message stack is drained into
/// the error, or it would turn up in the next one.
final class CFITSIOHandle {
  private let handle: UnsafeMutablePointer<fitsfile>
  private let input: FITSInput

  /// Opens the input for reading.
  init(_ input: FITSInput) throws(FITSError) {
    var status: Int32 = 0
    var opened: UnsafeMutablePointer<fitsfile>?
    vison_fits_open_diskfile(&opened, input.file.descriptorPath, &status)
    guard status == 0, let opened else {
      throw Self.failure("the file cannot be opened", status, input.path, nil)
    }
    handle = opened
    self.input = input
  }

  deinit {
    var status: Int32 = 0
    vison_fits_close_file(handle, &status)
    if status != 0 { _ = Self.drainMessages() }
  }

  /// Moves to an HDU, counted from 0, and runs calls of CFITSIO on it.
  func with(
    _ hdu: FITSStructure.HDU, doing what: String,
    _ body: (UnsafeMutablePointer<fitsfile>, inout Int32) -> Void
  ) throws(FITSError) {
    var status: Int32 = 0
    vison_fits_movabs_hdu(handle, Int32(hdu.index + 1), &status)
    if status == 0 { body(handle, &status) }
    guard status == 0 else {
      throw Self.failure("cannot \(what)", status, input.path, hdu.index)
    }
  }

  private static func failure(_ detail: String, _ status: Int32, _ file: String, _ hdu: Int?)
    -> FITSError
  {
    var text = [CChar](repeating: 0, count: 81)
    vison_fits_get_errstatus(status, &text)
    let kind: FITSError.Kind = status == NUM_OVERFLOW ? .unsupportedPixels : .library
    return FITSError(
      kind, "\(detail): \(string(text))", file: file, hdu: hdu, status: status,
      messages: drainMessages())
  }

  private static func drainMessages() -> [String] {
    var messages: [String] = []
    var text = [CChar](repeating: 0, count: 256)
    while vison_fits_read_errmsg(&text) != 0 { messages.append(string(text)) }
    return messages
  }

  private static func string(_ text: [CChar]) -> String {
    CardParser.string(text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) })
  }
}
