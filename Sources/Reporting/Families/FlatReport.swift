import Detector
import LatexReport
import Plots
import Warehouse

/// The tests of flat fields: illumination, master flats, PRNU, defects, stability.
struct FlatReport: BlockReportFamily {
  func covers(_ test: String) -> Bool {
    test.hasPrefix("FLAT0") || test.hasPrefix("FLAT_STB")
  }
  var complianceTitle: String { "Levels and fluences" }
  var productName: String { "PRNU" }

  private typealias Column = QuantityTables.Column

  /// The script columns, in order.
  static func labels(_ data: TestRunData) -> [String] {
    var labels: [String] = []
    for item in data.measurements(of: "flat.fluence").compactMap(\.place.item)
    where !labels.contains(item) { labels.append(item) }
    return labels.sorted()
  }

  // MARK: - Summary

  func headline(_ data: TestRunData) -> [ReportPart] {
    let labels = Self.labels(data)
    guard !labels.isEmpty else {
      return [
        .paragraph([
          .status(
            .missing,
            "No PRNU was measured: the steps “indivflats” and “masterflat” did not run.")
        ])
      ]
    }
    var parts: [ReportPart] = [
      QuantityTables.byAmplifier(
        labels.map { Column(heading: "PRNU, \($0)", quantity: "flat.prnu", item: $0) }
          + (labels.count > 1 ? [Column(heading: "no signal", quantity: "flat.prnu.zero")] : []),
        caption: "PRNU at each fluence, photon noise removed", label: "table:headline", data)
    ]
    if data.run.test.hasPrefix("FLAT_STB") {
      parts += FlatFigures(data: data, footer: "").stabilityTable(label: "table:headline-light")
    }
    return parts
  }

  func checkFigures(_ data: TestRunData, footer: String) -> [ReportPart] {
    CheckReport.flat.checkFigures(data, footer: footer)
  }

  // MARK: - Results

  func results(_ data: TestRunData, footer: String) -> [ReportPart] {
    let figures = FlatFigures(data: data, footer: footer)
    var parts: [ReportPart] = []
    if !data.measurements(of: "flat.frame.level").isEmpty {
      parts += [.section(1, "Illumination of the flats", label: "illumination")]
      parts += missing("flat.frame.level", data)
      parts += figures.profiles() + figures.frames()
    }
    let labels = Self.labels(data)
    if !labels.isEmpty {
      parts += [.section(1, "Master flats and PRNU", label: "results")]
      parts += labels.flatMap { figures.master($0) }
      parts += figures.histograms() + figures.response()
      parts += [slope(data)] + labels.map { table($0, data) } + [electrons(labels, data)]
      parts += [
        QuantityTables.byAmplifier(
          [
            Column(
              heading: "along rows", quantity: "flat.prnu.correlation", item: "rows"),
            Column(
              heading: "along columns", quantity: "flat.prnu.correlation", item: "columns"),
          ], caption: "Correlation of the response of neighbouring pixels",
          label: "table:correlation", data)
      ]
    }
    if !data.measurements(of: "flat.defects").isEmpty {
      parts += [.section(1, "Defects of the photo-response", label: "defects")]
      parts += defects(data) + figures.masks()
    }
    if !data.measurements(of: "flat.light.drift").isEmpty {
      parts += [.section(1, "Stability of the light", label: "stability")]
      parts += figures.light() + figures.stabilityTable(label: "table:light")
      let drifting = labels.filter { label in
        data.measurements(of: "flat.response.drift").contains { $0.place.item == label }
      }
      if !drifting.isEmpty {
        parts.append(
          QuantityTables.byAmplifier(
            drifting.map { Column(heading: $0, quantity: "flat.response.drift", item: $0) },
            caption: "Change of each amplifier in one hour, relative to the light",
            label: "table:response-drift", data))
      }
    }
    return parts
  }

