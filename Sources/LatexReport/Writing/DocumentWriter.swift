import LatexTemplates

/// Writes a document as LaTeX, and says which pictures it needs.
struct DocumentWriter {
  /// A picture to be copied: where it is, and the name under which LaTeX finds it.
  struct Picture: Equatable {
    let path: String
    let name: String
  }

  /// The pictures, in the order in which they are first used.
  private(set) var pictures: [Picture] = []
  /// Links that lead nowhere.
  private(set) var warnings: [String] = []

  private let document: Document
  private let text: TextWriter
  private let tables: TableWriter
  private let pictureSuffix: (String) throws -> String

  /// - Parameter pictureSuffix: the suffix that tells LaTeX a picture's format; throws where there
  ///   is no such picture.
  init(_ document: Document, pictureSuffix: @escaping (String) throws -> String) {
    self.document = document
    self.pictureSuffix = pictureSuffix
    let survey = LabelSurvey(document)
    text = TextWriter(labels: survey.labels)
    tables = TableWriter(text: text)
    warnings = survey.warnings
  }

  /// The whole .tex.
  mutating func latex() throws -> String {
    let cover = try self.cover()
    let body = try document.body.map { try latex($0) }.joined(separator: "\n")
    let values = [
      "pdftitle": LatexEscaper.escapeForBookmark(TextWidth.cut(document.title, to: 300)),
      "header": LatexEscaper.escape(TextWidth.clipped(document.title, to: 380)),
      "footer": LatexEscaper.escape(TextWidth.clipped(document.footer, to: 500)),
      "cover": cover,
      "contents": contents(),
      "body": body,
    ]
    return Self.fill(LatexTemplates.visonReport, values)
  }

  /// Fills in `<<name>>`; what is filled in is not looked at again.
  static func fill(_ template: String, _ values: [String: String]) -> String {
    var result = ""
    var rest = Substring(template)
    while let open = rest.firstRange(of: "<<") {
      guard let close = rest[open.upperBound...].firstRange(of: ">>") else { break }
      let name = String(rest[open.upperBound..<close.lowerBound])
      result += rest[..<open.lowerBound]
      result += values[name] ?? "<<\(name)>>"
      rest = rest[close.upperBound...]
    }
    return result + rest
  }

  // MARK: - Cover and contents

  private mutating func cover() throws -> String {
    var result = ""
    if !document.kicker.isEmpty {
      result += "{\\large\\color{visongrey}\(LatexEscaper.escape(cut(document.kicker)))\\par}\n"
    }
    result +=
      "{\\Huge\\bfseries\\color{visonink}\\raggedright "
      + "\(LatexEscaper.escape(cut(document.title), longestWord: 10))\\par}\n"
    if !document.subtitle.isEmpty {
      result +=
        "\\vspace{1mm}{\\Large\\color{visongrey}\\raggedright "
        + "\(LatexEscaper.escape(cut(document.subtitle)))\\par}\n"
    }
    result += "\\vspace{3mm}{\\color{visonink}\\hrule height 1.2pt}\\vspace{5mm}\n"
    if !document.cover.isEmpty {
      let rows = document.cover.map { field in
        "\\color{visongrey}\(LatexEscaper.escape(cut(field.key), longestWord: 10)) & "
          + "\(text.latex(field.value.cut(600), inTable: true)) \\\\[2pt]\n"
      }
      result +=
        "{\\LTpre=0pt\\LTleft=0pt\\begin{longtable}{@{}>{\\raggedright\\arraybackslash}p{36mm}"
        + ">{\\raggedright\\arraybackslash}p{122mm}@{}}\n\(rows.joined())\\end{longtable}\\addtocounter{table}{-1}}\n"
    }
    for node in document.summary { result += try latex(node) }
    return result
  }

  private func contents() -> String {
    let nodes = document.body
    guard nodes.contains(where: { if case .section = $0 { true } else { false } }) else {
      return ""
    }
    let figures = document.listsFigures ? "\\listoffigures\n" : ""
    return "{\\parskip=0pt\\tableofcontents\n\(figures)}\\clearpage\n"
  }

  private func cut(_ words: String) -> String { TextWidth.cut(words, to: 300) }

  // MARK: - Nodes

