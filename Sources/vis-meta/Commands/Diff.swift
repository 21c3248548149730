import ArgumentParser
import BlockTests
import CommandLineStyle
import Diagnostics
import Metatests
import Reporting
import Warehouse

/// What differs between two sets of results.
struct Diff: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compares two analyses, runs, tests, campaigns, blocks or dates.",
    discussion: """
      A side is analysis:NAME, run:NUMBER, test:NAME, campaign:NAME, session:NAME, block:NAME or \
      at:TIME, or a bare name that means one thing only. TIME is as 2026-01-01T00:00:00Z; behind a \
      test, campaign, session or block, @TIME takes what stood for it then. An analysis stands for \
      its finished runs, all but run and analysis for the runs that metatests would use.

      Runs are partners where campaign, block and test agree, but for what the sides themselves \
      name. Differences are right less left, by size in sigmas; those without sigma follow by \
      relative size. With --sigma N the exit code is 3 where a value moved by more than N sigmas; \
      with --strict also where a value is lost, gained, on one side only, or changed without a sigma.

      EXAMPLES:
        vis-meta diff FM20190323_193647_D11 FM20190402_081530_D11
        vis-meta diff test:BIAS01 test:BIAS02 --quantity bias.ron --sigma 5
        vis-meta diff at:2019-04-01T00:00:00Z at:2019-05-01T00:00:00Z --format csv > moved.csv
        vis-meta diff run:5 run:17 --figure moved.pdf --figure-quantity bias.offset
      """)

  enum Order: String, CaseIterable, ExpressibleByArgument {
    case significance, relative, name

    var order: Comparison.Order {
      switch self {
      case .significance: .significance
      case .relative: .relative
      case .name: .name
      }
    }
  }

  enum Measure: String, CaseIterable, ExpressibleByArgument {
    case sigma, unit
  }

  @Argument(help: "The left side.")
  var left: String
  @Argument(help: "The right side.")
  var right: String
  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var design: DesignOption
  @OptionGroup var what: QuantityOptions
  @Option(name: .long, help: ArgumentHelp("A block.", valueName: "name"))
  var block: [String] = []
  @Option(
    name: .long,
    help: ArgumentHelp("End with 3 where a value moved by more sigmas.", valueName: "number"))
  var sigma: Double?
  @Flag(
    name: .long,
    help: "End with 3 also where a value is lost, gained, on one side only, or without a sigma.")
  var strict = false
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The most differences printed; 0 for all. (default: 40 in a table, else all)",
      valueName: "number"))
  var limit: Int?
  @Option(name: .long, help: "The order: significance, relative or name.")
  var sort = Order.significance
  @Option(name: .long, help: "How to print: table, csv or json.")
  var format: Query.Format?
  @OptionGroup var figure: FigureOption
  @Option(
    name: .long,
    help: ArgumentHelp(
      "What the figure shows. (default: what moved most)", valueName: "name"))
  var figureQuantity: String?
  @Option(name: .long, help: ArgumentHelp("The item that it shows.", valueName: "name"))
  var figureItem: String?
  @Option(name: .long, help: "What its colours are: sigma or unit.")
  var figureMeasure = Measure.sigma
  @OptionGroup var output: JSONOption

  func validate() throws {
    if let sigma, !(sigma >= 0 && sigma.isFinite) {
      throw ValidationError("--sigma needs a number that is not negative")
    }
    if let limit, limit < 0 { throw ValidationError("--limit needs a number that is not negative") }
    if format != nil, output.json, format != .json {
      throw ValidationError("--json and --format \(format?.rawValue ?? "") contradict each other")
    }
  }

  func run() throws {
    var question = Comparison.Question()
    (question.quantities, question.blocks, question.detectors) = (what.quantity, block, what.ccd)
    (question.amplifiers, question.items, question.order) = (
      what.quadrant, what.item, sort.order
    )
    question.limit = sigma
    let format = format ?? (output.json ? .json : .table)
    let comparison = try warehouse.with(.reading) { warehouse in
      let comparison = try Comparison(
        try .named(left, in: warehouse), try .named(right, in: warehouse), question,
        in: warehouse)
      try CancellationFlag.check()
      let slots = try warehouse.slots()
      let most = limit ?? (format == .table ? 40 : 0)
      let rows = comparison.differences.prefix(most == 0 ? .max : most).map { difference in
        ComparisonRow(
          difference, unit: comparison.units[difference.quantity] ?? "",
          slot: difference.place.detector.flatMap { slots[difference.block]?[$0] })
      }
      try draw(comparison, warehouse)
      try show(comparison, rows, format)
      return comparison
    }
    if comparison.pairs.isEmpty {
      printNote("vis-meta: no run of one side has a partner on the other")
    }
    let lost = comparison.counts.filter { $0.key != .changed && $0.key != .uncertainty }.values
      .reduce(0, +)
    if comparison.unjudged > 0 {
      printNote("vis-meta: \(comparison.unjudged) changed values have no sigma to judge them by")
    }
    let isBeyond = sigma != nil && comparison.beyond > 0
    let isIncomplete =
      lost + comparison.unjudged + comparison.onlyLeft.count + comparison.onlyRight.count > 0
      || comparison.pairs.isEmpty
    if isBeyond || (strict && isIncomplete) { throw CommandEnd(.outOfLimits) }
  }

  private func draw(_ comparison: Comparison, _ warehouse: Warehouse) throws {
    guard figure.figure != nil else { return }
    guard let run = comparison.left.runs.first else { return }
    let (plane, chosen) = try design.plane()
    let layout = PlaneLayout(plane: plane, design: chosen, camera: try run.recordedCamera())
    let runs = comparison.left.runs + comparison.right.runs
    try figure.write(
      {
        try ComparisonFigure(
          comparison, quantity: figureQuantity, item: figureItem,
          measure: figureMeasure == .sigma ? .sigma : .unit,
          in: warehouse
        ).figure(comparison, layout: layout, limit: sigma)
      }, date: StartTime.latest(runs.map(\.started)).text)
  }

  private func show(_ comparison: Comparison, _ rows: [ComparisonRow], _ format: Query.Format) throws {
    switch format {
    case .json: printOutput(try JSONText.text(ComparisonAnswer(comparison, rows: rows)))
    case .csv:
      printOutput(
        CSVText.text(header: ComparisonText.names, rows: rows.map(ComparisonText.cells)))
    case .table: printOutput(ComparisonText.text(comparison, rows))
    }
  }
}
