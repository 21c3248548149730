import DurableFiles

/// Writes tables as ECSV 1.0 (astropy's APE 6): CSV below a YAML header with types, units and
/// descriptions.
///
/// Line ends within texts become blanks, since readers split the file into lines first.
public enum ECSVWriter {
  /// Writes a table of a product to `path`.
  ///
  /// - Throws: `DataProductError`, `FileError`.
  public static func write(_ table: DataTable, of product: DataProduct, to path: String) throws {
    try AtomicFile.write(text(table, of: product), to: path)
  }

  /// A table of a product as ECSV.
  public static func text(_ table: DataTable, of product: DataProduct) throws(DataProductError)
    -> String
  {
    try table.validate()
    let columns = table.columnsWithReasons
    var lines = ["%ECSV 1.0", "---", "delimiter: ','", "datatype:"]
    lines += columns.map(describe)
    lines.append("meta: !!omap")
    lines.append("- {title: \(JSONWriter.string(product.title))}")
    lines.append("- {description: \(JSONWriter.string(table.description))}")
    var names = UniqueNames()
    for name in ["title", "description"] { _ = names.unique(name) }
    for entry in product.header + product.meta {
      let key = JSONWriter.string(names.unique(entry.key))
      lines.append("- {\(key): \(yaml(entry.value))}")
    }
    lines.append("schema: astropy-2.0")
    var result = lines.map { "# \($0)\n" }.joined()
    result += columns.map { CSVWriter.quoted($0.name) }.joined(separator: ",") + "\n"
    for row in 0..<table.rowCount {
      result += columns.map { field($0.value(row)) }.joined(separator: ",") + "\n"
    }
    return result
  }

  private static func describe(_ column: DataColumn) -> String {
    let type =
      switch column.values {
      case .doubles: "float64"
      case .integers: "int64"
      case .texts: "string"
      }
    var parts = ["name: \(JSONWriter.string(column.name))"]
    if !column.unit.isEmpty { parts.append("unit: \(JSONWriter.string(column.unit))") }
    parts.append("datatype: \(type)")
    if !column.description.isEmpty {
      parts.append("description: \(JSONWriter.string(column.description))")
    }
    return "- {\(parts.joined(separator: ", "))}"
  }

  private static func yaml(_ value: DataProduct.Value) -> String {
    switch value {
    case .text(let text): JSONWriter.string(text)
    default: value.plain ?? "null"
    }
  }

  private static func field(_ value: DataProduct.Value) -> String {
    switch value {
    case .text(let text): CSVWriter.alwaysQuoted(CSVWriter.onOneLine(text))
    default: value.plain ?? ""
    }
  }
}
