import ArgumentParser
import CommandLineStyle
import Warehouse

/// The tables of a warehouse.
struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Prints the warehouse's tables as an entity diagram, in Mermaid's language.",
    discussion: """
      It is made from this program's schema; no warehouse is needed. GitLab, GitHub and \
      https://mermaid.live draw it.

      EXAMPLES:
        vis-meta schema > schema.mmd
      """)

  func run() throws { printOutput(try Warehouse.schemaDiagram()) }
}
