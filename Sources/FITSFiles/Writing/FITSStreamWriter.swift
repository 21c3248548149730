import Diagnostics
import DurableFiles

#if canImport(Glibc)
  import Glibc
#endif

/// Writes a FITS file HDU by HDU, so that memory holds one HDU at a time.
///
/// Every HDU gets DATASUM and CHECKSUM with fixed comments: the same content gives the same bytes.
///
/// ```swift
/// try FITSStreamWriter.write(to: path) { file in
///   try file.append(.empty(cards: cards))
///   for slot in slots { try file.append(.image(name: slot.name, pixels: .float32(map(slot)))) }
/// }
/// ```
public final class FITSStreamWriter {
  private let descriptor: Int32
  let path: String
  private var position = 0
  private(set) var count = 0
  private var names: Set<String> = []

  private init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  /// Makes a file that `body` fills; it appears under its name when it is whole.
  ///
  /// - Parameters:
  ///   - path: the file; one that is there already is replaced.
  ///   - body: appends HDUs.
  /// - Throws: `FITSError`, `FileError`, and what `body` throws; no file is made then.
  public static func write(
    to path: String, body: (FITSStreamWriter) throws -> Void
  ) throws {
    try AtomicFile.write(to: path) { temporary in
      try fill(temporary, reportedAs: path, body: body)
    }
  }

  /// Makes the file under its temporary name.
  static func fill(
    _ temporary: String, reportedAs path: String, body: (FITSStreamWriter) throws -> Void
  ) throws {
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666)
    guard descriptor >= 0 else { throw FileError(action: "write", path: path, errno: errno) }
    do {
      let writer = FITSStreamWriter(descriptor: descriptor, path: path)
      try body(writer)
      guard writer.count > 0 else {
        throw FITSError(.badContent, "a file without any HDU", file: path)
      }
    } catch {
      close(descriptor)
      throw error
    }
    guard close(descriptor) == 0 else {
      throw FileError(action: "write", path: path, errno: errno)
    }
  }

  /// Appends an HDU.
  ///
  /// - Throws: `badContent` for what FITS cannot express, also for a name and version that an
  ///   earlier HDU has; `unwritable`.
  public func append(_ hdu: FITSHDU) throws(FITSError) {
    switch hdu {
    case .empty(let cards):
      var header = try begin(bitpix: 8, axes: [])
      try header.append(user: cards)
      try finish(header) { _ throws(FITSError) in }
    case .image(let name, let version, let cards, let pixels):
      let encoder = try ImageEncoder(pixels, file: path, hdu: count)
      let isEmpty = encoder.width == 0 || encoder.height == 0
      var header = try begin(
        bitpix: encoder.bitpix, axes: isEmpty ? [] : [encoder.width, encoder.height])
      try identify(name, version, in: &header)
      if let scaling = encoder.scaling {
        try header.append("BSCALE", .real(scaling.step), "physical = BZERO + BSCALE * stored")
        try header.append("BZERO", .real(scaling.zero), "")
        if case .scaledInt16 = pixels {
          try header.append("BLANK", .integer(-32768), "stands for a missing value")
        }
      }
      try header.append(user: cards)
      try finish(header) { sink throws(FITSError) in
        if !isEmpty { try encoder.write(to: sink) }
      }
    case .table(let name, let version, let cards, let columns):
      if count == 0 { try append(.empty(cards: [])) }
      let encoder = try TableEncoder(columns, file: path, hdu: count)
      var header = try begin(
        bitpix: 8, axes: [encoder.rowBytes, encoder.rows], type: "BINTABLE",
        fields: columns.count)
      try identify(name, version, in: &header)
      try encoder.describe(in: &header)
      try header.append(user: cards)
      try finish(header) { sink throws(FITSError) in try encoder.write(to: sink) }
    }
  }

  // MARK: - Steps

  func begin(bitpix: Int, axes: [Int], type: String = "IMAGE", fields: Int? = nil)
    throws(FITSError) -> CardEncoder
  {
    guard count < FITSGate.maximumHDUs else {
      throw FITSError(.badContent, "more than \(FITSGate.maximumHDUs) HDUs", file: path)
    }
    var header = CardEncoder(file: path, hdu: count)
    if count == 0 {
      try header.append("SIMPLE", true, "conforms to the FITS standard")
    } else {
      try header.append("XTENSION", .text(type), "extension type")
    }
    try header.append("BITPIX", .integer(bitpix), "bits per value")
    try header.append("NAXIS", .integer(axes.count), "number of axes")
    for (index, length) in axes.enumerated() {
      try header.append("NAXIS\(index + 1)", .integer(length), "")
    }
    if count == 0 {
      try header.append("EXTEND", true, "there may be extensions")
    } else {
      try header.append("PCOUNT", 0, "number of parameters")
      try header.append("GCOUNT", 1, "number of groups")
    }
    if let fields { try header.append("TFIELDS", .integer(fields), "number of columns") }
    return header
  }

  func identify(_ name: String, _ version: Int, in header: inout CardEncoder)
    throws(FITSError)
  {
    guard !name.isEmpty else { return }
    guard name.utf8.count <= 68, name.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      throw FITSError(.badContent, "\"\(name)\" is no name for an HDU", file: path, hdu: count)
    }
    guard names.insert("\(name.uppercased()) \(version)").inserted else {
      throw FITSError(
        .badContent, "there are two HDUs named \(name), version \(version)", file: path, hdu: count)
    }
    try header.append("EXTNAME", .text(name), "name of this HDU")
    if version != 1 { try header.append("EXTVER", .integer(version), "version of this HDU") }
  }

  func finish(
    _ unfinished: CardEncoder, _ data: (DataSink) throws(FITSError) -> Void
  ) throws(FITSError) {
    let start = position
    // The two checksum cards have a fixed length, so that the header's length is known already.
    let headerBytes = (unfinished.bytes.count + 240 + 2879) / 2880 * 2880
    let sink = DataSink(descriptor: descriptor, position: start + headerBytes, file: path)
    try data(sink)
    position = try sink.finish()

    func header(_ checksum: String) throws(FITSError) -> [UInt8] {
      var header = unfinished
      try header.append("DATASUM", .text("\(sink.checksum.value)"), "checksum of the data")
      try header.append("CHECKSUM", .text(checksum), "checksum of this HDU")
      return header.finished()
    }
    let blank = try header(String(repeating: "0", count: 16))
    var sum = sink.checksum
    sum.add(blank)
    let bytes = try header(sum.encoded)
    var failure: FITSError?
    bytes.withUnsafeBytes {
      do throws(FITSError) {
        try DataSink.write($0, to: descriptor, at: start, file: path)
      } catch { failure = error }
    }
    if let failure { throw failure }
    count += 1
  }
}
