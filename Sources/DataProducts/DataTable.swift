/// A table: columns of equal length with names, units and descriptions.
public struct DataTable: Sendable, Hashable {
  /// The name: sheet, FITS extension, JSON key.
  public var name: String
  /// What the table holds.
  public var description: String
  /// The columns; their names differ even when case is ignored.
  public var columns: [DataColumn]

  /// Makes a table.
  public init(_ name: String, description: String = "", columns: [DataColumn]) {
    self.name = name
    self.description = description
    self.columns = columns
  }

  /// The number of rows: that of the longest column.
  public var rowCount: Int { columns.map(\.count).max() ?? 0 }

  /// Refuses columns of different lengths and doubled names.
  func validate() throws(DataProductError) {
    var names: Set<String> = []
    for column in columns {
      guard column.count == rowCount else {
        throw DataProductError(
          .raggedTable, "column \"\(column.name)\" has \(column.count) rows instead of \(rowCount)",
          place: "table \"\(name)\"")
      }
      guard names.insert(column.name.lowercased()).inserted else {
        throw DataProductError(
          .doubledColumn, "there are two columns \"\(column.name)\"", place: "table \"\(name)\"")
      }
    }
  }

  /// The columns, each that has reasons followed by a column of texts that holds them.
  var columnsWithReasons: [DataColumn] {
    var names = Set(columns.map { $0.name.lowercased() })
    return columns.flatMap { column in
      guard !column.reasons.isEmpty else { return [column] }
      var name = column.name + "_reason"
      while !names.insert(name.lowercased()).inserted { name += "_" }
      return [
        column,
        DataColumn(
          name, description: "Why \(column.name) has no value.",
          .texts((0..<column.count).map { column.reasons[$0] })),
      ]
    }
  }
}

/// A column of a table.
public struct DataColumn: Sendable, Hashable {
  /// The values, one for each row; nil where there is none.
  public enum Values: Sendable, Hashable {
    /// Values that are not finite are written as missing.
    case doubles([Double?])
    case integers([Int64?])
    case texts([String?])
  }

  /// How numbers are shown; files hold all digits.
  public enum Display: Sendable, Hashable {
    case general
    /// Digits after the decimal point, 0...15.
    case fixed(Int)
    /// Powers of ten with digits after the decimal point, 0...15.
    case scientific(Int)
  }

  /// The name.
  public var name: String
  /// The unit in the FITS standard's spelling; "" for none.
  public var unit: String
  /// What the column means.
  public var description: String
  /// The values.
  public var values: Values
  /// How numbers are shown.
  public var display: Display
  /// Why a row has no value; such reasons become a column of their own.
  public var reasons: [Int: String]

  /// Makes a column.
  public init(
    _ name: String, unit: String = "", description: String = "", _ values: Values,
    display: Display = .general, reasons: [Int: String] = [:]
  ) {
    self.name = name
    self.unit = unit
    self.description = description
    self.values = values
    self.display = display
    self.reasons = reasons
  }

  /// The number of rows.
  public var count: Int {
    switch values {
    case .doubles(let values): values.count
    case .integers(let values): values.count
    case .texts(let values): values.count
    }
  }

  /// The value of a row.
  func value(_ row: Int) -> DataProduct.Value {
    switch values {
    case .doubles(let values):
      if let value = values[row], value.isFinite { .number(value) } else { .missing }
    case .integers(let values): values[row].map { .integer($0) } ?? .missing
    case .texts(let values): values[row].map { .text($0) } ?? .missing
    }
  }
}
