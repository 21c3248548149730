import DataProducts
import Warehouse

/// The curves of the non-linearity tests as tables of the products.
enum LinearityTables {
  static func tables(_ data: TestRunData) -> [DataTable] {
    [points(data), fits(data), covariances(data)].compactMap(\.self)
  }

  private static func curves(_ name: String, _ data: TestRunData) -> [CurveRecord] {
    (data.curves[name] ?? []).filter { $0.place.obsid == nil }
  }

  private static func place(_ curve: CurveRecord) -> String {
    "\(curve.place.detector ?? "")/\(curve.place.amplifier ?? "")"
  }

  /// One exposure of one amplifier a row.
  private static func points(_ data: TestRunData) -> DataTable? {
    let all = curves("nl.curve", data)
    guard !all.isEmpty else { return nil }
    func column(_ name: String) -> [Double?] {
      let others = Dictionary(
        curves(name, data).map { (place($0), $0) }, uniquingKeysWith: { first, _ in first })
      return all.flatMap { curve -> [Double?] in
        let y = others[place(curve)]?.y ?? []
        return curve.x.indices.map { $0 < y.count ? y[$0] : nil }
      }
    }
    func texts(_ value: (CurveRecord) -> String?) -> [String?] {
      all.flatMap { curve in curve.x.map { _ in value(curve) } }
    }
    return DataTable(
      "NL_POINTS", description: "Deviation of each exposure from proportionality to the light",
      columns: [
        DataColumn("CCD", description: "Detector", .texts(texts { $0.place.detector })),
        DataColumn("QUADRANT", description: "Amplifier", .texts(texts { $0.place.amplifier })),
        DataColumn(
          "FLUENCE", unit: "adu", description: "Mean signal", .doubles(all.flatMap(\.x)),
          display: .fixed(2)),
        DataColumn(
          "NLPC", description: "Deviation in percent", .doubles(all.flatMap(\.y)),
          display: .fixed(4)),
        DataColumn(
          "NLPC_ERR", description: "1-sigma uncertainty of NLPC in percent",
          .doubles(
            all.flatMap { curve -> [Double?] in
              let errors = curve.uncertainty ?? []
              return curve.x.indices.map { $0 < errors.count ? errors[$0] : nil }
            }), display: .fixed(4)),
        DataColumn(
          "RESIDUAL", description: "Residual from the fit in percent",
          .doubles(column("nl.curve.residual")), display: .fixed(4)),
        DataColumn(
          "WAVELENGTH", unit: "nm", description: "Filter; 0: neutral density",
          .doubles(column("nl.curve.filter")), display: .fixed(0)),
        DataColumn(
          "FITTED", description: "1 where the exposure was fitted",
          .integers(column("nl.curve.used").map { $0.map { $0 == 1 ? 1 : 0 } })),
      ])
  }

  /// The fitted curves, one signal of one amplifier a row.
  private static func fits(_ data: TestRunData) -> DataTable? {
    let all = curves("nl.fit", data)
    guard !all.isEmpty else { return nil }
    func texts(_ value: (CurveRecord) -> String?) -> [String?] {
      all.flatMap { curve in curve.x.map { _ in value(curve) } }
    }
    return DataTable(
      "NL_FULL_FIT",
      description: "Fitted deviation; linearised signal = FLUENCE / (1 + NLPC / 100)",
      columns: [
        DataColumn("CCD", description: "Detector", .texts(texts { $0.place.detector })),
        DataColumn("QUADRANT", description: "Amplifier", .texts(texts { $0.place.amplifier })),
        DataColumn(
          "FLUENCE", unit: "adu", description: "Signal", .doubles(all.flatMap(\.x)),
          display: .fixed(1)),
        DataColumn(
          "NLPC", description: "Deviation in percent", .doubles(all.flatMap(\.y)),
          display: .fixed(4)),
        DataColumn(
          "NLPC_ERR", description: "1-sigma uncertainty of NLPC in percent",
          .doubles(
            all.flatMap { curve -> [Double?] in
              let errors = curve.uncertainty ?? []
              return curve.x.indices.map { $0 < errors.count ? errors[$0] : nil }
            }), display: .fixed(4)),
      ])
  }

  /// The covariances of the coefficients, one pair of them a row.
  private static func covariances(_ data: TestRunData) -> DataTable? {
    let all = curves("nl.fit.covariance", data)
    guard !all.isEmpty else { return nil }
    var rows: [(curve: CurveRecord, row: Int, column: Int, value: Double)] = []
    for curve in all {
      let side = (1...20).first { $0 * $0 >= curve.y.count } ?? 1
      for (index, value) in curve.y.enumerated() {
        rows.append((curve, index / side + 1, index % side + 1, value))
      }
    }
    return DataTable(
      "NL_COVARIANCE", description: "Covariances of the coefficients c1, c2, ..., A, counted from 1",
      columns: [
        DataColumn("CCD", description: "Detector", .texts(rows.map(\.curve.place.detector))),
        DataColumn("QUADRANT", description: "Amplifier", .texts(rows.map(\.curve.place.amplifier))),
        DataColumn("I", description: "First coefficient", .integers(rows.map { Int64($0.row) })),
        DataColumn("J", description: "Second coefficient", .integers(rows.map { Int64($0.column) })),
        DataColumn("COVARIANCE", description: "Covariance", .doubles(rows.map(\.value))),
      ])
  }
}
