import BlockTests
import DataProducts
public import Detector
import Diagnostics
import DurableFiles
import Foundation
import Plots
import Warehouse

extension MetaPTC {
  /// Reads all photon-transfer runs that stand for their blocks.
  public static func content(_ input: MetatestInput) throws -> MetatestContent {
    let choice = try MetatestChoice(self, input)
    let layout = PlaneLayout(plane: input.plane, design: input.design, camera: choice.camera)
    let planes = try choice.tests.map {
      try PhotonTransferPlane(input, test: $0.test, layout: layout, selections: $0.selections)
    }
    let flight = Set(input.design.flight)
    let results = planes.flatMap { $0.requirements(flight: flight) }
    let date = StartTime.latest(planes.flatMap(\.runs).map(\.started))
    let stability = GainStabilityReport(
      stability: try GainStability(
        input, tests: choice.tests.map(\.test), camera: choice.camera.name))
    var figures = planes.flatMap { self.figures(input, $0, results) }
    if let figure = wavelengthFigure(planes) {
      figures.append(.init(name: "GAIN_vs_Wavelength", figure: { figure }, hasPreview: true))
    }
    if let figure = stability.figure {
      figures.append(
        .init(name: GainStabilityReport.figureName, figure: { figure }, hasPreview: true))
    }
    figures += dependenceFigures(planes)
    var content = MetatestContent(
      document: try PhotonTransferDocument(
        input: input, planes: planes, results: results, figures: Set(figures.map(\.name)),
        date: date, camera: choice.camera, stability: stability
      ).document(), images: [], figures: figures,
      products: planes.flatMap { maps($0, date.text) }, requirements: results,
      selections: planes.flatMap(\.selections), date: date.text)
    let product = try PhotonTransferTables(
      input: input, planes: planes, results: results, date: date.text,
      stability: stability
    ).product()
    content.products += [
      .init(name: "MetaPTC.xlsx") { try XLSXWriter.write(product, to: $0, created: date.seconds) },
      .init(name: "MetaPTC.fits") { try FITSTableWriter.write(product, to: $0) },
      .init(name: "GAIN_MATRIX.json") {
        try AtomicFile.write(try gainMatrix(planes, date.text), to: $0)
      },
    ]
    return content
  }

  /// Tests the values alone.
  public static func requirements(
    _ input: MetatestInput, camera: Camera
  ) throws -> RequirementTester {
    let layout = PlaneLayout(plane: input.plane, design: input.design, camera: camera)
    return { test, selections in
      try PhotonTransferPlane(
        input, test: test, layout: layout, selections: selections, isForReport: false
      ).requirements(flight: Set(input.design.flight))
    }
  }

  // MARK: - Figures

  private static func figures(
    _ input: MetatestInput, _ plane: PhotonTransferPlane, _ results: [RequirementResult]
  ) -> [MetatestContent.NamedFigure] {
    let drawing = PlaneFigures(layout: plane.layout, selections: plane.selections)
    var figures = MapFigures(plane: plane, results: results).figures(maps)
    if hasEdges(plane) {
      figures.append(
        .init(
          name: "HER_curves_\(plane.test)", figure: { edges(plane) }, hasPreview: false))
    }
    if plane.isOnPlane, hasBloomMap(plane) {
      figures.append(
        .init(
          name: "\(plane.test)_BLOOM_ADU_2DMAP",
          figure: {
            drawing.mosaic(
              try bloomImages(plane), name: "\(plane.test): blooming limits of tiles",
              value: Axis("limit", unit: "kADU"), scale: .full,
              footer: plane.footer("ptc.bloom"), nothing: "no tile\nreaches a limit")
          }, hasPreview: false))
    }
    if !plane.temperatures.isEmpty, let gain = maps.first {
      let values = plane.stored(gain)
      figures.append(
        .init(
          name: "\(plane.test)_GAIN_TEMPERATURE",
          figure: {
            ChannelFigures.temperature(
              values, test: plane.test, selections: plane.selections,
              temperatures: plane.temperatures, footer: plane.footer("ptc.gain"))
          }, hasPreview: false))
    }
    return figures
  }

  /// Whether any run has the profile of its image area's edge.
  static func hasEdges(_ plane: PhotonTransferPlane) -> Bool {
    !plane.reader.curves(named: HardEdgeQuantities.serialProfile).isEmpty
  }

