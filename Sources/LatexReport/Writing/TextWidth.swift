/// Estimates of how wide a text is, good enough to decide how a table is laid out.
enum TextWidth {
  /// The width of the text on a page, in points: A4 less 22 mm at both sides.
  static let page = 472.0
  /// The height of the text on a page, in lines of 12 points.
  static let pageLines = 56.0
  /// The blank between two columns, in points.
  static let columnGap = 8.0

  /// How much smaller than 10 point a type size is.
  static func scale(_ size: Document.Table.TypeSize) -> Double {
    switch size {
    case .normal: 1
    case .small: 0.9
    case .footnote: 0.8
    case .tiny: 0.7
    }
  }

  /// An upper estimate of a text's width in 10 point type.
  static func points(_ text: String) -> Double {
    var sum = 0.0
    for character in text {
      switch character {
      case "i", "j", "l", ".", ",", ":", ";", "'", "|", "!", "I", " ", "f", "t", "r", "(", ")":
        sum += 4
      case "m", "w", "M", "W", "@", "%", "—", "…": sum += 10.4
      case "A"..."Z", "+", "<", ">", "=", "~", "#", "&": sum += 7.9
      case " "..."~": sum += 5.6
      default: sum += CharacterMap.latex(character) == nil ? 45 : 8
      }
    }
    return sum
  }

  /// As `points`, for a text with marks and numbers.
  static func points(_ text: Document.Text) -> Double {
    text.pieces.reduce(0) { sum, piece in
      switch piece {
      case .text(let words), .emphasis(let words), .link(let words, _): sum + points(words)
      case .bold(let words): sum + 1.15 * points(words)
      case .code(let words): sum + code(words)
      case .status(_, let words): sum + 12 + 1.15 * points(words)
      case .number(let number): sum + points(number) + points(number.unit) + 3
      case .footnote(let note): sum + points(note) + 10
      case .reference: sum + 20
      case .lineBreak: sum
      }
    }
  }

  /// As `points`, for a number without its unit.
  static func points(_ number: Document.Number) -> Double {
    guard let parts = NumberFormat.parts(of: number) else { return 6 }
    var characters = Double(parts.value.count)
    if let uncertainty = parts.uncertainty { characters += Double(uncertainty.count) + 2.6 }
    if parts.exponent != nil { characters += 7 }
    return 5.1 * characters + 3
  }

  /// As `points`, for a fixed-width text.
  static func code(_ text: String) -> Double {
    text.reduce(0) { $0 + (CharacterMap.latex($1) == nil && !$1.isASCII ? 45 : 5.4) }
  }

  /// The start of a text, where it is wider than `limit` points, with an ellipsis.
  static func clipped(_ text: String, to limit: Double) -> String {
    guard points(text) > limit else { return text }
    var sum = 12.0
    let kept = text.prefix { character in
      sum += points(String(character))
      return sum <= limit
    }
    return kept + "…"
  }

  /// The start of a text of more than `limit` characters, and how much was left out.
  static func cut(_ text: String, to limit: Int) -> String {
    let count = text.count
    return count <= limit ? text : "\(text.prefix(limit))… (\(count - limit) characters more)"
  }
}
