import Detector
import FITSFiles
import Warehouse

/// The FITS form: a table RESULTS and a table QUANTITIES.
///
/// The rows are gone through twice: for their number and the widths of texts, then to be written.
enum ExportFITS {
  /// The longest text of a column, in bytes as it is written.
  static let longestText = 16 << 10

  static func write(
    _ header: ExportHeader, _ snapshot: ResultSnapshot, to path: String,
    check: () throws -> Void
  ) throws -> Int {
    var widths = [Int](repeating: 1, count: ExchangeColumn.allCases.count)
    var rows = 0
    try snapshot.forEachRow { run, row in
      try check()
      rows += 1
      for (index, column) in ExchangeColumn.allCases.enumerated() {
        guard case .text(let text?) = column.value(run, row) else { continue }
        let width = TextEscape.escaped(text, asciiOnly: true).utf8.count
        guard width <= longestText else {
          throw ExchangeError(
            .textTooLong, "a text of column \(column.rawValue) takes \(width) bytes",
            place: path, remedy: "choose --format csv, jsonl or ecsv")
        }
        widths[index] = max(widths[index], width)
      }
    }
    let unit = ExportHeader.commonUnit(snapshot.quantities) ?? ""
    let columns = zip(ExchangeColumn.allCases, widths).map { column, width in
      FITSRowColumn(
        column.rawValue, form(column, width), unit: column.kind == .number ? unit : "",
        comment: column.meaning)
    }
    try FITSStreamWriter.write(to: path) { file in
      try file.append(.empty(cards: cards(header, snapshot)))
      try file.appendTable(name: "RESULTS", columns: columns, rows: rows) { append in
        try snapshot.forEachRow { run, row in
          try check()
          try append(ExchangeColumn.allCases.map { cell($0.value(run, row)) })
        }
      }
      try file.append(quantities(snapshot.quantities))
    }
    return rows
  }

  private static func form(_ column: ExchangeColumn, _ width: Int) -> FITSRowColumn.Form {
    switch column.kind {
    case .text: .text(width: width)
    case .integer: .integer
    case .number: .double
    }
  }

  private static func cell(_ value: ExchangeValue) -> FITSCell {
    switch value {
    case .text(let text): .text(text.map { TextEscape.escaped($0, asciiOnly: true) })
    case .integer(let value): .integer(value.map(Int64.init))
    case .number(let value): .double(value)
    }
  }

  private static func cards(_ header: ExportHeader, _ snapshot: ResultSnapshot) -> [FITSCard] {
    func ascii(_ text: String) -> FITSValue { .text(TextEscape.escaped(text, asciiOnly: true)) }
    var cards = [FITSCard("VISFORM", .integer(ExportHeader.form), "vison results, version of form")]
    let keywords = ["CREATOR", "WAREHOUS", "FILTER", "NEWEST", "GAINS"]
    let comments = [
      "program", "warehouse", "what was asked for", "start of the newest run, UTC",
      "gains that turned ADU into electrons",
    ]
    for (index, entry) in header.entries(snapshot).enumerated() where index < keywords.count {
      cards.append(FITSCard(keywords[index], ascii(entry.value), comments[index]))
    }
    return cards
  }

  private static func quantities(_ quantities: [StoredQuantity]) -> FITSHDU {
    func texts(_ value: (StoredQuantity) -> String) -> FITSColumn.Values {
      .texts(quantities.map { TextEscape.escaped(value($0), asciiOnly: true) })
    }
    return .table(
      name: "QUANTITIES",
      columns: [
        FITSColumn("name", comment: "quantity", values: texts(\.name)),
        FITSColumn("unit", comment: "unit", values: texts(\.unit)),
        FITSColumn(
          "digits", comment: "digits shown after the point",
          values: .integers(quantities.map { Int64($0.digits) })),
        FITSColumn(
          "dimensions", comment: "what a value belongs to",
          values: texts { quantity in
            Quantity.Dimension.allCases.filter(quantity.dimensions.contains).map(\.rawValue)
              .joined(separator: " ")
          }),
        FITSColumn("meaning", comment: "meaning", values: texts(\.meaning)),
      ])
  }
}
