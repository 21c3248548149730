/// Draws a whole page: title, content, footer.
struct PageDrawing {
  let canvas: Canvas

  static let titleSize = 13.0
  static let labelSize = 10.0
  static let tickSize = 8.5
  static let noteSize = 9.0
  static let footerSize = 6.5
  /// More raster pixels on a page would make a PDF of over a megabyte.
  static let rasterBudget = 500_000.0

  func draw(_ figure: Figure) {
    let page = Box(0, 0, figure.width * 72, figure.height * 72)
    canvas.fill(page, .white)
    let margin = 10.0
    var content = page.inset(left: margin, top: margin, right: margin, bottom: margin)
    let titleLines = canvas.wrapped(
      figure.title, size: Self.titleSize, into: content.width, lines: 3)
    for line in titleLines {
      canvas.text(
        line, x: content.midX, y: content.y + Self.titleSize * 0.8, size: Self.titleSize,
        anchor: .middle)
      content = content.inset(top: Self.titleSize * 1.25)
    }
    let footerLines = canvas.wrapped(
      figure.footer, size: Self.footerSize, into: content.width, lines: 4)
    for line in footerLines.reversed() {
      canvas.text(
        line, x: content.x, y: content.bottom - 1.5, size: Self.footerSize, colour: .grey(0.35))
      content = content.inset(bottom: Self.footerSize * 1.3)
    }
    content = content.inset(top: titleLines.isEmpty ? 0 : 4, bottom: footerLines.isEmpty ? 0 : 3)
    guard content.width > 40, content.height > 40 else { return }
    switch figure.content {
    case .panel(let panel): draw(panel, in: content)
    case .grid(let grid): draw(grid, in: content)
    case .cells(let map): draw(map, in: content)
    case .beside(let map, let panel, let share):
      let width = content.width * min(max(share.isNaN ? 0.5 : share, 0.1), 0.9)
      draw(map, in: content.inset(right: content.width - width))
      draw(panel, in: content.inset(left: width + 8))
    }
  }

  private func draw(_ panel: Panel, in box: Box) {
    switch panel {
    case .axes(let axes): draw(axes, in: box)
    case .image(let image): draw(image, in: box)
    case .missing(let reason):
      drawMissing(reason, in: box.inset(left: 8, top: 8, right: 8, bottom: 8))
    }
  }

  /// A hatched panel with a reason.
  func drawMissing(_ reason: String, in box: Box) {
    canvas.hatch(box)
    canvas.stroke(box, .grey(0.4))
    say(reason.isEmpty ? "missing" : reason, in: box)
  }

  /// Words in the middle of a panel, on a white ground.
  func say(_ words: String, in box: Box) {
    let lines = canvas.wrapped(words, size: Self.noteSize, into: box.width - 10, lines: 3)
    let width = lines.map { canvas.width($0, size: Self.noteSize) }.max() ?? 0
    let height = Double(lines.count) * Self.noteSize * 1.25
    guard height + 4 < box.height, width > 0 else { return }
    canvas.fill(
      Box(box.midX - width / 2 - 3, box.midY - height / 2 - 2, width + 6, height + 4), .white)
    for (index, line) in lines.enumerated() {
      canvas.text(
        line, x: box.midX,
        y: box.midY - height / 2 + (Double(index) + 0.85) * Self.noteSize * 1.25,
        size: Self.noteSize, anchor: .middle, colour: .grey(0.25))
    }
  }

  /// The short text in a corner of a panel.
  func drawNote(_ note: String, at corner: Corner, in box: Box, colour: Colour = .black) {
    guard !note.isEmpty, box.height > 16 else { return }
    let text = canvas.fitted(note, size: Self.noteSize, into: box.width * 0.9)
    let width = canvas.width(text, size: Self.noteSize)
    let isTop = corner == .topLeft || corner == .topRight
    let isLeft = corner == .topLeft || corner == .bottomLeft
    let x = isLeft ? box.x + 5 : box.right - 5 - width
    let y = isTop ? box.y + 12 : box.bottom - 6
    canvas.fill(Box(x - 2, y - 9, width + 4, 11.5), .white.with(opacity: 0.75))
    canvas.text(text, x: x, y: y, size: Self.noteSize, colour: colour)
  }

  // MARK: - Ticks

  /// The most ticks whose labels stand apart on `length` points.
  func ticks(_ axis: Axis, _ span: Span, length: Double, isHorizontal: Bool) -> TickSet {
    let most = Int(min(max(length / (isHorizontal ? 45 : 26), 1), isHorizontal ? 8 : 9))
    var best = TickSet(ticks: [])
    for maximum in stride(from: most, through: 1, by: -1) {
      best = span.ticks(axis, maximum: maximum)
      guard stand(best.ticks, apartOn: length, span, isHorizontal: isHorizontal) else { continue }
      // One tick alone tells no scale: finer ones where they fit.
      for finer in maximum + 1...maximum + 3 where best.ticks.count < 2 && axis.ticks == nil {
        let more = span.ticks(axis, maximum: finer)
        if more.ticks.count > 1,
          stand(more.ticks, apartOn: length, span, isHorizontal: isHorizontal)
        {
          return more
        }
      }
      return best
    }
    // Given names that do not fit keep their marks; every n-th keeps its words.
    for every in 2...64 {
      var thinned = best
      for index in thinned.ticks.indices where index % every != 0 {
        thinned.ticks[index].label = ""
      }
      if stand(thinned.ticks, apartOn: length, span, isHorizontal: isHorizontal) { return thinned }
    }
    return TickSet(ticks: best.ticks.map { Tick($0.value, "") }, multiplier: best.multiplier)
  }

  private func stand(_ ticks: [Tick], apartOn length: Double, _ span: Span, isHorizontal: Bool)
    -> Bool
  {
    var end = -Double.infinity
    for tick in ticks where !tick.label.isEmpty {
      guard let fraction = span.fraction(tick.value) else { continue }
      let half = (isHorizontal ? tickWidth(tick) : Self.tickSize) / 2
      if fraction * length - half < end + (isHorizontal ? 7 : 2) { return false }
      end = fraction * length + half
    }
    return true
  }

  func tickWidth(_ tick: Tick) -> Double {
    tick.label.split(separator: "\n").map { canvas.width(String($0), size: Self.tickSize) }.max()
      ?? 0
  }
}
