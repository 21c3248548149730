/// How the columns of a table are set so that they fit on the page.
struct TableLayout: Equatable {
  /// How one column is set.
  enum Setting: Equatable {
    case natural(Document.Table.Alignment)
    case wrapped(points: Double, Document.Table.Alignment)
  }

  /// The type that is used.
  var size: Document.Table.TypeSize
  /// One for each column.
  var settings: [Setting]

  /// Finds a layout: the wanted type if that fits, else one step smaller, else broken lines in
  /// the columns that hold words, and at last broken lines in all.
  ///
  /// - Parameters:
  ///   - widths: the widest cell of each column, in points of 10 point type.
  ///   - alignments: one for each column.
  init(widths: [Double], alignments: [Document.Table.Alignment], size: Document.Table.TypeSize) {
    // Widths are estimates: over a full row they may be low by one or two per cent.
    let available = TextWidth.page - TextWidth.columnGap * Double(max(widths.count - 1, 0)) - 9
    let smaller = Document.Table.TypeSize(rawValue: max(size.rawValue - 1, 0)) ?? size
    for candidate in [size, smaller] {
      let settings = Self.natural(
        widths.map { $0 * TextWidth.scale(candidate) }, alignments, available: available)
      if let settings {
        self.init(size: candidate, settings: settings)
        return
      }
    }
    for candidate in [smaller, .footnote, .tiny] where candidate <= smaller {
      let scaled = widths.map { $0 * TextWidth.scale(candidate) }
      if let settings = Self.wrapping(scaled, alignments, available: available, onlyWords: true) {
        self.init(size: candidate, settings: settings)
        return
      }
    }
    let scaled = widths.map { $0 * TextWidth.scale(.tiny) }
    let settings = Self.wrapping(scaled, alignments, available: available, onlyWords: false)
    self.init(size: .tiny, settings: settings ?? alignments.map { .natural($0) })
  }

  private init(size: Document.Table.TypeSize, settings: [Setting]) {
    self.size = size
    self.settings = settings
  }

  /// All columns as wide as they like; nil where that is too wide.
  private static func natural(
    _ widths: [Double], _ alignments: [Document.Table.Alignment], available: Double
  ) -> [Setting]? {
    var sum = 0.0
    let settings = zip(widths, alignments).map { width, alignment -> Setting in
      if case .wrapped(let share) = alignment {
        let points = min(max(share, 0.03), 1) * TextWidth.page
        sum += points
        return .wrapped(points: points, .left)
      }
      sum += width
      return .natural(alignment)
    }
    return sum <= available ? settings : nil
  }

  /// Some columns with broken lines; nil where those would be narrower than is sensible.
  private static func wrapping(
    _ widths: [Double], _ alignments: [Document.Table.Alignment], available: Double,
    onlyWords: Bool
  ) -> [Setting]? {
    let candidates = alignments.indices.filter { index in
      switch alignments[index] {
      case .left, .wrapped: true
      case .right, .centre: !onlyWords
      }
    }
    var open = Set(candidates)
    var rest = available
    for index in alignments.indices where !open.contains(index) { rest -= widths[index] }
    // Columns that need less than an equal share keep their natural width.
    var settled = false
    while !settled, !open.isEmpty {
      settled = true
      let share = rest / Double(open.count)
      for index in open.sorted() where widths[index] <= share {
        open.remove(index)
        rest -= widths[index]
        settled = false
      }
    }
    guard !open.isEmpty else { return nil }
    let share = rest / Double(open.count)
    guard share >= (onlyWords ? 60 : 8) else { return nil }
    return alignments.indices.map { index in
      let alignment: Document.Table.Alignment =
        if case .wrapped = alignments[index] { .left } else { alignments[index] }
      return open.contains(index) ? .wrapped(points: share, alignment) : .natural(alignment)
    }
  }

  /// The column specification.
  var specification: String {
    let columns = settings.map { setting in
      switch setting {
      case .natural(.right): "r"
      case .natural(.centre): "c"
      case .natural: "l"
      case .wrapped(let points, let alignment):
        ">{\(Self.ragged(alignment))\\arraybackslash\\hspace{0pt}}"
          + "p{\(NumberFormat.fixed(points, digits: 1))bp}"
      }
    }
    return "@{}" + columns.joined() + "@{}"
  }

  private static func ragged(_ alignment: Document.Table.Alignment) -> String {
    switch alignment {
    case .right: "\\raggedleft"
    case .centre: "\\centering"
    case .left, .wrapped: "\\raggedright"
    }
  }

  /// The number of lines that a cell of this width takes in a column.
  func lines(_ width: Double, column: Int) -> Double {
    guard settings.indices.contains(column), case .wrapped(let points, _) = settings[column] else {
      return 1
    }
    // Ragged lines are filled to about four fifths.
    return max(1, (width * TextWidth.scale(size) / (0.8 * points)).rounded(.up))
  }
}
