import Detector
import LatexReport
import Warehouse

/// The checks of pixels and levels as matrices.
enum ComplianceSections {
  /// Saturated and lost pixels.
  static func pixels(_ data: TestRunData) -> [ReportPart] {
    var parts: [ReportPart] = [.section(2, "SATURATIONS & LOST PIXELS", label: "saturation")]
    let checks = data.checks.filter { $0.name == "saturation" }
    if checks.isEmpty {
      parts.append(.paragraph([.status(.missing, "Saturation was not checked.")]))
    } else {
      let facts = CheckNames.facts("saturation")
      parts.append(
        .node(
          .compliance(
            ComplianceBuilder.byItem(
              checks, detectors: data.camera.detectors,
              caption: DefinitionLabel.link(
                "Fraction of saturated pixels", "check.saturated.fraction")
                + ", mean over amplifiers and exposures; a cell fails if any frame is out of limits:",
              facts: facts, label: "matrix:saturation"))))
    }
    let lost = data.measurements(of: "check.pixels.lost")
    var text: Document.Text = [.bold("Lost pixels: ")]
    let affected = Dictionary(grouping: lost) { $0.place.obsid ?? -1 }
      .mapValues { rows in
        let hit = rows.filter { ($0.value.number ?? 0) > 0 }
        return (
          count: hit.reduce(0) { $0 + ($1.value.number ?? 0) },
          detectors: Set(hit.compactMap(\.place.detector)).sorted().joined(separator: " ")
        )
      }
      .filter { $0.value.count > 0 }.sorted { $0.key < $1.key }
    if lost.isEmpty {
      text += [
        .status(.missing, "not counted: the camera reserves no value for them, or no check ran")
      ]
    } else if affected.isEmpty {
      text += [.status(.pass, "none")]
    } else {
      let shown = affected.prefix(10).map {
        "ObsID \($0.key) \($0.value.detectors): \(NumberText.fixed($0.value.count, digits: 0))"
      }
      text += [
        .status(.fail, shown.joined(separator: ", ")),
        .text(affected.count > 10 ? " and \(affected.count - 10) more exposures" : ""),
      ]
    }
    return parts + [.paragraph(text)]
  }

  /// A matrix for each check that is made for every amplifier.
  static func amplifiers(_ data: TestRunData, title: String) -> [ReportPart] {
    let all = data.checks.filter { $0.place.amplifier != nil && $0.place.detector != nil }
    let checks = all.filter { $0.place.item == nil }
    var parts: [ReportPart] = [.section(2, title, label: "compliance")]
    guard !all.isEmpty else {
      return parts + [.paragraph([.status(.missing, "Levels were not checked.")])]
    }
    parts.append(
      .paragraph(
        "Each cell is the mean over the exposures with its limits; it passes only if every exposure lies within them, so that a cell can fail with a mean inside its limits."
      ))
    for name in SummarySection.checkNames(checks) {
      let facts = CheckNames.facts(name)
      parts.append(
        .node(
          .compliance(
            ComplianceBuilder.byAmplifier(
              checks.filter { $0.name == name }, detectors: data.camera.detectors,
              amplifiers: data.camera.amplifiers.map(\.name),
              caption: DefinitionLabel.link(facts.title, quantity(name)),
              facts: facts, label: "matrix:\(name)"))))
    }
    return parts + columns(all.filter { $0.place.item != nil }, data)
  }

  /// A matrix for each check that is made for every amplifier and script column: a row for each column, a
  /// cell for each detector, which holds all of its amplifiers.
  private static func columns(_ checks: [StoredCheck], _ data: TestRunData) -> [ReportPart] {
    SummarySection.checkNames(checks).map { name in
      let facts = CheckNames.facts(name)
      var limitsDiffer = false
      let mine = checks.filter { $0.name == name }
      var items: [String] = []
      for item in mine.compactMap(\.place.item) where !items.contains(item) { items.append(item) }
      let cells = items.map { item in
        data.camera.detectors.map { detector -> Document.ComplianceMatrix.Cell in
          let part = mine.filter { $0.place.item == item && $0.place.detector == detector }
          guard let first = part.first else { return .init(nil, status: .missing, reason: "not checked") }
          let values = part.compactMap(\.value)
          let isCommon = part.allSatisfy { $0.lower == first.lower && $0.upper == first.upper }
          if !isCommon { limitsDiffer = true }
          return .init(
            values.isEmpty ? nil : values.reduce(0, +) / Double(values.count),
            lower: isCommon ? first.lower : nil, upper: isCommon ? first.upper : nil,
            status: part.allSatisfy(\.passed) ? .pass : .fail,
            reason: values.isEmpty ? String(first.text.prefix(40)) : "")
        }
      }
      let note = limitsDiffer ? "; no limits are shown where they differ from half to half" : ""
      return .node(
        .compliance(
          Document.ComplianceMatrix(
            corner: "Column", columns: data.camera.detectors, rows: items, cells: cells,
            unit: facts.unit, digits: facts.digits,
            caption: DefinitionLabel.link(facts.title, quantity(name))
              + .init(", mean of the quadrants; a cell fails if any frame of any quadrant does\(note)"),
            label: "matrix:\(name)")))
    }
  }

  /// The quantity that a check is about.
  private static func quantity(_ check: String) -> String {
    if check.hasPrefix("std_") { return "check.std" }
    return CheckNames.quantities[check] ?? "check.offset"
  }
}
