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

  func product() throws -> DataProduct {
    let shared = MetatestTables(results: results, selections: planes.flatMap(\.selections))
    return DataProduct(
      title: "MetaPTC: gains and full well of the focal plane",
      header: [
        .init("metatest", "MetaPTC"),
        .init("test", .text(planes.map(\.test).joined(separator: ", "))),
        .init("vison", .text(ProgramVersion.current)),
        .init("fpa_design", .text(input.design.name)),
        .init("FPA", .text(input.plane.name)), .init("DATE", .text(date)),
      ], meta: [.init("rule", .text(input.selector.rule))],
      tables: planes.map(quadrants) + planes.map(tiles).filter { !$0.columns.isEmpty } + shared.all,
      provenance: try shared.provenance(input.warehouse))
  }

  private func quadrants(_ plane: PhotonTransferPlane) -> DataTable {
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
        "TEMP_degC", description: "CCD temperature in degrees Celsius, mean of top and bottom.",
        .doubles(places.map { plane.temperatures[$0.block]?[$0.detector] }), display: .fixed(2)),
    ]
    for map in MetaPTC.maps {
      columns += MetatestTables.pair(
        map.key, plane.stored(map), places, map.quantity.meaning, plane.reason)
    }
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
