import ArgumentParser
import CommandLineStyle
import Diagnostics
import Warehouse

/// Whether a warehouse is whole.
struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks the database, and the size and SHA-256 of every product.",
    discussion: """
      Reads every product once. Ends with 1 where something is wrong.

      EXAMPLES:
        vis-meta verify
        vis-meta verify --warehouse /data/flight --json
      """)

  private struct Finding: Encodable {
    let kind, place, text: String
  }

  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var output: JSONOption

  func run() throws {
    let findings = try warehouse.with(.reading) { try $0.verify() }
      .map { Finding(kind: $0.kind.rawValue, place: $0.place, text: $0.text) }
    if output.json {
      printOutput(try JSONText.text(findings))
    } else if findings.isEmpty {
      printOutput("all is well\n")
    } else {
      var table = TextTable([.init("KIND"), .init("PLACE"), .init("FINDING")])
      for finding in findings { table.append([finding.kind, finding.place, finding.text]) }
      printOutput(table.text(for: .current(.output)))
    }
    if !findings.isEmpty { throw CommandEnd(.failed) }
  }
}
