import BlockTests
import DataProducts
public import Detector
import Diagnostics
import DurableFiles
import FITSFiles
import Foundation
import Plots
import Warehouse

extension MetaFlat {
  /// Reads all runs of flat fields that stand for their blocks.
  public static func content(_ input: MetatestInput) throws -> MetatestContent {
    let selector = RunSelector(input.warehouse, step: step, scope: input.scope)
    let choice = try MetatestChoice(self, input, selector: selector)
    let layout = PlaneLayout(plane: input.plane, design: input.design, camera: choice.camera)
    let gains = try PlaneGains(input)
    let planes = try choice.tests.map {
      try FlatPlane(
        input, test: $0.test, layout: layout, selections: $0.selections, gains: gains)
    }
    let date = StartTime.latest(planes.flatMap(\.runs).map(\.started))
    var images: [MetatestContent.Product] = []
    var figures: [MetatestContent.NamedFigure] = []
    for plane in planes {
      let drawing = FlatFigures(plane: plane)
      for label in plane.labels where plane.isOnPlane {
        let shelf = ImageShelf()
        images.append(try image(input, plane, label, date.text, shelf))
        figures.append(
          .init(
            name: "MF_\(plane.test)_\(label)", figure: { drawing.mosaic(shelf.all, label) },
            hasPreview: label == plane.labels.first))
      }
      figures += drawing.figures()
    }
    for (name, quantity) in [
      ("PRNU_vs_WAVELENGTH", FlatFigures.WavelengthSource.typical),
      ("PRNU_ZERO_vs_WAVELENGTH", .noSignal),
    ] {
      guard let figure = FlatFigures.wavelengths(planes, quantity) else { continue }
      figures.append(.init(name: name, figure: { figure }, hasPreview: true))
    }
    var content = MetatestContent(
      document: try FlatDocument(
        input: input, planes: planes, figures: Set(figures.map(\.name)), date: date,
        camera: choice.camera, rule: selector.rule
      ).document(), images: images, figures: figures,
      products: planes.flatMap { maps($0, date.text) }, requirements: [],
      selections: planes.flatMap(\.selections), date: date.text)
    let product = try FlatTables(
      input: input, planes: planes, date: date.text, rule: selector.rule
    ).product()
    content.products += [
      .init(name: "MetaFlat.xlsx") { try XLSXWriter.write(product, to: $0, created: date.seconds) },
      .init(name: "MetaFlat.fits") { try FITSTableWriter.write(product, to: $0) },
    ]
    return content
  }

  /// Flats have no requirement of their own: nothing is tested.
  public static func requirements(
    _ input: MetatestInput, camera: Camera
  ) throws -> RequirementTester {
    { _, _ in [] }
  }

  // MARK: - Products

  private static func maps(_ plane: FlatPlane, _ date: String) -> [MetatestContent.Product] {
    guard plane.isOnPlane else { return [] }
    func product(_ name: String, _ title: String, _ map: ChannelMap) -> MetatestContent.Product {
      plane.product("\(name).json", title, [("all", map)], date)
    }
    return plane.labels.flatMap { label -> [MetatestContent.Product] in
      [
        product(
          "PRNU_MAP_\(plane.test)_\(label)", "PRNU MAP",
          plane.map(FlatQuantities.prnu, label)),
        .init(name: "MF_STATS_\(plane.test)_\(label).json") { path in
          try AtomicFile.write(try FlatStatistics(plane, label, date).text(), to: path)
        },
      ]
    } + [
      product(
        "PRNU_ZERO_MAP_\(plane.test)", "PRNU MAP, no signal",
        plane.map(FlatQuantities.prnuAtZero, nil))
    ]
  }

