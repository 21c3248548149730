/// Texts as cells and sheet names of a workbook can hold them.
enum WorkbookText {
  /// The UTF-16 units that a cell can hold.
  static let longest = 32_767

  /// A text for a cell: characters that XML forbids become U+FFFD, what is too long is cut.
  static func cell(_ text: String) -> String {
    var clean = text
    if text.unicodeScalars.contains(where: isForbidden) {
      clean = String(
        String.UnicodeScalarView(text.unicodeScalars.map { isForbidden($0) ? "\u{FFFD}" : $0 }))
    }
    guard clean.utf16.count > longest else { return clean }
    let note = " [cut: \(text.count) characters]"
    return clean.prefix(utf16: longest - note.utf16.count) + note
  }

  /// A name for a sheet: at most 31 units, without the characters that Excel forbids.
  static func sheetName(_ name: String) -> String {
    var clean = cell(name).map { "[]:*?/\\\u{FFFD}\n\r\t".contains($0) ? "_" : $0 }
    while clean.first == "'" || clean.first == " " { clean.removeFirst() }
    while clean.last == "'" || clean.last == " " { clean.removeLast() }
    let result = String(clean).prefix(utf16: 31)
    // Excel keeps "History" for itself.
    if result.isEmpty || result.lowercased() == "history" { return result + "_" }
    return result.hasSuffix("'") || result.hasSuffix(" ") ? result.dropLast() + "_" : result
  }

  private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A, 0x0D: false
    case 0..<0x20, 0xFFFE, 0xFFFF: true
    default: false
    }
  }
}
