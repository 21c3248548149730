import ArgumentParser
import CommandLineStyle
import Diagnostics
import DurableFiles
import Metatests
import Warehouse

/// Where a number comes from, and what a frame went into.
struct Trace: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Traces a number, product or report to all that made it; a frame to all that used it.",
    discussion: """
      Back: name a value by its reference (RUN/QUANTITY/CCD/QUADRANT/OBSID/ITEM, parts that it has \
      not are -), a run, an analysis, a product's path or SHA-256, a file of a report or of a \
      metatest; or choose values with --quantity and the options that restrict it. Printed are the \
      run, its steps, program, command, configuration, operator, verdicts, flags, checks, and every \
      input with its SHA-256; a product among the inputs is followed to the run that made it.

      Forward: --frame, or --obsid without --quantity: every run that used it, and what becomes \
      stale if it is withdrawn.

      --check-files reads the inputs that are there again, and ends with 3 where one is changed, \
      missing or unreadable.

      EXAMPLES:
        vis-meta trace --quantity bias.ron --block BORN --ccd CCD1 --quadrant E
        vis-meta trace 16/bias.ron/CCD1/E/-/ove --prov value.json
        vis-meta trace reports/MetaBias/MetaBias_report.pdf --json
        vis-meta trace 16 --check-files /data/campaign --configuration
        vis-meta trace --obsid 1001 --block BORN
        vis-meta trace --frame 77a624b7be02
      """)

  @Argument(
    help: ArgumentHelp("A value's reference, a run, a path or a SHA-256.", valueName: "subject"))
  var subject: String?
  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var results: ResultOptions
  @OptionGroup var design: DesignOption
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Forward from this input: its path as it was recorded, or its SHA-256.",
      valueName: "path|sha256"))
  var frame: String?
  @Option(
    name: .long, help: ArgumentHelp("How many values are listed and traced.", valueName: "number"))
  var limit = 20
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Compare the inputs below this folder with what was recorded.", valueName: "folder"))
  var checkFiles: String?
  @ArgumentParser.Flag(name: .long, help: "Print the text of the configuration, too.")
  var configuration = false
  @Option(
    name: .long, help: ArgumentHelp("Write the trace as W3C PROV-JSON.", valueName: "file"))
  var prov: String?
  @OptionGroup var output: JSONOption

  private var isForward: Bool {
    frame != nil || (subject == nil && results.what.quantity.isEmpty && !results.obsid.isEmpty)
  }

  func validate() throws {
    let ways = [subject != nil, frame != nil, !results.what.quantity.isEmpty].count { $0 }
    guard ways == 1 || (ways == 0 && !results.obsid.isEmpty) else {
      throw ValidationError("name one subject, or --quantity, or --frame, or --obsid")
    }
    guard (1...100_000).contains(limit) else {
      throw ValidationError("--limit is between 1 and 100000")
    }
    if isForward, checkFiles != nil || prov != nil || configuration {
      throw ValidationError(
        "--check-files, --prov and --configuration belong to a trace back, not to one forward")
    }
  }

  func run() throws {
    if isForward { return try forward() }
    var trace = try warehouse.with(.reading) { store in
      try BackwardTrace(
        try found(in: store), in: store, keepsConfigurations: configuration,
        check: CancellationFlag.check)
    }
    if let checkFiles {
      try FileComparison.compare(
        &trace, folder: checkFiles, warehouse: warehouse.path, check: CancellationFlag.check)
    }
    if let prov { try AtomicFile.write(ProvDocument(trace).json, to: prov) }
    printOutput(output.json ? try JSONText.text(trace) : TraceText.text(trace))
    if trace.hasDepartures { throw CommandEnd(.outOfLimits) }
  }

  private func found(in store: Warehouse) throws -> TraceSubject {
    if let subject { return try TraceSubject.find(subject, in: store) }
    let filter = results.filter
    try KnownNames.requireQuantities(filter.quantities, in: store)
    let found = try TraceSubject(filter, in: store, limit: limit, check: CancellationFlag.check)
    guard !found.values.isEmpty else {
      throw MetatestError(
        .noSuchSubject, try KnownNames.hint(filter, in: store), place: store.folder,
        remedy: "look with: vis-meta query")
    }
    return found
  }

  private func forward() throws {
    let (_, chosen) = try design.plane()
    var filter = results.filter
    filter.selection = .all
    filter.statuses = []
    filter.obsids = []
    let trace = try warehouse.with(.reading) { store in
      try ForwardTrace(
        frame.map { .frame($0) } ?? .exposures(results.obsid), among: filter, in: store,
        design: chosen,
        check: CancellationFlag.check)
    }
    printOutput(output.json ? try JSONText.text(trace) : TraceText.text(trace))
  }
}
