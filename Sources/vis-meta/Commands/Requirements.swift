import ArgumentParser
import CommandLineStyle
import Diagnostics
import DurableFiles
import Foundation
import Metatests
import Plots
import Warehouse

/// The compliance matrix.
struct Requirements: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tests all requirements over all blocks: outcomes, margins, worst offenders.",
    discussion: """
      For each requirement of the metatests, from the run that stands for each block: pass, \
      marginal (passes within --marginal sigma of the limit), fail, not tested or not measurable, \
      and the margin in the unit, in per cent of the limit and in sigma. Then the block tests' own \
      checks. Ends with 3 where a requirement fails on a flight block, or a check of a run that \
      stands for one. CSV has one row an amplifier and requirement; with --checks one row a block, \
      test and check; with --history one row a run.

      EXAMPLES:
        vis-meta requirements
        vis-meta requirements --requirement 'RON-*' --block BORN --worst 20
        vis-meta requirements --history --requirement RON-OVE
        vis-meta requirements --as-of 2019-06-30 --format csv > compliance.csv
        vis-meta requirements --figure matrix.pdf --margin-map margins.png
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case table, csv, json
  }

  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var design: DesignOption
  @Option(
    name: .long, help: ArgumentHelp("A metatest; all unless given.", valueName: "name"))
  var metatest: [String] = []
  @Option(
    name: .long,
    help: ArgumentHelp("A requirement, such as RON-OVE; may hold * and ?.", valueName: "id"))
  var requirement: [String] = []
  @Option(name: .long, help: ArgumentHelp("A test; may hold * and ?.", valueName: "name"))
  var test: [String] = []
  @Option(name: .long, help: ArgumentHelp("A block; may hold * and ?.", valueName: "name"))
  var block: [String] = []
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
    name: .long, help: ArgumentHelp("How many of the smallest margins are listed.", valueName: "n"))
  var worst = 10
  @Option(
    name: .long,
    help: ArgumentHelp("Up to how many sigma from a limit a pass is marginal.", valueName: "sigma"))
  var marginal = 2.0
  @ArgumentParser.Flag(name: .long, help: "How outcomes and margins went from run to run.")
  var history = false
  @ArgumentParser.Flag(name: .long, help: "The block tests' checks by name, not the requirements.")
  var checks = false
  @OptionGroup var figure: FigureOption
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Draw the smallest margin of each amplifier on the focal plane; ends as --figure.",
      valueName: "file"))
  var marginMap: String?
  @Option(name: .long, help: "How to print: table, csv or json.")
  var format: Format?
  @OptionGroup var output: JSONOption

  func validate() throws {
    guard marginal.isFinite, marginal >= 0 else {
      throw ValidationError("--marginal is a number of sigma, 0 or more")
    }
    guard worst >= 0 else { throw ValidationError("--worst is 0 or more") }
    if history, checks || figure.figure != nil || marginMap != nil {
      throw ValidationError("--history goes with neither --checks nor a figure")
    }
    try FigureOption.require(marginMap, "--margin-map")
    if let format, output.json, format != .json {
      throw ValidationError("--json and --format \(format.rawValue) contradict each other")
    }
  }

  func run() throws {
    let (plane, chosen) = try design.plane()
    let metatests =
      try metatest.isEmpty
      ? MetatestCatalog.all : metatest.map { try MetatestCatalog.metatest(named: $0) }
    var restriction = ComplianceMatrix.Restriction()
    (restriction.requirements, restriction.tests, restriction.blocks) = (requirement, test, block)
    let format = format ?? (output.json ? .json : .table)
    try warehouse.with(.reading) { store in
      try KnownNames.requireAnalyses(analysis, in: store)
      let input = MetatestInput(
        warehouse: store, plane: plane, design: chosen,
        scope: RunSelector.Scope(campaign: campaign, asOf: asOf?.end, analyses: analysis),
        folder: "")
      if history {
        let history = try ComplianceHistory(
          input, metatests: metatests, restriction: restriction, sigmas: marginal,
          check: CancellationFlag.check)
        return printOutput(try ComplianceText.text(history, format))
      }
      let matrix = try ComplianceMatrix(
        input, metatests: metatests, restriction: restriction, sigmas: marginal,
        check: CancellationFlag.check)
      try draw(matrix)
      printOutput(
        try checks
          ? ComplianceText.checks(matrix, format)
          : ComplianceText.text(matrix, format, worst: worst))
      if matrix.lines.isEmpty, !checks {
        printNote("vis-meta: no requirement fits, or no block has a usable run: vis-meta status")
      }
      if matrix.isOutOfLimits { throw CommandEnd(.outOfLimits) }
    }
  }

  private func draw(_ matrix: ComplianceMatrix) throws {
    for (file, made) in [
      (figure.figure, matrix.matrixFigure()), (marginMap, matrix.marginMap()),
    ] {
      guard let file else { continue }
      guard let made else {
        throw MetatestError(
          .noResults, "there is nothing to draw: no requirement was tested", place: file,
          remedy: "look with: vis-meta requirements")
      }
      try FigureOption.write(made, to: file, date: matrix.date)
    }
  }
}
