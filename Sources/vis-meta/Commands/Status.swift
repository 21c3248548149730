import ArgumentParser
import CommandLineStyle
import Metatests
import Warehouse

/// The campaign at a glance.
struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows the campaign at a glance: blocks and tests, what failed, what is missing.",
    discussion: """
      For each flight block and test the run that metatests would use: the latest accepted one, \
      else the latest finished one. Where there is none, the latest run and its state are shown.

      EXAMPLES:
        vis-meta status
        vis-meta status --test BIAS01 --json
        vis-meta status --as-of 2019-03-31
      """)

  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var design: DesignOption
  @Option(name: .long, help: ArgumentHelp("Only this test.", valueName: "name"))
  var test: String?
  @Option(name: .long, help: ArgumentHelp("Only this block.", valueName: "name"))
  var block: String?
  @Option(
    name: .long,
    help: ArgumentHelp(
      "As it was at this instant: runs finished and verdicts given by then.", valueName: "time"),
    transform: TimeArgument.init)
  var asOf: TimeArgument?
  @OptionGroup var output: JSONOption

  func run() throws {
    let (_, chosen) = try design.plane()
    let status = try warehouse.with(.reading) {
      try CampaignStatus($0, design: chosen, test: test, block: block, asOf: asOf?.end)
    }
    if output.json { return printOutput(try JSONText.text(status)) }
    var table = TextTable([
      .init("BLOCK"), .init("ROLE"), .init("TEST"), .init("STATE"), .init("VERDICT"),
      .init("RUN", .right), .init("RUNS", .right), .init("FAILED CHECKS", .right), .init("FLAGS"),
      .init("ANALYSIS"),
    ])
    for entry in status.entries {
      let run = entry.overview
      table.append([
        entry.block, entry.role, entry.test ?? "-", entry.state, run?.verdict ?? "-",
        run.map { String($0.run) } ?? "-", String(entry.runs),
        run.map { "\($0.failedChecks)/\($0.checks)" } ?? "-",
        run.map { $0.flags.isEmpty ? "-" : $0.flags.joined(separator: " ") } ?? "-",
        run?.analysis ?? "-",
      ])
    }
    printOutput(table.text(for: .current(.output)))
    let missing = status.entries.count { $0.state != "complete" }
    let failing = status.entries.count { ($0.overview?.failedChecks ?? 0) > 0 }
    printNote(
      "design '\(status.design)': \(status.entries.count - missing) complete, \(missing) missing "
        + "or incomplete, \(failing) with failed checks")
  }
}
