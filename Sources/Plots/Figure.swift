/// One page to draw: a value, compared in tests, and turned into a file by `FigureRenderer`.
public struct Figure: Equatable, Sendable {
  /// What stands between title and footer.
  public enum Content: Equatable, Sendable {
    /// One panel.
    case panel(Panel)
    /// Rows and columns of panels.
    case grid(PanelGrid)
    /// A map of cells, such as the quadrants of a focal plane.
    case cells(CellMap)
    /// A map of cells with a panel at its right, such as the distribution of its values; `share` is
    /// the map's part of the width.
    case beside(CellMap, Panel, share: Double)
  }

  /// The sides of the page in inches.
  public var width, height: Double
  /// The title; it breaks over lines where it is long.
  public var title: String
  /// Small type at the bottom: where the numbers come from.
  public var footer: String
  /// What is drawn.
  public var content: Content

  /// A page of `width` by `height` inches.
  public init(
    width: Double, height: Double, title: String, footer: String = "", content: Content
  ) {
    (self.width, self.height) = (width, height)
    (self.title, self.footer, self.content) = (title, footer, content)
  }
}

/// The content of one place of a grid.
public enum Panel: Equatable, Sendable {
  /// Data on axes.
  case axes(Axes)
  /// An image.
  case image(ImagePanel)
  /// Nothing to show, and why: drawn as a hatched panel with these words.
  case missing(String)
}

/// Panels in rows and columns, the top row first.
public struct PanelGrid: Equatable, Sendable {
  /// A title over some columns.
  public struct ColumnTitle: Equatable, Sendable {
    /// The first column, from 0, and the number of columns.
    public var column, span: Int
    /// The words.
    public var text: String

    /// A title over `span` columns.
    public init(column: Int, span: Int, text: String) {
      (self.column, self.span, self.text) = (column, span, text)
    }
  }

  /// The panels, row by row from the top; rows may be of different length.
  public var rows: [[Panel]]
  /// Whether all panels have the same axes, drawn once at the left and at the bottom, and images
  /// the same colour scale.
  public var sharesAxes: Bool
  /// Titles over columns.
  public var columnTitles: [ColumnTitle]
  /// A text for each row, at the right; may be empty.
  public var rowTitles: [String]

  /// A grid of panels.
  public init(
    rows: [[Panel]], sharesAxes: Bool = true, columnTitles: [ColumnTitle] = [],
    rowTitles: [String] = []
  ) {
    (self.rows, self.sharesAxes) = (rows, sharesAxes)
    (self.columnTitles, self.rowTitles) = (columnTitles, rowTitles)
  }

  /// The layout of one block: detectors beside each other, each with two by two quadrants, E F
  /// above H G (or other letters).
  ///
  /// - Parameters:
  ///   - detectors: titles, such as CCD1, CCD2, CCD3.
  ///   - quadrants: the letters top-left, top-right, bottom-left, bottom-right.
  ///   - panel: gives the panel of a detector's index and a quadrant's letter, which is then
  ///     written into its corner.
  public static func beam(
    detectors: [String] = ["CCD1", "CCD2", "CCD3"], quadrants: [String] = ["E", "F", "H", "G"],
    panel: (_ detector: Int, _ quadrant: String) throws -> Panel
  ) rethrows -> PanelGrid {
    var rows: [[Panel]] = []
    for start in stride(from: 0, to: quadrants.count, by: 2) {
      var row: [Panel] = []
      for detector in detectors.indices {
        for (side, quadrant) in quadrants[start..<min(start + 2, quadrants.count)].enumerated() {
          let made = try panel(detector, quadrant)
          row.append(made.noted(quadrant, at: side == 0 ? .topLeft : .topRight))
        }
      }
      rows.append(row)
    }
    return PanelGrid(
      rows: rows,
      columnTitles: detectors.indices.map {
        ColumnTitle(column: 2 * $0, span: 2, text: detectors[$0])
      })
  }

  /// The layout of a focal plane: `panel` is asked for row (slice) 1... and column 1..., and
  /// panel (1, 1) is at the bottom left.
  public static func focalPlane(
    rows: Int = 6, columns: Int = 6, panel: (_ row: Int, _ column: Int) throws -> Panel
  ) rethrows -> PanelGrid {
    guard rows > 0, columns > 0 else { return PanelGrid(rows: []) }
    return PanelGrid(
      rows: try (1...rows).reversed().map { row in
        try (1...columns).map { try panel(row, $0).noted("C_\(row)\($0)", at: .topLeft) }
      })
  }
}

/// A corner of a panel.
public enum Corner: Equatable, Sendable, CaseIterable {
  /// The corners.
  case topRight, topLeft, bottomRight, bottomLeft
}

extension Panel {
  /// The same panel with a short text in a corner, unless it has one already.
  /// A missing panel says it before its reason.
  func noted(_ text: String, at corner: Corner) -> Panel {
    switch self {
    case .axes(var axes):
      if axes.note.isEmpty { (axes.note, axes.noteCorner) = (text, corner) }
      return .axes(axes)
    case .image(var image):
      if image.note.isEmpty { (image.note, image.noteCorner) = (text, corner) }
      return .image(image)
    case .missing(let reason): return .missing("\(text): \(reason)")
    }
  }
}
