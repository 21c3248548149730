import Detector
import LatexReport
import Plots
import Warehouse

/// The check of the flat source's flux.
struct FluxReport: BlockReportFamily {
  func covers(_ test: String) -> Bool { test.hasPrefix("FLATFLUX") }
  var complianceTitle: String { "Levels and fluences" }
  var productName: String { "FLUX" }

  func headline(_ data: TestRunData) -> [ReportPart] {
    guard !data.measurements(of: "flatflux.flux").isEmpty else {
      return [.paragraph([.status(.missing, "No flux was measured: the step “flux” did not run.")])]
    }
    return [fluxes(data)]
  }

  func checkFigures(_ data: TestRunData, footer: String) -> [ReportPart] {
    CheckReport.flat.checkFigures(data, footer: footer)
  }

  func results(_ data: TestRunData, footer: String) -> [ReportPart] {
    guard !data.measurements(of: "flatflux.rate").isEmpty else { return [] }
    return [.section(1, "Flux of the flat source", label: "results")]
      + LevelFigure(
        name: "flux-rates", words: "Fluence over exposure time", quantity: "flatflux.rate",
        axis: "rate", abscissa: .exposureSeconds, check: nil, isKey: true
      ).parts(data, footer: footer)
      + [
        .paragraph(
          "Points that fall with the exposure time tell of a shutter that is open longer than commanded; points that bend at high fluence, of non-linearity."
        )
      ]
  }

  /// Flux in ADU and electrons a second, with what the line tells beside.
  private func fluxes(_ data: TestRunData) -> ReportPart {
    let quantities = [
      ("Flux", "flatflux.flux"), ("Shutter", "flatflux.shutter"),
      ("Deviation", "flatflux.deviation"), ("Saturation time", "check.saturation.time"),
    ]
    let hasGain = data.gains.hasGains
    var reasons: [String] = []
    func cell(_ value: MeasuredValue?, _ quantity: String) -> Document.Table.Cell {
      if case .missing(let reason)? = value {
        if !reasons.contains(reason) { reasons.append(reason) }
        return .empty(reason: "(\(reasons.firstIndex(of: reason).map { $0 + 1 } ?? 0))")
      }
      let errors = data.measurements(of: quantity).map { row -> Double? in
        if case .value(_, let error, _) = row.value { error } else { nil }
      }
      return NumberText.cell(
        value,
        digits: min(6, NumberText.digits(for: errors, atLeast: data.display(quantity).digits)))
    }
    var rows: [[Document.Table.Cell]] = []
    var rules: Set<Int> = []
    for detector in data.camera.detectors {
      for (index, amplifier) in data.camera.amplifiers.map(\.name).enumerated() {
        let flux = data.value("flatflux.flux", detector, amplifier)
        var row: [Document.Table.Cell] = [
          index == 0 ? .words(detector) : "", .words(amplifier), cell(flux, "flatflux.flux"),
        ]
        if hasGain {
          let electrons = flux.map { data.gains.electrons($0, detector, amplifier) }
          if case .missing? = electrons {
            row.append(cell(electrons, "flatflux.flux"))
          } else {
            row.append(NumberText.cell(electrons, digits: 0))
          }
        }
        row += quantities.dropFirst().map { cell(data.value($0.1, detector, amplifier), $0.1) }
        rows.append(row)
      }
      rules.insert(rows.count)
    }
    var headings: [Document.Table.Column] = [.init("CCD"), .init("Q")]
    for (heading, quantity) in quantities {
      headings.append(
        .init(
          DefinitionLabel.link(heading, quantity), unit: data.display(quantity).unit, .right))
      if quantity == "flatflux.flux", hasGain {
        headings.append(.init(DefinitionLabel.link("Flux", quantity), unit: "e⁻/s", .right))
      }
    }
    var note: Document.Text = [
      .text(
        hasGain
          ? "Electrons with the gains of \(data.gains.source). "
          : "In ADU only: no gain (\(data.gains.source)). ")
    ]
    for (index, reason) in reasons.enumerated() { note += [.text("(\(index + 1)) \(reason). ")] }
    return .table(
      Document.Table(
        headings, rows: rows, caption: "Flux of the flat source", label: "table:headline",
        note: note, size: .footnote, rulesAfter: rules))
  }
}
