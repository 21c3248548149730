import ArgumentParser
import CommandLineStyle
import Diagnostics
import Metatests
import Warehouse

/// A list of test runs.
struct Runs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists test runs.",
    discussion: """
      EXAMPLES:
        vis-meta runs
        vis-meta runs --block BORN --status finished
        vis-meta runs --json | jq '.[].analysis'
      """)

  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var filter: RunFilter
  @Option(
    name: .long,
    help: ArgumentHelp("Only: running, finished, failed or interrupted.", valueName: "state"))
  var status: String?
  @OptionGroup var output: JSONOption

  func validate() throws {
    if let status, RunStatus(rawValue: status) == nil {
      throw ValidationError(
        "--status is one of " + RunStatus.allCases.map(\.rawValue).joined(separator: ", "))
    }
  }

  func run() throws {
    let runs = try warehouse.with(.reading) { warehouse in
      try warehouse.testRuns(
        block: filter.block, test: filter.test, session: filter.session,
        status: status.flatMap(RunStatus.init(rawValue:)), analysis: filter.analysis
      ).map { try RunOverview($0, in: warehouse) }
    }
    if output.json { return printOutput(try JSONText.text(runs)) }
    var table = TextTable([
      .init("RUN", .right), .init("BLOCK"), .init("TEST"), .init("SESSION"), .init("STATE"),
      .init("VERDICT"), .init("OBSIDS"), .init("STARTED"), .init("FAILED CHECKS", .right),
      .init("STEPS"), .init("ANALYSIS"),
    ])
    for run in runs {
      table.append([
        String(run.run), run.block, run.test, run.session, run.status, run.verdict ?? "-",
        run.obsids ?? "-", run.started, "\(run.failedChecks)/\(run.checks)",
        run.steps.isEmpty ? "-" : run.steps.joined(separator: " "), run.analysis,
      ])
    }
    printOutput(table.text(for: .current(.output)))
  }
}
