public import Detector
public import Plots

/// The layout of one block: detectors beside each other, each with its amplifiers where they lie.
public enum BlockLayout {
  /// A grid with a panel for each amplifier of each detector.
  ///
  /// - Parameter panel: gives the panel of a detector and an amplifier, whose name is then written
  ///   into a corner.
  public static func grid(
    _ camera: Camera, sharesAxes: Bool = true,
    panel: (_ detector: String, _ amplifier: String) -> Panel
  ) -> PanelGrid {
    let width = max(1, camera.display.map(\.count).max() ?? 1)
    let rows = camera.display.map { names -> [Panel] in
      camera.detectors.flatMap { detector in
        (0..<width).map { column -> Panel in
          guard names.indices.contains(column) else { return .missing("no amplifier") }
          return noted(panel(detector, names[column]), names[column], isLast: column > 0)
        }
      }
    }
    return PanelGrid(
      rows: rows, sharesAxes: sharesAxes,
      columnTitles: camera.detectors.enumerated().map { index, detector in
        PanelGrid.ColumnTitle(column: index * width, span: width, text: detector)
      })
  }

  /// The sides of a page for such a grid, in inches.
  public static func pageSize(_ camera: Camera) -> (width: Double, height: Double) {
    let columns = camera.detectors.count * max(1, camera.display.map(\.count).max() ?? 1)
    let rows = max(1, camera.display.count)
    return (
      min(14, max(6.4, 1.3 + 1.15 * Double(columns))), min(14, 1.5 + 1.55 * Double(rows))
    )
  }

  /// The share of a report's text width that such a grid takes, so that two of them share a page.
  public static func share(_ camera: Camera) -> Double {
    camera.detectors.count * max(1, camera.display.map(\.count).max() ?? 1) < 4 ? 0.76 : 1
  }

  /// Marks from 0 that fit into a narrow panel without touching those of its neighbour.
  ///
  /// - Parameter extent: the length of the axis, in pixels; nil comes back for 0 or less.
  static func pixelTicks(_ extent: Double) -> [Tick]? {
    guard extent >= 2, extent < 1e9 else { return nil }
    var step = 1.0
    let factors = [2, 2.5, 2]
    var index = 0
    while step * factors[index % 3] <= 0.55 * extent {
      step *= factors[index % 3]
      index += 1
    }
    return (0...1).map { Tick(Double($0) * step, NumberText.fixed(Double($0) * step, digits: 0)) }
  }

  /// A figure with such a grid.
  public static func figure(
    _ camera: Camera, title: String, footer: String, sharesAxes: Bool = true,
    panel: (_ detector: String, _ amplifier: String) -> Panel
  ) -> Figure {
    let size = pageSize(camera)
    return Figure(
      width: size.width, height: size.height, title: title, footer: footer,
      content: .grid(grid(camera, sharesAxes: sharesAxes, panel: panel)))
  }

  private static func noted(_ panel: Panel, _ name: String, isLast: Bool) -> Panel {
    switch panel {
    case .axes(var axes):
      if axes.note.isEmpty { (axes.note, axes.noteCorner) = (name, isLast ? .topRight : .topLeft) }
      return .axes(axes)
    case .image(var image):
      if image.note.isEmpty {
        (image.note, image.noteCorner) = (name, isLast ? .topRight : .topLeft)
      }
      return .image(image)
    case .missing(let reason): return .missing("\(name): \(reason)")
    }
  }
}
