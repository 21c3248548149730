public import Diagnostics

/// What can go wrong while a figure is drawn or written.
public struct PlotError: DiagnosedError, Equatable {
  /// The closed list of causes.
  public enum Kind: Equatable, Sendable {
    /// Cairo reported a failure; its own words.
    case drawing(String)
    /// The page has no area, or is too large for a raster.
    case pageSize(width: Double, height: Double)
    /// The creation date is not of the form 2019-03-21T10:00:00Z.
    case creationDate(String)
    /// The number of values is not width times height.
    case imageShape(width: Int, height: Int, count: Int)
  }

  /// The cause.
  public var kind: Kind
  /// The file that was being written, if any.
  public var file: String?

  /// An error, with the file that was being written.
  public init(_ kind: Kind, file: String? = nil) {
    self.kind = kind
    self.file = file
  }

  public var code: String {
    switch kind {
    case .drawing: "plot-drawing"
    case .pageSize: "plot-page-size"
    case .creationDate: "plot-creation-date"
    case .imageShape: "plot-image-shape"
    }
  }

  public var problem: String {
    switch kind {
    case .drawing(let words): "the figure could not be drawn: \(words)"
    case .pageSize(let width, let height): "a page of \(width) by \(height) in cannot be drawn"
    case .creationDate(let text): "\"\(text.clipped(to: 40))\" is not a creation date"
    case .imageShape(let width, let height, let count):
      "an image of \(width) by \(height) pixels was given \(count) values"
    }
  }

  public var place: String? { file }

  public var remedy: String? {
    switch kind {
    case .drawing: nil
    case .pageSize: "give sides from 0.5 to 60 in and at most 600 dots per inch"
    case .creationDate: "write it as 2019-03-21T10:00:00Z"
    case .imageShape: "give width times height values, the lowest row first"
    }
  }
}
