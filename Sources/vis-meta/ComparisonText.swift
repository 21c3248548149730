import CommandLineStyle
import Diagnostics
import Metatests
import Reporting
import Warehouse

/// A comparison as text for a terminal, and as CSV.
enum ComparisonText {
  static func text(_ comparison: Comparison, _ rows: [ComparisonRow]) -> String {
    var text = "left   \(side(comparison.left))\nright  \(side(comparison.right))\n"
    let by = comparison.pairing.map(\.rawValue).sorted().joined(separator: ", ")
    text +=
      CountText.text(comparison.pairs.count, "pair") + " of runs"
      + (comparison.pairs.count == 1 || by.isEmpty ? "" : " by \(by)") + "; \(comparison.equal) "
      + "values are equal, \(comparison.differences.count) differ\n"
    text += alone("only on the left", comparison.onlyLeft)
    text += alone("only on the right", comparison.onlyRight)
    if !comparison.superseded.isEmpty {
      let runs = comparison.superseded.map { String($0.id) }
      text += "not looked at, for later runs of the same name: \(runs.joined(separator: ", "))\n"
    }
    text += "note: \(comparison.provenance.independence)\n"
    text += changes(comparison)
    text += summary(comparison)
    text += differences(comparison, rows)
    return text
  }

  private static func side(_ side: ComparisonSide) -> String {
    let blocks = Set(side.runs.map(\.block)).sorted()
    let tests = Set(side.runs.map(\.test)).sorted()
    func few(_ names: [String]) -> String {
      names.prefix(4).joined(separator: " ")
        + (names.count > 4 ? " and \(names.count - 4) more" : "")
    }
    let runs = side.runs.count == 1 ? "run \(side.runs[0].key.id)" : "\(side.runs.count) runs"
    return "\(side.text): \(runs), \(few(blocks)), \(few(tests))".escapingControlCharacters()
  }

  private static func alone(_ words: String, _ runs: [StoredTestRun]) -> String {
    guard !runs.isEmpty else { return "" }
    let named = runs.prefix(12).map { "\($0.key.id) (\($0.block) \($0.test))" }
    return
      ("\(words): runs " + named.joined(separator: ", ")
      + (runs.count > 12 ? " and \(runs.count - 12) more" : "")).escapingControlCharacters() + "\n"
  }

  private static func changes(_ comparison: Comparison) -> String {
    let made = comparison.provenance
    func section(_ title: String, _ changes: [ProvenanceDifference.Change]) -> String {
      guard !changes.isEmpty else { return "" }
      var table = TextTable([
        .init("WHAT"), .init("LEFT"), .init("RIGHT"), .init("PAIRS", .right),
      ])
      for change in changes.prefix(40) {
        table.append([
          TextTable.clipped(change.what, to: 60), TextTable.clipped(change.left ?? "-", to: 40),
          TextTable.clipped(change.right ?? "-", to: 40), String(change.pairs),
        ])
      }
      return "\n\(title)\n" + table.text(for: .current(.output))
        + (changes.count > 40 ? "and \(changes.count - 40) more\n" : "")
    }
    return section("Program", made.program) + section("Configuration", made.configuration)
  }

  private static func summary(_ comparison: Comparison) -> String {
    let shown = comparison.summaries.filter {
      $0.changed + $0.lost + $0.gained + $0.onlyLeft + $0.onlyRight > 0
    }
    let equal = comparison.summaries.count - shown.count
    guard !shown.isEmpty else { return "" }
    var table = TextTable([
      .init("QUANTITY"), .init("VALUES", .right), .init("CHANGED", .right),
      .init(comparison.limit.map { "> \(number($0)) σ" } ?? "MOVED", .right),
      .init("NO SIGMA", .right), .init("LOST", .right), .init("GAINED", .right),
      .init("ONLY LEFT", .right), .init("ONLY RIGHT", .right), .init("LARGEST σ", .right),
      .init("MEDIAN SHIFT", .right), .init("UNIT"), .init("PULL WIDTH", .right),
    ])
    for one in shown {
      table.append([
        one.quantity, String(one.compared), String(one.changed), String(one.moved),
        String(one.unjudged), String(one.lost), String(one.gained), String(one.onlyLeft),
        String(one.onlyRight), number(one.largest), number(one.medianShift), one.unit,
        number(one.pullWidth),
      ])
    }
    return "\nQuantities\n" + table.text(for: .current(.output))
      + (equal > 0 ? "\(equal) quantities are equal in all their places\n" : "")
  }

