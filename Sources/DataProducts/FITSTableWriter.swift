public import FITSFiles

/// Writes data products as FITS: a primary header, the table META with all header and meta lines
/// under their full names, a binary table for each table, and the table PROVENANCE.
public enum FITSTableWriter {
  /// Writes a product to `path`.
  ///
  /// - Throws: `DataProductError`, `FITSError`, `FileError`.
  public static func write(_ product: DataProduct, to path: String) throws {
    try FITSWriter.write(to: path, hdus: hdus(product))
  }

  /// The HDUs of a product, in order; for files that hold images too.
  ///
  /// - Throws: `DataProductError` for columns of different lengths.
  public static func hdus(_ product: DataProduct) throws(DataProductError) -> [FITSHDU] {
    for table in product.tables { try table.validate() }
    var hdus = [FITSHDU.empty(cards: cards(product)), meta(product)]
    var names = UniqueNames()
    for reserved in ["META", "PROVENANCE"] { _ = names.unique(reserved) }
    for table in product.tables where !table.columns.isEmpty {
      hdus.append(hdu(table, name: names.unique(ascii(table.name), limit: 60)))
    }
    if !product.provenance.isEmpty { hdus.append(provenance(product.provenance)) }
    return hdus
  }

  // MARK: - Headers

  private static func cards(_ product: DataProduct) -> [FITSCard] {
    var cards = [FITSCard("TITLE", .text(ascii(product.title)), "what the product is")]
    var used: Set<String> = ["TITLE"]
    for entry in product.header {
      guard let (keyword, comment) = FITSKeywords.keyword(for: entry.key),
        used.insert(keyword).inserted, let value = fits(entry.value)
      else { continue }
      cards.append(FITSCard(keyword, value, entry.comment.isEmpty ? comment : ascii(entry.comment)))
    }
    return cards
  }

  private static func fits(_ value: DataProduct.Value) -> FITSValue? {
    switch value {
    case .text(let text): .text(ascii(text))
    case .integer(let value): Int(exactly: value).map { .integer($0) }
    case .number(let value): value.isFinite ? .real(value) : nil
    case .logical(let value): .logical(value)
    case .missing: nil
    }
  }

  private static func meta(_ product: DataProduct) -> FITSHDU {
    let lines =
      product.header.map { ("header", $0) } + product.meta.map { ("meta", $0) }
    return .table(
      name: "META",
      columns: [
        FITSColumn("SECTION", comment: "header or meta", values: .texts(lines.map(\.0))),
        FITSColumn("KEY", comment: "full name", values: .texts(lines.map { ascii($0.1.key) })),
        FITSColumn(
          "VALUE", comment: "value as text; empty where missing",
          values: .texts(lines.map { ascii($0.1.value.plain ?? "") })),
        FITSColumn(
          "COMMENT", comment: "explanation", values: .texts(lines.map { ascii($0.1.comment) })),
      ])
  }

  private static func provenance(_ sources: [DataProduct.Source]) -> FITSHDU {
    .table(
      name: "PROVENANCE",
      columns: [
        FITSColumn(
          "ROLE", comment: "what it served as", values: .texts(sources.map { ascii($0.role) })),
        FITSColumn(
          "NAME", comment: "path or identifier", values: .texts(sources.map { ascii($0.name) })),
        FITSColumn(
          "SHA256", comment: "checksum", values: .texts(sources.map { ascii($0.checksum) })),
        FITSColumn("NOTE", comment: "remark", values: .texts(sources.map { ascii($0.note) })),
      ])
  }

  // MARK: - Tables

  private static func hdu(_ table: DataTable, name: String) -> FITSHDU {
    let columns = table.columnsWithReasons
    var names = UniqueNames()
    var cards: [FITSCard] = []
    if !table.description.isEmpty { cards.append(.comment(ascii(table.description))) }
    let written = columns.enumerated().map { index, column in
      if !column.description.isEmpty, index < 999 {
        cards.append(FITSCard("TCOMM\(index + 1)", .text(ascii(column.description))))
      }
      return FITSColumn(
        identifier(names.unique(identifier(column.name), limit: 60)), unit: ascii(column.unit),
        displayFormat: displayFormat(column), values: values(column))
    }
    return .table(name: name, cards: cards, columns: written)
  }

  private static func values(_ column: DataColumn) -> FITSColumn.Values {
    switch column.values {
    case .doubles(let values):
      .doubles(values.map { value in value.flatMap { $0.isFinite ? $0 : nil } ?? .nan })
    case .integers(let values): .integers(values)
    case .texts(let values): .texts(values.map { ascii($0 ?? "") })
    }
  }

  private static func displayFormat(_ column: DataColumn) -> String? {
    guard case .doubles = column.values else { return nil }
    return switch column.display {
    case .general: nil
    case .fixed(let digits): "F\(16 + clamped(digits)).\(clamped(digits))"
    case .scientific(let digits): "E\(9 + clamped(digits)).\(clamped(digits))"
    }
  }

  private static func clamped(_ digits: Int) -> Int { min(max(digits, 0), 15) }

  /// Letters, digits and underscores, as FITS recommends for column names.
  private static func identifier(_ name: String) -> String {
    let plain = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    return plain.isEmpty ? "_" : plain
  }

  /// A text in the printable ASCII that FITS allows; other characters as `\u{...}`.
  static func ascii(_ text: String) -> String {
    if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "µ", "μ": result += "u"
      case "−", "–", "—", "⁻": result += "-"
      case "±": result += "+/-"
      case "×": result += "x"
      case "\n", "\r", "\t": result += " "
      default:
        result +=
          scalar.isASCII && scalar.value >= 0x20 && scalar.value < 0x7F
          ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
      }
    }
    return result
  }
}
