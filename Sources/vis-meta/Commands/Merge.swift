import ArgumentParser
import CommandLineStyle
import Diagnostics
import DurableFiles
import Warehouse

/// Warehouses made elsewhere.
struct Merge: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Brings in the results of warehouses that were made elsewhere.",
    discussion: """
      Analyses are known by their ULID, runs by block, test and session: merging again adds only \
      what is new. Products are copied and compared with their SHA-256 first, then all rows of a \
      shard go in at once: of each shard all comes, or nothing. Runs that are not finished there \
      are left and named; they come with a later merge. Conflicts are listed with both sides and \
      what to do, and nothing of that shard is stored. A shard of an earlier schema is read from a \
      migrated copy; none is ever changed. Without a warehouse, one is made as by `init`. Ends with \
      1 where a shard was not merged.

      EXAMPLES:
        vis-meta merge /data/node1/warehouse /data/node2/warehouse
        vis-meta merge --dry-run job-*/warehouse
      """)

  @Argument(help: ArgumentHelp("The other warehouses' folders.", valueName: "shard"))
  var shards: [String]
  @Flag(name: .long, help: "Only say what would be done.")
  var dryRun = false
  @OptionGroup var design: DesignOption
  @OptionGroup var warehouse: WarehouseOptions
  @OptionGroup var output: JSONOption

  private struct Answer: Encodable {
    struct Left: Encodable {
      private enum Key: String, CodingKey {
        case analysis, reason, remedy, run
      }
      let analysis: String
      let run: String?
      let reason, remedy: String

      func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        try object.encode(analysis, forKey: .analysis)
        try object.encode(reason, forKey: .reason)
        try object.encode(remedy, forKey: .remedy)
        try object.encode(run, forKey: .run)
      }
    }
    struct Conflict: Encodable {
      let analysis, kind, remedy, text: String
    }
    struct Failure: Encodable {
      private enum Key: String, CodingKey {
        case code, message, place, remedy
      }
      let code, message: String
      let place, remedy: String?

      func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        try object.encode(code, forKey: .code)
        try object.encode(message, forKey: .message)
        try object.encode(place, forKey: .place)
        try object.encode(remedy, forKey: .remedy)
      }
    }
    struct Renamed: Encodable {
      let analysis, name: String
    }
    let shard: String
    var isApplied = false
    var added: [String] = []
    var extended: [String] = []
    var present: [String] = []
    var renamed: [Renamed] = []
    var left: [Left] = []
    var conflicts: [Conflict] = []
    var testRuns = 0
    var measurements = 0
    var products = 0
    var verdicts = 0
    var certifications = 0
    var error: Failure?

    private enum Key: String, CodingKey {
      case added, certifications, conflicts, error, extended, isApplied, left, measurements, present, products
      case renamed, shard, testRuns, verdicts
    }

    func encode(to encoder: any Encoder) throws {
      var object = encoder.container(keyedBy: Key.self)
      try object.encode(added, forKey: .added)
      try object.encode(certifications, forKey: .certifications)
      try object.encode(conflicts, forKey: .conflicts)
      try object.encode(error, forKey: .error)
      try object.encode(extended, forKey: .extended)
      try object.encode(isApplied, forKey: .isApplied)
      try object.encode(left, forKey: .left)
      try object.encode(measurements, forKey: .measurements)
      try object.encode(present, forKey: .present)
      try object.encode(products, forKey: .products)
      try object.encode(renamed, forKey: .renamed)
      try object.encode(shard, forKey: .shard)
      try object.encode(testRuns, forKey: .testRuns)
      try object.encode(verdicts, forKey: .verdicts)
    }
  }

  func run() throws {
    guard !shards.isEmpty else { throw WrongUse(problem: "there is no shard") }
    if !dryRun, !WarehouseMaker.isThere(warehouse.path) {
      try WarehouseMaker.make(warehouse.path, design: design)
      printNote("vis-meta: a new warehouse was made: \(warehouse.path)")
    }
    let progress = ProgressLine(isQuiet: output.json)
    var answers: [Answer] = []
    var end = Diagnostics.ExitCode.ok
    try warehouse.with(dryRun ? .reading : .writing) { warehouse in
      for shard in shards {
        try CancellationFlag.check()
        var answer = Answer(shard: shard)
        do {
          let report = try warehouse.merge(shard: shard, dryRun: dryRun) { done, total, path in
            try CancellationFlag.check()
            progress.update(done: done, of: total, path)
          }
          Self.fill(&answer, from: report)
          if !report.conflicts.isEmpty { end = .failed }
        } catch let error as CancellationFlag.Interruption {
          throw error
        } catch let error as any DiagnosedError {
          answer.error = Answer.Failure(
            code: error.code, message: error.problem, place: error.place, remedy: error.remedy)
          if end == .ok { end = error.exitCode }
        }
        progress.finish()
        if !output.json { show(answer) }
        answers.append(answer)
      }
    }
    if output.json { printOutput(try JSONText.text(answers)) }
    if end != .ok { throw CommandEnd(end) }
  }

  private static func fill(_ answer: inout Answer, from report: MergeReport) {
    answer.isApplied = report.isApplied
    (answer.added, answer.extended) = (report.added, report.extended)
    answer.present = report.present
    (answer.testRuns, answer.measurements) = (report.testRuns, report.measurements)
    (answer.products, answer.verdicts) = (report.products, report.verdicts)
    answer.certifications = report.certifications
    answer.renamed = report.renamed.map { Answer.Renamed(analysis: $0.analysis, name: $0.name) }
    answer.left = report.left.map {
      Answer.Left(
        analysis: $0.analysis, run: $0.run, reason: $0.reason.rawValue, remedy: $0.reason.remedy)
    }
    answer.conflicts = report.conflicts.map {
      Answer.Conflict(
        analysis: $0.analysis, kind: $0.kind.rawValue, remedy: $0.kind.remedy, text: $0.text)
    }
  }

  private func show(_ answer: Answer) {
    let shard = answer.shard.escapingControlCharacters()
    if let error = answer.error {
      var line = "\(shard): not merged: error[\(error.code)]: \(error.message)"
      if let place = error.place { line += " (\(place))" }
      if let remedy = error.remedy { line += ": \(remedy)" }
      return printOutput(line.escapingControlCharacters() + "\n")
    }
    if !answer.conflicts.isEmpty {
      printOutput("\(shard): not merged, \(answer.conflicts.count) conflicts\n")
    } else {
      let counts =
        "\(answer.added.count) analyses new, \(answer.extended.count) with further runs, "
        + "\(answer.present.count) here already; \(answer.products) products"
      let done =
        "\(answer.testRuns) runs, \(answer.measurements) values, \(answer.verdicts) later verdicts, "
        + "\(answer.certifications) certifications"
      printOutput("\(shard): \(answer.isApplied ? "merged" : "would merge"): \(counts)")
      printOutput(answer.isApplied ? "; \(done)\n" : "\n")
    }
    if !answer.conflicts.isEmpty {
      var table = TextTable([.init("CONFLICT"), .init("ANALYSIS"), .init("WHAT"), .init("REMEDY")])
      for conflict in answer.conflicts {
        table.append([conflict.kind, conflict.analysis, conflict.text, conflict.remedy])
      }
      printOutput(table.text(for: .current(.output)))
    }
    if !answer.renamed.isEmpty {
      var table = TextTable([.init("RENAMED"), .init("HERE"), .init("WHY")])
      for renamed in answer.renamed {
        table.append([renamed.analysis, renamed.name, "another analysis has its name here"])
      }
      printOutput(table.text(for: .current(.output)))
    }
    if !answer.left.isEmpty {
      var table = TextTable([.init("LEFT"), .init("ANALYSIS"), .init("RUN"), .init("REMEDY")])
      for left in answer.left {
        table.append([left.reason, left.analysis, left.run ?? "-", left.remedy])
      }
      printOutput(table.text(for: .current(.output)))
    }
  }
}
