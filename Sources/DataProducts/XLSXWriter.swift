import DurableFiles

#if canImport(Glibc)
  import Glibc
#endif

/// Writes data products as Excel workbooks: sheets Header, Meta, one for each table, Provenance, and
/// Figures where there are pictures.
///
/// Cells hold numbers with 16 digits; FITS and JSON hold all. Missing values are blank cells.
public enum XLSXWriter {
  /// Writes a product to `path`.
  ///
  /// - Parameters:
  ///   - created: the workbook's only date, in seconds since 1970, UTC.
  ///   - pictures: PNG files, shown one below the other on a sheet of their own.
  /// - Throws: `DataProductError`, `FileError`.
  public static func write(
    _ product: DataProduct, to path: String, created: Int64, pictures: [String] = []
  ) throws {
    for table in product.tables {
      try table.validate()
      guard table.rowCount <= Sheet.rowLimit - 2,
        table.columnsWithReasons.count <= Sheet.columnLimit
      else {
        throw DataProductError(
          .sheetTooLarge,
          "\(table.rowCount) rows and \(table.columns.count) columns do not fit on a sheet",
          place: "table \"\(table.name)\"")
      }
    }
    let images = try pictures.map { try Picture(path: $0) }
    let cells = product.tables.reduce(0) { $0 + $1.rowCount * $1.columns.count }
    try AtomicFile.write(to: path) { temporary in
      let workbook = try Workbook(
        path: temporary, title: product.title, created: created, streams: cells > 100_000)
      try writeEntries(
        product.header, title: product.title, to: workbook.addSheet("Header"))
      try writeEntries(product.meta, title: "MetaInfo", to: workbook.addSheet("Meta"))
      for table in product.tables { try write(table, to: workbook.addSheet(table.name)) }
      if !product.provenance.isEmpty {
        try write(provenance(product.provenance), to: workbook.addSheet("Provenance"))
      }
      if !images.isEmpty { try write(images, to: workbook.addSheet("Figures")) }
      try workbook.close()
    }
  }

  // MARK: - Sheets

  private static func writeEntries(
    _ entries: [DataProduct.Entry], title: String, to sheet: Sheet
  ) throws(DataProductError) {
    let keyWidth = width(entries.map(\.key))
    try sheet.setWidth(keyWidth, column: 0)
    try sheet.setWidth(width(entries.map { $0.value.plain ?? "" }), column: 1)
    try sheet.setWidth(width(entries.map(\.comment)), column: 2)
    try sheet.write(.text(title), row: 0, column: 0, .title)
    for (index, entry) in entries.enumerated() {
      try sheet.write(.text(entry.key), row: 4 + index, column: 0, .bold)
      try sheet.write(entry.value, row: 4 + index, column: 1)
      try sheet.write(.text(entry.comment), row: 4 + index, column: 2, .unit)
    }
  }

  private static func write(_ table: DataTable, to sheet: Sheet) throws(DataProductError) {
    let columns = table.columnsWithReasons
    guard !columns.isEmpty else { return }
    let styles = columns.map(style)
    for (index, column) in columns.enumerated() {
      try sheet.setWidth(width(column), column: index)
      try sheet.write(.text(column.name), row: 0, column: index, .heading)
      try sheet.comment(column.description, row: 0, column: index)
    }
    for (index, column) in columns.enumerated() {
      try sheet.write(.text(column.unit), row: 1, column: index, .unit)
    }
    for row in 0..<table.rowCount {
      for (index, column) in columns.enumerated() {
        try sheet.write(column.value(row), row: row + 2, column: index, styles[index])
      }
    }
    sheet.freeze(rows: 2, columns: 0)
    // The filter's buttons stand in the unit row, so that sorting leaves both header rows alone.
    try sheet.filter(row: 1, lastRow: max(table.rowCount + 1, 2), columns: columns.count)
  }

  private static func write(_ images: [Picture], to sheet: Sheet) throws(DataProductError) {
    var row = 0
    for image in images {
      try sheet.write(.text(image.name), row: row, column: 0, .bold)
      try sheet.insert(image.bytes, description: image.name, row: row + 1)
      // A row is 20 pixels high.
      row += 3 + image.height / 20
    }
  }

  private static func provenance(_ sources: [DataProduct.Source]) -> DataTable {
    DataTable(
      "Provenance",
      columns: [
        DataColumn("Role", .texts(sources.map(\.role))),
        DataColumn("Name", .texts(sources.map(\.name))),
        DataColumn("SHA-256", .texts(sources.map(\.checksum))),
        DataColumn("Note", .texts(sources.map(\.note))),
      ])
  }

  // MARK: - Looks

  private static func style(_ column: DataColumn) -> Workbook.Style {
    switch (column.values, column.display) {
    case (.texts, _): .plain
    case (.integers, .general): .number("0")
    case (.doubles, .general): .number("General")
    case (_, .fixed(let digits)): .number("0" + decimals(digits))
    case (_, .scientific(let digits)): .number("0" + decimals(digits) + "E+00")
    }
  }

  private static func decimals(_ digits: Int) -> String {
    digits > 0 ? "." + String(repeating: "0", count: min(digits, 15)) : ""
  }

  private static func width(_ column: DataColumn) -> Double {
    // The first rows tell enough; a million would take longer than writing them.
    let shown: [String] = (0..<min(column.count, 200)).map { row in
      guard case .number(let value) = column.value(row) else {
        return column.value(row).plain ?? ""
      }
      return switch column.display {
      case .general: value.description
      case .fixed(let digits):
        String(repeating: "0", count: String(value.rounded().description.prefix(20)).count + digits)
      case .scientific(let digits): String(repeating: "0", count: max(digits, 0) + 7)
      }
    }
    // Room for the filter's button.
    return width([column.name + "   ", column.unit + "   "] + shown)
  }

  private static func width(_ texts: [String]) -> Double {
    Double(min(max(texts.lazy.map { min($0.count, 80) }.max() ?? 0, 8), 60) + 2)
  }
}

/// A PNG file and its height.
private struct Picture {
  let name: String
  let bytes: [UInt8]
  let height: Int

  init(path: String) throws(DataProductError) {
    name = path.split(separator: "/").last.map(String.init) ?? path
    guard let bytes = Self.read(path) else {
      throw DataProductError(.pictureUnreadable, "a picture cannot be read", place: path)
    }
    // Signature, length, "IHDR", width, height.
    guard bytes.count > 24, bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    else { throw DataProductError(.pictureUnreadable, "a picture is no PNG", place: path) }
    self.bytes = bytes
    height = min(bytes[20..<24].reduce(0) { $0 << 8 | Int($1) }, 20_000)
  }

  private static func read(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return count == 0 ? bytes : nil }
      bytes += buffer[..<count]
    }
  }
}