  private mutating func latex(_ node: Document.Node) throws -> String {
    switch node {
    case .section(let level, let title, let label):
      let command = ["section", "subsection", "subsubsection"][min(max(level, 1), 3) - 1]
      let words = cut(title)
      return "\\\(command){\\texorpdfstring{\(LatexEscaper.escape(words))}"
        + "{\(LatexEscaper.escapeForBookmark(words))}}\(anchor(label))\n"
    case .paragraph(let words): return text.latex(words) + "\\par\n"
    case .bullets(let items):
      guard !items.isEmpty else { return "" }
      let lines = items.map { "\\item{} \(text.latex($0))\n" }.joined()
      return "\\begin{itemize}\\setlength\\itemsep{1pt}\\setlength\\parskip{0pt}\n\(lines)"
        + "\\end{itemize}\n"
    case .definitions(let fields):
      return fields.map {
        "\\visonterm{\(LatexEscaper.escape($0.key))}{\(text.latex($0.value, inTable: true))}\n"
      }.joined() + "\n"
    case .table(let table): return tables.latex(table)
    case .compliance(let matrix): return tables.latex(matrix)
    case .figure(let figure): return try latex(figure)
    case .figureGrid(let grid): return try latex(grid)
    case .code(let listing):
      let lines = listing.split(separator: "\n", omittingEmptySubsequences: false)
        .map { "\\visonline{\(LatexEscaper.escapeCode(String($0)))}\n" }
      return "\\begin{visonlisting}\n\(lines.joined())\\end{visonlisting}\n"
    case .remark(let status, let words):
      let colour = ["pass": "visongreen", "fail": "visonred", "warning": "visonamber"]
      return "\\visonremark{\(colour[status.rawValue] ?? "visongrey")}"
        + "{\(text.mark(status, ""))~\(text.latex(words.cut(2000), inTable: true))}\n"
    case .pageBreak: return "\\clearpage\n"
    case .appendix: return "\\clearpage\\appendix\n"
    case .raw(let raw): return raw.source + "\n"
    }
  }

  private func anchor(_ label: String?) -> String {
    label.map { "\\label{\(LatexEscaper.label($0))}" } ?? ""
  }

  // MARK: - Pictures

  private mutating func pictureName(_ path: String) throws -> String {
    if let known = pictures.first(where: { $0.path == path }) { return known.name }
    let name = "picture\(pictures.count + 1)\(try pictureSuffix(path))"
    pictures.append(Picture(path: path, name: name))
    return name
  }

  private mutating func latex(_ figure: Document.Figure) throws -> String {
    let width = figure.width.isFinite ? min(max(figure.width, 0.05), 1) : 1
    let name = try pictureName(figure.path)
    let caption = text.latex(figure.caption.cut(2000), inTable: true)
    let title = caption.isEmpty ? "" : "\\captionof{figure}{\(caption)}"
    return """
      \\begin{visonblock}
      \\includegraphics[width=\(NumberFormat.fixed(width, digits: 4))\\textwidth,\
      height=.8\\textheight,keepaspectratio]{\(name)}\\par
      \(title)\(anchor(figure.label))
      \\end{visonblock}

      """
  }

  private mutating func latex(_ grid: Document.FigureGrid) throws -> String {
    let perRow = min(max(grid.perRow, 1), 8)
    let width = NumberFormat.fixed(1 / Double(perRow) - 0.012, digits: 4)
    let cells = try grid.figures.map { figure in
      let name = try pictureName(figure.path)
      let caption = text.latex(figure.caption.cut(300), inTable: true)
      let title = caption.isEmpty ? "" : "\\\\{\\footnotesize\\raggedright \(caption)\\par}"
      return "\\begin{minipage}[t]{\(width)\\textwidth}\\vspace{0pt}\\centering"
        + "\\includegraphics[width=\\textwidth,height=.7\\textheight,keepaspectratio]{\(name)}"
        + "\(title)\(anchor(figure.label))\\end{minipage}"
    }
    let caption = text.latex(grid.caption.cut(2000), inTable: true)
    var result = "\\par\\addvspace{.8\\baselineskip}\n"
    if !caption.isEmpty || grid.label != nil {
      result +=
        "\\begin{minipage}{\\textwidth}"
        + (caption.isEmpty ? "" : "\\captionof{figure}{\(caption)}")
        + "\(anchor(grid.label))\\end{minipage}\\par\\nopagebreak\n"
    }
    for start in stride(from: 0, to: cells.count, by: perRow) {
      result +=
        "\\noindent "
        + cells[start..<min(start + perRow, cells.count)]
        .joined(separator: "\\hfill{}") + "\\hfill\\null\\par\\vspace{4pt}\n"
    }
    return result
  }
}
