import CommandLineStyle
import Diagnostics
import Metatests

/// Traces as text for a terminal: indented, one fact a line.
enum TraceText {
  // MARK: - Back

  static func text(_ trace: BackwardTrace) -> String {
    var text = "back from \(trace.subject)\n".escapingLines()
    for note in trace.notes { text += line("note", note) }
    for value in trace.values { text += self.text(value) }
    if trace.moreValues > 0 { text += "\n\(trace.moreValues) more values (--limit)\n" }
    if !trace.products.isEmpty { text += "\nproducts\n" + files(trace.products) }
    for run in trace.runs { text += self.text(run) }
    return text
  }

  private static func text(_ value: TracedValue) -> String {
    let unit = value.unit.isEmpty ? "" : " \(value.unit)"
    let number: String
    if let measured = value.value {
      let error = value.uncertainty.map { " ± \($0)" } ?? ""
      let count = value.count.map { ", \($0) samples" } ?? ""
      number = "\(measured)\(error)\(unit)\(count)"
    } else {
      number = "none: \(value.reason ?? "")"
    }
    let place = [
      value.ccd, value.quadrant, value.obsid.map { "ObsID \($0)" }, value.item,
      value.slot.map { "at \($0)" },
    ].compactMap(\.self).joined(separator: " ")
    return "\n" + line("value", number, indent: 0)
      + line("quantity", "\(value.quantity) \(place)".trimmed)
      + line("meaning", value.meaning) + line("run", String(value.run))
      + line("reference", value.reference) + line("everywhere", value.stableReference)
  }

  private static func text(_ run: TracedRun) -> String {
    let before = run.depth == 0 ? "" : ", \(CountText.text(run.depth, "product")) before"
    var text = "\nrun \(run.run): \(run.block) \(run.test)\(before)\n".escapingLines()
    let serials = run.serials.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    let libraries = run.libraries.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    text += line("campaign", "\(run.campaign), session \(run.session), camera \(run.camera)")
    text += line("serials", serials.isEmpty ? "-" : serials.joined(separator: ", "))
    text += line("state", "\(run.status), \(run.started) to \(run.finished ?? "-")")
    text += line("analysis", "\(run.analysis), \(run.ulid)")
    text += line("program", run.program)
    text += line("libraries", libraries.joined(separator: ", "))
    text += line("command", run.command)
    text += line("by", (run.operator.isEmpty ? "-" : run.operator) + " on \(run.host)")
    text += line("configuration", run.configurationSHA256)
    if let configuration = run.configuration {
      text += configuration.split(separator: "\n", omittingEmptySubsequences: false)
        .map { "    | \($0)".escapingControlCharacters() + "\n" }.joined()
    }
    text += line(
      "steps",
      run.steps.map { $0.status == "finished" ? $0.name : "\($0.name) (\($0.status))" }
        .joined(separator: ", "))
    for verdict in run.verdicts {
      text += line(
        "verdict", "\(verdict.state) by \(verdict.author), \(verdict.time): \(verdict.reason)")
    }
    for flag in run.flags {
      text += line("flag", "\(flag.name) (\(flag.severity), \(flag.step)): \(flag.cause)")
    }
    let failed = run.checks.filter { !$0.passed }
    text += line("checks", "\(run.checks.count) touch it, \(failed.count) of them failed")
    for check in failed {
      let place = [check.ccd, check.quadrant, check.obsid.map { String($0) }, check.item]
        .compactMap(\.self).joined(separator: " ")
      text += line(
        "failed",
        "\(check.name) \(place): \(check.value.map { "\($0)" } ?? "no value") in "
          + "\(check.lower.map { "\($0)" } ?? "-")...\(check.upper.map { "\($0)" } ?? "-") "
          + check.text)
    }
    let direct = run.inputs.filter(\.isDirect)
    text += line("inputs", run.inputsSHA256 + " over all \(run.inputs.count)")
    text += files(direct)
    if direct.count < run.inputs.count {
      text += line("", "and \(run.inputs.count - direct.count) of other detectors (--json)")
    }
    let products = run.products.filter(\.isDirect)
    if !products.isEmpty { text += line("made", "") + files(products) }
    return text
  }

