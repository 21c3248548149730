import Detector
import LatexReport
import Plots
import Warehouse

/// The bias tests: offsets, read-out noise, structure, master bias.
struct BiasReport: BlockReportFamily {
  func covers(_ test: String) -> Bool { test.hasPrefix("BIAS") }
  var complianceTitle: String { "Offsets and RON" }
  var productName: String { "RON" }

  func regions(_ quantity: String, _ data: TestRunData) -> [String] {
    let items = Set(data.measurements(of: quantity).compactMap(\.place.item))
    return CheckFigures.regions.filter(items.contains)
  }

  // MARK: - Summary

  func headline(_ data: TestRunData) -> [ReportPart] {
    guard !data.measurements(of: "bias.ron").isEmpty else {
      return [
        .paragraph([
          .status(
            .missing, "No read-out noise was measured: the steps “basic” and “meta” did not run.")
        ])
      ]
    }
    var columns = [
      QuantityTables.Column(heading: "RON, differences", quantity: "bias.ron", item: "img"),
      QuantityTables.Column(
        heading: "RON, single frames", quantity: "bias.ron.single", item: "img"),
      QuantityTables.Column(heading: "Covariance", quantity: "bias.frames.covariance"),
      QuantityTables.Column(heading: "Fixed pattern", quantity: "bias.pattern"),
    ]
    columns.append(
      QuantityTables.Column(heading: "Offset", quantity: "bias.offset", item: "img"))
    columns = columns.filter { !data.measurements(of: $0.quantity).isEmpty }
    return [
      QuantityTables.byAmplifier(
        columns, caption: "Read-out noise and offset of the image area", label: "table:headline",
        data),
      .paragraph(whyTheyDiffer(data)),
    ]
  }

  /// What the two estimates of the noise measure, and what their difference says in this run.
  private func whyTheyDiffer(_ data: TestRunData) -> Document.Text {
    var text: Document.Text = [
      .bold("Why the two differ. "),
      .text(
        "The scatter within a single frame holds, beside the temporal noise, whatever repeats from frame to frame, such as a fixed pattern from pixel to pixel. In the difference of two frames that cancels, and the scatter divided by √2 is the noise of one frame alone. A disturbance that reverses its sign from frame to frame, such as electrical pick-up in opposite phase, counts twice in the difference instead. What the squares of the two differ by is the "
      ),
      .link("covariance of consecutive frames", to: DefinitionLabel.of("bias.frames.covariance")),
      .text("."),
    ]
    let covariances = data.measurements(of: "bias.frames.covariance").compactMap {
      row -> Double? in
      guard case .value(let value, let error?, _) = row.value, error > 0 else { return nil }
      return value / error
    }
    guard !covariances.isEmpty else { return text }
    let positive = covariances.filter { $0 > 3 }.count
    let negative = covariances.filter { $0 < -3 }.count
    text += [.bold(" In this run: "), .text(Self.sense(positive, negative, of: covariances.count))]
    return text
  }

  /// The sense in which the two differ, of which the report's reader asks first.
  private static func sense(_ positive: Int, _ negative: Int, of count: Int) -> String {
    let compatible = count - positive - negative
    func share(_ number: Int) -> String {
      number == count ? "in all \(count) quadrants" : "in \(number) of \(count) quadrants"
    }
    var parts: [String] = []
    if negative > 0 {
      parts.append(
        "it is negative \(share(negative)): the difference scatters more than the single frames, so the disturbance reverses from frame to frame, as pick-up in opposite phase does, and the noise from differences holds it twice"
      )
    }
    if positive > 0 {
      parts.append(
        "it is positive \(share(positive)): single frames scatter more, by a pattern that stays")
    }
    if compatible > 0 { parts.append("it is compatible with zero \(share(compatible))") }
    return "counting departures of more than three times its uncertainty, "
      + parts.joined(separator: "; ") + "."
  }

  // MARK: - Results

