/// The labels that a document has and those that its links want.
struct LabelSurvey {
  /// The labels of sections, tables and figures.
  private(set) var labels: Set<String> = []
  /// Labels that are wanted and not there, or there more than once.
  private(set) var warnings: [String] = []

  init(_ document: Document) {
    var wanted: [String] = []
    for field in document.cover { Self.collect(field.value, &wanted) }
    for node in document.summary + document.body {
      switch node {
      case .section(_, _, let label): add(label)
      case .paragraph(let text), .remark(_, let text): Self.collect(text, &wanted)
      case .bullets(let items): for item in items { Self.collect(item, &wanted) }
      case .definitions(let fields):
        for field in fields {
          add(field.label)
          Self.collect(field.value, &wanted)
        }
      case .table(let table):
        add(table.label)
        Self.collect(table.caption + table.note, &wanted)
        for case .text(let text) in table.rows.joined() { Self.collect(text, &wanted) }
        for column in table.columns { Self.collect(column.heading, &wanted) }
      case .compliance(let matrix):
        add(matrix.label)
        Self.collect(matrix.caption, &wanted)
      case .figure(let figure):
        add(figure.label)
        Self.collect(figure.caption, &wanted)
      case .figureGrid(let grid):
        add(grid.label)
        Self.collect(grid.caption, &wanted)
        for figure in grid.figures {
          add(figure.label)
          Self.collect(figure.caption, &wanted)
        }
      case .code, .pageBreak, .appendix, .raw: break
      }
    }
    var reported: Set<String> = []
    for label in wanted where !labels.contains(label) && reported.insert(label).inserted {
      warnings.append("undefined reference: \(label)")
    }
  }

  private mutating func add(_ label: String?) {
    guard let label else { return }
    if !labels.insert(label).inserted { warnings.append("label used twice: \(label)") }
  }

  private static func collect(_ text: Document.Text, _ wanted: inout [String]) {
    for piece in text.pieces {
      switch piece {
      case .link(_, let target), .reference(let target): wanted.append(target)
      case .footnote(let note): collect(note, &wanted)
      default: break
      }
    }
  }
}
