/// A name with its sign.
struct LegendEntry: Equatable {
  var label: String
  var mark: Axes.Mark
}

extension PageDrawing {
  static let legendSize = 8.5
  private static let rowHeight = 11.5
  private static let signWidth = 26.0

  /// The names of marks, each once.
  func legendEntries(_ marks: [Axes.Mark]) -> [LegendEntry] {
    var seen: Set<String> = []
    return marks.compactMap { mark in
      let label =
        switch mark {
        case .series(let series): series.label
        case .steps(let steps): steps.label
        case .band(let band): band.label
        case .limit(let limit): limit.label
        }
      return !label.isEmpty && seen.insert(label).inserted
        ? LegendEntry(label: label, mark: mark) : nil
    }
  }

  private func rows(_ entry: LegendEntry) -> Int {
    max(1, entry.label.split(separator: "\n").count)
  }

  /// The size of the legend, within the limit.
  func legendBox(_ entries: [LegendEntry], limit: Box) -> Box {
    guard !entries.isEmpty else { return Box(0, 0, 0, 0) }
    let widest =
      entries.flatMap { $0.label.split(separator: "\n") }
      .map { canvas.width(String($0), size: Self.legendSize) }.max() ?? 0
    let height = entries.reduce(8.0) { $0 + Double(rows($1)) * Self.rowHeight }
    return Box(
      0, 0, min(widest + Self.signWidth + 12, limit.width), min(height, max(limit.height, 30)))
  }

  func drawLegend(_ entries: [LegendEntry], in box: Box) {
    canvas.fill(box, .white)
    canvas.stroke(box, .grey(0.75), width: 0.6)
    var y = box.y + 4
    for (index, entry) in entries.enumerated() {
      let height = Double(rows(entry)) * Self.rowHeight
      let isLast = index == entries.count - 1
      if y + height + (isLast ? 0 : Self.rowHeight) > box.bottom + 0.5,
        !isLast || y + height > box.bottom
      {
        canvas.text(
          "… and \(entries.count - index) more", x: box.x + 6, y: y + 8.5, size: Self.legendSize)
        return
      }
      drawSign(entry.mark, x: box.x + 6, y: y + Self.rowHeight / 2)
      for (row, line) in entry.label.split(separator: "\n").enumerated() {
        let words = canvas.fitted(
          String(line), size: Self.legendSize, into: box.width - Self.signWidth - 10)
        canvas.text(
          words, x: box.x + Self.signWidth + 6, y: y + 8.5 + Double(row) * Self.rowHeight,
          size: Self.legendSize)
      }
      y += height
    }
  }

  private func drawSign(_ mark: Axes.Mark, x: Double, y: Double) {
    let end = x + Self.signWidth - 6
    switch mark {
    case .series(let series):
      switch series.style {
      case .points(let marker, _):
        canvas.marker(marker, x: (x + end) / 2, y: y, size: 5, series.colour)
      case .line(let width, let dashed):
        canvas.line(x, y, end, y, series.colour, width: min(width, 3), dashed: dashed)
      case .linePoints(let marker):
        canvas.line(x, y, end, y, series.colour, width: 1)
        canvas.marker(marker, x: (x + end) / 2, y: y, size: 4, series.colour)
      }
    case .steps(let steps):
      let box = Box(x, y - 3.5, end - x, 7)
      if steps.isFilled { canvas.fill(box, steps.colour.with(opacity: 0.22)) }
      canvas.stroke(box, steps.colour, width: 1.2)
    case .band(let band):
      canvas.fill(Box(x, y - 3.5, end - x, 7), band.colour.with(opacity: 0.3))
    case .limit(let limit): canvas.line(x, y, end, y, limit.colour, width: 1.2, dashed: true)
    }
  }

  /// A place for the legend in a corner where nothing is drawn; nil where there is none.
  func freeCorner(_ size: Box, _ area: PlotArea, _ axes: Axes) -> Box? {
    let box = area.box
    guard size.width < box.width * 0.6, size.height < box.height * 0.6 else { return nil }
    for corner in Corner.allCases {
      if !axes.note.isEmpty, axes.noteCorner == corner { continue }
      // The count of clipped points is said there.
      if corner == .bottomRight, clippedCount(axes, area) > 0 { continue }
      let isTop = corner == .topLeft || corner == .topRight
      let isLeft = corner == .topLeft || corner == .bottomLeft
      let place = Box(
        isLeft ? box.x + 6 : box.right - 6 - size.width,
        isTop ? box.y + 6 : box.bottom - 6 - size.height, size.width, size.height)
      if !axes.marks.contains(where: { touches($0, place, area) }) { return place }
    }
    return nil
  }

  private func touches(_ mark: Axes.Mark, _ place: Box, _ area: PlotArea) -> Bool {
    let near = Box(place.x - 4, place.y - 4, place.width + 8, place.height + 8)
    func holds(_ x: Double, _ y: Double) -> Bool {
      x > near.x && x < near.right && y > near.y && y < near.bottom
    }
    switch mark {
    case .series(let series):
      var previous: (x: Double, y: Double)?
      for index in 0..<series.count {
        let point = area.point(series.x[index], series.y[index])
        defer { previous = point }
        guard let point else { continue }
        if let errors = series.errors, index < errors.count, errors[index] > 0,
          point.x > near.x, point.x < near.right
        {
          return true
        }
        if holds(point.x, point.y) { return true }
        if case .points = series.style { continue }
        guard let previous else { continue }
        for part in 1..<16 {
          let f = Double(part) / 16
          if holds(previous.x + f * (point.x - previous.x), previous.y + f * (point.y - previous.y))
          {
            return true
          }
        }
      }
      return false
    case .steps(let steps):
      return (0..<max(0, min(steps.counts.count, steps.edges.count - 1))).contains { index in
        guard let a = area.point(steps.edges[index], steps.counts[index]),
          let b = area.point(steps.edges[index + 1], steps.counts[index])
        else { return false }
        return steps.counts[index] > 0 && a.x < near.right && b.x > near.x && a.y < near.bottom
      }
    case .band: return true
    case .limit(let limit):
      if limit.direction == .horizontal {
        guard let fraction = area.y.fraction(limit.value) else { return false }
        let y = area.box.bottom - fraction * area.box.height
        return y > near.y && y < near.bottom
      }
      guard let fraction = area.x.fraction(limit.value) else { return false }
      let x = area.box.x + fraction * area.box.width
      return x > near.x && x < near.right
    }
  }
}
