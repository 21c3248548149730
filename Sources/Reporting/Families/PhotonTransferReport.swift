import Detector
import LatexReport
import Warehouse

/// The photon-transfer tests: gain, brighter-fatter coefficients, full well.
struct PhotonTransferReport: BlockReportFamily {
  func covers(_ test: String) -> Bool { test.hasPrefix("PTC") }
  var complianceTitle: String { "Levels" }
  var productName: String { "PTC" }

  func headline(_ data: TestRunData) -> [ReportPart] {
    guard !data.measurements(of: "ptc.gain").isEmpty else {
      return [
        .paragraph([
          .status(.missing, "No gain was measured: the steps “extract_PTC” and “meta” did not run.")
        ])
      ]
    }
    let models = self.models(data)
    let words =
      models.isEmpty ? "" : ", model\(models.count > 1 ? "s" : "") \(models.joined(separator: ", "))"
    return [
      QuantityTables.byAmplifier(
        [
          Column(heading: "Gain", quantity: "ptc.gain"),
          Column(heading: "RON", quantity: "ptc.ron"),
          Column(heading: "Turn-off", quantity: "ptc.turnoff"),
          Column(heading: "Turn-off", quantity: "ptc.turnoff.electrons"),
          Column(heading: "reached", quantity: "ptc.turnoff.reached"),
        ],
        caption: Document.Text("Gain, read-out noise and turn-off" + words),
        label: "table:headline",
        note: "The turn-off is a lower limit where “reached” is 0: all pairs follow the curve.", data)
    ]
  }

  /// The models of `ptc.gain`: those whose gains are the same.
  private func models(_ data: TestRunData) -> [String] {
    let rows = data.measurements(of: "ptc.gain.model")
    let used = data.measurements(of: "ptc.gain").compactMap { row -> String? in
      guard let gain = row.value.number else { return nil }
      return rows.first {
        $0.place.detector == row.place.detector && $0.place.amplifier == row.place.amplifier
          && $0.value.number == gain
      }?.place.item
    }
    return Set(used).sorted()
  }

  func checkFigures(_ data: TestRunData, footer: String) -> [ReportPart] {
    CheckFigures.trends(data, footer: footer)
  }

  // MARK: - Results

  func results(_ data: TestRunData, footer: String) -> [ReportPart] {
    guard !data.measurements(of: "ptc.pair.mean").isEmpty else { return [] }
    let figures = PhotonTransferFigures(data: data, footer: footer)
    var parts: [ReportPart] = [
      .section(1, "\(data.run.test) extraction", label: "extraction"), .paragraph(Self.counts(data)),
    ]
    parts += figures.balance()
    guard !data.measurements(of: "ptc.gain").isEmpty else {
      return parts + [
        .paragraph([.status(.missing, "The step “meta”, which fits the curves, did not run.")])
      ]
    }
    parts.append(.section(1, "\(data.run.test) analysis", label: "results"))
    parts += [.section(2, "Photon transfer curves", label: "curves")]
    parts += figures.curves() + figures.slopes() + figures.residuals()
    parts += tables(data)
    parts += [.section(2, "Gain against signal", label: "pair-gain")] + figures.pairGains()
    parts += binned(data, figures)
    parts += [.section(2, "Covariances", label: "covariances")]
    parts += figures.covariances() + figures.matrices()
    parts += coefficients(data)
    parts += [.section(2, "Blooming limits of tiles", label: "bloom")] + figures.bloomMap()
    parts += HardEdgeFigures(data: data, footer: footer).parts()
    return parts
  }

  /// How many pairs there are, and why some could not be measured.
  static func counts(_ data: TestRunData) -> Document.Text {
    let pairs = Set(data.measurements(of: "ptc.pair.partner").compactMap(\.place.obsid)).count
    let rows = data.measurements(of: "ptc.pair.variance")
    let missing = rows.compactMap { row -> String? in
      if case .missing(let reason) = row.value { reason } else { nil }
    }
    var text =
      "\(pairs) pairs of flats, \(rows.count) with all detectors and quadrants; neighbours in the "
      + "order of acquisition make a pair."
    if !missing.isEmpty {
      let reasons = Dictionary(grouping: missing) { $0 }.map { ($0.key, $0.value.count) }
        .sorted { ($1.1, $0.0) < ($0.1, $1.0) }.prefix(4)
      text +=
        " Not measurable are \(missing.count): "
        + reasons.map { "\($0.0) (\($0.1))" }.joined(separator: "; ") + "."
    }
    return Document.Text(text)
  }

