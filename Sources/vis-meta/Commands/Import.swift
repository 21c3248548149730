import ArgumentParser
import BlockTests
import CommandLineStyle
import Detector
import Diagnostics
import Exchange
import Foundation
import Warehouse

/// Results of other programs.
struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Takes over results that other programs made, as analyses of their own.",
    discussion: """
      Files are CSV, JSON lines, ECSV or FITS tables with a row for each measurement, and columns \
      as export writes them. What the files do not say is given by options. All lines are checked \
      first; nothing is stored where one is bad. The same files again change nothing; after a kill, \
      the same command goes on.

      EXAMPLES:
        vis-meta import results.csv --analysis eotest_1 --program eotest --program-version 1.2 \\
          --campaign flight --test FLAT01 --session D11 --camera euclid-vis --dry-run
        vis-meta import gains.fits --map ccd=DETECTOR --map value=GAIN --unit electron/adu ...
        vis-meta import from-other-site.jsonl
      """)

  @Argument(help: "The files.")
  var files: [String]
  @OptionGroup var warehouse: WarehouseOptions
  @Option(
    name: .long,
    help: ArgumentHelp("The analysis, instead of the column analysis.", valueName: "name"))
  var analysis: String?
  @Option(
    name: .long, help: ArgumentHelp("The program that measured.", valueName: "name"))
  var program: String?
  @Option(name: .long, help: ArgumentHelp("Its version.", valueName: "version"))
  var programVersion: String?
  @Option(name: .long, help: ArgumentHelp("The campaign, where a row has none.", valueName: "name"))
  var campaign: String?
  @Option(name: .long, help: ArgumentHelp("The block, where a row has none.", valueName: "name"))
  var block: String?
  @Option(name: .long, help: ArgumentHelp("The test, where a row has none.", valueName: "name"))
  var test: String?
  @Option(name: .long, help: ArgumentHelp("The session, where a row has none.", valueName: "name"))
  var session: String?
  @Option(name: .long, help: ArgumentHelp("The camera, where a row has none.", valueName: "name"))
  var camera: String?
  @Option(name: .long, help: ArgumentHelp("The quantity, where a row has none.", valueName: "name"))
  var quantity: String?
  @Option(name: .long, help: ArgumentHelp("The unit, where a row has none.", valueName: "unit"))
  var unit: String?
  @Option(
    name: .long,
    help: ArgumentHelp("A column's own name: --map ccd=detector.", valueName: "ours=theirs"))
  var map: [String] = []
  @Option(name: .long, help: ArgumentHelp("A column that is left out.", valueName: "theirs"))
  var ignore: [String] = []
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Goes before all quantities: eotest makes gain eotest.gain.", valueName: "word"))
  var prefix: String?
  @Option(
    name: .long,
    help: ArgumentHelp("What a new quantity means.", valueName: "quantity=text"))
  var meaning: [String] = []
  @Option(
    name: .long, help: "csv, jsonl, ecsv or fits. (default: as each file's name ends)")
  var format: ImportFormat?
  @Option(name: .long, help: ArgumentHelp("The machine that measured.", valueName: "name"))
  var host: String?
  @Option(
    name: .customLong("operator"),
    help: ArgumentHelp("Who measured. (default: $USER)", valueName: "name"))
  var operatorName: String?
  @Flag(name: .long, help: "Record the verdicts that the files state.")
  var verdicts = false
  @Flag(name: .long, help: "Leave out bad lines instead of refusing all.")
  var skipBad = false
  @Flag(name: .long, help: "Only check, and say what would be done.")
  var dryRun = false
  @Option(name: .long, help: ArgumentHelp("How many problems are shown.", valueName: "number"))
  var show = 20
  @OptionGroup var output: JSONOption

  enum ImportFormat: String, CaseIterable, ExpressibleByArgument {
    case csv, jsonl, ecsv, fits
  }

  func validate() throws {
    if (program == nil) != (programVersion == nil) {
      throw ValidationError("--program and --program-version belong together")
    }
    if show < 0 || show > 100_000 { throw ValidationError("--show is from 0 to 100000") }
    _ = try columnMap()
    _ = try meanings()
  }

  private func pair(_ text: String, _ option: String) throws -> (String, String) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
      throw ValidationError("\(option) is written NAME=VALUE, not '\(text.prefix(60))'")
    }
    return (String(parts[0]), String(parts[1]))
  }

  private func columnMap() throws -> [ExchangeColumn: String] {
    var result: [ExchangeColumn: String] = [:]
    for text in map {
      let (ours, theirs) = try pair(text, "--map")
      guard let column = ExchangeColumn(rawValue: ours) else {
        let names = ExchangeColumn.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("--map OURS=THEIRS: '\(ours.prefix(60))' is none of \(names)")
      }
      guard result.updateValue(theirs, forKey: column) == nil else {
        throw ValidationError("--map \(ours) is given twice")
      }
    }
    return result
  }

  private func meanings() throws -> [String: String] {
    try Dictionary(
      meaning.map { try pair($0, "--meaning") }, uniquingKeysWith: { _, last in last })
  }

  private func options() throws -> ImportOptions {
    let environment = ProcessInfo.processInfo.environment
    var options = ImportOptions(
      analysis: analysis, program: program.map { "\($0) \(programVersion ?? "")" },
      time: Date.now.formatted(.iso8601), host: host ?? ProcessInfo.processInfo.hostName,
      operatorName: operatorName ?? environment["USER"] ?? "",
      commandLine: CommandText.text(CommandLine.arguments),
      importer: "vison " + ProgramVersion.current)
    options.format = format.flatMap { ExchangeFormat(rawValue: $0.rawValue) }
    let constants: [(ExchangeColumn, String?)] = [
      (.campaign, campaign), (.block, block), (.test, test), (.session, session),
      (.camera, camera), (.quantity, quantity), (.unit, unit), (.program, options.program),
    ]
    for (column, value) in constants { options.constants[column] = value }
    options.map = try columnMap()
    options.ignored = Set(ignore)
    options.prefix = prefix
    options.meanings = try meanings()
    options.skipsBadLines = skipBad
    options.takesVerdicts = verdicts
    // The same problem in many lines is shown once, so that it does not hide the others.
    options.keptProblems = output.json ? show : max(show, 10_000)
    return options
  }

  func run() throws {
    let own = BlockTest.all.flatMap(\.quantities)
    try warehouse.with(dryRun ? .reading : .writing) { store in
      let incoming = try ResultImport(
        files, try options(), for: store, own: own, check: CancellationFlag.check)
      let found = try incoming.report(for: store)
      if !output.json { printProblems(found) } else {
        for problem in found.problems { printNote("vis-meta: \(problem.text)") }
      }
      if dryRun {
        try print(found)
        guard found.badRows == 0 || skipBad else { throw CommandEnd(.failed) }
        return
      }
      let done = try incoming.store(
        in: store, ulid: AnalysisIdentity.ulid, check: CancellationFlag.check)
      try print(done)
    }
  }

  /// One note for each problem, with the first of the lines that have it.
  private func printProblems(_ report: ImportReport) {
    var groups: [(first: ImportProblem, lines: Int)] = []
    var numbers: [[String]: Int] = [:]
    for problem in report.problems {
      let key = [problem.file, problem.column, problem.value, problem.problem, problem.remedy]
      if let number = numbers[key] {
        groups[number].lines += 1
      } else {
        numbers[key] = groups.count
        groups.append((problem, 1))
      }
    }
    for group in groups.prefix(show) {
      let more = group.lines > 1 ? " (and \(CountText.text(group.lines - 1, "further line")))" : ""
      printNote("vis-meta: \(group.first.text)\(more)")
    }
    let named = Set(report.problems.map { "\($0.file):\($0.line)" }).count
    if groups.count > show || named < report.badRows { printNote("vis-meta: and more (--show)") }
  }

  private func print(_ report: ImportReport) throws {
    if output.json { return printOutput(try JSONText.text(report)) }
    for analysis in report.analyses {
      let content =
        "\(analysis.name): \(CountText.text(analysis.measurements, "measurement")) in "
        + "\(CountText.text(analysis.runs, "test run")), by \(analysis.program)"
      let state =
        switch analysis.state {
        case .present: "was there already; nothing was changed"
        case .added: dryRun ? "would be imported" : "imported"
        }
      printOutput("\(content): \(state)".escapingControlCharacters() + "\n")
    }
    if !report.newQuantities.isEmpty {
      let shown = report.newQuantities.prefix(10).joined(separator: ", ")
      let more = report.newQuantities.count - 10
      printOutput("new quantities: \(shown)\(more > 0 ? " and \(more) more" : "")\n")
    }
    if report.badRows > 0 {
      printOutput("\(report.badRows) of \(report.rows) lines are bad\n")
    }
  }
}
