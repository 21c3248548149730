import Detector
import Foundation
import Warehouse
import Yams

/// Reads CSV and ECSV into a collector.
enum DelimitedFile {
  /// The largest head of an ECSV file, in bytes.
  private static let longestHead = 4 << 20

  private final class State {
    var columns: [ExchangeColumn?]?
    var names: [String] = []
    var head: [UInt8] = []
    var isECSV = false
    var units: [String: String] = [:]
  }

  static func read(_ path: String, into collector: ImportCollector, check: () throws -> Void) throws
  {
    let state = State()
    try withoutActuallyEscaping(check) { check in
      var reader = DelimitedReader(
        path,
        comment: { line, bytes in
          guard state.columns == nil else { return nil }
          return try takeHead(line, bytes, state, collector, path)
        },
        record: { line, fields in
          try check()
          if let columns = state.columns {
            takeRow(line, fields, columns, state, collector)
          } else {
            if state.isECSV { try takeECSVHead(state, collector, path) }
            state.names = fields.map { shown($0.bytes) }
            state.columns = try collector.columns(state.names) { state.units[$0] }
          }
        })
      try reader.run()
    }
    guard state.columns != nil else {
      throw ExchangeError(
        .unreadable, "the file has no line with the names of its columns", place: path,
        remedy: "write one; docs/exchange.md shows how")
    }
  }

  private static func shown(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespaces)
  }

  // MARK: - Heads

  private static func takeHead(
    _ line: Int, _ bytes: [UInt8], _ state: State, _ collector: ImportCollector, _ path: String
  ) throws -> UInt8? {
    let text = bytes.first == 0x20 ? Array(bytes.dropFirst()) : bytes
    if line == 1, text.starts(with: Array("%ECSV".utf8)) {
      state.isECSV = true
      // What ECSV means where its head names none, as astropy's does not.
      return 0x20
    }
    if state.isECSV {
      guard state.head.count + text.count < longestHead else {
        throw ExchangeError(
          .unreadable, "the head has more than \(longestHead >> 20) MiB", place: path)
      }
      state.head += text + [0x0A]
      // Known only from the head, and needed for the line after it.
      let word = "delimiter:"
      let plain = String(decoding: text, as: UTF8.self)
      guard plain.hasPrefix(word) else { return nil }
      let quotes = CharacterSet(charactersIn: "'\"")
      let value = plain.dropFirst(word.count).drop { $0 == " " }
      return value.trimmingCharacters(in: quotes) == "," ? 0x2C : 0x20
    }
    let key = Array("quantity: ".utf8)
    if text.starts(with: key) { define(Array(text.dropFirst(key.count)), collector) }
    try HeadForm.require(in: String(decoding: text.prefix(80), as: UTF8.self), path)
    return nil
  }

  private static func define(_ json: [UInt8], _ collector: ImportCollector) {
    guard json.count < 64 << 10,
      let quantity = try? JSONDecoder().decode(QuantityHead.self, from: Data(json))
    else { return }
    collector.define(quantity.stored)
  }

  private static func takeECSVHead(
    _ state: State, _ collector: ImportCollector, _ path: String
  ) throws {
    let text = String(decoding: state.head, as: UTF8.self)
    let node: Node?
    do {
      node = try Yams.compose(yaml: text)
    } catch {
      throw ExchangeError(
        .unreadable, "the head of the file is no YAML", place: path,
        remedy: "write it with astropy, or as CSV")
    }
    for column in node?["datatype"]?.sequence ?? [] {
      if let name = column["name"]?.string, let unit = column["unit"]?.string {
        state.units[name] = unit
      }
    }
    for entry in node?["meta"]?.sequence ?? [] {
      if let form = entry["vison_results"]?.int { try HeadForm.require(form, path) }
      for quantity in entry["quantities"]?.sequence ?? [] {
        guard let name = quantity["name"]?.string, let meaning = quantity["meaning"]?.string else {
          continue
        }
        collector.define(
          QuantityHead(
            name: name, unit: quantity["unit"]?.string ?? "", digits: quantity["digits"]?.int ?? 3,
            dimensions: quantity["dimensions"]?.sequence?.compactMap(\.string) ?? [],
            meaning: meaning
          ).stored)
      }
    }
  }

  // MARK: - Rows

  private static func takeRow(
    _ line: Int, _ fields: [DelimitedReader.Field], _ columns: [ExchangeColumn?], _ state: State,
    _ collector: ImportCollector
  ) {
    guard fields.count == columns.count else {
      collector.bad(
        line, "\(fields.count) fields instead of \(columns.count)",
        "quote texts that hold a comma")
      return
    }
    var cells = [ForeignCell](repeating: .missing, count: ExchangeColumn.allCases.count)
    for (field, column) in zip(fields, columns) {
      guard let column else { continue }
      cells[column.index] = cell(field, column, isECSV: state.isECSV)
    }
    collector.row(line, cells)
  }

  private static func cell(
    _ field: DelimitedReader.Field, _ column: ExchangeColumn, isECSV: Bool
  ) -> ForeignCell {
    if field.bytes.contains(0) {
      return .bad(
        shown: String(shown(Array(field.bytes.prefix(40))).prefix(40)),
        problem: "it holds a NUL byte", remedy: "write it as \\u{0}, or remove it")
    }
    guard let text = String(validating: field.bytes, as: UTF8.self) else {
      return .bad(
        shown: String(shown(Array(field.bytes.prefix(40))).prefix(40)),
        problem: "it is no UTF-8", remedy: "save the file as UTF-8")
    }
    let bare = field.isQuoted ? text : text.trimmingCharacters(in: .whitespaces)
    if bare.isEmpty { return .missing }
    guard column.kind == .text else { return .text(bare) }
    return .text(TextEscape.unescaped(isECSV ? bare : TextEscape.exposed(bare)))
  }
}

/// A quantity as the head of a file describes it.
struct QuantityHead: Codable {
  let name, unit: String
  let digits: Int
  let dimensions: [String]
  let meaning: String

  var stored: StoredQuantity {
    StoredQuantity(
      name: name, unit: unit, digits: digits,
      dimensions: Set(dimensions.compactMap { Quantity.Dimension(rawValue: $0) }), meaning: meaning)
  }
}

/// The version of the form that a head states.
enum HeadForm {
  /// Refuses a later version; a text without one passes.
  static func require(in text: String, _ path: String) throws {
    guard let match = text.wholeMatch(of: /vison results, form (\d+)\s*/) else { return }
    try require(Int(match.1) ?? .max, path)
  }

  static func require(_ form: Int, _ path: String) throws {
    guard form <= ExportHeader.form else {
      throw ExchangeError(
        .unreadable, "the file is of form \(form), which is later than \(ExportHeader.form)",
        place: path, remedy: "use the version of the program that wrote it")
    }
  }
}
