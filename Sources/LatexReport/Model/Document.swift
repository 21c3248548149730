/// A report as a value: what it says, in which order, and nothing about how it is typeset.
///
/// All texts may come from outside; they are escaped where LaTeX is written. The module knows
/// nothing of where the numbers come from.
public struct Document: Sendable, Hashable {
  /// One line of the cover's table, or a term with its meaning.
  public struct Field: Sendable, Hashable {
    /// What the line is about, such as "Block".
    public var key: String
    /// What it says.
    public var value: Text
    /// A name to lead to it, where it is a term of the body.
    public var label: String?

    /// Makes a line of the cover, or a term.
    public init(_ key: String, _ value: Text, label: String? = nil) {
      self.key = key
      self.value = value
      self.label = label
    }
  }

  /// The title: cover, header of each page, and the PDF's own title.
  public var title: String
  /// A second line under the title; may be empty.
  public var subtitle: String
  /// A short line above the title, such as the campaign's name; may be empty.
  public var kicker: String
  /// The cover's table: test, block, serials, analysis, version, date, verdict.
  public var cover: [Field]
  /// What stands on the cover below its table: the result in a few sentences or marks.
  public var summary: [Node]
  /// Everything after the table of contents.
  public var body: [Node]
  /// The footer of each page: analysis id and version.
  public var footer: String
  /// When the report was made, in seconds since 1970, UTC; the PDF's only date.
  public var date: Int64
  /// Whether a list of figures follows the table of contents.
  public var listsFigures: Bool
  /// Whether cover and header of each page say that the report is a draft.
  public var isDraft: Bool

  /// Makes a document.
  public init(
    title: String, subtitle: String = "", kicker: String = "", cover: [Field] = [],
    summary: [Node] = [], body: [Node] = [], footer: String = "", date: Int64,
    listsFigures: Bool = false, isDraft: Bool = false
  ) {
    self.title = title
    self.subtitle = subtitle
    self.kicker = kicker
    self.cover = cover
    self.summary = summary
    self.body = body
    self.footer = footer
    self.date = date
    self.listsFigures = listsFigures
    self.isDraft = isDraft
  }
}

extension Document {
  /// A piece of a document.
  ///
  /// Labels are any texts, unique within the document; links refer to them.
  public enum Node: Sendable, Hashable {
    /// A heading; level 1 is a section, 2 a subsection, 3 a paragraph-like heading.
    case section(level: Int, _ title: String, label: String? = nil)
    /// A paragraph.
    case paragraph(Text)
    /// A list with bullets.
    case bullets([Text])
    /// Terms with what they mean.
    case definitions([Field])
    /// A table.
    case table(Table)
    /// A matrix of checks: value, limits and outcome in each cell.
    case compliance(ComplianceMatrix)
    /// One picture.
    case figure(Figure)
    /// Several pictures in rows under one caption.
    case figureGrid(FigureGrid)
    /// A listing, line by line as it is; long lines are broken.
    case code(String)
    /// A framed remark that a reader must not miss.
    case remark(Status, Text)
    /// What follows is on a new page.
    case pageBreak
    /// What follows is the appendix: sections are lettered.
    case appendix
    /// LaTeX as it is; only this module can make one.
    case raw(RawLatex)
  }

  /// LaTeX that is passed on unescaped; it can be made inside this module only.
  public struct RawLatex: Sendable, Hashable {
    let source: String

    init(_ source: String) { self.source = source }
  }
}
