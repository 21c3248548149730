/// Writes tables and compliance matrices as LaTeX.
struct TableWriter {
  /// The number of rows above which a table may break over pages.
  static let longTableRows = 24
  /// The characters of a cell; a row cannot break over pages, so that longer ones would be lost.
  static let longestCell = 1200

  let text: TextWriter

  /// LaTeX of a table.
  func latex(_ table: Document.Table) -> String {
    guard !table.columns.isEmpty else { return "" }
    let rows = table.rows.map { row in
      table.columns.indices.map { $0 < row.count ? row[$0].cut(Self.longestCell) : .empty() }
    }
    let layout = TableLayout(
      widths: widths(table, rows), alignments: table.columns.map(\.alignment), size: table.size)
    let body = rows.enumerated().map { index, row in
      // No page ends within the first or the last rows: one row alone is easily overlooked.
      let isTied = index < 4 || (index + 4 >= rows.count && index + 1 < rows.count)
      return row.map(latex).joined(separator: " &\n") + (isTied ? " \\\\*\n" : " \\\\\n")
        + (table.rulesAfter.contains(index + 1) && index + 1 < rows.count
          ? "\\arrayrulecolor{visonrule}\\midrule\\arrayrulecolor{visonink}\n" : "")
    }.joined()
    return frame(table, layout, rows: body, breaks: breaks(table, layout, rows))
  }

  /// The widest cell of each column, in points of 10 point type.
  private func widths(_ table: Document.Table, _ rows: [[Document.Table.Cell]]) -> [Double] {
    table.columns.indices.map { index in
      let column = table.columns[index]
      let heading = max(1.15 * TextWidth.points(column.heading), TextWidth.points(column.unit))
      return rows.reduce(heading) { max($0, $1[index].width) }
    }
  }

  /// The width of a table whose columns are as wide as they like, in points of its type.
  func naturalWidth(_ table: Document.Table) -> Double {
    let rows = table.rows.map { row in
      table.columns.indices.map { $0 < row.count ? row[$0] : .empty() }
    }
    return widths(table, rows).reduce(TextWidth.columnGap * Double(table.columns.count)) {
      $0 + $1 * TextWidth.scale(table.size)
    }
  }

  private func breaks(
    _ table: Document.Table, _ layout: TableLayout, _ rows: [[Document.Table.Cell]]
  ) -> Bool {
    let lines = rows.reduce(0.0) { sum, row in
      sum + row.indices.reduce(1) { max($0, layout.lines(row[$1].width, column: $1)) }
    }
    switch table.pagination {
    case .breaking: return true
    // A block higher than a page would lose its end.
    case .unbroken: return lines * TextWidth.scale(layout.size) > 0.8 * TextWidth.pageLines
    case .automatic:
      return rows.count > Self.longTableRows
        || lines * TextWidth.scale(layout.size) > 0.5 * TextWidth.pageLines
    }
  }

  // MARK: - Frame

  private func frame(
    _ table: Document.Table, _ layout: TableLayout, rows: String, breaks: Bool
  ) -> String {
    let head = header(table)
    let caption = captionText(table.caption)
    let label = table.label.map { "\\label{\(LatexEscaper.label($0))}" } ?? ""
    let note = table.note.isEmpty ? "" : "\\visonnote{\(text.latex(table.note, inTable: true))}\n"
    let type = Self.typeCommand(layout.size)
    guard breaks else {
      let title = caption.isEmpty ? label : "\\captionof{table}{\(caption)}\(label)"
      return """
        \\begin{visonblock}
        \(title)
        {\(type)\\begin{tabular}{\(layout.specification)}
        \\toprule
        \(head)\\midrule
        \(rows)\\bottomrule
        \\end{tabular}\\par}
        \(note)\\end{visonblock}

        """
    }
    let title = caption.isEmpty ? label : "\\caption{\(caption)}\(label)\\\\"
    // A longtable takes a number even where it has no caption.
    let unnumbered = caption.isEmpty ? "\\addtocounter{table}{-1}" : ""
    let again =
      caption.isEmpty
      ? ""
      : "\\multicolumn{\(table.columns.count)}{@{}l@{}}{\\color{visongrey}\\itshape "
        + "Table \\thetable, continued}\\\\\n"
    // Below the last rows, so that it cannot stand alone on the next page; without a width of its
    // own, which would widen the columns.
    let last =
      note.isEmpty
      ? ""
      : "\\multicolumn{\(table.columns.count)}{@{}l@{}}{\\makebox[0pt][l]{\\parbox[t]{\\linewidth}{"
        + "\\normalsize\(note)}}}\\\\\n"
    return """
      {\(type)\\begin{longtable}{\(layout.specification)}
      \(title)
      \\toprule
      \(head)\\midrule
      \\endfirsthead
      \(again)\\toprule
      \(head)\\midrule
      \\endhead
      \\bottomrule
      \\endfoot
      \\bottomrule
      \(last)\\endlastfoot
      \(rows)\\end{longtable}\(unnumbered)}

      """
  }

