import Detector
import LatexReport
import Plots
import Warehouse

/// Figures of flat fields: one panel for each amplifier.
struct FlatFigures {
  let data: TestRunData
  let footer: String

  private var labels: [String] { FlatReport.labels(data) }

  func part(
    _ name: String, _ words: String, caption: Document.Text, isKey: Bool = false,
    sharesAxes: Bool = true, panel: (_ detector: String, _ amplifier: String) -> Panel
  ) -> ReportPart {
    .figure(
      ReportFigure(
        name,
        BlockLayout.figure(
          data.camera, title: CheckFigures.title(words, data), footer: footer,
          sharesAxes: sharesAxes, panel: panel), caption: caption,
        width: BlockLayout.share(data.camera), isKey: isKey))
  }

  /// The script column of an exposure.
  private func label(of obsid: Int?) -> String? {
    guard let number = obsid.flatMap({ data.value("flat.frame.column", obsid: $0)?.number }),
      number >= 1, number <= Double(labels.count)
    else { return nil }
    return labels[Int(number) - 1]
  }

  // MARK: - Illumination

  func profiles() -> [ReportPart] {
    let sources = [
      ("flat.profile.columns", "columns", "column"), ("flat.profile.rows", "rows", "row"),
    ]
    return labels.flatMap { label in
      sources.compactMap { curve, words, axis -> ReportPart? in
        guard let curves = data.curves[curve]?.filter({ self.label(of: $0.place.obsid) == label }),
          !curves.isEmpty
        else { return nil }
        return BiasFigures.profile(
          "flat-profile-\(words)-\(label)", "Illumination along \(words), \(label)", x: axis,
          curves, data, footer: footer,
          text: "Illumination of every flat of \(label), mean over the \(axis == "row" ? "columns" : "rows")",
          limits: .data, isKey: label == labels.first && words == "columns")
      }
    }
  }

  func frames() -> [ReportPart] {
    [
      ("flat.frame.level", "Signal of the flats", "signal", "flat-levels"),
      ("flat.frame.range", "Range of the illumination", "range", "flat-ranges"),
      ("flat.frame.scatter", "Scatter of the normalised flats", "scatter", "flat-scatter"),
    ].flatMap { quantity, words, axis, name in
      LevelFigure(
        name: name, words: words, quantity: quantity, axis: axis, abscissa: .time, check: nil
      ).parts(data, footer: footer)
    }
  }

  // MARK: - Masters

  func master(_ label: String) -> [ReportPart] {
    images(
      role: "master-flat", layer: "FLAT", matching: label, name: "master-flat-\(label)",
      words: "Master flat, \(label)", value: Axis("response"), map: .grey, scale: .equalised,
      caption:
        "Master flat of \(label): the quadrants as they lie in the frame, averaged over boxes; grey values by rank in each quadrant, so that structure far below the noise of a pixel is seen.",
      missing: "There is no master flat of \(label).", isKey: label == labels.first)
  }

  func masks() -> [ReportPart] {
    images(
      role: "response-mask", layer: "MASK", matching: nil, name: "response-mask",
      words: "Defects of the photo-response", value: Axis("mask"), map: .viridis,
      scale: .fixed(0, 4),
      caption:
        "Mask of the photo-response, averaged over boxes: 0 is good; a bad column has 16, dead pixels 2, bright ones 4, outliers 8. The scale ends at 4.",
      missing: "There is no mask.", isKey: false)
  }

