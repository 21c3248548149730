import Foundation
import Testing

@testable import LatexReport

@Suite("Writing LaTeX")
struct WritingTests {
  @Test(
    "characters that mean something to LaTeX become commands that show them",
    arguments: [
      ("a_b", "a\\_b"), ("50%", "50\\%"), ("\\x", "\\textbackslash{}x"), ("{", "\\{"),
      ("a--b", "a{-}{-}b"), ("^^5c", "\\textasciicircum{}\\textasciicircum{}5c"),
      ("é", "é"), ("e\u{301}", "é"), ("α", "\\ensuremath{\\alpha}"),
      ("日", "{[}U+65E5{]}\\vbreak{}"),
      ("\u{0}", "{[}U+0000{]}\\vbreak{}"), ("a\n b", "a b"), (" a ", " a "), ("", ""),
    ])
  func escaping(text: String, latex: String) {
    #expect(LatexEscaper.escape(text) == latex)
  }

  @Test("only long words get break points")
  func breakPoints() {
    #expect(!LatexEscaper.escape("a short sentence with words").contains("\\vbreak"))
    #expect(LatexEscaper.escape("0123456789abcdef0123").contains("\\vbreak"))
  }

  @Test("labels of different names differ, and are plain")
  func labels() {
    let names = ["a b", "a_b", "a.b", "a}b", "ab", "a.20.b"]
    let labels = names.map(LatexEscaper.label)
    #expect(Set(labels).count == names.count)
    #expect(labels.allSatisfy { $0.allSatisfy { $0.isASCII && !"{}\\%#".contains($0) } })
  }

  @Test("what is filled into the template is not looked at again")
  func filling() {
    let result = DocumentWriter.fill("a <<x>> b <<y>> <<z", ["x": "<<y>>", "y": "2"])
    #expect(result == "a <<y>> b 2 <<z")
  }

  @Test(
    "numbers keep their digits, and very large and small ones go to powers of ten",
    arguments: [
      (Document.Number(1.23456, digits: 2), NumberFormat.Parts(value: "1.23")),
      (
        Document.Number(-0.0001, uncertainty: 0.2, digits: 1),
        .init(value: "0.0", uncertainty: "0.2")
      ),
      (Document.Number(1.5e-9), .init(value: "1.50", exponent: -9)),
      (
        Document.Number(-2.5e12, uncertainty: 1e11),
        .init(value: "-2.50", uncertainty: "0.10", exponent: 12)
      ),
      (Document.Number(.leastNonzeroMagnitude), .init(value: "4.94", exponent: -324)),
      (Document.Number(1.7e308), .init(value: "1.70", exponent: 308)),
      (Document.Number(0, digits: 99), .init(value: "0.000000000000")),
      (Document.Number(2, uncertainty: .nan, digits: -3), .init(value: "2")),
    ])
  func numbers(number: Document.Number, parts: NumberFormat.Parts) {
    #expect(NumberFormat.parts(of: number) == parts)
  }

  @Test("numbers that are not finite are dashes")
  func notFinite() {
    for value in [Double.nan, .infinity, -.infinity] {
      #expect(NumberFormat.parts(of: Document.Number(value)) == nil)
    }
    #expect(Document.Table.Cell.value(.nan, reason: "why") == .empty(reason: "why"))
  }

  @Test("a layout keeps what fits, shrinks a little, then breaks lines in columns of words")
  func layout() {
    let fits = TableLayout(widths: [100, 100], alignments: [.left, .right], size: .small)
    #expect(fits.size == .small && fits.settings == [.natural(.left), .natural(.right)])
    let shrunk = TableLayout(widths: [300, 240], alignments: [.left, .right], size: .small)
    #expect(shrunk.size == .footnote && shrunk.settings[0] == .natural(.left))
    let wrapped = TableLayout(widths: [900, 100], alignments: [.left, .right], size: .small)
    #expect(wrapped.settings[1] == .natural(.right))
    guard case .wrapped(let points, _) = wrapped.settings[0] else {
      Issue.record("the wide column is not broken")
      return
    }
    #expect(points + 80 <= 464)
    let many = TableLayout(
      widths: Array(repeating: 60, count: 25), alignments: Array(repeating: .right, count: 25),
      size: .small)
    #expect(many.size == .tiny)
  }

