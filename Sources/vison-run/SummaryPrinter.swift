import BlockTests
import Campaign
import CommandLineStyle
import Diagnostics
import Foundation

/// Prints what a run did, for people or as JSON.
enum SummaryPrinter {
  private struct Entry: Encodable {
    var test: String
    var seconds: Double
    var firstObsid: Int?
    var lastObsid: Int?
    var flags: [String]
    var failedChecks: Int
    var error: String?
    var products: [String]
  }

  private struct WaitSummary: Encodable {
    let event = "summary"
    var end: String
    var tests: [Entry]
    var earlier: [WaitOutcome.Open]
    var open: [WaitOutcome.Open]
  }

  /// What a waiting run did: as JSON one line, the last of its events.
  static func print(_ outcome: WaitOutcome, asJSON: Bool, isQuiet: Bool) throws {
    if asJSON {
      let end =
        switch outcome.end {
        case .allDone: "all-done"
        case .timedOut: "timed-out"
        case .interrupted: "interrupted"
        }
      printOutput(
        try JSONText.line(
          WaitSummary(
            end: end, tests: outcome.summary.entries.map(entry), earlier: outcome.earlier,
            open: outcome.open)))
      return
    }
    try print([outcome.summary], asJSON: false, isQuiet: isQuiet)
    guard !isQuiet else { return }
    let terminal = Terminal.current(.output)
    if !outcome.earlier.isEmpty || !outcome.open.isEmpty { Swift.print() }
    for test in outcome.earlier {
      Swift.print("\(test.test): done before, \(test.text)".escapingControlCharacters())
    }
    for test in outcome.open {
      Swift.print(
        "\(test.test): \(terminal.styled("not run", .yellow)), "
          + test.text.escapingControlCharacters())
    }
  }

  private static func entry(_ entry: ExecutionSummary.Entry) -> Entry {
    Entry(
      test: entry.test, seconds: entry.seconds, firstObsid: entry.obsids?.lowerBound,
      lastObsid: entry.obsids?.upperBound, flags: (entry.flags ?? []).map(\.name),
      failedChecks: entry.failedChecks, error: entry.error, products: entry.products)
  }

  static func print(_ summaries: [ExecutionSummary], asJSON: Bool, isQuiet: Bool) throws {
    if asJSON {
      let entries = summaries.flatMap(\.entries).map(entry)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      Swift.print(String(decoding: try encoder.encode(entries), as: UTF8.self))
      return
    }
    guard !isQuiet else { return }
    let terminal = Terminal.current(.output)
    for summary in summaries {
      for line in summary.header { Swift.print(line.escapingControlCharacters()) }
      for entry in summary.entries {
        let state: String
        if entry.error != nil {
          let isStopped = entry.exitCode == .interrupted || entry.exitCode == .terminated
          state =
            isStopped
            ? terminal.styled("interrupted", .yellow)
            : terminal.styled("FAILED", .red) + " (see the message above)"
        } else if entry.failedChecks > 0 || !(entry.flags ?? []).isEmpty {
          state = terminal.styled("out of limits", .yellow)
        } else {
          state = terminal.styled("ok", .green)
        }
        let seconds = String(format: "%.1f", entry.seconds)
        let range = entry.obsids.map { "\($0.lowerBound)-\($0.upperBound)" } ?? "none"
        Swift.print("\n\(entry.test): \(state), \(seconds) s, ObsIDs \(range)")
        if let flags = entry.flags, !flags.isEmpty {
          Swift.print("  flags: \(flags.map(\.name).joined(separator: ", "))")
        }
        if entry.failedChecks > 0 { Swift.print("  checks failed: \(entry.failedChecks)") }
        let figures = entry.products.filter { $0.contains("/figures/") }
        for product in entry.products where !figures.contains(product) {
          Swift.print("  \(product)")
        }
        if !figures.isEmpty { Swift.print("  and \(figures.count) figures beside the report") }
      }
    }
  }
}
