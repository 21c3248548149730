import ArgumentParser
import CommandLineStyle
import Foundation
import Metatests
import Warehouse

/// A verdict on a run.
struct VerdictOptions: ParsableArguments {
  @Argument(help: "The number of a test run, or the name of an analysis with a single run.")
  var run: String
  @Option(name: .long, help: ArgumentHelp("Why.", valueName: "text"))
  var reason: String
  @Option(name: .long, help: ArgumentHelp("Who decides.", valueName: "name"))
  var author: String
  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var output: JSONOption

  func add(_ state: VerdictRecord.State) throws {
    let time = Date.now.formatted(.iso8601)
    let (overview, certified) = try warehouse.with(.writing) { warehouse in
      let runs = try RunDetails.runs(named: run, in: warehouse)
      guard runs.count == 1, let run = runs.first else {
        throw WrongUse(
          problem: "the analysis has \(runs.count) test runs",
          remedy: "name one of " + runs.map { String($0.key.id) }.joined(separator: ", "))
      }
      if state == .withdrawn, run.verdict == nil {
        throw WrongUse(
          problem: "run \(run.key.id) has no verdict to withdraw",
          remedy: "see its verdicts with: vis-meta show \(run.key.id)")
      }
      try warehouse.add(
        VerdictRecord(state: state, reason: reason, author: author, time: time), to: run.key)
      return (
        try RunOverview(try warehouse.testRun(run.key), in: warehouse),
        state == .rejected ? try warehouse.certifications(of: run.key) : []
      )
    }
    if !certified.isEmpty {
      let names = Set(certified.map(\.collection)).sorted().map { "'\($0)'" }
      printNote(
        "vis-meta: products of this run stay certified in \(names.joined(separator: ", ")): "
          + "\(certified.count) ranges; vis-meta decertify takes them out")
    }
    if output.json { return printOutput(try JSONText.text(overview)) }
    let verdict = overview.verdict ?? "no verdict"
    printOutput("\(overview.block) \(overview.test), run \(overview.run): \(verdict)\n")
  }
}

/// Accepts a run.
struct Accept: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Accepts a test run: metatests use it even where later ones exist.",
    discussion: """
      Verdicts are kept for ever; a later one replaces an earlier one.

      EXAMPLES:
        vis-meta accept 12 --reason "all checks passed" --author "A. Reviewer"
      """)
  @OptionGroup var verdict: VerdictOptions

  func run() throws { try verdict.add(.accepted) }
}

/// Rejects a run.
struct Reject: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Rejects a test run: metatests never use it.",
    discussion: """
      Nothing is removed. Verdicts are kept for ever; a later one replaces an earlier one. Products \
      of the run that are certified stay so, and a note names them: since when they are wrong is a \
      decision of its own, see decertify.

      EXAMPLES:
        vis-meta reject 12 --reason "light leak" --author "A. Reviewer"
      """)
  @OptionGroup var verdict: VerdictOptions

  func run() throws { try verdict.add(.rejected) }
}

/// Takes the verdict on a run back.
struct Withdraw: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Takes the verdict on a test run back: it counts as if there were none.",
    discussion: """
      Nothing is removed: the withdrawal is kept beside the verdict, and --as-of an earlier instant \
      still sees the verdict.

      EXAMPLES:
        vis-meta withdraw 12 --reason "rejected by mistake" --author "A. Reviewer"
      """)
  @OptionGroup var verdict: VerdictOptions

  func run() throws { try verdict.add(.withdrawn) }
}
