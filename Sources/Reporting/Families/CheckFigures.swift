import Detector
import LatexReport
import Plots
import Warehouse

/// Figures of the data check, which all families of block tests share: levels against time.
enum CheckFigures {
  /// The regions that are shown, short forms.
  static let regions = ["pre", "img", "ove"]

  /// The title of a figure: what it shows, and of which test and block.
  static func title(_ words: String, _ data: TestRunData) -> String {
    "\(words): \(data.run.test), \(data.run.block)"
  }

  static func trends(_ data: TestRunData, footer: String) -> [ReportPart] {
    let items = Set(data.measurements(of: "check.offset").compactMap(\.place.item))
    let regions = regions.filter(items.contains)
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

  /// The drift of the scans' offsets.
  static func changes(_ data: TestRunData, footer: String) -> [ReportPart] {
    let items = Set(data.measurements(of: "check.offset.change").compactMap(\.place.item))
    let regions = regions.filter(items.contains)
    guard !regions.isEmpty else { return [] }
    return [
      trend(
        "offset-change", "Change of offsets", axis: Axis("offset − mean", unit: "ADU"), data,
        footer: footer,
        caption: DefinitionLabel.link("Change of the offsets", "check.offset.change")
          + " of the scan regions against time.",
        regions: regions, limits: nil
      ) { detector, amplifier, region in
        data.trend("check.offset.change", detector, amplifier, item: region)
      }
    ]
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
    let isNarrow = BlockLayout.share(data.camera) == 1
    let time = isNarrow ? TimeText.narrowAxis(data) : TimeText.axis(data)
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
      return .axes(Axes(x: time, y: axis, marks: marks, legend: .right))
    }
    return .figure(
      ReportFigure(
        name, figure, caption: caption, width: BlockLayout.share(data.camera), isKey: isKey))
  }
}
