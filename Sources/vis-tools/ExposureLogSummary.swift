import ArgumentParser
import Campaign
import CommandLineStyle
import Diagnostics
import Ingest

/// `vis-tools explog`.
struct ExposureLogSummary: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explog",
    abstract: "Summarise exposure logs and name their bad lines.",
    discussion: """
      EXAMPLES
        vis-tools explog data/23_Mar_19/EXP_LOG_230319.txt
        vis-tools explog --strict EXP_LOG_230319.txt EXP_LOG_240319.txt
      """)

  @Argument(help: "Exposure logs.")
  var files: [String]
  @Option(help: "Version of ELVIS that the logs must have; else it is recognised.")
  var elvis: String?
  @ArgumentParser.Flag(help: "Make a bad line an error.")
  var strict = false
  @ArgumentParser.Flag(help: "Print JSON.")
  var json = false

  private struct Result: Encodable {
    struct Test: Encodable {
      let name: String
      let exposures: Int
      let minutes: Double
    }
    let elvis: String
    let entries: Int
    let exposures: Int
    let firstObsID: Int?
    let lastObsID: Int?
    let hours: Double
    let tests: [Test]
    let issues: [String]
  }

  func run() throws {
    let version = try elvis.map { try ElvisVersion.require($0) }
    let options = ExposureLog.Options(version: version, isStrict: strict)
    let log = try ExposureLog.merged(
      files.map { try ExposureLog.read($0, options: options) }, isStrict: strict)
    let summary = log.summary
    let issues = log.issues.map(\.description)
    if json {
      let tests = summary.tests.map {
        Result.Test(name: $0.name, exposures: $0.exposures, minutes: Double($0.seconds) / 60)
      }
      printOutput(
        try JSONText.text(
          Result(
            elvis: log.version.name, entries: summary.entries, exposures: summary.exposures,
            firstObsID: summary.obsids?.lowerBound, lastObsID: summary.obsids?.upperBound,
            hours: summary.hours, tests: tests, issues: issues)))
    } else {
      let range = summary.obsids.map { ", ObsIDs \($0.lowerBound) ... \($0.upperBound)" } ?? ""
      var table = TextTable([
        .init("test"), .init("exposures", .right), .init("duration", unit: "min", .right),
      ])
      for test in summary.tests {
        table.append([test.name, "\(test.exposures)", "\(test.seconds / 60)"])
      }
      printOutput(
        "ELVIS \(log.version.name): \(summary.entries) entries, \(summary.exposures) exposures\(range)\n\n"
          + table.text(for: .current(.output)))
      for issue in issues { printNote(issue) }
    }
    // Scripts can tell by the code that lines were set aside.
    if log.issues.contains(where: { $0.severity == .setAside }) { throw CommandEnd(.failed) }
  }
}
