import BlockTests
import DataProducts
import Detector
import Diagnostics
import Warehouse

/// MetaBias as a data product: one table of quadrants a test, requirements, stability, the choice
/// of runs.
struct BiasTables {
  let input: MetatestInput
  let tests: [BiasData]
  let results: [RequirementResult]
  let stability: [(test: String, stability: TimeStability)]
  let date: String

  private var shared: MetatestTables {
    MetatestTables(results: results, selections: tests.flatMap(\.selections))
  }

  func product() throws -> DataProduct {
    DataProduct(
      title: "MetaBias: offsets and read-out noise of the focal plane",
      header: [
        .init("metatest", "MetaBias"),
        .init("test", .text(tests.map(\.test).joined(separator: ", "))),
        .init("vison", .text(ProgramVersion.current)),
        .init("fpa_design", .text(input.design.name)),
        .init("FPA", .text(input.plane.name)), .init("DATE", .text(date)),
      ],
      meta: [
        .init("rule", .text(input.selector.rule)),
        .init("electrons", .text(
          tests.first?.electronReason
            ?? "gains of \(MetaBias.gainTest): \(tests.first?.gainSources ?? "")")),
      ],
      tables: tests.map(quadrants) + shared.all
        + stability.filter { !$0.stability.records.isEmpty }.map(records),
      provenance: try shared.provenance(input.warehouse))
  }

  // MARK: - Tables

  private func quadrants(_ data: BiasData) -> DataTable {
    // On the plane in its order, then blocks off the plane.
    let onPlane = data.layout.channels.map(\.place)
    let known = Set(onPlane)
    let places = onPlane + data.places.filter { !known.contains($0) }
    let slots = places.map { data.layout.slot(of: $0) }
    var columns = [
      DataColumn(
        "CCDID", description: "Position on the focal plane.", .texts(slots.map { $0?.name })),
      DataColumn("BLOCK", .texts(places.map(\.block))),
      DataColumn("CCD", .texts(places.map(\.detector))),
      DataColumn("Q", description: "Quadrant.", .texts(places.map(\.amplifier))),
      DataColumn(
        "CCD_SN", description: "Serial number of the detector, as the run recorded it.",
        .texts(
          places.map { place in
            data.runs.first { $0.block == place.block }?.serials[place.detector]
          })),
      DataColumn(
        "TEMP_degC", description: "CCD temperature in degrees Celsius, mean of top and bottom.",
        .doubles(places.map { data.temperatures[$0.block]?[$0.detector] }), display: .fixed(2)),
    ]
    for map in MetaBias.maps {
      columns += MetatestTables.pair(
        map.key, data.map(map), places, map.quantity.meaning, data.reason)
    }
    if let map = data.electronMap {
      columns += MetatestTables.pair(
        "RON_ELE", map, places, "RON in the over-scan times the gain of PTC01.", data.reason)
    }
    return DataTable(
      data.test, description: "Best estimates of each quadrant, \(data.test).", columns: columns)
  }

  private func records(_ entry: (test: String, stability: TimeStability)) -> DataTable {
    let rows = entry.stability.records
    return DataTable(
      "STABILITY_\(entry.test)", description: "Over-scan offset and RON of each run and channel.",
      columns: [
        DataColumn(
          "CCDQID", description: "Serial number of the detector, and quadrant.",
          .texts(rows.map(\.channel))), DataColumn("BLOCK", .texts(rows.map(\.block))),
        DataColumn("CCD", .texts(rows.map(\.detector))),
        DataColumn("TIME", .texts(rows.map(\.started))),
        DataColumn("REP", .integers(rows.map { Int64($0.repetition) })),
        DataColumn("OFF", unit: "adu", .doubles(rows.map(\.offset)), display: .fixed(2)),
        DataColumn("RON", unit: "adu", .doubles(rows.map(\.noise)), display: .fixed(4)),
      ])
  }
}
