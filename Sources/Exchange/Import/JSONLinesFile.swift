import Foundation

/// Reads JSON lines into a collector.
enum JSONLinesFile {
  private struct Head: Decodable {
    struct Body: Decodable {
      let form: Int
      let quantities: [QuantityHead]
    }
    let body: Body

    private enum CodingKeys: String, CodingKey {
      case body = "vison_results"
    }
  }

  private struct State {
    var columns: [String: ExchangeColumn?] = [:]
    var isChecked = false
  }

  static func read(_ path: String, into collector: ImportCollector, check: () throws -> Void) throws
  {
    let chunks = try ByteChunks(path)
    var rest: [UInt8] = []
    var line = 0
    var state = State()
    func take(_ bytes: ArraySlice<UInt8>) throws {
      try check()
      line += 1
      var bytes = Array(bytes)
      if line == 1 {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
          throw ExchangeError(
            .unreadable, "the file is UTF-16", place: path, remedy: "save it as UTF-8")
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
      }
      if bytes.last == 0x0D { bytes.removeLast() }
      if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { return }
      if line == 1, try takeHead(bytes, collector, path) { return }
      try takeRow(bytes, line, &state, collector)
    }
    while true {
      let chunk = try chunks.next()
      if chunk.isEmpty { break }
      rest += chunk
      var start = 0
      while let end = rest[start...].firstIndex(of: 0x0A) {
        try take(rest[start..<end])
        start = end + 1
      }
      rest.removeFirst(start)
      guard rest.count <= DelimitedReader.longestRecord else {
        throw ExchangeError(
          .unreadable, "a line has more than \(DelimitedReader.longestRecord >> 20) MiB",
          place: "\(path):\(line + 1)", remedy: "write one object a line")
      }
    }
    if !rest.isEmpty { try take(rest[...]) }
  }

  private static func takeHead(
    _ bytes: [UInt8], _ collector: ImportCollector, _ path: String
  ) throws -> Bool {
    guard bytes.starts(with: Array("{\"vison_results\"".utf8)) else { return false }
    guard let head = try? JSONDecoder().decode(Head.self, from: Data(bytes)) else {
      throw ExchangeError(
        .unreadable, "the first line is no head of vison results", place: "\(path):1",
        remedy: "remove the line")
    }
    try HeadForm.require(head.body.form, path)
    for quantity in head.body.quantities { collector.define(quantity.stored) }
    return true
  }

  private static func takeRow(
    _ bytes: [UInt8], _ line: Int, _ state: inout State, _ collector: ImportCollector
  ) throws {
    let members: [(key: String, value: FlatJSON.Value)]
    do throws(FlatJSON.Failure) {
      members = try FlatJSON.members(of: bytes)
    } catch {
      collector.bad(
        line, value: String(decoding: bytes.prefix(40), as: UTF8.self),
        "\(error.problem), at byte \(error.position)", "write one JSON object a line")
      return
    }
    if !state.isChecked {
      // The first row tells what is missing, before every row does.
      _ = try collector.columns(members.map(\.key))
      state.isChecked = true
    }
    var cells = [ForeignCell](repeating: .missing, count: ExchangeColumn.allCases.count)
    for (key, value) in members {
      let column: ExchangeColumn?
      if let known = state.columns[key] {
        column = known
      } else {
        column = try collector.column(key)
        state.columns[key] = .some(column)
      }
      if let column { cells[column.index] = cell(value, column) }
    }
    collector.row(line, cells)
  }

  private static func cell(_ value: FlatJSON.Value, _ column: ExchangeColumn) -> ForeignCell {
    switch value {
    case .null: return .missing
    case .text(let text):
      if text.isEmpty { return .missing }
      guard column.kind == .text else {
        return .bad(
          shown: String(text.prefix(40)), problem: "it is a text", remedy: "write a bare number")
      }
      return .text(text)
    case .number(let digits): return .text(digits)
    case .logical(let value):
      return .bad(
        shown: "\(value)", problem: "it is a truth value", remedy: "write a number or a text")
    case .nested:
      return .bad(
        shown: "", problem: "it is a list or object", remedy: "write a row for each value")
    }
  }
}
