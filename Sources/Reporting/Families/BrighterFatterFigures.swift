import Analysis
import Detector
import LatexReport
import Plots
import Warehouse

/// Figures of the brighter-fatter tests: one panel for each amplifier.
struct BrighterFatterFigures {
  let data: TestRunData
  let footer: String

  func figure(
    _ name: String, _ words: String, caption: Document.Text, isKey: Bool = false,
    panel: (_ detector: String, _ amplifier: String) -> Panel
  ) -> ReportPart {
    .figure(
      ReportFigure(
        name,
        BlockLayout.figure(
          data.camera, title: CheckFigures.title(words, data), footer: footer, panel: panel),
        caption: caption, width: BlockLayout.share(data.camera), isKey: isKey))
  }

  func curve(_ name: String, _ detector: String, _ amplifier: String) -> CurveRecord? {
    data.curves[name]?.first {
      $0.place.detector == detector && $0.place.amplifier == amplifier && $0.place.obsid == nil
    }
  }

  /// Why an amplifier has no values of a quantity.
  func reason(_ quantity: String, _ detector: String, _ amplifier: String) -> String {
    for row in data.measurements(of: quantity)
    where row.place.detector == detector && row.place.amplifier == amplifier {
      if case .missing(let reason) = row.value { return reason }
    }
    return "not measured"
  }

  /// The axis of the signal in thousands of ADU, whose numbers fit into a narrow panel.
  var signal: Axis {
    let top = (data.measurements(of: "bf.column.mean").compactMap(\.value.number).max() ?? 1000)
    return Axis(
      "mean", unit: "kADU", limits: .fixed(0, 1.05 * top / 1000),
      ticks: BlockLayout.pixelTicks(max(2, top / 1000)))
  }

  /// A quantity of each fluence against its mean.
  func points(
    _ quantity: String, _ detector: String, _ amplifier: String, factor: Double = 1
  ) -> (x: [Double], y: [Double], errors: [Double]) {
    var result: (x: [Double], y: [Double], errors: [Double]) = ([], [], [])
    for name in BrighterFatterReport.columns(data) {
      guard
        let mean = data.value("bf.column.mean", detector, amplifier, item: name)?.number,
        case .value(let value, let error, _)? = data.value(
          quantity, detector, amplifier, item: name)
      else { continue }
      result.x.append(mean / 1000)
      result.y.append(value * factor)
      result.errors.append((error ?? 0) * factor)
    }
    return result
  }

  func series(
    _ label: String, _ quantity: String, _ detector: String, _ amplifier: String,
    factor: Double = 1, index: Int, style: Series.Style? = nil, errors: Bool = true
  ) -> Axes.Mark? {
    let found = points(quantity, detector, amplifier, factor: factor)
    guard !found.x.isEmpty else { return nil }
    return .series(
      Series(
        label, x: found.x, y: found.y, errors: errors ? found.errors : [],
        style: style ?? .points(Palette.marker(index), size: 3), colour: Palette.colour(index)))
  }

  // MARK: - Covariances

  /// Correlations against lag, one line a fluence, along rows and along columns.
  func correlations() -> [ReportPart] {
    let curves = Dictionary(grouping: data.curves["bf.column.correlations"] ?? []) {
      "\($0.place.detector ?? "")/\($0.place.amplifier ?? "")"
    }
    let labels = Dictionary(
      data.exposures.map { ($0.obsid, $0.commanded["label"] ?? "") },
      uniquingKeysWith: { first, _ in first })
    // One name and colour a fluence for all panels, whose signals differ a little.
    let names = BrighterFatterReport.columns(data)
    let shown = names.map { name -> String in
      let means = data.measurements(of: "bf.column.mean").filter { $0.place.item == name }
        .compactMap(\.value.number).sorted()
      return means.isEmpty ? name : "\(NumberText.fixed(means[means.count / 2] / 1000, digits: 0)) kADU"
    }
    return [true, false].map { isSerial in
      figure(
        isSerial ? "bf-correlations-serial" : "bf-correlations-parallel",
        "Correlations, \(isSerial ? "serial" : "parallel")",
        caption:
          "Correlation of pixels \(isSerial ? "along a row" : "along a column") against their distance, one line for each fluence; its mean signal in the legend."
      ) { detector, amplifier in
        let mine = (curves["\(detector)/\(amplifier)"] ?? []).sorted {
          ($0.place.obsid ?? 0) < ($1.place.obsid ?? 0)
        }
        let marks = mine.compactMap { curve -> Axes.Mark? in
          guard let side = (2...17).first(where: { $0 * $0 == curve.y.count }),
            let label = curve.place.obsid.flatMap({ labels[$0] }),
            let index = names.firstIndex(of: label)
          else { return nil }
          let lags = Array(1..<min(side, 6))
          let at = lags.map { isSerial ? $0 * side : $0 }
          return .series(
            Series(
              shown[index], x: lags.map(Double.init),
              y: at.map { 100 * curve.y[$0] },
              errors: curve.uncertainty.map { errors in at.map { 100 * errors[$0] } } ?? [],
              style: .linePoints(Palette.marker(index)), colour: Palette.colour(index)))
        }
        guard !marks.isEmpty else {
          return .missing(reason("bf.column.mean", detector, amplifier))
        }
        return .axes(
          Axes(
            x: Axis("lag", unit: "pixel", ticks: [Tick(1, "1"), Tick(3, "3"), Tick(5, "5")]),
            y: Axis("correlation", unit: "%"),
            marks: marks + [.limit(LimitLine(.horizontal, at: 0))], legend: .right))
      }
    }
  }

