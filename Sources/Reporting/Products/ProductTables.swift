import DataProducts
import Detector
import Warehouse

/// The measurements of a test run as tables of data products.
enum ProductTables {
  /// A table for each quantity with one value an amplifier, then one for all exposures,
  /// house-keeping, checks and flags.
  static func all(_ data: TestRunData) -> [DataTable] {
    var tables = data.measuredQuantities.filter { isSummary($0, data) }
      .map { byAmplifier($0, data) }
    tables += exposures(data).map { [$0] } ?? []
    tables += housekeeping(data).map { [$0] } ?? []
    if !data.checks.isEmpty { tables.append(checks(data)) }
    if !data.flags.isEmpty { tables.append(flags(data)) }
    return tables
  }

  private static func isSummary(_ quantity: String, _ data: TestRunData) -> Bool {
    guard !quantity.hasPrefix("hk.") else { return false }
    return data.measurements(of: quantity).contains {
      $0.place.obsid == nil && $0.place.amplifier != nil
    }
  }

  /// `RON_SINGLE` for `bias.ron.single`: the name without its family, in capitals.
  static func name(_ quantity: String) -> String {
    let parts = quantity.split(separator: ".")
    return (parts.count > 1 ? parts.dropFirst() : parts[...]).joined(separator: "_").uppercased()
  }

  // MARK: - One value an amplifier

  private static func byAmplifier(_ quantity: String, _ data: TestRunData) -> DataTable {
    let mine = data.measurements(of: quantity).filter { $0.place.obsid == nil }
    let places = data.camera.detectors.flatMap { detector in
      data.camera.amplifiers.map { (detector, $0.name) }
    }
    var columns = [
      DataColumn("CCD", description: "Detector", .texts(places.map(\.0))),
      DataColumn("QUADRANT", description: "Amplifier", .texts(places.map(\.1))),
      DataColumn(
        "SERIAL", description: "Serial number of the detector",
        .texts(places.map { data.run.serials[$0.0] })),
    ]
    for item in items(mine) {
      let values = places.map { data.value(quantity, $0.0, $0.1, item: item) }
      var heading = item.map { $0.uppercased() } ?? name(quantity)
      // An item may be called as one of the columns that all tables have, such as "serial".
      if columns.contains(where: { $0.name == heading }) { heading = "\(name(quantity))_\(heading)" }
      columns += self.columns(heading, quantity, item, values, data, withCounts: true)
    }
    return DataTable(
      name(quantity), description: data.quantities[quantity]?.meaning ?? quantity, columns: columns)
  }

  private static func items(_ rows: [StoredMeasurement]) -> [String?] {
    var items: [String?] = []
    for item in rows.map(\.place.item) where !items.contains(item) { items.append(item) }
    return items
  }

  /// Value, uncertainty and number of samples; the latter two only where some row has one.
  private static func columns(
    _ heading: String, _ quantity: String, _ item: String?, _ values: [MeasuredValue?],
    _ data: TestRunData, withCounts: Bool
  ) -> [DataColumn] {
    let stored = data.quantities[quantity]
    let unit = stored.map { Unit(rawValue: $0.unit)?.fits ?? $0.unit } ?? ""
    var numbers: [Double?] = []
    var errors: [Double?] = []
    var counts: [Int64?] = []
    var reasons: [Int: String] = [:]
    for (row, value) in values.enumerated() {
      switch value {
      case .value(let number, let error, let count)?:
        numbers.append(number)
        errors.append(error)
        counts.append(count.map(Int64.init))
      case .missing(let reason)?:
        (numbers, errors, counts) = (numbers + [nil], errors + [nil], counts + [nil])
        reasons[row] = reason
      case nil:
        (numbers, errors, counts) = (numbers + [nil], errors + [nil], counts + [nil])
        reasons[row] = "not measured"
      }
    }
    let digits = stored?.digits ?? 3
    let meaning = (item.map { "\($0): " } ?? "") + (stored?.meaning ?? quantity)
    var columns = [
      DataColumn(
        heading, unit: unit, description: meaning, .doubles(numbers), display: .fixed(digits),
        reasons: reasons)
    ]
    if errors.contains(where: { $0 != nil }) {
      columns.append(
        DataColumn(
          heading + "_ERR", unit: unit, description: "1-sigma uncertainty of \(heading)",
          .doubles(errors), display: .fixed(min(15, digits + 1))))
    }
    if withCounts, counts.contains(where: { $0 != nil }) {
      columns.append(
        DataColumn(
          heading + "_N", description: "Number of samples of \(heading)", .integers(counts)))
    }
    return columns
  }

  // MARK: - Exposures

