import ArgumentParser
import CommandLineStyle
import Metatests
import Warehouse

/// What restricts an answer to some measurements, the same for every command that asks for some.
struct ResultOptions: ParsableArguments {
  @OptionGroup var what: QuantityOptions
  @OptionGroup var runs: RunOptions
  @Option(
    name: .long, help: ArgumentHelp("A focal-plane position, such as C_11.", valueName: "name"))
  var slot: [String] = []
  @Option(
    name: .long,
    help: ArgumentHelp("An exposure, or a range of them, such as 1200-1210.", valueName: "number"),
    transform: ExposureArgument.range)
  var obsid: [ClosedRange<Int>] = []
  @Option(
    name: .long,
    help: ArgumentHelp(
      "How a run stands: finished (unless given), running, failed or interrupted.",
      valueName: "state"))
  var status: [StatusArgument] = []
  @Flag(name: .long, help: "Ask all runs, not only the one that stands for its block and test.")
  var allRuns = false

  /// The measurements that are meant: of all runs where `--all-runs`, `--analysis`, or a status or
  /// verdict is given that no run has that stands for its block; else of the runs that stand.
  var filter: ResultFilter {
    var filter = ResultFilter(quantities: what.quantity)
    runs.restrict(&filter)
    (filter.slots, filter.detectors, filter.amplifiers) = (slot, what.ccd, what.quadrant)
    (filter.items, filter.obsids) = (what.item, obsid)
    filter.statuses = status.isEmpty ? [.finished] : Set(status.map(\.status))
    let asksForOthers =
      allRuns || !runs.analysis.isEmpty || !filter.statuses.isSubset(of: [.finished])
      || filter.verdicts.contains(.rejected)
    filter.selection = asksForOthers ? .all : .standing
    return filter
  }
}

/// What is measured, and on which part of a block.
struct QuantityOptions: ParsableArguments {
  @Option(
    name: [.long, .customShort("q")],
    help: ArgumentHelp("A quantity; * stands for any text.", valueName: "name"))
  var quantity: [String] = []
  @Option(name: .long, help: ArgumentHelp("A detector, such as CCD1.", valueName: "name"))
  var ccd: [String] = []
  @Option(name: .long, help: ArgumentHelp("An amplifier, such as E.", valueName: "name"))
  var quadrant: [String] = []
  @Option(name: .long, help: ArgumentHelp("An item, such as ove.", valueName: "name"))
  var item: [String] = []
}

/// What restricts an answer to some runs.
struct RunOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("A campaign.", valueName: "name"))
  var campaign: [String] = []
  @Option(name: .long, help: ArgumentHelp("A block.", valueName: "name"))
  var block: [String] = []
  @Option(name: .long, help: ArgumentHelp("A test; its iterations count.", valueName: "name"))
  var test: [String] = []
  @Option(name: .long, help: ArgumentHelp("A session.", valueName: "name"))
  var session: [String] = []
  @Option(name: .long, help: ArgumentHelp("An analysis, all of its runs.", valueName: "name"))
  var analysis: [String] = []
  @Option(
    name: .long,
    help: ArgumentHelp("Runs that began at this instant (UTC) or later.", valueName: "time"),
    transform: TimeArgument.init)
  var from: TimeArgument?
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Runs that began before this instant; on this day, where it is a date.", valueName: "time"),
    transform: TimeArgument.init)
  var to: TimeArgument?
  @Option(
    name: .long,
    help: ArgumentHelp("Data taken at this instant (UTC) or later.", valueName: "time"),
    transform: TimeArgument.init)
  var takenFrom: TimeArgument?
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Data taken before this instant; on this day, where it is a date.", valueName: "time"),
    transform: TimeArgument.init)
  var takenTo: TimeArgument?
  @Option(
    name: .long,
    help: ArgumentHelp(
      "As it was at this instant: runs finished and verdicts given by then.", valueName: "time"),
    transform: TimeArgument.init)
  var asOf: TimeArgument?
  @Option(
    name: .long,
    help: ArgumentHelp("The verdict on the run: accepted, rejected or none.", valueName: "state"))
  var verdict: [VerdictArgument] = []
  @Option(name: .long, help: ArgumentHelp("A flag that the run has raised.", valueName: "name"))
  var flag: [String] = []

  func validate() throws {
    for (from, to, names) in [
      (from, to, "--from and --to"), (takenFrom, takenTo, "--taken-from and --taken-to"),
    ] {
      if let from, let to, from.begin >= to.end {
        throw ValidationError("\(names) leave no time between them")
      }
    }
  }

  func restrict(_ filter: inout ResultFilter) {
    (filter.campaigns, filter.blocks, filter.tests) = (campaign, block, test)
    (filter.sessions, filter.analyses, filter.flags) = (session, analysis, flag)
    (filter.startedFrom, filter.startedBefore) = (from?.begin, to?.end)
    (filter.exposedFrom, filter.exposedBefore) = (takenFrom?.begin, takenTo?.end)
    filter.asOf = asOf?.end
    for one in verdict {
      switch one {
      case .accepted: filter.verdicts.insert(.accepted)
      case .rejected: filter.verdicts.insert(.rejected)
      case .none: filter.undecided = true
      }
    }
  }
}

/// A verdict as an option names it.
enum VerdictArgument: String, CaseIterable, ExpressibleByArgument {
  case accepted, rejected, none
}

/// How a run stands, as an option names it.
enum StatusArgument: String, CaseIterable, ExpressibleByArgument {
  case running, finished, failed, interrupted

  var status: RunStatus {
    switch self {
    case .running: .running
    case .finished: .finished
    case .failed: .failed
    case .interrupted: .interrupted
    }
  }
}
