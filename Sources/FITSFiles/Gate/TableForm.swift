/// The form of a table column, from TFORMn (FITS 4.0, sections 7.2.1 and 7.3.1).
struct TableForm: Equatable {
  /// The number of elements in a row.
  let count: Int
  /// The type letter.
  let letter: Character

  /// Reads `rT` or `rTa`, such as `1J`, `12A`, `D`, `1PB(1024)`.
  ///
  /// - Returns: nil where the text breaks the grammar.
  init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let rest = text.dropFirst(digits.count)
    guard let letter = rest.first, "LXBIJKAEDCMPQ".contains(letter) else { return nil }
    if digits.isEmpty {
      count = 1
    } else {
      guard let number = Int(digits) else { return nil }
      count = number
    }
    self.letter = letter
    if letter == "P" || letter == "Q" {
      guard count <= 1, let type = rest.dropFirst().first, "LXBIJKAEDCM".contains(type) else {
        return nil
      }
    }
  }

  /// The bytes of the column in one row; nil where they exceed the range of integers.
  var bytes: Int? {
    let size: Int
    switch letter {
    case "X": return count > Int.max - 7 ? nil : (count + 7) / 8
    case "L", "B", "A": size = 1
    case "I": size = 2
    case "J", "E": size = 4
    case "K", "D", "C", "P": size = 8
    default: size = 16
    }
    let (result, overflow) = count.multipliedReportingOverflow(by: size)
    return overflow ? nil : result
  }

  /// The width of a field of an ASCII table, such as 12 of `E12.5`.
  static func width(ofASCII text: String) -> Int? {
    guard let letter = text.first, "AIFED".contains(letter) else { return nil }
    return Int(text.dropFirst().prefix { $0.isASCII && $0.isNumber })
  }
}
