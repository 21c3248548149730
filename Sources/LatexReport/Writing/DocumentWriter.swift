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
    let body = try self.body()
    let values = [
      "pdftitle": LatexEscaper.escapeForBookmark(TextWidth.cut(document.title, to: 300)),
      "header": (document.isDraft ? "\\visondraft{}\\quad{}" : "")
        + LatexEscaper.escape(TextWidth.clipped(document.title, to: document.isDraft ? 330 : 380)),
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
    var result = document.isDraft ? "{\\Large\\visondraft{}\\par}\\vspace{2mm}\n" : ""
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
    // Contents stand on the cover where there is room for all their lines.
    let lines = nodes.reduce(3.0) { sum, node in
      guard case .section(let level, _, _) = node, level < 3 else { return sum }
      return sum + (level == 1 ? 1.5 : 1)
    }
    let room = figures.isEmpty ? NumberFormat.fixed(lines, digits: 1) : "999"
    return "\\visonneed{\(room)\\baselineskip}"
      + "{\\parskip=0pt\\tableofcontents\n\(figures)}\\clearpage\n"
  }

  private func cut(_ words: String) -> String { TextWidth.cut(words, to: 300) }

  // MARK: - Nodes

  /// The body; two narrow matrices in a row share a line.
  private mutating func body() throws -> String {
    var result: [String] = []
    var index = 0
    while index < document.body.count {
      if case .compliance(let left) = document.body[index], tables.isNarrow(left),
        document.body.indices.contains(index + 1),
        case .compliance(let right) = document.body[index + 1], tables.isNarrow(right)
      {
        result.append(
          "\\visonpair{\(tables.latex(left))}{\(tables.latex(right))}\n")
        index += 2
      } else {
        result.append(try latex(document.body[index]))
        index += 1
      }
    }
    return result.joined(separator: "\n")
  }

  private mutating func latex(_ node: Document.Node) throws -> String {
    switch node {
    case .section(let level, let title, let label):
      let command = ["section", "subsection", "subsubsection"][min(max(level, 1), 3) - 1]
      let words = cut(title)
      let title =
        "\\texorpdfstring{\(LatexEscaper.escape(words))}"
        + "{\(LatexEscaper.escapeForBookmark(words))}"
      // A label after the heading would allow a page to end between the heading and its text.
      return "\\\(command)[\(title)]{\(LatexEscaper.escape(words))\(anchor(label))}\n"
    case .paragraph(let words): return text.latex(words) + "\\par\n"
    case .bullets(let items):
      guard !items.isEmpty else { return "" }
      let lines = items.map { "\\item{} \(text.latex($0))\n" }.joined()
      return "\\begin{itemize}\\setlength\\itemsep{1pt}\\setlength\\parskip{0pt}\n\(lines)"
        + "\\end{itemize}\n"
    case .definitions(let fields):
      let lines = fields.map { field -> String in
        let key = target(field.label) + LatexEscaper.escape(field.key)
        return "\\visonterm{\(key)}{\(text.latex(field.value, inTable: true))}\n"
      }
      return lines.joined() + "\n"
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

  /// Where links to something without a number of its own lead.
  private func target(_ label: String?) -> String {
    label.map { _ in "\\phantomsection\(anchor(label))" } ?? ""
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
    // Up to three rows stay on one page, whatever the shape of their pictures.
    let lines = (grid.figures.count + perRow - 1) / perRow
    let isWhole = lines <= 3
    let height = isWhole ? NumberFormat.fixed(0.74 / Double(max(1, lines)), digits: 3) : ".7"
    let cells = try grid.figures.map { figure in
      let name = try pictureName(figure.path)
      let caption = text.latex(figure.caption.cut(300), inTable: true)
      let title = caption.isEmpty ? "" : "\\\\{\\footnotesize\\raggedright \(caption)\\par}"
      return "\\begin{minipage}[t]{\(width)\\textwidth}\\vspace{0pt}\\centering"
        + "\\includegraphics[width=\\textwidth,height=\(height)\\textheight,keepaspectratio]{\(name)}"
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
    if isWhole { result = "\\begin{visonblock}\n\(result)\\end{visonblock}\n" }
    return result
  }
}
