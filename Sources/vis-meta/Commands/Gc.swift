import ArgumentParser
import CommandLineStyle
import Warehouse

/// Collection of garbage.
struct Gc: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gc",
    abstract: "Shows, and with --apply removes, what can be made again and nobody judged.",
    discussion: """
      Test runs that a later finished run of the same block, test and session replaced, or that \
      were interrupted or killed before such a run; files that a kill left below products; and \
      with --reports the reports, which `vis-meta report --all` makes again. A run with a verdict, \
      the latest run, imported runs, those with a product that was ever certified or that another \
      run has read, and what a living process works on always stay. Without --apply nothing is \
      changed.

      EXAMPLES:
        vis-meta gc
        vis-meta gc --apply
        vis-meta gc --apply --reports
      """)

  @Flag(name: .long, help: "Remove what is listed.")
  var apply = false
  @Flag(name: .long, help: "The reports as well.")
  var reports = false
  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var output: JSONOption

  private struct Answer: Encodable {
    struct Run: Encodable {
      let run: Int64
      let analysis, block, test, session, reason: String
      let measurements: Int
      let products: [String]
      let bytes: Int
    }
    struct File: Encodable {
      let path: String
      let bytes: Int
    }
    let isApplied: Bool
    let runs: [Run]
    let leftovers: [File]
    let reports: [File]
    let bytes: Int
  }

  func run() throws {
    let plan = try warehouse.with(apply ? .writing : .reading) { warehouse in
      let plan = try warehouse.garbagePlan(includingReports: reports)
      return apply ? try warehouse.collectGarbage(plan) : plan
    }
    if output.json {
      func files(_ files: [Leftover]) -> [Answer.File] {
        files.map { Answer.File(path: $0.path, bytes: $0.bytes) }
      }
      let runs = plan.candidates.map {
        Answer.Run(
          run: $0.run.id, analysis: $0.analysis, block: $0.block, test: $0.test,
          session: $0.session, reason: $0.reason.rawValue, measurements: $0.measurements,
          products: $0.products, bytes: $0.productBytes)
      }
      let answer = Answer(
        isApplied: apply, runs: runs, leftovers: files(plan.leftovers),
        reports: files(plan.reports), bytes: plan.bytes)
      return printOutput(try JSONText.text(answer))
    }
    guard !plan.isEmpty else { return printOutput("there is nothing to remove\n") }
    printOutput(Self.text(plan))
    let size = SizeText.text(plan.bytes)
    if apply {
      printOutput("removed; \(size) of files are free, `vis-meta vacuum` frees those of the database\n")
    } else {
      printOutput("\(size) of files; nothing was changed, --apply removes them\n")
    }
  }

  private static func text(_ plan: GarbagePlan) -> String {
    var text = ""
    if !plan.candidates.isEmpty {
      var table = TextTable([
        .init("RUN", .right), .init("BLOCK"), .init("TEST"), .init("SESSION"), .init("ANALYSIS"),
        .init("WHY"), .init("VALUES", .right), .init("PRODUCTS", .right), .init("SIZE", .right),
      ])
      for run in plan.candidates {
        table.append([
          String(run.run.id), run.block, run.test, run.session, run.analysis, run.reason.rawValue,
          String(run.measurements), String(run.products.count), SizeText.text(run.productBytes),
        ])
      }
      text += table.text(for: .current(.output)) + "\n"
    }
    for (title, files) in [("LEFTOVER", plan.leftovers), ("REPORT", plan.reports)]
    where !files.isEmpty {
      var table = TextTable([.init(title), .init("SIZE", .right)])
      for file in files { table.append([file.path, SizeText.text(file.bytes)]) }
      text += table.text(for: .current(.output)) + "\n"
    }
    return text
  }
}
