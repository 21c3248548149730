import Diagnostics

/// A table for a terminal: aligned columns under a header, an optional row of units.
///
/// Widths count what a terminal shows: wide East Asian characters take two columns, combining marks
/// none. Control characters in cells become escapes.
public struct TextTable: Sendable {
  /// A column.
  public struct Column: Sendable {
    /// How cells are aligned.
    public enum Alignment: Sendable { case left, right }
    /// The header.
    public var title: String
    /// The unit, shown below the header; nil for none.
    public var unit: String?
    /// How cells are aligned; numbers go right.
    public var alignment: Alignment

    /// A column.
    public init(_ title: String, unit: String? = nil, _ alignment: Alignment = .left) {
      self.title = title
      self.unit = unit
      self.alignment = alignment
    }
  }

  /// The columns.
  public let columns: [Column]
  /// The rows; a missing cell is empty, a cell too many is dropped.
  public private(set) var rows: [[String]] = []

  /// A table without rows.
  public init(_ columns: [Column]) { self.columns = columns }

  /// Appends a row.
  public mutating func append(_ cells: [String]) {
    rows.append(
      columns.indices.map { $0 < cells.count ? cells[$0].escapingControlCharacters() : "" })
  }

  /// The table's text, a line end after each line.
  ///
  /// - Parameter terminal: gives colour to the header where there is colour; nil for plain text.
  public func text(for terminal: Terminal? = nil) -> String {
    var head = [columns.map(\.title)]
    if columns.contains(where: { $0.unit != nil }) { head.append(columns.map { $0.unit ?? "" }) }
    let widths = columns.indices.map { index in
      (head + rows).map { Self.width(of: $0[index]) }.max() ?? 0
    }
    var lines = head.map { line in
      let plain = Self.line(line, columns, widths)
      return terminal?.styled(plain, .bold) ?? plain
    }
    lines.append(widths.map { String(repeating: "-", count: $0) }.joined(separator: "  "))
    lines += rows.map { Self.line($0, columns, widths) }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The table as CSV, units in the header as `title [unit]`.
  public var csv: String {
    CSVText.text(
      header: columns.map { column in
        column.unit.map { "\(column.title) [\($0)]" } ?? column.title
      }, rows: rows.map { $0.map { CSVText.Cell.guess($0) } })
  }

  // MARK: - Widths

  /// The number of terminal columns that a text takes.
  public static func width(of text: String) -> Int { text.reduce(0) { $0 + width(of: $1) } }

  /// A text of at most `columns` terminal columns, with an ellipsis where something was cut.
  public static func clipped(_ text: String, to columns: Int) -> String {
    guard width(of: text) > columns else { return text }
    var result = ""
    var used = 0
    for character in text {
      let next = width(of: character)
      if used + next > columns - 1 { break }
      result.append(character)
      used += next
    }
    return result + "…"
  }

  private static func width(of character: Character) -> Int {
    guard let scalar = character.unicodeScalars.first else { return 0 }
    switch scalar.value {
    case 0x300...0x36F, 0x200B...0x200F, 0xFE00...0xFE0F: return 0
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }

  private static func line(_ cells: [String], _ columns: [Column], _ widths: [Int]) -> String {
    var line = ""
    for (index, cell) in cells.enumerated() {
      let blanks = String(repeating: " ", count: max(0, widths[index] - width(of: cell)))
      if index > 0 { line += "  " }
      line += columns[index].alignment == .left ? cell + blanks : blanks + cell
    }
    while line.last == " " { line.removeLast() }
    return line
  }
}
