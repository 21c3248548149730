import Detector
import LatexReport
import Plots
import Warehouse

/// Figures of the check and of the extraction.
enum BiasFigures {
  /// Points of a curve over the whole width that a small panel can show.
  private static let profilePoints = 128
  /// The columns that the zoomed profile shows.
  private static let firstColumns = 100

  static func title(_ words: String, _ data: TestRunData) -> String {
    "\(words): \(data.run.test), \(data.run.block)"
  }

  // MARK: - Trends

  static func trends(_ data: TestRunData, footer: String) -> [ReportPart] {
    let items = Set(data.measurements(of: "check.offset").compactMap(\.place.item))
    let regions = BiasReport.regions.filter(items.contains)
    guard !regions.isEmpty else {
      return [.paragraph([.status(.missing, "No level was measured in the data check.")])]
    }
    var parts: [ReportPart] = [.section(2, "Plots", label: "plots")]
    parts.append(
      trend(
        "offset-trend", "Offsets", axis: Axis("offset", unit: "ADU"), data, footer: footer,
        caption: DefinitionLabel.link("Offsets", "check.offset")
          + " of the regions against time, for each CCD and quadrant.",
        regions: regions, limits: nil, isKey: true
      ) { detector, amplifier, region in
        data.trend("check.offset", detector, amplifier, item: region)
      })
    let relative = regions.filter { $0 != "pre" }
    if regions.contains("pre"), !relative.isEmpty {
      parts.append(
        trend(
          "delta-offset-trend", "Offsets relative to the pre-scan",
          axis: Axis("offset − pre-scan", unit: "ADU"), data, footer: footer,
          caption: DefinitionLabel.link("Offsets", "check.offset")
            + " of image and over-scan minus that of the pre-scan, against time.",
          regions: relative, limits: nil
        ) { detector, amplifier, region in
          difference(
            data.trend("check.offset", detector, amplifier, item: region),
            data.trend("check.offset", detector, amplifier, item: "pre"))
        })
    }
    parts.append(
      trend(
        "std-trend", "Scatter", axis: Axis("scatter", unit: "ADU"), data, footer: footer,
        caption: DefinitionLabel.link("Scatter", "check.std")
          + " of the regions against time; lines are the limits.",
        regions: regions, limits: "std_"
      ) { detector, amplifier, region in
        data.trend("check.std", detector, amplifier, item: region)
      })
    return parts
  }

  private typealias Points = (x: [Double], y: [Double], errors: [Double])

  /// One trend minus another at the abscissae that both have.
  private static func difference(_ a: Points, _ b: Points) -> Points {
    let reference = Dictionary(
      zip(b.x, zip(b.y, b.errors)), uniquingKeysWith: { first, _ in first })
    var result: Points = ([], [], [])
    for ((x, y), error) in zip(zip(a.x, a.y), a.errors) {
      guard let (level, other) = reference[x] else { continue }
      result.x.append(x)
      result.y.append(y - level)
      result.errors.append((error * error + other * other).squareRoot())
    }
    return result
  }

  private static func trend(
    _ name: String, _ words: String, axis: Axis, _ data: TestRunData, footer: String,
    caption: Document.Text, regions: [String], limits: String?, isKey: Bool = false,
    points: (_ detector: String, _ amplifier: String, _ region: String) -> Points
  ) -> ReportPart {
    let figure = BlockLayout.figure(
      data.camera, title: title(words, data), footer: footer
    ) { detector, amplifier in
      var marks = regions.enumerated().compactMap { index, region -> Axes.Mark? in
        let trend = points(detector, amplifier, region)
        guard !trend.x.isEmpty else { return nil }
        return .series(
          Series(
            CheckNames.region(region), x: trend.x, y: trend.y, errors: trend.errors,
            style: .linePoints(Palette.marker(index)), colour: Palette.colour(index)))
      }
      guard !marks.isEmpty else { return .missing("no frame") }
      if let limits {
        let checks = data.checks.filter {
          $0.name.hasPrefix(limits) && $0.place.detector == detector
            && $0.place.amplifier == amplifier
        }
        let values = Set(checks.flatMap { [$0.lower, $0.upper].compactMap { $0 } }).sorted()
        marks += values.enumerated().map {
          .limit(LimitLine(.horizontal, at: $1, label: $0 == 0 ? "limits" : ""))
        }
      }
      return .axes(Axes(x: TimeText.axis(data), y: axis, marks: marks, legend: .right))
    }
    return .figure(ReportFigure(name, figure, caption: caption, isKey: isKey))
  }

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
        footer: footer, text: "The same for the first \(firstColumns) columns, where read-out begins"))
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
    _ data: TestRunData, footer: String, text: String, shaded: Bool = true, isKey: Bool = false
  ) -> ReportPart {
    let limit = data.obsids.count > 20 ? profilePoints / 2 : profilePoints
    let places = Dictionary(grouping: curves) { "\($0.place.detector ?? "")/\($0.place.amplifier ?? "")" }
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
    let figure = BlockLayout.figure(data.camera, title: title(words, data), footer: footer) {
      detector, amplifier in
      guard let series = reduced["\(detector)/\(amplifier)"], !series.isEmpty else {
        return .missing("no frame")
      }
      return .axes(
        Axes(
          x: Axis(x, unit: "pixel"), y: Axis(y, unit: "ADU", limits: .robust),
          marks: series.map { .series($0) }, legend: .none,
          shading: several ? Shading(TimeText.axis(data)) : nil))
    }
    let averaged = per > 1 ? ", means of \(per) neighbouring \(x)s" : ""
    let colour = several ? "; the colour shows the time." : "."
    return .figure(
      ReportFigure(name, figure, caption: .init("\(text)\(averaged)\(colour)"), isKey: isKey))
  }

  // MARK: - Histograms

  static func noiseHistograms(_ data: TestRunData, footer: String) -> [ReportPart] {
    let sources: [(label: String, quantity: String, item: String?)] = [
      ("IMG", "bias.frame.ron", nil), ("PRE", "check.std", "pre"), ("OVE", "check.std", "ove"),
    ]
    func values(_ source: (label: String, quantity: String, item: String?), _ d: String, _ a: String)
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
    let edges = (0...bins).map { low - margin + (high - low + 2 * margin) * Double($0) / Double(bins) }
    let figure = BlockLayout.figure(
      data.camera, title: title("Scatter of single frames", data), footer: footer
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
          x: Axis("RON", unit: "ADU"), y: Axis("frames"), marks: marks, legend: .right))
    }
    return [
      .section(2, "Read-out noise of single frames", label: "histograms"),
      .figure(
        ReportFigure(
          "ron-histograms", figure,
          caption: DefinitionLabel.link("Scatter of single frames", "bias.frame.ron")
            + " in the image area (IMG, after removing large-scale structure), pre-scan (PRE) and over-scan (OVE)."
        )),
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
