#if canImport(Glibc)
  import Glibc
#endif

/// The first 100 bytes of a SQLite file (https://sqlite.org/fileformat2.html, section 1.3).
enum DatabaseHeader {
  /// Refuses what is not a warehouse, by reading only.
  ///
  /// - Returns: the schema's version.
  @discardableResult
  static func check(_ path: String, folder: String) throws -> Int {
    guard let size = FileSystem.size(of: path) else {
      throw WarehouseError(.missing, "there is no warehouse", place: folder)
    }
    let bytes = try FileSystem.prefix(of: path, count: 100)
    guard bytes.count == 100, Array(bytes[0..<16]) == Array("SQLite format 3\0".utf8) else {
      throw WarehouseError(.foreign, "the file is no SQLite database", place: path)
    }
    func number(at offset: Int) -> UInt32 {
      bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | UInt32($1) }
    }
    guard Int32(bitPattern: number(at: 68)) == Warehouse.applicationID else {
      throw WarehouseError(.foreign, "the database is of another program", place: path)
    }
    let version = Int(Int32(bitPattern: number(at: 60)))
    try check(version: version, place: path)
    let pageField = Int(bytes[16]) << 8 | Int(bytes[17])
    let pageSize = pageField == 1 ? 65536 : pageField
    let expected = Int(number(at: 28)) * pageSize
    // While a log is pending, SQLite may still have to lengthen the file from it.
    let logSize = FileSystem.size(of: path + "-wal") ?? 0
    if logSize == 0, size < expected || size % max(pageSize, 1) != 0 {
      throw WarehouseError(
        .damaged, "the database has \(size) bytes instead of \(expected)", place: path)
    }
    return version
  }

  /// Refuses a schema of a later program.
  static func check(version: Int, place: String) throws {
    if version > Warehouse.schemaVersion {
      throw WarehouseError(
        .newer, "schema version \(version) is newer than \(Warehouse.schemaVersion)", place: place)
    }
    if version < 1 {
      throw WarehouseError(.foreign, "the database has no schema version", place: place)
    }
  }
}
