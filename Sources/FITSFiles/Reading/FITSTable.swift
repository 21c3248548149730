/// A binary table in memory.
public struct FITSTable: Sendable {
  /// EXTNAME.
  public let name: String
  /// The header.
  public let cards: [FITSCard]
  /// The number of rows.
  public let rows: Int
  /// The columns that could be read, in their order.
  public let columns: [FITSColumn]
  /// The names of columns of types that are not read: bits, complex numbers, variable lengths.
  public let unreadColumns: [String]
  let file: String
  let hdu: Int

  /// A column; names are compared without regard to case.
  public func column(_ name: String) -> FITSColumn? {
    columns.first { $0.name.uppercased() == name.uppercased() }
  }

  /// A column of integers; nil is a missing value.
  public func integers(_ name: String) throws(FITSError) -> [Int64?] {
    if case .integers(let values) = column(name)?.values { return values }
    throw missing(name, "integers")
  }

  /// A column of numbers of any scalar type; a missing value is NaN.
  public func doubles(_ name: String) throws(FITSError) -> [Double] {
    switch column(name)?.values {
    case .doubles(let values): return values
    case .floats(let values): return values.map { Double($0) }
    case .integers(let values): return values.map { $0.map { Double($0) } ?? .nan }
    default: throw missing(name, "numbers")
    }
  }

  /// A column of strings, without trailing blanks.
  public func texts(_ name: String) throws(FITSError) -> [String] {
    if case .texts(let values) = column(name)?.values { return values }
    throw missing(name, "strings")
  }

  /// A column of truth values; nil is a missing value.
  public func logicals(_ name: String) throws(FITSError) -> [Bool?] {
    if case .logicals(let values) = column(name)?.values { return values }
    throw missing(name, "truth values")
  }

  /// A column of vectors, each as long as the others.
  public func vectors(_ name: String) throws(FITSError) -> (values: [Double], width: Int) {
    if case .vectors(let values, let width) = column(name)?.values { return (values, width) }
    throw missing(name, "vectors")
  }

  private func missing(_ name: String, _ type: String) -> FITSError {
    let list = columns.map(\.name).joined(separator: ", ")
    return FITSError(
      .noSuchColumn, "there is no column \(name) of \(type) among \(list)", file: file, hdu: hdu)
  }
}
