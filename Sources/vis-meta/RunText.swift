import CommandLineStyle
import Diagnostics
import Metatests
import Reporting

/// A test run as text for a terminal.
enum RunText {
  static func text(_ details: RunDetails, listsInputs: Bool) -> String {
    let run = details.overview
    let serials = details.serials.sorted { $0.key < $1.key }
      .map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    var text = "\(run.block) \(run.test), run \(run.run)".escapingControlCharacters() + "\n\n"
    text += fields([
      ("campaign", run.campaign), ("session", run.session), ("camera", run.camera),
      ("serials", serials), ("ObsIDs", run.obsids ?? "-"),
      ("day folders", details.dayFolders.joined(separator: ", ")), ("state", run.status),
      ("verdict", verdict(details)), ("started", run.started), ("finished", run.finished ?? "-"),
      ("analysis", run.analysis), ("program", details.program), ("host", details.host),
      ("operator", details.operator), ("command", details.command),
      ("configuration", details.configurationDigest), ("inputs", details.inputDigest),
    ])
    text += section(
      "Steps", ["STEP", "STATE", "SECONDS"],
      details.steps.map { [$0.name, $0.status, NumberText.fixed($0.seconds, digits: 2)] })
    text += section(
      "Flags", ["FLAG", "SEVERITY", "STEP", "CAUSE"],
      details.flags.map { [$0.name, $0.severity, $0.step, $0.cause] })
    text += section(
      "Failed checks (\(run.failedChecks) of \(run.checks))",
      ["CHECK", "CCD", "Q", "ITEM", "VALUE", "LOWER", "UPPER", "TEXT"],
      details.failedChecks.map {
        [
          $0.name, $0.ccd ?? "-", $0.quadrant ?? "-", $0.item ?? "-", number($0.value),
          number($0.lower), number($0.upper), $0.text,
        ]
      })
    text += section(
      "Products", ["ROLE", "BYTES", "SHA-256", "PATH"],
      details.products.map { [$0.role, String($0.size), String($0.sha256.prefix(12)), $0.path] })
    if listsInputs {
      text += section(
        "Inputs", ["ROLE", "BYTES", "SHA-256", "PATH"],
        details.inputs.map { [$0.role, String($0.size), String($0.sha256.prefix(12)), $0.path] })
    } else {
      text += "\n\(CountText.text(details.inputs.count, "input file")) (--inputs lists them)\n"
    }
    text += section(
      "Measured values", ["QUANTITY", "VALUES"],
      details.measurements.sorted { $0.key < $1.key }.map { [$0.key, String($0.value)] })
    return text
  }

  private static func verdict(_ details: RunDetails) -> String {
    guard let last = details.verdicts.last else { return "-" }
    return "\(last.state) by \(last.author), \(last.time): \(last.reason)"
  }

  private static func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "-" }

  private static func fields(_ fields: [(String, String)]) -> String {
    fields.map { name, value in
      name + String(repeating: " ", count: max(1, 15 - name.count))
        + (value.isEmpty ? "-" : value.escapingControlCharacters()) + "\n"
    }.joined()
  }

  /// The columns of numbers, which go right.
  private static let numeric: Set = ["SECONDS", "VALUE", "LOWER", "UPPER", "BYTES", "VALUES"]

  private static func section(_ title: String, _ columns: [String], _ rows: [[String]]) -> String {
    guard !rows.isEmpty else { return "\n\(title): none\n" }
    var table = TextTable(columns.map { .init($0, numeric.contains($0) ? .right : .left) })
    for row in rows { table.append(row) }
    return "\n\(title)\n" + table.text()
  }
}
