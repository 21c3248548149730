import BlockTests
import DataProducts
public import Detector
import Diagnostics
import DurableFiles
import Plots
import Warehouse

extension MetaBF {
  /// Reads all brighter-fatter runs that stand for their blocks.
  public static func content(_ input: MetatestInput) throws -> MetatestContent {
    let choice = try MetatestChoice(self, input)
    let layout = PlaneLayout(plane: input.plane, design: input.design, camera: choice.camera)
    let planes = try choice.tests.map {
      try BrighterFatterPlane(input, test: $0.test, layout: layout, selections: $0.selections)
    }
    let date = StartTime.latest(planes.flatMap(\.runs).map(\.started))
    let figures = planes.flatMap(figures) + wavelengthFigures(planes)
    var content = MetatestContent(
      document: try BrighterFatterDocument(
        input: input, planes: planes, figures: Set(figures.map(\.name)), date: date,
        camera: choice.camera
      ).document(), images: [], figures: figures, products: [], requirements: [],
      selections: planes.flatMap(\.selections), date: date.text)
    for plane in planes { content.products += maps(plane, date.text) }
    let tables = BrighterFatterProducts(input: input, planes: planes, date: date.text)
    let product = try tables.summary()
    content.products += [
      .init(name: "MetaBF.xlsx") { try XLSXWriter.write(product, to: $0, created: date.seconds) },
      .init(name: "MetaBF.fits") { try FITSTableWriter.write(product, to: $0) },
      .init(name: "BFE_COV_matrices.json") {
        try AtomicFile.write(try tables.covariances(), to: $0)
      },
      .init(name: "BFE_GUYO15_PARS.json") {
        try AtomicFile.write(try tables.parameters(), to: $0)
      },
    ]
    let shapes = try tables.shapes()
    if !shapes.tables.isEmpty {
      content.products.append(
        .init(name: "BFE_GUYO15_GAUSSEQUIV_PSFs.fits") {
          try FITSTableWriter.write(shapes, to: $0)
        })
    }
    return content
  }

  /// There is no requirement on brighter-fatter.
  public static func requirements(
    _ input: MetatestInput, camera: Camera
  ) throws -> RequirementTester {
    { _, _ in [] }
  }

  // MARK: - Figures

  private static func figures(_ plane: BrighterFatterPlane) -> [MetatestContent.NamedFigure] {
    let drawing = PlaneFigures(layout: plane.layout, selections: plane.selections)
    var figures = MapFigures(plane: plane).figures(maps)
    for direction in directions {
      let upper = direction.name.uppercased()
      guard plane.places.contains(where: { !plane.points(direction.own, $0).isEmpty }) else {
        continue
      }
      if plane.isOnPlane {
        figures.append(
          .init(
            name: "\(plane.test)_FWHM\(upper)_CURVES",
            figure: { curves(plane, direction, drawing) }, hasPreview: false))
      }
      for (quantity, key, words) in [
        (direction.own, "FLUENCE", "with the coefficients of each fluence"),
        (direction.joint, "FLUENCE_JOINT", "with the coefficients of the joint fit"),
      ] {
        guard let figure = fluence(plane, direction, quantity, words) else { continue }
        figures.append(
          .init(
            name: "\(plane.test)_FWHM\(upper)_vs_\(key)", figure: { figure },
            hasPreview: key == "FLUENCE"))
      }
    }
    return figures
  }

  /// Width against fluence on the plane, one panel a detector, with the fitted lines.
  private static func curves(
    _ plane: BrighterFatterPlane, _ direction: Direction, _ drawing: PlaneFigures
  ) -> Figure {
    drawing.panels(
      name: "\(plane.test): FWHM along \(direction.name) against fluence",
      footer: plane.footer(direction.own.name)
    ) { slot in
      var marks: [Axes.Mark] = []
      for (index, amplifier) in plane.layout.camera.amplifiers.enumerated() {
        let place = ChannelPlace(
          block: slot.block, detector: slot.detector, amplifier: amplifier.name)
        let points = plane.points(direction.own, place)
        guard !points.isEmpty else { continue }
        marks.append(
          .series(
            Series(
              amplifier.name, x: points.map { $0.mean / 1000 }, y: points.map(\.value),
              style: .points(Palette.marker(index), size: 2.5), colour: Palette.colour(index))))
        guard let at = plane.reader.values(of: direction.atHalfWell, item: nil)[place]?.number,
          let slope = plane.reader.values(of: direction.slope, item: nil)[place]?.number
        else { continue }
        let x = [0, 65.536]
        marks.append(
          .series(
            Series(
              "", x: x, y: x.map { at + slope * ($0 - halfWell / 1000) / 10 },
              style: .line(width: 0.6, dashed: true), colour: Palette.colour(index))))
      }
      guard !marks.isEmpty else { return .missing(drawing.missing[slot.block] ?? "no widths") }
      return .axes(
        Axes(
          x: Axis("kADU", limits: .fixed(0, 65.536), ticks: [0, 20, 40, 60].map { Tick($0, "\(Int($0))") }),
          y: Axis("FWHM", unit: "µm", limits: .fixed(6, 12.5)), marks: marks))
    }
  }

