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
    try MetatestFrame(
      name: "MetaBias", title: "MetaBias: offsets and read-out noise of the focal plane",
      input: input, planes: tests
    ).product(
      tests.map(quadrants) + shared.all
        + stability.filter { !$0.stability.records.isEmpty }.map(records),
      rule: input.selector.rule,
      meta: [
        .init(
          "electrons",
          .text(
            tests.first?.electronReason
              ?? "gains of \(MetaBias.gainTest): \(tests.first?.gains.sources ?? "")"))
      ], date: date)
  }

  // MARK: - Tables

  private func quadrants(_ data: BiasData) -> DataTable {
    let places = data.rows
    var columns = data.identity(
      places, gainRuns: data.electronMap == nil ? nil : data.gains.numbers)
    columns.append(
      DataColumn(
        "TEMP_degC", description: "CCD temperature in degrees Celsius, mean of top and bottom.",
        .doubles(places.map { data.temperatures[$0.block]?[$0.detector] }), display: .fixed(2)))
    columns += data.columns(MetaBias.maps, places)
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
