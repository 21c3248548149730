import CXlsxWriter

/// Owns a workbook of libxlsxwriter; every status is checked.
///
/// Texts from outside are written by `worksheet_write_string` only, never as formulas or links.
final class Workbook {
  /// What a cell looks like.
  enum Style: Hashable {
    case title, bold, heading, unit, plain, wrapped
    case number(String)
  }

  private var handle: UnsafeMutablePointer<lxw_workbook>?
  private let path: String
  private var formats: [Style: UnsafeMutablePointer<lxw_format>] = [:]
  private var names = UniqueNames()

  /// - Parameters:
  ///   - path: the file, written when the workbook is closed.
  ///   - created: seconds since 1970, UTC.
  ///   - streams: whether rows go to the disk at once; they must then come in order.
  init(path: String, title: String, created: Int64, streams: Bool) throws(DataProductError) {
    self.path = path
    var options = lxw_workbook_options()
    options.constant_memory = streams ? 1 : 0
    guard let handle = workbook_new_opt(path, &options) else {
      throw DataProductError(.workbookFailed, "no workbook could be made", place: path)
    }
    self.handle = handle
    var properties = lxw_doc_properties()
    // Zero would mean now.
    properties.created = time_t(max(created, 1))
    let status = WorkbookText.cell(title).prefix(utf16: 255).withCString { text in
      properties.title = UnsafeMutablePointer(mutating: text)
      return workbook_set_properties(handle, &properties)
    }
    try check(status, "set the properties")
  }

  deinit { if let handle { lxw_workbook_free(handle) } }

  /// Adds a sheet; its name is made valid and unique.
  func addSheet(_ name: String) throws(DataProductError) -> Sheet {
    let unique = names.unique(WorkbookText.sheetName(name), limit: 31)
    guard let sheet = workbook_add_worksheet(handle, unique) else {
      throw DataProductError(.workbookFailed, "the sheet \"\(unique)\" was refused", place: path)
    }
    return Sheet(handle: sheet, workbook: self)
  }

  /// Writes the file.
  func close() throws(DataProductError) {
    guard let handle else { return }
    self.handle = nil
    try check(workbook_close(handle), "write the file")
  }

  fileprivate func check(_ status: lxw_error, _ action: String) throws(DataProductError) {
    guard status != LXW_NO_ERROR else { return }
    let reason = lxw_strerror(status).map { String(cString: $0) } ?? "status \(status.rawValue)"
    throw DataProductError(
      .workbookFailed, "libxlsxwriter could not \(action): \(reason)", place: path)
  }

  fileprivate func format(_ style: Style) -> UnsafeMutablePointer<lxw_format>? {
    if let known = formats[style] { return known }
    guard style != .plain, let format = workbook_add_format(handle) else { return nil }
    switch style {
    case .title:
      format_set_bold(format)
      format_set_font_size(format, 14)
    case .bold: format_set_bold(format)
    case .heading:
      format_set_bold(format)
      format_set_bg_color(format, 0xDCE4EE)
      format_set_bottom(format, UInt8(LXW_BORDER_THIN.rawValue))
    case .unit:
      format_set_italic(format)
      format_set_font_color(format, 0x5F6B78)
    case .wrapped:
      format_set_text_wrap(format)
      format_set_align(format, UInt8(LXW_ALIGN_VERTICAL_TOP.rawValue))
    case .number(let code): format_set_num_format(format, code)
    case .plain: break
    }
    formats[style] = format
    return format
  }
}

/// A sheet of a workbook.
struct Sheet {
  /// The rows and columns that a sheet can have.
  static let rowLimit = 1_048_576
  static let columnLimit = 16_384

  fileprivate let handle: UnsafeMutablePointer<lxw_worksheet>
  fileprivate let workbook: Workbook

  /// Writes a value; a missing one leaves the cell blank.
  func write(_ value: DataProduct.Value, row: Int, column: Int, _ style: Workbook.Style = .plain)
    throws(DataProductError)
  {
    let (y, x) = (lxw_row_t(clamping: row), lxw_col_t(clamping: column))
    switch value {
    case .text(let text):
      guard !text.isEmpty else { return }
      try workbook.check(
        worksheet_write_string(handle, y, x, WorkbookText.cell(text), workbook.format(style)),
        "write a text")
    case .number(let number):
      // NaN and infinities would be written as texts that Excel calls damage.
      guard number.isFinite else { return }
      try workbook.check(
        worksheet_write_number(handle, y, x, number, workbook.format(style)), "write a number")
    case .integer(let integer):
      // Beyond 2^53 a cell would hold another number; the digits are then kept as text.
      guard let number = Double(exactly: integer), abs(number) <= 9_007_199_254_740_992 else {
        return try write(.text(String(integer)), row: row, column: column)
      }
      try workbook.check(
        worksheet_write_number(handle, y, x, number, workbook.format(style)), "write a number")
    case .logical(let flag):
      try workbook.check(
        worksheet_write_boolean(handle, y, x, flag ? 1 : 0, workbook.format(style)),
        "write a truth value")
    case .missing: return
    }
  }

  /// Puts a comment at a cell.
  func comment(_ text: String, row: Int, column: Int) throws(DataProductError) {
    let clean = WorkbookText.cell(text).prefix(utf16: 2000)
    guard !clean.isEmpty else { return }
    try workbook.check(
      worksheet_write_comment(handle, lxw_row_t(clamping: row), lxw_col_t(clamping: column), clean),
      "write a comment")
  }

  /// Sets the width of a column in characters.
  func setWidth(_ width: Double, column: Int) throws(DataProductError) {
    let x = lxw_col_t(clamping: column)
    try workbook.check(worksheet_set_column(handle, x, x, width, nil), "set a width")
  }

  /// Keeps the first rows and columns in view.
  func freeze(rows: Int, columns: Int) {
    worksheet_freeze_panes(handle, lxw_row_t(clamping: rows), lxw_col_t(clamping: columns))
  }

  /// Offers a filter on the columns below row `row`.
  func filter(row: Int, lastRow: Int, columns: Int) throws(DataProductError) {
    try workbook.check(
      worksheet_autofilter(
        handle, lxw_row_t(clamping: row), 0, lxw_row_t(clamping: lastRow),
        lxw_col_t(clamping: columns - 1)), "set a filter")
  }

  /// Places a picture.
  func insert(_ picture: [UInt8], description: String, row: Int) throws(DataProductError) {
    let status = WorkbookText.cell(description).prefix(utf16: 255).withCString { text in
      var options = lxw_image_options()
      options.x_scale = 1
      options.y_scale = 1
      options.description = UnsafeMutablePointer(mutating: text)
      return worksheet_insert_image_buffer_opt(
        handle, lxw_row_t(clamping: row), 0, picture, picture.count, &options)
    }
    try workbook.check(status, "place a picture")
  }
}