  /// Coefficients of each fluence against signal, with what the joint fit says.
  func coefficients() -> [ReportPart] {
    let neighbours = figure(
      "bf-coefficients", "Coefficients of the nearest neighbours",
      caption: [
        .text("Coefficients of each fluence alone, "),
        .link("a10", to: DefinitionLabel.of("bf.column.a10")), .text(" and "),
        .link("a01", to: DefinitionLabel.of("bf.column.a01")),
        .text(
          ". Lines are the joint fit of all fluences, whose limit at no signal are its coefficients; higher orders bend them."
        ),
      ], isKey: true
    ) { detector, amplifier in
      var marks = [
        series("a10, serial", "bf.column.a10", detector, amplifier, factor: 1e7, index: 0),
        series("a01, parallel", "bf.column.a01", detector, amplifier, factor: 1e7, index: 1),
      ].compactMap(\.self)
      for (name, index) in [("bf.model.10", 0), ("bf.model.01", 1)] {
        if let line = model(name, detector, amplifier, index) { marks.append(line) }
      }
      guard !marks.isEmpty else { return .missing(reason("bf.a", detector, amplifier)) }
      return .axes(
        Axes(
          x: signal, y: Axis("a", unit: "10⁻⁷/e⁻", limits: .robust),
          marks: marks + [.limit(LimitLine(.horizontal, at: 0))], legend: .right))
    }
    let centre = figure(
      "bf-a00", "Coefficient of the pixel itself",
      caption: [
        .link("a00", to: DefinitionLabel.of("bf.column.a00")),
        .text(" of each fluence alone, which needs the gain, and of the joint fit (line)."),
      ]
    ) { detector, amplifier in
      let marks = [
        series("a00", "bf.column.a00", detector, amplifier, factor: 1e7, index: 0),
        model("bf.model.00", detector, amplifier, 0),
      ].compactMap(\.self)
      guard data.measurements(of: "bf.column.a00").contains(where: {
        $0.place.detector == detector && $0.place.amplifier == amplifier && $0.value.number != nil
      }) else { return .missing(reason("bf.column.a00", detector, amplifier)) }
      return .axes(
        Axes(
          x: signal, y: Axis("a00", unit: "10⁻⁷/e⁻", limits: .robust), marks: marks,
          legend: .none))
    }
    return [neighbours, centre, residuals()]
  }

  private func model(
    _ name: String, _ detector: String, _ amplifier: String, _ index: Int
  ) -> Axes.Mark? {
    guard let line = curve(name, detector, amplifier) else { return nil }
    return .series(
      Series(
        "", x: line.x.map { $0 / 1000 }, y: line.y.map { $0 * 1e7 }, style: .line(width: 0.8),
        colour: Palette.colour(index)))
  }

  /// What the coefficients of each fluence depart from the joint fit by, in their errors.
  private func residuals() -> ReportPart {
    figure(
      "bf-residuals", "Residuals of the joint fit",
      caption:
        "What the nearest covariances of each fluence depart from the joint fit by, in units of their errors; lines at two sigma."
    ) { detector, amplifier in
      let marks = [
        ("a10, serial", "bf.column.a10", "bf.model.10"),
        ("a01, parallel", "bf.column.a01", "bf.model.01"),
      ].enumerated().compactMap { index, entry -> Axes.Mark? in
        guard let line = curve(entry.2, detector, amplifier) else { return nil }
        let found = points(entry.1, detector, amplifier)
        let pulls = found.x.indices.map { at -> Double in
          guard found.errors[at] > 0,
            let value = Self.interpolated(line, at: found.x[at] * 1000)
          else { return .nan }
          return (found.y[at] - value) / found.errors[at]
        }
        return .series(
          Series(
            entry.0, x: found.x, y: pulls, style: .points(Palette.marker(index), size: 3),
            colour: Palette.colour(index)))
      }
      guard !marks.isEmpty else { return .missing(reason("bf.a", detector, amplifier)) }
      return .axes(
        Axes(
          x: signal, y: Axis("residual", unit: "σ"),
          marks: marks + [-2.0, 2].map { .limit(LimitLine(.horizontal, at: $0)) }, legend: .right))
    }
  }

  private static func interpolated(_ line: CurveRecord, at x: Double) -> Double? {
    guard let next = line.x.firstIndex(where: { $0 >= x }) else { return line.y.last }
    guard next > 0 else { return line.y.first }
    let share = (x - line.x[next - 1]) / (line.x[next] - line.x[next - 1])
    return line.y[next - 1] + share * (line.y[next] - line.y[next - 1])
  }

  func matrices() -> [ReportPart] {
    PhotonTransferFigures(data: data, footer: footer).matrices("bf.a.matrix", name: "bf-a-matrix")
  }
}
