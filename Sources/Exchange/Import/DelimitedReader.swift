import Diagnostics
import Foundation

/// Splits CSV and ECSV into records: fields in double quotes, `#` lines for the head (RFC 4180
/// otherwise). Memory holds one record.
struct DelimitedReader {
  /// The longest record, in bytes: a lost quote must not swallow the file.
  static let longestRecord = 8 << 20

  /// A field as it stands in the file.
  struct Field {
    var bytes: [UInt8] = []
    var isQuoted = false
  }

  private let path: String
  private var delimiter: UInt8
  private let comment: (Int, [UInt8]) throws -> UInt8?
  private let record: (Int, [Field]) throws -> Void

  private var fields: [Field] = []
  private var field = Field()
  private var size = 0
  private var line = 1
  private var first = 1
  private var state = State.begin

  private enum State { case begin, plain, quoted, quoteInQuoted, comment, afterReturn }

  /// - Parameters:
  ///   - comment: gets a line that begins with `#`, with its number; returns the delimiter from
  /// then on.
  ///   - record: gets the number of a record's first line, and its fields.
  init(
    _ path: String, comment: @escaping (Int, [UInt8]) throws -> UInt8?,
    record: @escaping (Int, [Field]) throws -> Void
  ) {
    self.path = path
    delimiter = UInt8(ascii: ",")
    self.comment = comment
    self.record = record
  }

  /// Reads the file to its end.
  mutating func run() throws {
    let chunks = try ByteChunks(path)
    var isFirst = true
    while true {
      let chunk = try chunks.next()
      if chunk.isEmpty { break }
      var start = 0
      if isFirst {
        isFirst = false
        if chunk.starts(with: [0xFF, 0xFE]) || chunk.starts(with: [0xFE, 0xFF]) {
          throw ExchangeError(
            .unreadable, "the file is UTF-16", place: path, remedy: "save it as UTF-8")
        }
        if chunk.starts(with: [0xEF, 0xBB, 0xBF]) { start = 3 }
      }
      for index in start..<chunk.count { try take(chunk[index]) }
    }
    if state == .quoted {
      throw ExchangeError(
        .unreadable, "a quoted text does not end", place: "\(path):\(first)",
        remedy: "close the quote")
    }
    if state != .begin || !fields.isEmpty { try endLine() }
  }

  private mutating func take(_ byte: UInt8) throws {
    size += 1
    guard size <= Self.longestRecord else {
      throw ExchangeError(
        .unreadable, "a line has more than \(Self.longestRecord >> 20) MiB",
        place: "\(path):\(first)", remedy: "look for a quote that is not closed")
    }
    if byte == 0x0A { line += 1 }
    switch state {
    case .comment:
      if byte == 0x0A { try endLine() } else { field.bytes.append(byte) }
    case .quoted:
      if byte == 0x22 { state = .quoteInQuoted } else { field.bytes.append(byte) }
    case .quoteInQuoted where byte == 0x22:
      field.bytes.append(byte)
      state = .quoted
    case .begin, .plain, .quoteInQuoted, .afterReturn:
      if state == .afterReturn, byte != 0x0A {
        throw ExchangeError(
          .unreadable, "a line ends with a carriage return alone", place: "\(path):\(first)",
          remedy: "end lines with LF or CR LF")
      }
      try takePlain(byte)
    }
  }

  private mutating func takePlain(_ byte: UInt8) throws {
    switch byte {
    case 0x0A: try endLine()
    case 0x0D: state = .afterReturn
    case delimiter:
      // Blanks side by side delimit once.
      if delimiter == 0x20, field.bytes.isEmpty, !field.isQuoted { return }
      endField()
      state = .plain
    case UInt8(ascii: "#") where state == .begin: state = .comment
    case 0x22 where field.bytes.isEmpty && !field.isQuoted:
      field.isQuoted = true
      state = .quoted
    default:
      field.bytes.append(byte)
      state = .plain
    }
  }

  private mutating func endField() {
    fields.append(field)
    field = Field()
  }

  private mutating func endLine() throws {
    defer {
      fields = []
      field = Field()
      first = line
      size = 0
      state = .begin
    }
    if state == .comment {
      if field.bytes.last == 0x0D { field.bytes.removeLast() }
      if let new = try comment(first, field.bytes) { delimiter = new }
      return
    }
    if delimiter != 0x20 || !field.bytes.isEmpty || field.isQuoted { endField() }
    let isEmpty = fields.allSatisfy { $0.bytes.isEmpty && !$0.isQuoted } && fields.count <= 1
    if !isEmpty { try record(first, fields) }
  }
}