  /// Colours by block.
  private static func colour(_ plane: BrighterFatterPlane, _ block: String) -> Colour {
    let blocks = plane.selections.filter { $0.run != nil }.map(\.block)
    return Palette.colour(blocks.firstIndex(of: block) ?? 0)
  }

  /// Width against fluence in electrons, a line for each channel; nil without gains.
  private static func fluence(
    _ plane: BrighterFatterPlane, _ direction: Direction, _ quantity: Quantity, _ words: String
  ) -> Figure? {
    var named: Set<String> = []
    let marks = plane.places.compactMap { place -> Axes.Mark? in
      guard let gain = plane.gain(place)?.value else { return nil }
      let points = plane.points(quantity, place)
      guard !points.isEmpty else { return nil }
      return .series(
        Series(
          named.insert(place.block).inserted ? place.block : "",
          x: points.map { $0.mean * gain / 1000 }, y: points.map(\.value),
          style: .line(width: 0.6), colour: colour(plane, place.block)))
    }
    guard !marks.isEmpty else { return nil }
    let x = (0..<10).map { 15 + Double($0) * 185 / 9 }
    return Figure(
      width: 8, height: 5.6,
      title: "\(plane.test): FWHM along \(direction.name), \(words)",
      footer: plane.footer(quantity.name),
      content: .panel(
        .axes(
          Axes(
            x: Axis("fluence", unit: "ke⁻"),
            y: Axis("FWHM \(direction.name)", unit: "µm", limits: .fixed(6, 12.5)),
            marks: marks + [
              .series(
                Series(
                  "Niemi et al. 2015", x: x, y: x.map(direction.ofFluence),
                  style: .line(width: 1.4, dashed: true), colour: .black))
            ], legend: .right))))
  }

  /// Width at half of full well against wavelength, a line for each channel; none with fewer than two wavelengths.
  static func wavelengthFigures(
    _ planes: [BrighterFatterPlane]
  ) -> [MetatestContent.NamedFigure] {
    let known = planes.compactMap { plane in wavelengths[plane.test].map { (plane, $0) } }
      .sorted { $0.1 < $1.1 }
    guard Set(known.map(\.1)).count > 1, let first = known.first?.0 else { return [] }
    return directions.compactMap { direction in
      var named: Set<String> = []
      let places = Set(known.flatMap { $0.0.places }).sorted()
      let marks = places.compactMap { place -> Axes.Mark? in
        let points = known.compactMap { plane, wavelength in
          plane.reader.values(of: direction.atHalfWell, item: nil)[place]?.number.map {
            (wavelength, $0)
          }
        }
        guard !points.isEmpty else { return nil }
        return .series(
          Series(
            named.insert(place.block).inserted ? place.block : "", x: points.map(\.0),
            y: points.map(\.1), style: .linePoints(.circle),
            colour: colour(first, place.block)))
      }
      guard !marks.isEmpty else { return nil }
      let x = stride(from: 550.0, through: 900, by: 10).map { $0 }
      let figure = Figure(
        width: 8, height: 5.6, title: "FWHM along \(direction.name) against wavelength",
        footer: "\(direction.atHalfWell.name) at 32768 ADU",
        content: .panel(
          .axes(
            Axes(
              x: Axis("wavelength", unit: "nm"),
              y: Axis("FWHM \(direction.name)", unit: "µm", limits: .fixed(7.5, 12.5)),
              marks: marks + [
                .series(
                  Series(
                    "Niemi et al. 2015", x: x, y: x.map(direction.ofWavelength),
                    style: .line(width: 1.4, dashed: true), colour: .black))
              ], legend: .right))))
      return .init(
        name: "FWHM\(direction.name.uppercased())_vs_WAVELENGTH", figure: { figure },
        hasPreview: true)
    }
  }

  // MARK: - Products

  private static func maps(
    _ plane: BrighterFatterPlane, _ date: String
  ) -> [MetatestContent.Product] {
    guard plane.isOnPlane else { return [] }
    return maps.prefix(5).map { map in
      plane.product(
        "\(plane.test)_\(map.key)_MAP.json", map.title, [("all", plane.stored(map))], date)
    }
  }
}
