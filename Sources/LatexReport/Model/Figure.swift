extension Document {
  /// A picture with its caption.
  public struct Figure: Sendable, Hashable {
    /// The file: PDF, PNG or JPEG, told by its first bytes; it is copied before LaTeX runs.
    public var path: String
    /// The share of the text's width, 0.05...1.
    public var width: Double
    /// What the picture shows.
    public var caption: Text
    /// A name to refer to it.
    public var label: String?

    /// Makes a figure.
    public init(_ path: String, width: Double = 1, caption: Text = "", label: String? = nil) {
      self.path = path
      self.width = width
      self.caption = caption
      self.label = label
    }
  }

  /// Several pictures in rows of equal width under one caption.
  public struct FigureGrid: Sendable, Hashable {
    /// The pictures; their captions stand below each in small type, their widths are not used.
    public var figures: [Figure]
    /// How many stand in a row, 1...8.
    public var perRow: Int
    /// The caption of the whole; it is placed where the grid begins.
    public var caption: Text
    /// A name to refer to it.
    public var label: String?

    /// Makes a grid.
    public init(
      _ figures: [Figure], perRow: Int, caption: Text = "", label: String? = nil
    ) {
      self.figures = figures
      self.perRow = perRow
      self.caption = caption
      self.label = label
    }
  }
}
