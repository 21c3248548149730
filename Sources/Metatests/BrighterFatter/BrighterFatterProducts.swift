import BlockTests
import DataProducts
import Detector
import Diagnostics
import Foundation
import Warehouse

/// MetaBF as data products: values of each quadrant, matrices, the widths of each fluence.
struct BrighterFatterProducts: Sendable {
  let input: MetatestInput
  let planes: [BrighterFatterPlane]
  let date: String

  private func product(_ title: String, _ tables: [DataTable]) throws -> DataProduct {
    try MetatestFrame(name: "MetaBF", title: title, input: input, planes: planes).product(
      tables, rule: input.selector.rule, date: date)
  }

  /// One table of quadrants a test, and the choice of runs.
  func summary() throws -> DataProduct {
    try product(
      "MetaBF: brighter-fatter of the focal plane",
      planes.map(quadrants) + [
        MetatestTables(results: [], selections: planes.flatMap(\.selections)).choice
      ])
  }

  private func quadrants(_ plane: BrighterFatterPlane) -> DataTable {
    let places = plane.rows
    var columns = plane.identity(places, gainRuns: plane.gainRuns)
    columns += plane.columns(MetaBF.maps, places)
    return DataTable(
      plane.test, description: "Best estimates of each quadrant, \(plane.test).", columns: columns)
  }

  /// The widths of each fluence: one table a test and block, `<t>_<block>`.
  func shapes() throws -> DataProduct {
    typealias Q = BrighterFatterQuantities
    var tables: [DataTable] = []
    for plane in planes {
      for block in plane.runs.map(\.block) {
        let rows = plane.places(of: block).flatMap { place in
          plane.points(Q.columnMean, place).map { (place, $0) }
        }
        guard !rows.isEmpty else { continue }
        func values(_ quantity: Quantity) -> [(Double, Double?)?] {
          rows.map { place, point in
            guard
              case .value(let value, let error, _)? = plane.reader.values(
                of: quantity, item: point.column)[place]
            else { return nil }
            return (value, error)
          }
        }
        var columns = [
          DataColumn("col", description: "Script column.", .texts(rows.map(\.1.column))),
          DataColumn("CCD", .texts(rows.map(\.0.detector))),
          DataColumn("Q", .texts(rows.map(\.0.amplifier))),
          DataColumn(
            "CCDID", description: "Position on the focal plane.",
            .texts(rows.map { plane.layout.slot(of: $0.0)?.name })),
          DataColumn("fluence", unit: "adu", .doubles(rows.map(\.1.value)), display: .fixed(1)),
        ]
        for (name, quantity, unit) in [
          ("FWHMx", Q.columnWidthX, "um"), ("FWHMy", Q.columnWidthY, "um"),
          ("e", Q.columnEllipticity, ""),
        ] {
          let found = values(quantity)
          columns.append(
            DataColumn(
              name, unit: unit, description: quantity.meaning, .doubles(found.map { $0?.0 })))
          columns.append(
            DataColumn(
              name + "_ERR", unit: unit, description: "1-sigma uncertainty of \(name).",
              .doubles(found.map { $0?.1 })))
        }
        tables.append(
          DataTable(
            "\(plane.test)_\(block)",
            description: "Widths of what one bright pixel becomes, \(plane.test) of \(block).",
            columns: columns))
      }
    }
    return try product("Guyonnet+15 equivalent Gaussian PSFs", tables)
  }

  // MARK: - Matrices

  private struct MatrixFile: Encodable {
    let title, date, program: String
    let units: [String: String]
    let data: [String: [String: Block]]
  }

  /// One detector of a test.
  private struct Block: Encodable {
    let block, CCD: String
    let run: Int64
    /// Script column > name{Q} > value.
    let columns: [String: [String: Value]]
  }