  private static func exposures(_ data: TestRunData) -> DataTable? {
    let quantities = data.measuredQuantities.filter { quantity in
      !quantity.hasPrefix("hk.")
        && data.measurements(of: quantity).contains {
          $0.place.obsid != nil && $0.place.amplifier != nil
        }
    }
    guard !quantities.isEmpty, !data.exposures.isEmpty else { return nil }
    let places = data.exposures.flatMap { exposure in
      data.camera.amplifiers.map { (exposure: exposure, amplifier: $0.name) }
    }
    var columns = [
      DataColumn(
        "OBSID", description: "Exposure", .integers(places.map { Int64($0.exposure.obsid) })),
      DataColumn("DATE", description: "Begin, UTC", .texts(places.map(\.exposure.time))),
      DataColumn(
        "EXPTIME", unit: "s", description: "Exposure time",
        .doubles(places.map(\.exposure.exposureSeconds)), display: .fixed(3)),
      DataColumn("CCD", description: "Detector", .texts(places.map(\.exposure.detector))),
      DataColumn("QUADRANT", description: "Amplifier", .texts(places.map(\.amplifier))),
    ]
    for quantity in quantities {
      for item in items(data.measurements(of: quantity).filter { $0.place.obsid != nil }) {
        let values = places.map {
          data.value(
            quantity, $0.exposure.detector, $0.amplifier, obsid: $0.exposure.obsid, item: item)
        }
        let heading =
          ([quantity.split(separator: ".").joined(separator: "_")]
          + (item.map { [$0] } ?? [])).joined(separator: "_").uppercased()
        columns += self.columns(heading, quantity, item, values, data, withCounts: false)
      }
    }
    return DataTable(
      "EXPOSURES", description: "All quantities of each exposure, detector and amplifier",
      columns: columns)
  }

  private static func housekeeping(_ data: TestRunData) -> DataTable? {
    let keys = data.measuredQuantities.filter { $0.hasPrefix("hk.") }
    guard !keys.isEmpty else { return nil }
    let obsids = data.obsids
    var columns = [
      DataColumn("OBSID", description: "Exposure", .integers(obsids.map { Int64($0) }))
    ]
    for key in keys {
      columns += self.columns(
        String(key.dropFirst(3)), key, nil, obsids.map { data.value(key, obsid: $0) }, data,
        withCounts: false)
    }
    return DataTable("HK", description: "House-keeping, mean of each exposure", columns: columns)
  }

  // MARK: - Outcomes

  private static func checks(_ data: TestRunData) -> DataTable {
    let checks = data.checks
    return DataTable(
      "CHECKS", description: "Checks; a check passes only if every exposure does",
      columns: [
        DataColumn(
          "PASSED", description: "pass or FAIL", .texts(checks.map { $0.passed ? "pass" : "FAIL" })),
        DataColumn("STEP", description: "Step", .texts(checks.map(\.subtask))),
        DataColumn("CHECK", description: "Check", .texts(checks.map(\.name))),
        DataColumn("CCD", description: "Detector", .texts(checks.map(\.place.detector))),
        DataColumn("QUADRANT", description: "Amplifier", .texts(checks.map(\.place.amplifier))),
        DataColumn("ITEM", description: "Region, key or column", .texts(checks.map(\.place.item))),
        DataColumn(
          "VALUE", description: "Mean over the exposures, in the quantity's unit",
          .doubles(checks.map(\.value))),
        DataColumn("LOWER", description: "Lowest value that passes", .doubles(checks.map(\.lower))),
        DataColumn(
          "UPPER", description: "Highest value that passes", .doubles(checks.map(\.upper))),
        DataColumn("TEXT", description: "Which exposures failed", .texts(checks.map(\.text))),
      ])
  }

  private static func flags(_ data: TestRunData) -> DataTable {
    DataTable(
      "FLAGS", description: "Flags with their causes",
      columns: [
        DataColumn("FLAG", description: "Flag", .texts(data.flags.map(\.flag.name))),
        DataColumn(
          "SEVERITY", description: "Severity", .texts(data.flags.map(\.flag.severity.rawValue))),
        DataColumn("STEP", description: "Step", .texts(data.flags.map(\.subtask))),
        DataColumn("CAUSE", description: "Cause", .texts(data.flags.map(\.flag.cause))),
      ])
  }

  // MARK: - Everything, one value a row

  /// All measurements but those of house-keeping, one value a row: the form for CSV and ECSV.
  static func long(_ data: TestRunData) -> DataTable {
    let rows = data.measurements.filter { !$0.quantity.hasPrefix("hk.") }
    var reasons: [Int: String] = [:]
    for (index, row) in rows.enumerated() {
      if case .missing(let reason) = row.value { reasons[index] = reason }
    }
    return DataTable(
      "RESULTS", description: "All measurements, one value a row",
      columns: [
        DataColumn("QUANTITY", description: "Quantity", .texts(rows.map(\.quantity))),
        DataColumn("CCD", description: "Detector", .texts(rows.map(\.place.detector))),
        DataColumn("QUADRANT", description: "Amplifier", .texts(rows.map(\.place.amplifier))),
        DataColumn(
          "OBSID", description: "Exposure", .integers(rows.map { $0.place.obsid.map(Int64.init) })),
        DataColumn("ITEM", description: "Region, direction, ...", .texts(rows.map(\.place.item))),
        DataColumn(
          "VALUE", description: "Value in the unit of its row", .doubles(rows.map(\.value.number)),
          reasons: reasons),
        DataColumn(
          "ERR", description: "1-sigma uncertainty",
          .doubles(
            rows.map { if case .value(_, let error, _) = $0.value { error } else { nil } })),
        DataColumn(
          "N", description: "Number of samples",
          .integers(
            rows.map {
              if case .value(_, _, let count?) = $0.value { Int64(count) } else { nil }
            })),
        DataColumn(
          "UNIT", description: "Unit of value and uncertainty",
          .texts(rows.map { data.quantities[$0.quantity]?.unit })),
      ])
  }
}