  /// All profiles behind the edge, a colour a block.
  private static func edges(_ plane: PhotonTransferPlane) -> Figure {
    let curves = plane.reader.curves(named: HardEdgeQuantities.serialProfile)
    var blocks: [String] = []
    let marks = curves.keys.sorted().compactMap { place -> Axes.Mark? in
      guard let curve = curves[place] else { return nil }
      let isNew = !blocks.contains(place.block)
      if isNew { blocks.append(place.block) }
      let index = blocks.firstIndex(of: place.block) ?? 0
      let behind = curve.x.indices.dropFirst(HardEdge.before).prefix(7)
      return .series(
        Series(
          isNew ? place.block : "", x: behind.map { Double($0 - HardEdge.before) },
          y: behind.map { curve.y[$0] * 1e3 }, style: .line(width: 0.8, dashed: index >= 12),
          colour: Palette.colour(index)))
    }
    return Figure(
      width: 6.8, height: 4.4, title: "\(plane.test): hard-edge response",
      footer: plane.footer(HardEdgeQuantities.serialProfile),
      content: .panel(
        .axes(
          Axes(
            x: Axis("pixel behind the edge"), y: Axis("signal / image", unit: "10⁻³"),
            marks: marks + [.limit(LimitLine(.horizontal, at: 0))], legend: .right))))
  }

  /// Whether any tile of any block reaches its limit.
  static func hasBloomMap(_ plane: PhotonTransferPlane) -> Bool {
    (0..<2500).contains { tile in
      plane.reader.values(of: PhotonTransferQuantities.bloom, item: item(tile)).values.contains {
        $0.number != nil
      }
    }
  }

  private static func item(_ tile: Int) -> String {
    let name = String(tile)
    return "t" + String(repeating: "0", count: max(0, 3 - name.count)) + name
  }

  /// The tiles of each detector as they lie on it, by slot [kADU].
  private static func bloomImages(_ plane: PhotonTransferPlane) throws -> [String: PlotImage] {
    let layout = plane.layout
    let side =
      (1...50).first { side in
        plane.reader.values(of: PhotonTransferQuantities.bloom, item: item(side * side)).isEmpty
      } ?? 6
    let (across, up) = (layout.across, layout.up)
    var images: [String: PlotImage] = [:]
    for slot in layout.slots {
      var values = [Float](repeating: .nan, count: across * side * up * side)
      var isEmpty = true
      for channel in layout.channels where channel.slot.name == slot.name {
        for tile in 0..<side * side {
          guard
            let value = plane.reader.values(
              of: PhotonTransferQuantities.bloom, item: item(tile))[channel.place]?.number
          else { continue }
          let amplifier = channel.amplifier
          let x = amplifier.flipX ? side - 1 - tile % side : tile % side
          let y = amplifier.flipY ? side - 1 - tile / side : tile / side
          let column = (channel.column % across) * side + x
          let row = (channel.row % up) * side + y
          let at = row * across * side + column
          if values.indices.contains(at) {
            values[at] = Float(value / 1000)
            isEmpty = false
          }
        }
      }
      guard !isEmpty else { continue }
      images[slot.name] = try PlotImage(width: across * side, height: up * side, values: values)
    }
    return images
  }

  /// Mean gain of the flight blocks against wavelength; nil with fewer than two wavelengths.
  static func wavelengthFigure(_ planes: [PhotonTransferPlane]) -> Figure? {
    let points = planes.compactMap { plane -> (Double, Double, Double)? in
      guard let wavelength = wavelengths[plane.test], let gain = plane.meanGain else { return nil }
      return (wavelength, gain.mean, gain.deviation)
    }.sorted { $0.0 < $1.0 }
    guard points.count > 1 else { return nil }
    return Figure(
      width: 6.5, height: 4.6, title: "Gain against wavelength",
      footer: "mean and standard deviation of the quadrants of the flight blocks",
      content: .panel(
        .axes(
          Axes(
            x: Axis("wavelength", unit: "nm"), y: Axis("gain", unit: "e⁻/ADU"),
            marks: [
              .series(
                Series(
                  x: points.map(\.0), y: points.map(\.1), errors: points.map(\.2),
                  style: .linePoints(.circle)))
            ], legend: .none))))
  }

  /// The gain of each quadrant against the temperature of its detector and the voltages of its drains, one colour a test.
  static func dependenceFigures(
    _ planes: [PhotonTransferPlane]
  ) -> [MetatestContent.NamedFigure] {
    func figure(
      _ name: String, _ title: String, _ axis: Axis,
      _ x: (PhotonTransferPlane, ChannelPlace) -> Double?
    ) -> MetatestContent.NamedFigure? {
      let groups = planes.compactMap { plane -> (label: String, x: [Double], y: [Double])? in
        let gains = plane.reader.values(of: PhotonTransferQuantities.gain, item: nil)
        let points = gains.keys.sorted().compactMap { place -> (Double, Double)? in
          guard let gain = gains[place]?.number, let x = x(plane, place) else { return nil }
          return (x, gain)
        }
        return points.isEmpty ? nil : (plane.test, points.map(\.0), points.map(\.1))
      }
      guard !groups.isEmpty else { return nil }
      var figure = Figure.scatter(
        title: title, x: axis, y: Axis("gain", unit: "e⁻/ADU"), groups: groups,
        footer: planes.map(\.test).joined(separator: ", ") + " · ptc.gain")
      figure.height = 4.6
      let drawn = figure
      return .init(name: name, figure: { drawn }, hasPreview: false)
    }
    return [
      figure(
        "GAIN_vs_Det_Temp", "Gain against CCD temperature",
        Axis("CCD temperature, mean of top and bottom", unit: "°C")
      ) { $0.temperatures[$1.block]?[$1.detector] }
    ].compactMap(\.self)
      + AmplifierVoltages.Drain.allCases.compactMap { drain in
        figure(
          "GAIN_vs_\(drain.rawValue)", "Gain against \(drain.title) voltage",
          Axis("\(drain.title), house-keeping", unit: "V")
        ) { $0.voltages[drain]?[$1] }
      }
  }

