import Detector
import LatexReport
import Plots
import Warehouse

/// The response of the first over-scan pixels to the edge of the image area.
struct HardEdgeFigures {
  let data: TestRunData
  let footer: String

  /// Nothing where the step did not run.
  func parts() -> [ReportPart] {
    guard !data.measurements(of: "her.response").isEmpty else { return [] }
    let figure = BlockLayout.figure(
      data.camera, title: CheckFigures.title("Hard-edge response", data), footer: footer
    ) { detector, amplifier in
      let marks = [("serial", "her.profile.serial"), ("parallel", "her.profile.parallel")]
        .enumerated().compactMap { index, kind -> Axes.Mark? in
          guard
            let curve = data.curves[kind.1]?.first(where: {
              $0.place.detector == detector && $0.place.amplifier == amplifier
            }), curve.x.count > 10
          else { return nil }
          // The first pixel behind the edge is number 1.
          let shown = curve.x.indices.dropFirst(10)
          return .series(
            Series(
              kind.0, x: shown.map { Double($0 - 9) }, y: shown.map { 1e3 * curve.y[$0] },
              errors: shown.compactMap { index in
                curve.uncertainty.flatMap { $0.indices.contains(index) ? 1e3 * $0[index] : nil }
              }, style: .linePoints(Palette.marker(index)), colour: Palette.colour(index)))
        }
      guard !marks.isEmpty else {
        if case .missing(let reason)? = data.value(
          "her.response", detector, amplifier, item: "serial")
        {
          return .missing(reason)
        }
        return .missing("no profile")
      }
      return .axes(
        Axes(
          x: Axis("pixel", ticks: [Tick(1, "1"), Tick(10, "10")]),
          y: Axis("signal / image", unit: "10⁻³"),
          marks: marks + [.limit(LimitLine(.horizontal, at: 0))], legend: .right))
    }
    return [
      .section(2, "Hard-edge response", label: "her"),
      .figure(
        ReportFigure(
          "her-profiles", figure,
          caption: DefinitionLabel.link("Signal behind the image area", "her.response")
            + " over that of the image, against the over-scan pixel, 1 being the first one.",
          width: BlockLayout.share(data.camera))),
      QuantityTables.byAmplifier(
        ["serial", "parallel"].map {
          QuantityTables.Column(heading: $0, quantity: "her.response", item: $0)
        }, caption: DefinitionLabel.link("Hard-edge response", "her.response"), label: "table:her",
        data),
    ]
  }
}
