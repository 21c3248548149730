/// What LaTeX is given for the characters outside ASCII that our fonts can show.
///
/// Latin letters of T1 (Cork) pass as they are. Whatever is not here is written `[U+XXXX]`, since
/// pdflatex stops at a character it does not know, and a silent gap would falsify a text.
enum CharacterMap {
  /// LaTeX for a character; nil where no font has it.
  static func latex(_ character: Character) -> String? {
    if let known = table[character] { return known }
    return latin.contains(character) ? String(character).precomposed : nil
  }

  /// The characters of T1's upper half that inputenc knows.
  private static let latin = Set(
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿ"
      + "ĂăĄąĆćČčĎďĐđĘęĚěĞğİıĹĺĽľŁłŃńŇňŐőŔŕŘřŚśŞşŠšŤťŢţŮůŰűŸŹźŻżŽžŒœ¡¿§")

  private static let table: [Character: String] = {
    var table: [Character: String] = [
      "\u{A0}": "~", "\u{2002}": "\\enspace{}", "\u{2003}": "\\quad{}", "\u{2009}": "\\,",
      "\u{202F}": "\\,", "\u{200A}": "\\,", "\u{AD}": "\\-", "\u{200B}": "\\vbreak{}",
      "\u{2010}": "-", "\u{2011}": "\\mbox{-}", "\u{2012}": "\\textendash{}",
      "–": "\\textendash{}", "—": "\\textemdash{}", "‘": "\\textquoteleft{}",
      "’": "\\textquoteright{}", "‚": "\\quotesinglbase{}", "“": "\\textquotedblleft{}",
      "”": "\\textquotedblright{}", "„": "\\quotedblbase{}", "«": "\\guillemotleft{}",
      "»": "\\guillemotright{}", "‹": "\\guilsinglleft{}", "›": "\\guilsinglright{}",
      "…": "\\textellipsis{}", "•": "\\textbullet{}", "·": "\\textperiodcentered{}",
      "†": "\\textdagger{}", "‡": "\\textdaggerdbl{}", "¶": "\\textparagraph{}",
      "©": "\\textcopyright{}", "®": "\\textregistered{}", "™": "\\texttrademark{}",
      "€": "\\texteuro{}", "£": "\\textsterling{}", "¥": "\\textyen{}", "¢": "\\textcent{}",
      "¤": "\\textcurrency{}", "¦": "\\textbrokenbar{}", "¨": "\\textasciidieresis{}",
      "´": "\\textasciiacute{}", "¯": "\\textasciimacron{}", "¬": "\\ensuremath{\\neg}",
      "ª": "\\textordfeminine{}", "º": "\\textordmasculine{}", "°": "\\textdegree{}",
      "µ": "\\textmu{}", "¼": "\\textonequarter{}", "½": "\\textonehalf{}",
      "¾": "\\textthreequarters{}", "№": "\\textnumero{}", "‰": "\\textperthousand{}",
      "✓": "\\visontick{}", "✔": "\\visontick{}", "✗": "\\visoncross{}", "✘": "\\visoncross{}",
      "Å": "Å", "ℓ": "\\ensuremath{\\ell}", "Ω": "\\ensuremath{\\Omega}", "′": "\\ensuremath{'}",
      "″": "\\ensuremath{''}", "\u{FEFF}": "",
    ]
    for (characters, names) in mathematics {
      for (character, name) in zip(characters, names.split(separator: " ")) {
        table[character] = "\\ensuremath{\(name)}"
      }
    }
    return table
  }()

  private static let mathematics: [(String, String)] = [
    (
      "αβγδεζηθικλμνξοπρςστυφχψω",
      "\\alpha \\beta \\gamma \\delta \\varepsilon \\zeta \\eta \\theta \\iota \\kappa \\lambda "
        + "\\mu \\nu \\xi o \\pi \\rho \\varsigma \\sigma \\tau \\upsilon \\varphi \\chi \\psi \\omega"
    ),
    (
      "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ",
      "\\mathrm{A} \\mathrm{B} \\Gamma \\Delta \\mathrm{E} \\mathrm{Z} \\mathrm{H} \\Theta "
        + "\\mathrm{I} \\mathrm{K} \\Lambda \\mathrm{M} \\mathrm{N} \\Xi \\mathrm{O} \\Pi "
        + "\\mathrm{P} \\Sigma \\mathrm{T} \\Upsilon \\Phi \\mathrm{X} \\Psi \\Omega"
    ),
    ("ϑϕϵ", "\\vartheta \\phi \\epsilon"),
    (
      "±∓×÷−≤≥≠≈≃≡∝∞∼",
      "\\pm \\mp \\times \\div - \\leq \\geq \\neq \\approx \\simeq \\equiv \\propto \\infty \\sim"
    ),
    (
      "√∑∏∫∂∇∈∉∪∩⊂∅",
      "\\surd \\sum \\prod \\int \\partial \\nabla \\in \\notin \\cup \\cap "
        + "\\subset \\emptyset"
    ),
    (
      "←↑→↓↔⇒⇐⇔",
      "\\leftarrow \\uparrow \\rightarrow \\downarrow \\leftrightarrow \\Rightarrow \\Leftarrow "
        + "\\Leftrightarrow"
    ),
    ("⁰¹²³⁴⁵⁶⁷⁸⁹", "^0 ^1 ^2 ^3 ^4 ^5 ^6 ^7 ^8 ^9"),
    ("⁺⁻⁽⁾ⁿ", "^+ ^- ^( ^) ^n"),
    ("₀₁₂₃₄₅₆₇₈₉", "_0 _1 _2 _3 _4 _5 _6 _7 _8 _9"),
    ("₊₋", "_+ _-"),
    ("⋅∗∘⊕⊗⊙", "\\cdot \\ast \\circ \\oplus \\otimes \\odot"),
    (
      "■□▪○●△▲◇★",
      "\\blacksquare \\square \\blacksquare \\circ \\bullet \\triangle "
        + "\\blacktriangle \\diamond \\bigstar"
    ),
  ]
}

extension String {
  /// The first scalar sequence that is canonically equal and that inputenc can read, for Latin
  /// letters with accents given as base and mark; the text itself otherwise.
  fileprivate var precomposed: String {
    guard unicodeScalars.count > 1, let wanted = first else { return self }
    for scalar in (0xA1...0x17F).compactMap(Unicode.Scalar.init) where Character(scalar) == wanted {
      return String(scalar)
    }
    return self
  }
}