  private func images(
    role: String, layer: String, matching label: String?, name: String, words: String,
    value: Axis, map: ColourMap, scale: ValueScale, caption: Document.Text, missing: String,
    isKey: Bool
  ) -> [ReportPart] {
    let files = data.artifacts.filter { artifact in
      artifact.role == role && (label.map { artifact.path.contains("_\($0)_") } ?? true)
    }
    guard !files.isEmpty else { return [.paragraph([.status(.missing, .init(missing))])] }
    var reasons: [String] = []
    var images: [String: [String: PlotImage]] = [:]
    for file in files {
      guard let detector = file.detector else { continue }
      do {
        images[detector] = try imageAreas("\(data.folder)/\(file.path)", layer)
      } catch {
        reasons.append("\(detector): \(error)")
      }
    }
    let image = data.camera.regions[.image]
    let figure = part(name, words, caption: caption, isKey: isKey) { detector, amplifier in
      guard let picture = images[detector]?[amplifier],
        picture.values.contains(where: \.isFinite)
      else { return .missing("no valid pixel") }
      let (width, height) = (Double(image?.columns.count ?? 1), Double(image?.rows.count ?? 1))
      return .image(
        ImagePanel(
          picture, scale: scale, map: map, value: nil,
          x: Axis(
            "x", unit: "pixel", limits: .fixed(0, width), ticks: BlockLayout.pixelTicks(width)),
          y: Axis(
            "y", unit: "pixel", limits: .fixed(0, height), ticks: BlockLayout.pixelTicks(height))))
    }
    return [figure] + reasons.map { .node(.remark(.missing, .init("No picture of \($0)"))) }
  }

  /// The image areas of all amplifiers, as they lie in the frame.
  private func imageAreas(_ path: String, _ layer: String) throws -> [String: PlotImage] {
    guard let image = data.camera.regions[.image] else { return [:] }
    var images: [String: PlotImage] = [:]
    for amplifier in data.camera.amplifiers {
      images[amplifier.name] = try ReducedImage.read(
        path: path, extension: layer, region: amplifier.frameRegion(of: image), limit: 200)
    }
    return images
  }

  func histograms() -> [ReportPart] {
    let all = labels.enumerated().map { index, label in
      (index, label, data.curves["flat.histogram.\(label)"] ?? [])
    }
    guard all.contains(where: { !$0.2.isEmpty }) else { return [] }
    // As wide as the distribution, and not as its last defect.
    let prnu = data.measurements(of: "flat.prnu.raw").compactMap(\.value.number).max() ?? 1
    let reach = min(0.2, max(0.004, 0.07 * prnu))
    let half = (reach * 600).rounded(.down) / 1000
    let digits = half < 0.01 ? 3 : 2
    let ticks = [1 - half, 1 + half].map { Tick($0, NumberText.fixed($0, digits: digits)) }
    let panel = part(
      "flat-histograms", "Response of the pixels",
      caption:
        "Distribution of the response of the pixels in the master flat of each script column, photon noise included; logarithmic, so that tails are seen."
    ) { detector, amplifier in
      let marks = all.compactMap { index, label, curves -> Axes.Mark? in
        guard
          let curve = curves.first(where: {
            $0.place.detector == detector && $0.place.amplifier == amplifier
          }), let first = curve.x.first
        else { return nil }
        let points = zip(curve.x, curve.y).filter { $0.1 > 0 && abs($0.0 - 1) < reach }
        guard !points.isEmpty, first.isFinite else { return nil }
        return .series(
          Series(
            label, x: points.map(\.0), y: points.map(\.1), style: .line(width: 0.8),
            colour: Palette.colour(index)))
      }
      guard !marks.isEmpty else { return .missing("no master flat") }
      return .axes(
        Axes(
          x: Axis("response", limits: .fixed(1 - reach, 1 + reach), ticks: ticks),
          y: Axis("pixels", scale: .logarithmic), marks: marks,
          legend: labels.count > 1 ? .right : .none))
    }
    return [panel]
  }

