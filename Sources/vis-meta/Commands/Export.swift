import ArgumentParser
import CommandLineStyle
import Diagnostics
import DurableFiles
import Exchange
import Foundation
import Metatests
import Warehouse

#if canImport(Glibc)
  import Glibc
#endif

/// Results as files for other programs.
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes results for other programs: CSV, JSON lines, ECSV, FITS, Excel.",
    discussion: """
      The long form has a row for each measurement, with all columns of the view results, then \
      camera, serial and program. Numbers have the digits that give the same number again; a \
      value that could not be measured is empty and has its reason. Runs are chosen as by query. \
      With --metatest, the workbook of a metatest is written.

      EXAMPLES:
        vis-meta export --format csv > results.csv
        vis-meta export -q 'bias.*' --block BORN -o born.fits
        vis-meta export --all-runs --format jsonl | gzip > all.jsonl.gz
        vis-meta export -q bias.ron --electrons -o noise.csv
        vis-meta export --metatest MetaBias --format xlsx -o MetaBias.xlsx
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case csv, jsonl, ecsv, fits, xlsx
  }

  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var results: ResultOptions
  @OptionGroup var electrons: ElectronOption
  @Option(
    name: .long,
    help: """
      csv, jsonl, ecsv, fits, or xlsx of a metatest. (default: as the file's name ends; csv on \
      standard output)
      """)
  var format: Format?
  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("The file; - is standard output.", valueName: "file"))
  var path = "-"
  @Flag(name: .long, help: "Leave out the lines of provenance above CSV and JSON lines.")
  var noHeader = false
  @Option(
    name: .long,
    help: ArgumentHelp("The metatest whose workbook is written.", valueName: "name"))
  var metatest: String?
  @OptionGroup var design: DesignOption
  @Flag(name: .long, help: "No progress on standard error.")
  var quiet = false

  func validate() throws {
    if metatest != nil, (format ?? .xlsx) != .xlsx {
      throw ValidationError("a metatest is exported as xlsx; its folder holds the other formats")
    }
    if metatest == nil, format == .xlsx {
      throw ValidationError("xlsx is for --metatest; results have more rows than a sheet: take csv")
    }
    if path == "-", metatest != nil || format == .fits {
      throw ValidationError("name the file to be written with -o")
    }
    if format == nil, metatest == nil, path != "-", ExchangeFormat(path: path) == nil {
      throw ValidationError(
        "the name of the file ends in none of .csv, .jsonl, .ecsv and .fits: give --format")
    }
    if metatest != nil, electrons.electrons {
      throw ValidationError("a metatest's workbook has electrons where there are gains, without --electrons")
    }
    if path.isEmpty { throw ValidationError("the file's name is empty") }
  }

  func run() throws {
    if let metatest { return try writeWorkbook(of: metatest) }
    let named: ExchangeFormat? = path == "-" ? nil : ExchangeFormat(path: path)
    let chosen = format.flatMap { ExchangeFormat(rawValue: $0.rawValue) } ?? named ?? .csv
    let filter = results.filter
    let progress = ProgressLine(isQuiet: quiet)
    var rows = 0
    let check = {
      try CancellationFlag.check()
      rows += 1
      if rows % 10_000 == 0 { progress.update(done: 0, of: 1, "\(rows) rows") }
    }
    let written = try warehouse.with(.reading) { store -> Int in
      try KnownNames.requireQuantities(filter.quantities, in: store)
      let gains = try electrons.gains(of: store, asOf: filter.asOf)
      if let gains, !quiet { electrons.printSources(gains) }
      let header = ExportHeader(
        program: "vison " + ProgramVersion.current,
        warehouse: URL(filePath: warehouse.path).standardizedFileURL.lastPathComponent,
        filter: filterText, gains: gains?.sources)
      if path == "-" {
        return try ResultExport.stream(
          chosen, header, from: store, matching: filter, inElectrons: gains, hasHeader: !noHeader,
          check: check, write: Self.writeToStandardOutput)
      }
      return try ResultExport.write(
        chosen, header, from: store, matching: filter, inElectrons: gains, to: path,
        hasHeader: !noHeader, check: check)
    }
    progress.finish()
    if !quiet { printNote("vis-meta: \(written) rows") }
  }

  /// A reader that goes away ends the export without a word.
  private static func writeToStandardOutput(_ bytes: [UInt8]) throws {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(STDOUT_FILENO, $0.baseAddress?.advanced(by: written), $0.count - written)
      }
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EPIPE { throw CommandEnd(.ok) }
      if count < 0 { throw FileError(action: "write", path: "standard output", errno: errno) }
      written += count
    }
  }

  /// What was asked for, as it could be typed again.
  private var filterText: String {
    let runs = results.runs
    var parts: [String] = []
    func add(_ option: String, _ values: [String]) {
      parts += values.map { "--\(option) \($0)" }
    }
    add("quantity", results.what.quantity)
    add("campaign", runs.campaign)
    add("block", runs.block)
    add("test", runs.test)
    add("session", runs.session)
    add("analysis", runs.analysis)
    add("from", [runs.from?.begin].compactMap { $0 })
    add("to", [runs.to?.end].compactMap { $0 })
    add("taken-from", [runs.takenFrom?.begin].compactMap { $0 })
    add("taken-to", [runs.takenTo?.end].compactMap { $0 })
    add("as-of", [runs.asOf?.end].compactMap { $0 })
    add("verdict", runs.verdict.map(\.rawValue))
    add("flag", runs.flag)
    add("slot", results.slot)
    add("ccd", results.what.ccd)
    add("quadrant", results.what.quadrant)
    add("item", results.what.item)
    add("obsid", results.obsid.map { "\($0.lowerBound)-\($0.upperBound)" })
    add("status", results.status.map(\.rawValue))
    if results.allRuns { parts.append("--all-runs") }
    if electrons.electrons { parts.append("--electrons") }
    return parts.isEmpty
      ? "the run that stands for each block and test" : parts.joined(separator: " ")
  }

  private func writeWorkbook(of name: String) throws {
    let type = try MetatestCatalog.metatest(named: name)
    let (plane, chosen) = try design.plane()
    try warehouse.with(.reading) { store in
      let content = try type.content(
        MetatestInput(
          warehouse: store, plane: plane, design: chosen,
          scope: RunSelector.Scope(
            campaign: results.runs.campaign.first, asOf: results.runs.asOf?.end,
            analyses: results.runs.analysis),
          folder: AtomicFile.folder(of: path)))
      guard let workbook = content.products.first(where: { $0.name.hasSuffix(".xlsx") }) else {
        throw WrongUse(problem: "\(type.name) makes no workbook")
      }
      try workbook.write(path)
    }
  }
}
