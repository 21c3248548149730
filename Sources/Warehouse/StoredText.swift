/// Text as it is bound to SQLite, which ends a text at a NUL in many interfaces.
///
/// NUL is written as U+FFFE and "0", U+FFFE (a non-character, never text) as U+FFFE and "1"; every
/// other text is stored as it is.
enum StoredText {
  private static let escape: Unicode.Scalar = "\u{FFFE}"

  /// The form that is stored.
  static func encoded(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { $0.value == 0 || $0 == escape }) else {
      return text
    }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar.value == 0 {
        result.append(contentsOf: [escape, "0"])
      } else if scalar == escape {
        result.append(contentsOf: [escape, "1"])
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }

  /// The text that was stored.
  static func decoded(_ stored: String) -> String {
    guard stored.unicodeScalars.contains(escape) else { return stored }
    var result = String.UnicodeScalarView()
    var afterEscape = false
    for scalar in stored.unicodeScalars {
      if afterEscape {
        result.append(scalar == "0" ? "\0" : escape)
        afterEscape = false
      } else if scalar == escape {
        afterEscape = true
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }
}
