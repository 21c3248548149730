import Detector
public import Plots
import Warehouse

extension ComplianceMatrix {
  /// Requirements over blocks: the colour and the number are the smallest margin of a block's
  /// amplifiers in per cent of the limit, red below zero and blue above; a thick outline and a cross
  /// mark a failure, `~` a marginal pass, `ok` a clear one. What has
  /// no value is hatched: `?` where it could not be measured, `-` where it was not tested.
  ///
  /// - Returns: nil where there is nothing to show.
  public func matrixFigure() -> Figure? {
    guard !lines.isEmpty, !blocks.isEmpty, blocks.count <= 200 else { return nil }
    // The most rows that a page has room for.
    let shown = Array(lines.prefix(60))
    var cells: [CellMap.Cell] = []
    for (index, line) in shown.enumerated() {
      let row = shown.count - 1 - index
      let byBlock = Dictionary(grouping: line.entries, by: \.block)
      for (column, block) in blocks.enumerated() {
        cells.append(cell(byBlock[block] ?? [], column: column, row: row))
      }
    }
    let more = lines.count - shown.count
    return Figure(
      width: max(6, min(16, 3 + 0.6 * Double(blocks.count))),
      height: max(4, min(24, 2 + 0.36 * Double(shown.count))),
      title: "Compliance: smallest margin of each block [% of the limit]",
      footer: footer,
      content: .cells(
        CellMap(
          columns: blocks.count, rows: shown.count, cells: cells,
          value: Axis("margin", unit: "% of limit"), scale: Self.scale(cells), map: .warmCool,
          decimals: 0,
          bottomLabels: blocks.enumerated().map {
            // Every other name a line lower, so that long ones do not meet.
            Tick(Double($0) + 0.5, ($0.isMultiple(of: 2) ? "" : " \n") + String($1.prefix(12)))
          },
          leftLabels: shown.enumerated().map {
            Tick(Double(shown.count - 1 - $0) + 0.5, "\($1.requirement) \($1.test)")
          },
          failureMeaning: "fails",
          caption: "ok: passes; ~: passes within \(Self.short(marginalSigma)) sigma of a limit; "
            + "?: not measurable; -: not tested"
            + (more > 0 ? "; \(more) more requirements are not shown" : ""))))
  }

  /// The smallest margin of each amplifier on the focal plane: of one requirement in its unit, of
  /// several in per cent of the limit.
  ///
  /// - Returns: nil where there is nothing to show, or no block is on the plane.
  public func marginMap() -> Figure? {
    guard let layout, !lines.isEmpty, !layout.channels.isEmpty else { return nil }
    let single = lines.count == 1 ? lines[0] : nil
    var found: [ChannelPlace: ComplianceEntry] = [:]
    for line in lines {
      for entry in line.entries {
        found[entry.place] = Self.worse(found[entry.place], entry, inUnit: single != nil)
      }
    }
    let values = found.compactMapValues { entry -> MeasuredValue? in
      if let margin = single == nil ? entry.marginPercent : entry.margin { return .value(margin) }
      // A block without a run has no results, which the map says itself.
      guard entry.outcome == .notMeasurable else { return nil }
      return entry.reason.map { .missing(reason: $0) }
    }
    let title =
      single.map { "\($0.test) \($0.requirement): margin of \($0.title)" }
      ?? "Smallest margin over \(lines.count) requirements"
    let map = ChannelMap(
      title: "margin", quantity: "margin", unit: single?.rule.unit ?? .percent,
      digits: single?.digits ?? 1, values: values)
    let tested = Set(selections.filter { $0.run != nil }.map(\.block))
    let missing = selections.filter { !tested.contains($0.block) }
    var figure = PlaneFigures(layout: layout, selections: missing).heatMap(
      map, name: "\(title) [\(single.map { $0.rule.unit.display } ?? "% of limit")]",
      colours: .warmCool, scale: .centred(0), decimals: single == nil ? 1 : min(2, map.digits),
      failing: Set(found.filter { $0.value.outcome == .fail }.keys), failureMeaning: "fails",
      footer: footer)
    if case .cells(var map) = figure.content {
      map.caption += ComparisonFigure.absence(of: Set(found.keys.map(\.block)), from: layout)
      let marginal = Set(found.filter { $0.value.outcome == .marginal }.keys)
      let cells = layout.channels.filter { marginal.contains($0.place) }
      for channel in cells {
        for index in map.cells.indices
        where map.cells[index].column == channel.column && map.cells[index].row == channel.row {
          map.cells[index].label += " ~"
        }
      }
      if !cells.isEmpty {
        map.caption += "; ~: passes within \(Self.short(marginalSigma)) sigma of the limit"
      }
      figure.content = .cells(map)
    }
    return figure
  }

  private var footer: String {
    let runs = Set(lines.flatMap { $0.entries.compactMap(\.run) }).sorted()
    let listed = runs.map { String($0) }.joined(separator: ", ")
    let shown =
      runs.count > 16
      ? "\(runs.count) runs" : runs.count == 1 ? "run \(listed)" : "runs \(listed)"
    return "requirements · \(shown) · design \(design)"
  }

  /// What stands for a block: its worst amplifier.
  private func cell(_ entries: [ComplianceEntry], column: Int, row: Int) -> CellMap.Cell {
    let tested = entries.filter(\.outcome.isTested)
    let isFailed = tested.contains { $0.outcome == .fail }
    let worst = tested.compactMap(\.marginPercent).min()
    guard let worst else {
      let words =
        !tested.isEmpty
        ? (isFailed ? "fails" : "passes") : entries.first?.outcome.rawValue ?? "not tested"
      let isMeasured = entries.first?.outcome != .notMeasurable
      return CellMap.Cell(
        column: column, row: row, tested.isEmpty ? .missing(words) : .text(words),
        label: tested.isEmpty ? (isMeasured ? "-" : "?") : "", isFailed: isFailed)
    }
    let sign =
      isFailed
      ? "\(tested.count { $0.outcome == .fail })/\(tested.count)"
      : tested.contains { $0.outcome == .marginal } ? "~" : "ok"
    return CellMap.Cell(column: column, row: row, .value(worst), label: sign, isFailed: isFailed)
  }

  private static func worse(
    _ a: ComplianceEntry?, _ b: ComplianceEntry, inUnit: Bool
  ) -> ComplianceEntry {
    guard let a else { return b }
    func rank(_ entry: ComplianceEntry) -> (Int, Double) {
      // What is tested goes before what is not, a failure before all.
      (
        entry.outcome == .fail ? 0 : entry.outcome.isTested ? 1 : 2,
        (inUnit ? entry.margin : entry.marginPercent) ?? .infinity
      )
    }
    return rank(b) < rank(a) ? b : a
  }

  /// Around zero, up to 50 %: what is far from its limit does not take the contrast from what is
  /// near.
  private static func scale(_ cells: [CellMap.Cell]) -> ValueScale {
    let sizes = cells.compactMap { cell -> Double? in
      if case .value(let value) = cell.content { value.magnitude } else { nil }
    }.sorted()
    guard let largest = sizes.last else { return .fixed(-1, 1) }
    let reach = max(1, min(largest, 50))
    return .fixed(-reach, reach)
  }

  private static func short(_ value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e6 ? String(Int(value)) : "\(value)"
  }
}
