import ArgumentParser
import CommandLineStyle
import Detector
import Diagnostics
import Metatests
import Warehouse

/// Makes a metatest.
struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a metatest: the campaign-wide report, maps, tables and products.",
    discussion: """
      Files go to reports/<metatest> in the warehouse's folder; those of an earlier run are \
      replaced, each whole. Printed are their paths. Ends with 3 where a requirement fails on the \
      flight blocks.

      EXAMPLES:
        vis-meta run MetaBias
        vis-meta run MetaBias --campaign flight --design initial --json
        vis-meta run MetaBias --as-of 2019-03-31 --output march
        vis-meta run MetaBias --analysis FM20190323_193647_D11
      """)

  private struct Answer: Encodable {
    struct Requirement: Encodable {
      let id, test, outcome: String
      let passed, failed, untested: Int
    }
    struct Block: Encodable {
      let block, test: String
      let run: Int64?
      let rule, reason: String?

      private enum Key: String, CodingKey {
        case block, reason, rule, run, test
      }

      /// All keys, with null for what there is not.
      func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        try object.encode(block, forKey: .block)
        try object.encode(reason, forKey: .reason)
        try object.encode(rule, forKey: .rule)
        try object.encode(run, forKey: .run)
        try object.encode(test, forKey: .test)
      }
    }
    let paths: [String]
    let requirements: [Requirement]
    let blocks: [Block]
  }

  @Argument(
    help: ArgumentHelp(
      "The metatest: \(MetatestCatalog.all.map { $0.name }.joined(separator: ", ")).",
      valueName: "metatest"))
  var metatest: String
  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var design: DesignOption
  @Option(name: .long, help: ArgumentHelp("Only runs of this campaign.", valueName: "name"))
  var campaign: String?
  @Option(
    name: .long,
    help: ArgumentHelp(
      "As it was at this instant: runs finished and verdicts given by then.", valueName: "time"),
    transform: TimeArgument.init)
  var asOf: TimeArgument?
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Blocks with a run in this analysis use it, whatever was accepted; may hold * and ?.",
      valueName: "name"))
  var analysis: [String] = []
  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("Where files go instead of the warehouse.", valueName: "folder"))
  var out: String?
  @Flag(name: .shortAndLong, help: "No progress on standard error.")
  var quiet = false
  @OptionGroup var output: JSONOption

  func run() async throws {
    let type = try MetatestCatalog.metatest(named: metatest)
    let (plane, chosen) = try design.plane()
    let store = try Warehouse.open(at: warehouse.path, mode: .reading)
    defer { try? store.close() }
    try KnownNames.requireAnalyses(analysis, in: store)
    let progress = ProgressLine(isQuiet: quiet)
    let outcome = try await MetatestRunner.run(
      type,
      MetatestInput(
        warehouse: store, plane: plane, design: chosen, scope: RunSelector.Scope(campaign: campaign, asOf: asOf?.end, analyses: analysis),
        folder: out ?? "\(warehouse.path)/reports/\(type.name)"),
      progress: { progress.note("vis-meta: \($0)") }, check: CancellationFlag.check)
    progress.finish()
    for warning in outcome.warnings { printNote("vis-meta: LaTeX: \(warning)") }
    try show(outcome)
    if outcome.isOutOfLimits { throw CommandEnd(.outOfLimits) }
  }

  private func show(_ outcome: MetatestOutcome) throws {
    let requirements = outcome.requirements.map { result in
      let counts = result.counts(result.flightPlaces)
      return Answer.Requirement(
        id: result.requirement.id, test: result.test, outcome: result.verdict.rawValue,
        passed: counts.passed, failed: counts.failed, untested: counts.untested)
    }
    if output.json {
      let blocks = outcome.selections.filter { $0.run != nil || $0.role == .flight }.map {
        Answer.Block(
          block: $0.block, test: $0.test, run: $0.run?.key.id, rule: $0.rule?.rawValue,
          reason: $0.reason)
      }
      return printOutput(
        try JSONText.text(
          Answer(paths: outcome.paths, requirements: requirements, blocks: blocks)))
    }
    printOutput(outcome.paths.map { $0 + "\n" }.joined())
    let missing = outcome.selections.filter { $0.role == .flight && $0.run == nil }
    if !missing.isEmpty {
      printNote(
        "vis-meta: without results: "
          + missing.map { "\($0.block) \($0.test) (\($0.reason ?? ""))" }.joined(separator: ", "))
    }
    for requirement in requirements where requirement.outcome != "pass" {
      printNote(
        "vis-meta: \(requirement.id) \(requirement.test): \(requirement.outcome) "
          + "(\(requirement.passed) pass, \(requirement.failed) fail, "
          + "\(requirement.untested) not tested)")
    }
  }
}
