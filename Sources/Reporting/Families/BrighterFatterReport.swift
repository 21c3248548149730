import DataProducts
import Detector
import LatexReport
import Warehouse

/// The brighter-fatter tests: coefficients, boundary shifts, widths, and what their correction restores.
struct BrighterFatterReport: BlockReportFamily {
  func covers(_ test: String) -> Bool { test.hasPrefix("BF01") }
  var complianceTitle: String { "Levels" }
  var productName: String { "BF" }

  func headline(_ data: TestRunData) -> [ReportPart] {
    guard !data.measurements(of: "bf.a").isEmpty else {
      return [
        .paragraph([
          .status(
            .missing,
            "Nothing was solved: the steps “extract_COV” and “extract_BF” did not run.")
        ])
      ]
    }
    typealias Column = QuantityTables.Column
    var parts: [ReportPart] = [.paragraph(gainSource(data))]
    if !data.measurements(of: "bf.fwhm.x").isEmpty {
      parts.append(
        QuantityTables.byAmplifier(
          [
            Column(heading: "FWHM x", quantity: "bf.fwhm.x"),
            Column(heading: "FWHM y", quantity: "bf.fwhm.y"),
            Column(heading: "slope x", quantity: "bf.fwhm.x.slope"),
            Column(heading: "slope y", quantity: "bf.fwhm.y.slope"),
            Column(heading: "|e|", quantity: "bf.ellipticity"),
          ],
          caption: "What one bright pixel becomes, at 32768 ADU: widths, their slopes, ellipticity",
          label: "table:headline", note: "x is along rows (serial), y along columns (parallel).",
          data))
    }
    return parts
  }

  /// Which gain turned ADU into electrons.
  private func gainSource(_ data: TestRunData) -> Document.Text {
    let line = data.subtasks.flatMap(\.log).first { $0.hasPrefix("gain: ") }
    guard let line, data.measurements(of: "bf.gain").contains(where: { $0.value.number != nil })
    else {
      return [
        .status(
          .missing,
          "No gain: what needs electrons is not measurable. Run PTC01 of this block first, then the steps “extract_BF” and later ones again."
        )
      ]
    }
    return Document.Text("Gains are those of \(line.dropFirst("gain: ".count)).")
  }

  func checkFigures(_ data: TestRunData, footer: String) -> [ReportPart] {
    CheckFigures.trends(data, footer: footer)
  }

  // MARK: - Results

  func results(_ data: TestRunData, footer: String) -> [ReportPart] {
    guard !data.measurements(of: "ptc.pair.mean").isEmpty else { return [] }
    let figures = BrighterFatterFigures(data: data, footer: footer)
    var parts: [ReportPart] = [
      .section(1, "\(data.run.test) extraction", label: "extraction"),
      .paragraph(PhotonTransferReport.counts(data)),
    ]
    parts += PhotonTransferFigures(data: data, footer: footer).balance()
    guard !data.measurements(of: "bf.a").isEmpty else {
      return parts + [.paragraph([.status(.missing, "The step “extract_BF” did not run.")])]
    }
    parts.append(.section(1, "Covariances and coefficients", label: "covariances"))
    parts += figures.correlations() + figures.coefficients() + figures.matrices()
    parts += [jointTable(data)]
    parts += [columnTable(data)].compactMap(\.self)
    parts.append(.section(1, "Boundaries of pixels", label: "boundaries"))
    parts += figures.decay() + figures.distortion() + [shiftTable(data)]
    parts.append(.section(1, "Widths against fluence", label: "widths"))
    parts += figures.widths() + figures.ellipticity() + figures.spots()
    parts += [widthTable(data)].compactMap(\.self)
    parts.append(.section(1, "Effectiveness of the correction", label: "correction"))
    parts += correction(data, figures)
    return parts
  }

