import ArgumentParser
import CommandLineStyle
import Metatests
import Reporting
import Warehouse

/// A list of test runs.
struct Runs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists test runs: when, on what data, with which version and configuration, how long.",
    discussion: """
      Options that restrict the list may be given more than once; names may hold * and ?. With \
      --tree, analyses are shown with their test runs, and these with their steps.

      EXAMPLES:
        vis-meta runs
        vis-meta runs --block 'B*' --status failed --status interrupted
        vis-meta runs --test BIAS01 --from 2019-03-23 --flag 'RON*' --tree
        vis-meta runs --verdict none --as-of 2019-03-31 --format csv
        vis-meta runs --json | jq '.[].analysis'
      """)

  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var runs: RunOptions
  @Option(
    name: .long,
    help: ArgumentHelp("Only: running, finished, failed or interrupted.", valueName: "state"))
  var status: [StatusArgument] = []
  @Flag(name: .long, help: "Show analyses, their test runs and their steps as a tree.")
  var tree = false
  @Option(name: .long, help: "How to print: table, csv or json.")
  var format: Query.Format?
  @OptionGroup var output: JSONOption

  func validate() throws {
    if output.json, let format, format != .json {
      throw ValidationError("--json and --format \(format.rawValue) contradict each other")
    }
  }

  func run() throws {
    var filter = ResultFilter()
    runs.restrict(&filter)
    filter.statuses = Set(status.map(\.status))
    let format = format ?? (output.json ? .json : .table)
    let (text, hint) = try warehouse.with(.reading) { warehouse in
      let found = try warehouse.testRuns(matching: filter)
      let hint =
        found.isEmpty ? try KnownNames.hint(filter, in: warehouse, for: "test run") : nil
      let text =
        tree
        ? try treeText(RunTree(found, in: warehouse), format)
        : try listText(
          found.map {
            try CancellationFlag.check()
            return try RunOverview($0, in: warehouse)
          }, format)
      return (text, hint)
    }
    printOutput(text)
    if let hint { printNote("vis-meta: \(hint)") }
  }

  // MARK: - The list

  private func listText(_ runs: [RunOverview], _ format: Query.Format) throws -> String {
    switch format {
    case .json: return try JSONText.text(runs)
    case .csv:
      return CSVText.text(header: Self.columns, rows: runs.map(Self.cells))
    case .table: break
    }
    var table = TextTable([
      .init("RUN", .right), .init("BLOCK"), .init("TEST"), .init("SESSION"), .init("STATE"),
      .init("VERDICT"), .init("OBSIDS"), .init("STARTED"), .init("SECONDS", .right),
      .init("FRAMES", .right), .init("INPUT", .right), .init("FAILED CHECKS", .right),
      .init("FLAGS"), .init("VERSION"), .init("CONFIG."), .init("ANALYSIS"),
    ])
    for run in runs {
      table.append([
        String(run.run), run.block, run.test, run.session, run.status, run.verdict ?? "-",
        run.obsids ?? "-", run.started, NumberText.fixed(run.seconds, digits: 2),
        String(run.frames), NumberText.size(run.inputBytes), "\(run.failedChecks)/\(run.checks)",
        run.flags.isEmpty ? "-" : run.flags.joined(separator: " "), run.version,
        String(run.configuration.prefix(8)), run.analysis,
      ])
    }
    return table.text(for: .current(.output))
  }

  private static let columns = [
    "run", "campaign", "block", "test", "session", "camera", "status", "verdict", "obsids",
    "started", "finished", "seconds", "frames", "input_bytes", "checks", "failed_checks", "steps",
    "flags", "version", "configuration", "analysis",
  ]

  private static func cells(_ run: RunOverview) -> [CSVText.Cell] {
    func text(_ text: String?) -> CSVText.Cell { text.map { .text($0) } ?? .empty }
    return [
      Int(exactly: run.run).map { .integer($0) } ?? .empty, .text(run.campaign), .text(run.block),
      .text(run.test), .text(run.session), .text(run.camera), .text(run.status),
      text(run.verdict), text(run.obsids), .text(run.started), text(run.finished),
      .number(run.seconds), .integer(run.frames), .integer(run.inputBytes), .integer(run.checks),
      .integer(run.failedChecks), .text(run.steps.joined(separator: " ")),
      .text(run.flags.joined(separator: " ")), .text(run.version), .text(run.configuration),
      .text(run.analysis),
    ]
  }

  // MARK: - The tree

  private func treeText(_ tree: RunTree, _ format: Query.Format) throws -> String {
    switch format {
    case .json: return try JSONText.text(tree)
    case .csv:
      return CSVText.text(
        header: ["analysis", "run", "block", "test", "step", "status", "seconds", "flags"],
        rows: tree.analyses.flatMap { analysis in
          analysis.runs.flatMap { run in
            run.steps.map { step in
              [
                .text(analysis.analysis), Int(exactly: run.overview.run).map { .integer($0) }
                  ?? .empty, .text(run.overview.block), .text(run.overview.test),
                .text(step.name), .text(step.status), .number(step.seconds),
                .text(step.flags.joined(separator: " ")),
              ]
            }
          }
        })
    case .table: break
    }
    let terminal = Terminal.current(.output)
    var table = TextTable([
      .init("ANALYSIS, RUN, STEP"), .init("STATE"), .init("SECONDS", .right), .init("FLAGS"),
      .init(""),
    ])
    for line in tree.lines(unicode: terminal.hasUnicode) {
      table.append([
        line.branches + line.name, line.state,
        line.seconds.map { NumberText.fixed($0, digits: 2) } ?? "",
        line.flags.joined(separator: " "), line.note,
      ])
    }
    return table.text(for: terminal)
  }
}
