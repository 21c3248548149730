/// A column of a table that is written row by row.
public struct FITSRowColumn: Sendable, Hashable {
  /// What the column holds.
  public enum Form: Sendable, Hashable {
    /// TFORM K; a missing value is TNULL, -2^63.
    case integer
    /// TFORM D; a missing value is NaN.
    case double
    /// TFORM nA, n bytes of printable ASCII; a missing value is blank.
    case text(width: Int)
  }

  /// TTYPE.
  public let name: String
  /// TUNIT; "" for none.
  public let unit: String
  /// The comment of the TTYPE card.
  public let comment: String
  /// What it holds.
  public let form: Form

  /// Describes a column.
  public init(_ name: String, _ form: Form, unit: String = "", comment: String = "") {
    self.name = name
    self.unit = unit
    self.comment = comment
    self.form = form
  }

  fileprivate var bytes: Int {
    switch form {
    case .integer, .double: 8
    case .text(let width): max(1, width)
    }
  }

  fileprivate var tform: String {
    switch form {
    case .integer: "1K"
    case .double: "1D"
    case .text: "\(bytes)A"
    }
  }
}

/// A value of a row; nil where it is missing.
public enum FITSCell: Sendable, Hashable {
  case integer(Int64?)
  case double(Double?)
  case text(String?)
}

extension FITSStreamWriter {
  /// Appends a binary table whose rows come one by one, so that memory does not grow with them.
  ///
  /// - Parameters:
  ///   - rows: the number of rows, which `body` must then give.
  ///   - body: gets the function that takes the next row, a cell for each column.
  /// - Throws: `badContent` for another number of rows, cells that do not fit their columns, texts
  ///   that are no printable ASCII or too long, and rows of more than 128 KiB; what `body` throws.
  public func appendTable(
    name: String, cards: [FITSCard] = [], columns: [FITSRowColumn], rows: Int,
    _ body: (_ append: ([FITSCell]) throws -> Void) throws -> Void
  ) throws {
    if count == 0 { try append(.empty(cards: [])) }
    let (file, hdu) = (path, count)
    func bad(_ detail: String) -> FITSError {
      FITSError(.badContent, detail, file: file, hdu: hdu)
    }
    let width = columns.reduce(0) { $0 + min($1.bytes, DataSink.capacity) }
    guard width <= DataSink.capacity / 2 else { throw bad("rows of \(width) bytes are too long") }
    var header = try begin(
      bitpix: 8, axes: [width, rows], type: "BINTABLE", fields: columns.count)
    try identify(name, 1, in: &header)
    for (index, column) in columns.enumerated() {
      let number = index + 1
      try header.append("TTYPE\(number)", .text(column.name), column.comment)
      try header.append("TFORM\(number)", .text(column.tform), "data format of the column")
      if !column.unit.isEmpty {
        try header.append("TUNIT\(number)", .text(column.unit), "unit of the column")
      }
      if column.form == .integer {
        try header.append("TNULL\(number)", .integer(Int.min), "stands for a missing value")
      }
    }
    try header.append(user: cards)
    var failure: (any Error)?
    do {
      try finish(header) { sink throws(FITSError) in
        var written = 0
        do {
          try body { cells in
            guard cells.count == columns.count, written < rows else {
              throw bad("another number of rows or cells than announced")
            }
            try sink.append(width) { bytes throws(FITSError) in
              var target = bytes
              for (cell, column) in zip(cells, columns) {
                guard Self.store(cell, column, to: target) else {
                  throw bad("a value does not fit the column \(column.name)")
                }
                target += column.bytes
              }
            }
            written += 1
          }
        } catch let error as FITSError {
          throw error
        } catch {
          failure = error
          throw bad("not written to its end")
        }
        guard written == rows else { throw bad("\(written) rows instead of \(rows)") }
      }
    } catch {
      throw failure ?? error
    }
  }

  private static func store(
    _ cell: FITSCell, _ column: FITSRowColumn, to target: UnsafeMutableRawPointer
  ) -> Bool {
    switch (cell, column.form) {
    case (.integer(let value), .integer):
      target.storeBytes(of: (value ?? Int64.min).bigEndian, as: Int64.self)
    case (.double(let value), .double):
      target.storeBytes(of: (value ?? .nan).bitPattern.bigEndian, as: UInt64.self)
    case (.text(let value), .text):
      let text = (value ?? "").utf8
      guard text.count <= column.bytes, text.allSatisfy({ (0x20...0x7E).contains($0) }) else {
        return false
      }
      var offset = 0
      for byte in text {
        target.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
        offset += 1
      }
      while offset < column.bytes {
        target.storeBytes(of: 0x20, toByteOffset: offset, as: UInt8.self)
        offset += 1
      }
    default: return false
    }
    return true
  }
}
