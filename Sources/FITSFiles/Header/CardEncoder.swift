/// Writes header cards in the fixed format (FITS 4.0, section 4.2).
///
/// Rules for what does not fit a card: characters outside printable ASCII become `\u{hex}`; strings
/// of more than 68 characters go on in CONTINUE cards (section 4.2.1.2); comments and units are
/// clipped at column 80; COMMENT and HISTORY take as many cards as they need.
struct CardEncoder {
  /// The header so far, without END.
  private(set) var bytes: [UInt8] = []
  private var announcesLongStrings = false
  private let file: String
  private let hdu: Int

  /// Begins a header.
  ///
  /// - Parameter file: the file, for messages.
  init(file: String, hdu: Int) {
    self.file = file
    self.hdu = hdu
  }

  /// Appends a card that the writer itself makes.
  mutating func append(_ keyword: String, _ value: FITSValue, _ comment: String) throws(FITSError) {
    try append(FITSCard(keyword, value, comment))
  }

  /// Appends the user's cards, none of which may be structural.
  mutating func append(user cards: [FITSCard]) throws(FITSError) {
    for card in cards {
      guard !Self.isReserved(card.keyword) else {
        throw bad("the keyword \(card.keyword) is made by the writer")
      }
      try append(card)
    }
  }

  /// Appends one card, or several for a long text.
  mutating func append(_ card: FITSCard) throws(FITSError) {
    guard Self.isLegal(card.keyword) else {
      throw bad("\"\(card.keyword)\" is no keyword: at most 8 of A-Z, 0-9, - and _")
    }
    switch card.value {
    case .text(let text): try appendText(card, Self.withoutZone(text, of: card.keyword))
    case .commentary(let text):
      let pieces = Self.pieces(of: Self.ascii(text), limit: 72)
      for piece in pieces { push(Self.padded(card.keyword, 8) + piece) }
    case .integer(let value): push(fixed(card, String(value)))
    case .real(let value): push(fixed(card, try number(value, card.keyword)))
    case .logical(let value): push(fixed(card, value ? "T" : "F"))
    case .complex(let re, let im):
      push(fixed(card, "(\(try number(re, card.keyword)), \(try number(im, card.keyword)))"))
    case .undefined: push(fixed(card, ""))
    }
  }

  /// The header with END, filled with blanks up to a multiple of 2880 bytes.
  func finished() -> [UInt8] {
    var result = bytes + Array("END".utf8)
    let total = (result.count + 2879) / 2880 * 2880
    result.append(contentsOf: repeatElement(0x20, count: total - result.count))
    return result
  }

  // MARK: - Text

  /// A time as DATE keywords have it: ISO 8601 without the Z, as FITS times are UTC unless TIMESYS says
  /// otherwise (FITS 4.0, section 9.1.1).
  static func withoutZone(_ text: String, of keyword: String) -> String {
    guard keyword == "DATE" || keyword.hasPrefix("DATE-"), text.utf8.count >= 20,
      text.hasSuffix("Z"), text.dropFirst(10).first == "T", text.dropFirst(4).first == "-"
    else { return text }
    return String(text.dropLast())
  }

  /// A text as printable ASCII: every other character becomes `\u{hex}`.
  static func ascii(_ text: String) -> String {
    if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      if (0x20...0x7E).contains(scalar.value) {
        result.unicodeScalars.append(scalar)
      } else {
        result += "\\u{\(String(scalar.value, radix: 16))}"
      }
    }
    return result
  }

  private mutating func appendText(_ card: FITSCard, _ text: String) throws(FITSError) {
    let quoted = Self.ascii(text).replacing("'", with: "''")
    let head = Self.padded(card.keyword, 8) + "= "
    if quoted.utf8.count <= 68 {
      push(head + Self.padded("'\(Self.padded(quoted, 8))'", 20) + remark(card))
      return
    }
    if !announcesLongStrings {
      announcesLongStrings = true
      push("LONGSTRN= 'OGIP 1.0'           / long strings go on in CONTINUE cards")
    }
    var rest = Array(quoted.utf8)[...]
    var start = head
    while rest.count > 68 {
      var cut = rest.startIndex + 67
      // Never between the two halves of a doubled quote: an odd run of quotes is being cut.
      let run = rest[..<cut].reversed().prefix { $0 == UInt8(ascii: "'") }.count
      if run % 2 == 1 { cut -= 1 }
      push(start + "'" + String(decoding: rest[..<cut], as: UTF8.self) + "&'")
      rest = rest[cut...]
      start = "CONTINUE  "
    }
    push(start + "'" + String(decoding: rest, as: UTF8.self) + "'" + remark(card))
  }

  private static func pieces(of text: String, limit: Int) -> [String] {
    var rest = Array(text.utf8)[...]
    guard !rest.isEmpty else { return [""] }
    var result: [String] = []
    while !rest.isEmpty {
      result.append(String(decoding: rest.prefix(limit), as: UTF8.self))
      rest = rest.dropFirst(limit)
    }
    return result
  }

  // MARK: - Numbers

  private func fixed(_ card: FITSCard, _ value: String) -> String {
    let blanks = String(repeating: " ", count: max(0, 20 - value.utf8.count))
    return Self.padded(card.keyword, 8) + "= " + blanks + value + remark(card)
  }

  /// The shortest text that reads back as the same number, with a decimal point.
  private func number(_ value: Double, _ keyword: String) throws(FITSError) -> String {
    guard value.isFinite else { throw bad("\(keyword) is \(value), which no header can hold") }
    let parts = value.description.split(separator: "e", maxSplits: 1)
    let mantissa = parts[0].contains(".") ? String(parts[0]) : parts[0] + ".0"
    return parts.count == 1 ? mantissa : "\(mantissa)E\(parts[1])"
  }

  // MARK: - Cards

  private func remark(_ card: FITSCard) -> String {
    let unit = card.unit.map { "[\(Self.ascii($0))] " } ?? ""
    let text = unit + Self.ascii(card.comment)
    return text.allSatisfy { $0 == " " } ? "" : " / " + text
  }

  private mutating func push(_ text: String) {
    let card = text.utf8.prefix(80)
    bytes.append(contentsOf: card)
    bytes.append(contentsOf: repeatElement(0x20, count: 80 - card.count))
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.utf8.count))
  }

  private static func isLegal(_ keyword: String) -> Bool {
    keyword.utf8.count <= 8
      && keyword.utf8.allSatisfy {
        (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F
      }
  }

  /// Whether the writer makes this keyword, so that nobody else may.
  static func isReserved(_ keyword: String) -> Bool {
    let stem = String(keyword.prefix { !$0.isNumber })
    return reserved.contains(keyword)
      || (stem != keyword && indexed.contains(stem))
  }

  private static let reserved: Set<String> = [
    "SIMPLE", "XTENSION", "BITPIX", "NAXIS", "PCOUNT", "GCOUNT", "GROUPS", "EXTEND", "TFIELDS",
    "THEAP", "EXTNAME", "EXTVER", "BSCALE", "BZERO", "BLANK", "DATASUM", "CHECKSUM", "END",
    "CONTINUE", "LONGSTRN", "ZIMAGE", "ZTABLE",
  ]

  private static let indexed: Set<String> = [
    "NAXIS", "TFORM", "TTYPE", "TUNIT", "TDISP", "TNULL", "TSCAL", "TZERO", "TDIM", "TBCOL",
  ]

  private func bad(_ detail: String) -> FITSError {
    FITSError(.badContent, detail, file: file, hdu: hdu)
  }
}
