/// Reads one line of JSON lines: an object of texts, numbers, truth values and null.
///
/// Numbers keep their digits. Nested values are passed over and reported as such.
struct FlatJSON {
  /// A member's value.
  enum Value: Hashable {
    case null
    case text(String)
    case number(String)
    case logical(Bool)
    case nested
  }

  /// What is wrong, at a byte from 1.
  struct Failure: Error, Equatable {
    let problem: String
    let position: Int
  }

  private let bytes: [UInt8]
  private var next = 0

  /// Reads an object's members in their order.
  static func members(of line: [UInt8]) throws(Failure) -> [(key: String, value: Value)] {
    var reader = FlatJSON(bytes: line)
    return try reader.object()
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private func fail(_ problem: String) -> Failure { Failure(problem: problem, position: next + 1) }

  private mutating func skipBlanks() {
    while next < bytes.count, [0x20, 0x09, 0x0D].contains(bytes[next]) { next += 1 }
  }

  private mutating func take(_ byte: Character) -> Bool {
    skipBlanks()
    guard next < bytes.count, bytes[next] == byte.asciiValue else { return false }
    next += 1
    return true
  }

  private mutating func object() throws(Failure) -> [(key: String, value: Value)] {
    guard take("{") else { throw fail("a line must be an object, {...}") }
    var members: [(String, Value)] = []
    var keys: Set<String> = []
    if !take("}") {
      repeat {
        skipBlanks()
        guard next < bytes.count, bytes[next] == 0x22 else { throw fail("a name is missing") }
        let key = try string()
        guard keys.insert(key).inserted else {
          throw fail("the name \"\(key.prefix(40))\" is given twice")
        }
        guard take(":") else { throw fail("a colon is missing") }
        members.append((key, try value()))
      } while take(",")
      guard take("}") else { throw fail("a comma or } is missing") }
    }
    skipBlanks()
    guard next == bytes.count else { throw fail("there is more after the object") }
    return members
  }

  private mutating func value() throws(Failure) -> Value {
    skipBlanks()
    guard next < bytes.count else { throw fail("a value is missing") }
    switch bytes[next] {
    case 0x22: return .text(try string())
    case UInt8(ascii: "{"), UInt8(ascii: "["): return try nested()
    default: break
    }
    let start = next
    while next < bytes.count, ![0x2C, 0x7D, 0x5D, 0x20, 0x09, 0x0D].contains(bytes[next]) {
      next += 1
    }
    let word = String(decoding: bytes[start..<next], as: UTF8.self)
    switch word {
    case "null": return .null
    case "true": return .logical(true)
    case "false": return .logical(false)
    default:
      // NaN and Infinity, which some programs write, are shown to the user as numbers that are
      // none.
      let isWord = ["NaN", "Infinity", "-Infinity"].contains(word)
      guard isWord || word.first.map({ $0 == "-" || ("0"..."9").contains($0) }) == true else {
        next = start
        throw fail("\"\(word.prefix(40))\" is no JSON value")
      }
      return .number(word)
    }
  }

  private mutating func nested() throws(Failure) -> Value {
    var depth = 0
    repeat {
      guard next < bytes.count else { throw fail("a bracket is not closed") }
      switch bytes[next] {
      case 0x22:
        _ = try string()
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      default: break
      }
      next += 1
    } while depth > 0
    return .nested
  }

  private mutating func string() throws(Failure) -> String {
    next += 1
    var content: [UInt8] = []
    while next < bytes.count {
      let byte = bytes[next]
      next += 1
      switch byte {
      case 0x22:
        guard let text = String(validating: content, as: UTF8.self) else {
          throw fail("a text is no UTF-8")
        }
        return text
      case 0..<0x20: throw fail("a text holds a control character")
      case UInt8(ascii: "\\"):
        guard next < bytes.count else { break }
        let escape = bytes[next]
        next += 1
        if escape == UInt8(ascii: "u") {
          content.append(contentsOf: String(Character(try escapedScalar())).utf8)
        } else if let plain = FlatJSON.escapes[escape] {
          content.append(plain)
        } else {
          throw fail("a text holds an unknown escape")
        }
      default: content.append(byte)
      }
    }
    throw fail("a text does not end")
  }

  private static let escapes: [UInt8: UInt8] = [
    0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D, 0x74: 0x09,
  ]

  private mutating func escapedScalar() throws(Failure) -> Unicode.Scalar {
    let first = try fourDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    // The upper half of a pair must be followed by the lower one.
    guard (0xD800..<0xDC00).contains(first), next + 1 < bytes.count, bytes[next] == 0x5C,
      bytes[next + 1] == UInt8(ascii: "u")
    else { throw fail("a text holds half a surrogate pair") }
    next += 2
    let second = try fourDigits()
    guard (0xDC00..<0xE000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw fail("a text holds half a surrogate pair") }
    return scalar
  }

  private mutating func fourDigits() throws(Failure) -> UInt32 {
    guard next + 4 <= bytes.count,
      let text = String(validating: bytes[next..<next + 4], as: UTF8.self),
      text.allSatisfy(\.isHexDigit), let value = UInt32(text, radix: 16)
    else { throw fail("a text holds a broken escape") }
    next += 4
    return value
  }
}