  private func header(_ table: Document.Table) -> String {
    let headings = table.columns.map { "\\bfseries \(text.latex($0.heading, inTable: true))" }
    var head = headings.joined(separator: " &\n") + " \\\\\n"
    if table.columns.contains(where: { !$0.unit.isEmpty }) {
      head +=
        table.columns.map {
          $0.unit.isEmpty
            ? "" : "\\color{visongrey}\(LatexEscaper.escape($0.unit, longestWord: 10))"
        }.joined(separator: " &\n") + " \\\\\n"
    }
    return head
  }

  private func captionText(_ caption: Document.Text) -> String {
    text.latex(caption.cut(2000), inTable: true)
  }

  private static func typeCommand(_ size: Document.Table.TypeSize) -> String {
    switch size {
    case .normal: "\\normalsize"
    case .small: "\\small"
    case .footnote: "\\footnotesize"
    case .tiny: "\\scriptsize"
    }
  }

  // MARK: - Cells

  private func latex(_ cell: Document.Table.Cell) -> String {
    switch cell {
    case .text(let words): text.latex(words, inTable: true)
    case .code(let words): "{\\ttfamily \(LatexEscaper.escape(words, longestWord: 8))}"
    case .number(let number): text.tableNumber(number)
    case .status(let status, let words): text.latex([.status(status, words)], inTable: true)
    case .empty(let reason):
      reason.isEmpty
        ? "\\visonnone{}" : "\\visonreason{\(LatexEscaper.escape(reason, longestWord: 10))}"
    }
  }
}

extension Document.Table.Cell {
  /// The estimated width in points of 10 point type.
  fileprivate var width: Double {
    switch self {
    case .text(let words): TextWidth.points(words)
    case .code(let words): TextWidth.code(words)
    case .number(let number): TextWidth.points(number)
    case .status(_, let words): 14 + 1.15 * TextWidth.points(words)
    case .empty(let reason): reason.isEmpty ? 6 : 12 + TextWidth.points(reason)
    }
  }

  fileprivate func cut(_ limit: Int) -> Document.Table.Cell {
    switch self {
    case .text(let words): .text(words.cut(limit))
    case .code(let words): .code(TextWidth.cut(words, to: limit))
    case .status(let status, let words): .status(status, TextWidth.cut(words, to: limit))
    case .empty(let reason): .empty(reason: TextWidth.cut(reason, to: limit))
    case .number: self
    }
  }
}

extension Document.Text {
  /// Each piece cut to `limit` characters.
  func cut(_ limit: Int) -> Document.Text {
    Document.Text(
      pieces.map { piece in
        switch piece {
        case .text(let words): .text(TextWidth.cut(words, to: limit))
        case .bold(let words): .bold(TextWidth.cut(words, to: limit))
        case .emphasis(let words): .emphasis(TextWidth.cut(words, to: limit))
        case .code(let words): .code(TextWidth.cut(words, to: limit))
        case .status(let status, let words): .status(status, TextWidth.cut(words, to: limit))
        case .link(let words, let target): .link(TextWidth.cut(words, to: limit), to: target)
        case .footnote(let note): .footnote(note.cut(limit))
        case .number, .reference, .lineBreak: piece
        }
      })
  }
}
