import DataProducts
import Detector
import LatexReport
import Warehouse

/// The non-linearity tests: deviation, stability of the source, saturation, charge transfer.
struct LinearityReport: BlockReportFamily {
  func covers(_ test: String) -> Bool { test.hasPrefix("NL0") || test.hasPrefix("HENK") }
  var complianceTitle: String { "Levels and fluences" }
  var productName: String { "NL" }

  private typealias Column = QuantityTables.Column

  func headline(_ data: TestRunData) -> [ReportPart] {
    guard !data.measurements(of: "nl.max").isEmpty else {
      return [
        .paragraph([
          .status(
            .missing, "No non-linearity was measured: the steps “extract” and “NL” did not run.")
        ])
      ]
    }
    return [
      QuantityTables.byAmplifier(
        [
          Column(heading: "Largest", quantity: "nl.max"),
          Column(heading: "at", quantity: "nl.max.signal"),
          Column(heading: "5 to 85 %", quantity: "nl.max.core"),
          Column(heading: "Stability", quantity: "nl.stability"),
          Column(heading: "Knee", quantity: "nl.knee"),
          Column(heading: "Saturation", quantity: "nl.saturation"),
        ],
        caption: Document.Text("Largest deviation from linearity, stability of the source, full well"),
        label: "table:headline",
        note: "Deviations are relative to the pivot, where they are zero by definition.", data)
    ]
  }

  func checkFigures(_ data: TestRunData, footer: String) -> [ReportPart] {
    CheckFigures.trends(data, footer: footer) + CheckFigures.changes(data, footer: footer)
      + [
        LevelFigure(
          name: "fluence", words: "Fluence", quantity: "check.fluence", axis: "image − over-scan",
          abscissa: .exposureSeconds, check: "image_fluence", isKey: true),
        LevelFigure(
          name: "image-std", words: "Scatter of the image area", quantity: "check.image.std",
          axis: "scatter", abscissa: .exposureSeconds, check: nil),
      ].flatMap { $0.parts(data, footer: footer) }
  }

  // MARK: - Results

  func results(_ data: TestRunData, footer: String) -> [ReportPart] {
    guard !data.measurements(of: "nl.fluence").isEmpty else { return [] }
    let figures = LinearityFigures(data: data, footer: footer)
    var parts: [ReportPart] = [
      .section(1, "\(data.run.test) extraction", label: "extraction"), .paragraph(counts(data)),
    ]
    guard !data.measurements(of: "nl.max").isEmpty else {
      return parts + [
        .paragraph([.status(.missing, "The step “NL”, which fits the curves, did not run.")])
      ]
    }
    parts += [
      .section(1, "\(data.run.test) analysis", label: "results"),
      .section(2, "Stability of the source", label: "stability"),
    ]
    parts += figures.light() + [light(data)]
    parts += [.section(2, "Non-linearity curves", label: "curves")]
    parts += figures.curves() + figures.together() + figures.residuals() + tables(of: data)
    parts += [.section(2, "Saturation", label: "saturation")] + figures.saturation()
    parts += [wells(data)]
    parts += [.section(2, "Charge transfer", label: "transfer")]
    if data.measurements(of: "nl.cti.level").isEmpty {
      parts.append(.paragraph([.status(.missing, "The step “satCTE” did not run.")]))
    } else {
      parts += figures.transfer() + [transfer(data)]
    }
    let pairs = figures.pairs()
    if !pairs.isEmpty { parts += [.section(2, "Pairs of flats", label: "pairs")] + pairs }
    return parts
  }

  /// How many exposures there are, and why some have no signal.
  private func counts(_ data: TestRunData) -> Document.Text {
    let rows = data.measurements(of: "nl.fluence")
    let missing = rows.compactMap { row -> String? in
      if case .missing(let reason) = row.value { reason } else { nil }
    }
    let exposures = Set(rows.compactMap(\.place.obsid)).count
    var text = "\(exposures) exposures; \(rows.count - missing.count) of \(rows.count) signals of quadrants could be measured."
    if !missing.isEmpty {
      let reasons = Dictionary(grouping: missing) { $0 }.map { ($0.key, $0.value.count) }
        .sorted { ($1.1, $0.0) < ($0.1, $1.0) }.prefix(4)
      text +=
        " Without a signal: " + reasons.map { "\($0.0) (\($0.1))" }.joined(separator: "; ") + "."
    }
    return Document.Text(text)
  }

  // MARK: - Tables

  private func light(_ data: TestRunData) -> ReportPart {
    QuantityTables.byAmplifier(
      [
        Column(heading: "Course", quantity: "nl.stability"),
        Column(heading: "Scatter", quantity: "nl.scatter"),
        Column(heading: "Shutter", quantity: "nl.shutter"),
      ], caption: "Stability of the source, and what its shutter is open longer than its calibration says",
      label: "table:light", data)
  }

