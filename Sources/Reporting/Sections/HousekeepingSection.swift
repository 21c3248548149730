import LatexReport
import Plots
import Warehouse

/// House-keeping: the checked keys against their limits, and small plots against time.
enum HousekeepingSection {
  static func parts(_ data: TestRunData, footer: String) -> [ReportPart] {
    let checks = data.checks.filter { $0.name == "hk_performance" || $0.name == "hk_safe" }
    let measured = data.measuredQuantities.filter { $0.hasPrefix("hk.") }
    var parts: [ReportPart] = [.section(2, "House-keeping", label: "hk")]
    guard !checks.isEmpty || !measured.isEmpty else {
      return parts + [
        .node(
          .remark(.missing, "There is no house-keeping for this test: nothing was read or checked.")
        )
      ]
    }
    var keys: [String] = []
    for check in checks {
      if let key = check.place.item, !keys.contains(key) { keys.append(key) }
    }
    parts += outcome(checks)
    if !keys.isEmpty { parts.append(.table(table(keys, checks, data))) }
    let plotted = keys.isEmpty ? measured.map { String($0.dropFirst(3)) } : keys
    return parts + plots(plotted, checks, data, footer: footer)
  }

  private static func outcome(_ checks: [StoredCheck]) -> [ReportPart] {
    [("hk_performance", "Performance"), ("hk_safe", "Safe")].map { name, title in
      let mine = checks.filter { $0.name == name }
      let failed = mine.filter { !$0.passed }.compactMap(\.place.item)
      var text: Document.Text = [.bold("\(title) limits: ")]
      if mine.isEmpty {
        text += [.status(.missing, "not checked")]
      } else if failed.isEmpty {
        text += [.status(.pass, "all \(mine.count) keys pass")]
      } else {
        text += [
          .status(.fail, "\(failed.count) of \(mine.count) keys fail: "),
          .bold(failed.joined(separator: ", ")),
        ]
      }
      return .paragraph(text)
    }
  }

  private static func table(
    _ keys: [String], _ checks: [StoredCheck], _ data: TestRunData
  ) -> Document.Table {
    func cell(_ name: String, _ key: String) -> [Document.Table.Cell] {
      guard let check = checks.first(where: { $0.name == name && $0.place.item == key }) else {
        return [.empty(reason: ""), ""]
      }
      return [
        .status(check.passed ? .pass : .fail, check.passed ? "" : "FAIL"),
        .words(SummarySection.limits(check, digits: 3)),
      ]
    }
    let rows = keys.map { key -> [Document.Table.Cell] in
      let mean = checks.first { $0.place.item == key && $0.value != nil }?.value
      let text = checks.first { $0.place.item == key && !$0.passed }?.text ?? "no reading"
      return [
        .text([.link(key, to: DefinitionLabel.of("hk."))]),
        .value(mean, digits: 3, reason: SummarySection.clipped(text, to: 30)),
        .words(data.display("hk.\(key)").unit),
      ] + cell("hk_performance", key) + cell("hk_safe", key)
    }
    return Document.Table(
      [
        .init("Key"), .init("Mean", .right), .init("Unit"), .init("Performance", .centre),
        .init("limits", .right), .init("Safe", .centre), .init("limits", .right),
      ], rows: rows, caption: "House-keeping: mean over the exposures, and limits",
      label: "table:hk", pagination: .breaking, size: .footnote)
  }

  // MARK: - Plots

  private static let perRow = 4
  private static let rowsPerPage = 5

  private static func plots(
    _ keys: [String], _ checks: [StoredCheck], _ data: TestRunData, footer: String
  ) -> [ReportPart] {
    let shown = keys.filter { !data.trend("hk.\($0)").x.isEmpty }
    var parts: [ReportPart] = []
    let page = perRow * rowsPerPage
    for (number, start) in stride(from: 0, to: shown.count, by: page).enumerated() {
      let mine = Array(shown[start..<min(start + page, shown.count)])
      let rows = stride(from: 0, to: mine.count, by: perRow).map { first in
        (first..<min(first + perRow, mine.count)).map { panel(mine[$0], checks, data) }
      }
      parts.append(
        .figure(
          ReportFigure(
            "housekeeping-\(number + 1)",
            Figure(
              width: 8.6, height: 1 + 1.8 * Double(rows.count),
              title: "House-keeping during \(data.run.test)", footer: footer,
              content: .grid(PanelGrid(rows: rows, sharesAxes: false))),
            caption: .init(
              "House-keeping against time; lines are the Performance limits, where there are none "
                + "the Safe limits; ✗ marks a key that fails"
                + (shown.count > page ? ", part \(number + 1)." : ".")))))
    }
    let missing = keys.filter { key in !shown.contains(key) }
    if !missing.isEmpty {
      parts.append(
        .paragraph([
          .status(.missing, "without a reading: "), .text(missing.joined(separator: ", ")),
        ]))
    }
    return parts
  }

  private static func panel(
    _ key: String, _ checks: [StoredCheck], _ data: TestRunData
  ) -> Panel {
    let trend = data.trend("hk.\(key)")
    // The tighter limits: between the Safe ones no reading would be seen to move.
    let mine = checks.filter { $0.place.item == key && ($0.lower != nil || $0.upper != nil) }
    let check = mine.first { $0.name == "hk_performance" } ?? mine.first { $0.name == "hk_safe" }
    var marks: [Axes.Mark] = [
      .series(Series(x: trend.x, y: trend.y, style: .points(size: 4)))
    ]
    let limits = Set([check?.lower, check?.upper].compactMap { $0 }).sorted()
    marks += limits.map { .limit(LimitLine(.horizontal, at: $0)) }
    let all = trend.y + limits
    let low = all.min() ?? 0
    let high = all.max() ?? 1
    let margin = max((high - low) * 0.12, max(abs(high), abs(low)) * 1e-3, 1e-3)
    let failed = checks.contains { $0.place.item == key && !$0.passed }
    return .axes(
      Axes(
        x: TimeText.axis(data).without(label: true),
        y: Axis(
          "", unit: data.display("hk.\(key)").unit, limits: .fixed(low - margin, high + margin)),
        marks: marks, legend: .none, note: (failed ? "✗ " : "") + key))
  }
}

extension Axis {
  /// The same axis with no words.
  func without(label: Bool) -> Axis {
    var axis = self
    if label { axis.label = "" }
    return axis
  }
}
