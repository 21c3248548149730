public import Campaign
import DurableFiles

extension ExposureLog {
  /// The bytes of a log exactly as ELVIS writes it: tabs, one trailing tab, CRLF, a header line.
  ///
  /// Tabs and line ends within a text become blanks, since the format cannot carry them.
  ///
  /// - Parameter rows: values by column name; a missing value is written as an empty field.
  public static func bytes(
    version: ElvisVersion, rows: some Sequence<[String: ScriptValue]>
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    append(version.logColumns.map(\.name), to: &bytes)
    for row in rows { append(line(row, version: version), to: &bytes) }
    return bytes
  }

  /// Writes a log to a file, whole or not at all.
  ///
  /// - Throws: `FileError`.
  public static func write(
    version: ElvisVersion, rows: some Sequence<[String: ScriptValue]>, to path: String
  ) throws {
    try AtomicFile.write(bytes(version: version, rows: rows), to: path)
  }

  /// The name of a log of some day: `EXP_LOG_<ddmmyy>.txt`.
  public static func fileName(of day: ElvisDate) -> String { "EXP_LOG_\(day.dayText).txt" }

  private static func line(_ row: [String: ScriptValue], version: ElvisVersion) -> [String] {
    version.logColumns.map { row[$0.name]?.description ?? "" }
  }

  private static func append(_ fields: [String], to bytes: inout [UInt8]) {
    for field in fields {
      for byte in field.utf8 { bytes.append(byte < 0x20 ? 0x20 : byte) }
      bytes.append(0x09)
    }
    bytes += [0x0D, 0x0A]
  }
}
