import ArgumentParser
import CommandLineStyle
import Diagnostics
import Metatests
import Warehouse

/// A quantity over time.
struct TrendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trend",
    abstract: "Follows a quantity against time, run, temperature or any other quantity.",
    discussion: """
      Values fall into series, by block, detector and amplifier, and by campaign, test and item \
      where there are several; --by chooses others. Of each series: median, robust sigma \
      (1.4826 MAD), control limits (median +- 3 sigma), Theil-Sen slope with its interval, Kendall's \
      rank correlation with its probability, and outliers. All finished runs count that are not \
      rejected; with --all-runs those, too.

      EXAMPLES:
        vis-meta trend bias.ron --item ove --block BORN
        vis-meta trend bias.offset --item ove --against temperature --figure offset.pdf
        vis-meta trend bias.ron --item ove --against 'bias.offset[ove]' --by block --json
        vis-meta trend bias.ron --item ove --electrons
        vis-meta trend hk.CCD1_TEMP_T --block BORN --points --format csv > temperature.csv
      """)

  @Argument(help: "The quantity; --quantity means the same.")
  var name: String?
  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var results: ResultOptions
  @Option(
    name: .long,
    help: ArgumentHelp(
      """
      The abscissa: time (when data were taken), started (of the run), run, obsid, temperature, or a \
      quantity, with an item as bias.offset[ove].
      """, valueName: "what"))
  var against = "time"
  @Option(
    name: .long,
    help: ArgumentHelp(
      "What tells series apart, with commas, such as block,ccd,quadrant.", valueName: "names"))
  var by: String?
  @Option(
    name: .long,
    help: ArgumentHelp("Outliers are further than this from the median.", valueName: "sigmas"))
  var outliers = 5.0
  @Option(
    name: .long,
    help: ArgumentHelp("The probability of the slope's interval.", valueName: "share"))
  var confidence = 0.95
  @Flag(name: .long, help: "End with 3 where a value is an outlier or outside a requirement.")
  var check = false
  @Flag(name: .long, help: "Print all values, not the series alone.")
  var points = false
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The most series, and outliers, in a table; 0 for all.", valueName: "number"))
  var limit = 40
  @Option(name: .long, help: "How to print: table, csv or json.")
  var format: Query.Format?
  @OptionGroup var figure: FigureOption
  @Option(name: .long, help: "How series are drawn: lines, grid or band. (default: by their number)")
  var style: Style?
  @Flag(name: .long, help: "Draw values less the median of their series.")
  var deviations = false
  @OptionGroup var electrons: ElectronOption
  @OptionGroup var output: JSONOption

  enum Style: String, CaseIterable, ExpressibleByArgument {
    case lines, grid, band

    var style: TrendFigure.Style {
      switch self {
      case .lines: .lines
      case .grid: .grid
      case .band: .band
      }
    }
  }

  func validate() throws {
    guard outliers > 0, outliers.isFinite else {
      throw ValidationError("--outliers needs a positive number")
    }
    guard confidence > 0, confidence < 1 else {
      throw ValidationError("--confidence needs a number between 0 and 1")
    }
    guard limit >= 0 else { throw ValidationError("--limit needs a number that is not negative") }
    guard quantities.count == 1 else {
      throw ValidationError(
        quantities.isEmpty
          ? "name a quantity, such as: vis-meta trend bias.ron" : "trend takes one quantity alone")
    }
    if format != nil, output.json, format != .json {
      throw ValidationError("--json and --format \(format?.rawValue ?? "") contradict each other")
    }
    _ = try dimensions()
  }

  /// The quantity, as argument or option.
  private var quantities: [String] { [name].compactMap(\.self) + results.what.quantity }

  private func dimensions() throws -> [ResultDimension] {
    let short = ["ccd": ResultDimension.detector, "quadrant": .amplifier]
    return try (by ?? "").split(separator: ",").map { part in
      let word = String(part)
      guard let found = short[word] ?? ResultDimension(rawValue: word), found != .quantity else {
        let known = ResultDimension.allCases.filter { $0 != .quantity }.map { dimension in
          short.first { $0.value == dimension }?.key ?? dimension.rawValue
        }
        throw ValidationError("--by takes \(known.joined(separator: ", "))")
      }
      return found
    }
  }

  func run() throws {
    var filter = results.filter
    filter.quantities = []
    var question = TrendQuestion(quantities[0], filter: filter)
    // A history is of all runs; what was rejected is no part of it unless it is asked for.
    question.filter.selection = .all
    if !results.allRuns, question.filter.verdicts.isEmpty, !question.filter.undecided {
      question.filter.verdicts = [.accepted]
      question.filter.undecided = true
    }
    question.against = TrendQuestion.Abscissa(against)
    question.dimensions = try dimensions()
    (question.outliers, question.confidence) = (outliers, confidence)
    let trend = try warehouse.with(.reading) { warehouse in
      question.gains = try electrons.gains(of: warehouse, asOf: question.filter.asOf)
      return try Trend(question, in: warehouse)
    }
    try CancellationFlag.check()
    try figure.write(
      { TrendFigure(trend, style: style?.style, deviations: deviations).figure },
      date: trend.latest)
    switch format ?? (output.json ? .json : .table) {
    case .json: printOutput(try JSONText.text(TrendAnswer(trend, allPoints: points)))
    case .csv: printOutput(TrendText.csv(trend, points: points))
    case .table: printOutput(TrendText.text(trend, limit: limit))
    }
    let repeated = trend.series.reduce(0) { $0 + $1.repeated }
    if repeated > 0, question.against == .time || question.against == .obsid {
      printNote(
        "vis-meta: \(CountText.text(repeated, "value")) from the same frames as others: errors are "
          + "not independent, and P and intervals too small; --analysis or --session chooses runs")
    }
    if check, trend.failing > 0 || !trend.outliers.isEmpty { throw CommandEnd(.outOfLimits) }
  }
}
