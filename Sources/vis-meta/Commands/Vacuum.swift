import ArgumentParser
import CommandLineStyle
import Warehouse

/// The database without the space that removed rows left.
struct Vacuum: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Rewrites the database without the space that removed rows left.",
    discussion: """
      Needs twice the database's size of free disk, and refuses to begin without it. Readers go on; \
      writers wait.

      EXAMPLES:
        vis-meta gc --apply && vis-meta vacuum
      """)

  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var output: JSONOption

  func run() throws {
    let sizes = try warehouse.with(.writing) { try $0.vacuum() }
    if output.json {
      return printOutput(try JSONText.text(["before": sizes.before, "after": sizes.after]))
    }
    printOutput("\(SizeText.text(sizes.before)) before, \(SizeText.text(sizes.after)) after\n")
  }
}
