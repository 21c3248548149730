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
    case sides([[[Double]]])

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .number(let value): try container.encode(value)
      case .list(let values): try container.encode(values)
      case .matrix(let rows): try container.encode(rows)
      case .sides(let values): try container.encode(values)
      }
    }
  }

  static func square(_ values: [Double]) -> [[Double]]? {
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

  /// Test > position > script column > `fluence<Q>`, `psmooth<Q>`, the shifts `V<Q>`, `H<Q>` and what follows from them for
  /// the four sides of a pixel, `Asol<Q>`, with their uncertainties; column `joint`: of all fluences.
  func parameters() throws -> String {
    typealias Q = BrighterFatterQuantities
    return try text(
      "Guyonnet+15 Parameters",
      [
        "fluence": "ADU", "psmooth": "p0 [pixel/e-], p1 [1/pixel]",
        "V": "pixel/e-, [serial][parallel], boundary between (i, j) and (i, j + 1)",
        "H": "pixel/e-, [serial][parallel], boundary between (i, j) and (i + 1, j)",
        "Asol": "1/ADU, [serial][parallel][side]; sides +y, +x, -y, -x of the pixel, outwards",
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
      for (vertical, horizontal) in [
        (Q.vertical, Q.horizontal), (Q.columnVertical, Q.columnHorizontal),
      ] {
        var shifts: [String: [String: CurveRecord]] = [:]
        for (name, key) in [(vertical, "V"), (horizontal, "H")] {
          for (column, curve) in plane.curves(name, place) {
            let column = column ?? "joint"
            shifts[column, default: [:]][key] = curve
            if let rows = Self.square(curve.y) { result[column, default: [:]][key] = .matrix(rows) }
            if let errors = curve.uncertainty, let rows = Self.square(errors) {
              result[column, default: [:]]["e_" + key] = .matrix(rows)
            }
          }
        }
        guard let gain = plane.gain(place) else { continue }
        for (column, pair) in shifts {
          guard let v = pair["V"], let h = pair["H"] else { continue }
          for (key, sides) in Self.sides(v, h, gain) { result[column, default: [:]][key] = .sides(sides) }
        }
      }
      return result
    }
  }

  /// How far the four sides of a pixel (i, j) are moved outwards by a charge in (0, 0), a^X_ij of Guyonnet et al. 2015 in
  /// 1/adu: V(i, j), H(i, j), -V(i, j - 1), -H(i - 1, j) times the gain; with the gain's error in the uncertainty.
  static func sides(
    _ vertical: CurveRecord, _ horizontal: CurveRecord, _ gain: (value: Double, error: Double)
  ) -> [String: [[[Double]]]] {
    guard let v = square(vertical.y), let h = square(horizontal.y), v.count == h.count else {
      return [:]
    }
    func sides(_ v: [[Double]], _ h: [[Double]]) -> [[[Double]]] {
      v.indices.map { i in
        v.indices.map { j in
          // V(i, -1) = -V(i, 0), H(-1, j) = -H(0, j).
          [v[i][j], h[i][j], j > 0 ? -v[i][j - 1] : v[i][0], i > 0 ? -h[i - 1][j] : h[0][j]]
        }
      }
    }
    let values = sides(v, h)
    func scaled(_ value: Double) -> Double { value * gain.value }
    var result = ["Asol": values.map { $0.map { $0.map(scaled) } }]
    if let ofV = vertical.uncertainty.flatMap(square),
      let ofH = horizontal.uncertainty.flatMap(square), ofV.count == v.count, ofH.count == v.count
    {
      result["e_Asol"] = zip(values, sides(ofV, ofH)).map { rows in
        zip(rows.0, rows.1).map { cell in
          zip(cell.0, cell.1).map { value, error in
            let (own, ofGain) = (error * gain.value, value * gain.error)
            return (own * own + ofGain * ofGain).squareRoot()
          }
        }
      }
    }
    return result
  }
}
