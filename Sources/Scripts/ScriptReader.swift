import Campaign
import Diagnostics
import DurableFiles

/// Reads scripts back.
public enum ScriptReader {
  /// No script is larger.
  static let largestFile = 16 << 20

  /// The sheet of a script.
  ///
  /// The running totals of the row `frames` become frames by column.
  ///
  /// - Throws: `ScriptError` naming the cell; `FileError`.
  public static func read(_ path: String) throws -> ScriptSheet {
    let bytes = try InputFile.bytes(of: path, limit: largestFile)
    do {
      let cells = try WorkbookCells(sheet: ScriptSheet.name, of: ZipArchive(bytes))
      return try sheet(cells, path: path)
    } catch let damage as ZipArchive.Damage {
      throw ScriptError(
        .damaged, "the script cannot be read: \(damage.reason)", place: path,
        remedy: "write it again with 'vis-tools mkscripts'")
    }
  }

  private static func sheet(
    _ cells: WorkbookCells, path: String
  ) throws(ScriptError) -> ScriptSheet {
    func fault(_ problem: String, row: Int, column: Int) -> ScriptError {
      ScriptError(
        .layout, problem,
        place: "\(path), cell \(ScriptSheet.address(row: row, column: column))",
        remedy: "write the script again with 'vis-tools mkscripts'")
    }
    if let formula = cells.formulas.first {
      throw ScriptError(
        .layout, "the cell holds a formula", place: "\(path), cell \(formula)",
        remedy: "a script holds values only: write it again with 'vis-tools mkscripts'")
    }
    guard cells.rowCount <= 1000 else {
      throw fault("the sheet has \(cells.rowCount) rows", row: cells.rowCount - 1, column: 0)
    }
    var keywords: [String] = []
    for row in 0..<cells.rowCount {
      guard case .text(let keyword)? = cells[row, 0] else {
        throw fault("there is no keyword", row: row, column: 0)
      }
      guard ScriptKeyword.named(keyword) != nil else {
        throw fault("'\(keyword.clipped(to: 40))' is no keyword of a script", row: row, column: 0)
      }
      guard !keywords.contains(keyword) else {
        throw fault("the keyword '\(keyword)' is there twice", row: row, column: 0)
      }
      keywords.append(keyword)
    }
    guard keywords.first == "frames" else {
      throw fault("the first keyword is not 'frames'", row: 0, column: 0)
    }
    var columns: [ScriptSheet.Column] = []
    var total = 0
    var column = 1
    while cells[0, column] != .text("End") {
      guard column < cells.columnCount else {
        throw fault("the script has no column 'End'", row: 0, column: column)
      }
      guard case .number(let number)? = cells[0, column], let frames = Int(exactly: number),
        frames > total, frames <= 1_000_000
      else {
        throw fault(
          "the running total of frames is not above \(total)", row: 0, column: column)
      }
      var values: [String: ScriptValue] = [:]
      for (row, keyword) in keywords.enumerated().dropFirst() {
        values[keyword] = value(cells[row, column])
      }
      columns.append(.init(frames: frames - total, values: values))
      total = frames
      column += 1
    }
    guard !columns.isEmpty else { throw fault("the script has no columns", row: 0, column: 1) }
    for row in 0..<cells.rowCount {
      for beyond in column..<max(column, cells.columnCount)
      where cells[row, beyond] != nil && (row, beyond) != (0, column) {
        throw fault("there is something in or beyond the column 'End'", row: row, column: beyond)
      }
    }
    return ScriptSheet(keywords: keywords, columns: columns)
  }

  private static func value(_ cell: WorkbookCells.Value?) -> ScriptValue {
    switch cell {
    case .number(let number): Int(exactly: number).map(ScriptValue.int) ?? .double(number)
    case .text(let text): .string(text)
    case nil: .string("")
    }
  }
}
