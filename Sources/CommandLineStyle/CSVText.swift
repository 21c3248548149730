/// Comma-separated values (RFC 4180, LF line ends) that a spreadsheet can open without harm.
public enum CSVText {
  /// A cell.
  public enum Cell: Sendable, Hashable {
    /// A text; one that a spreadsheet would run as a formula gets a `'` before it.
    case text(String)
    /// A number in its shortest form that reads back the same; NaN and infinities are empty.
    case number(Double)
    /// A whole number.
    case integer(Int)
    /// Nothing.
    case empty

    /// A number where the text is one, else a text.
    public static func guess(_ text: String) -> Cell {
      if text.isEmpty { return .empty }
      if let value = Int(text), String(value) == text { return .integer(value) }
      let isPlain = text.utf8.allSatisfy { "0123456789+-.eE".utf8.contains($0) }
      // Kept in its own digits: a formatted number says how precise it is.
      if isPlain, let value = Double(text), value.isFinite { return .numeral(text) }
      return .text(text)
    }

    /// A number in digits of its own.
    case numeral(String)
  }

  /// A header line and rows, each with a line end.
  public static func text(header: [String], rows: some Sequence<[Cell]>) -> String {
    var text = line(header.map(Cell.text))
    for row in rows { text += line(row) }
    return text
  }

  /// One line with its end.
  public static func line(_ cells: [Cell]) -> String {
    cells.map(field).joined(separator: ",") + "\n"
  }

  private static func field(_ cell: Cell) -> String {
    switch cell {
    case .empty: ""
    case .integer(let value): String(value)
    case .number(let value): value.isFinite ? "\(value)" : ""
    case .numeral(let digits): digits
    case .text(let text): quoted(protected(text))
    }
  }

  // What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection).
  private static func protected(_ text: String) -> String {
    guard let first = text.unicodeScalars.first else { return text }
    return "=+-@\t\r\n＝＋－＠".unicodeScalars.contains(first) ? "'" + text : text
  }

  private static func quoted(_ text: String) -> String {
    let needsQuotes = text.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
    guard needsQuotes else { return text }
    var result = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" { result += "\"" }
      result.unicodeScalars.append(scalar)
    }
    return result + "\""
  }
}