  private enum Value: Encodable {
    case number(Double)
    case list([Double])
    case matrix([[Double]])

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .number(let value): try container.encode(value)
      case .list(let values): try container.encode(values)
      case .matrix(let rows): try container.encode(rows)
      }
    }
  }

  private static func square(_ values: [Double]) -> [[Double]]? {
    guard let side = (1...18).first(where: { $0 * $0 == values.count }) else { return nil }
    return (0..<side).map { Array(values[$0 * side..<($0 + 1) * side]) }
  }

  private func text(
    _ title: String, _ units: [String: String],
    _ values: (BrighterFatterPlane, ChannelPlace) -> [String: [String: Value]]
  ) throws -> String {
    var data: [String: [String: Block]] = [:]
    for plane in planes {
      for run in plane.runs {
        for detector in plane.layout.camera.detectors {
          var columns: [String: [String: Value]] = [:]
          var name = "\(run.block)_\(detector)"
          for place in plane.places(of: run.block) where place.detector == detector {
            if let slot = plane.layout.slot(of: place) { name = slot.name }
            for (column, entries) in values(plane, place) {
              for (key, value) in entries {
                columns[column, default: [:]][key + place.amplifier] = value
              }
            }
          }
          data[plane.test, default: [:]][name] = Block(
            block: run.block, CCD: detector, run: run.key.id, columns: columns)
        }
      }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let file = MatrixFile(
      title: title, date: date, program: "vison \(ProgramVersion.current)", units: units,
      data: data)
    return String(decoding: try encoder.encode(file), as: UTF8.self) + "\n"
  }

  /// Test > position > script column > `Npairs<Q>`, `mu<Q>`, `var<Q>`, `corrmap<Q>`, `a<Q>` with uncertainties.
  func covariances() throws -> String {
    typealias Q = BrighterFatterQuantities
    return try text(
      "Covariance Matrices",
      [
        "Npairs": "pairs of flats", "mu": "ADU", "var": "ADU^2", "corrmap": "C_ij / C_00, [serial][parallel]",
        "a": "1/e-, [serial][parallel]; column joint: all fluences",
      ]
    ) { plane, place in
      var result: [String: [String: Value]] = [:]
      for point in plane.points(Q.columnMean, place) {
        result[point.column, default: [:]]["mu"] = .number(point.value)
        if let pairs = point.count {
          result[point.column, default: [:]]["Npairs"] = .number(Double(pairs))
        }
      }
      for point in plane.points(Q.columnVariance, place) {
        result[point.column, default: [:]]["var"] = .number(point.value)
      }
      for (name, key) in [
        (Q.columnCorrelations, "corrmap"), (Q.columnA, "a"), (Q.matrixA, "a"),
      ] {
        for (column, curve) in plane.curves(name, place) {
          let column = column ?? "joint"
          if let rows = Self.square(curve.y) { result[column, default: [:]][key] = .matrix(rows) }
          if let errors = curve.uncertainty, let rows = Self.square(errors) {
            result[column, default: [:]]["e_" + key] = .matrix(rows)
          }
        }
      }
      return result
    }
  }

  /// Test > position > script column > `fluence<Q>`, `psmooth<Q>` with `e_psmooth<Q>` and, of all fluences, the shifts.
  func parameters() throws -> String {
    typealias Q = BrighterFatterQuantities
    return try text(
      "Guyonnet+15 Parameters",
      [
        "fluence": "ADU", "psmooth": "p0 [pixel/e-], p1 [1/pixel]",
        "V": "pixel/e-, [serial][parallel], boundary between (i, j) and (i, j + 1)",
        "H": "pixel/e-, [serial][parallel], boundary between (i, j) and (i + 1, j)",
      ]
    ) { plane, place in
      var result: [String: [String: Value]] = [:]
      for point in plane.points(Q.columnMean, place) {
        result[point.column, default: [:]]["fluence"] = .number(point.value)
      }
      for (column, curve) in plane.curves(Q.columnSmoothing, place) {
        result[column ?? "joint", default: [:]]["psmooth"] = .list(curve.y)
        if let errors = curve.uncertainty {
          result[column ?? "joint", default: [:]]["e_psmooth"] = .list(errors)
        }
      }
      for (name, key) in [(Q.vertical, "V"), (Q.horizontal, "H")] {
        for (_, curve) in plane.curves(name, place) {
          if let rows = Self.square(curve.y) { result["joint", default: [:]][key] = .matrix(rows) }
          if let errors = curve.uncertainty, let rows = Self.square(errors) {
            result["joint", default: [:]]["e_" + key] = .matrix(rows)
          }
        }
      }
      return result
    }
  }
}
