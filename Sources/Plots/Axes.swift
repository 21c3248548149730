/// One axis: what it shows and how.
public struct Axis: Equatable, Sendable {
  /// How positions follow from values.
  public enum Scale: Equatable, Sendable {
    /// Evenly.
    case linear
    /// By their logarithm; values of 0 and less cannot be shown and are counted as clipped.
    case logarithmic
    /// Seconds since 1970-01-01 UTC, with dates.
    case time
  }

  /// Where the axis ends.
  public enum Limits: Equatable, Sendable {
    /// All data, and 5 % more.
    case data
    /// Median ± 8 sigma-MAD, clipped to the data; what lies outside is counted in the panel.
    case robust
    /// These values, the lower first.
    case fixed(Double, Double)
  }

  /// What is shown.
  public var label: String
  /// Its unit; empty for none.
  public var unit: String
  /// How positions follow from values.
  public var scale: Scale
  /// Where the axis ends.
  public var limits: Limits
  /// Marks in place of calculated ones, for names; nil for calculated ones.
  public var ticks: [Tick]?

  /// An axis.
  public init(
    _ label: String = "", unit: String = "", scale: Scale = .linear, limits: Limits = .data,
    ticks: [Tick]? = nil
  ) {
    (self.label, self.unit, self.scale) = (label, unit, scale)
    (self.limits, self.ticks) = (limits, ticks)
  }

  /// A time axis.
  public static func time(_ label: String = "UTC") -> Axis { Axis(label, scale: .time) }

  /// The label with its unit in brackets.
  public var text: String {
    unit.isEmpty ? label : label.isEmpty ? "[\(unit)]" : "\(label) [\(unit)]"
  }
}

/// A named sequence of points. Values that are not finite make gaps.
public struct Series: Equatable, Sendable {
  /// How it is drawn.
  public enum Style: Equatable, Sendable {
    /// Markers only.
    case points(Marker = .circle, size: Double = 4)
    /// A line only, its width in points.
    case line(width: Double = 1.2, dashed: Bool = false)
    /// Both.
    case linePoints(Marker = .circle)
  }

  /// The name in the legend; empty for none.
  public var label: String
  /// Abscissae and ordinates; the longer one's surplus is ignored.
  public var x, y: [Double]
  /// Half lengths of the error bars of `y`; nil for none.
  public var errors: [Double]?
  /// How it is drawn.
  public var style: Style
  /// Its colour, unless `shade` is given.
  public var colour: Colour
  /// A value that the colour shows on the scale `Axes.shading`, such as the time.
  public var shade: Double?

  /// A sequence of points.
  public init(
    _ label: String = "", x: [Double], y: [Double], errors: [Double]? = nil,
    style: Style = .points(), colour: Colour = Palette.colour(0), shade: Double? = nil
  ) {
    (self.label, self.x, self.y, self.errors) = (label, x, y, errors)
    (self.style, self.colour, self.shade) = (style, colour, shade)
  }

  var count: Int { min(x.count, y.count) }
}

/// A histogram drawn as steps.
public struct Steps: Equatable, Sendable {
  /// The name in the legend.
  public var label: String
  /// Edges, one more than counts.
  public var edges: [Double]
  /// The height of each bin.
  public var counts: [Double]
  /// Colour of the outline.
  public var colour: Colour
  /// Whether the area is filled lightly.
  public var isFilled: Bool

  /// Steps from edges and heights.
  public init(
    _ label: String = "", edges: [Double], counts: [Double], colour: Colour = Palette.colour(0),
    isFilled: Bool = true
  ) {
    (self.label, self.edges, self.counts) = (label, edges, counts)
    (self.colour, self.isFilled) = (colour, isFilled)
  }
}

/// An area between two curves.
public struct Band: Equatable, Sendable {
  /// The name in the legend.
  public var label: String
  /// Abscissae and both edges, of equal length.
  public var x, lower, upper: [Double]
  /// Its colour, drawn at a quarter of its opacity.
  public var colour: Colour

  /// An area between `lower` and `upper`.
  public init(
    _ label: String = "", x: [Double], lower: [Double], upper: [Double],
    colour: Colour = Palette.colour(4)
  ) {
    (self.label, self.x, self.lower, self.upper) = (label, x, lower, upper)
    self.colour = colour
  }
}

/// A line over the whole panel: a limit, a mean, a requirement.
public struct LimitLine: Equatable, Sendable {
  /// Its direction.
  public enum Direction: Equatable, Sendable {
    /// At a value of y, or of x.
    case horizontal, vertical
  }

  /// Its direction.
  public var direction: Direction
  /// The value.
  public var value: Double
  /// The name in the legend; empty for none.
  public var label: String
  /// Its colour.
  public var colour: Colour

  /// A line at `value`.
  public init(
    _ direction: Direction, at value: Double, label: String = "", colour: Colour = .limit
  ) {
    (self.direction, self.value, self.label, self.colour) = (direction, value, label, colour)
  }
}

/// A panel with axes; marks are drawn in their order.
public struct Axes: Equatable, Sendable {
  /// What can be drawn.
  public enum Mark: Equatable, Sendable {
    /// Points or a line.
    case series(Series)
    /// A histogram.
    case steps(Steps)
    /// An area.
    case band(Band)
    /// A limit.
    case limit(LimitLine)
  }

  /// Where the names of the marks stand; they never cover data.
  public enum Legend: Equatable, Sendable {
    /// In a corner that holds no data, else outside at the right.
    case automatic
    /// Outside at the right.
    case right
    /// Nowhere.
    case none
  }

  /// Both axes.
  public var x, y: Axis
  /// What is drawn.
  public var marks: [Mark]
  /// Where the legend stands; within a grid it is always common, at the right.
  public var legend: Legend
  /// A short text in a corner, such as the quadrant, and that corner.
  public var note: String
  /// The corner of `note`.
  public var noteCorner: Corner
  /// The colour scale of series that have a `shade`.
  public var shading: Shading?

  /// A panel with axes.
  public init(
    x: Axis, y: Axis, marks: [Mark], legend: Legend = .automatic, note: String = "",
    noteCorner: Corner = .topLeft, shading: Shading? = nil
  ) {
    (self.x, self.y, self.marks, self.legend) = (x, y, marks, legend)
    (self.note, self.noteCorner, self.shading) = (note, noteCorner, shading)
  }
}

/// How values become the colours of curves.
public struct Shading: Equatable, Sendable {
  /// What the colour shows, with its scale and limits; `robust` counts as `data`.
  public var axis: Axis
  /// The colours.
  public var map: ColourMap

  /// Colours by a value.
  public init(_ axis: Axis, map: ColourMap = .viridis) {
    (self.axis, self.map) = (axis, map)
  }
}
