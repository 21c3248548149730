import DurableFiles
import FITSFiles
public import Warehouse

/// Writes measurements in the long form: a row a measurement, with all that describes it.
///
/// Rows are streamed; memory grows with the longest series (one quantity in one run), not with
/// their
/// number. The same results give the same bytes.
public enum ResultExport {
  private static let piece = 64 << 10

  /// Writes a text format piece by piece.
  ///
  /// - Parameters:
  ///   - gains: with which values in ADU are written in electrons; nil for as they are.
  ///   - hasHeader: whether CSV and JSON lines begin with their provenance; ECSV always does.
  ///   - check: called for each row; may throw to end the export.
  ///   - write: takes the next bytes.
  /// - Returns: the number of rows.
  public static func stream(
    _ format: ExchangeFormat, _ header: ExportHeader, from warehouse: Warehouse,
    matching filter: ResultFilter, inElectrons gains: GainTable? = nil, hasHeader: Bool = true,
    check: () throws -> Void = {}, write: ([UInt8]) throws -> Void
  ) throws -> Int {
    guard format != .fits else {
      throw ExchangeError(.option, "FITS is not written to a stream", remedy: "name a file")
    }
    let text = ExportText(format: format, hasHeader: hasHeader)
    return try warehouse.withResults(matching: filter, inElectrons: gains) { snapshot in
      var buffer = Array(text.head(header, snapshot).utf8)
      var rows = 0
      try snapshot.forEachRow { run, row in
        try check()
        text.append(run, row, to: &buffer)
        rows += 1
        if buffer.count >= piece {
          try write(buffer)
          buffer.removeAll(keepingCapacity: true)
        }
      }
      try write(buffer)
      return rows
    }
  }

  /// Writes a file, which appears when it is whole.
  ///
  /// - Returns: the number of rows.
  /// - Throws: `ExchangeError.Kind.textTooLong` for FITS, `WarehouseError`, `FileError`,
  /// `FITSError`.
  public static func write(
    _ format: ExchangeFormat, _ header: ExportHeader, from warehouse: Warehouse,
    matching filter: ResultFilter, inElectrons gains: GainTable? = nil, to path: String,
    hasHeader: Bool = true, check: () throws -> Void = {}
  ) throws -> Int {
    if format == .fits {
      return try warehouse.withResults(matching: filter, inElectrons: gains) { snapshot in
        try ExportFITS.write(header, snapshot, to: path, check: check)
      }
    }
    var rows = 0
    try AtomicFile.write(piecesTo: path) { append in
      rows = try stream(
        format, header, from: warehouse, matching: filter, inElectrons: gains,
        hasHeader: hasHeader, check: check, write: { try append($0) })
    }
    return rows
  }
}
