import BlockTests
import DataProducts
public import Detector
import Diagnostics
import DurableFiles
import Plots
import Warehouse

extension MetaNL {
  /// Reads all non-linearity runs that stand for their blocks.
  public static func content(_ input: MetatestInput) throws -> MetatestContent {
    let choice = try MetatestChoice(self, input)
    let layout = PlaneLayout(plane: input.plane, design: input.design, camera: choice.camera)
    let gains = try PlaneGains(input)
    let planes = try choice.tests.map {
      try LinearityPlane(
        input, test: $0.test, layout: layout, selections: $0.selections, gains: gains)
    }
    let flight = Set(input.design.flight)
    let results = planes.flatMap { $0.requirements(flight: flight) }
    let date = StartTime.latest(planes.flatMap(\.runs).map(\.started))
    let comparison = try LinearityComparison(planes, input.warehouse)
    var figures = planes.flatMap { self.figures(input, $0, results) }
    if let figure = comparison.figure {
      figures.append(
        .init(name: LinearityComparison.figureName, figure: { figure }, hasPreview: true))
    }
    var content = MetatestContent(
      document: try LinearityDocument(
        input: input, planes: planes, results: results, figures: Set(figures.map(\.name)),
        date: date, camera: choice.camera, comparison: comparison
      ).document(), images: [], figures: figures, products: [], requirements: results,
      selections: planes.flatMap(\.selections), date: date.text)
    let tables = LinearityProducts(
      input: input, planes: planes, results: results, date: date.text, comparison: comparison)
    let product = try tables.summary()
    for plane in planes {
      content.products += maps(plane, date.text)
      let curves = try tables.curves(plane)
      if !curves.tables.isEmpty {
        content.products.append(
          .init(name: "\(plane.test)_CURVES_and_DATAPOINTS.fits") {
            try FITSTableWriter.write(curves, to: $0)
          })
      }
    }
    content.products += [
      .init(name: "MetaNL.xlsx") { try XLSXWriter.write(product, to: $0, created: date.seconds) },
      .init(name: "MetaNL.fits") { try FITSTableWriter.write(product, to: $0) },
    ]
    return content
  }

  /// Tests the values alone.
  public static func requirements(
    _ input: MetatestInput, camera: Camera
  ) throws -> RequirementTester {
    let layout = PlaneLayout(plane: input.plane, design: input.design, camera: camera)
    let gains = try PlaneGains(input)
    return { test, selections in
      try LinearityPlane(
        input, test: test, layout: layout, selections: selections, gains: gains,
        isForReport: false
      ).requirements(flight: Set(input.design.flight))
    }
  }

  // MARK: - Figures

  private static func figures(
    _ input: MetatestInput, _ plane: LinearityPlane, _ results: [RequirementResult]
  ) -> [MetatestContent.NamedFigure] {
    MapFigures(plane: plane, results: results).figures(maps) + curveFigures(plane)
  }

  private static func curveFigures(_ plane: LinearityPlane) -> [MetatestContent.NamedFigure] {
    guard !plane.fits.isEmpty else { return [] }
    let drawing = LinearityCurveFigures(plane: plane, footer: plane.footer("nl.fit, nl.curve"))
    var figures: [MetatestContent.NamedFigure] = [
      .init(
        name: "\(plane.test)_NL_curves_rel_fit",
        figure: { drawing.together(.fit, by: .block) }, hasPreview: true),
      .init(
        name: "\(plane.test)_NL_curves_rel_fit_bychamber",
        figure: { drawing.together(.fit, by: .chamber) }, hasPreview: false),
      .init(
        name: "\(plane.test)_NL_curves_rel_data",
        figure: { drawing.together(.data, by: .block) }, hasPreview: false),
      .init(
        name: "\(plane.test)_NL_curves_rel_data_bychamber",
        figure: { drawing.together(.data, by: .chamber) }, hasPreview: false),
      .init(
        name: "\(plane.test)_NL_curves_abs_fit",
        figure: { drawing.together(.absolute, by: .block) }, hasPreview: false),
    ]
    if plane.isOnPlane {
      figures.append(
        .init(
          name: "\(plane.test)_NL_curves_FPAMAP", figure: { drawing.onPlane() }, hasPreview: true))
    }
    for pair in plane.measuredTwice {
      figures.append(
        .init(
          name: twiceName(plane, pair.serial),
          figure: { drawing.twice(pair.serial, pair.first, pair.second) }, hasPreview: false))
    }
    return figures
  }

  /// The figure of a detector that was measured in two blocks.
  static func twiceName(_ plane: LinearityPlane, _ serial: String) -> String {
    "\(plane.test)_NL_TWICE_\(SafeName.component(serial))"
  }

  // MARK: - Products

  private static func maps(
    _ plane: LinearityPlane, _ date: String
  ) -> [MetatestContent.Product] {
    guard plane.isOnPlane else { return [] }
    let files = [
      ("SOURCE_STABILITY", "SOURCE STABILITY MAP"), ("MAXNL", "MAXIMUM NON-LINEARITY MAP"),
      ("SATURATION", "SATURATION MAP [ADU]"),
    ]
    return files.compactMap { key, title in
      guard let map = maps.first(where: { $0.key == key }) else { return nil }
      let values = plane.stored(map)
      guard values.values.values.contains(where: { $0.number != nil }) else { return nil }
      return plane.product("\(plane.test)_\(key)_MAP.json", title, [("all", values)], date)
    }
  }
}
