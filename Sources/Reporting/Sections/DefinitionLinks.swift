import LatexReport

/// Which definitions a report leads to.
enum DefinitionLinks {
  /// The targets of all links in a report that are labels of definitions.
  static func targets(in parts: [ReportPart]) -> Set<String> {
    var found: Set<String> = []
    func look(_ text: Document.Text) {
      for case .link(_, let target) in text.pieces where target.hasPrefix("definition:") {
        found.insert(target)
      }
    }
    for part in parts {
      switch part {
      case .figure(let figure): look(figure.caption)
      case .node(let node):
        switch node {
        case .paragraph(let text), .remark(_, let text): look(text)
        case .bullets(let texts): texts.forEach(look)
        case .compliance(let matrix): look(matrix.caption)
        case .table(let table):
          look(table.caption)
          look(table.note)
          for column in table.columns { look(column.heading) }
          for case .text(let text) in table.rows.joined() { look(text) }
        default: break
        }
      }
    }
    return found
  }

  /// The quantities that need a definition: those measured, and those that are linked to.
  static func names(in parts: [ReportPart], measured: [String]) -> [String] {
    let known = Set(measured.map(DefinitionLabel.of))
    let others = targets(in: parts).subtracting(known)
      .map { String($0.dropFirst("definition:".count)) }
      .map { $0 == "hk" ? "hk." : $0 }
    return (measured + others).sorted()
  }
}
