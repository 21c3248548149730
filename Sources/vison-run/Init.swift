import ArgumentParser
import Campaign

/// `vison-run init BLOCK`: a commented configuration.
struct Init: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints a commented configuration for a block.",
    discussion: """
      Serial numbers and the chamber are filled in for the blocks of the focal plane.

      EXAMPLE
        vison-run init EINSTEIN > vison.yaml
      """)

  @Argument(help: "The block's name.")
  var block: String

  func run() { print(BlockConfiguration.template(block: block), terminator: "") }
}

/// `vison-run schema`: the JSON Schema of the configuration.
struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Prints the JSON Schema of the configuration, for editors.",
    discussion: """
      EXAMPLE
        vison-run schema > vison.schema.json
      """)

  func run() { print(BlockConfiguration.jsonSchema()) }
}
