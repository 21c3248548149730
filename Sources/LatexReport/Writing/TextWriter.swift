/// Writes runs of text as LaTeX.
struct TextWriter {
  /// The labels that the document has; links to others are plain words.
  let labels: Set<String>

  /// LaTeX of a text.
  ///
  /// - Parameter inTable: numbers are then set without siunitx, which takes a millisecond each, and
  ///   words are broken earlier.
  func latex(_ text: Document.Text, inTable: Bool = false) -> String {
    text.pieces.map { latex($0, inTable: inTable) }.joined()
  }

  /// The words of a text alone, for bookmarks.
  func plain(_ text: Document.Text) -> String {
    text.pieces.map { piece in
      switch piece {
      case .text(let words), .bold(let words), .emphasis(let words), .code(let words),
        .status(_, let words), .link(let words, _):
        words
      case .number, .footnote, .reference, .lineBreak: ""
      }
    }.joined()
  }

  private func latex(_ piece: Document.Inline, inTable: Bool) -> String {
    let escape = { (words: String) in
      LatexEscaper.escape(words, longestWord: inTable ? 10 : LatexEscaper.longWord)
    }
    switch piece {
    case .text(let words): return escape(words)
    case .bold(let words): return "\\textbf{\(escape(words))}"
    case .emphasis(let words): return "\\emph{\(escape(words))}"
    case .code(let words):
      return "\\visoncode{\(LatexEscaper.escape(words, longestWord: 10))}"
    case .status(let status, let words): return mark(status, escape(words))
    case .number(let number):
      return (inTable ? tableNumber(number) : textNumber(number)) + unit(number.unit)
    case .link(let words, let target):
      return labels.contains(target)
        ? "\\hyperref[\(LatexEscaper.label(target))]{\(escape(words))}" : escape(words)
    case .reference(let target):
      return labels.contains(target)
        ? "\\ref{\(LatexEscaper.label(target))}" : LatexEscaper.escape("[\(target)]")
    case .footnote(let note):
      // A footnote inside a table's box would be lost.
      return inTable
        ? " (\(latex(note, inTable: true)))" : "\\footnote{\(latex(note, inTable: true))}"
    case .lineBreak: return inTable ? "\\newline{}" : "\\visonnewline{}"
    }
  }

  /// A mark with its colour and sign, and words in that colour.
  func mark(_ status: Document.Status, _ words: String) -> String {
    "\\vison\(status.rawValue){\(words)}"
  }

  // MARK: - Numbers

  /// A number in running text, by siunitx.
  private func textNumber(_ number: Document.Number) -> String {
    guard let parts = NumberFormat.parts(of: number) else { return "\\visonnone{}" }
    var source = parts.value
    if let uncertainty = parts.uncertainty { source += " \\pm \(uncertainty)" }
    if let exponent = parts.exponent { source += "e\(exponent)" }
    return "\\num{\(source)}"
  }

  /// A number in a table, formatted here.
  func tableNumber(_ number: Document.Number) -> String {
    guard let parts = NumberFormat.parts(of: number) else { return "\\visonnone{}" }
    var source = parts.value
    if let uncertainty = parts.uncertainty { source += " \\pm \(uncertainty)" }
    if let exponent = parts.exponent {
      if parts.uncertainty != nil { source = "(\(source))" }
      source += "{\\times}10^{\(exponent)}"
    }
    return "$\(source)$"
  }

  private func unit(_ unit: String) -> String {
    switch unit {
    case "": ""
    case "%": "\\,\\%"
    default: "\\,\(LatexEscaper.escape(unit))"
    }
  }
}
