extension PageDrawing {
  /// Room for a colour bar with its words.
  func barWidth(_ scale: ResolvedScale?, _ axis: Axis?) -> Double {
    guard let scale, let axis else { return 0 }
    let widest = barTicks(scale, axis, length: 200).ticks.map(tickWidth).max() ?? 0
    return 10 + 11 + 6 + min(widest, 90) + (axis.text.isEmpty ? 0 : Self.labelSize * 1.6)
  }

  func barTicks(_ scale: ResolvedScale, _ axis: Axis, length: Double) -> TickSet {
    if scale.nodes.count > 1 {
      let steps = [0.0, 0.25, 0.5, 0.75, 1]
      return TickSet(
        ticks: steps.compactMap { step in
          Numeric.quantile(scale.nodes, step).map { Tick(step, Numeric.short($0)) }
        })
    }
    var axis = axis
    axis.limits = .fixed(scale.low, scale.high)
    if axis.scale == .logarithmic { axis.scale = .linear }
    return ticks(axis, Span(axis, values: []), length: length, isHorizontal: false)
  }

  /// A vertical colour bar; pointed at the ends beyond which there are values.
  func drawBar(_ scale: ResolvedScale, map: ColourMap, axis: Axis, in place: Box) {
    let box = place.inset(top: 9, bottom: 9)
    guard box.height > 20 else { return }
    canvas.raster(
      map.table.reversed().map(Self.pixel), width: 1, height: 256, in: box)
    if scale.clipsHigh {
      canvas.polygon([(box.x, box.y), (box.right, box.y), (box.midX, box.y - 8)], map.table[255])
    }
    if scale.clipsLow {
      canvas.polygon(
        [(box.x, box.bottom), (box.right, box.bottom), (box.midX, box.bottom + 8)], map.table[0])
    }
    canvas.stroke(box, .grey(0.3), width: 0.6)
    let set = barTicks(scale, axis, length: box.height)
    for tick in set.ticks {
      let fraction = scale.nodes.count > 1 ? tick.value : scale.fraction(tick.value)
      guard (-1e-6...1.000001).contains(fraction) else { continue }
      let y = box.bottom - fraction * box.height
      canvas.line(box.right - 3, y, box.right, y, .grey(0.2))
      for (row, line) in tick.label.split(separator: "\n").enumerated() {
        canvas.text(
          canvas.fitted(String(line), size: Self.tickSize, into: 90), x: box.right + 4,
          y: y + (0.36 + Double(row) * 1.15) * Self.tickSize, size: Self.tickSize)
      }
    }
    if let centre = scale.centre {
      let y = box.bottom - scale.fraction(centre) * box.height
      canvas.line(box.x, y, box.right, y, .black, width: 1.4)
    }
    let widest = min(set.ticks.map(tickWidth).max() ?? 0, 90)
    let label = axis.text + (set.multiplier.isEmpty ? "" : "  " + set.multiplier)
    canvas.text(
      canvas.fitted(label, size: Self.labelSize, into: place.height),
      x: box.right + widest + 8 + Self.labelSize,
      y: box.midY, size: Self.labelSize, anchor: .middle, turned: true)
  }

  static func pixel(_ colour: Colour) -> UInt32 {
    func byte(_ v: Double) -> UInt32 { UInt32(min(max(v, 0), 1) * 255 + 0.5) }
    return 0xFF00_0000 | byte(colour.red) << 16 | byte(colour.green) << 8 | byte(colour.blue)
  }

  /// One image with axes and colour bar; pixels are square unless it is very long.
  func draw(_ panel: ImagePanel, in outer: Box) {
    let image = panel.image.reduced(toWidth: 1200, height: 1200)
    let scale = resolve(panel.scale, [image])
    let (xSpan, ySpan) = spans(panel)
    var box = outer
    if let value = panel.value { box = box.inset(right: barWidth(scale, value)) }
    var plot = plotBox(x: panel.x, y: panel.y, xSpan, ySpan, in: box)
    guard plot.width > 15, plot.height > 15 else { return }
    let ratio = Double(max(1, panel.image.width)) / Double(max(1, panel.image.height))
    if (0.25...4).contains(ratio) {
      let width = min(plot.width, plot.height * ratio)
      let height = width / ratio
      plot = Box(
        plot.x + (plot.width - width) / 2, plot.y + (plot.height - height) / 2, width, height)
    }
    draw(panel, scale, PlotArea(box: plot, x: xSpan, y: ySpan), sides: Sides(), imageCount: 1)
    if let value = panel.value {
      drawBar(scale, map: panel.map, axis: value, in: Box(plot.right + 10, plot.y, 11, plot.height))
    }
  }

  func spans(_ panel: ImagePanel) -> (Span, Span) {
    (
      Span(panel.x, values: [0, Double(max(1, panel.image.width))], margin: 0),
      Span(panel.y, values: [0, Double(max(1, panel.image.height))], margin: 0)
    )
  }

  /// The colour scale of several images together, from at most a few 100 000 pixels.
  func resolve(_ scale: ValueScale, _ images: [PlotImage]) -> ResolvedScale {
    let total = images.reduce(0) { $0 + $1.values.count }
    let step = max(1, total / 200_000)
    let values = images.flatMap { image in
      stride(from: 0, to: image.values.count, by: step).map { Double(image.values[$0]) }
    }
    return ResolvedScale(scale, values: values)
  }

  /// The pixels and frame of one image in its place.
  func draw(
    _ panel: ImagePanel, _ scale: ResolvedScale, _ area: PlotArea, sides: Sides, imageCount: Int
  ) {
    let box = area.box
    guard !panel.image.values.isEmpty, panel.image.values.contains(where: \.isFinite) else {
      drawFrame(x: panel.x, y: panel.y, area, sides: sides, hasGrid: false)
      canvas.hatch(box)
      canvas.stroke(box, .grey(0.2))
      say("no data", in: box)
      drawNote(panel.note, at: panel.noteCorner, in: box)
      return
    }
    let areaOnPage = box.width * box.height * Double(max(1, imageCount))
    let density = min(2, (Self.rasterBudget / max(areaOnPage, 1)).squareRoot())
    let image = panel.image.reduced(
      toWidth: max(1, Numeric.integer(box.width * density)),
      height: max(1, Numeric.integer(box.height * density)))
    canvas.raster(
      Self.pixels(image, scale, panel.map), width: image.width, height: image.height, in: box)
    drawFrame(x: panel.x, y: panel.y, area, sides: sides, hasGrid: false)
    canvas.stroke(box, .grey(0.2))
    drawNote(panel.note, at: panel.noteCorner, in: box)
  }

  /// Colours of all pixels, the top row first.
  static func pixels(_ image: PlotImage, _ scale: ResolvedScale, _ map: ColourMap) -> [UInt32] {
    let table = map.table.map(pixel)
    // A bluish hatch, since grey means a value in a grey image.
    let (light, dark): (UInt32, UInt32) =
      map == .grey ? (0xFFB8_C8F0, 0xFF6C_8CD0) : (0xFFE0_E0E0, 0xFF9E_9E9E)
    var result = [UInt32](repeating: 0, count: image.values.count)
    for row in 0..<image.height {
      let source = (image.height - 1 - row) * image.width
      for column in 0..<image.width {
        let value = Double(image.values[source + column])
        result[row * image.width + column] =
          value.isFinite
          ? table[ColourMap.index(scale.fraction(value))]
          : (row + column) / 3 % 2 == 0 ? light : dark
      }
    }
    return result
  }
}
