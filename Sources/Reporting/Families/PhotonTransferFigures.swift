import Detector
import LatexReport
import Plots
import Warehouse

/// Figures of the photon transfer curves: one panel for each amplifier.
struct PhotonTransferFigures {
  let data: TestRunData
  let footer: String

  private struct Channel {
    var curve, used, model, parabola: CurveRecord?
  }

  private func channel(_ detector: String, _ amplifier: String) -> Channel {
    func find(_ name: String) -> CurveRecord? {
      data.curves[name]?.first {
        $0.place.detector == detector && $0.place.amplifier == amplifier
      }
    }
    return Channel(
      curve: find("ptc.curve"), used: find("ptc.curve.used"), model: find("ptc.curve.model"),
      parabola: find("ptc.curve.quadratic"))
  }

  private func figure(
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

  /// Why an amplifier has no curve.
  private func reason(_ detector: String, _ amplifier: String) -> String {
    if case .missing(let reason)? = data.value("ptc.gain", detector, amplifier) { return reason }
    return "no curve"
  }

  /// The axis of the signal in thousands of ADU, whose numbers fit into a narrow panel.
  private var signal: Axis {
    let top =
      (data.curves["ptc.curve"] ?? []).compactMap { $0.x.last }.max().map { $0 / 1000 } ?? 1
    return Axis(
      "mean", unit: "kADU", limits: .fixed(0, 1.05 * top),
      ticks: BlockLayout.pixelTicks(max(2, top)))
  }

  /// The points of a curve as two series: fitted ones, and those that are not.
  private func points(
    _ channel: Channel, value: (_ index: Int) -> (y: Double, error: Double)?
  ) -> [Axes.Mark] {
    guard let curve = channel.curve else { return [] }
    return [(1.0, "fitted", Marker.circle), (0.0, "not fitted", Marker.cross)].enumerated()
      .compactMap { index, kind -> Axes.Mark? in
        var points: (x: [Double], y: [Double], errors: [Double]) = ([], [], [])
        for index in curve.x.indices where (channel.used?.y[safe: index] ?? 1) == kind.0 {
          guard let point = value(index) else { continue }
          points.x.append(curve.x[index] / 1000)
          points.y.append(point.y)
          points.errors.append(point.error)
        }
        guard !points.x.isEmpty else { return nil }
        return .series(
          Series(
            kind.1, x: points.x, y: points.y, errors: points.errors,
            style: .points(kind.2, size: 3), colour: Palette.colour(index)))
      }
  }

  private func turnOff(_ detector: String, _ amplifier: String) -> [Axes.Mark] {
    guard let value = data.value("ptc.turnoff", detector, amplifier)?.number,
      data.value("ptc.turnoff.reached", detector, amplifier)?.number == 1
    else { return [] }
    return [.limit(LimitLine(.vertical, at: value / 1000, label: "turn-off"))]
  }

  /// The highest signal that was fitted; beyond it a model says nothing.
  private func lastFitted(_ channel: Channel) -> Double {
    guard let curve = channel.curve, let used = channel.used else { return 0 }
    return zip(curve.x, used.y).filter { $0.1 == 1 }.map { $0.0 }.max() ?? 0
  }

  // MARK: - Curves

  func curves() -> [ReportPart] {
    [
      figure(
        "ptc-curves", "Photon transfer curves",
        caption: DefinitionLabel.link("Variance", "ptc.pair.variance")
          + " of one flat against mean signal; the line is the fit, dashed the parabola of older analyses.",
        isKey: true
      ) { detector, amplifier in
        let channel = channel(detector, amplifier)
        guard let curve = channel.curve else { return .missing(reason(detector, amplifier)) }
        var marks = points(channel) { index in
          (curve.y[index] / 1000, (curve.uncertainty?[safe: index] ?? 0) / 1000)
        }
        for (line, label, dashed, colour) in [
          (channel.model, "fit", false, 2), (channel.parabola, "parabola", true, 3),
        ] {
          guard let line else { continue }
          let last = lastFitted(channel)
          let shown = zip(line.x, line.y).filter { $0.0 <= last }
          marks.append(
            .series(
              Series(
                label, x: shown.map { $0.0 / 1000 }, y: shown.map { $0.1 / 1000 },
                style: .line(width: 0.8, dashed: dashed), colour: Palette.colour(colour))))
        }
        return .axes(
          Axes(
            x: signal, y: Axis("variance", unit: "10³ ADU²"),
            marks: marks + turnOff(detector, amplifier), legend: .right))
      }
    ]
  }

  func slopes() -> [ReportPart] {
    [
      figure(
        "ptc-slopes", "Variance over mean",
        caption:
          "Variance over mean against mean: 1/gain at no signal; brighter-fatter makes it fall, read-out noise rise towards no signal. The line is the fit."
      ) { detector, amplifier in
        let channel = channel(detector, amplifier)
        guard let curve = channel.curve else { return .missing(reason(detector, amplifier)) }
        var marks = points(channel) { index in
          guard curve.x[index] > 0 else { return nil }
          return (
            curve.y[index] / curve.x[index],
            (curve.uncertainty?[safe: index] ?? 0) / curve.x[index]
          )
        }
        if let model = channel.model {
          let last = lastFitted(channel)
          let shown = zip(model.x, model.y).filter { $0.0 <= last && $0.0 > 0 }
          marks.append(
            .series(
              Series(
                "fit", x: shown.map { $0.0 / 1000 }, y: shown.map { $0.1 / $0.0 },
                style: .line(width: 0.8), colour: Palette.colour(2))))
        }
        return .axes(
          Axes(
            x: signal, y: Axis("variance / mean", unit: "ADU", limits: slopeLimits), marks: marks,
            legend: .right))
      }
    ]
  }

  /// From the fitted pairs of all amplifiers: beyond full well the variance falls to next to nothing.
  private var slopeLimits: Axis.Limits {
    let used = data.curves["ptc.curve.used"] ?? []
    let flags = Dictionary(used.map { ($0.place, $0.y) }, uniquingKeysWith: { first, _ in first })
    var slopes: [Double] = []
    for curve in data.curves["ptc.curve"] ?? [] {
      for (index, mean) in curve.x.enumerated()
      where mean > 0 && flags[curve.place]?[safe: index] == 1 {
        slopes.append(curve.y[index] / mean)
      }
    }
    guard let low = slopes.min(), let high = slopes.max(), high > low else { return .robust }
    let margin = 0.25 * (high - low)
    return .fixed(low - margin, high + margin)
  }

  func residuals() -> [ReportPart] {
    [
      figure(
        "ptc-residuals", "Residuals of the photon transfer curves",
        caption:
          "What the variance of each pair departs from the fit by, relative to it; bars are the pairs' own uncertainties."
      ) { detector, amplifier in
        let channel = channel(detector, amplifier)
        guard let curve = channel.curve, let model = channel.model else {
          return .missing(reason(detector, amplifier))
        }
        let marks = points(channel) { index in
          guard let fit = model.y[safe: index], fit > 0, channel.used?.y[safe: index] == 1 else {
            return nil
          }
          return (
            100 * (curve.y[index] / fit - 1), 100 * (curve.uncertainty?[safe: index] ?? 0) / fit
          )
        }
        guard !marks.isEmpty else { return .missing("no pair was fitted") }
        return .axes(
          Axes(
            x: signal, y: Axis("residual", unit: "%"),
            marks: marks + [.limit(LimitLine(.horizontal, at: 0))], legend: .none))
      }
    ]
  }

  func balance() -> [ReportPart] {
    [
      figure(
        "ptc-imbalance", "Imbalance of the pairs",
        caption: DefinitionLabel.link("Imbalance", "ptc.pair.imbalance")
          + " of the flats of each pair, against time."
      ) { detector, amplifier in
        let trend = data.trend("ptc.pair.imbalance", detector, amplifier)
        guard !trend.x.isEmpty else { return .missing("no pair") }
        return .axes(
          Axes(
            x: BlockLayout.share(data.camera) == 1
              ? TimeText.narrowAxis(data) : TimeText.axis(data),
            y: Axis("imbalance", unit: "%"),
            marks: [
              .series(
                Series(x: trend.x, y: trend.y.map { 100 * $0 }, style: .points(.circle, size: 3)))
            ], legend: .none))
      }
    ]
  }

  func pairGains() -> [ReportPart] {
    [
      figure(
        "ptc-pair-gain", "Gain of single pairs",
        caption: DefinitionLabel.link("Gain of each pair", "ptc.pair.gain")
          + " against its mean signal; the line is the gain from the curve, the value at no signal.",
        isKey: true
      ) { detector, amplifier in
        var points: (x: [Double], y: [Double], errors: [Double]) = ([], [], [])
        let end = data.value("ptc.turnoff", detector, amplifier)?.number ?? .infinity
        for obsid in data.obsids {
          guard let mean = data.value("ptc.pair.mean", detector, amplifier, obsid: obsid)?.number,
            mean <= end,
            case .value(let gain, let error, _)? = data.value(
              "ptc.pair.gain", detector, amplifier, obsid: obsid)
          else { continue }
          points.x.append(mean / 1000)
          points.y.append(gain)
          points.errors.append(error ?? 0)
        }
        guard !points.x.isEmpty else { return .missing(reason(detector, amplifier)) }
        var marks: [Axes.Mark] = [
          .series(
            Series(
              "pairs", x: points.x, y: points.y, errors: points.errors,
              style: .points(.circle, size: 3)))
        ]
        if let gain = data.value("ptc.gain", detector, amplifier)?.number {
          marks.append(.limit(LimitLine(.horizontal, at: gain, label: "from the curve")))
        }
        return .axes(
          Axes(
            x: signal, y: Axis("gain", unit: "e⁻/ADU", limits: .robust), marks: marks,
            legend: .right))
      }
    ]
  }
}

extension Array {
  /// The element at an index; nil outside of the array.
  fileprivate subscript(safe index: Int) -> Element? {
    indices.contains(index) ? self[index] : nil
  }
}
