import BlockTests
import DataProducts
import Detector
import Diagnostics
import Warehouse

/// MetaFlat as a data product: one table of quadrants a test, the averages of the masters, the choice of runs.
struct FlatTables {
  let input: MetatestInput
  let planes: [FlatPlane]
  let date: String
  let rule: String

  func product() throws -> DataProduct {
    let shared = MetatestTables(results: [], selections: planes.flatMap(\.selections))
    return try MetatestFrame(
      name: "MetaFlat", title: "MetaFlat: master flats and PRNU of the focal plane", input: input,
      planes: planes
    ).product(planes.map(quadrants) + [statistics, shared.choice], rule: rule, date: date)
  }

  private func quadrants(_ plane: FlatPlane) -> DataTable {
    let places = plane.rows
    var columns = plane.identity(places, gainRuns: plane.gains.numbers)
    func add(_ name: String, _ map: ChannelMap, _ meaning: String) {
      columns += MetatestTables.pair(name, map, places, meaning, plane.reason)
    }
    for label in plane.labels {
      let suffix = label.uppercased()
      add(
        "FLUADU_\(suffix)", plane.map(FlatQuantities.fluence, label),
        FlatQuantities.fluence.meaning)
      add(
        "FLUELE_\(suffix)", plane.electrons(label),
        "The fluence times the gain of the accepted PTC01 of the block.")
      add("PRNU_PC_\(suffix)", plane.map(FlatQuantities.prnu, label), FlatQuantities.prnu.meaning)
      add("SLOPE_\(suffix)", plane.map(FlatQuantities.slope, label), FlatQuantities.slope.meaning)
      add(
        "PRNU_RAW_\(suffix)", plane.map(FlatQuantities.rawScatter, label),
        FlatQuantities.rawScatter.meaning)
      add(
        "NOISE_PC_\(suffix)", plane.map(FlatQuantities.noise, label), FlatQuantities.noise.meaning)
    }
    add("PRNU_ZERO", plane.map(FlatQuantities.prnuAtZero, nil), FlatQuantities.prnuAtZero.meaning)
    for item in ["empty", "dead", "bright", "outlier", "columns", "masked"] {
      let map = plane.map(FlatQuantities.defects, item)
      columns.append(
        DataColumn(
          "N_\(item.uppercased())", unit: "ct", description: "\(item): \(FlatQuantities.defects.meaning)",
          .doubles(places.map { map.number(at: $0) }), display: .fixed(0)))
    }
    return DataTable(
      plane.test, description: "Master flats and PRNU of each quadrant, \(plane.test), \(plane.wave).",
      columns: columns)
  }

  /// One row a test and script column.
  struct Average {
    let test, label: String
    let prnu, adu, electrons, noise: Double?
  }

  static func averages(_ planes: [FlatPlane]) -> [Average] {
    planes.flatMap { plane in
      plane.labels.map { label in
        Average(
          test: plane.test, label: label,
          prnu: plane.mean(plane.map(FlatQuantities.prnu, label))?.mean,
          adu: plane.mean(plane.map(FlatQuantities.fluence, label))?.mean,
          electrons: plane.mean(plane.electrons(label))?.mean,
          noise: plane.mean(plane.map(FlatQuantities.noise, label)).map { $0.mean / 100 })
      }
    }
  }

  private var statistics: DataTable {
    let rows = Self.averages(planes)
    return DataTable(
      "MF_STATS", description: "Master flats: means over the quadrants of the flight blocks.",
      columns: [
        DataColumn("TEST", .texts(rows.map(\.test))),
        DataColumn("COL", .texts(rows.map(\.label))),
        DataColumn(
          "PRNU", description: "PRNU in per cent.", .doubles(rows.map(\.prnu)), display: .fixed(4)),
        DataColumn("FLUADU", unit: "adu", .doubles(rows.map(\.adu)), display: .fixed(1)),
        DataColumn("FLUELE", unit: "electron", .doubles(rows.map(\.electrons)), display: .fixed(1)),
        DataColumn(
          "EFLAT", description: "Relative error of a pixel of the master flat.",
          .doubles(rows.map(\.noise)), display: .fixed(6)),
      ])
  }
}
