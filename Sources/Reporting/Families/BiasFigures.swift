import Detector
import LatexReport
import Plots
import Warehouse

/// Figures of the extraction.
enum BiasFigures {
  /// Points of a curve over the whole width that a small panel can show.
  private static let profilePoints = 128
  /// The columns that the zoomed profile shows.
  private static let firstColumns = 100

  // MARK: - Profiles of frames

  static func profiles(_ data: TestRunData, footer: String) -> [ReportPart] {
    var parts: [ReportPart] = [.section(2, "Profiles", label: "profiles")]
    guard let columns = data.curves["bias.profile.columns"], !columns.isEmpty else {
      return parts + [.paragraph([.status(.missing, "No profile was measured.")])]
    }
    let first = Double(firstColumns)
    let near = columns.map { curve -> CurveRecord in
      var curve = curve
      let count = curve.x.prefix { $0 < first }.count
      (curve.x, curve.y) = (Array(curve.x.prefix(count)), Array(curve.y.prefix(count)))
      return curve
    }
    parts.append(
      profile(
        "profile-columns", "Profiles along columns", x: "column", columns, data, footer: footer,
        text: "Mean of each column of every frame above its offset", isKey: true))
    parts.append(
      profile(
        "profile-first-columns", "Profiles along the first columns", x: "column", near, data,
        footer: footer,
        text: "The same for the first \(firstColumns) columns, where read-out begins", limits: .data
      ))
    if let rows = data.curves["bias.profile.rows"] {
      parts.append(
        profile(
          "profile-rows", "Profiles along rows", x: "row", rows, data, footer: footer,
          text: "Mean of each row of every frame above its offset"))
    }
    if let rows = data.curves["bias.profile.rows.std"] {
      parts.append(
        profile(
          "profile-rows-std", "Scatter of rows", x: "row", y: "scatter", rows, data, footer: footer,
          text: "Scatter of the image pixels of each row of every frame"))
    }
    return parts
  }

  static func profile(
    _ name: String, _ words: String, x: String, y: String = "level", _ curves: [CurveRecord],
    _ data: TestRunData, footer: String, text: String, limits: Axis.Limits = .robust,
    shaded: Bool = true, isKey: Bool = false
  ) -> ReportPart {
    // Many curves lie over each other; a single one can show more.
    let points =
      shaded ? data.obsids.count > 20 ? profilePoints / 2 : profilePoints : 2 * profilePoints
    let limit = max(points, x == "column" && limits == .data ? firstColumns : 0)
    let extent = curves.compactMap(\.x.last).max() ?? 0
    let places = Dictionary(grouping: curves) {
      "\($0.place.detector ?? "")/\($0.place.amplifier ?? "")"
    }
    var per = 1
    var reduced: [String: [Series]] = [:]
    for (place, mine) in places {
      reduced[place] = mine.map { curve in
        let points = CurveReduction.averaged(x: curve.x, y: curve.y, limit: limit)
        per = max(per, points.per)
        return Series(
          x: points.x, y: points.y, style: .line(width: 0.7), colour: Palette.colour(0),
          shade: shaded ? curve.place.obsid.map(data.abscissa) : nil)
      }
    }
    let several = shaded && data.obsids.count > 1
    let figure = BlockLayout.figure(
      data.camera, title: CheckFigures.title(words, data), footer: footer
    ) {
      detector, amplifier in
      guard let series = reduced["\(detector)/\(amplifier)"], !series.isEmpty else {
        return .missing("no frame")
      }
      return .axes(
        Axes(
          x: Axis(x, unit: "pixel", ticks: BlockLayout.pixelTicks(extent)),
          y: Axis(y, unit: "ADU", limits: limits),
          marks: series.map { .series($0) }, legend: .none,
          shading: several ? Shading(TimeText.axis(data)) : nil))
    }
    let averaged = per > 1 ? ", means of \(per) neighbouring \(x)s" : ""
    let colour = several ? "; the colour shows the time." : "."
    return .figure(
      ReportFigure(
        name, figure, caption: .init("\(text)\(averaged)\(colour)"),
        width: BlockLayout.share(data.camera), isKey: isKey))
  }

  // MARK: - Histograms

  static func noiseHistograms(_ data: TestRunData, footer: String) -> [ReportPart] {
    let sources: [(label: String, quantity: String, item: String?)] = [
      (CheckNames.region("img"), "bias.frame.ron", nil),
      (CheckNames.region("pre"), "check.std", "pre"),
      (CheckNames.region("ove"), "check.std", "ove"),
    ]
    func values(
      _ source: (label: String, quantity: String, item: String?), _ d: String, _ a: String
    )
      -> [Double]
    {
      data.trend(source.quantity, d, a, item: source.item).y
    }
    let all = data.camera.detectors.flatMap { detector in
      data.camera.amplifiers.flatMap { amplifier in
        sources.flatMap { values($0, detector, amplifier.name) }
      }
    }
    guard let low = all.min(), let high = all.max() else { return [] }
    let margin = max((high - low) * 0.05, 0.01)
    let bins = 24
    let edges = (0...bins).map {
      low - margin + (high - low + 2 * margin) * Double($0) / Double(bins)
    }
    // A narrow range has no round numbers that fit into a small panel: two marks, as exact as shown.
    let ticks = [0.2, 0.8].map { share in
      let value = ((low + share * (high - low)) * 100).rounded() / 100
      return Tick(value, NumberText.fixed(value, digits: 2))
    }
    let figure = BlockLayout.figure(
      data.camera, title: CheckFigures.title("Scatter of single frames", data), footer: footer
    ) { detector, amplifier in
      let marks = sources.enumerated().compactMap { index, source -> Axes.Mark? in
        let mine = values(source, detector, amplifier)
        guard !mine.isEmpty else { return nil }
        return .steps(
          Steps(
            source.label, edges: edges, counts: counts(mine, edges: edges),
            colour: Palette.colour(index), isFilled: index == 0))
      }
      guard !marks.isEmpty else { return .missing("no frame") }
      return .axes(
        Axes(
          x: Axis("RON", unit: "ADU", ticks: ticks), y: Axis("frames"), marks: marks, legend: .right
        ))
    }
    return [
      .section(2, "Read-out noise of single frames", label: "histograms"),
      .figure(
        ReportFigure(
          "ron-histograms", figure,
          caption: DefinitionLabel.link("Scatter of single frames", "bias.frame.ron")
            + ": image area, after removing large-scale structure, pre-scan and over-scan."
            + " One count for each frame.",
          width: BlockLayout.share(data.camera))),
    ]
  }

  private static func counts(_ values: [Double], edges: [Double]) -> [Double] {
    var counts = [Double](repeating: 0, count: max(0, edges.count - 1))
    for value in values {
      if let index = counts.indices.first(where: { value >= edges[$0] && value < edges[$0 + 1] }) {
        counts[index] += 1
      }
    }
    return counts
  }
}
