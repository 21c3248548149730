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

  func summary() throws -> DataProduct {
    let shared = MetatestTables(results: results, selections: planes.flatMap(\.selections))
    return try product(
      "MetaNL: non-linearity of the focal plane", planes, planes.map(quadrants) + shared.all)
  }

  private func product(
    _ title: String, _ planes: [LinearityPlane], _ tables: [DataTable]
  ) throws -> DataProduct {
    let shared = MetatestTables(results: results, selections: planes.flatMap(\.selections))
    return DataProduct(
      title: title,
      header: [
        .init("metatest", "MetaNL"),
        .init("test", .text(planes.map(\.test).joined(separator: ", "))),
        .init("vison", .text(ProgramVersion.current)),
        .init("fpa_design", .text(input.design.name)),
        .init("FPA", .text(input.plane.name)), .init("DATE", .text(date)),
      ], meta: [.init("rule", .text(input.selector.rule))], tables: tables,
      provenance: try shared.provenance(input.warehouse))
  }

  private func quadrants(_ plane: LinearityPlane) -> DataTable {
    let onPlane = plane.layout.channels.map(\.place)
    let known = Set(onPlane)
    let places = onPlane + plane.places.filter { !known.contains($0) }
    var columns = [
      DataColumn(
        "CCDID", description: "Position on the focal plane.",
        .texts(places.map { plane.layout.slot(of: $0)?.name })),
      DataColumn("BLOCK", .texts(places.map(\.block))),
      DataColumn("CCD", .texts(places.map(\.detector))),
      DataColumn("Q", description: "Quadrant.", .texts(places.map(\.amplifier))),
      DataColumn(
        "CCD_SN", description: "Serial number of the detector, as the run recorded it.",
        .texts(
          places.map { place in
            plane.runs.first { $0.block == place.block }?.serials[place.detector]
          })),
      DataColumn(
        "RUN", description: "The test run that the values come from.",
        .integers(
          places.map { place in plane.runs.first { $0.block == place.block }?.key.id })),
      DataColumn(
        "GAIN_RUN", description: "The PTC01 run whose gain turned ADU into electrons.",
        .integers(
          places.map { place in plane.gainRuns.first { $0.block == place.block }?.key.id })),
    ]
    for map in MetaNL.maps {
      columns += MetatestTables.pair(
        map.key, plane.stored(map), places, map.quantity.meaning, plane.reason)
    }
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
