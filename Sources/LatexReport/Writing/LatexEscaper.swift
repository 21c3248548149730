/// Makes any text harmless in LaTeX: nothing in it is a command, and all of it is shown.
enum LatexEscaper {
  /// The length from which a word without blanks gets places where a line may end.
  static let longWord = 16

  /// LaTeX that shows `text`, blanks and line ends as single blanks.
  ///
  /// - Parameter longestWord: words that are longer get break points.
  static func escape(_ text: String, longestWord: Int = longWord) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count + text.utf8.count / 4)
    for (index, word) in text.split(whereSeparator: isBlank).enumerated() {
      if index > 0 { result += index % 100 == 0 ? "\n" : " " }
      append(word, to: &result, breaking: word.count > longestWord)
    }
    // Blanks at the ends matter where a text is followed by a number or a mark.
    if let first = text.first, isBlank(first) { result = " " + result }
    if let last = text.last, isBlank(last), result != " " { result += " " }
    return result
  }

  /// LaTeX that shows one line of a listing: every blank is kept, and a line may end anywhere
  /// between words or, in long words, between letters.
  static func escapeCode(_ line: String) -> String {
    var result = ""
    var column = 0
    for character in line {
      switch character {
      case " ": result += column == 0 ? "\\mbox{}~" : "~" + breakPoint(column)
      case "\t": result += "~~\\vbreak{}"
      default:
        append(Substring(String(character)), to: &result, breaking: false)
        if column % 8 == 7 || "/_.,:;=-+".contains(character) { result += breakPoint(column) }
      }
      column += 1
    }
    return result
  }

  /// Text for PDF bookmarks and properties, where only simple characters can stand.
  static func escapeForBookmark(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\textbackslash{}"
      case "{", "}", "$", "&", "#", "%", "_": result += "\\" + String(scalar)
      case "^": result += "\\textasciicircum{}"
      case "~": result += "\\textasciitilde{}"
      case "\u{20}"..."\u{7E}": result.unicodeScalars.append(scalar)
      case "µ": result += "u"
      case "−", "–", "—": result += "-"
      case "\t", "\n", "\r": result += " "
      default: result += codePoint(scalar)
      }
    }
    return result
  }

  /// A label's name in LaTeX: letters and digits stay, all else becomes hexadecimal.
  static func label(_ name: String) -> String {
    var result = "v:"
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default: result += "." + String(byte, radix: 16) + "."
      }
    }
    return result
  }

  // MARK: - Characters

  private static func append(_ word: Substring, to result: inout String, breaking: Bool) {
    var sinceBreak = 0
    var breaks = 0
    for character in word {
      appendCharacter(character, to: &result)
      guard breaking else { continue }
      sinceBreak += 1
      if sinceBreak >= 6 || "/_.,:;=-+|&?@".contains(character) {
        result += breakPoint(breaks)
        breaks += 1
        sinceBreak = 0
      }
    }
  }

  /// A place where a line may end; now and then the .tex gets a new line too, since TeX reads lines
  /// of 200 000 bytes at most.
  private static func breakPoint(_ index: Int) -> String {
    index % 100 == 99 ? "\\vbreak{}%\n" : "\\vbreak{}"
  }

  private static func appendCharacter(_ character: Character, to result: inout String) {
    switch character {
    case "\\": result += "\\textbackslash{}"
    case "{": result += "\\{"
    case "}": result += "\\}"
    case "$": result += "\\$"
    case "&": result += "\\&"
    case "#": result += "\\#"
    case "%": result += "\\%"
    case "_": result += "\\_"
    case "^": result += "\\textasciicircum{}"
    case "~": result += "\\textasciitilde{}"
    case "\"": result += "\\textquotedbl{}"
    case "'": result += "\\textquotesingle{}"
    case "`": result += "\\textasciigrave{}"
    // These would join with their neighbours to other characters, or open an optional argument.
    case "-": result += "{-}"
    case ",": result += "{,}"
    case "<": result += "{<}"
    case ">": result += "{>}"
    case "!": result += "{!}"
    case "?": result += "{?}"
    case "[": result += "{[}"
    case "]": result += "{]}"
    case "*": result += "{*}"
    case " "..."~" where character.isASCII: result.append(character)
    default:
      if let known = CharacterMap.latex(character) {
        result += known
      } else {
        for scalar in character.unicodeScalars {
          result += CharacterMap.latex(Character(scalar)) ?? asciiOrCodePoint(scalar)
        }
      }
    }
  }

  private static func asciiOrCodePoint(_ scalar: Unicode.Scalar) -> String {
    guard (0x21...0x7E).contains(scalar.value) else {
      return "{[}\(codePointDigits(scalar)){]}\\vbreak{}"
    }
    var result = ""
    appendCharacter(Character(scalar), to: &result)
    return result
  }

  private static func codePoint(_ scalar: Unicode.Scalar) -> String {
    "[\(codePointDigits(scalar))]"
  }

  private static func codePointDigits(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  private static func isBlank(_ character: Character) -> Bool {
    character == " " || character == "\n" || character == "\t" || character == "\r\n"
      || character == "\r"
  }
}
