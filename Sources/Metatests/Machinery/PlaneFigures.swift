import Detector
import Plots
import Warehouse

/// Figures of a focal plane from values.
struct PlaneFigures: Sendable {
  let layout: PlaneLayout
  /// Why a block has no values, by block.
  let missing: [String: String]

  init(layout: PlaneLayout, selections: [BlockSelection]) {
    self.layout = layout
    var missing: [String: String] = [:]
    for selection in selections {
      if let reason = selection.reason { missing[selection.block] = reason }
    }
    self.missing = missing
  }

  // MARK: - Heat maps

  /// A map of all amplifiers of the plane.
  ///
  /// A block without values is hatched, and named with the reason in the caption; it never takes a
  /// colour.
  func heatMap(
    _ map: ChannelMap, name: String, colours: ColourMap, scale: ValueScale = .robust,
    decimals: Int = 2, failing: Set<ChannelPlace> = [], failureMeaning: String = "out of limits",
    footer: String
  ) -> Figure {
    let cells = layout.channels.map { channel -> CellMap.Cell in
      let content: CellMap.Cell.Content
      if let value = map.number(at: channel.place) {
        content = .value(value)
      } else {
        // The legend has room for a few words; caption and tables give each reason.
        content = .missing(map.values[channel.place] == nil ? "no results" : "not measurable")
      }
      return CellMap.Cell(
        column: channel.column, row: channel.row, content, label: channel.amplifier.name,
        isFailed: failing.contains(channel.place))
    }
    return Figure(
      width: 8, height: 6.2, title: name, footer: footer,
      content: .cells(
        CellMap(
          columns: layout.columns, rows: layout.rows, cells: cells, groups: groups,
          value: Axis(map.title, unit: map.unit.display), scale: scale, map: colours,
          decimals: decimals, bottomLabels: columnLabels, leftLabels: sliceLabels,
          rightLabels: blockLabels, failureMeaning: failureMeaning, caption: caption)))
  }

  /// The cells of all amplifiers, diverging about 0, for a figure that gives them a meaning.
  func cellMap(_ content: (ChannelPlace) -> CellMap.Cell.Content) -> CellMap {
    CellMap(
      columns: layout.columns, rows: layout.rows,
      cells: layout.channels.map {
        CellMap.Cell(
          column: $0.column, row: $0.row, content($0.place), label: $0.amplifier.name)
      }, groups: groups, value: Axis(), scale: .centred(0), map: .coolWarm,
      bottomLabels: columnLabels, leftLabels: sliceLabels, rightLabels: blockLabels,
      caption: caption)
  }

  /// Names what is missing, so that a hatched cell is never a riddle.
  var caption: String {
    let absent = Set(layout.slots.map(\.block)).filter { missing[$0] != nil }
    let named = layout.design.flight.filter(absent.contains)
    guard !named.isEmpty else { return "view towards the detectors" }
    let reasons = Set(named.compactMap { missing[$0] })
    let why = reasons.count == 1 ? " (\(reasons.first ?? ""))" : ""
    return "view towards the detectors; without results: " + named.joined(separator: ", ") + why
  }

  private var groups: [CellMap.Group] {
    layout.slots.map { slot in
      CellMap.Group(
        column: (slot.column - 1) * layout.across, row: (slot.slice - 1) * layout.up,
        columns: layout.across, rows: layout.up)
    }
  }

  private var columnLabels: [Tick] {
    (1...max(1, layout.plane.columns)).map { column in
      let detectors = Set(layout.slots.filter { $0.column == column }.map(\.detector))
      let detector = detectors.count == 1 ? "\n\(detectors.first ?? "")" : ""
      return Tick((Double(column) - 0.5) * Double(layout.across), "C\(column)\(detector)")
    }
  }

  private var sliceLabels: [Tick] { blockTicks(last: false) }
  private var blockLabels: [Tick] { blockTicks(last: true) }

  /// The blocks at the left and at the right edge, beside their slices.
  private func blockTicks(last: Bool) -> [Tick] {
    let edge = last ? layout.plane.columns : 1
    return layout.slots.filter { $0.column == edge }.map { slot in
      Tick(
        (Double(slot.slice) - 0.5) * Double(layout.up),
        last ? slot.block : "S\(slot.slice)\n\(slot.block)")
    }
  }

  // MARK: - Grids

  /// One panel a detector with a curve for each of its amplifiers, the median of each removed.
  func profiles(
    _ curves: [ChannelPlace: CurveRecord], name: String, x: Axis, y: Axis, first: Int?,
    footer: String
  ) -> Figure {
    panels(name: name, footer: footer) { slot in
      let marks = layout.camera.amplifiers.enumerated().compactMap {
        index, amplifier -> Axes.Mark? in
        let place = ChannelPlace(
          block: slot.block, detector: slot.detector, amplifier: amplifier.name)
        guard let curve = curves[place] else { return nil }
        let points = Self.reduced(curve, first: first)
        return .series(
          Series(
            amplifier.name, x: points.x, y: points.y, style: .line(width: 0.7),
            colour: Palette.colour(index)))
      }
      guard !marks.isEmpty else { return .missing(missing[slot.block] ?? "no profile") }
      return .axes(Axes(x: x, y: y, marks: marks))
    }
  }

  /// One image a detector.
  func mosaic(
    _ images: [String: PlotImage], name: String, value: Axis, scale: ValueScale, footer: String,
    nothing: String = "no master"
  ) -> Figure {
    panels(name: name, footer: footer) { slot in
      guard let image = images[slot.name] else {
        return .missing(missing[slot.block] ?? nothing)
      }
      return .image(
        ImagePanel(
          image, scale: scale, map: .grey, value: value, x: Axis(ticks: []), y: Axis(ticks: [])))
    }
  }

  func panels(
    name: String, footer: String, _ panel: (FocalPlane.Slot) -> Panel
  ) -> Figure {
    Figure(
      width: 11, height: 11.4, title: name, footer: footer,
      content: .grid(
        .focalPlane(rows: layout.plane.slices, columns: layout.plane.columns) { row, column in
          guard
            let slot = layout.slots.first(where: { $0.slice == row && $0.column == column })
          else { return .missing("no detector") }
          return panel(slot)
        }))
  }

  /// A profile with its median removed, averaged over boxes to 300 points at most.
  static func reduced(_ curve: CurveRecord, first: Int?) -> (x: [Double], y: [Double]) {
    let usable = zip(curve.x, curve.y).filter { $0.0.isFinite && $0.1.isFinite }
    guard !usable.isEmpty else { return ([], []) }
    let middle = ValueSummary.median(usable.map(\.1).sorted())
    let shown = first.map { limit in usable.filter { $0.0 < Double(limit) } } ?? usable
    let step = max(1, (shown.count + 299) / 300)
    var (x, y): ([Double], [Double]) = ([], [])
    for start in stride(from: 0, to: shown.count, by: step) {
      let part = shown[start..<min(start + step, shown.count)]
      x.append(part.reduce(0) { $0 + $1.0 } / Double(part.count))
      y.append(part.reduce(0) { $0 + $1.1 } / Double(part.count) - middle)
    }
    return (x, y)
  }
}
