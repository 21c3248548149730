import DataProducts
import DurableFiles
import Warehouse

/// The data products of one test run: XLSX, FITS, JSON with tables, CSV and ECSV with all values.
enum BlockProducts {
  /// The run as a product, ready for every writer.
  ///
  /// - Parameter tables: more tables, of the family.
  static func product(_ data: TestRunData, tables: [DataTable] = []) -> DataProduct {
    DataProduct(
      title: "Results of \(data.run.test), block \(data.run.block), session \(data.run.session)",
      header: ProductHeader.header(data), meta: ProductHeader.meta(data),
      tables: ProductTables.all(data) + tables, provenance: ProductHeader.sources(data))
  }

  /// Writes all products beside the report; several at a time.
  ///
  /// - Parameters:
  ///   - root: of the files' names, such as `RON`.
  ///   - tables: those of the family.
  ///   - created: the date within the workbook, in seconds since 1970.
  ///   - pictures: PNG files for the workbook.
  /// - Returns: the paths; none where nothing was measured.
  static func write(
    _ data: TestRunData, root: String, tables: [DataTable] = [], folder: String, created: Int64, pictures: [String],
    workers: Int
  ) async throws -> [String] {
    guard !data.measurements.isEmpty else { return [] }
    let product = product(data, tables: tables)
    let long = ProductTables.long(data)
    let stem = "\(folder)/\(SafeName.component("\(root)_\(data.run.test)"))"
    return try await inParallel(["xlsx", "fits", "json", "csv", "ecsv"], workers: workers) { kind in
      let path = "\(stem).\(kind)"
      switch kind {
      case "xlsx":
        try XLSXWriter.write(product, to: path, created: created, pictures: pictures)
      case "fits": try FITSTableWriter.write(product, to: path)
      case "json": try JSONWriter.write(product, to: path)
      case "csv": try CSVWriter.write(long, of: product, to: path)
      default: try ECSVWriter.write(long, of: product, to: path)
      }
      return path
    }
  }
}
