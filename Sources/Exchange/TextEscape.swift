import DataProducts

/// Texts as files of one line a row hold them, and back.
///
/// Control characters, line separators and non-characters become `\u{hex}`; a backslash that would
/// read as the beginning of such an escape becomes `\u{5c}`.
enum TextEscape {
  /// The escaped text.
  ///
  /// - Parameter asciiOnly: for FITS: all but printable ASCII is escaped, and a blank at the end,
  ///   which
  ///   readers take off.
  static func escaped(_ text: String, asciiOnly: Bool = false) -> String {
    let isPlain = text.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x5C }
    if isPlain && !(asciiOnly && text.hasSuffix(" ")) { return text }
    var result = String.UnicodeScalarView()
    let scalars = Array(text.unicodeScalars)
    for (index, scalar) in scalars.enumerated() {
      let opens =
        scalar == "\\" && index + 2 < scalars.count && scalars[index + 1] == "u"
        && scalars[index + 2] == "{"
      let isLastBlank = asciiOnly && scalar == " " && index == scalars.count - 1
      if opens || isLastBlank || !isHarmless(scalar, asciiOnly) {
        result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }

  private static func isHarmless(_ scalar: Unicode.Scalar, _ asciiOnly: Bool) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF: false
    case 0x20..<0x7F: true
    default: !asciiOnly && scalar.value & 0xFFFE != 0xFFFE
    }
  }

  /// The text that was escaped; what is no escape stays as it is.
  static func unescaped(_ text: String) -> String {
    guard text.utf8.contains(0x5C) else { return text }
    var result = String.UnicodeScalarView()
    var rest = text.unicodeScalars[...]
    while let scalar = rest.first {
      if scalar == "\\", let (value, length) = escape(at: rest) {
        result.append(value)
        rest = rest.dropFirst(length)
      } else {
        result.append(scalar)
        rest = rest.dropFirst()
      }
    }
    return String(result)
  }

  private static func escape(
    at text: Substring.UnicodeScalarView
  ) -> (Unicode.Scalar, length: Int)? {
    guard text.dropFirst().first == "u", text.dropFirst(2).first == "{" else { return nil }
    let digits = text.dropFirst(3).prefix(7).prefix { $0 != "}" }
    guard (1...6).contains(digits.count), text.dropFirst(3 + digits.count).first == "}",
      let value = UInt32(String(digits), radix: 16), let scalar = Unicode.Scalar(value)
    else { return nil }
    return (scalar, digits.count + 4)
  }

  /// A text that no spreadsheet takes for a formula; a text that looks like one so protected gets
  /// a second `'`, so that `exposed` gives back either.
  static func protected(_ text: String) -> String {
    let bare = String(text.drop { $0 == "'" })
    return CSVWriter.harmless(bare) == bare ? text : "'" + text
  }

  /// The text before it was protected.
  static func exposed(_ text: String) -> String {
    guard text.hasPrefix("'") else { return text }
    let bare = String(text.drop { $0 == "'" })
    return CSVWriter.harmless(bare) == bare ? text : String(text.dropFirst())
  }
}