  /// The master flats of all detectors as an LE1 file.
  private static func image(
    _ input: MetatestInput, _ plane: FlatPlane, _ label: String, _ date: String,
    _ shelf: ImageShelf
  ) throws -> MetatestContent.Product {
    var sources: [String: FocalPlaneImage.Source] = [:]
    let noises = plane.map(FlatQuantities.noise, label)
    for run in plane.runs {
      for artifact in try input.warehouse.artifacts(of: run.key, role: "master-flat") {
        guard artifact.path.contains("_\(label)_"), let detector = artifact.detector,
          let slot = input.design.slot(block: run.block, detector: detector)
        else { continue }
        var noise: [String: Double] = [:]
        for amplifier in plane.layout.camera.amplifiers.map(\.name) {
          let place = ChannelPlace(block: run.block, detector: detector, amplifier: amplifier)
          noise[amplifier] = noises.number(at: place).map { $0 / 100 }
        }
        sources[slot.name] = FocalPlaneImage.Source(
          path: "\(input.warehouse.folder)/\(artifact.path)", noise: noise)
      }
    }
    let missing = input.design.flight.filter { !plane.flight.contains($0) }
    func average(_ map: ChannelMap, _ key: String, _ comment: String, digits: Double) -> [FITSCard] {
      plane.mean(map).map {
        [FITSCard(key, .real(($0.mean * digits).rounded() / digits), comment)]
      } ?? []
    }
    var cards = [
      FITSCard("CDP", .text("MASTERFLAT"), "Calibration data product"),
      FITSCard("TEST", .text(plane.test), "Test"),
      FITSCard("WAVE", .text(plane.wave), "Wavelength"),
      FITSCard("FLUCOL", .text(label), "Script column: the fluence"),
    ]
    cards += average(
      plane.map(FlatQuantities.fluence, label), "FLUADU", "Mean fluence, ADU", digits: 10)
    cards += average(plane.electrons(label), "FLUELE", "Mean fluence, electrons", digits: 1)
    cards += average(
      plane.map(FlatQuantities.prnu, label), "PRNU", "Mean PRNU, per cent", digits: 1e4)
    cards += average(noises, "STERROR", "Mean error of a pixel, per cent", digits: 1e4)
    cards += [
      FITSCard("VISON", .text(ProgramVersion.current), "Program version"),
      FITSCard("FPA_DES", .text(input.design.name), "Focal-plane design"),
      FITSCard("DATE", .text(date), "Start of the latest analysis, UTC"),
      FITSCard("NBLOCKS", .integer(plane.flight.count), "Blocks with results"),
      FITSCard(
        "MISSING", .text(missing.isEmpty ? "none" : missing.joined(separator: " ")),
        "Blocks without results"),
      FITSCard("FILLVAL", .real(1), "Value of pixels without data"),
    ]
    let image = FocalPlaneImage(
      layout: plane.layout, sources: sources, layer: "FLAT", fill: 1, unit: .none, cards: cards)
    return .init(name: "MF_\(plane.test)_\(label).fits") { path in
      try image.write(to: path) { shelf.put($1, at: $0) }
    }
  }
}

/// The numbers of the master flats of one fluence, as strict JSON: averages over the flight quadrants, and each quadrant.
struct FlatStatistics {
  private struct Entry: Encodable {
    let PRNU, PRNU_ERR, FLUADU, FLUELE, EFLAT: Double?
    let reason: String?
  }

  private struct File: Encodable {
    let title, test, wave, column, design, date, program, units: String
    let AVPRNU, AVFLUADU, AVFLUELE, AVEFLAT: Double?
    let data: [String: [String: Entry]]
  }

  private let file: File

  init(_ plane: FlatPlane, _ label: String, _ date: String) {
    let prnu = plane.map(FlatQuantities.prnu, label)
    let fluence = plane.map(FlatQuantities.fluence, label)
    let electrons = plane.electrons(label)
    let noise = plane.map(FlatQuantities.noise, label)
    var data: [String: [String: Entry]] = [:]
    for channel in plane.layout.channels {
      let place = channel.place
      let why = prnu.number(at: place) == nil ? prnu.reason(at: place) ?? plane.reason(place) : nil
      data[channel.slot.name, default: [:]][channel.amplifier.name] = Entry(
        PRNU: prnu.number(at: place), PRNU_ERR: prnu.uncertainty(at: place),
        FLUADU: fluence.number(at: place), FLUELE: electrons.number(at: place),
        EFLAT: noise.number(at: place).map { $0 / 100 }, reason: why)
    }
    file = File(
      title: "MF_STATS", test: plane.test, wave: plane.wave, column: label,
      design: plane.layout.design.name, date: date, program: "vison \(ProgramVersion.current)",
      units: "PRNU: %, FLUADU: adu, FLUELE: electron, EFLAT: relative error of a pixel",
      AVPRNU: plane.mean(prnu)?.mean, AVFLUADU: plane.mean(fluence)?.mean,
      AVFLUELE: plane.mean(electrons)?.mean, AVEFLAT: plane.mean(noise).map { $0.mean / 100 },
      data: data)
  }

  func text() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(file), as: UTF8.self) + "\n"
  }
}
