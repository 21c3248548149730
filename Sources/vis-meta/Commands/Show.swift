import ArgumentParser
import CommandLineStyle
import Metatests
import Warehouse

/// Everything about one run.
struct Show: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows a test run: steps, flags with their causes, failed checks, products, inputs.",
    discussion: """
      EXAMPLES:
        vis-meta show 12
        vis-meta show FM20190323_193647_D11
        vis-meta show 12 --json
      """)

  @OptionGroup var warehouse: WarehouseOptions
  @Argument(
    help: ArgumentHelp(
      "The number of a test run, or the name of an analysis.", valueName: "run"))
  var name: String
  @Flag(name: .long, help: "List every input file, not only their number.")
  var inputs = false
  @OptionGroup var output: JSONOption

  func run() throws {
    let details = try warehouse.with(.reading) { warehouse in
      try RunDetails.runs(named: name, in: warehouse).map { try RunDetails($0, in: warehouse) }
    }
    if output.json { return printOutput(try JSONText.text(details)) }
    printOutput(details.map { RunText.text($0, listsInputs: inputs) }.joined(separator: "\n"))
  }
}
