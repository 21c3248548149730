/// Where a panel's values go on the page.
struct PlotArea {
  var box: Box
  var x, y: Span

  func point(_ px: Double, _ py: Double) -> (x: Double, y: Double)? {
    guard let fx = x.fraction(px), let fy = y.fraction(py) else { return nil }
    // Far outside is as good as near outside, and stays within Cairo's fixed-point numbers.
    return (
      box.x + min(max(fx, -20), 20) * box.width, box.bottom - min(max(fy, -20), 20) * box.height
    )
  }
}

/// Which sides of a panel have words.
struct Sides {
  var bottom = true
  var left = true
  /// Labels must not reach beyond the panel's own edges.
  var isTight = false
}

extension PageDrawing {
  /// One panel with its margins.
  func draw(_ axes: Axes, in outer: Box) {
    let extent = axes.extent
    let xSpan = Span(axes.x, values: extent.x)
    let ySpan = Span(axes.y, values: extent.y)
    let bar = axes.shading.map { barScale($0, marks: axes.marks) }
    var box = outer
    if bar != nil { box = box.inset(right: barWidth(bar?.scale, axes.shading?.axis)) }
    let entries = axes.legend == .none ? [] : legendEntries(axes.marks)
    var plot = plotBox(axes, xSpan, ySpan, in: box)
    let legendSize = legendBox(entries, limit: Box(0, 0, box.width * 0.42, plot.height))
    var legendAt: Box?
    if !entries.isEmpty {
      if axes.legend == .automatic {
        let area = PlotArea(box: plot, x: xSpan, y: ySpan)
        legendAt = freeCorner(legendSize, area, axes)
      }
      if legendAt == nil {
        box = box.inset(right: legendSize.width + 8)
        plot = plotBox(axes, xSpan, ySpan, in: box)
        legendAt = Box(box.right + 8, plot.y, legendSize.width, legendSize.height)
      }
    }
    guard plot.width > 15, plot.height > 15 else { return }
    draw(axes, PlotArea(box: plot, x: xSpan, y: ySpan), sides: Sides(), shades: bar?.colours)
    if let legendAt { drawLegend(entries, in: legendAt) }
    if let bar, let shading = axes.shading {
      drawBar(
        bar.scale, map: shading.map, axis: shading.axis,
        in: Box(outer.right - barWidth(bar.scale, shading.axis) + 10, plot.y, 11, plot.height))
    }
  }

  /// The area inside the axes, from the measured sizes of all words.
  func plotBox(_ axes: Axes, _ xSpan: Span, _ ySpan: Span, in box: Box) -> Box {
    plotBox(x: axes.x, y: axes.y, xSpan, ySpan, in: box)
  }

  func plotBox(x: Axis, y: Axis, _ xSpan: Span, _ ySpan: Span, in box: Box) -> Box {
    let left = leftMargin(y, ySpan, height: box.height - 50)
    let bottom = bottomMargin(x, xSpan, width: box.width - left)
    let last = ticks(x, xSpan, length: box.width - left - 12, isHorizontal: true).ticks.last
    let right = max(8, (last.map(tickWidth) ?? 0) / 2 + 2)
    return box.inset(left: left, top: Self.tickSize * 1.5, right: right, bottom: bottom)
  }

  func leftMargin(_ axis: Axis, _ span: Span, height: Double) -> Double {
    let set = ticks(axis, span, length: height, isHorizontal: false)
    let widest = set.ticks.map(tickWidth).max() ?? 0
    return min(widest, 110) + 9 + (axis.text.isEmpty ? 0 : Self.labelSize * 1.5)
  }

  func bottomMargin(_ axis: Axis, _ span: Span, width: Double) -> Double {
    let set = ticks(axis, span, length: width, isHorizontal: true)
    let lines = set.ticks.map { $0.label.split(separator: "\n").count }.max() ?? 0
    return 6 + Double(lines) * Self.tickSize * 1.2
      + (axis.text.isEmpty && set.multiplier.isEmpty ? 0 : Self.labelSize * 1.5)
  }

  /// Frame, grid lines, ticks, marks, notes.
  func draw(_ axes: Axes, _ area: PlotArea, sides: Sides, shades: [Colour?]?) {
    let box = area.box
    drawFrame(x: axes.x, y: axes.y, area, sides: sides, hasGrid: true)
    if axes.hasData {
      canvas.clipped(to: box) {
        for (index, mark) in axes.marks.enumerated() {
          draw(mark, area, shade: shades.flatMap { index < $0.count ? $0[index] : nil })
        }
      }
    } else {
      say("no data", in: box)
    }
    canvas.stroke(box, .grey(0.2))
    drawNote(axes.note, at: axes.noteCorner, in: box)
    let outside = clippedCount(axes, area)
    if outside > 0 {
      let words = canvas.fitted("\(outside) outside", size: 7, into: box.width - 6)
      let width = canvas.width(words, size: 7)
      canvas.fill(Box(box.right - width - 6, box.bottom - 11, width + 4, 9.5), .white)
      canvas.text(
        words, x: box.right - 4, y: box.bottom - 3.5, size: 7, anchor: .end, colour: .limit)
    }
  }

