extension Document {
  /// A table; its columns are made narrower, by smaller type and by broken lines, until they fit.
  public struct Table: Sendable, Hashable {
    /// How a column is set.
    public enum Alignment: Sendable, Hashable {
      case left, right, centre
      /// Lines are broken to fit into a share of the text's width, 0...1.
      case wrapped(share: Double)
    }

    /// A column: what it is called, its unit and how it is set.
    public struct Column: Sendable, Hashable {
      /// The heading.
      public var heading: Text
      /// The unit, in a second header row; "" for none.
      public var unit: String
      /// How the cells are set.
      public var alignment: Alignment

      /// Describes a column.
      public init(_ heading: Text, unit: String = "", _ alignment: Alignment = .left) {
        self.heading = heading
        self.unit = unit
        self.alignment = alignment
      }
    }

    /// What is in a cell.
    public enum Cell: Sendable, Hashable {
      /// Words, marks, links.
      case text(Text)
      /// A name, path or hash in a fixed-width font.
      case code(String)
      /// A number, with its uncertainty where it has one; the unit is the column's.
      case number(Number)
      /// A mark and words.
      case status(Status, String = "")
      /// No value, and why not: a code or a few words.
      case empty(reason: String = "")
    }

    /// When the table may break over pages.
    public enum Pagination: Sendable, Hashable {
      /// Where it has more than 24 rows.
      case automatic
      case breaking
      case unbroken
    }

    /// The largest type that is used.
    public enum TypeSize: Int, Sendable, Hashable, CaseIterable, Comparable {
      case tiny, footnote, small, normal

      public static func < (a: TypeSize, b: TypeSize) -> Bool { a.rawValue < b.rawValue }
    }

    /// The columns.
    public var columns: [Column]
    /// The rows; one that is too short is filled with empty cells, one too long is cut.
    public var rows: [[Cell]]
    /// What stands above the table.
    public var caption: Text
    /// A name to refer to it.
    public var label: String?
    /// What stands below the table in small type.
    public var note: Text
    /// When the table may break over pages.
    public var pagination: Pagination
    /// The largest type that is used.
    public var size: TypeSize
    /// Numbers of rows after which a thin line is drawn, to group them.
    public var rulesAfter: Set<Int>

    /// Makes a table.
    public init(
      _ columns: [Column], rows: [[Cell]], caption: Text = "", label: String? = nil,
      note: Text = "", pagination: Pagination = .automatic, size: TypeSize = .small,
      rulesAfter: Set<Int> = []
    ) {
      self.columns = columns
      self.rows = rows
      self.caption = caption
      self.label = label
      self.note = note
      self.pagination = pagination
      self.size = size
      self.rulesAfter = rulesAfter
    }
  }

  /// A matrix of checks: a column for each CCD, a row for each quadrant (or whatever else).
  public struct ComplianceMatrix: Sendable, Hashable {
    /// One check.
    public struct Cell: Sendable, Hashable {
      /// The value that was checked; nil where there is none.
      public var value: Double?
      /// Why there is no value.
      public var reason: String
      /// The lower limit; nil for none.
      public var lower: Double?
      /// The upper limit; nil for none.
      public var upper: Double?
      /// The outcome.
      public var status: Status

      /// Makes a cell.
      public init(
        _ value: Double?, lower: Double? = nil, upper: Double? = nil, status: Status,
        reason: String = ""
      ) {
        self.value = value
        self.lower = lower
        self.upper = upper
        self.status = status
        self.reason = reason
      }
    }

    /// What the rows are, such as "Quadrant".
    public var corner: String
    /// The names of the columns.
    public var columns: [String]
    /// The names of the rows.
    public var rows: [String]
    /// One array for each row.
    public var cells: [[Cell]]
    /// The unit of all values and limits.
    public var unit: String
    /// Digits after the decimal point of values and limits.
    public var digits: Int
    /// What stands above the matrix; the outcome of the whole is added.
    public var caption: Text
    /// A name to refer to it.
    public var label: String?

    /// Makes a matrix.
    public init(
      corner: String = "", columns: [String], rows: [String], cells: [[Cell]], unit: String = "",
      digits: Int = 2, caption: Text = "", label: String? = nil
    ) {
      self.corner = corner
      self.columns = columns
      self.rows = rows
      self.cells = cells
      self.unit = unit
      self.digits = digits
      self.caption = caption
      self.label = label
    }

    /// Whether no cell fails or is missing.
    public var isCompliant: Bool {
      cells.allSatisfy { $0.allSatisfy { $0.status != .fail && $0.status != .missing } }
    }
  }
}

extension Document.Table.Cell: ExpressibleByStringInterpolation {
  public init(stringLiteral value: String) { self = .text(Document.Text(value)) }

  /// A cell with words.
  public static func words(_ plain: String) -> Document.Table.Cell {
    .text(Document.Text(plain))
  }

  /// A cell with a number, or empty with a reason where there is no value or it is not finite.
  public static func value(
    _ value: Double?, uncertainty: Double? = nil, digits: Int = 3, reason: String = ""
  ) -> Document.Table.Cell {
    guard let value, value.isFinite else { return .empty(reason: reason) }
    return .number(Document.Number(value, uncertainty: uncertainty, digits: digits))
  }
}
