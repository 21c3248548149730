import CommandLineStyle
import Metatests
import Reporting

/// Compliance as tables, CSV and JSON.
enum ComplianceText {
  // MARK: - Requirements

  static func text(
    _ matrix: ComplianceMatrix, _ format: Requirements.Format, worst: Int
  ) throws -> String {
    switch format {
    case .json: try JSONText.text(matrix)
    case .csv: csv(matrix)
    case .table: table(matrix, worst: worst)
    }
  }

  private static func table(_ matrix: ComplianceMatrix, worst: Int) -> String {
    var text = summary(matrix).text(for: .current(.output))
    for test in matrix.testsWithoutRuns {
      text += "\(test): no block has a usable run\n"
    }
    if !matrix.lines.isEmpty {
      text += "\nBy block: ok, ~n marginal, FAIL n, - not tested, ? not measurable\n"
      text += byBlock(matrix).text(for: .current(.output))
    }
    let offenders = matrix.worst(worst)
    if !offenders.isEmpty {
      text += "\nSmallest margins, in per cent of the limit; failures first\n"
      text += self.offenders(offenders).text(for: .current(.output))
    }
    if !matrix.checks.isEmpty {
      text +=
        "\nChecks of the block tests: failed/all\n"
        + checkTable(matrix).text(for: .current(.output))
    }
    return text
  }

  private static func summary(_ matrix: ComplianceMatrix) -> TextTable {
    var table = TextTable([
      .init("ID"), .init("TEST"), .init("WHAT"), .init("LIMITS"), .init("UNIT"), .init("OUTCOME"),
      .init("PASS", .right), .init("MARGINAL", .right), .init("FAIL", .right),
      .init("NOT TESTED", .right), .init("NOT MEASURABLE", .right), .init("WORST MARGIN", .right),
      .init("%", .right), .init("SIGMA", .right), .init("AT"),
    ])
    for line in matrix.lines {
      table.append([
        line.requirement, line.test, line.title, line.limitText, line.unit, line.verdict,
        String(line.counts.pass), String(line.counts.marginal), String(line.counts.fail),
        String(line.counts.notTested), String(line.counts.notMeasurable),
        number(line.worst?.margin, line.digits), number(line.worst?.marginPercent, 1),
        number(line.worst?.marginSigma, 1), line.worst.map(place) ?? "-",
      ])
    }
    return table
  }

  private static func byBlock(_ matrix: ComplianceMatrix) -> TextTable {
    var table = TextTable(
      [.init("ID"), .init("TEST")] + matrix.blocks.map { TextTable.Column($0) })
    for line in matrix.lines {
      let byBlock = Dictionary(grouping: line.entries, by: \.block)
      table.append(
        [line.requirement, line.test]
          + matrix.blocks.map { sign(.init(byBlock[$0] ?? [])) })
    }
    return table
  }

  /// What a block's amplifiers came to, in a few letters.
  private static func sign(_ counts: ComplianceMatrix.Line.Counts) -> String {
    if counts.fail > 0 { return "FAIL \(counts.fail)" }
    if counts.marginal > 0 { return "~\(counts.marginal)" }
    if counts.pass > 0 {
      return counts.notMeasurable > 0 ? "ok ?\(counts.notMeasurable)" : "ok"
    }
    return counts.notMeasurable > 0 ? "?" : "-"
  }

  private static func offenders(_ offenders: [ComplianceMatrix.Offender]) -> TextTable {
    var table = TextTable([
      .init("ID"), .init("TEST"), .init("AT"), .init("SLOT"), .init("OUTCOME"),
      .init("VALUE", .right), .init("UNCERTAINTY", .right), .init("UNIT"), .init("MARGIN", .right),
      .init("%", .right), .init("SIGMA", .right), .init("RUN", .right),
    ])
    for offender in offenders {
      let entry = offender.entry
      let digits =
        entry.uncertainty.flatMap { $0 > 0 ? NumberText.digits(for: [$0], atLeast: 0) : nil } ?? 3
      table.append([
        offender.requirement, offender.test, place(entry), entry.slot ?? "-",
        entry.outcome.rawValue, number(entry.value, digits), number(entry.uncertainty, digits),
        offender.unit, number(entry.margin, digits), number(entry.marginPercent, 1),
        number(entry.marginSigma, 1), entry.run.map { String($0) } ?? "-",
      ])
    }
    return table
  }

  private static let entryNames = [
    "metatest", "requirement", "test", "kind", "lower", "upper", "unit", "source", "block", "slot",
    "ccd", "quadrant", "flight", "run", "outcome", "value", "uncertainty", "margin",
    "margin_percent", "margin_sigma", "reason",
  ]

  private static func csv(_ matrix: ComplianceMatrix) -> String {
    var rows: [[CSVText.Cell]] = []
    for line in matrix.lines {
      for entry in line.entries {
        rows.append([
          .text(line.metatest), .text(line.requirement), .text(line.test), .text(line.kind),
          cell(line.lower), cell(line.upper), .text(line.unit), .text(line.source),
          .text(entry.block), cell(entry.slot), .text(entry.ccd), .text(entry.quadrant),
          .integer(entry.flight ? 1 : 0), cell(entry.run), .text(entry.outcome.rawValue),
          cell(entry.value), cell(entry.uncertainty), cell(entry.margin),
          cell(entry.marginPercent), cell(entry.marginSigma), cell(entry.reason),
        ])
      }
    }
    return CSVText.text(header: entryNames, rows: rows)
  }

  // MARK: - Checks