  private func correction(
    _ data: TestRunData, _ figures: BrighterFatterFigures
  ) -> [ReportPart] {
    guard !data.measurements(of: "bf.restored").isEmpty else {
      return [
        .paragraph([
          .status(.missing, "The steps “correct_BFE_G15” and “extract_PTCs” did not run.")
        ])
      ]
    }
    typealias Column = QuantityTables.Column
    var parts: [ReportPart] = [
      .paragraph(
        "One pair of each fluence, of the linear chain, was corrected with the coefficients of the joint fit and measured again, away from the borders and at those of the detector: once with the boundary shifts of Guyonnet et al. (2015), once with a scalar kernel (Coulton et al. 2018). Where the correction is right, the variance is that of the photons, and no covariance is left."
      )
    ]
    parts += figures.restored()
    let kinds = [("raw", "as it is"), ("guyonnet", "Guyonnet"), ("scalar", "scalar")]
    parts.append(
      QuantityTables.byAmplifier(
        kinds.map { Column(heading: $0.1, quantity: "bf.restored", item: $0.0) },
        caption: DefinitionLabel.link("Variance over that of the photons", "bf.restored"),
        label: "table:restored", data))
    if !data.measurements(of: "bf.border").isEmpty {
      parts.append(
        QuantityTables.byAmplifier(
          kinds.map { Column(heading: $0.1, quantity: "bf.border", item: $0.0) },
          caption: DefinitionLabel.link(
            "Variance over that of the photons at the detector's borders", "bf.border"),
          label: "table:border", data))
    }
    parts.append(
      coefficientTable(
        ["10", "01"].flatMap { lag in
          kinds.map { kind in ("a\(lag), \(kind.1)", "bf.remaining.\(lag)", kind.0) }
        }, caption: "Coefficients that are left of the nearest neighbours",
        label: "table:remaining", data))
    return parts
  }

  // MARK: - Tables

  private func jointTable(_ data: TestRunData) -> ReportPart {
    coefficientTable(
      ["a00", "a10", "a01", "a11"].map { ($0, "bf.a", $0) } + [("sum", "bf.a.sum", nil)],
      caption: "Coefficients of the joint fit of all fluences", label: "table:joint", data)
  }

  /// Coefficients are small: the table shows them in 10^-7 per electron.
  private func coefficientTable(
    _ columns: [(heading: String, quantity: String, item: String?)], caption: Document.Text,
    label: String, _ data: TestRunData
  ) -> ReportPart {
    table(
      columns.map {
        .init(DefinitionLabel.link($0.heading, $0.quantity), unit: "10⁻⁷/e⁻", .right)
      }, caption: caption, label: label, data
    ) { detector, amplifier in
      columns.map { column in
        Self.cell(
          data.value(column.quantity, detector, amplifier, item: column.item), factor: 1e7,
          digits: 3)
      }
    }
  }

  private func shiftTable(_ data: TestRunData) -> ReportPart {
    let columns: [(heading: String, quantity: String, item: String?, unit: String, factor: Double)] =
      [
        ("serial", "bf.shift", "x", "10⁻⁷ pixel/e⁻", 1e7),
        ("parallel", "bf.shift", "y", "10⁻⁷ pixel/e⁻", 1e7),
        ("p0", "bf.smoothing.amplitude", nil, "10⁻⁷ pixel/e⁻", 1e7),
        ("p1", "bf.smoothing.slope", nil, "1/pixel", 1), ("closure", "bf.closure", nil, "", 1),
        ("gain", "bf.gain", nil, "e⁻/ADU", 1), ("joint gain", "bf.joint.gain", nil, "e⁻/ADU", 1),
        ("χ²/ν", "bf.chi2", nil, "", 1),
      ]
    return table(
      columns.map {
        .init(DefinitionLabel.link($0.heading, $0.quantity), unit: $0.unit, .right)
      },
      caption:
        "Shifts of a pixel's own boundaries, smoothing model, conservation of charge, and the gains",
      label: "table:shifts", data
    ) { detector, amplifier in
      columns.map { column in
        Self.cell(
          data.value(column.quantity, detector, amplifier, item: column.item),
          factor: column.factor, digits: 3)
      }
    }
  }

