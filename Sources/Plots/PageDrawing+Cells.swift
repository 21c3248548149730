import Foundation

extension PageDrawing {
  func draw(_ map: CellMap, in outer: Box) {
    guard (1...200).contains(map.columns), (1...200).contains(map.rows) else {
      return say("no data", in: outer)
    }
    let values = map.values
    let scale = ResolvedScale(map.scale, values: values)
    let hasTextOnly = map.cells.allSatisfy { if case .text = $0.content { true } else { false } }
    let hasBar = !(hasTextOnly && !map.cells.isEmpty)
    var box = outer

    for line in captionLines(map, scale, hasValues: hasBar).reversed() {
      canvas.text(
        canvas.fitted(line, size: 8, into: outer.width), x: outer.midX, y: box.bottom - 2, size: 8,
        anchor: .middle, colour: .grey(0.2))
      box = box.inset(bottom: 11)
    }
    let keys = keyEntries(map)
    if !keys.isEmpty {
      drawKeys(keys, centre: outer.midX, width: outer.width, y: box.bottom - 7)
      box = box.inset(bottom: 15)
    }
    let rightWords = map.rightLabels.map(tickWidth).max() ?? 0
    let leftWords = map.leftLabels.map(tickWidth).max() ?? 0
    let bar = hasBar ? barWidth(scale, map.value) : 0
    let lines = map.bottomLabels.map { $0.label.split(separator: "\n").count }.max() ?? 0
    box = box.inset(
      left: min(leftWords, 90) + 10, top: 4,
      right: (rightWords > 0 ? min(rightWords, 110) + 8 : 6) + bar,
      bottom: 4 + Double(lines) * Self.tickSize * 1.2)
    var side = (x: box.width / Double(map.columns), y: box.height / Double(map.rows))
    guard side.x > 2, side.y > 2 else { return }
    side.x = min(side.x, side.y * 1.5)
    side.y = min(side.y, side.x * 1.2)
    let size = (side.x * Double(map.columns), side.y * Double(map.rows))
    box = Box(box.x + (box.width - size.0) / 2, box.y + (box.height - size.1) / 2, size.0, size.1)

    drawCells(map, scale, box, side)
    drawGroups(map, box, side)
    drawFailures(map, box, side)
    drawSideLabels(map, box, side)
    if hasBar {
      let x = box.right + (rightWords > 0 ? min(rightWords, 110) + 8 : 6) + 10
      drawBar(scale, map: map.map, axis: map.value, in: Box(x, box.y, 11, box.height))
    }
  }

  private func rectangle(_ cell: CellMap.Cell, _ box: Box, _ side: (x: Double, y: Double)) -> Box {
    Box(
      box.x + Double(cell.column) * side.x, box.bottom - Double(cell.row + 1) * side.y, side.x,
      side.y)
  }

  private func inside(_ map: CellMap) -> [CellMap.Cell] {
    map.cells.filter {
      (0..<map.columns).contains($0.column) && (0..<map.rows).contains($0.row)
    }
  }

  private func drawCells(
    _ map: CellMap, _ scale: ResolvedScale, _ box: Box, _ side: (x: Double, y: Double)
  ) {
    let numbers = numberStyle(map, scale, side)
    for cell in inside(map) {
      let place = rectangle(cell, box, side)
      var ink = Colour.grey(0.25)
      switch cell.content {
      case .value(let value) where Numeric.isDrawable(value):
        let colour = map.map.colour(at: scale.fraction(value))
        canvas.fill(place, colour)
        ink = colour.contrasting
        if let numbers {
          canvas.text(
            number(value, numbers.decimals, power: numbers.power), x: place.midX,
            y: place.midY + 0.36 * numbers.size
              + (cell.label.isEmpty && !cell.isFailed ? 0 : 0.1 * side.y),
            size: numbers.size, anchor: .middle, colour: ink)
        }
      case .value, .missing: canvas.hatch(place)
      case .text(let words):
        let lines = words.split(separator: "\n").map(String.init)
        let size = min(8, side.y / Double(max(1, lines.count)) * 0.6)
        for (row, line) in lines.enumerated() {
          let y = place.midY + (Double(row) - Double(lines.count) / 2 + 0.8) * size * 1.15
          canvas.text(
            canvas.fitted(line, size: size, into: side.x - 2), x: place.midX, y: y, size: size,
            anchor: .middle)
        }
      }
      let labelSize = min(6, side.y * 0.26)
      if labelSize >= 3.5 {
        canvas.text(
          canvas.fitted(cell.label, size: labelSize, into: side.x * 0.6), x: place.x + 3.5,
          y: place.y + labelSize + 2, size: labelSize, colour: ink)
      }
      canvas.stroke(place, .white.with(opacity: 0.5), width: 0.3)
    }
  }

