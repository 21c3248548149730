import ArgumentParser
import BlockTests
import Campaign
import CommandLineStyle
import Metatests
import Reporting
import Warehouse

/// Makes reports of tests again.
struct Report: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes the report of test runs again, from the warehouse alone.",
    discussion: """
      Without --analysis the run that stands for each block and test is reported: the latest \
      accepted one, else the latest finished one. Printed are the files' paths.

      EXAMPLES:
        vis-meta report --block BORN --test BIAS01
        vis-meta report --analysis FM20190323_193647_D11
        vis-meta report --all
      """)

  @OptionGroup var warehouse: WarehouseOptions
  @Option(name: .long, help: ArgumentHelp("The block.", valueName: "name"))
  var block: String?
  @Option(name: .long, help: ArgumentHelp("The test.", valueName: "name"))
  var test: String?
  @Option(name: .long, help: ArgumentHelp("The analysis.", valueName: "name"))
  var analysis: String?
  @ArgumentParser.Flag(name: .long, help: "Every block and test.")
  var all = false
  @Option(name: .shortAndLong, help: ArgumentHelp("How many threads draw.", valueName: "number"))
  var multithread = 2
  @OptionGroup var output: JSONOption

  func validate() throws {
    guard all || block != nil || test != nil || analysis != nil else {
      throw ValidationError("name --block, --test or --analysis, or give --all")
    }
    guard (1...64).contains(multithread) else {
      throw ValidationError("--multithread is between 1 and 64")
    }
  }

  func run() async throws {
    let store = try Warehouse.open(at: warehouse.path, mode: .reading)
    defer { try? store.close() }
    var filter = ResultFilter()
    (filter.blocks, filter.tests) = (block.map { [$0] } ?? [], test.map { [$0] } ?? [])
    if let analysis {
      // Naming an analysis names its runs, whether they stand for their blocks or not.
      (filter.analyses, filter.statuses) = ([analysis], [])
    } else {
      filter.selection = .standing
    }
    let runs = try store.testRuns(matching: filter)
    guard !runs.isEmpty else {
      throw MetatestError(
        .noSuchRun, "no test run fits", remedy: "list them with: vis-meta runs")
    }
    var paths: [String] = []
    for run in runs {
      try CancellationFlag.check()
      let camera = try run.recordedCamera()
      let made = try await BlockReport(warehouse: store, run: run.key, camera: camera)
        .write(workers: multithread)
      if !output.json { printOutput(made.map { $0 + "\n" }.joined()) }
      paths += made
    }
    if output.json { printOutput(try JSONText.text(paths)) }
  }
}
