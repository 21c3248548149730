import Detector
import LatexReport
import Plots
import Warehouse

/// Figures of the master bias.
enum BiasMasterFigures {
  static func parts(_ data: TestRunData, footer: String) -> [ReportPart] {
    var parts: [ReportPart] = [.section(2, "Master bias", label: "master")]
    parts += images(data, footer: footer)
    let profiles:
      [(curve: String, name: String, words: String, x: String, y: String, text: String)] = [
        (
          "bias.master.profile.columns", "master-columns", "Master bias along columns", "column",
          "level", "Mean of each column of the master bias"
        ),
        (
          "bias.master.profile.rows", "master-rows", "Master bias along rows", "row", "level",
          "Mean of each row of the master bias"
        ),
        (
          "bias.master.profile.rows.std", "master-rows-std", "Scatter of rows of the master bias",
          "row", "scatter", "Scatter of each row of the master bias over the image columns"
        ),
      ]
    for profile in profiles {
      guard let curves = data.curves[profile.curve], !curves.isEmpty else { continue }
      parts.append(
        BiasFigures.profile(
          profile.name, profile.words, x: profile.x, y: profile.y, curves, data, footer: footer,
          text: profile.text, shaded: false))
    }
    return parts + prescan(data, footer: footer)
  }

  // MARK: - Images

  private static func images(_ data: TestRunData, footer: String) -> [ReportPart] {
    let masters = data.artifacts.filter { $0.role == "master-bias" }
    guard !masters.isEmpty else {
      return [.paragraph([.status(.missing, "There is no master bias.")])]
    }
    var reasons: [String] = []
    var images: [String: [String: PlotImage]] = [:]
    for master in masters {
      guard let detector = master.detector else { continue }
      do {
        images[detector] = try ReducedImage.readAmplifiers(
          path: "\(data.folder)/\(master.path)", extension: "STACK", camera: data.camera)
      } catch {
        reasons.append("\(detector): \(error)")
      }
    }
    let scale = commonScale(images.values.flatMap(\.values))
    let figure = BlockLayout.figure(
      data.camera, title: CheckFigures.title("Master bias", data), footer: footer
    ) { detector, amplifier in
      guard let image = images[detector]?[amplifier],
        let facts = data.camera.amplifier(named: amplifier)
      else { return .missing("no master bias") }
      return .image(
        ImagePanel(
          image, scale: scale, map: .grey, value: Axis("level above the offset", unit: "ADU"),
          x: Axis(
            "x", unit: "pixel", limits: .fixed(0, Double(facts.width)),
            ticks: BlockLayout.pixelTicks(Double(facts.width))),
          y: Axis(
            "y", unit: "pixel", limits: .fixed(0, Double(facts.height)),
            ticks: BlockLayout.pixelTicks(Double(facts.height)))))
    }
    let caption = Document.Text(
      "Master bias: the quadrants as they lie in the frame, averaged over boxes, in one scale that reaches from the lowest 5th to the highest 95th percentile of the quadrants."
    )
    var parts: [ReportPart] = [
      .figure(
        ReportFigure(
          "master-bias", figure, caption: caption, width: BlockLayout.share(data.camera),
          isKey: true))
    ]
    parts += reasons.map {
      .node(.remark(.missing, .init("No picture of the master bias of \($0)")))
    }
    return parts
  }

  /// From the lowest 5th to the highest 95th percentile of the images.
  private static func commonScale(_ images: [PlotImage]) -> ValueScale {
    var low = Double.infinity
    var high = -Double.infinity
    for image in images {
      let sorted = image.values.filter(\.isFinite).sorted()
      guard let last = sorted.indices.last else { continue }
      low = min(low, Double(sorted[last * 5 / 100]))
      high = max(high, Double(sorted[last * 95 / 100]))
    }
    return low < high ? .fixed(low, high) : .percentiles(1, 99)
  }

  // MARK: - Pre-scan columns

  /// Scatter against level of the pre-scan columns: a converter with uneven steps shows here.
  private static func prescan(_ data: TestRunData, footer: String) -> [ReportPart] {
    guard let curves = data.curves["bias.prescan.columns"], !curves.isEmpty else { return [] }
    let several = data.obsids.count > 1
    // Levels are above each frame's own offset; the drift of the offset spreads the points.
    let first = data.obsids.first
    let figure = BlockLayout.figure(
      data.camera, title: CheckFigures.title("Scatter against level of pre-scan columns", data),
      footer: footer
    ) { detector, amplifier in
      let mine = curves.filter {
        $0.place.detector == detector && $0.place.amplifier == amplifier && !$0.x.isEmpty
      }
      guard !mine.isEmpty else { return .missing("no frame") }
      let start = first.flatMap {
        data.value("bias.frame.offset", detector, amplifier, obsid: $0)?.number
      }
      return .axes(
        Axes(
          x: Axis("level", unit: "ADU", limits: .robust),
          y: Axis("scatter", unit: "ADU", limits: .robust),
          marks: mine.map { curve in
            let offset = data.value(
              "bias.frame.offset", detector, amplifier, obsid: curve.place.obsid)?.number
            let shift = if let offset, let start { offset - start } else { 0.0 }
            return .series(
              Series(
                x: curve.x.map { $0 + shift }, y: curve.y, style: .points(.circle, size: 3),
                shade: curve.place.obsid.map(data.abscissa)))
          }, legend: .none, shading: several ? Shading(TimeText.axis(data)) : nil))
    }
    return [
      .figure(
        ReportFigure(
          "prescan-std-mean", figure,
          caption: .init(
            "Scatter of each pre-scan column against its level above the offset of the first frame, for every frame\(several ? "; the colour shows the time" : "")."
          ), width: BlockLayout.share(data.camera)))
    ]
  }
}
