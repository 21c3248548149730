import CCFITSIO

/// Unpacks every gzip tile of a compressed image once, with limits, before CFITSIO sees it.
///
/// CFITSIO 4.2.0 never returns from some damaged gzip tiles. So each one must lie within the heap,
/// be a whole stream, and give no more than its tile can hold.
struct GzipTileCheck {
  private let file: OpenFile
  private let hdu: FITSStructure.HDU

  /// Checks an HDU; one that is no compressed image passes.
  ///
  /// - Throws: `library` for a damaged tile.
  static func check(_ file: OpenFile, _ hdu: FITSStructure.HDU) throws(FITSError) {
    guard case .compressedImage(let codec) = hdu.kind else { return }
    let check = GzipTileCheck(file: file, hdu: hdu)
    var offset = 0
    for number in 1..<check.integer("TFIELDS", 0) + 1 {
      guard let text = hdu.cards.value(of: "TFORM\(number)")?.text, let form = TableForm(text),
        let width = form.bytes
      else { break }
      let name = hdu.cards.value(of: "TTYPE\(number)")?.text?.uppercased()
      let isGzip =
        name == "GZIP_COMPRESSED_DATA" || (name == "COMPRESSED_DATA" && codec.hasPrefix("GZIP"))
      if isGzip, width > 0 { try check.column(offset, form, text) }
      offset += width
    }
  }

  private func integer(_ keyword: String, _ other: Int) -> Int {
    hdu.cards.value(of: keyword)?.integer ?? other
  }

  private func column(_ offset: Int, _ form: TableForm, _ text: String) throws(FITSError) {
    let (rowBytes, rows) = (integer("NAXIS1", 0), integer("NAXIS2", 0))
    let heap = integer("THEAP", rowBytes * rows)
    // The element's type follows the letter P or Q.
    let afterLetter = text.drop { $0 != "P" && $0 != "Q" }.dropFirst().first
    let size = ["I": 2, "J": 4, "K": 8][afterLetter ?? "B"] ?? 1
    var tile = max(4, abs(hdu.bitpix) / 8)
    for (index, length) in hdu.axes.enumerated() {
      let side = integer("ZTILE\(index + 1)", index == 0 ? length : 1)
      let (product, overflow) = tile.multipliedReportingOverflow(by: min(side, length))
      tile = overflow ? Int.max : product
    }
    for row in 0..<rows {
      let at = hdu.dataOffset + row * rowBytes + offset
      let wide = form.letter == "Q"
      guard wide || form.letter == "P" else { throw damaged(row) }
      let bytes = try file.bytes(at: at, count: wide ? 16 : 8)
      let count = number(bytes.prefix(bytes.count / 2))
      let start = number(bytes.suffix(bytes.count / 2))
      let (length, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow, length >= 0, start >= 0, start <= hdu.dataBytes - heap,
        length <= hdu.dataBytes - heap - start
      else { throw damaged(row) }
      if length > 0 {
        try inflateTile(hdu.dataOffset + heap + start, length, limit: tile, row)
      }
    }
  }

  private func number(_ bytes: ArraySlice<UInt8>) -> Int {
    let value = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return bytes.count == 4 ? Int(Int32(truncatingIfNeeded: value)) : Int(truncatingIfNeeded: value)
  }

  private func inflateTile(_ start: Int, _ length: Int, limit: Int, _ row: Int) throws(FITSError) {
    var packed = try file.bytes(at: start, count: length)
    var scratch = [UInt8](repeating: 0, count: 1 << 16)
    var produced = 0
    var status = Z_OK
    packed.withUnsafeMutableBufferPointer { input in
      scratch.withUnsafeMutableBufferPointer { output in
        var stream = z_stream()
        guard vison_inflate_init(&stream) == Z_OK else { return }
        defer { inflateEnd(&stream) }
        stream.next_in = input.baseAddress
        stream.avail_in = uInt(clamping: input.count)
        while status == Z_OK, produced <= limit {
          stream.next_out = output.baseAddress
          stream.avail_out = uInt(output.count)
          status = inflate(&stream, Z_NO_FLUSH)
          produced += output.count - Int(stream.avail_out)
        }
      }
    }
    guard status == Z_STREAM_END, produced <= limit else { throw damaged(row) }
  }

  private func damaged(_ row: Int) -> FITSError {
    FITSError(
      .library, "the gzip data of tile \(row + 1) are damaged", file: file.name, hdu: hdu.index)
  }
}
