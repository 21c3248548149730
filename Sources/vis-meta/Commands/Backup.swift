import ArgumentParser
import CommandLineStyle
import Warehouse

/// A copy of a warehouse.
struct Backup: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copies the warehouse, as it is at one instant, to a new folder.",
    discussion: """
      Others may write meanwhile. Each product is compared with its SHA-256 and the copied database \
      is checked, all in FOLDER.partial, which gets its name at the end: FOLDER is a whole backup. \
      What a killed backup left is removed by the next one to the same folder. Reports are not \
      copied: `vis-meta report --all` makes them again. The copy is a warehouse like any other.

      EXAMPLES:
        vis-meta backup /backup/flight-2019-03-23
        vis-meta verify --warehouse /backup/flight-2019-03-23
      """)

  @Argument(help: "Where nothing is, or an empty folder.")
  var folder: String
  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var output: JSONOption

  private struct Answer: Encodable {
    let folder: String
    let products, productBytes, databaseBytes: Int
  }

  func run() throws {
    let progress = ProgressLine(isQuiet: output.json)
    let report = try warehouse.with(.reading) {
      try $0.backup(to: folder) { done, total, path in
        try CancellationFlag.check()
        progress.update(done: done, of: total, path)
      }
    }
    progress.finish()
    if output.json {
      return printOutput(
        try JSONText.text(
          Answer(
            folder: folder, products: report.products, productBytes: report.productBytes,
            databaseBytes: report.databaseBytes)))
    }
    printOutput(
      "\(folder): the database (\(SizeText.text(report.databaseBytes))) and \(report.products) "
        + "products (\(SizeText.text(report.productBytes))), all compared with their SHA-256\n")
  }
}
