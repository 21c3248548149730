import BlockTests
import Detector
import Plots
import Warehouse

/// Figures of the focal plane's flats.
struct FlatFigures: Sendable {
  let plane: FlatPlane

  private var drawing: PlaneFigures {
    PlaneFigures(layout: plane.layout, selections: plane.selections)
  }

  func figures() -> [MetatestContent.NamedFigure] {
    var figures = MapFigures(plane: plane).figures(plane.maps)
    figures.append(
      .init(
        name: "PRNU_vs_FLU_\(plane.test)", figure: { fluences() },
        hasPreview: plane.test == "FLAT01"))
    return figures
  }

  func mosaic(_ images: [String: PlotImage], _ label: String) -> Figure {
    drawing.mosaic(
      images,
      name: "\(plane.test.split(separator: "_").first ?? "") \(plane.wave), fluence \(label)",
      value: Axis("response"), scale: .equalised, footer: plane.footer("master-flat [\(label)]"))
  }

  /// PRNU of every quadrant of every block against its fluence, a series a script column.
  private func fluences() -> Figure {
    let inElectrons = plane.hasElectrons
    let groups = plane.labels.map { label -> (label: String, x: [Double], y: [Double]) in
      let prnu = plane.map(FlatQuantities.prnu, label)
      let fluence = inElectrons ? plane.electrons(label) : plane.map(FlatQuantities.fluence, label)
      var (x, y): ([Double], [Double]) = ([], [])
      for place in prnu.values.keys.sorted() {
        guard let value = prnu.number(at: place), let light = fluence.number(at: place) else {
          continue
        }
        x.append(light / 1000)
        y.append(value)
      }
      return (label, x, y)
    }.filter { !$0.x.isEmpty }
    var figure = Figure.scatter(
      title: "\(plane.test): PRNU against fluence",
      x: Axis("fluence", unit: inElectrons ? "ke⁻" : "kADU"), y: Axis("PRNU", unit: "%"),
      groups: groups, footer: plane.footer("flat.prnu"))
    figure.height = 4.6
    return figure
  }

  /// What is shown against wavelength.
  enum WavelengthSource: Sendable {
    /// The fluence that stands for each test.
    case typical
    /// The value at no signal.
    case noSignal

    var words: String {
      switch self {
      case .typical: "PRNU against wavelength"
      case .noSignal: "PRNU at no signal against wavelength"
      }
    }

    func map(_ plane: FlatPlane) -> ChannelMap {
      switch self {
      case .typical: plane.map(FlatQuantities.prnu, MetaFlat.typicalLabel(plane.test))
      case .noSignal: plane.map(FlatQuantities.prnuAtZero, nil)
      }
    }
  }

  /// Mean PRNU of the flight quadrants against wavelength, detectors of the batches with high PRNU apart; nil with fewer than
  /// two wavelengths.
  static func wavelengths(_ planes: [FlatPlane], _ source: WavelengthSource) -> Figure? {
    let series = [(false, "low PRNU", Marker.circle), (true, "high PRNU", Marker.square)]
      .enumerated().compactMap { index, batch -> Axes.Mark? in
        let points = planes.compactMap { plane -> (Double, Double, Double)? in
          guard let wavelength = MetaFlat.wavelengths[plane.test],
            let mean = plane.mean(source.map(plane), isHigh: batch.0)
          else { return nil }
          return (Double(wavelength), mean.mean, mean.deviation)
        }.sorted { $0.0 < $1.0 }
        guard points.count > 1 else { return nil }
        return .series(
          Series(
            batch.1, x: points.map(\.0), y: points.map(\.1), errors: points.map(\.2),
            style: .linePoints(batch.2), colour: Palette.colour(index)))
      }
    guard !series.isEmpty else { return nil }
    return Figure(
      width: 6.5, height: 4.6, title: source.words,
      footer:
        "mean and standard deviation of the quadrants of the flight blocks; high PRNU: serial numbers \(MetaFlat.highBatches.joined(separator: " and "))",
      content: .panel(
        .axes(
          Axes(
            x: Axis("wavelength", unit: "nm"), y: Axis("PRNU", unit: "%"), marks: series,
            legend: .automatic))))
  }
}
