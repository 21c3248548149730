import DurableFiles

/// Writes data products as strict JSON (RFC 8259).
///
/// One object with `title`, `header`, `meta`, `units`, `descriptions`, `data` and `provenance`.
/// Missing values are null; numbers have the fewest digits that give the same number again.
public enum JSONWriter {
  /// Writes a product to `path`.
  ///
  /// - Throws: `DataProductError`, `FileError`.
  public static func write(_ product: DataProduct, to path: String) throws {
    try AtomicFile.write(text(product), to: path)
  }

  /// The product as JSON.
  ///
  /// - Throws: `DataProductError` for columns of different lengths.
  public static func text(_ product: DataProduct) throws(DataProductError) -> String {
    for table in product.tables { try table.validate() }
    var names = UniqueNames()
    let tables = product.tables.map { (name: names.unique($0.name), $0.columnsWithReasons) }
    func perTable(_ value: (DataColumn) -> String) -> String {
      object(
        tables.map { name, columns in
          (name, object(columns.map { ($0.name, value($0)) }, indent: 4))
        }, indent: 2)
    }
    let sources = product.provenance.map { source in
      "    "
        + object(
          [
            ("role", string(source.role)), ("name", string(source.name)),
            ("sha256", source.checksum.isEmpty ? "null" : string(source.checksum)),
            ("note", string(source.note)),
          ], indent: nil)
    }
    let provenance = sources.isEmpty ? "[]" : "[\n\(sources.joined(separator: ",\n"))\n  ]"
    return object(
      [
        ("title", string(product.title)),
        ("header", entries(product.header)),
        ("meta", entries(product.meta)),
        ("units", perTable { string($0.unit) }),
        ("descriptions", perTable { string($0.description) }),
        ("data", perTable { array($0) }),
        ("provenance", provenance),
      ], indent: 0) + "\n"
  }

  // MARK: - Pieces

  private static func entries(_ entries: [DataProduct.Entry]) -> String {
    var names = UniqueNames()
    return object(entries.map { (names.unique($0.key), value($0.value)) }, indent: 2)
  }

  private static func object(_ members: [(String, String)], indent: Int?) -> String {
    if members.isEmpty { return "{}" }
    guard let indent else {
      return "{" + members.map { "\(string($0)): \($1)" }.joined(separator: ", ") + "}"
    }
    let blank = String(repeating: " ", count: indent)
    return "{\n"
      + members.map { "\(blank)  \(string($0)): \($1)" }.joined(separator: ",\n") + "\n\(blank)}"
  }

  private static func array(_ column: DataColumn) -> String {
    "[" + (0..<column.count).map { value(column.value($0)) }.joined(separator: ", ") + "]"
  }

  private static func value(_ value: DataProduct.Value) -> String {
    switch value {
    case .text(let text): string(text)
    default: value.plain ?? "null"
    }
  }

  /// A text in double quotes; also valid as a YAML flow scalar and in JavaScript.
  package static func string(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}", "\u{FEFF}",
        "\u{FFFE}", "\u{FFFF}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