  /// PRNU against fluence, with what older analyses call so.
  func response() -> [ReportPart] {
    guard !data.measurements(of: "flat.prnu").isEmpty else { return [] }
    let top = labels.flatMap { label in
      data.measurements(of: "flat.fluence").filter { $0.place.item == label }
        .compactMap(\.value.number)
    }.max().map { $0 / 1000 } ?? 1
    let panel = part(
      "flat-prnu", "PRNU against fluence",
      caption: DefinitionLabel.link("PRNU", "flat.prnu")
        + " against the fluence; the point at no signal is where the line through the others ends. Crosses are the scatter of the master flats with photon noise, as older analyses report it.",
      isKey: true
    ) { detector, amplifier in
      var marks: [Axes.Mark] = []
      for (index, source) in [
        ("flat.prnu", "PRNU", Marker.circle), ("flat.prnu.raw", "as formerly", Marker.cross),
      ].enumerated() {
        var points: (x: [Double], y: [Double], errors: [Double]) = ([], [], [])
        for label in labels {
          guard
            let fluence = data.value("flat.fluence", detector, amplifier, item: label)?.number,
            case .value(let value, let error, _)? = data.value(
              source.0, detector, amplifier, item: label)
          else { continue }
          points.x.append(fluence / 1000)
          points.y.append(value)
          points.errors.append(error ?? 0)
        }
        if !points.x.isEmpty {
          marks.append(
            .series(
              Series(
                source.1, x: points.x, y: points.y, errors: points.errors,
                style: .points(source.2, size: 4), colour: Palette.colour(index))))
        }
      }
      if case .value(let zero, let error, _)? = data.value("flat.prnu.zero", detector, amplifier) {
        marks.append(
          .series(
            Series(
              "no signal", x: [0], y: [zero], errors: [error ?? 0],
              style: .points(.diamond, size: 4), colour: Palette.colour(2))))
      }
      guard !marks.isEmpty else { return .missing("no PRNU") }
      return .axes(
        Axes(
          x: Axis(
            "fluence", unit: "kADU", limits: .fixed(-0.05 * top, 1.1 * top),
            ticks: BlockLayout.pixelTicks(max(2, top))), y: Axis("PRNU", unit: "%"), marks: marks,
          legend: .right))
    }
    return [panel]
  }

  // MARK: - Light

  func light() -> [ReportPart] {
    labels.compactMap { label in
      guard let curve = data.curves["flat.light.\(label)"]?.first, !curve.x.isEmpty else {
        return nil
      }
      var marks: [Axes.Mark] = [
        .series(
          Series(
            label, x: curve.x, y: curve.y.map { 100 * ($0 - 1) },
            errors: curve.uncertainty.map { $0.map { 100 * $0 } }, style: .points(.circle, size: 4)))
      ]
      if let slope = data.value("flat.light.drift", item: label)?.number,
        let first = curve.x.first, let last = curve.x.last
      {
        let rests = zip(curve.x, curve.y).map { 100 * ($0.1 - 1) - slope * $0.0 }.sorted()
        let middle = rests[rests.count / 2]
        marks.append(
          .series(
            Series(
              "drift", x: [first, last], y: [first, last].map { middle + slope * $0 },
              style: .line(width: 0.8, dashed: true), colour: Palette.colour(1))))
      }
      let figure = Figure(
        width: 6.5, height: 3.6, title: CheckFigures.title("Light of \(label)", data),
        footer: footer,
        content: .panel(
          .axes(
            Axes(
              x: Axis("time since the first exposure", unit: "h"),
              y: Axis("light − mean", unit: "%"), marks: marks, legend: .right))))
      return .figure(
        ReportFigure(
          "flat-light-\(label)", figure,
          caption: Document.Text(
            "Light of the flat source during \(label): mean of all amplifiers, each relative to its own mean; the line is the drift."
          ), width: 0.7, isKey: label == labels.first))
    }
  }

  func stabilityTable(label name: String) -> [ReportPart] {
    let columns = [
      ("Drift in one hour", "flat.light.drift"), ("Scatter", "flat.light.scatter"),
      ("Step", "flat.light.step"),
    ]
    let items = labels.filter { item in
      data.measurements(of: "flat.light.drift").contains { $0.place.item == item }
    }
    guard !items.isEmpty else { return [] }
    var notes: Document.Text = ""
    let rows = items.map { item -> [Document.Table.Cell] in
      [.words(item)]
        + columns.map { heading, quantity in
          let value = data.value(quantity, item: item)
          guard case .missing(let reason)? = value else {
            return NumberText.cell(
              value,
              digits: NumberText.digits(
                for: [error(value)], atLeast: 2))
          }
          notes += [.text("\(item), \(heading.lowercased()): \(reason). ")]
          return .empty(reason: "none")
        }
    }
    return [
      .table(
        Document.Table(
          [.init("Column")]
            + columns.map { .init(DefinitionLabel.link($0.0, $0.1), unit: "%", .right) },
          rows: rows, caption: "Stability of the light", label: name, note: notes,
          size: .footnote))
    ]
  }

  private func error(_ value: MeasuredValue?) -> Double? {
    if case .value(_, let error, _)? = value { error } else { nil }
  }
}
