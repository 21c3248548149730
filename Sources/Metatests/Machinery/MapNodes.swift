import Detector
import LatexReport
import Reporting
import Warehouse

/// The parts of a report that show a test's maps: figures, distributions, tables.
struct MapNodes {
  let input: MetatestInput
  let plane: any MappedPlane
  let maps: [PlaneMap]
  /// The names of the figures that there are.
  let figures: Set<String>

  /// How the results of a test begin.
  func beginning() -> [Document.Node] {
    let nodes: [Document.Node] = [
      .pageBreak,
      .section(
        level: 1, "\(plane.test): aggregated results", label: "results-\(plane.test)"),
    ]
    guard !plane.isOnPlane else { return nodes }
    return nodes + [
      .remark(
        .missing,
        "No block with results sits on the focal plane of this design; maps are left out.")
    ]
  }

  /// The heat maps of some keys, in their order; a line where nothing was measured.
  func heatMaps(_ keys: [String]) -> [Document.Node] {
    guard plane.isOnPlane else { return [] }
    return chosen(keys).map { map in
      let name = map.mapName(plane.test)
      guard figures.contains(name) else {
        return .remark(.missing, Document.Text("\(map.heading): nothing was measured."))
      }
      return .figure(
        Document.Figure(
          input.figurePath(name), width: 0.7,
          caption: plane.caption(
            plane.shown(map), map.title, map.quantity, unit: map.shownUnit)))
    }
  }

  /// The distributions of some keys, two beside each other.
  func histograms(_ keys: [String]) -> [Document.Node] {
    let names = chosen(keys).map { $0.histogramName(plane.test) }.filter(figures.contains)
    guard !names.isEmpty else { return [] }
    return [
      .figureGrid(
        Document.FigureGrid(
          names.map { Document.Figure(input.figurePath($0)) }, perRow: 2,
          caption: "Distribution over quadrants of the flight blocks, and with spare blocks."))
    ]
  }

  /// The values of all quadrants, a table a key.
  func tables(_ keys: [String]) -> [Document.Node] {
    chosen(keys).map {
      .table(
        ReportTables.quadrants(
          plane.shown($0), layout: plane.layout, selections: plane.selections))
    }
  }

  private func chosen(_ keys: [String]) -> [PlaneMap] {
    keys.compactMap { key in maps.first { $0.key == key } }
  }
}
