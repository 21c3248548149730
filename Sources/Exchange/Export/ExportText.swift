import DataProducts
import Diagnostics
import Warehouse

/// The text formats: the lines of the head, and a line for each row.
struct ExportText {
  let format: ExchangeFormat
  let hasHeader: Bool

  /// The lines above the first row.
  func head(_ header: ExportHeader, _ snapshot: ResultSnapshot) -> String {
    let entries = header.entries(snapshot)
    let names = ExchangeColumn.allCases.map(\.rawValue).joined(separator: ",") + "\n"
    switch format {
    case .csv, .fits:
      guard hasHeader else { return names }
      var lines = ["vison results, form \(ExportHeader.form)"]
      lines += entries.map { "\($0.key): \($0.value.escapingControlCharacters())" }
      lines += snapshot.quantities.map { "quantity: " + ExportHeader.json($0) }
      return lines.map { "# \($0)\n" }.joined() + names
    case .jsonl:
      guard hasHeader else { return "" }
      var members = ["\"form\": \(ExportHeader.form)"]
      members += entries.map { "\"\($0.key)\": \(JSONWriter.string($0.value))" }
      let quantities = snapshot.quantities.map(ExportHeader.json).joined(separator: ", ")
      members.append("\"quantities\": [\(quantities)]")
      return "{\"vison_results\": {\(members.joined(separator: ", "))}}\n"
    case .ecsv:
      // The head is what makes it ECSV.
      let unit = ExportHeader.commonUnit(snapshot.quantities)
      var lines = ["%ECSV 1.0", "---", "delimiter: ','", "datatype:"]
      lines += ExchangeColumn.allCases.map { Self.describe($0, unit: unit) }
      lines += ["meta: !!omap", "- {vison_results: \(ExportHeader.form)}"]
      lines += entries.map { "- {\($0.key): \(JSONWriter.string($0.value))}" }
      lines.append("- quantities:" + (snapshot.quantities.isEmpty ? " []" : ""))
      lines += snapshot.quantities.map { "  - " + ExportHeader.json($0) }
      lines.append("schema: astropy-2.0")
      return lines.map { "# \($0)\n" }.joined() + names
    }
  }

  private static func describe(_ column: ExchangeColumn, unit: String?) -> String {
    let type =
      switch column.kind {
      case .text: "string"
      case .integer: "int64"
      case .number: "float64"
      }
    var parts = ["name: \(column.rawValue)"]
    if column.kind == .number, let unit { parts.append("unit: \(JSONWriter.string(unit))") }
    parts.append("datatype: \(type)")
    parts.append("description: \(JSONWriter.string(column.meaning))")
    return "- {\(parts.joined(separator: ", "))}"
  }

  /// Appends a row's line.
  func append(_ exported: ExportedRun, _ row: ResultRow, to buffer: inout [UInt8]) {
    if format == .jsonl { buffer.append(UInt8(ascii: "{")) }
    for (index, column) in ExchangeColumn.allCases.enumerated() {
      if format == .jsonl {
        buffer.append(contentsOf: "\(index == 0 ? "" : ", ")\"\(column.rawValue)\": ".utf8)
      } else if index > 0 {
        buffer.append(UInt8(ascii: ","))
      }
      buffer.append(contentsOf: text(column.value(exported, row)).utf8)
    }
    if format == .jsonl { buffer.append(UInt8(ascii: "}")) }
    buffer.append(UInt8(ascii: "\n"))
  }

  private func text(_ value: ExchangeValue) -> String {
    let missing = format == .jsonl ? "null" : ""
    switch value {
    case .integer(let value): return value.map { String($0) } ?? missing
    // The shortest digits that read back as the same number.
    case .number(let value): return value.map { "\($0)" } ?? missing
    case .text(let value):
      guard let value else { return missing }
      switch format {
      case .jsonl: return JSONWriter.string(value)
      case .ecsv: return value.isEmpty ? "" : CSVWriter.alwaysQuoted(TextEscape.escaped(value))
      case .csv, .fits:
        if value.isEmpty { return "" }
        return CSVWriter.quoted(TextEscape.protected(TextEscape.escaped(value)))
      }
    }
  }
}