  static func checks(_ matrix: ComplianceMatrix, _ format: Requirements.Format) throws -> String {
    switch format {
    case .json: return try JSONText.text(matrix.checks)
    case .csv:
      return CSVText.text(
        header: [
          "campaign", "test", "block", "flight", "run", "analysis", "check", "total", "failed",
        ],
        rows: matrix.checks.flatMap { line in
          line.kinds.map { kind in
            [
              .text(line.campaign), .text(line.test), .text(line.block),
              .integer(line.flight ? 1 : 0), cell(line.run), .text(line.analysis),
              .text(kind.name), .integer(kind.total), .integer(kind.failed),
            ]
          }
        })
    case .table:
      var table = TextTable([
        .init("TEST"), .init("BLOCK"), .init("RUN", .right), .init("CHECK"),
        .init("FAILED", .right), .init("ALL", .right), .init("OUTCOME"),
      ])
      for line in matrix.checks {
        for kind in line.kinds {
          table.append([
            line.test, line.block, String(line.run), kind.name, String(kind.failed),
            String(kind.total), kind.failed > 0 ? "FAIL" : "pass",
          ])
        }
      }
      return table.text(for: .current(.output))
    }
  }

  /// Tests over blocks; where campaigns share a block, a row for each campaign.
  private static func checkTable(_ matrix: ComplianceMatrix) -> TextTable {
    struct Row: Hashable {
      let test, campaign: String
    }
    var rows: [Row] = []
    var cells: [Row: [String: CheckCompliance]] = [:]
    for check in matrix.checks {
      let row = Row(test: check.test, campaign: check.campaign)
      if cells[row] == nil { rows.append(row) }
      cells[row, default: [:]][check.block] = check
    }
    var table = TextTable(
      [.init("TEST"), .init("CAMPAIGN")] + matrix.blocks.map { TextTable.Column($0, .right) }
        + [.init("FAILED CHECKS")])
    for row in rows {
      let own = cells[row] ?? [:]
      var failed: [String: Int] = [:]
      for kind in own.values.flatMap(\.kinds) where kind.failed > 0 {
        failed[kind.name, default: 0] += kind.failed
      }
      table.append(
        [row.test, row.campaign]
          + matrix.blocks.map { block in own[block].map { "\($0.failed)/\($0.total)" } ?? "-" }
          + [
            failed.isEmpty
              ? "none"
              : failed.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
                .joined(separator: ", ")
          ])
    }
    return table
  }

  // MARK: - History

  static func text(_ history: ComplianceHistory, _ format: Requirements.Format) throws -> String {
    switch format {
    case .json: return try JSONText.text(history)
    case .csv:
      return CSVText.text(
        header: [
          "metatest", "requirement", "test", "block", "run", "analysis", "started", "verdict",
          "standing", "pass", "marginal", "fail", "not_tested", "not_measurable",
          "worst_ccd", "worst_quadrant", "worst_value", "worst_margin", "unit",
          "worst_margin_percent", "worst_margin_sigma", "margin_change",
        ],
        rows: history.points.map { point in
          [
            .text(point.metatest), .text(point.requirement), .text(point.test), .text(point.block),
            cell(point.run), .text(point.analysis), .text(point.started), cell(point.verdict),
            .integer(point.standing ? 1 : 0), .integer(point.counts.pass),
            .integer(point.counts.marginal), .integer(point.counts.fail),
            .integer(point.counts.notTested), .integer(point.counts.notMeasurable),
            cell(point.worst?.ccd), cell(point.worst?.quadrant), cell(point.worst?.value),
            cell(point.worst?.margin), .text(point.unit), cell(point.worst?.marginPercent),
            cell(point.worst?.marginSigma), cell(point.marginChange),
          ]
        })
    case .table:
      var table = TextTable([
        .init("ID"), .init("TEST"), .init("BLOCK"), .init("RUN", .right), .init("STARTED"),
        .init("VERDICT"), .init("STANDS"), .init("PASS", .right), .init("MARGINAL", .right),
        .init("FAIL", .right), .init("NO VALUE", .right), .init("WORST MARGIN", .right),
        .init("CHANGE", .right), .init("UNIT"), .init("SIGMA", .right), .init("AT"),
      ])
      for point in history.points {
        let none = point.counts.notTested + point.counts.notMeasurable
        table.append([
          point.requirement, point.test, point.block, String(point.run), point.started,
          point.verdict ?? "-", point.standing ? "yes" : "-", String(point.counts.pass),
          String(point.counts.marginal), String(point.counts.fail), String(none),
          number(point.worst?.margin, 4), number(point.marginChange, 4), point.unit,
          number(point.worst?.marginSigma, 1),
          point.worst.map { "\($0.ccd) \($0.quadrant)" } ?? "-",
        ])
      }
      return table.text(for: .current(.output))
    }
  }

  // MARK: - Cells

  private static func place(_ entry: ComplianceEntry) -> String {
    "\(entry.block) \(entry.ccd) \(entry.quadrant)"
  }

  private static func number(_ value: Double?, _ digits: Int) -> String {
    value.map { NumberText.fixed($0, digits: digits) } ?? "-"
  }

  private static func cell(_ value: Double?) -> CSVText.Cell { value.map { .number($0) } ?? .empty }
  private static func cell(_ value: String?) -> CSVText.Cell { value.map { .text($0) } ?? .empty }
  private static func cell(_ value: Int64?) -> CSVText.Cell {
    value.flatMap { Int(exactly: $0) }.map { .integer($0) } ?? .empty
  }
}
