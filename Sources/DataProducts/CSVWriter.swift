import DurableFiles

/// Writes tables as CSV (RFC 4180, line feeds), with units in comment lines above the names.
///
/// Spreadsheets run a text that begins with `=`, `+`, `-` or `@` as a formula; such texts get a `'`
/// before them. Numbers never do: a negative number is no attack.
public enum CSVWriter {
  /// Writes a table of a product to `path`.
  ///
  /// - Throws: `DataProductError`, `FileError`.
  public static func write(_ table: DataTable, of product: DataProduct, to path: String) throws {
    try AtomicFile.write(text(table, of: product), to: path)
  }

  /// A table of a product as CSV.
  public static func text(_ table: DataTable, of product: DataProduct) throws(DataProductError)
    -> String
  {
    try table.validate()
    let columns = table.columnsWithReasons
    var result = comment(product.title)
    if !table.description.isEmpty { result += comment(table.description) }
    for entry in product.header {
      result += comment("\(entry.key): \(entry.value.plain ?? "")")
    }
    result += comment("units: " + columns.map(\.unit).joined(separator: ","))
    result += columns.map { quoted(harmless($0.name)) }.joined(separator: ",") + "\n"
    for row in 0..<table.rowCount {
      result += columns.map { field($0.value(row)) }.joined(separator: ",") + "\n"
    }
    return result
  }

  private static func comment(_ text: String) -> String { "# \(onOneLine(text))\n" }

  private static func field(_ value: DataProduct.Value) -> String {
    switch value {
    case .text(let text): quoted(harmless(text))
    default: value.plain ?? ""
    }
  }

  /// A text that no spreadsheet takes for a formula.
  package static func harmless(_ text: String) -> String {
    guard let first = text.unicodeScalars.first, "=+-@\t\r\n＝＋－＠".unicodeScalars.contains(first)
    else { return text }
    return "'" + text
  }

  /// A text in quotes, where it needs them.
  package static func quoted(_ text: String) -> String {
    let clean =
      text.unicodeScalars.contains { $0.value == 0 }
      ? String(
        String.UnicodeScalarView(text.unicodeScalars.map { $0.value == 0 ? "\u{FFFD}" : $0 }))
      : text
    guard
      clean.unicodeScalars.contains(where: { ",\"\n\r#'".unicodeScalars.contains($0) })
        || clean.hasPrefix(" ") || clean.hasSuffix(" ") || clean.isEmpty
    else { return clean }
    return alwaysQuoted(clean)
  }

  /// A text in quotes.
  package static func alwaysQuoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" { result += "\"" }
      result.unicodeScalars.append(scalar)
    }
    return result + "\""
  }

  /// A text whose line ends and other control characters are blanks.
  static func onOneLine(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029: result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
