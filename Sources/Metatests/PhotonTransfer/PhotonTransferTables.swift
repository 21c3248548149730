import BlockTests
import DataProducts
import Detector
import Diagnostics
import Warehouse

/// MetaPTC as a data product: one table of quadrants a test, blooming limits of tiles, requirements, the choice of runs.
struct PhotonTransferTables {
  let input: MetatestInput
  let planes: [PhotonTransferPlane]
  let results: [RequirementResult]
  let date: String
  let stability: GainStabilityReport

  func product() throws -> DataProduct {
    let shared = MetatestTables(results: results, selections: planes.flatMap(\.selections))
    return try MetatestFrame(
      name: "MetaPTC", title: "MetaPTC: gains and full well of the focal plane", input: input,
      planes: planes
    ).product(
      planes.map(quadrants) + planes.map(tiles).filter { !$0.columns.isEmpty }
        + stability.tables + shared.all,
      rule: input.selector.rule, date: date)
  }

  private func quadrants(_ plane: PhotonTransferPlane) -> DataTable {
    let places = plane.rows
    var columns = plane.identity(places)
    columns.append(
      DataColumn(
        "TEMP_degC", description: "CCD temperature in degrees Celsius, mean of top and bottom.",
        .doubles(places.map { plane.temperatures[$0.block]?[$0.detector] }), display: .fixed(2)))
    columns += plane.columns(MetaPTC.maps, places)
    return DataTable(
      plane.test, description: "Best estimates of each quadrant, \(plane.test).", columns: columns)
  }

  /// Blooming limits of tiles that reach one, a row a tile.
  private func tiles(_ plane: PhotonTransferPlane) -> DataTable {
    var rows: [(place: ChannelPlace, tile: Int, value: Double, error: Double?)] = []
    for tile in 0..<2500 {
      let name = String(tile)
      let item = "t" + String(repeating: "0", count: max(0, 3 - name.count)) + name
      let values = plane.reader.values(of: PhotonTransferQuantities.bloom, item: item)
      if values.isEmpty { break }
      for (place, value) in values {
        if case .value(let number, let error, _) = value { rows.append((place, tile, number, error)) }
      }
    }
    rows.sort { ($0.place, $0.tile) < ($1.place, $1.tile) }
    guard !rows.isEmpty else { return DataTable("BLOOM_\(plane.test)", description: "", columns: []) }
    return DataTable(
      "BLOOM_\(plane.test)",
      description:
        "Blooming limits of tiles of the image area; tiles that are not listed do not reach one.",
      columns: [
        DataColumn("BLOCK", .texts(rows.map(\.place.block))),
        DataColumn("CCD", .texts(rows.map(\.place.detector))),
        DataColumn("Q", .texts(rows.map(\.place.amplifier))),
        DataColumn(
          "TILE", description: "Row by row in the order of read-out, from 0.",
          .integers(rows.map { Int64($0.tile) })),
        DataColumn("BLOOM", unit: "adu", .doubles(rows.map(\.value)), display: .fixed(0)),
        DataColumn("BLOOM_ERR", unit: "adu", .doubles(rows.map(\.error)), display: .fixed(0)),
      ])
  }
}
