/// Reads the rows of a binary table whose layout the gate has checked.
struct TableDecoder {
  private let hdu: FITSStructure.HDU
  private let file: OpenFile

  init(_ hdu: FITSStructure.HDU, _ file: OpenFile) {
    self.hdu = hdu
    self.file = file
  }

  /// Reads all columns.
  func table() throws(FITSError) -> FITSTable {
    let (rowBytes, rows) = (hdu.axes[0], hdu.axes[1])
    // Without columns the number of rows is only a claim, which nothing in the file backs.
    let bytes = try file.bytes(at: hdu.dataOffset, count: rowBytes * rows)
    var columns: [FITSColumn] = []
    var unread: [String] = []
    var offset = 0
    let fields = hdu.cards.value(of: "TFIELDS")?.integer ?? 0
    for number in 1..<fields + 1 {
      guard let form = text("TFORM\(number)").flatMap({ TableForm($0) }), let width = form.bytes
      else { break }
      let card = hdu.cards.card("TTYPE\(number)")
      let name = card?.value.text ?? "COL\(number)"
      if rowBytes > 0, width > 0,
        let values = try values(number, form, Column(bytes, rowBytes, rows, offset))
      {
        columns.append(
          FITSColumn(
            name, unit: text("TUNIT\(number)") ?? "", comment: card?.comment ?? "",
            displayFormat: text("TDISP\(number)"), values: values))
      } else {
        unread.append(name)
      }
      offset += width
    }
    return FITSTable(
      name: hdu.name, cards: hdu.cards, rows: rows, columns: columns, unreadColumns: unread,
      file: file.name, hdu: hdu.index)
  }

  private func text(_ keyword: String) -> String? { hdu.cards.value(of: keyword)?.text }

  private func values(_ number: Int, _ form: TableForm, _ column: Column) throws(FITSError)
    -> FITSColumn.Values?
  {
    switch form.letter {
    case "A": return .texts(column.texts(form.count))
    case "L" where form.count == 1: return .logicals(column.logicals())
    case "B", "I", "J", "K", "E", "D": break
    default: return nil
    }
    let scale = hdu.cards.value(of: "TSCAL\(number)")?.number ?? 1
    let zero = hdu.cards.value(of: "TZERO\(number)")?.number ?? 0
    let isPlain = scale == 1 && zero == 0
    if form.count == 1, form.letter == "E", isPlain { return .floats(column.floats()) }
    if form.letter == "E" || form.letter == "D" {
      let numbers = column.reals(form).map { $0 * scale + zero }
      let exact = isPlain ? column.reals(form) : numbers
      return form.count == 1 ? .doubles(exact) : .vectors(exact, width: form.count)
    }
    let null = hdu.cards.value(of: "TNULL\(number)")?.integer.map { Int64($0) }
    let stored = column.integers(form)
    if form.count == 1, scale == 1, let shift = Int64(exactly: zero) {
      var result: [Int64?] = []
      result.reserveCapacity(stored.count)
      for value in stored {
        let (sum, overflow) = value.addingReportingOverflow(shift)
        if overflow {
          throw FITSError(
            .unsupported, "column \(number) exceeds 64 bits", file: file.name, hdu: hdu.index)
        }
        result.append(value == null ? nil : sum)
      }
      return .integers(result)
    }
    let numbers = stored.map { $0 == null ? .nan : Double($0) * scale + zero }
    return form.count == 1 ? .doubles(numbers) : .vectors(numbers, width: form.count)
  }
}

/// The bytes of one column within the rows of a table.
private struct Column {
  private let bytes: [UInt8]
  private let rowBytes: Int
  private let rows: Int
  private let offset: Int

  init(_ bytes: [UInt8], _ rowBytes: Int, _ rows: Int, _ offset: Int) {
    self.bytes = bytes
    self.rowBytes = rowBytes
    self.rows = rows
    self.offset = offset
  }

  private func start(_ row: Int) -> Int { row * rowBytes + offset }

  private func word<T: FixedWidthInteger>(_ row: Int, _ element: Int, _ type: T.Type) -> T {
    bytes.withUnsafeBytes {
      T(
        bigEndian: $0.loadUnaligned(
          fromByteOffset: start(row) + element * MemoryLayout<T>.size, as: T.self))
    }
  }

  private func map<T, U>(_ count: Int, _ type: T.Type, _ body: (T) -> U) -> [U]
  where T: FixedWidthInteger {
    var result: [U] = []
    result.reserveCapacity(rows * count)
    for row in 0..<rows {
      for element in 0..<count { result.append(body(word(row, element, T.self))) }
    }
    return result
  }

  func texts(_ width: Int) -> [String] {
    (0..<rows).map { row in
      let field = bytes[start(row)..<start(row) + width].prefix { $0 != 0 }
      return CardParser.string(CardParser.trimmed(field))
    }
  }

  func logicals() -> [Bool?] {
    (0..<rows).map { row in
      switch bytes[start(row)] {
      case UInt8(ascii: "T"): true
      case UInt8(ascii: "F"): false
      default: nil
      }
    }
  }

  func floats() -> [Float] { map(1, UInt32.self) { Float(bitPattern: $0) } }

  func reals(_ form: TableForm) -> [Double] {
    if form.letter == "E" {
      return map(form.count, UInt32.self) { Double(Float(bitPattern: $0)) }
    }
    return map(form.count, UInt64.self) { Double(bitPattern: $0) }
  }

  func integers(_ form: TableForm) -> [Int64] {
    switch form.letter {
    case "B": map(form.count, UInt8.self) { Int64($0) }
    case "I": map(form.count, Int16.self) { Int64($0) }
    case "J": map(form.count, Int32.self) { Int64($0) }
    default: map(form.count, Int64.self) { $0 }
    }
  }
}
