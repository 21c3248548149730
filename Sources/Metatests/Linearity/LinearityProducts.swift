import BlockTests
import DataProducts
import Detector
import Diagnostics
import Warehouse

/// MetaNL as data products: a table of quadrants a test, requirements, the choice of runs; and the curves.
struct LinearityProducts {
  let input: MetatestInput
  let planes: [LinearityPlane]
  let results: [RequirementResult]
  let date: String
  let comparison: LinearityComparison

  func summary() throws -> DataProduct {
    let shared = MetatestTables(results: results, selections: planes.flatMap(\.selections))
    return try product(
      "MetaNL: non-linearity of the focal plane", planes, planes.map(quadrants) + [comparison.table].compactMap(\.self) + shared.all)
  }

  private func product(
    _ title: String, _ planes: [LinearityPlane], _ tables: [DataTable]
  ) throws -> DataProduct {
    try MetatestFrame(name: "MetaNL", title: title, input: input, planes: planes).product(
      tables, rule: input.selector.rule, date: date)
  }

  private func quadrants(_ plane: LinearityPlane) -> DataTable {
    let places = plane.rows
    var columns = plane.identity(places, gainRuns: plane.gains.numbers)
    columns += plane.columns(MetaNL.maps, places)
    return DataTable(
      plane.test, description: "Best estimates of each quadrant, \(plane.test).", columns: columns)
  }

  /// The fitted curves and exposures of one test, two columns a quadrant; shorter columns end with empty cells.
  func curves(_ plane: LinearityPlane) throws -> DataProduct {
    let tables = [
      table("DATAPOINTS", "Exposures that were fitted", plane.points, plane),
      table("BESTFIT", "Fitted curves", plane.fits, plane),
    ].compactMap(\.self)
    return try product("\(plane.test): non-linearity curves and data", [plane], tables)
  }

  private func table(
    _ name: String, _ words: String, _ lines: [LinearityPlane.Line], _ plane: LinearityPlane
  ) -> DataTable? {
    let length = lines.map(\.x.count).max() ?? 0
    guard length > 0 else { return nil }
    func padded(_ values: [Double]) -> [Double?] {
      (0..<length).map { $0 < values.count ? values[$0] : nil }
    }
    let unit = plane.isInElectrons ? "10**3 electron" : "10**3 adu"
    var columns: [DataColumn] = []
    for line in lines {
      let place = "\(line.place.block)_\(line.place.detector)_\(line.place.amplifier)"
      columns += [
        DataColumn(
          "X_\(place)", unit: unit, description: "Signal, in thousands",
          .doubles(padded(line.x)), display: .fixed(3)),
        DataColumn(
          "Y_\(place)", description: "Non-linearity in percent", .doubles(padded(line.y)),
          display: .fixed(4)),
        DataColumn(
          "E_\(place)", description: "1-sigma uncertainty of the non-linearity in percent",
          .doubles(padded(line.errors)), display: .fixed(4)),
      ]
    }
    return DataTable(name, description: "\(words), \(plane.test)", columns: columns)
  }
}