  /// The largest type in which all numbers fit, with fewer digits if need be; nil for none.
  private func numberStyle(
    _ map: CellMap, _ scale: ResolvedScale, _ side: (x: Double, y: Double)
  ) -> (size: Double, decimals: Int, power: Int)? {
    let values = map.values
    guard !values.isEmpty, side.y >= 9 else { return nil }
    let power = power(values)
    // The outline of a failure takes some of the width.
    let free = side.x - (map.cells.contains(where: \.isFailed) ? 9 : 4)
    let spread = (scale.high - scale.low) * Foundation.pow(10, -Double(power))
    let natural = Numeric.integer(1 - Foundation.log10(max(spread, 1e-12)).rounded(.down))
    var decimals = min(max(map.decimals ?? natural, 0), 6)
    while true {
      let widest =
        values.map { canvas.width(number($0, decimals, power: power), size: 10) }.max() ?? 0
      let size = min(9, side.y * 0.42, free / max(widest, 1) * 10)
      if size >= 5 { return (size, decimals, power) }
      guard decimals > 0, map.decimals == nil else { return nil }
      decimals -= 1
    }
  }

  /// The power of ten that all printed numbers share; 0 for numbers of common size.
  private func power(_ values: [Double]) -> Int {
    let largest = values.map(\.magnitude).max() ?? 0
    guard largest > 1e-200, largest < 1e-3 || largest >= 1e6 else { return 0 }
    return Numeric.integer(Foundation.log10(largest).rounded(.down))
  }

  private func number(_ value: Double, _ decimals: Int, power: Int) -> String {
    let value = value * Foundation.pow(10, -Double(power))
    return value.magnitude >= 1e7
      ? Numeric.short(value, digits: 2) : Numeric.fixed(value, decimals: decimals)
  }

  private func drawGroups(_ map: CellMap, _ box: Box, _ side: (x: Double, y: Double)) {
    // Pale rims first, so that no group's rim cuts another's line.
    for isRim in [true, false] {
      for group in map.groups { draw(group, isRim: isRim, box, side) }
    }
  }

  private func draw(
    _ group: CellMap.Group, isRim: Bool, _ box: Box, _ side: (x: Double, y: Double)
  ) {
    guard (-1000...1000).contains(group.column), (-1000...1000).contains(group.row),
      (1...1000).contains(group.columns), (1...1000).contains(group.rows)
    else { return }
    let place = Box(
      box.x + Double(group.column) * side.x,
      box.bottom - Double(group.row + group.rows) * side.y, Double(group.columns) * side.x,
      Double(group.rows) * side.y)
    if isRim { return canvas.stroke(place, .white, width: 3) }
    canvas.stroke(place, .grey(0.1), width: 1)
    let size = min(20, place.height * 0.3)
    let words = canvas.fitted(group.label, size: size, into: place.width - 4)
    canvas.text(
      words, x: place.midX, y: place.midY + 0.36 * size, size: size, anchor: .middle,
      colour: .grey(0.4).with(opacity: 0.35), isRecorded: false)
  }

  /// Failures come last, so that no neighbour covers an outline.
  private func drawFailures(_ map: CellMap, _ box: Box, _ side: (x: Double, y: Double)) {
    for cell in inside(map) where cell.isFailed {
      let place = rectangle(cell, box, side)
      let line = place.inset(left: 1.4, top: 1.4, right: 1.4, bottom: 1.4)
      canvas.stroke(line, .white, width: 3.4)
      canvas.stroke(line, Colour(hex: 0xC4007A), width: 2)
      let size = min(8, side.y * 0.36)
      let width = canvas.width("✗", size: size)
      canvas.fill(Box(place.right - width - 4.5, place.y + 2.5, width + 2, size), .white)
      canvas.text(
        "✗", x: place.right - width - 3.5, y: place.y + 2 + size * 0.88, size: size,
        colour: Colour(hex: 0xC4007A))
    }
  }