  @Test("the log's complaints and the first error are found")
  func log() {
    let log = LatexLog(
      """
      Overfull \\hbox (1.9pt too wide) in paragraph at lines 3--4
      Overfull \\hbox (12.5pt too wide) in paragraph at lines 5--6
      Missing character: There is no ξ in font ec-lmr10!
      LaTeX Warning: Reference `x' on page 1 undefined on input line 3.
      LaTeX Warning: Label(s) may have changed. Rerun to get cross-references right.
      ./report.tex:12: Undefined control sequence.
      ./report.tex:14: Another.
      """)
    #expect(log.warnings.count == 3)
    #expect(log.wantsRerun)
    #expect(log.failure == .init(line: 12, sentence: "Undefined control sequence."))
  }

  @Test("a clean log gives nothing")
  func cleanLog() {
    let log = LatexLog("Package: rerunfilecheck Rerun checks\nOutput written on report.pdf.\n")
    #expect(log == LatexLog(""))
  }

  private func latex(_ body: [Document.Node], isDraft: Bool = false) throws -> String {
    var writer = DocumentWriter(
      Document(title: "Title", body: body, date: 0, isDraft: isDraft)
    ) { _ in ".pdf" }
    return try writer.latex()
  }

  private func matrix(_ columns: Int, value: Double = 1) -> Document.Node {
    .compliance(
      Document.ComplianceMatrix(
        columns: (1...columns).map { "CCD\($0)" }, rows: ["E"],
        cells: [
          Array(repeating: .init(value, lower: -10, upper: 10, status: .pass), count: columns)
        ]))
  }

  @Test("two narrow matrices share a line, wide ones and a single one do not")
  func pairs() throws {
    func pairs(_ body: [Document.Node]) throws -> Int {
      try latex(body).components(separatedBy: "\\visonpair{").count - 1
    }
    #expect(try pairs([matrix(3), matrix(3), matrix(3)]) == 1)
    #expect(try pairs([matrix(3), .paragraph("between"), matrix(3)]) == 0)
    #expect(try pairs([matrix(12), matrix(12)]) == 0)
  }

  @Test("a small value beside plain limits is not a power of ten")
  func smallValues() throws {
    let text = try latex([matrix(1, value: -0.0056), matrix(1, value: -0.001)])
    #expect(text.contains("−0.01") || text.contains("-}0.01") || text.contains("0.01"))
    #expect(!text.contains("×") && !text.contains("10^"))
  }

  @Test("a table's first and last rows stay with their neighbours")
  func tiedRows() throws {
    let rows = (0..<30).map { [Document.Table.Cell.words("row \($0)")] }
    let text = try latex([.table(.init([.init("A")], rows: rows, pagination: .breaking))])
    #expect(text.components(separatedBy: "\\\\*\n").count - 1 == 7)
    #expect(text.contains("row 0 \\\\*\n") && text.contains("row 15 \\\\\n"))
  }

  @Test("a draft is marked in the header and on the cover, another report nowhere")
  func drafts() throws {
    let used = "\\visondraft{}"
    #expect(try latex([], isDraft: true).components(separatedBy: used).count == 3)
    #expect(!(try latex([]).contains(used)))
  }

  @Test("a term can be led to, and its label is known")
  func terms() throws {
    let text = try latex([
      .definitions([.init("RON", "noise", label: "ron")]), .paragraph([.link("RON", to: "ron")]),
    ])
    #expect(text.contains("\\phantomsection\\label{\(LatexEscaper.label("ron"))}"))
    #expect(text.contains("\\hyperref[\(LatexEscaper.label("ron"))]"))
  }
}