  private static func files(_ files: [TracedFile]) -> String {
    guard !files.isEmpty else { return "" }
    let isChecked = files.contains { $0.state != nil }
    var columns: [TextTable.Column] = [
      .init("  ROLE"), .init("OBSID", .right), .init("CCD"), .init("BYTES", .right),
      .init("SHA-256"),
    ]
    if isChecked { columns.append(.init("NOW")) }
    var table = TextTable(columns + [.init("MADE BY"), .init("PATH")])
    for file in files {
      var row = [
        "  " + file.role, file.obsid.map { String($0) } ?? "-", file.ccd ?? "-",
        String(file.size), file.sha256,
      ]
      if isChecked { row.append(file.state?.rawValue ?? "-") }
      let maker = [file.madeBy.map { "run \($0)" }, file.step].compactMap(\.self)
      table.append(row + [maker.isEmpty ? "-" : maker.joined(separator: " "), file.path])
    }
    return table.text()
  }

  // MARK: - Forward

  static func text(_ trace: ForwardTrace) -> String {
    var text = "forward from \(trace.subject)\n".escapingLines() + files(trace.files)
    let stale = trace.stale
    text += """

      if it is withdrawn, these become stale: \(CountText.text(stale.runs, "run")) \
      (\(stale.standing) of them standing for a block), \
      \(CountText.text(stale.measurements, "value")), \
      \(CountText.text(stale.products, "product")), \
      \(CountText.text(stale.reports, "report file")), \
      \(CountText.text(stale.metatests, "metatest"))

      """
    for run in trace.runs {
      let verdict = run.verdict.map { ", \($0)" } ?? ""
      let standing = run.standing ? ", stands for its block" : ""
      let before = run.depth == 0 ? "" : ", \(CountText.text(run.depth, "product")) on"
      text +=
        "\nrun \(run.run): \(run.block) \(run.test), \(run.status)\(verdict)\(standing)\(before)\n"
        .escapingLines()
      text += line("analysis", "\(run.analysis), \(run.started)")
      for path in run.reads { text += line("reads", path) }
      let counts = run.measurements.sorted { $0.key < $1.key }
      let named = counts.prefix(6).map { "\($0.key) \($0.value)" }
      let more = counts.count - named.count
      text += line(
        "values",
        "\(counts.reduce(0) { $0 + $1.value }): " + named.joined(separator: ", ")
          + (more > 0 ? ", and \(more) more by name (--json)" : ""))
      for product in run.products { text += line("product", product.path) }
      if let first = run.reports.first {
        let folder = first.split(separator: "/").prefix(4).joined(separator: "/")
        text += line("report", "\(CountText.text(run.reports.count, "file")) below \(folder)")
      }
    }
    for metatest in trace.metatests {
      let runs = metatest.runs.map { String($0) }.joined(separator: ", ")
      text += "\n\(metatest.name): run\(metatest.runs.count == 1 ? "" : "s") \(runs)\n"
      text += line("known from", metatest.basis)
      text += line("files", "\(metatest.files.count) below reports/\(metatest.name)")
    }
    return text
  }

  // MARK: - Lines

  private static func line(_ name: String, _ text: String, indent: Int = 2) -> String {
    let start = String(repeating: " ", count: indent) + name
    let gap = String(repeating: " ", count: max(1, 17 - start.count))
    return (start + gap + text).escapingControlCharacters().trimmedAtEnd + "\n"
  }
}

extension String {
  /// Control characters as escapes, but the end of line.
  fileprivate func escapingLines() -> String {
    split(separator: "\n", omittingEmptySubsequences: false)
      .map { String($0).escapingControlCharacters() }.joined(separator: "\n")
  }

  fileprivate var trimmed: String {
    split(separator: " ").joined(separator: " ")
  }

  fileprivate var trimmedAtEnd: String {
    var result = self
    while result.last == " " { result.removeLast() }
    return result
  }
}
