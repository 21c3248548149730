import ArgumentParser
import CommandLineStyle
import Diagnostics
import Foundation
import Warehouse

/// Whether a warehouse is whole.
struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks the database, and the size and SHA-256 of every product.",
    discussion: """
      The database: SQLite's integrity check, foreign keys, the keys that SQLite cannot check, \
      numbers that are infinite, the schema. The products: each is read once, several at a time. \
      --quick leaves out what reads everything: packed keys, indexes, SHA-256. Ends with 1 where \
      something is damaged, and says for each kind what to do. Files that a kill left are named \
      too; they are harmless, and alone end with 0. Others may write meanwhile.

      EXAMPLES:
        vis-meta verify
        vis-meta verify --quick
        vis-meta verify --warehouse /data/flight --json
      """)

  private struct Finding: Encodable {
    let kind, place, remedy, text: String
    let isDamage: Bool
  }

  @Flag(name: .long, help: "Leave out what reads all rows and all products.")
  var quick = false
  @Option(
    name: [.customShort("m"), .long],
    help: ArgumentHelp("Products read at once. (default: one a core)", valueName: "number"))
  var multithread: Int?
  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var output: JSONOption

  func run() throws {
    let threads = multithread ?? ProcessInfo.processInfo.activeProcessorCount
    guard threads > 0 else { throw WrongUse(problem: "--multithread must be positive") }
    let progress = ProgressLine(isQuiet: output.json)
    let findings = try warehouse.with(.reading) {
      try $0.verify(quick ? .quick : .full, threads: threads) { done, total, path in
        try CancellationFlag.check()
        progress.update(done: done, of: total, path)
      }
    }
    progress.finish()
    if output.json {
      printOutput(
        try JSONText.text(
          findings.map {
            Finding(
              kind: $0.kind.rawValue, place: $0.place, remedy: $0.kind.remedy, text: $0.text,
              isDamage: $0.kind.isDamage)
          }))
    } else {
      printTable(findings)
    }
    if findings.contains(where: \.kind.isDamage) { throw CommandEnd(.failed) }
  }

  private func printTable(_ findings: [VerificationFinding]) {
    if !findings.isEmpty {
      var table = TextTable([.init("KIND"), .init("PLACE"), .init("FINDING")])
      for finding in findings {
        table.append([finding.kind.rawValue, finding.place, finding.text])
      }
      printOutput(table.text(for: .current(.output)) + "\n")
      for kind in VerificationFinding.Kind.allCases where findings.contains(where: { $0.kind == kind }) {
        printOutput("\(kind.rawValue): \(kind.remedy)\n")
      }
    }
    if !findings.contains(where: \.kind.isDamage) { printOutput("all is well\n") }
  }
}
