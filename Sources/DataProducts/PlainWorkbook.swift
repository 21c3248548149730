import DurableFiles

/// Writes workbooks of bare cells: nothing but what a program on the other side expects to find.
public enum PlainWorkbook {
  /// A sheet.
  public struct Page: Sendable {
    /// The sheet's name.
    public var name: String
    /// The cells by row; a missing value leaves its cell empty.
    public var rows: [[DataProduct.Value]]
    /// The widths of the first columns, in characters; others keep the default.
    public var widths: [Double]

    /// A sheet of cells.
    public init(name: String, rows: [[DataProduct.Value]], widths: [Double] = []) {
      self.name = name
      self.rows = rows
      self.widths = widths
    }
  }

  /// Writes sheets to `path`; the same cells give the same bytes.
  ///
  /// - Parameter created: the workbook's only date, in seconds since 1970, UTC.
  /// - Throws: `DataProductError`, `FileError`.
  public static func write(
    _ pages: [Page], title: String, to path: String, created: Int64
  ) throws {
    try AtomicFile.write(to: path) { temporary in
      let workbook = try Workbook(path: temporary, title: title, created: created, streams: false)
      for page in pages {
        let sheet = try workbook.addSheet(page.name)
        for (column, width) in page.widths.enumerated() {
          try sheet.setWidth(width, column: column)
        }
        for (row, cells) in page.rows.enumerated() {
          for (column, value) in cells.enumerated() {
            try sheet.write(value, row: row, column: column)
          }
        }
      }
      try workbook.close()
    }
  }
}
