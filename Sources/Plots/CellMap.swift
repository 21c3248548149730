/// A map of cells in columns and rows: a focal plane of quadrants, a finding chart, a matrix.
public struct CellMap: Equatable, Sendable {
  /// One cell; column 0, row 0 is at the bottom left.
  public struct Cell: Equatable, Sendable {
    /// What a cell holds.
    public enum Content: Equatable, Sendable {
      /// A value, shown by colour and, where it fits, as a number.
      case value(Double)
      /// No value, and why: hatched, outside the colour scale.
      case missing(String)
      /// Words only, on white.
      case text(String)
    }

    /// The place.
    public var column, row: Int
    /// What it holds; a value that is not finite counts as missing.
    public var content: Content
    /// Small type in the cell's upper left corner, such as the quadrant's letter.
    public var label: String
    /// Whether a limit is violated: drawn as a thick outline and a sign.
    public var isFailed: Bool

    /// A cell.
    public init(
      column: Int, row: Int, _ content: Content, label: String = "", isFailed: Bool = false
    ) {
      (self.column, self.row, self.content) = (column, row, content)
      (self.label, self.isFailed) = (label, isFailed)
    }
  }

  /// An outline round some cells, such as a detector or a block.
  public struct Group: Equatable, Sendable {
    /// The lower left cell, and the size in cells.
    public var column, row, columns, rows: Int
    /// Pale words at its centre; empty for none.
    public var label: String

    /// An outline.
    public init(column: Int, row: Int, columns: Int, rows: Int, label: String = "") {
      (self.column, self.row, self.columns) = (column, row, columns)
      (self.rows, self.label) = (rows, label)
    }
  }

  /// The size in cells.
  public var columns, rows: Int
  /// The cells, in any order; those outside are ignored.
  public var cells: [Cell]
  /// Outlines.
  public var groups: [Group]
  /// What the colour shows, with its unit.
  public var value: Axis
  /// How values become colours.
  public var scale: ValueScale
  /// The colours.
  public var map: ColourMap
  /// Digits after the point of the printed numbers; nil to choose.
  public var decimals: Int?
  /// Labels below; positions in cells from the left edge (1.0 is the middle of two cells).
  public var bottomLabels: [Tick]
  /// Labels at the left; positions in cells from the bottom edge.
  public var leftLabels: [Tick]
  /// Labels at the right, for block names.
  public var rightLabels: [Tick]
  /// What a thick outline and sign mean, for the legend.
  public var failureMeaning: String
  /// A line under the map, such as how one looks at it.
  public var caption: String

  /// A map.
  public init(
    columns: Int = 12, rows: Int = 12, cells: [Cell], groups: [Group] = [], value: Axis,
    scale: ValueScale = .robust, map: ColourMap = .cividis, decimals: Int? = nil,
    bottomLabels: [Tick] = [], leftLabels: [Tick] = [], rightLabels: [Tick] = [],
    failureMeaning: String = "out of limits", caption: String = ""
  ) {
    (self.columns, self.rows, self.cells, self.groups) = (columns, rows, cells, groups)
    (self.value, self.scale, self.map, self.decimals) = (value, scale, map, decimals)
    (self.bottomLabels, self.leftLabels, self.rightLabels) = (bottomLabels, leftLabels, rightLabels)
    (self.failureMeaning, self.caption) = (failureMeaning, caption)
  }

  /// The finite values.
  public var values: [Double] {
    cells.compactMap {
      guard case .value(let value) = $0.content, Numeric.isDrawable(value) else { return nil }
      return value
    }
  }
}
