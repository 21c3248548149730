import CommandLineStyle
import Metatests
import Reporting

/// Prints rows as they come; a table only when all are known, since its widths depend on them.
struct RowPrinter {
  private let format: Query.Format
  private let inElectrons: Bool
  private var lines: [[String]] = []
  private var hasBegun = false
  private var isFirst = true

  /// - Parameter inElectrons: whether the run of the gain is printed.
  init(format: Query.Format, inElectrons: Bool = false) {
    (self.format, self.inElectrons) = (format, inElectrons)
  }

  private var gainColumn: [String] { inElectrons ? [MeasurementRow.gainColumn] : [] }

  /// The beginning is printed with the first answer, so that an error leaves standard output empty.
  private mutating func begin() {
    guard !hasBegun else { return }
    hasBegun = true
    switch format {
    case .csv: printOutput(CSVText.line((MeasurementRow.columns + gainColumn).map { .text($0) }))
    case .json: printOutput("[")
    case .table: break
    }
  }

  mutating func add(_ row: MeasurementRow) throws {
    begin()
    switch format {
    case .json:
      let line = try JSONText.line(row)
      printOutput((isFirst ? "\n  " : ",\n  ") + line.dropLast())
    case .csv:
      let gain = row.gainRun.flatMap { Int(exactly: $0) }.map { CSVText.Cell.integer($0) }
      printOutput(CSVText.line(Self.cells(row) + (inElectrons ? [gain ?? .empty] : [])))
    case .table:
      lines.append(
        Self.line(row) + (inElectrons ? [row.gainRun.map { String($0) } ?? ""] : []))
    }
    isFirst = false
  }

  mutating func finish() {
    begin()
    switch format {
    case .csv: break
    case .json: printOutput(isFirst ? "]\n" : "\n]\n")
    case .table: printOutput(table.text(for: .current(.output)))
    }
  }

  /// A row for people: numbers to the second digit of their uncertainty.
  private static func line(_ row: MeasurementRow) -> [String] {
    let digits = row.uncertainty.flatMap {
      $0 > 0 ? NumberText.digits(for: [$0], atLeast: 0) : nil
    }
    func number(_ value: Double?) -> String {
      guard let value else { return "" }
      if let error = row.uncertainty, let small = Figures.small(value, to: error) { return small }
      return digits.map { NumberText.fixed(value, digits: $0) } ?? "\(value)"
    }
    return [
      row.block, row.slot ?? "", row.test, row.session, String(row.run), row.ccd ?? "",
      row.quadrant ?? "", row.obsid.map(String.init) ?? "", row.item ?? "", row.quantity,
      number(row.value), number(row.uncertainty), row.count.map(String.init) ?? "", row.unit,
      row.reason ?? "",
    ]
  }

  /// The rows for people; columns without any entry are left out.
  private var table: TextTable {
    let right: Set<String> = [
      "run", "obsid", "value", "uncertainty", "count", MeasurementRow.gainColumn,
    ]
    let names = MeasurementRow.columns.dropLast(3) + gainColumn
    let used = names.indices.filter { index in
      lines.isEmpty || lines.contains { !$0[index].isEmpty }
    }
    var table = TextTable(
      used.map { .init(names[$0].uppercased(), right.contains(names[$0]) ? .right : .left) })
    for line in lines { table.append(used.map { line[$0].isEmpty ? "-" : line[$0] }) }
    return table
  }

  private static func cells(_ row: MeasurementRow) -> [CSVText.Cell] {
    func text(_ text: String?) -> CSVText.Cell { text.map { .text($0) } ?? .empty }
    func number(_ value: Double?) -> CSVText.Cell { value.map { .number($0) } ?? .empty }
    func integer(_ value: Int?) -> CSVText.Cell { value.map { .integer($0) } ?? .empty }
    return [
      .text(row.block), text(row.slot), .text(row.test), .text(row.session),
      integer(Int(exactly: row.run)), text(row.ccd), text(row.quadrant), integer(row.obsid),
      text(row.item), .text(row.quantity), number(row.value), number(row.uncertainty),
      integer(row.count), .text(row.unit), text(row.reason), .text(row.analysis),
      .text(row.campaign), text(row.verdict),
    ]
  }
}