  // MARK: - Products

  private static func maps(
    _ plane: PhotonTransferPlane, _ date: String
  ) -> [MetatestContent.Product] {
    guard plane.isOnPlane else { return [] }
    return quantityMaps(plane, date) + (hasEdges(plane) ? [edgeProfiles(plane, date)] : [])
  }

  /// The serial profiles behind the edge, as they are drawn but all of them.
  private static func edgeProfiles(
    _ plane: PhotonTransferPlane, _ date: String
  ) -> MetatestContent.Product {
    .init(name: "\(plane.test)_HER_profiles_MAP.json") { path in
      let curves = plane.reader.curves(named: HardEdgeQuantities.serialProfile).mapValues { curve in
        let behind = Array(curve.x.indices.dropFirst(HardEdge.before))
        let errors = curve.uncertainty ?? []
        return ProfileJSON.Profile(
          x: behind.map { curve.x[$0] }, y: behind.map { curve.y[$0] },
          uncertainty: errors.count == curve.x.count ? behind.map { errors[$0] } : nil)
      }
      let responses = plane.reader.values(of: HardEdgeQuantities.response, item: "serial")
      let text = try ProfileJSON.text(
        title: "HARD EDGE RESPONSE", test: plane.test, units: "adim",
        abscissa: "column from 1, the first one behind the image area first", curves: curves,
        layout: plane.layout, date: date, program: "vison \(ProgramVersion.current)"
      ) { place in
        if case .missing(let reason)? = responses[place] { reason } else { plane.reason(place) }
      }
      try AtomicFile.write(text, to: path)
    }
  }

  private static func quantityMaps(
    _ plane: PhotonTransferPlane, _ date: String
  ) -> [MetatestContent.Product] {
    let files = [
      ("GAIN", "GAIN_elperadu", "GAIN MAP"), ("BLOOM_ADU", "BLOOM_ADU", "BLOOMING MAP [ADU]"),
      ("BLOOM_ELE", "BLOOM_ELE", "BLOOMING MAP [ELECTRONS]"), ("HER", "HER", "HARD EDGE RESPONSE"),
    ]
    return files.compactMap { key, name, title in
      guard let map = maps.first(where: { $0.key == key }) else { return nil }
      let values = plane.stored(map)
      return plane.product("\(plane.test)_\(name)_MAP.json", title, [("all", values)], date)
    }
  }

  private struct GainMatrix: Encodable {
    struct Entry: Encodable {
      let gain, uncertainty: Double?
      let reason: String?
      let run: Int64
      let analysis: String
    }
    let title, units, date, program: String
    let gains: [String: [String: [String: [String: Entry]]]]
  }

  /// Block > test > detector > quadrant: the gain, its uncertainty, and the run that it comes from.
  static func gainMatrix(_ planes: [PhotonTransferPlane], _ date: String) throws -> String {
    var gains: [String: [String: [String: [String: GainMatrix.Entry]]]] = [:]
    for plane in planes {
      let values = plane.reader.values(of: PhotonTransferQuantities.gain, item: nil)
      for run in plane.runs {
        for (place, value) in values where place.block == run.block {
          let entry: GainMatrix.Entry
          switch value {
          case .value(let gain, let error, _):
            entry = GainMatrix.Entry(
              gain: gain, uncertainty: error, reason: nil, run: run.key.id,
              analysis: run.analysis.name)
          case .missing(let reason):
            entry = GainMatrix.Entry(
              gain: nil, uncertainty: nil, reason: reason, run: run.key.id,
              analysis: run.analysis.name)
          }
          gains[place.block, default: [:]][plane.test, default: [:]][
            place.detector, default: [:]][place.amplifier] = entry
        }
      }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let file = GainMatrix(
      title: "GAIN MATRIX", units: Unit.electronPerADU.rawValue, date: date,
      program: "vison \(ProgramVersion.current)", gains: gains)
    return String(decoding: try encoder.encode(file), as: UTF8.self) + "\n"
  }
}
