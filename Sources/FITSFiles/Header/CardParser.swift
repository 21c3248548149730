/// Reads the grammar of header cards (FITS 4.0, section 4.1 and appendix A).
enum CardParser {
  /// A card as it stands in the file: 80 bytes taken apart.
  struct RawCard {
    var card: FITSCard
    /// Whether the card has "= " in columns 9 and 10.
    var hasValue: Bool
    /// What is irregular, or nil.
    var warning: String?
  }

  /// Takes apart one card.
  ///
  /// - Returns: nil where the keyword field holds bytes that no keyword may have.
  static func parse(_ bytes: ArraySlice<UInt8>) -> RawCard? {
    let field = bytes.prefix(8)
    let name = trimmed(field)
    var irregular = false
    for byte in name {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"), UInt8(ascii: "_"):
        break
      case 0x21...0x7E: irregular = true
      default: return nil
      }
    }
    let keyword = String(decoding: name, as: UTF8.self)
    let rest = bytes.dropFirst(8)
    let isValue =
      rest.count >= 2 && rest[rest.startIndex] == UInt8(ascii: "=")
      && rest[rest.startIndex + 1] == UInt8(ascii: " ") && !name.isEmpty
      && keyword != "COMMENT" && keyword != "HISTORY"
    var result: RawCard
    if isValue {
      result = value(keyword, rest.dropFirst(2))
    } else if keyword == "HIERARCH", let equals = rest.firstIndex(of: UInt8(ascii: "=")) {
      let long = string(trimmed(rest[..<equals]).drop { $0 == 0x20 })
      result = value("HIERARCH " + long, rest[(equals + 1)...])
      result.hasValue = false
    } else {
      let card = FITSCard(keyword, .commentary(string(trimmed(rest))))
      result = RawCard(card: card, hasValue: false, warning: nil)
    }
    if irregular { result.warning = "the keyword \(keyword) is irregular" }
    return result
  }

  /// The text of a CONTINUE card: string and comment; nil where it has none.
  static func continuation(_ bytes: ArraySlice<UInt8>) -> (text: String, comment: String)? {
    let parsed = value("CONTINUE", bytes.dropFirst(8))
    guard case .text(let text) = parsed.card.value else { return nil }
    return (text, parsed.card.comment)
  }

  // MARK: - Values

  private static func value(_ keyword: String, _ field: ArraySlice<UInt8>) -> RawCard {
    let start = field.firstIndex { $0 != 0x20 } ?? field.endIndex
    let body = field[start...]
    guard let first = body.first else {
      return RawCard(card: FITSCard(keyword, .undefined), hasValue: true, warning: nil)
    }
    var value: FITSValue?
    var rest: ArraySlice<UInt8>
    if first == quote {
      let (text, after) = quoted(body)
      value = text.map { .text(string($0)) }
      rest = after
    } else {
      let slash = body.firstIndex(of: UInt8(ascii: "/")) ?? body.endIndex
      let token = trimmed(body[..<slash])
      value = token.isEmpty ? .undefined : scalar(token)
      rest = body[slash...]
    }
    let remark = trimmed(rest.drop { $0 == 0x20 })
    var warning: String?
    if value == nil { warning = "the value of \(keyword) cannot be read" }
    if let sign = remark.first, sign != UInt8(ascii: "/") {
      warning = "text after the value of \(keyword)"
    }
    let (unit, comment) = unitAndComment(remark)
    let card = FITSCard(keyword, value ?? .undefined, unit: unit, comment)
    return RawCard(card: card, hasValue: true, warning: warning)
  }

  private static let quote = UInt8(ascii: "'")

  /// The inside of a quoted string, and what follows; nil where the closing quote is missing.
  private static func quoted(_ body: ArraySlice<UInt8>) -> ([UInt8]?, ArraySlice<UInt8>) {
    var text: [UInt8] = []
    var index = body.startIndex + 1
    while index < body.endIndex {
      if body[index] == quote {
        guard index + 1 < body.endIndex, body[index + 1] == quote else {
          let end = text.lastIndex { $0 != 0x20 }.map { $0 + 1 } ?? 0
          return (Array(text[..<end]), body[(index + 1)...])
        }
        index += 1
      }
      text.append(body[index])
      index += 1
    }
    return (nil, body[body.endIndex...])
  }

  private static func scalar(_ token: ArraySlice<UInt8>) -> FITSValue? {
    let text = String(decoding: token, as: UTF8.self)
    if text == "T" { return .logical(true) }
    if text == "F" { return .logical(false) }
    if text.hasPrefix("("), text.hasSuffix(")") {
      let parts = text.dropFirst().dropLast().split(separator: ",")
      guard parts.count == 2, let re = real(parts[0].filter { $0 != " " }),
        let im = real(parts[1].filter { $0 != " " })
      else { return nil }
      return .complex(re, im)
    }
    if let integer = integer(text) { return .integer(integer) }
    return real(text).map { .real($0) }
  }

  private static func integer(_ text: String) -> Int? {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2B || $0 == 0x2D }) else {
      return nil
    }
    return Int(text)
  }

  /// A decimal number, with E or D before its exponent; not the names and hexadecimal forms that
  /// Swift's own parser accepts too.
  static func real(_ text: String) -> Double? {
    var allowed = true
    var converted = ""
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x2B, 0x2D, 0x2E: converted.unicodeScalars.append(Unicode.Scalar(byte))
      case UInt8(ascii: "E"), UInt8(ascii: "e"), UInt8(ascii: "D"), UInt8(ascii: "d"):
        converted += "e"
      default: allowed = false
      }
    }
    guard allowed, let value = Double(converted), value.isFinite else { return nil }
    return value
  }

  private static func unitAndComment(_ remark: ArraySlice<UInt8>) -> (String?, String) {
    guard remark.first == UInt8(ascii: "/") else { return (nil, string(remark)) }
    let comment = string(trimmed(remark.dropFirst().drop { $0 == 0x20 }))
    guard comment.hasPrefix("["), let close = comment.firstIndex(of: "]") else {
      return (nil, comment)
    }
    let unit = comment[comment.index(after: comment.startIndex)..<close]
    let rest = comment[comment.index(after: close)...].drop { $0 == " " }
    return (String(unit), String(rest))
  }

  // MARK: - Bytes

  static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard let last = bytes.lastIndex(where: { $0 != 0x20 }) else { return bytes.prefix(0) }
    return bytes[...last]
  }

  /// Bytes as text: what is not printable ASCII becomes `\u{...}`.
  static func string(_ bytes: some Collection<UInt8>) -> String {
    if bytes.allSatisfy({ (0x20...0x7E).contains($0) }) {
      return String(decoding: bytes, as: UTF8.self)
    }
    var result = ""
    for byte in bytes {
      if (0x20...0x7E).contains(byte) {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        result += "\\u{\(String(byte, radix: 16))}"
      }
    }
    return result
  }
}
