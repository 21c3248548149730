import LatexReport
import Plots
import Warehouse

/// Dark signal from single exposures of different lengths.
struct DarkSignalReport: BlockReportFamily {
  func covers(_ test: String) -> Bool { test.hasPrefix("DARK") }
  var complianceTitle: String { "Offsets and RON" }
  var productName: String { "DARK" }

  func headline(_ data: TestRunData) -> [ReportPart] {
    guard !data.measurements(of: "dark.rate").isEmpty else {
      return [.paragraph([.status(.missing, "No dark signal was measured.")])]
    }
    return [
      QuantityTables.byAmplifier(
        [
          QuantityTables.Column(heading: "Dark signal", quantity: "dark.signal"),
          QuantityTables.Column(heading: "Rate", quantity: "dark.rate"),
        ], caption: "Dark signal, and its rate from different exposure times",
        label: "table:headline", data),
      QuantityTables.electrons(
        [
          QuantityTables.Column(heading: "Dark signal", quantity: "dark.signal"),
          QuantityTables.Column(heading: "Rate", quantity: "dark.rate"),
        ], caption: "Dark signal in electrons", label: "table:electrons", data),
    ]
  }

  func checkFigures(_ data: TestRunData, footer: String) -> [ReportPart] {
    CheckFigures.trends(data, footer: footer)
  }

  func results(_ data: TestRunData, footer: String) -> [ReportPart] {
    guard !data.measurements(of: "dark.frame.signal").isEmpty else { return [] }
    var seconds: [Int: Double] = [:]
    for exposure in data.exposures { seconds[exposure.obsid] = exposure.exposureSeconds }
    let figure = BlockLayout.figure(
      data.camera, title: CheckFigures.title("Dark signal", data), footer: footer
    ) { detector, amplifier in
      var points: (x: [Double], y: [Double], errors: [Double]) = ([], [], [])
      for obsid in data.obsids {
        guard let time = seconds[obsid],
          case .value(let value, let error, _)? = data.value(
            "dark.frame.signal", detector, amplifier, obsid: obsid)
        else { continue }
        points.x.append(time)
        points.y.append(value)
        points.errors.append(error ?? 0)
      }
      guard !points.x.isEmpty else { return .missing("no frame") }
      return .axes(
        Axes(
          x: Axis("exposure time", unit: "s"), y: Axis("dark signal", unit: "ADU"),
          marks: [.series(Series(x: points.x, y: points.y, errors: points.errors))], legend: .none))
    }
    return [
      .section(1, "\(data.run.test) analysis", label: "results"),
      .figure(
        ReportFigure(
          "dark-signal", figure,
          caption: DefinitionLabel.link("Dark signal", "dark.frame.signal")
            + " of each exposure against its exposure time.", width: BlockLayout.share(data.camera),
          isKey: true)),
    ]
  }
}
