import DataProducts
import Detector
import Warehouse

/// The matrices and kernels of a brighter-fatter test as tables: one lag a row.
enum BrighterFatterTables {
  static func all(_ data: TestRunData) -> [DataTable] {
    [
      table(
        "A_MATRIX", "Coefficients a_ij and noise n_ij of the joint fit; i serial, j parallel lag",
        [
          ("A", "bf.a.matrix", "electron**-1", "Relative change of a pixel's area for each electron"),
          ("NOISE", "bf.noise.matrix", "electron**2", "Covariance at no signal"),
        ], data),
      table(
        "SHIFTS",
        "Shifts of boundaries for each electron in pixel (0, 0): V of the boundary between (i, j) and (i, j + 1), H of that between (i, j) and (i + 1, j)",
        [
          ("V", "bf.shifts.parallel", "pixel/electron", "Shift along columns"),
          ("H", "bf.shifts.serial", "pixel/electron", "Shift along rows"),
        ], data),
      table(
        "KERNEL",
        "Scalar kernel K with a = Laplacian of K and a sum of zero: correction = 1/2 div(F grad(K * F)), F in electrons",
        [("K", "bf.kernel", "electron**-1", "Kernel")], data),
      table(
        "COLUMNS", "Coefficients and correlations of each fluence alone",
        [
          ("CORR", "bf.column.correlations", "", "C_ij / C_00"),
          ("A", "bf.column.a", "electron**-1", "(C_ij - n_ij) / mean^2"),
        ], data),
    ].filter { !$0.columns.isEmpty }
  }

  private struct Row {
    var curve: CurveRecord
    var lag: Int
    var side: Int
  }

  /// - Parameter columns: names of columns with their curves; a curve that is not there leaves its column empty.
  private static func table(
    _ name: String, _ description: String,
    _ columns: [(name: String, curve: String, unit: String, meaning: String)], _ data: TestRunData
  ) -> DataTable {
    guard let first = columns.first, let curves = data.curves[first.curve] else {
      return DataTable(name, description: description, columns: [])
    }
    let ordered = data.camera.detectors.flatMap { detector in
      data.camera.amplifiers.flatMap { amplifier in
        curves.filter {
          $0.place.detector == detector && $0.place.amplifier == amplifier.name
        }.sorted { ($0.place.obsid ?? 0) < ($1.place.obsid ?? 0) }
      }
    }
    let rows = ordered.flatMap { curve -> [Row] in
      guard let side = (1...18).first(where: { $0 * $0 == curve.y.count }) else { return [] }
      return (0..<curve.y.count).map { Row(curve: curve, lag: $0, side: side) }
    }
    guard !rows.isEmpty else { return DataTable(name, description: description, columns: []) }
    var result = [
      DataColumn("CCD", description: "Detector", .texts(rows.map(\.curve.place.detector))),
      DataColumn("QUADRANT", description: "Amplifier", .texts(rows.map(\.curve.place.amplifier))),
    ]
    if rows.contains(where: { $0.curve.place.obsid != nil }) {
      let labels = Dictionary(
        data.exposures.map { ($0.obsid, $0.commanded["label"] ?? "") },
        uniquingKeysWith: { first, _ in first })
      result += [
        DataColumn(
          "COLUMN", description: "Script column",
          .texts(rows.map { $0.curve.place.obsid.flatMap { labels[$0] } })),
        DataColumn(
          "MEAN", unit: "adu", description: "Mean signal",
          .doubles(
            rows.map { row in
              row.curve.place.obsid.flatMap { labels[$0] }.flatMap {
                data.value(
                  "bf.column.mean", row.curve.place.detector, row.curve.place.amplifier, item: $0)?
                  .number
              }
            })),
      ]
    }
    result += [
      DataColumn("I", description: "Serial lag", .integers(rows.map { Int64($0.lag / $0.side) })),
      DataColumn("J", description: "Parallel lag", .integers(rows.map { Int64($0.lag % $0.side) })),
    ]
    for column in columns {
      let found = Dictionary(
        (data.curves[column.curve] ?? []).map { ($0.place, $0) },
        uniquingKeysWith: { first, _ in first })
      let mine = rows.map { row -> (CurveRecord, Int)? in
        found[row.curve.place].flatMap {
          $0.y.indices.contains(row.lag) ? ($0, row.lag) : nil
        }
      }
      result.append(
        DataColumn(
          column.name, unit: column.unit, description: column.meaning,
          .doubles(mine.map { $0.map { $0.0.y[$0.1] } })))
      let errors = mine.map { entry -> Double? in
        guard let (curve, lag) = entry, let errors = curve.uncertainty, errors.indices.contains(lag)
        else { return nil }
        return errors[lag]
      }
      if errors.contains(where: { $0 != nil }) {
        result.append(
          DataColumn(
            column.name + "_ERR", unit: column.unit,
            description: "1-sigma uncertainty of \(column.name)", .doubles(errors)))
      }
    }
    return DataTable(name, description: description, columns: result)
  }
}
