/// Turns columns into the bytes of a binary table HDU.
struct TableEncoder {
  let rows: Int
  let rowBytes: Int
  private let columns: [(column: FITSColumn, form: String, bytes: Int)]
  private let file: String
  private let hdu: Int

  /// Prepares to write a table.
  ///
  /// - Throws: `badContent` for columns of different length, and for names that are empty, too
  ///   long, not ASCII, or given twice.
  init(_ columns: [FITSColumn], file: String, hdu: Int) throws(FITSError) {
    func bad(_ detail: String) -> FITSError {
      FITSError(.badContent, detail, file: file, hdu: hdu)
    }
    guard columns.count <= 999 else { throw bad("\(columns.count) columns; at most 999 can be") }
    self.file = file
    self.hdu = hdu
    var names: Set<String> = []
    var laidOut: [(FITSColumn, String, Int)] = []
    var width = 0
    var rows: Int?
    for column in columns {
      let isPlain = column.name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
      guard isPlain, (1...68).contains(column.name.utf8.count) else {
        throw bad("\"\(column.name)\" is no column name")
      }
      guard names.insert(column.name.uppercased()).inserted else {
        throw bad("the column \(column.name) is given twice")
      }
      guard let count = column.values.rows else {
        throw bad("the vectors of column \(column.name) are incomplete")
      }
      guard rows == nil || rows == count else {
        throw bad("column \(column.name) has \(count) rows, and others \(rows ?? 0)")
      }
      rows = count
      let (form, bytes) = column.values.form
      laidOut.append((column, form, bytes))
      width += bytes
    }
    guard width <= DataSink.capacity / 2 else { throw bad("rows of \(width) bytes are too long") }
    self.columns = laidOut
    self.rows = rows ?? 0
    rowBytes = width
  }

  /// Appends TTYPE, TFORM, TUNIT, TDISP and TNULL of every column.
  func describe(in header: inout CardEncoder) throws(FITSError) {
    for (index, entry) in columns.enumerated() {
      let number = index + 1
      try header.append("TTYPE\(number)", .text(entry.column.name), entry.column.comment)
      try header.append("TFORM\(number)", .text(entry.form), "data format of the column")
      if !entry.column.unit.isEmpty {
        try header.append("TUNIT\(number)", .text(entry.column.unit), "unit of the column")
      }
      if let format = entry.column.displayFormat {
        guard Self.isDisplayFormat(format) else {
          throw FITSError(
            .badContent, "\"\(format)\" is no display format", file: file, hdu: hdu)
        }
        try header.append("TDISP\(number)", .text(format), "display format of the column")
      }
      if case .integers(let values) = entry.column.values, values.contains(nil) {
        try header.append("TNULL\(number)", .integer(Int.min), "stands for a missing value")
      }
    }
  }

  /// Writes all rows.
  func write(to sink: DataSink) throws(FITSError) {
    guard rowBytes > 0 else { return }
    let step = max(1, (DataSink.capacity - 3) / rowBytes)
    var row = 0
    while row < rows {
      let band = row..<min(rows, row + step)
      try sink.append(band.count * rowBytes) { bytes throws(FITSError) in
        var target = bytes
        for entry in columns {
          entry.column.values.encode(band, width: entry.bytes, every: rowBytes, to: target)
          target += entry.bytes
        }
      }
      row = band.upperBound
    }
  }

  private static func isDisplayFormat(_ format: String) -> Bool {
    var rest = Substring(format)
    let letters = rest.prefix { $0.isASCII && $0.isLetter }
    guard ["A", "L", "I", "B", "O", "Z", "F", "E", "EN", "ES", "G", "D"].contains(letters) else {
      return false
    }
    rest = rest.dropFirst(letters.count)
    let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
    return (1...2).contains(parts.count)
      && parts.allSatisfy { part in
        (1...3).contains(part.count) && part.allSatisfy { $0.isASCII && $0.isNumber }
      }
  }
}

extension FITSColumn.Values {
  /// The number of rows; nil where vectors are incomplete.
  var rows: Int? {
    switch self {
    case .integers(let values): values.count
    case .doubles(let values): values.count
    case .floats(let values): values.count
    case .texts(let values): values.count
    case .logicals(let values): values.count
    case .vectors(let values, let width):
      width > 0 && values.count % width == 0 ? values.count / width : nil
    }
  }

  /// TFORM, and the bytes in a row.
  fileprivate var form: (String, Int) {
    switch self {
    case .integers: return ("1K", 8)
    case .doubles: return ("1D", 8)
    case .floats: return ("1E", 4)
    case .texts(let values):
      let width = max(1, values.map { CardEncoder.ascii($0).utf8.count }.max() ?? 1)
      return ("\(width)A", width)
    case .logicals: return ("1L", 1)
    case .vectors(_, let width): return ("\(width)D", width * 8)
    }
  }

  /// Sets this column's bytes in a band of rows that are `pitch` bytes apart.
  fileprivate func encode(
    _ band: Range<Int>, width: Int, every pitch: Int, to target: UnsafeMutableRawPointer
  ) {
    func store<T: FixedWidthInteger>(_ value: T, _ row: Int, _ offset: Int = 0) {
      let place = (row - band.lowerBound) * pitch + offset
      target.storeBytes(of: value.bigEndian, toByteOffset: place, as: T.self)
    }
    switch self {
    case .integers(let values): for row in band { store(values[row] ?? Int64.min, row) }
    case .doubles(let values): for row in band { store(values[row].bitPattern, row) }
    case .floats(let values): for row in band { store(values[row].bitPattern, row) }
    case .texts(let values):
      for row in band {
        let text = Array(CardEncoder.ascii(values[row]).utf8)
        for index in 0..<width { store(index < text.count ? text[index] : 0x20, row, index) }
      }
    case .logicals(let values):
      for row in band {
        store(values[row].map { $0 ? UInt8(ascii: "T") : UInt8(ascii: "F") } ?? 0, row)
      }
    case .vectors(let values, let count):
      for row in band {
        for index in 0..<count { store(values[row * count + index].bitPattern, row, index * 8) }
      }
    }
  }
}
