import ArgumentParser
import CommandLineStyle
import Metatests
import Reporting
import Warehouse

/// Measured values.
struct Query: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints measured values.",
    discussion: """
      Without --all-runs and --analysis, the run that stands for each block and test is asked: the \
      latest accepted one, else the latest finished one. Options that restrict the answer may be \
      given more than once. A value that could not be measured has its reason instead. JSON is an
      array of objects, in which null stands for "none".

      EXAMPLES:
        vis-meta query --quantity bias.ron --block BORN
        vis-meta query --quantity 'bias.*' --ccd CCD1 --quadrant E --format csv > born.csv
        vis-meta query --quantity bias.frame.offset --obsid 1200 --json
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case table, csv, json
  }

  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var results: ResultOptions
  @Option(name: .long, help: "How to print: table, csv or json.")
  var format: Format?
  @OptionGroup var output: JSONOption

  func run() throws {
    let filter = results.filter
    let format = format ?? (output.json ? .json : .table)
    var printer = RowPrinter(format: format)
    let hint = try warehouse.with(.reading) { warehouse -> String? in
      try KnownNames.requireQuantities(filter.quantities, in: warehouse)
      try warehouse.forEachResult(matching: filter) { row in
        try CancellationFlag.check()
        try printer.add([MeasurementRow(row)])
      }
      return printer.isEmpty ? try KnownNames.hint(filter, in: warehouse) : nil
    }
    printer.finish()
    if let hint { printNote("vis-meta: \(hint)") }
  }
}

/// Prints rows as they come; a table only when all are known, since its widths depend on them.
struct RowPrinter {
  private let format: Query.Format
  private var lines: [[String]] = []
  private var hasBegun = false
  private var isFirst = true

  /// Whether no row was printed.
  var isEmpty: Bool { isFirst }

  private static let names = [
    "block", "slot", "test", "session", "run", "ccd", "quadrant", "obsid", "item", "quantity",
    "value", "uncertainty", "count", "unit", "reason", "analysis", "campaign", "verdict",
  ]

  init(format: Query.Format) { self.format = format }

  /// The beginning is printed with the first answer, so that an error leaves standard output empty.
  private mutating func begin() {
    guard !hasBegun else { return }
    hasBegun = true
    switch format {
    case .csv: printOutput(CSVText.line(Self.names.map { .text($0) }))
    case .json: printOutput("[")
    case .table: break
    }
  }

  mutating func add(_ rows: [MeasurementRow]) throws {
    begin()
    for row in rows {
      switch format {
      case .json:
        let line = try JSONText.line(row)
        printOutput((isFirst ? "\n  " : ",\n  ") + line.dropLast())
      case .csv: printOutput(CSVText.line(Self.cells(row)))
      case .table:
        let digits = row.uncertainty.flatMap {
          $0 > 0 ? NumberText.digits(for: [$0], atLeast: 0) : nil
        }
        func number(_ value: Double?) -> String {
          guard let value else { return "" }
          return digits.map { NumberText.fixed(value, digits: $0) } ?? "\(value)"
        }
        lines.append([
          row.block, row.slot ?? "", row.test, row.session, String(row.run), row.ccd ?? "",
          row.quadrant ?? "", row.obsid.map(String.init) ?? "", row.item ?? "", row.quantity,
          number(row.value), number(row.uncertainty), row.count.map(String.init) ?? "", row.unit,
          row.reason ?? "",
        ])
      }
      isFirst = false
    }
  }

  mutating func finish() {
    begin()
    switch format {
    case .csv: break
    case .json: printOutput(isFirst ? "]\n" : "\n]\n")
    case .table: printOutput(table.text(for: .current(.output)))
    }
  }

  /// The rows for people: numbers to the second digit of their uncertainty, columns without any
  /// entry left out.
  private var table: TextTable {
    let right: Set<String> = ["run", "obsid", "value", "uncertainty", "count"]
    let names = Self.names.dropLast(3)
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