  private func tables(of data: TestRunData) -> [ReportPart] {
    let models = ["POLYNOMIAL", "EXPONENTIAL"]
    func short(_ model: String) -> String { model == "POLYNOMIAL" ? "Polynomial" : "with exponential" }
    let coefficients = items("nl.coefficient", data)
    var parts = [
      QuantityTables.byAmplifier(
        [
          Column(heading: "from", quantity: "nl.range", item: "lowest"),
          Column(heading: "to", quantity: "nl.range", item: "highest"),
          Column(heading: "Exposures", quantity: "nl.points"),
          Column(heading: "left out", quantity: "nl.points.rejected"),
          Column(heading: "Filters differ", quantity: "nl.overlap"),
          Column(heading: "Misfit", quantity: "nl.misfit"),
        ], caption: "What was fitted, how the filters agree where both have signals, and what errors were multiplied by",
        label: "table:range", data),
      QuantityTables.byAmplifier(
        models.map { Column(heading: short($0), quantity: "nl.max.model", item: $0) }
          + models.map { Column(heading: "χ², \(short($0))", quantity: "nl.chi2", item: $0) },
        caption: DefinitionLabel.link("Largest deviation with each model", "nl.max.model")
          + ", and chi squared per degree of freedom", label: "table:models", data),
    ]
    if !coefficients.isEmpty {
      parts.append(
        QuantityTables.byAmplifier(
          coefficients.map { Column(heading: $0, quantity: "nl.coefficient", item: $0) },
          caption: DefinitionLabel.link("Coefficients", "nl.coefficient"),
          label: "table:coefficients",
          note: "Their covariances are the curve nl.fit.covariance.", size: .tiny, data))
    }
    let decades = items("nl.residual", data)
    if !decades.isEmpty {
      parts.append(
        QuantityTables.byAmplifier(
          decades.map { Column(heading: "\($0) ADU", quantity: "nl.residual", item: $0) },
          caption: DefinitionLabel.link("Residuals", "nl.residual") + ", root mean square",
          label: "table:residuals", data))
    }
    return parts
  }

  private func items(_ quantity: String, _ data: TestRunData) -> [String] {
    var items: [String] = []
    for item in data.measurements(of: quantity).compactMap(\.place.item)
    where !items.contains(item) { items.append(item) }
    return items.sorted { a, b in
      func order(_ item: String) -> Int { Int(item.prefix { $0.isNumber }) ?? 0 }
      return (order(a), a == "A" ? "z" : a) < (order(b), b == "A" ? "z" : b)
    }
  }

  private func wells(_ data: TestRunData) -> ReportPart {
    QuantityTables.byAmplifier(
      [
        Column(heading: "Saturation", quantity: "nl.saturation"),
        Column(heading: "Knee", quantity: "nl.knee"),
        Column(heading: "CTI, serial", quantity: "nl.cti.limit", item: "serial"),
        Column(heading: "CTI, parallel", quantity: "nl.cti.limit", item: "parallel"),
      ], caption: "Full well: level of saturation, end of linearity, and of charge transfer",
      label: "table:wells", data)
  }

  /// Inefficiencies are small: the table shows them in 10^-6.
  private func transfer(_ data: TestRunData) -> ReportPart {
    var rows: [[Document.Table.Cell]] = []
    var rules: Set<Int> = []
    for detector in data.camera.detectors {
      for (index, amplifier) in data.camera.amplifiers.map(\.name).enumerated() {
        rows.append(
          [index == 0 ? .words(detector) : "", .words(amplifier)]
            + ["serial", "parallel"].map { item in
              switch data.value("nl.cti.level", detector, amplifier, item: item) {
              case .value(let value, let error, _)?:
                .value(value * 1e6, uncertainty: error.map { $0 * 1e6 }, digits: 3)
              case .missing(let reason)?: .empty(reason: reason)
              case nil: .empty(reason: "not measured")
              }
            })
      }
      rules.insert(rows.count)
    }
    return .table(
      Document.Table(
        [.init("CCD"), .init("Q")]
          + ["Serial", "Parallel"].map {
            .init(DefinitionLabel.link($0, "nl.cti.level"), unit: "10⁻⁶", .right)
          }, rows: rows,
        caption: "Charge-transfer inefficiency of one transfer, in the upper half of the signals below full well",
        label: "table:cti", size: .footnote, rulesAfter: rules))
  }

  // MARK: - Products

  func tables(_ data: TestRunData) -> [DataTable] {
    LinearityTables.tables(data)
  }
}
