import ArgumentParser
import CommandLineStyle
import Warehouse

/// Brings a warehouse of an earlier version up to this one.
struct Upgrade: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Brings a warehouse of an earlier version up to this program's schema.",
    discussion: """
      Every command that writes does the same. It is one transaction: a kill leaves the warehouse as \
      it was or as it will be. Earlier programs cannot open it afterwards; there is no way back but a \
      copy made before.

      EXAMPLES:
        vis-meta upgrade
        vis-meta upgrade --warehouse /data/flight
      """)

  private struct Answer: Encodable {
    let after, before: Int
  }

  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var output: JSONOption

  func run() throws {
    let before = try Warehouse.storedSchemaVersion(at: warehouse.path)
    try warehouse.with(.writing) { _ in }
    let after = try Warehouse.storedSchemaVersion(at: warehouse.path)
    if output.json { return printOutput(try JSONText.text(Answer(after: after, before: before))) }
    printOutput(
      before == after
        ? "schema version \(after), as it was\n" : "schema version \(before), now \(after)\n")
  }
}