  private func tables(_ data: TestRunData) -> [ReportPart] {
    var models: [String] = []
    for item in data.measurements(of: "ptc.gain.model").compactMap(\.place.item)
    where !models.contains(item) { models.append(item) }
    func short(_ model: String) -> String {
      switch model {
      case "FULLCOVARIANCE": "Full"
      case "FULLCOVARIANCE_NO_B": "Full, b = 0"
      case "EXPAPPROXIMATION": "Exponential"
      case "QUADRATIC": "Parabola"
      default: model
      }
    }
    return [
      QuantityTables.byAmplifier(
        models.map { Column(heading: short($0), quantity: "ptc.gain.model", item: $0) },
        caption: DefinitionLabel.link("Gain with each model", "ptc.gain.model"),
        label: "table:models",
        note: "The parabola is that of older analyses, and is no unbiased estimate of the gain.", data),
      QuantityTables.byAmplifier(
        models.map { Column(heading: short($0), quantity: "ptc.chi2", item: $0) }
          + [
            Column(heading: "Pairs", quantity: "ptc.points"),
            Column(heading: "left out", quantity: "ptc.points.rejected"),
          ],
        caption: DefinitionLabel.link("Chi squared per degree of freedom", "ptc.chi2"),
        label: "table:chi2", data),
    ]
  }

  /// Variances and gains of binned images; nothing in runs of older versions.
  private func binned(_ data: TestRunData, _ figures: PhotonTransferFigures) -> [ReportPart] {
    var sides: [String] = []
    for item in data.measurements(of: "ptc.gain.binned").compactMap(\.place.item)
    where !sides.contains(item) { sides.append(item) }
    guard !sides.isEmpty else { return [] }
    func blocks(_ item: String) -> String {
      guard let side = Int(item.dropFirst(3)) else { return item }
      return "\(side) × \(side)"
    }
    return [
      .section(2, "Binned images", label: "binned"),
      .paragraph(
        "Covariances of neighbours are part of a block's variance: with larger blocks the curve straightens towards that of photons alone, and all have the same gain in the limit of no signal."
      ),
    ] + figures.binned() + [
      QuantityTables.byAmplifier(
        [Column(heading: "1 × 1, exponential", quantity: "ptc.gain.model", item: "EXPAPPROXIMATION")]
          + sides.map { Column(heading: blocks($0), quantity: "ptc.gain.binned", item: $0) },
        caption: DefinitionLabel.link("Gain of binned images", "ptc.gain.binned"),
        label: "table:binned",
        note: "Blocks are fewer than pixels, and their noise at no signal is fitted: errors grow with the block.",
        data)
    ]
  }

  private typealias Column = QuantityTables.Column

  /// Coefficients are small: the table shows them in 10^-7 per electron.
  private func coefficients(_ data: TestRunData) -> [ReportPart] {
    let columns: [(heading: String, quantity: String, item: String?)] = [
      ("a00", "ptc.a00", nil), ("a10, serial", "ptc.a.neighbour", "a10"),
      ("a01, parallel", "ptc.a.neighbour", "a01"), ("sum", "ptc.a.sum", nil),
    ]
    var rows: [[Document.Table.Cell]] = []
    var rules: Set<Int> = []
    for detector in data.camera.detectors {
      for (index, amplifier) in data.camera.amplifiers.map(\.name).enumerated() {
        rows.append(
          [index == 0 ? .words(detector) : "", .words(amplifier)]
            + columns.map { column in
              switch data.value(column.quantity, detector, amplifier, item: column.item) {
              case .value(let value, let error, _)?:
                .value(value * 1e7, uncertainty: error.map { $0 * 1e7 }, digits: 3)
              case .missing(let reason)?: .empty(reason: reason)
              case nil: .empty(reason: "not measured")
              }
            })
      }
      rules.insert(rows.count)
    }
    return [
      .table(
        Document.Table(
          [.init("CCD"), .init("Q")]
            + columns.map {
              .init(DefinitionLabel.link($0.heading, $0.quantity), unit: "10⁻⁷/e⁻", .right)
            }, rows: rows, caption: "Coefficients of the brighter-fatter effect",
          label: "table:coefficients", size: .footnote, rulesAfter: rules))
    ]
  }
}
