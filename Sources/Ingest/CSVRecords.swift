/// Splits a CSV text into records: commas, texts in double quotes, `#` comments (RFC 4180 otherwise).
enum CSVRecords {
  /// The largest field, in bytes; a lost quote must not swallow the rest of the file.
  private static let longestField = 65_536

  /// The records with the numbers of their first lines, without comments and empty lines.
  ///
  /// - Throws: `IngestError` of kind `manifestLine` for a text that is no UTF-8 or a quote that never ends.
  static func records(
    of bytes: [UInt8], path: String
  ) throws(IngestError) -> [(line: Int, fields: [String])] {
    guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
      throw IngestError(.manifestLine, "the file is not a UTF-8 text", place: path)
    }
    var records: [(line: Int, fields: [String])] = []
    var fields: [String] = []
    var field: [UInt8] = []
    var line = 1
    var first = 1
    var isQuoted = false
    var wasQuoted = false
    var isComment = false
    func endField() {
      let text = String(decoding: field, as: UTF8.self)
      fields.append(wasQuoted ? text : trimmed(text))
      field = []
      wasQuoted = false
    }
    func endRecord() {
      if !isComment {
        endField()
        if fields != [""] { records.append((first, fields)) }
      }
      fields = []
      field = []
      isComment = false
    }
    var iterator = text.utf8.makeIterator()
    var pending = iterator.next()
    while let byte = pending {
      pending = iterator.next()
      if byte == UInt8(ascii: "\n") { line += 1 }
      if isQuoted {
        if byte == UInt8(ascii: "\""), pending == UInt8(ascii: "\"") {
          field.append(byte)
          pending = iterator.next()
        } else if byte == UInt8(ascii: "\"") {
          isQuoted = false
        } else {
          field.append(byte)
        }
        guard field.count <= longestField else {
          throw IngestError(.manifestLine, "a quoted text does not end", place: "\(path):\(first)")
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\n"):
        endRecord()
        first = line
      case UInt8(ascii: "\r") where pending == UInt8(ascii: "\n") || pending == nil: break
      case _ where isComment: break
      case UInt8(ascii: "#") where fields.isEmpty && field.isEmpty: isComment = true
      case UInt8(ascii: ","): endField()
      case UInt8(ascii: "\"") where field.allSatisfy { $0 == 0x20 }:
        field = []
        (isQuoted, wasQuoted) = (true, true)
      default: field.append(byte)
      }
    }
    guard !isQuoted else {
      throw IngestError(.manifestLine, "a quoted text does not end", place: "\(path):\(first)")
    }
    if !field.isEmpty || !fields.isEmpty { endRecord() }
    return records
  }

  /// A field as a CSV file must hold it.
  static func quoted(_ text: String) -> String {
    let needsQuotes =
      text.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D, 0x23].contains($0) }
      || text.first == " " || text.last == " "
    guard needsQuotes else { return text }
    return "\""
      + text.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"") + "\""
  }

  private static func trimmed(_ text: String) -> String {
    String(
      Substring(text).trimmingPrefix(while: \.isWhitespace).reversed()
        .trimmingPrefix(while: \.isWhitespace).reversed())
  }
}
