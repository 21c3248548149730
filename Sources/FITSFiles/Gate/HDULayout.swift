/// From the cards of a header to the kind and the sizes of its data.
struct HDULayout {
  private let header: HeaderBlock
  private let file: String
  private var position = 0

  /// Describes an HDU.
  ///
  /// - Throws: `badHeader`, `unsupported`, `tooLarge`; whether the data are there is not asked yet.
  static func describe(_ header: HeaderBlock, file: String) throws(FITSError) -> FITSStructure.HDU {
    var layout = HDULayout(header: header, file: file)
    return try layout.describe()
  }

  private init(header: HeaderBlock, file: String) {
    self.header = header
    self.file = file
  }

  private mutating func describe() throws(FITSError) -> FITSStructure.HDU {
    var type = "IMAGE"
    if header.index == 0 {
      guard try next("SIMPLE").logical == true else {
        throw bad("SIMPLE is not T")
      }
    } else {
      guard let text = try next("XTENSION").text else { throw bad("XTENSION is no string") }
      type = text
    }
    let bitpix = try integer("BITPIX", in: -64...64)
    guard [8, 16, 32, 64, -32, -64].contains(bitpix) else {
      throw bad("BITPIX is \(bitpix)")
    }
    var axes = try axes("NAXIS")
    var elements = axes.isEmpty ? 0 : 1
    for axis in axes { elements = try product(elements, axis) }
    var extra = 0
    if header.index > 0 {
      extra = try integer("PCOUNT", in: 0...Int.max)
      let groups = try integer("GCOUNT", in: 1...Int.max)
      elements = try product(try sum(elements, extra), groups)
      if type != "IMAGE", type != "FOREIGN", groups != 1 { throw bad("GCOUNT is \(groups)") }
      if type == "IMAGE", groups != 1 || extra != 0 {
        throw bad("an image has PCOUNT \(extra) and GCOUNT \(groups)")
      }
    } else if value("GROUPS")?.logical == true, axes.first == 0 {
      throw refused("random groups are not supported")
    }
    let dataBytes = try product(elements, abs(bitpix) / 8)
    _ = try sum(dataBytes, header.dataOffset)

    var kind = FITSStructure.HDU.Kind.image
    var pixelBits = bitpix
    switch type {
    case "IMAGE": break
    case "BINTABLE", "A3DTABLE":
      try checkBinaryTable(bitpix, axes, heap: extra)
      kind = .binaryTable
      if value("ZTABLE")?.logical == true { throw refused("compressed tables are not supported") }
      if value("ZIMAGE")?.logical == true {
        let image = try compressedImage(rows: axes[1], dataBytes: dataBytes)
        kind = .compressedImage(codec: image.codec)
        pixelBits = image.bitpix
        axes = image.axes
      }
    case "TABLE":
      try checkASCIITable(bitpix, axes)
      kind = .asciiTable
    default: kind = .other(type)
    }
    return FITSStructure.HDU(
      index: header.index, kind: kind, name: value("EXTNAME")?.text ?? "",
      version: value("EXTVER")?.integer ?? 1, bitpix: pixelBits, axes: axes,
      bzero: value("BZERO")?.number ?? 0, bscale: value("BSCALE")?.number ?? 1,
      blank: value("BLANK")?.integer, cards: header.cards, headerOffset: header.offset,
      dataOffset: header.dataOffset, dataBytes: dataBytes)
  }

  // MARK: - Tables

  private mutating func checkBinaryTable(_ bitpix: Int, _ axes: [Int], heap: Int)
    throws(FITSError)
  {
    guard bitpix == 8, axes.count == 2 else {
      throw bad("a table with BITPIX \(bitpix) and \(axes.count) axes")
    }
    let fields = try integer("TFIELDS", in: 0...999)
    var width = 0
    var index = 1
    while index <= fields {
      guard let text = value("TFORM\(index)")?.text, let form = TableForm(text) else {
        throw bad("TFORM\(index) is missing or wrong")
      }
      guard let bytes = form.bytes else { throw tooLarge("TFORM\(index)") }
      width = try sum(width, bytes)
      index += 1
    }
    if value("TFORM\(fields + 1)") != nil { throw bad("there are more TFORM than TFIELDS") }
    guard width == axes[0] else {
      throw bad("the columns take \(width) bytes, and a row has \(axes[0])")
    }
    guard let start = value("THEAP") else { return }
    let table = try product(axes[0], axes[1])
    guard let start = start.integer, start >= table, start <= (try sum(table, heap)) else {
      throw bad("THEAP is outside the data")
    }
  }