  func results(_ data: TestRunData, footer: String) -> [ReportPart] {
    var parts: [ReportPart] = []
    if !data.measurements(of: "bias.frame.ron").isEmpty
      || data.curves["bias.profile.columns"] != nil
    {
      parts.append(.section(1, "\(data.run.test) extraction", label: "extraction"))
      parts += BiasFigures.profiles(data, footer: footer)
      parts += BiasFigures.noiseHistograms(data, footer: footer)
      parts += perFrameTables(data)
    }
    if hasMeta(data) {
      parts.append(.section(1, "\(data.run.test) meta-analysis", label: "meta"))
      parts += BiasMasterFigures.parts(data, footer: footer)
      parts += metaTables(data)
    }
    return parts
  }

  private func hasMeta(_ data: TestRunData) -> Bool {
    !data.measurements(of: "bias.offset").isEmpty || !data.artifacts.isEmpty
      || data.curves["bias.master.profile.columns"] != nil
  }

  private func perFrameTables(_ data: TestRunData) -> [ReportPart] {
    typealias Column = QuantityTables.Column
    var parts: [ReportPart] = [.section(2, "Gradients and row noise", label: "gradients")]
    let hasBest = !data.measurements(of: "bias.gradient").isEmpty
    guard hasBest else {
      return parts + [
        .paragraph([
          .status(.missing, "The step “meta”, which sums up gradients and row noise, did not run.")
        ])
      ]
    }
    let columns = ["columns", "rows"].map { (name: String) in
      Column(heading: "Gradient, \(name)", quantity: "bias.gradient", item: name)
    }
    parts.append(
      QuantityTables.byAmplifier(
        columns + [Column(heading: "Row noise", quantity: "bias.rownoise")],
        caption:
          "Change of the level across the image area, and noise common to the pixels of a row",
        label: "table:gradients", data))
    return parts
  }

  private func metaTables(_ data: TestRunData) -> [ReportPart] {
    typealias Column = QuantityTables.Column
    var parts: [ReportPart] = [.section(2, "Tables", label: "tables")]
    let noise = regions("bias.ron", data)
    if !noise.isEmpty {
      parts.append(
        QuantityTables.byAmplifier(
          noise.map { Column(heading: CheckNames.region($0), quantity: "bias.ron", item: $0) },
          caption: DefinitionLabel.link("Read-out noise from differences of frames", "bias.ron"),
          label: "table:ron", data))
      parts.append(
        QuantityTables.electrons(
          noise.map { Column(heading: CheckNames.region($0), quantity: "bias.ron", item: $0) },
          caption: "Read-out noise in electrons", label: "table:ron-electrons", data))
    }
    let single = regions("bias.ron.single", data)
    if !single.isEmpty {
      parts.append(
        QuantityTables.byAmplifier(
          single.map {
            Column(heading: CheckNames.region($0), quantity: "bias.ron.single", item: $0)
          },
          caption: DefinitionLabel.link("Scatter of single frames", "bias.ron.single"),
          label: "table:ron-single", data))
    }
    let offsets = regions("bias.offset", data)
    if !offsets.isEmpty {
      parts.append(
        QuantityTables.byAmplifier(
          offsets.map { Column(heading: CheckNames.region($0), quantity: "bias.offset", item: $0) }
            + [Column(heading: "Drift", quantity: "bias.offset.drift")],
          caption: "Offsets and their drift", label: "table:offsets", data))
    }
    let master = ["bias.pattern", "bias.master.scatter", "bias.master.masked"]
      .filter { !data.measurements(of: $0).isEmpty }
    let headings = [
      "bias.pattern": "Fixed pattern", "bias.master.scatter": "Scatter of the master",
      "bias.master.masked": "Masked pixels",
    ]
    if !master.isEmpty {
      parts.append(
        QuantityTables.byAmplifier(
          master.map { Column(heading: headings[$0, default: $0], quantity: $0) },
          caption: "Master bias", label: "table:master", data))
    }
    return parts
  }

  // MARK: - Check

  func checkFigures(_ data: TestRunData, footer: String) -> [ReportPart] {
    CheckFigures.trends(data, footer: footer)
  }
}
