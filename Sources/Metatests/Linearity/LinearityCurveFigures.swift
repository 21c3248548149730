import Detector
import Plots
import Warehouse

/// Curves and data of all quadrants of the plane.
struct LinearityCurveFigures: Sendable {
  let plane: LinearityPlane
  let footer: String

  /// What the curves of all quadrants show.
  enum Content: String, CaseIterable, Sendable {
    /// The fitted deviation in percent.
    case fit
    /// The fitted exposures.
    case data
    /// The fitted deviation in electrons, or ADU without gains.
    case absolute
  }

  /// What colours tell apart.
  enum Grouping: Sendable {
    case block, chamber
  }

  /// One panel with all quadrants; a colour a block, or a chamber.
  func together(_ content: Content, by grouping: Grouping) -> Figure {
    let lines = content == .data ? plane.points : plane.fits
    var groups: [String] = []
    var marks: [Axes.Mark] = []
    for line in lines {
      let group = self.group(line.place.block, grouping)
      let isNew = !groups.contains(group)
      if isNew { groups.append(group) }
      let index = groups.firstIndex(of: group) ?? 0
      // Per cent of thousands: ten times as many units.
      let y = content == .absolute ? zip(line.x, line.y).map { 10 * $0 * $1 } : line.y
      marks.append(
        .series(
          Series(
            isNew ? group : "", x: line.x, y: y,
            style: content == .data
              ? .points(Palette.marker(index), size: 2.5) : .line(width: 0.9, dashed: index >= 12),
            colour: Palette.colour(index).with(opacity: 0.6))))
    }
    marks.append(.limit(LimitLine(.horizontal, at: 0)))
    let words =
      switch content {
      case .fit: "non-linearity curves"
      case .data: "non-linearity data points"
      case .absolute: "non-linearity curves, absolute deviation"
      }
    let unit = plane.isInElectrons ? "e⁻" : "ADU"
    return Figure(
      width: 7.6, height: 4.8,
      title: "\(plane.test): \(words)\(grouping == .chamber ? ", by chamber" : "")", footer: footer,
      content: .panel(
        .axes(
          Axes(
            x: Axis("signal", unit: plane.signalUnit),
            y: content == .absolute
              ? Axis("non-linearity", unit: unit)
              : Axis("non-linearity", unit: "%", limits: .data),
            marks: marks, legend: .right))))
  }

  private func group(_ block: String, _ grouping: Grouping) -> String {
    guard grouping == .chamber else { return block }
    // Profiles are called by chamber and block: A_DIRAC.
    let letter = plane.chambers[block]?.split(separator: "_").first.map(String.init) ?? "unknown"
    return "chamber \(letter)"
  }

  /// The fitted curves of each detector where it lies.
  func onPlane() -> Figure {
    let fits = Dictionary(
      plane.fits.map { ($0.place, $0) }, uniquingKeysWith: { first, _ in first })
    let drawing = PlaneFigures(layout: plane.layout, selections: plane.selections)
    return drawing.panels(
      name: "\(plane.test): non-linearity curves", footer: footer
    ) { slot in
      let marks = plane.layout.camera.amplifiers.enumerated().compactMap {
        index, amplifier -> Axes.Mark? in
        let place = ChannelPlace(
          block: slot.block, detector: slot.detector, amplifier: amplifier.name)
        guard let line = fits[place] else { return nil }
        return .series(
          Series(
            amplifier.name, x: line.x, y: line.y, style: .line(width: 0.8),
            colour: Palette.colour(index)))
      }
      guard !marks.isEmpty else { return .missing(drawing.missing[slot.block] ?? "no curve") }
      return .axes(
        Axes(
          x: Axis("signal", unit: plane.signalUnit), y: Axis("NL", unit: "%"),
          marks: marks + [.limit(LimitLine(.horizontal, at: 0))]))
    }
  }

  /// A detector that was measured in two blocks: data and fits of its quadrants.
  func twice(
    _ serial: String, _ first: (StoredTestRun, String), _ second: (StoredTestRun, String)
  ) -> Figure {
    let camera = plane.layout.camera
    let (fits, points) = (plane.fits, plane.points)
    let rows = camera.display.map { names in
      names.map { amplifier -> Panel in
        var marks: [Axes.Mark] = []
        for (index, side) in [first, second].enumerated() {
          let place = ChannelPlace(
            block: side.0.block, detector: side.1, amplifier: amplifier)
          let name = "\(side.0.block), \(String(side.0.started.prefix(10)))"
          if let line = points.first(where: { $0.place == place }) {
            marks.append(
              .series(
                Series(
                  "\(name), data", x: line.x, y: line.y, errors: line.errors,
                  style: .points(Palette.marker(index), size: 3), colour: Palette.colour(index * 3))))
          }
          if let line = fits.first(where: { $0.place == place }) {
            marks.append(
              .series(
                Series(
                  "\(name), fit", x: line.x, y: line.y, style: .line(width: 1),
                  colour: Palette.colour(index * 3))))
          }
        }
        guard !marks.isEmpty else { return .missing("\(amplifier): no curve") }
        return .axes(
          Axes(
            x: Axis("signal", unit: plane.signalUnit), y: Axis("non-linearity", unit: "%"),
            marks: marks, legend: .right, note: amplifier))
      }
    }
    return Figure(
      width: 8, height: 6, title: "\(plane.test): CCD \(serial) in two blocks", footer: footer,
      content: .grid(PanelGrid(rows: rows, sharesAxes: true)))
  }
}
