import ArgumentParser
import CommandLineStyle
import Metatests
import Warehouse

/// Measured values, and their statistics.
struct Query: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints measured values, or statistics of them.",
    discussion: """
      Without --all-runs and --analysis, the run that stands for each block and test is asked: of \
      those that fit, the latest accepted one, else the latest finished one. Options that restrict \
      the answer may be given more than once; names may hold * (any characters) and ? (one). A value \
      that could not be measured has its reason instead. JSON is an array of objects, in which null \
      stands for "none".

      With --statistics there is one line for each group: the number of values and of places without \
      one, mean, standard deviation, extremes, median and percentiles, the mean weighted with the \
      uncertainties, its own uncertainty, how many values it is of, and their chi-square about it.

      EXAMPLES:
        vis-meta query --quantity bias.ron --block BORN
        vis-meta query --quantity 'bias.*' --ccd CCD1 --quadrant E --format csv > born.csv
        vis-meta query --quantity bias.frame.offset --obsid 1200-1210 --json
        vis-meta query -q bias.ron --item img --sort value --descending --limit 10
        vis-meta query -q bias.ron --item img --by block,ccd --percentiles 5,95
        vis-meta query -q bias.ron --as-of 2019-03-31
        vis-meta query -q bias.ron --item ove --electrons
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case table, csv, json
  }

  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var results: ResultOptions
  @Flag(name: .long, help: "Print statistics instead of values; by quantity unless --by is given.")
  var statistics = false
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Statistics by these, with commas between: "
        + ResultDimension.allCases.map(\.column).joined(separator: ", ") + ".",
      valueName: "names"),
    transform: Query.dimensions)
  var by: [ResultDimension]?
  @Option(
    name: .long,
    help: ArgumentHelp("Statistics with these percentiles, such as 5,95.", valueName: "numbers"),
    transform: Query.percentiles)
  var percentiles: [Double]?
  @Option(name: .long, help: ArgumentHelp("Sort by this column.", valueName: "column"))
  var sort: String?
  @Flag(name: .long, help: "Sort from the greatest to the least.")
  var descending = false
  @Option(name: .long, help: ArgumentHelp("Print so many lines at most.", valueName: "number"))
  var limit: Int?
  @Option(name: .long, help: "How to print: table, csv or json.")
  var format: Format?
  @OptionGroup var electrons: ElectronOption
  @OptionGroup var output: JSONOption

  private var asksForStatistics: Bool { statistics || by != nil || percentiles != nil }

  func validate() throws {
    if let limit, limit < 0 { throw ValidationError("--limit is not negative") }
    if descending, sort == nil { throw ValidationError("--descending needs --sort") }
    if output.json, let format, format != .json {
      throw ValidationError("--json and --format \(format.rawValue) contradict each other")
    }
    if let sort, !asksForStatistics, !MeasurementRow.columns.contains(sort) {
      throw ValidationError(
        "--sort takes one of " + MeasurementRow.columns.joined(separator: ", "))
    }
  }

  func run() throws {
    let filter = results.filter
    let format = format ?? (output.json ? .json : .table)
    let hint = try warehouse.with(.reading) { warehouse -> String? in
      try KnownNames.requireQuantities(filter.quantities, in: warehouse)
      let gains = try electrons.gains(of: warehouse, asOf: filter.asOf)
      let isEmpty =
        asksForStatistics
        ? try printStatistics(filter, format, gains, warehouse)
        : try printRows(filter, format, gains, warehouse)
      if let gains { electrons.printSources(gains) }
      return isEmpty ? try KnownNames.hint(filter, in: warehouse) : nil
    }
    if let hint { printNote("vis-meta: \(hint)") }
  }

  /// - Returns: whether there was none.
  private func printStatistics(
    _ filter: ResultFilter, _ format: Format, _ gains: GainTable?, _ warehouse: Warehouse
  ) throws -> Bool {
    var table = try StatisticsTable(
      warehouse, matching: filter, by: by ?? [.quantity], percentiles: percentiles ?? [],
      inElectrons: gains)
    if let sort, !table.columns.contains(sort) {
      throw WrongUse(
        problem: "--sort takes one of " + table.columns.joined(separator: ", "), remedy: nil)
    }
    let isEmpty = table.groups.isEmpty
    table.sort(by: sort, descending: descending, limit: limit)
    printOutput(try StatisticsText.text(table, format))
    if let note = table.note { printNote("vis-meta: \(note)") }
    return isEmpty
  }

  private struct Enough: Error {}

  /// - Returns: whether there was none.
  private func printRows(
    _ filter: ResultFilter, _ format: Format, _ gains: GainTable?, _ warehouse: Warehouse
  ) throws -> Bool {
    var printer = RowPrinter(format: format, inElectrons: gains != nil)
    var count = 0
    if let sort {
      var sorted = SortedRows<MeasurementRow>(descending: descending, limit: limit)
      try warehouse.forEachResult(matching: filter) { row in
        try CancellationFlag.check()
        count += 1
        let row = MeasurementRow(row, gains: gains)
        sorted.add(row, key: row.sortKey(sort))
      }
      for row in sorted.rows() { try printer.add(row) }
    } else {
      do {
        try warehouse.forEachResult(matching: filter) { row in
          try CancellationFlag.check()
          count += 1
          if let limit, count > limit { throw Enough() }
          try printer.add(MeasurementRow(row, gains: gains))
        }
      } catch is Enough {}
    }
    printer.finish()
    return count == 0
  }

  // MARK: - Lists in options

  private static func parts(_ argument: String) -> [String] {
    argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }

  @Sendable private static func dimensions(_ argument: String) throws -> [ResultDimension] {
    try parts(argument).reduce(into: []) { list, name in
      guard let dimension = ResultDimension(column: name) else {
        throw ArgumentProblem(
          "known are " + ResultDimension.allCases.map(\.column).joined(separator: ", "))
      }
      if !list.contains(dimension) { list.append(dimension) }
    }
  }

  @Sendable private static func percentiles(_ argument: String) throws -> [Double] {
    try parts(argument).reduce(into: []) { list, text in
      guard let percent = Double(text), (0...100).contains(percent) else {
        throw ArgumentProblem("percentiles are numbers from 0 to 100, with commas between")
      }
      if !list.contains(percent) { list.append(percent) }
    }
  }
}