  private func table(
    _ columns: [Document.Table.Column], caption: Document.Text, label: String, _ data: TestRunData,
    cells: (_ detector: String, _ amplifier: String) -> [Document.Table.Cell]
  ) -> ReportPart {
    var rows: [[Document.Table.Cell]] = []
    var rules: Set<Int> = []
    for detector in data.camera.detectors {
      for (index, amplifier) in data.camera.amplifiers.map(\.name).enumerated() {
        rows.append(
          [index == 0 ? .words(detector) : "", .words(amplifier)] + cells(detector, amplifier))
      }
      rules.insert(rows.count)
    }
    return .table(
      Document.Table(
        [.init("CCD"), .init("Q")] + columns, rows: rows, caption: caption, label: label,
        size: .footnote, rulesAfter: rules))
  }

  private static func cell(
    _ value: MeasuredValue?, factor: Double = 1, digits: Int, withError: Bool = true
  ) -> Document.Table.Cell {
    switch value {
    case .value(let value, let error, _)?:
      .value(
        value * factor, uncertainty: withError ? error.map { $0 * factor } : nil, digits: digits)
    case .missing?, nil: .empty(reason: "–")
    }
  }

  /// The script columns with a value.
  static func columns(_ data: TestRunData) -> [String] {
    Set(data.measurements(of: "bf.column.mean").compactMap(\.place.item)).sorted()
  }

  /// A row for each detector, amplifier and fluence that was measured.
  private func fluences(
    _ columns: [(heading: String, quantity: String, unit: String, factor: Double, digits: Int)],
    caption: Document.Text, label: String, _ data: TestRunData
  ) -> ReportPart? {
    var rows: [[Document.Table.Cell]] = []
    var rules: Set<Int> = []
    for detector in data.camera.detectors {
      for amplifier in data.camera.amplifiers.map(\.name) {
        let start = rows.count
        for name in Self.columns(data)
        where data.value("bf.column.mean", detector, amplifier, item: name)?.number != nil {
          rows.append(
            [
              rows.count == start ? .words(detector) : "",
              rows.count == start ? .words(amplifier) : "", .words(name),
            ]
              + columns.map { column in
                // The error of a mean is far below its digits.
                Self.cell(
                  data.value(column.quantity, detector, amplifier, item: name),
                  factor: column.factor, digits: column.digits,
                  withError: column.quantity != "bf.column.mean")
              })
        }
        if rows.count > start { rules.insert(rows.count) }
      }
    }
    guard !rows.isEmpty else { return nil }
    return .table(
      Document.Table(
        [.init("CCD"), .init("Q"), .init("Column")]
          + columns.map {
            .init(DefinitionLabel.link($0.heading, $0.quantity), unit: $0.unit, .right)
          }, rows: rows, caption: caption, label: label,
        note: "Fluences above the turn-off are left out.", size: .footnote, rulesAfter: rules))
  }

  private func columnTable(_ data: TestRunData) -> ReportPart? {
    fluences(
      [
        ("mean", "bf.column.mean", "kADU", 1e-3, 3),
        ("variance", "bf.column.variance", "10³ ADU²", 1e-3, 3),
        ("corr. 10", "bf.column.correlation.10", "10⁻³", 1e3, 2),
        ("corr. 01", "bf.column.correlation.01", "10⁻³", 1e3, 2),
        ("corr. 11", "bf.column.correlation.11", "10⁻³", 1e3, 2),
      ], caption: "Mean, variance and correlations of the nearest neighbours at each fluence",
      label: "table:columns", data)
  }

  private func widthTable(_ data: TestRunData) -> ReportPart? {
    fluences(
      [
        ("mean", "bf.column.mean", "kADU", 1e-3, 3),
        ("FWHM x", "bf.column.fwhm.x", "µm", 1, 2), ("FWHM y", "bf.column.fwhm.y", "µm", 1, 2),
        ("e", "bf.column.ellipticity", "", 1, 3),
        ("joint x", "bf.column.joint.fwhm.x", "µm", 1, 2),
        ("joint y", "bf.column.joint.fwhm.y", "µm", 1, 2),
      ], caption: "Widths of what one bright pixel becomes, at each fluence",
      label: "table:widths", data)
  }

  // MARK: - Products

  func tables(_ data: TestRunData) -> [DataTable] { BrighterFatterTables.all(data) }
}
