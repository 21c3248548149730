extension PageDrawing {
  func draw(_ grid: PanelGrid, in outer: Box) {
    let columns = grid.rows.map(\.count).max() ?? 0
    guard columns > 0 else { return say("no data", in: outer) }
    let panels = grid.rows.flatMap { $0 }
    let axes = panels.compactMap { if case .axes(let axes) = $0 { axes } else { nil } }
    let images = panels.compactMap { if case .image(let image) = $0 { image } else { nil } }
    var box = outer

    // What all panels share stands at the right: legend and colour bars.
    let entries = legendEntries(axes.filter { $0.legend != .none }.flatMap(\.marks))
    let legend = legendBox(entries, limit: Box(0, 0, box.width * 0.22, box.height * 0.9))
    if !entries.isEmpty { box = box.inset(right: legend.width + 8) }
    let shading = axes.lazy.compactMap(\.shading).first
    let bar = shading.map { barScale($0, marks: axes.flatMap(\.marks)).scale }
    let common = images.first.map { first in
      resolve(first.scale, images.map { $0.image.reduced(toWidth: 256, height: 256) })
    }
    let barAxis = shading?.axis ?? (grid.sharesAxes ? images.first?.value : nil)
    let barValues = bar ?? common
    let barAt = box.right
    if let barAxis { box = box.inset(right: barWidth(barValues, barAxis)) }
    if grid.rowTitles.contains(where: { !$0.isEmpty }) { box = box.inset(right: 16) }

    let first = firstAxes(panels)
    let extents = axes.map(\.extent)
    let sharedX = Span(
      first.x, values: extents.flatMap(\.x) + imageEdges(images, \.width),
      margin: images.isEmpty ? 0.05 : 0)
    let sharedY = Span(
      first.y, values: extents.flatMap(\.y) + imageEdges(images, \.height),
      margin: images.isEmpty ? 0.05 : 0)
    let titleHeight = grid.columnTitles.isEmpty ? 4 : Self.labelSize * 1.5 + 4
    let shared = grid.sharesAxes
    if shared {
      let approximate = box.height / Double(grid.rows.count)
      let left = leftMargin(first.y, sharedY, height: approximate)
      let bottom = bottomMargin(first.x, sharedX, width: box.width / Double(columns))
      box = box.inset(left: left, top: titleHeight, right: 6, bottom: bottom)
    } else {
      box = box.inset(top: titleHeight)
    }
    let (width, height) = (box.width / Double(columns), box.height / Double(grid.rows.count))
    guard width > 14, height > 14 else { return }
    drawTitles(grid, box, width: width, height: height, isShared: shared)

    for (row, line) in grid.rows.enumerated() {
      for (column, panel) in line.enumerated() {
        let place = Box(box.x + Double(column) * width, box.y + Double(row) * height, width, height)
        // Labels only where nothing stands below, which in ragged grids is not the last row alone.
        let isLowest = !grid.rows.dropFirst(row + 1).contains { $0.count > column }
        let sides = Sides(bottom: shared && isLowest, left: shared && column == 0, isTight: true)
        draw(
          panel, in: place, sides: sides, shared: shared ? (sharedX, sharedY) : nil,
          first: first, common: shared ? common : nil, shading: bar, imageCount: images.count)
      }
    }
    if shared { drawSharedLabels(first, sharedX, sharedY, box, width: width, height: height) }
    if let barAxis, let barValues {
      drawBar(
        barValues, map: shading?.map ?? images.first?.map ?? .viridis, axis: barAxis,
        in: Box(barAt - barWidth(barValues, barAxis) + 10, box.y, 11, box.height))
    }
    if !entries.isEmpty {
      let y = box.y + max(0, (box.height - legend.height) / 2)
      drawLegend(entries, in: Box(outer.right - legend.width, y, legend.width, legend.height))
    }
  }

  private func imageEdges(_ images: [ImagePanel], _ side: KeyPath<PlotImage, Int>) -> [Double] {
    images.isEmpty ? [] : [0] + images.map { Double(max(1, $0.image[keyPath: side])) }
  }

  private func firstAxes(_ panels: [Panel]) -> (x: Axis, y: Axis) {
    for panel in panels {
      switch panel {
      case .axes(let axes): return (axes.x, axes.y)
      case .image(let image): return (image.x, image.y)
      case .missing: continue
      }
    }
    return (Axis(ticks: []), Axis(ticks: []))
  }

  private func drawTitles(
    _ grid: PanelGrid, _ box: Box, width: Double, height: Double, isShared: Bool
  ) {
    for title in grid.columnTitles {
      let available = Double(max(1, title.span)) * width - 6
      canvas.text(
        canvas.fitted(title.text, size: Self.labelSize, into: available),
        x: box.x + (Double(title.column) + Double(max(1, title.span)) / 2) * width, y: box.y - 5,
        size: Self.labelSize, anchor: .middle)
    }
    for (row, title) in grid.rowTitles.enumerated() where row < grid.rows.count {
      canvas.text(
        canvas.fitted(title, size: Self.labelSize, into: height - 4),
        x: box.right + 14, y: box.y + (Double(row) + 0.5) * height, size: Self.labelSize,
        anchor: .middle, turned: true)
    }
  }

  private func draw(
    _ panel: Panel, in place: Box, sides: Sides, shared: (x: Span, y: Span)?,
    first: (x: Axis, y: Axis), common: ResolvedScale?, shading: ResolvedScale?, imageCount: Int
  ) {
    switch panel {
    case .missing(let reason):
      drawMissing(reason, in: place)
      if let shared {
        var (x, y) = first
        (x.label, x.unit, y.label, y.unit) = ("", "", "", "")
        let area = PlotArea(box: place, x: shared.x, y: shared.y)
        drawFrame(x: x, y: y, area, sides: sides, hasGrid: false)
      }
    case .axes(var axes):
      let shades = axes.shading.flatMap { own in
        shading.map { scale in shadeColours(axes.marks, own.map, scale) }
      }
      if let shared {
        (axes.x.label, axes.x.unit, axes.y.label, axes.y.unit) = ("", "", "", "")
        draw(axes, PlotArea(box: place, x: shared.x, y: shared.y), sides: sides, shades: shades)
      } else {
        let extent = axes.extent
        let (x, y) = (Span(axes.x, values: extent.x), Span(axes.y, values: extent.y))
        let box = plotBox(axes, x, y, in: place)
        draw(axes, PlotArea(box: box, x: x, y: y), sides: Sides(), shades: shades)
      }
    case .image(var image):
      if let shared {
        (image.x.label, image.x.unit, image.y.label, image.y.unit) = ("", "", "", "")
        draw(
          image, common ?? resolve(image.scale, [image.image]),
          PlotArea(box: place, x: shared.x, y: shared.y), sides: sides, imageCount: imageCount)
      } else {
        draw(image, in: place)
      }
    }
  }

  private func shadeColours(_ marks: [Axes.Mark], _ map: ColourMap, _ scale: ResolvedScale)
    -> [Colour?]
  {
    marks.map { mark in
      guard case .series(let series) = mark, let shade = series.shade, Numeric.isDrawable(shade)
      else { return nil }
      return map.colour(at: scale.fraction(shade))
    }
  }

  /// The labels of the axes, once for the whole grid.
  private func drawSharedLabels(
    _ first: (x: Axis, y: Axis), _ x: Span, _ y: Span, _ box: Box, width: Double, height: Double
  ) {
    let xs = ticks(first.x, x, length: width, isHorizontal: true)
    let ys = ticks(first.y, y, length: height, isHorizontal: false)
    let lines = xs.ticks.map { $0.label.split(separator: "\n").count }.max() ?? 0
    let under = box.bottom + 4 + Double(max(1, lines)) * Self.tickSize * 1.2 + Self.labelSize
    canvas.text(
      canvas.fitted(first.x.text, size: Self.labelSize, into: box.width * 0.8), x: box.midX,
      y: under, size: Self.labelSize, anchor: .middle)
    let widest = min(ys.ticks.map(tickWidth).max() ?? 0, 110)
    canvas.text(
      canvas.fitted(first.y.text, size: Self.labelSize, into: box.height),
      x: box.x - widest - 9, y: box.midY, size: Self.labelSize, anchor: .middle, turned: true)
  }
}
