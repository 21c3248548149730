import ArgumentParser
import CommandLineStyle
import Diagnostics
import DurableFiles
import Foundation
import Warehouse

/// A question in SQL.
struct Sql: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Answers one reading SQL statement.",
    discussion: """
      The database itself keeps the statement from writing, from other files, and from code: it is \
      compiled on a read-only connection whose authorizer allows reading this one database only. \
      Values of the view `results` are described in docs/warehouse.md. NULL is empty in CSV (an \
      empty text is ""), null in JSON, NULL in a table; a blob is x'...' in hexadecimal, cut in a \
      table. JSON is {"columns", "isCut", "rows"}, so that columns of one name do not collide.

      EXAMPLES:
        vis-meta sql "SELECT block, avg(value) FROM results WHERE quantity = 'bias.ron' GROUP BY 1"
        vis-meta sql --file question.sql --format csv --limit 0 > answer.csv
        echo 'SELECT count(*) FROM measurement' | vis-meta sql -
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case table, csv, json
  }

  @Argument(help: "The statement; - reads it from standard input.")
  var statement: String?
  @Option(name: .long, help: ArgumentHelp("Read the statement from a file.", valueName: "path"))
  var file: String?
  @Option(name: .long, help: ArgumentHelp("The time allowed.", valueName: "seconds"))
  var seconds = 60.0
  @Option(name: .long, help: ArgumentHelp("The most rows printed; 0 for all.", valueName: "rows"))
  var limit = 1000
  @Option(name: .long, help: "How to print: table, csv or json.")
  var format: Format?
  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var output: JSONOption

  func run() throws {
    guard limit >= 0, seconds.isFinite, seconds > 0 else {
      throw WrongUse(problem: "--limit must not be negative, and --seconds positive")
    }
    let text = try statementText()
    var printer = AnswerPrinter(format ?? (output.json ? .json : .table))
    try warehouse.with(.reading) { warehouse in
      // Two closures share the printer, which is a value.
      var columns: [String] = []
      var count = 0
      try warehouse.readOnlySQL(text, seconds: seconds, check: CancellationFlag.check) {
        columns = $0
      } row: { row in
        if limit > 0, count == limit {
          printer.isCut = true
          return false
        }
        if count == 0 { printer.begin(columns) }
        count += 1
        try printer.add(row)
        return true
      }
      if count == 0 { printer.begin(columns) }
    }
    printer.finish()
    if printer.isCut {
      printNote("vis-meta: only the first \(limit) rows are shown; --limit 0 shows all")
    }
  }

  private func statementText() throws -> String {
    switch (statement, file) {
    case (nil, nil): throw WrongUse(problem: "there is no statement", remedy: "give SQL, or --file")
    case (.some, .some):
      throw WrongUse(problem: "a statement and --file exclude each other", remedy: "give one")
    case ("-"?, nil):
      let data = FileHandle.standardInput.readDataToEndOfFile()
      return String(decoding: data, as: UTF8.self)
    case (let statement?, nil): return statement
    case (nil, let file?):
      guard let data = FileManager.default.contents(atPath: file) else {
        throw FileError(action: "read", path: file, errno: ENOENT)
      }
      return String(decoding: data, as: UTF8.self)
    }
  }
}

/// Prints rows of any columns as they come; a table when all are known.
private struct AnswerPrinter {
  private let format: Sql.Format
  private var table = TextTable([])
  private var isFirst = true
  /// Whether there were more rows than were asked for.
  var isCut = false

  init(_ format: Sql.Format) { self.format = format }

  mutating func begin(_ columns: [String]) {
    switch format {
    case .table: table = TextTable(columns.map { .init($0.escapingControlCharacters()) })
    case .csv: printOutput(CSVText.line(columns.map { .text($0) }))
    case .json:
      let names = (try? JSONText.line(columns)) ?? "[]\n"
      printOutput("{\n  \"columns\": \(names.dropLast()),\n  \"rows\": [")
    }
  }

  mutating func add(_ row: [SQLValue]) throws {
    switch format {
    case .table: table.append(row.map(Self.cell))
    case .csv:
      // An empty text is told from NULL by its quotes.
      let fields = row.map { value -> String in
        if value == .text("") { return "\"\"" }
        return String(CSVText.line([Self.csvCell(value)]).dropLast())
      }
      printOutput(fields.joined(separator: ",") + "\n")
    case .json:
      let line = try JSONText.line(row.map(JSONValue.init))
      printOutput((isFirst ? "\n    " : ",\n    ") + line.dropLast())
    }
    isFirst = false
  }

  mutating func finish() {
    switch format {
    case .table: printOutput(table.text(for: .current(.output)))
    case .csv: break
    case .json: printOutput((isFirst ? "]" : "\n  ]") + ",\n  \"isCut\": \(isCut)\n}\n")
    }
  }

  private static func cell(_ value: SQLValue) -> String {
    switch value {
    case .null: return "NULL"
    case .integer(let number): return String(number)
    case .real(let number): return "\(number)"
    // A text that reads like NULL is told from it.
    case .text(let text): return text == "NULL" ? "'NULL'" : text.clipped(to: 200)
    case .blob(let bytes):
      let start = hexadecimal(bytes.prefix(8))
      return bytes.count > 8 ? "x'\(start)…' (\(bytes.count) bytes)" : "x'\(start)'"
    }
  }

  private static func csvCell(_ value: SQLValue) -> CSVText.Cell {
    switch value {
    case .null: .empty
    case .integer(let number): .numeral(String(number))
    case .real(let number): .numeral("\(number)")
    case .text(let text): .text(text)
    case .blob(let bytes): .numeral("x'\(hexadecimal(bytes[...]))'")
    }
  }

  private static func hexadecimal(_ bytes: ArraySlice<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  private struct JSONValue: Encodable {
    let value: SQLValue

    init(_ value: SQLValue) { self.value = value }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch value {
      case .null: try container.encodeNil()
      case .integer(let number): try container.encode(number)
      case .real(let number):
        // JSON has no infinities; a statement can make them (9e999).
        if number.isFinite { try container.encode(number) } else { try container.encode("\(number)") }
      case .text(let text): try container.encode(text)
      case .blob(let bytes): try container.encode("x'\(hexadecimal(bytes[...]))'")
      }
    }
  }
}
