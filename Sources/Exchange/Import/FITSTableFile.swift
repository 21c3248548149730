import FITSFiles

/// Reads a FITS table into a collector; the whole table is in memory meanwhile.
enum FITSTableFile {
  static func read(_ path: String, into collector: ImportCollector, check: () throws -> Void) throws
  {
    let file = try FITSFile(path: path)
    let tables = file.structure.hdus.filter { $0.kind == .binaryTable }
    guard let first = tables.first(where: { $0.name == "RESULTS" }) ?? tables.first else {
      throw ExchangeError(
        .unreadable, "the file has no binary table", place: path,
        remedy: "write one, or CSV; docs/exchange.md shows how")
    }
    if let form = file.structure.hdus.first?.cards.value(of: "VISFORM")?.integer {
      try HeadForm.require(form, path)
      if let book = tables.first(where: { $0.name == "QUANTITIES" }) {
        try define(try file.readTable(.index(book.index)), collector)
      }
    }
    let table = try file.readTable(.index(first.index))
    let names = table.columns.map(\.name)
    let columns = try collector.columns(names) { name in
      table.column(name).flatMap { $0.unit.isEmpty ? nil : $0.unit }
    }
    for name in table.unreadColumns where try collector.column(name) != nil {
      throw ExchangeError(
        .columns, "the column \(name.prefix(60)) is of a type that is not read", place: path,
        remedy: "write texts, whole numbers or real numbers")
    }
    for row in 0..<table.rows {
      try check()
      var cells = [ForeignCell](repeating: .missing, count: ExchangeColumn.allCases.count)
      for (column, source) in zip(columns, table.columns) {
        if let column { cells[column.index] = cell(source.values, row, column) }
      }
      collector.row(row + 1, cells)
    }
  }

  private static func define(_ table: FITSTable, _ collector: ImportCollector) throws {
    let names = try table.texts("name")
    let units = try table.texts("unit")
    let dimensions = try table.texts("dimensions")
    let meanings = try table.texts("meaning")
    let digits = try table.integers("digits")
    for row in 0..<table.rows {
      collector.define(
        QuantityHead(
          name: TextEscape.unescaped(names[row]), unit: TextEscape.unescaped(units[row]),
          digits: digits[row].flatMap { Int(exactly: $0) } ?? 3,
          dimensions: dimensions[row].split(separator: " ").map(String.init),
          meaning: TextEscape.unescaped(meanings[row])
        ).stored)
    }
  }

  private static func cell(
    _ values: FITSColumn.Values, _ row: Int, _ column: ExchangeColumn
  ) -> ForeignCell {
    func number(_ value: Double) -> ForeignCell {
      if value.isNaN { return .missing }
      if column.kind == .integer, let whole = Int(exactly: value) { return .text(String(whole)) }
      return .text("\(value)")
    }
    switch values {
    case .integers(let values): return values[row].map { .text(String($0)) } ?? .missing
    case .doubles(let values): return number(values[row])
    case .floats(let values): return number(Double(values[row]))
    case .texts(let values):
      return values[row].isEmpty ? .missing : .text(TextEscape.unescaped(values[row]))
    case .logicals:
      return .bad(
        shown: "", problem: "it is a truth value", remedy: "write a number or a text")
    case .vectors:
      return .bad(shown: "", problem: "it is a vector", remedy: "write a row for each value")
    }
  }
}
