import Detector
import Plots
import Warehouse

/// The heat maps and histograms of a test's maps. What nowhere has a value has no figure.
struct MapFigures: Sendable {
  let plane: any MappedPlane
  var results: [RequirementResult] = []

  func figures(_ maps: [PlaneMap]) -> [MetatestContent.NamedFigure] {
    let drawing = PlaneFigures(layout: plane.layout, selections: plane.selections)
    return maps.flatMap { map -> [MetatestContent.NamedFigure] in
      let values = plane.shown(map)
      guard values.values.values.contains(where: { $0.number != nil }) else { return [] }
      let footer = plane.footer(map.quantity.name + (map.item.map { " [\($0)]" } ?? ""))
      let result = results.first {
        $0.requirement.id == map.requirement && $0.test == plane.test
      }
      var figures: [MetatestContent.NamedFigure] = []
      if plane.isOnPlane {
        figures.append(
          .init(
            name: map.mapName(plane.test),
            figure: { [test = plane.test] in
              drawing.heatMap(
                values, name: "\(test): \(map.heading)", colours: map.colours, scale: map.scale,
                decimals: map.decimals, failing: result?.failing ?? [],
                failureMeaning: result.map { Self.failure(map, $0) } ?? "out of limits",
                footer: footer)
            }, hasPreview: map.hasPreview))
      }
      if map.hasHistogram {
        let limits = map.isOnDepartures ? nil : result?.requirement
        figures.append(
          .init(
            name: map.histogramName(plane.test),
            figure: { [flight = plane.layout.design.flight] in
              ChannelFigures.histogram(values, flight: flight, limits: limits, footer: footer)
            }, hasPreview: false))
      }
      return figures
    }
  }

  /// What a marked quadrant violates, in the few words for which a legend has room.
  private static func failure(_ map: PlaneMap, _ result: RequirementResult) -> String {
    map.isOnDepartures ? "unexpected" : "not \(ReportTables.limits(result.requirement))"
  }
}