  private mutating func checkASCIITable(_ bitpix: Int, _ axes: [Int]) throws(FITSError) {
    guard bitpix == 8, axes.count == 2 else {
      throw bad("a table with BITPIX \(bitpix) and \(axes.count) axes")
    }
    let fields = try integer("TFIELDS", in: 0...999)
    var index = 1
    while index <= fields {
      guard let start = value("TBCOL\(index)")?.integer, start >= 1,
        let width = value("TFORM\(index)")?.text.flatMap(TableForm.width(ofASCII:)), width >= 1,
        (try sum(start - 1, width)) <= axes[0]
      else { throw bad("TBCOL\(index) or TFORM\(index) is missing or wrong") }
      index += 1
    }
  }

  // MARK: - Compressed images

  private func compressedImage(rows: Int, dataBytes: Int) throws(FITSError)
    -> (codec: String, bitpix: Int, axes: [Int])
  {
    guard let codec = value("ZCMPTYPE")?.text else { throw bad("ZCMPTYPE is missing") }
    guard ["RICE_1", "RICE_ONE", "GZIP_1", "GZIP_2", "PLIO_1"].contains(codec) else {
      throw refused("images compressed with \(codec) are refused")
    }
    guard let bitpix = value("ZBITPIX")?.integer, [8, 16, 32, 64, -32, -64].contains(bitpix),
      let count = value("ZNAXIS")?.integer, (1...6).contains(count)
    else { throw bad("ZBITPIX or ZNAXIS is missing or wrong") }
    var axes: [Int] = []
    var bytes = abs(bitpix) / 8
    var tiles = 1
    for number in 1...count {
      guard let length = value("ZNAXIS\(number)")?.integer, (1...Int(Int32.max)).contains(length)
      else { throw bad("ZNAXIS\(number) is missing or wrong") }
      let tile = value("ZTILE\(number)").map(\.integer) ?? (number == 1 ? length : 1)
      guard let tile, (1...Int(Int32.max)).contains(tile) else {
        throw bad("ZTILE\(number) is wrong")
      }
      axes.append(length)
      bytes = try product(bytes, length)
      tiles = try product(tiles, (length - 1) / tile + 1)
    }
    guard tiles == rows else {
      throw bad("the image has \(tiles) tiles, and the table \(rows) rows")
    }
    guard value("TTYPE1") != nil, header.cards.contains(where: Self.namesCompressedData) else {
      throw bad("the table of tiles has no COMPRESSED_DATA")
    }
    guard bytes <= (try product(dataBytes, FITSGate.maximumCompressionRatio)) else {
      throw tooLarge("the compressed image (\(bytes) bytes from \(dataBytes))")
    }
    return (codec, bitpix, axes)
  }

  private static func namesCompressedData(_ card: FITSCard) -> Bool {
    card.keyword.hasPrefix("TTYPE") && card.value.text?.uppercased() == "COMPRESSED_DATA"
  }

  // MARK: - Cards

  /// The value of the next card, which must have this keyword.
  private mutating func next(_ keyword: String) throws(FITSError) -> FITSValue {
    guard position < header.cards.count, header.cards[position].keyword == keyword else {
      throw bad("card \(position + 1) must be \(keyword)")
    }
    position += 1
    return header.cards[position - 1].value
  }

  private mutating func integer(_ keyword: String, in range: ClosedRange<Int>) throws(FITSError)
    -> Int
  {
    guard let number = try next(keyword).integer else { throw bad("\(keyword) is no integer") }
    guard range.contains(number) else { throw bad("\(keyword) is \(number)") }
    return number
  }

  private mutating func axes(_ keyword: String) throws(FITSError) -> [Int] {
    let count = try integer(keyword, in: 0...999)
    guard count <= FITSGate.maximumAxes else {
      throw refused("\(count) axes; at most \(FITSGate.maximumAxes) are accepted")
    }
    var axes: [Int] = []
    while axes.count < count {
      axes.append(try integer("\(keyword)\(axes.count + 1)", in: 0...Int.max))
    }
    return axes
  }

  private func value(_ keyword: String) -> FITSValue? { header.cards.value(of: keyword) }

  // MARK: - Arithmetic and errors

  private func product(_ a: Int, _ b: Int) throws(FITSError) -> Int {
    let (result, overflow) = a.multipliedReportingOverflow(by: b)
    if overflow { throw tooLarge("the data") }
    return result
  }

  private func sum(_ a: Int, _ b: Int) throws(FITSError) -> Int {
    let (result, overflow) = a.addingReportingOverflow(b)
    if overflow { throw tooLarge("the data") }
    return result
  }

  private func bad(_ detail: String) -> FITSError {
    FITSError(.badHeader, detail, file: file, hdu: header.index)
  }

  private func refused(_ detail: String) -> FITSError {
    FITSError(.unsupported, detail, file: file, hdu: header.index)
  }

  private func tooLarge(_ what: String) -> FITSError {
    FITSError(.tooLarge, "\(what) would exceed every limit", file: file, hdu: header.index)
  }
}
