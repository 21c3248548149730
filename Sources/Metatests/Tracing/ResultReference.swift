public import Warehouse

/// The name of one value, for documents: `RUN/QUANTITY/CCD/QUADRANT/OBSID/ITEM`.
///
/// `RUN` is the run's number in this warehouse, or `ANALYSIS:BLOCK:TEST:SESSION`, which stays the same
/// when warehouses are merged. A part that a value has not is `-`; parts at the end that are `-` may be
/// left out. Within a part, `/`, `:`, `%`, control characters, and a `-` that stands alone are
/// written as `%` and two hexadecimal digits of each UTF-8 byte.
public struct ResultReference: Sendable, Hashable {
  /// The test run.
  public enum Run: Sendable, Hashable {
    /// Its number.
    case number(Int64)
    /// What names it everywhere.
    case named(analysis: String, block: String, test: String, session: String)
  }

  /// The test run.
  public var run: Run
  /// The quantity's name.
  public var quantity: String
  /// What the value belongs to.
  public var place: ResultPlace

  /// Names a value.
  public init(run: Run, quantity: String, place: ResultPlace) {
    self.run = run
    self.quantity = quantity
    self.place = place
  }

  /// The name as text; `init?(_:)` reads it back.
  public var text: String {
    let head =
      switch run {
      case .number(let number): String(number)
      case .named(let analysis, let block, let test, let session):
        [analysis, block, test, session].map(Self.escaped).joined(separator: ":")
      }
    var parts = [
      Self.escaped(quantity), Self.part(place.detector), Self.part(place.amplifier),
      place.obsid.map { String($0) } ?? "-", Self.part(place.item),
    ]
    while parts.count > 1, parts.last == "-" { parts.removeLast() }
    return ([head] + parts).joined(separator: "/")
  }

  /// Reads a name; nil where the text is none.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard (2...6).contains(parts.count), let quantity = Self.unescaped(parts[1]),
      !quantity.isEmpty, quantity != "-"
    else { return nil }
    let head = parts[0].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    if head.count == 1, let number = Int64(head[0]), number > 0 {
      run = .number(number)
    } else if head.count == 4 {
      let names = head.compactMap(Self.unescaped)
      guard names.count == 4 else { return nil }
      run = .named(analysis: names[0], block: names[1], test: names[2], session: names[3])
    } else {
      return nil
    }
    var place = ResultPlace()
    for (index, part) in parts.dropFirst(2).enumerated() where part != "-" {
      guard !part.isEmpty, let name = Self.unescaped(part) else { return nil }
      switch index {
      case 0: place.detector = name
      case 1: place.amplifier = name
      case 2:
        guard let number = Int(name) else { return nil }
        place.obsid = number
      default: place.item = name
      }
    }
    self.quantity = quantity
    self.place = place
  }

  private static func part(_ name: String?) -> String { name.map(escaped) ?? "-" }

  private static func escaped(_ name: String) -> String {
    if name == "-" { return "%2D" }
    return String(
      decoding: name.utf8.flatMap { byte -> [UInt8] in
        switch byte {
        case UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "%"), 0...0x20, 0x7F:
          PercentText.triple(byte)
        default: [byte]
        }
      }, as: UTF8.self)
  }

  private static func unescaped(_ text: String) -> String? { PercentText.decoded(text) }
}

/// Bytes as `%` and two hexadecimal digits.
enum PercentText {
  static func triple(_ byte: UInt8) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
  }

  /// A text in which only ASCII letters, digits, `_`, `.` and `-` stay.
  static func encoded(_ text: String) -> String {
    String(
      decoding: text.utf8.flatMap { byte -> [UInt8] in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
          UInt8(ascii: "-"):
          [byte]
        default: triple(byte)
        }
      }, as: UTF8.self)
  }

  /// - Returns: nil where a `%` is not followed by two digits, or the bytes are no UTF-8.
  static func decoded(_ text: String) -> String? {
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "%") {
        guard index + 2 < bytes.count, let high = digit(bytes[index + 1]),
          let low = digit(bytes[index + 2])
        else { return nil }
        result.append(high << 4 | low)
        index += 3
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return String(validating: result, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}
