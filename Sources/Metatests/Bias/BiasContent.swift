import BlockTests
import Campaign
import DataProducts
public import Detector
import Diagnostics
import DurableFiles
import FITSFiles
import Plots
import Warehouse

extension MetaBias {
  /// Reads all bias runs that stand for their blocks.
  public static func content(_ input: MetatestInput) throws -> MetatestContent {
    let choice = try MetatestChoice(self, input)
    let layout = PlaneLayout(plane: input.plane, design: input.design, camera: choice.camera)
    let gains = try PlaneGains(input)
    let data = try choice.tests.map { entry in
      try BiasData(
        input, test: entry.test, layout: layout, selections: entry.selections, gains: gains)
    }
    return try content(input, data, choice.camera)
  }

  /// Tests the values alone; curves and temperatures are not read.
  public static func requirements(
    _ input: MetatestInput, camera: Camera
  ) throws -> RequirementTester {
    let layout = PlaneLayout(plane: input.plane, design: input.design, camera: camera)
    let gains = try PlaneGains(input)
    return { test, selections in
      try BiasData(
        input, test: test, layout: layout, selections: selections, gains: gains, isForReport: false
      ).requirements(input.plane, flight: Set(input.design.flight))
    }
  }

  private static func content(
    _ input: MetatestInput, _ data: [BiasData], _ camera: Camera
  ) throws -> MetatestContent {
    let flight = Set(input.design.flight)
    let results = data.flatMap { $0.requirements(input.plane, flight: flight) }
    let stability = try data.map { ($0.test, try TimeStability(input, test: $0.test)) }
    let date = StartTime.latest(data.flatMap(\.runs).map(\.started))
    let shelves = data.map { _ in ImageShelf() }
    let figures = zip(data, shelves).flatMap { self.figures($0, results, $1) }
    var content = MetatestContent(
      document: try BiasReport(
        input: input, tests: data, results: results, figures: Set(figures.map(\.name)),
        stability: stability, date: date, camera: camera
      ).document(), images: [], figures: figures, products: [], requirements: results,
      selections: data.flatMap(\.selections), date: date.text)
    for (data, shelf) in zip(data, shelves) {
      if data.isOnPlane { content.images.append(try image(input, data, date.text, shelf)) }
      content.products += maps(data, date.text)
    }
    let product = try BiasTables(
      input: input, tests: data, results: results, stability: stability, date: date.text
    ).product()
    content.products.append(
      .init(name: "MetaBias.xlsx") {
        try XLSXWriter.write(product, to: $0, created: date.seconds)
      })
    content.products.append(
      .init(name: "MetaBias.fits") { try FITSTableWriter.write(product, to: $0) })
    return content
  }

  // MARK: - Figures

  private static func figures(
    _ data: BiasData, _ results: [RequirementResult], _ shelf: ImageShelf
  ) -> [MetatestContent.NamedFigure] {
    let made = BiasFigures(
      data: data, plane: PlaneFigures(layout: data.layout, selections: data.selections),
      results: results)
    let test = data.test
    var figures: [MetatestContent.NamedFigure] = []
    if data.isOnPlane {
      figures.append(
        .init(
          name: "MASTER_BIAS_\(test)", figure: { made.mosaic(shelf.all) }, hasPreview: true))
      if let electrons = data.electronMap {
        figures.append(
          .init(
            name: "\(test)_RON_ELE_MAP", figure: { made.electrons(electrons) }, hasPreview: true))
      }
      for (name, alongColumns) in [("hor", true), ("ver", false)] {
        figures.append(
          .init(
            name: "\(test)_PROFS_\(name)", figure: { made.profiles(alongColumns: alongColumns) },
            hasPreview: false))
      }
    }
    figures += MapFigures(plane: data, results: results).figures(maps)
    if !data.temperatures.isEmpty {
      for map in maps where ["RON_OVE", "OFFSET_OVE"].contains(map.key) {
        figures.append(
          .init(
            name: "\(test)_\(map.key)_TEMPERATURE", figure: { made.temperature(data.stored(map)) },
            hasPreview: false))
      }
    }
    return figures
  }

  // MARK: - Products

  private static func maps(_ data: BiasData, _ date: String) -> [MetatestContent.Product] {
    guard data.isOnPlane else { return [] }
    func product(
      _ name: String, _ title: String, _ maps: [(region: String, map: ChannelMap)]
    ) -> MetatestContent.Product {
      data.product("\(data.test)_\(name)_MAP.json", title, maps, date)
    }
    func perRegion(_ quantity: Quantity, _ title: String) -> [(region: String, map: ChannelMap)] {
      regions.map {
        ($0, data.stored(PlaneMap(key: "", quantity: quantity, item: $0, title: title)))
      }
    }
    var products = [
      product("RON_ADU", "RON MAP", perRegion(BiasQuantities.readNoise, "RON")),
      product(
        "RON_SINGLE_ADU", "RON MAP, single frames",
        perRegion(BiasQuantities.readNoiseSingle, "scatter of single frames")),
      product("OFFSETS", "OFFSETS MAP", perRegion(BiasQuantities.offset, "offset")),
    ]
    if let electrons = data.electronMap {
      products.append(product("RON_ELE", "RON_ELE MAP", [("ove", electrons)]))
    }
    return products
  }

  /// The master bias of all detectors as an LE1 file.
  private static func image(
    _ input: MetatestInput, _ data: BiasData, _ date: String, _ shelf: ImageShelf
  ) throws -> MetatestContent.Product {
    var sources: [String: FocalPlaneImage.Source] = [:]
    for run in data.runs {
      for artifact in try input.warehouse.artifacts(of: run.key, role: "master-bias") {
        guard let detector = artifact.detector,
          let slot = input.design.slot(block: run.block, detector: detector)
        else { continue }
        let frames = Double(max(1, (run.obsids?.count ?? 1)))
        var noise: [String: Double] = [:]
        for amplifier in data.layout.camera.amplifiers.map(\.name) {
          let place = ChannelPlace(block: run.block, detector: detector, amplifier: amplifier)
          let values = data.reader.values(of: BiasQuantities.readNoise, item: "img")
          noise[amplifier] = values[place]?.number.map { $0 / frames.squareRoot() }
        }
        sources[slot.name] = FocalPlaneImage.Source(
          path: "\(input.warehouse.folder)/\(artifact.path)", noise: noise)
      }
    }
    let missing = input.design.flight.filter { !data.flight.contains($0) }
    let image = FocalPlaneImage(
      layout: data.layout, sources: sources, layer: "STACK", fill: 0,
      cards: [
        FITSCard("CDP", .text("MASTERBIAS"), "Calibration data product"),
        FITSCard("TEST", .text(data.test), "Test"),
        FITSCard("VISON", .text(ProgramVersion.current), "Program version"),
        FITSCard("FPA_DES", .text(input.design.name), "Focal-plane design"),
        FITSCard("DATE", .text(date), "Start of the latest analysis, UTC"),
        FITSCard("NBLOCKS", .integer(data.flight.count), "Blocks with results"),
        FITSCard(
          "MISSING", .text(missing.isEmpty ? "none" : missing.joined(separator: " ")),
          "Blocks without results"),
        FITSCard("FILLVAL", .real(0), "Value of pixels without data"),
      ])
    return .init(name: "MASTER_BIAS_\(data.test).fits") { path in
      try image.write(to: path) { shelf.put($1, at: $0) }
    }
  }
}
