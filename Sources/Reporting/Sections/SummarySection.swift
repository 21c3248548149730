import Campaign
import LatexReport
import Warehouse

/// The second page: flags with their causes, checks, and the numbers that matter.
enum SummarySection {
  static func parts(_ data: TestRunData, headline: [ReportPart]) -> [ReportPart] {
    [.section(1, "Summary", label: "summary")] + flags(data) + checks(data) + headline
      + failures(data)
  }

  // MARK: - Flags

  private static func flags(_ data: TestRunData) -> [ReportPart] {
    guard !data.flags.isEmpty else {
      return [.paragraph([.status(.pass, "No flag was raised.")])]
    }
    // A flag with many causes shows the first ones here; the log lines of its step show all.
    let shown = 6
    var rows: [[Document.Table.Cell]] = []
    var rules: Set<Int> = []
    var names: [String] = []
    for flag in data.flags where !names.contains(flag.flag.name) { names.append(flag.flag.name) }
    for name in names {
      let raised = data.flags.filter { $0.flag.name == name }
      for (index, flag) in raised.prefix(shown).enumerated() {
        rows.append([
          index == 0 ? .status(status(flag.flag.severity), name) : "",
          .words(flag.subtask), .words(flag.flag.cause),
        ])
      }
      if raised.count > shown {
        rows.append(["", "", .words("and \(raised.count - shown) more causes")])
      }
      rules.insert(rows.count)
    }
    let meanings = names.compactMap { name in
      Flag(name: name).map { "\(name): \($0.meaning)" }
    }
    return [
      .table(
        Document.Table(
          [
            .init("Flag"), .init("Step"),
            .init("Cause", .wrapped(share: 0.62)),
          ], rows: rows, caption: "Flags on", label: "table:flags",
          note: .init(meanings.joined(separator: " ")), rulesAfter: rules))
    ]
  }

  private static func status(_ severity: FlagRecord.Severity) -> Document.Status {
    switch severity {
    case .error: .fail
    case .warning: .warning
    case .note: .missing
    }
  }

  // MARK: - Checks

  private static func checks(_ data: TestRunData) -> [ReportPart] {
    guard !data.checks.isEmpty else { return [.paragraph("No check was made.")] }
    let names = checkNames(data.checks)
    let rows = names.map { name -> [Document.Table.Cell] in
      let mine = data.checks.filter { $0.name == name }
      let failed = mine.filter { !$0.passed }
      return [
        failed.isEmpty ? .status(.pass, "pass") : .status(.fail, "FAIL"),
        .words(CheckNames.facts(name).title),
        .text("\(mine.count - failed.count) of \(mine.count)"),
        .words(failed.isEmpty ? "" : places(failed)),
      ]
    }
    return [
      .table(
        Document.Table(
          [
            .init("Status"), .init("Check", .wrapped(share: 0.36)), .init("Passed", .right),
            .init("Failed", .wrapped(share: 0.36)),
          ], rows: rows, caption: "Checks", label: "table:checks", pagination: .unbroken))
    ]
  }

  private static func failures(_ data: TestRunData) -> [ReportPart] {
    let failed = data.checks.filter { !$0.passed }
    return failed.isEmpty ? [] : [.table(details(failed))]
  }

  static func checkNames(_ checks: [StoredCheck]) -> [String] {
    var names: [String] = []
    for check in checks where !names.contains(check.name) { names.append(check.name) }
    return names
  }

  private static func details(_ failed: [StoredCheck]) -> Document.Table {
    let shown = 40
    let rows = failed.prefix(shown).map { check -> [Document.Table.Cell] in
      let facts = CheckNames.facts(check.name)
      return [
        .status(.fail, place(check)), .words(facts.title),
        .value(check.value, digits: facts.digits, reason: "none"),
        .words(limits(check, digits: facts.digits)),
        .words(clipped(check.text, to: 160)),
      ]
    }
    return Document.Table(
      [
        .init("Where"), .init("Check", .wrapped(share: 0.2)), .init("Mean", .right),
        .init("Limits"), .init("Exposures that failed", .wrapped(share: 0.34)),
      ], rows: rows, caption: "Failed checks",
      label: "table:failed",
      note: failed.count > shown
        ? "\(failed.count - shown) more are in the compliance matrices."
        : "A check fails if one exposure fails, so that the mean can lie within the limits.",
      size: .footnote)
  }

  static func limits(_ check: StoredCheck, digits: Int) -> String {
    func text(_ value: Double?) -> String {
      value.map { NumberText.fixed($0, digits: digits) } ?? "–"
    }
    if check.lower == nil && check.upper == nil { return "none" }
    return "\(text(check.lower)) … \(text(check.upper))"
  }

  private static func places(_ checks: [StoredCheck]) -> String {
    let shown = 6
    let names = checks.prefix(shown).map(place)
    return names.joined(separator: ", ")
      + (checks.count > shown ? " and \(checks.count - shown) more" : "")
  }

  private static func place(_ check: StoredCheck) -> String {
    let words = [check.place.detector, check.place.amplifier, check.place.item].compactMap { $0 }
    return words.isEmpty ? "whole test" : words.joined(separator: " ")
  }

  /// A text of at most so many characters, with a mark where it was cut: after an item of a list where it is one, so that no
  /// number loses its last digits.
  static func clipped(_ text: String, to count: Int) -> String {
    guard text.count > count else { return text }
    let kept = text.prefix(count)
    guard let comma = kept.lastIndex(of: ",") else { return "\(kept)…" }
    return "\(kept[...comma]) …"
  }
}
