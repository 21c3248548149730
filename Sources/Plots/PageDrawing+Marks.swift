extension PageDrawing {
  func draw(_ mark: Axes.Mark, _ area: PlotArea, shade: Colour?) {
    switch mark {
    case .series(let series): draw(series, area, colour: shade ?? series.colour)
    case .steps(let steps): draw(steps, area)
    case .band(let band): draw(band, area)
    case .limit(let limit):
      switch limit.direction {
      case .horizontal:
        guard let fraction = area.y.fraction(limit.value), (0...1).contains(fraction) else {
          return
        }
        let y = area.box.bottom - fraction * area.box.height
        canvas.line(area.box.x, y, area.box.right, y, limit.colour, width: 1.2, dashed: true)
      case .vertical:
        guard let fraction = area.x.fraction(limit.value), (0...1).contains(fraction) else {
          return
        }
        let x = area.box.x + fraction * area.box.width
        canvas.line(x, area.box.y, x, area.box.bottom, limit.colour, width: 1.2, dashed: true)
      }
    }
  }

  private func draw(_ series: Series, _ area: PlotArea, colour: Colour) {
    if let errors = series.errors {
      for index in 0..<min(series.count, errors.count) {
        let (y, error) = (series.y[index], errors[index])
        guard error > 0, area.x.contains(series.x[index]),
          let top = area.point(series.x[index], y + error)
        else { continue }
        let foot = area.point(series.x[index], y - error) ?? (top.x, area.box.bottom + 9)
        // A bar within its marker would only show as a dash.
        guard foot.y - top.y > 3.5 else { continue }
        canvas.line(top.x, top.y, foot.x, foot.y, colour, width: 0.8)
        for end in [top, foot] {
          canvas.line(end.x - 2, end.y, end.x + 2, end.y, colour, width: 0.8)
        }
      }
    }
    switch series.style {
    case .points(let marker, let size):
      points(series, area, marker, min(max(size, 0.5), 20), colour)
    case .line(let width, let dashed):
      lines(series, area, colour, width: min(max(width, 0.1), 10), dashed: dashed)
    case .linePoints(let marker):
      lines(series, area, colour, width: 1, dashed: false)
      points(series, area, marker, series.count > 40 ? 2.5 : 4, colour)
    }
  }

  private func points(
    _ series: Series, _ area: PlotArea, _ marker: Marker, _ size: Double, _ colour: Colour
  ) {
    // A second marker on the same fifth of a point cannot be seen, only stored.
    var drawn: Set<Int> = []
    for index in 0..<series.count
    where area.x.contains(series.x[index]) && area.y.contains(series.y[index]) {
      guard let at = area.point(series.x[index], series.y[index]) else { continue }
      let place = Numeric.integer(at.x * 5) * 100_000 + Numeric.integer(at.y * 5)
      guard drawn.insert(place).inserted else { continue }
      canvas.marker(marker, x: at.x, y: at.y, size: size, colour)
    }
  }

  private func lines(
    _ series: Series, _ area: PlotArea, _ colour: Colour, width: Double, dashed: Bool
  ) {
    var run: [(x: Double, y: Double)] = []
    func flush() {
      if run.count == 1 {
        canvas.marker(.circle, x: run[0].x, y: run[0].y, size: width + 1, colour)
      } else {
        canvas.polyline(Self.thinned(run), colour, width: width, dashed: dashed)
      }
      run.removeAll(keepingCapacity: true)
    }
    for index in 0..<series.count {
      if let point = area.point(series.x[index], series.y[index]) {
        run.append(point)
      } else if !run.isEmpty {
        flush()
      }
    }
    if !run.isEmpty { flush() }
  }

  /// Of consecutive points in the same half of a point across, the first, extreme and last.
  static func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
    guard points.count > 400 else { return points }
    var result: [(x: Double, y: Double)] = []
    var start = 0
    while start < points.count {
      let column = (points[start].x * 2).rounded(.down)
      var (end, lowest, highest) = (start, start, start)
      while end < points.count, (points[end].x * 2).rounded(.down) == column {
        if points[end].y < points[lowest].y { lowest = end }
        if points[end].y > points[highest].y { highest = end }
        end += 1
      }
      for index in Set([start, lowest, highest, end - 1]).sorted() { result.append(points[index]) }
      start = end
    }
    return result
  }

  private func draw(_ steps: Steps, _ area: PlotArea) {
    let count = min(steps.counts.count, steps.edges.count - 1)
    guard count > 0 else { return }
    let floor = area.box.bottom + 2
    var outline: [(x: Double, y: Double)] = []
    for index in 0..<count {
      // On a logarithmic axis an empty bin reaches down to the frame.
      let height = steps.counts[index]
      for edge in [steps.edges[index], steps.edges[index + 1]] {
        guard let fraction = area.x.fraction(edge) else { continue }
        let x = area.box.x + min(max(fraction, -20), 20) * area.box.width
        if outline.isEmpty { outline.append((x, floor)) }
        let top = area.y.fraction(height).map {
          area.box.bottom - min(max($0, -20), 20) * area.box.height
        }
        outline.append((x, min(top ?? floor, floor)))
      }
    }
    if let last = outline.last { outline.append((last.x, floor)) }
    if steps.isFilled { canvas.polygon(outline, steps.colour.with(opacity: 0.22)) }
    canvas.polyline(outline, steps.colour, width: 1.3)
  }

  private func draw(_ band: Band, _ area: PlotArea) {
    var (upper, lower): ([(x: Double, y: Double)], [(x: Double, y: Double)]) = ([], [])
    func flush() {
      canvas.polygon(
        Self.thinned(upper) + Self.thinned(lower).reversed(), band.colour.with(opacity: 0.3))
      (upper, lower) = ([], [])
    }
    for index in 0..<min(band.x.count, band.lower.count, band.upper.count) {
      if let a = area.point(band.x[index], band.upper[index]),
        let b = area.point(band.x[index], band.lower[index])
      {
        upper.append(a)
        lower.append(b)
      } else {
        flush()
      }
    }
    flush()
  }
}