  private static func differences(_ comparison: Comparison, _ rows: [ComparisonRow]) -> String {
    guard !rows.isEmpty else { return "" }
    let names = [
      "BLOCK", "SLOT", "TEST", "CCD", "Q", "OBSID", "ITEM", "QUANTITY", "LEFT", "RIGHT",
      "DIFFERENCE", "SIGMA", "SIGNIFICANCE", "UNIT", "STATE",
    ]
    let lines = rows.map { row -> [String] in
      let place = [
        row.block, row.slot.value ?? "", row.test, row.ccd.value ?? "", row.quadrant.value ?? "",
        row.obsid.value.map(String.init) ?? "", row.item.value ?? "", row.quantity,
      ]
      let errors = [row.leftUncertainty.value, row.rightUncertainty.value, row.sigma.value]
        .compactMap(\.self).filter { $0 > 0 }
      let digits = errors.isEmpty ? nil : NumberText.digits(for: errors, atLeast: 0)
      func fixed(_ value: Double?) -> String? {
        value.map { value in
          digits.map { NumberText.fixed(value, digits: $0) } ?? number(value)
        }
      }
      let note = row.note.value.map { "\(row.state): \($0)" } ?? row.state
      return place + [
        fixed(row.left.value) ?? row.leftReason.value.map { TextTable.clipped($0, to: 30) } ?? "",
        fixed(row.right.value) ?? row.rightReason.value.map { TextTable.clipped($0, to: 30) } ?? "",
        fixed(row.difference.value) ?? "", fixed(row.sigma.value) ?? "",
        number(row.significance.value), row.unit, note,
      ]
    }
    let used = names.indices.filter { index in lines.contains { !$0[index].isEmpty } }
    let right: Set<String> = ["OBSID", "LEFT", "RIGHT", "DIFFERENCE", "SIGMA", "SIGNIFICANCE"]
    var table = TextTable(
      used.map { .init(names[$0], right.contains(names[$0]) ? .right : .left) })
    for line in lines { table.append(used.map { line[$0].isEmpty ? "-" : line[$0] }) }
    let hidden = comparison.differences.count - rows.count
    return "\nDifferences (right − left)\n" + table.text(for: .current(.output))
      + (hidden > 0 ? "and \(hidden) more (--limit 0 shows all)\n" : "")
  }

  private static func number(_ value: Double?) -> String {
    value.map { Figures.short($0) } ?? "-"
  }

  // MARK: - CSV

  static let names = [
    "campaign", "block", "slot", "test", "session", "left_run", "right_run", "quantity", "unit",
    "ccd", "quadrant", "obsid", "item", "left", "left_uncertainty", "left_reason", "right",
    "right_uncertainty", "right_reason", "difference", "relative", "sigma", "significance", "state",
    "note",
  ]

  static func cells(_ row: ComparisonRow) -> [CSVText.Cell] {
    func text(_ text: OrNull<String>) -> CSVText.Cell { text.value.map { .text($0) } ?? .empty }
    func number(_ value: OrNull<Double>) -> CSVText.Cell {
      value.value.map { .number($0) } ?? .empty
    }
    func run(_ run: Int64) -> CSVText.Cell { Int(exactly: run).map { .integer($0) } ?? .empty }
    return [
      .text(row.campaign), .text(row.block), text(row.slot), .text(row.test), .text(row.session),
      run(row.leftRun), run(row.rightRun), .text(row.quantity), .text(row.unit), text(row.ccd),
      text(row.quadrant), row.obsid.value.map { .integer($0) } ?? .empty, text(row.item),
      number(row.left), number(row.leftUncertainty), text(row.leftReason), number(row.right),
      number(row.rightUncertainty), text(row.rightReason), number(row.difference),
      number(row.relative), number(row.sigma), number(row.significance), .text(row.state),
      text(row.note),
    ]
  }
}
