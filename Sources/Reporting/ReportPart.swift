import DurableFiles
public import LatexReport
public import Plots

/// A picture that is still to be drawn, with what a report says of it.
public struct ReportFigure: Sendable {
  /// The file's name without extension, unique within the report; also the label.
  public var name: String
  /// What is drawn.
  public var figure: Figure
  /// What the picture shows.
  public var caption: Document.Text
  /// The share of the text's width, 0.05...1.
  public var width: Double
  /// Whether a PNG is kept beside the PDF, for previews.
  public var isKey: Bool

  /// A picture to be drawn.
  public init(
    _ name: String, _ figure: Figure, caption: Document.Text, width: Double = 1,
    isKey: Bool = false
  ) {
    (self.name, self.figure, self.caption) = (name, figure, caption)
    (self.width, self.isKey) = (width, isKey)
  }
}

/// A piece of a report before its pictures are drawn.
public enum ReportPart: Sendable {
  /// A node that is ready.
  case node(Document.Node)
  /// A picture to be drawn.
  case figure(ReportFigure)

  static func section(_ level: Int, _ title: String, label: String? = nil) -> ReportPart {
    .node(.section(level: level, title, label: label))
  }

  static func paragraph(_ text: Document.Text) -> ReportPart { .node(.paragraph(text)) }

  static func table(_ table: Document.Table) -> ReportPart { .node(.table(table)) }
}

/// Draws the pictures of a report.
public enum ReportFigures {
  /// Draws all pictures into a folder and puts their paths into the document.
  ///
  /// - Parameters:
  ///   - parts: the report.
  ///   - folder: where the pictures are kept; it exists.
  ///   - date: the creation date that the files carry, as 2019-03-21T10:00:00Z.
  ///   - workers: how many are drawn at a time.
  /// - Returns: the document's nodes, and the paths of all files in their order.
  public static func draw(
    _ parts: [ReportPart], into folder: String, date: String, workers: Int
  ) async throws -> (nodes: [Document.Node], paths: [String]) {
    let figures = parts.compactMap { part -> ReportFigure? in
      if case .figure(let figure) = part { figure } else { nil }
    }
    let drawn = try await inParallel(figures, workers: workers) { figure -> [String] in
      let path = "\(folder)/\(SafeName.component(figure.name)).pdf"
      try FigureRenderer.write(figure.figure, to: path, format: .pdf(creationDate: date))
      guard figure.isKey else { return [path] }
      let preview = "\(folder)/\(SafeName.component(figure.name)).png"
      try FigureRenderer.write(figure.figure, to: preview, format: .png(dotsPerInch: 100))
      return [path, preview]
    }
    let nodes = parts.map { part -> Document.Node in
      switch part {
      case .node(let node): node
      case .figure(let figure):
        .figure(
          Document.Figure(
            "\(folder)/\(SafeName.component(figure.name)).pdf", width: figure.width,
            caption: figure.caption,
            label: "figure:\(figure.name)"))
      }
    }
    return (nodes, drawn.flatMap { $0 })
  }
}

/// Applies `body` to every element, at most `workers` at a time; results in the order of elements.
///
/// The error of the first element, in order, that failed is thrown.
func inParallel<Element: Sendable, Output: Sendable>(
  _ elements: [Element], workers: Int,
  _ body: @escaping @Sendable (Element) async throws -> Output
) async throws -> [Output] {
  let outcomes = await withTaskGroup(of: (Int, Result<Output, any Error>).self) { group in
    var outcomes = [Result<Output, any Error>?](repeating: nil, count: elements.count)
    var next = 0
    func start() {
      guard next < elements.count else { return }
      let (index, element) = (next, elements[next])
      next += 1
      group.addTask {
        do {
          return (index, .success(try await body(element)))
        } catch {
          return (index, .failure(error))
        }
      }
    }
    for _ in 0..<max(1, workers) { start() }
    while let (index, outcome) = await group.next() {
      outcomes[index] = outcome
      start()
    }
    return outcomes
  }
  return try outcomes.compactMap { try $0?.get() }
}
