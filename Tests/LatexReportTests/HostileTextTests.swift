import Testing

@testable import LatexReport

@Suite("Hostile texts", .enabled(if: Tool.hasLatex))
struct HostileTextTests {
  static let texts = [
    "\\input{/etc/passwd}", "\\write18{touch x}", "\\openout5=x", "\\immediate\\write18{id}",
    "^^5cinput", "\\csname end\\endcsname", "\\end{document}", "\\catcode`\\%=12",
    "\\def\\a{\\a}\\a",
    "\\loop\\iftrue\\repeat", "%", "$", "$$", "&", "#", "_", "{", "}", "}}}{{{", "~", "^", "\\",
    "\\\\", "50% of $x_1 & y^2 #3 {ok} ~", "a\u{0}b", "a\u{7}b\u{1b}[31m", "<>", "<<body>>", "--",
    "---",
    "''", "``", "\"quoted\"", "`id`", "$(id)", "!`", "?`", ",,", "[x]", "*", "\\verb|x|",
    "\\begin{x}",
    "=cmd|' /C calc'!A0", "../../etc/passwd", "'; DROP TABLE test; --", "α β Ω µ", "5 µm ± 3 °C",
    "e⁻/ADU ≤ 10⁻³", "Größe çàéîõü Łódź", "e\u{301}a\u{308}", "日本", "🙂", "עברית", "\u{202E}abc",
    "\u{FEFF}x", "ﬁ", "✓✗", "→", "\u{2028}", "\u{85}", "“a” – b — c…", "a\u{A0}b",
    String(repeating: "0123456789abcdef", count: 8),
    "/very/long/path/without/any/blank/in/it/at/all.fits",
    "\\\u{301}", "%\u{301}", "a\r\nb", "\t", "fi ff ffl", "-1", "1e-5", "\\number\\year",
    "\\the\\toks0",
    "#1#2", "&&&", "\\\\[1cm]", "\\hline", "\\item", "\\label{x}", "\\footnote{x}", "\\par",
    "\\relax",
  ]

  /// What a reader finds for a text: itself, or its code points where no font has them.
  static func shown(_ text: String) -> String {
    var result = ""
    for character in text {
      if character == "\u{FEFF}" || character == "\r\n" { continue }
      if character.isASCII, let value = character.asciiValue, value >= 0x20, value != 0x7F {
        result.append(character)
      } else if character == "\t" {
        continue
      } else if CharacterMap.latex(character) != nil {
        result.append(character)
      } else {
        for scalar in character.unicodeScalars {
          if scalar.isASCII, scalar.value >= 0x20 {
            result.unicodeScalars.append(scalar)
          } else {
            let digits = String(scalar.value, radix: 16, uppercase: true)
            result += "[U+\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)]"
          }
        }
      }
    }
    return result
  }

  @Test("each is shown literally, or by its code points, in running text")
  func literally() async throws {
    let workspace = try Workspace()
    let body = Self.texts.enumerated().map { index, text in
      Document.Node.paragraph(Document.Text("Q\(index)Q \(text) ZZ"))
    }
    let result = try await LatexCompiler.compile(
      Document(title: "Hostile", body: body, date: 0), to: workspace.file("a.pdf"))
    #expect(result.warnings == [])
    let raw = try #require(Tool.output("pdftotext", "-raw a.pdf -", in: workspace))
    let read = Self.normal(raw)
    for (index, text) in Self.texts.enumerated() {
      let wanted = Self.normal("Q\(index)Q \(Self.shown(text)) ZZ")
      #expect(read.contains(wanted), "\(index): \(wanted)")
    }
  }

  /// Without white space, and with the few characters that PDF readers spell in their own way.
  static func normal(_ text: String) -> String {
    let same: [Character: String] = [
      "µ": "μ", "Ω": "Ω", "⁻": "−", "⁰": "0", "¹": "1", "²": "2", "³": "3", "ﬁ": "fi",
      "…": "...",
    ]
    return text.squeezed.map { same[$0] ?? String($0) }.joined()
  }

  @Test("in every free field at once, the PDF builds without a box that sticks out")
  func everywhere() async throws {
    let workspace = try Workspace()
    let text = Self.texts.joined(separator: " ")
    let long = String(repeating: "x", count: 300) + "_%\\" + String(repeating: "/y", count: 200)
    for words in [text, long] {
      let rich: Document.Text = [
        .text(words), .bold(words), .emphasis(words), .code(words), .status(.fail, words),
        .link(words, to: words), .footnote(Document.Text(words)), .reference(to: words),
        .number(.init(1, unit: words)),
      ]
      let column = Document.Table.Column(Document.Text(words), unit: words)
      let document = Document(
        title: words, subtitle: words, kicker: words, cover: [.init(words, rich)],
        summary: [.remark(.fail, rich)],
        body: [
          .section(level: 1, words, label: words), .section(level: 2, words),
          .section(level: 3, words), .paragraph(rich), .bullets([rich]),
          .definitions([.init(words, rich)]), .code(words),
          .table(
            .init(
              [column, column],
              rows: [
                [.text(rich), .code(words)], [.status(.pass, words), .empty(reason: words)],
              ],
              caption: rich, note: rich)),
          .compliance(
            .init(
              corner: words, columns: [words], rows: [words],
              cells: [[.init(nil, status: .missing, reason: words)]], unit: words, caption: rich)),
        ], footer: words, date: 0)
      let result = try await LatexCompiler.compile(document, to: workspace.file("a.pdf"))
      #expect(result.warnings == [])
      #expect(workspace.names() == ["a.pdf"])
    }
  }

  @Test("a line of 100 000 characters is typeset within the page")
  func longLine() async throws {
    let workspace = try Workspace()
    let line = String(repeating: "abc_%\\", count: 17_000)
    let document = Document(title: "Long", body: [.paragraph(.init(line)), .code(line)], date: 0)
    let result = try await LatexCompiler.compile(document, to: workspace.file("a.pdf"))
    #expect(result.warnings == [])
  }
}