  private func drawSideLabels(_ map: CellMap, _ box: Box, _ side: (x: Double, y: Double)) {
    for tick in map.bottomLabels where (0...Double(map.columns)).contains(tick.value) {
      for (row, line) in tick.label.split(separator: "\n").enumerated() {
        canvas.text(
          canvas.fitted(String(line), size: Self.tickSize, into: side.x * 2.2),
          x: box.x + tick.value * side.x,
          y: box.bottom + 3 + (Double(row) + 0.85) * Self.tickSize * 1.2, size: Self.tickSize,
          anchor: .middle)
      }
    }
    for (ticks, isLeft) in [(map.leftLabels, true), (map.rightLabels, false)] {
      for tick in ticks where (0...Double(map.rows)).contains(tick.value) {
        let words = tick.label.split(separator: "\n").map(String.init)
        for (row, line) in words.enumerated() {
          let y =
            box.bottom - tick.value * side.y
            + (Double(row) - Double(words.count) / 2 + 0.8) * Self.tickSize * 1.15
          canvas.text(
            canvas.fitted(line, size: Self.tickSize, into: isLeft ? 90 : 110),
            x: isLeft ? box.x - 5 : box.right + 5, y: y, size: Self.tickSize,
            anchor: isLeft ? .end : .start)
        }
      }
    }
  }

  // MARK: - Words below

  private func captionLines(_ map: CellMap, _ scale: ResolvedScale, hasValues: Bool) -> [String] {
    var lines: [String] = []
    if hasValues {
      lines.append(Summary(map.values)?.line ?? "N = 0: no data")
      let ends = [
        scale.below > 0 ? "\(scale.below) below" : nil,
        scale.above > 0 ? "\(scale.above) above" : nil,
      ].compactMap { $0 }
      if !ends.isEmpty { lines[0] += "   (" + ends.joined(separator: ", ") + " the colour scale)" }
    }
    let power = power(map.values)
    if hasValues, power != 0 {
      lines[0]
        += "   (cell numbers in units of 10\(Numeric.superscript(power)))"
    }
    if !map.caption.isEmpty { lines.append(map.caption) }
    return lines
  }

  private enum Key { case hatch, failure }

  private func keyEntries(_ map: CellMap) -> [(Key, String)] {
    var reasons: [(text: String, count: Int)] = []
    for cell in inside(map) {
      let reason: String
      switch cell.content {
      case .missing(let words): reason = words.isEmpty ? "missing" : words
      case .value(let value) where !Numeric.isDrawable(value): reason = "not a number"
      default: continue
      }
      if let index = reasons.firstIndex(where: { $0.text == reason }) {
        reasons[index].count += 1
      } else {
        reasons.append((reason, 1))
      }
    }
    var keys = reasons.prefix(2).map { (Key.hatch, "\($0.text): \($0.count)") }
    if reasons.count > 2 {
      keys.append((.hatch, "other reasons: \(reasons.dropFirst(2).reduce(0) { $0 + $1.count })"))
    }
    let failures = inside(map).count { $0.isFailed }
    if failures > 0 { keys.append((.failure, "\(map.failureMeaning): \(failures)")) }
    return keys
  }

  private func drawKeys(_ keys: [(Key, String)], centre: Double, width: Double, y: Double) {
    let each = width / Double(keys.count)
    let words = keys.map { canvas.fitted($0.1, size: 8, into: each - 40) }
    let widths = words.map { canvas.width($0, size: 8) + 36 }
    var x = centre - widths.reduce(0, +) / 2
    for (index, key) in keys.enumerated() {
      let box = Box(x, y - 4.5, 14, 9)
      if key.0 == .hatch {
        canvas.hatch(box)
        canvas.stroke(box, .grey(0.4), width: 0.5)
      } else {
        canvas.stroke(box, Colour(hex: 0xC4007A), width: 1.8)
        canvas.text(
          "✗", x: box.midX, y: box.midY + 2.6, size: 7, anchor: .middle,
          colour: Colour(hex: 0xC4007A), isRecorded: false)
      }
      canvas.text(words[index], x: x + 18, y: y + 2.8, size: 8, colour: .grey(0.2))
      x += widths[index]
    }
  }
}