  /// Why frames could not be modelled, with their number.
  private func missing(_ quantity: String, _ data: TestRunData) -> [ReportPart] {
    let rows = data.measurements(of: quantity)
    let reasons = rows.compactMap { row -> String? in
      if case .missing(let reason) = row.value { reason } else { nil }
    }
    var text =
      "\(rows.count) flats with all detectors and quadrants; each is divided by its own illumination."
    if !reasons.isEmpty {
      let groups = Dictionary(grouping: reasons) { $0 }.map { ($0.key, $0.value.count) }
        .sorted { ($1.1, $0.0) < ($0.1, $1.0) }.prefix(4)
      text +=
        " Not measurable are \(reasons.count): "
        + groups.map { "\($0.0) (\($0.1))" }.joined(separator: "; ") + "."
    }
    return [.paragraph(Document.Text(text))]
  }

  private func table(_ label: String, _ data: TestRunData) -> ReportPart {
    QuantityTables.byAmplifier(
      [
        Column(heading: "Frames", quantity: "flat.frames", item: label),
        Column(heading: "Fluence", quantity: "flat.fluence", item: label),
        Column(heading: "PRNU", quantity: "flat.prnu", item: label),
        Column(heading: "Slope", quantity: "flat.prnu.slope", item: label),
        Column(heading: "as formerly", quantity: "flat.prnu.raw", item: label),
        Column(heading: "Noise", quantity: "flat.master.noise", item: label),
      ], caption: Document.Text("Master flats of \(label)"), label: "table:prnu-\(label)",
      note:
        "Slope: relative change of the light over that of the signal, by which PRNU was multiplied. “As formerly”: standard deviation of the master flat after clipping, photon noise included. Noise: typical error of a pixel.",
      data)
  }

  /// Whether PRNU is that of the light or of the signals, and which run the chain's slope is from.
  private func slope(_ data: TestRunData) -> ReportPart {
    let rows = data.measurements(of: "flat.prnu.slope")
    let missing = rows.compactMap { row -> String? in
      guard case .missing(let reason) = row.value, reason.hasPrefix("not corrected") else {
        return nil
      }
      return reason
    }
    let corrected = rows.count { $0.value.number != nil }
    let prefix = "slope of the chain: "
    let source = data.subtasks.flatMap(\.log).first { $0.hasPrefix(prefix) }
      .map { String($0.dropFirst(prefix.count)) }
    var text: Document.Text = []
    if corrected > 0 {
      text += [.text("PRNU is that of the light: corrected for the ")]
      text += DefinitionLabel.link("slope of the chain", "flat.prnu.slope")
      text += [.text(source.map { ", known from \($0). " } ?? ". ")]
    }
    if rows.isEmpty || !missing.isEmpty {
      let groups = Dictionary(grouping: missing) { $0 }.map { ($0.key, $0.value.count) }
        .sorted { ($1.1, $0.0) < ($0.1, $1.0) }.prefix(3)
      let why = groups.map { "\($0.0.replacing("not corrected: ", with: "")) (\($0.1))" }
      text += [
        .status(
          .missing,
          (corrected > 0 ? "\(missing.count) values of PRNU are" : "PRNU is")
              + " not corrected for the non-linearity of the chain"
              + (why.isEmpty ? "" : ": " + why.joined(separator: "; "))
              + ". Where the signal departs from proportionality by 1 %, PRNU is off by 1 to 2 %. "
              + "With NL02 or PTC01 of this block in the warehouse, run the step “masterflat” again."
        )
      ]
    }
    if text.isEmpty { text = "No master flat: no slope of the chain is needed." }
    return .paragraph(text)
  }

  private func electrons(_ labels: [String], _ data: TestRunData) -> ReportPart {
    QuantityTables.electrons(
      labels.map { Column(heading: $0, quantity: "flat.fluence", item: $0) },
      caption: "Fluences in electrons", label: "table:electrons", data)
  }

  private func defects(_ data: TestRunData) -> [ReportPart] {
    let items = [
      ("empty", "no value"), ("dead", "dead"), ("bright", "bright"), ("outlier", "outliers"),
      ("columns", "bad columns"), ("masked", "masked pixels"),
    ]
    return [
      QuantityTables.byAmplifier(
        items.map { Column(heading: $0.1, quantity: "flat.defects", item: $0.0) },
        caption: DefinitionLabel.link("Defects of the photo-response", "flat.defects"),
        label: "table:defects",
        note: "A pixel of a bad column that is dead is counted as dead, too; masked pixels are counted once.",
        data)
    ]
  }
}