  /// Ticks with their labels, axis labels and multipliers.
  func drawFrame(x: Axis, y: Axis, _ area: PlotArea, sides: Sides, hasGrid: Bool) {
    let box = area.box
    let xs = ticks(x, area.x, length: box.width, isHorizontal: true)
    let ys = ticks(y, area.y, length: box.height, isHorizontal: false)
    var deepest = 1
    var lastEnd = -Double.infinity
    for tick in xs.ticks {
      guard let fraction = area.x.fraction(tick.value), (-1e-6...1.000001).contains(fraction)
      else { continue }
      let px = box.x + fraction * box.width
      if hasGrid { canvas.line(px, box.y, px, box.bottom, .grey(0.9), width: 0.5) }
      canvas.line(px, box.bottom, px, box.bottom - 3.5, .grey(0.2))
      guard sides.bottom else { continue }
      let half = tickWidth(tick) / 2
      // Within a grid a label at the edge moves inwards, away from the neighbour's.
      let middle =
        sides.isTight ? min(max(px, box.x + half + 2), max(box.x, box.right - half - 2)) : px
      if sides.isTight {
        if (middle - px).magnitude > 30 || middle - half < lastEnd + 4 { continue }
        lastEnd = middle + half
      }
      for (row, line) in tick.label.split(separator: "\n").enumerated() {
        deepest = max(deepest, row + 1)
        canvas.text(
          String(line), x: middle, y: box.bottom + 4 + (Double(row) + 0.85) * Self.tickSize * 1.2,
          size: Self.tickSize, anchor: .middle)
      }
    }
    for tick in ys.ticks {
      guard let fraction = area.y.fraction(tick.value), (-1e-6...1.000001).contains(fraction)
      else { continue }
      let py = box.bottom - fraction * box.height
      if hasGrid { canvas.line(box.x, py, box.right, py, .grey(0.9), width: 0.5) }
      canvas.line(box.x, py, box.x + 3.5, py, .grey(0.2))
      guard sides.left else { continue }
      if sides.isTight, py - 4 < box.y || py + 4 > box.bottom { continue }
      let label = canvas.fitted(
        tick.label.split(separator: "\n").joined(separator: " "), size: Self.tickSize, into: 110)
      canvas.text(
        label, x: box.x - 4, y: py + 0.36 * Self.tickSize, size: Self.tickSize, anchor: .end)
    }
    if sides.bottom {
      let line = box.bottom + 4 + Double(deepest) * Self.tickSize * 1.2 + Self.labelSize
      let used = xs.multiplier.isEmpty ? 0 : canvas.width(xs.multiplier, size: Self.tickSize) + 8
      canvas.text(
        canvas.fitted(x.text, size: Self.labelSize, into: box.width - 2 * used), x: box.midX,
        y: line, size: Self.labelSize, anchor: .middle)
      canvas.text(
        xs.multiplier, x: box.right, y: line, size: Self.tickSize, anchor: .end)
    }
    if sides.left {
      let widest = min(ys.ticks.map(tickWidth).max() ?? 0, 110)
      canvas.text(
        canvas.fitted(y.text, size: Self.labelSize, into: box.height),
        x: box.x - widest - 9, y: box.midY, size: Self.labelSize, anchor: .middle, turned: true)
      canvas.text(ys.multiplier, x: box.x, y: box.y - 3, size: Self.tickSize)
    }
  }

  /// The number of finite values that the limits leave out.
  func clippedCount(_ axes: Axes, _ area: PlotArea) -> Int {
    axes.marks.reduce(0) { total, mark in
      guard case .series(let series) = mark else { return total }
      return total
        + (0..<series.count).count {
          let (x, y) = (series.x[$0], series.y[$0])
          return x.isFinite && y.isFinite && !(area.x.contains(x) && area.y.contains(y))
        }
    }
  }

  /// The colour scale of shaded series, and the colour of each mark.
  func barScale(_ shading: Shading, marks: [Axes.Mark]) -> (
    scale: ResolvedScale, colours: [Colour?]
  ) {
    let shades = marks.map { mark -> Double? in
      if case .series(let series) = mark { series.shade } else { nil }
    }
    var scale = ResolvedScale(.full, values: shades.compactMap { $0 })
    if case .fixed(let a, let b) = shading.axis.limits {
      scale = ResolvedScale(.fixed(a, b), values: shades.compactMap { $0 })
    }
    let colours = shades.map { shade in
      shade.flatMap { Numeric.isDrawable($0) ? shading.map.colour(at: scale.fraction($0)) : nil }
    }
    return (scale, colours)
  }
}
