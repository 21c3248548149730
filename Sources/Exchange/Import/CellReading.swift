/// Reads the cells of one row as what their columns hold.
///
/// Every cell is read, so that all that is wrong with a line is told at once.
struct CellReading {
  /// What is wrong with a cell.
  struct Problem {
    let column: ExchangeColumn
    let value: String
    let problem: String
    let remedy: String
  }

  /// The longest name, in bytes.
  static let longestName = 200
  /// The longest reason, in bytes.
  static let longestText = 64 << 10

  let cells: [ForeignCell]
  let constants: [ExchangeColumn: String]
  private(set) var problems: [Problem] = []

  init(_ cells: [ForeignCell], constants: [ExchangeColumn: String]) {
    self.cells = cells
    self.constants = constants
  }

  mutating func fail(
    _ column: ExchangeColumn, _ value: String, _ problem: String, _ remedy: String
  ) {
    problems.append(Problem(column: column, value: value, problem: problem, remedy: remedy))
  }

  /// The text of a cell, or the constant that stands for it; nil where there is none.
  mutating func text(_ column: ExchangeColumn) -> String? {
    switch cells[column.index] {
    case .missing: return constants[column]
    case .text(let text):
      guard text.utf8.count <= Self.longestText else {
        fail(
          column, String(text.prefix(40)), "a text of \(text.utf8.count) bytes",
          "shorten it to \(Self.longestText) bytes or less")
        return nil
      }
      return text.isEmpty ? constants[column] : text
    case .bad(let shown, let problem, let remedy):
      fail(column, shown, problem, remedy)
      return nil
    }
  }

  /// Whether there is nothing in a cell, nor for it.
  private func isMissing(_ column: ExchangeColumn) -> Bool {
    cells[column.index] == .missing && constants[column] == nil
  }

  /// A name; nil where there is none or a bad one.
  mutating func name(_ column: ExchangeColumn, isFolder: Bool = false) -> String? {
    guard let text = text(column) else { return nil }
    let shown = String(text.prefix(60))
    guard text.utf8.count <= Self.longestName else {
      fail(
        column, shown, "a name of \(text.utf8.count) bytes",
        "shorten it to \(Self.longestName) bytes or less")
      return nil
    }
    let hasControls = text.unicodeScalars.contains {
      $0.value < 0x20 || (0x7F...0x9F).contains($0.value) || [0x2028, 0x2029].contains($0.value)
    }
    if hasControls {
      fail(column, shown, "a name with control characters", "remove them")
      return nil
    }
    if text.first == " " || text.last == " " {
      fail(column, shown, "a name that begins or ends with a blank", "remove the blank")
      return nil
    }
    if isFolder, text.contains("/") || text.hasPrefix(".") {
      fail(
        column, shown, "it cannot be the name of a folder", "name it without / and without . before"
      )
      return nil
    }
    return text
  }

  /// A name that must be there; "" where it is not.
  mutating func required(_ column: ExchangeColumn, _ remedy: String) -> String {
    if isMissing(column) { fail(column, "", "there is none", remedy) }
    return name(column, isFolder: true) ?? ""
  }

  /// A number; nil where there is none or a bad one.
  mutating func number(_ column: ExchangeColumn) -> Double? {
    guard let text = text(column) else { return nil }
    let shown = String(text.prefix(40))
    let word = text.lowercased().drop { $0 == "+" || $0 == "-" }
    if ["nan", "inf", "infinity"].contains(String(word)) {
      fail(column, shown, "it is not finite", "leave it empty, and say why in the column reason")
      return nil
    }
    guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let value = Double(text)
    else {
      let hasComma = text.contains(",")
      fail(
        column, shown, "it is no number",
        hasComma ? "write a decimal point, and no thousands" : "write digits, such as -1.5e-3")
      return nil
    }
    let isZero = !text.prefix { $0 != "e" && $0 != "E" }.contains { ("1"..."9").contains($0) }
    guard value.isFinite, value != 0 || isZero else {
      fail(
        column, shown, "it is out of the range of 64-bit numbers", "leave it empty with a reason")
      return nil
    }
    return value
  }

  /// A whole number that is not negative; nil where there is none or a bad one.
  mutating func integer(_ column: ExchangeColumn) -> Int? {
    guard let text = text(column) else { return nil }
    let shown = String(text.prefix(40))
    // pandas writes 12.0 where other rows have none.
    let digits = text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      fail(column, shown, "it is no whole number from 0", "write digits alone")
      return nil
    }
    guard let value = Int(digits), value < Int.max else {
      fail(column, shown, "it is too large", "the largest is \(Int.max - 1)")
      return nil
    }
    return value
  }

  /// An instant in UTC, with or without a `Z`; nil where there is none or a bad one.
  mutating func instant(_ column: ExchangeColumn) -> String? {
    guard let text = text(column) else { return nil }
    if Self.isInstant(Array(text.utf8)) { return text }
    // numpy, astropy and FITS headers write UTC without its letter.
    if Self.isInstant(Array((text + "Z").utf8)) { return text + "Z" }
    fail(
      column, String(text.prefix(40)), "it is no instant in UTC", "write 2019-03-23T19:36:47Z")
    return nil
  }

  /// Whether bytes are `yyyy-mm-ddThh:mm:ss[.f]Z`; by hand, since each row has one.
  private static func isInstant(_ bytes: [UInt8]) -> Bool {
    let form = Array("0000-00-00T00:00:00".utf8)
    guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z") else { return false }
    for (byte, wanted) in zip(bytes, form) {
      let isDigit = (0x30...0x39).contains(byte)
      guard wanted == 0x30 ? isDigit : byte == wanted else { return false }
    }
    let fraction = bytes[19..<bytes.count - 1]
    guard
      fraction.isEmpty || fraction.first == UInt8(ascii: ".") && (2...10).contains(fraction.count),
      fraction.dropFirst().allSatisfy({ (0x30...0x39).contains($0) })
    else { return false }
    func two(_ at: Int) -> Int { Int(bytes[at] - 0x30) * 10 + Int(bytes[at + 1] - 0x30) }
    return (1...12).contains(two(5)) && (1...31).contains(two(8)) && two(11) < 24 && two(14) < 60
      && two(17) < 61
  }

  /// One of some words; nil where there is none or another one.
  mutating func word(_ column: ExchangeColumn, among words: [String]) -> String? {
    guard let text = text(column) else { return nil }
    if words.contains(text) { return text }
    fail(
      column, String(text.prefix(40)), "it is not known",
      "write one of " + words.joined(separator: ", "))
    return nil
  }
}
