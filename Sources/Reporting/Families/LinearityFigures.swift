import Detector
import LatexReport
import Plots
import Warehouse

/// Figures of the non-linearity tests: one panel for each amplifier.
struct LinearityFigures {
  let data: TestRunData
  let footer: String

  struct Channel {
    var curve, filter, used, residual, fit, other: CurveRecord?
  }

  func curve(_ name: String, _ detector: String, _ amplifier: String) -> CurveRecord? {
    data.curves[name]?.first {
      $0.place.detector == detector && $0.place.amplifier == amplifier
    }
  }

  private func channel(_ detector: String, _ amplifier: String) -> Channel {
    func find(_ name: String) -> CurveRecord? { curve(name, detector, amplifier) }
    return Channel(
      curve: find("nl.curve"), filter: find("nl.curve.filter"), used: find("nl.curve.used"),
      residual: find("nl.curve.residual"), fit: find("nl.fit"), other: find("nl.fit.other"))
  }

  func figure(
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
  func reason(_ detector: String, _ amplifier: String) -> String {
    if case .missing(let reason)? = data.value("nl.max", detector, amplifier) { return reason }
    return "no curve"
  }

  /// The axis of the signal in thousands of ADU, whose numbers fit into a narrow panel.
  func signal(_ label: String = "signal") -> Axis {
    let top = (data.curves["nl.curve"] ?? []).compactMap { $0.x.last }.max().map { $0 / 1000 } ?? 1
    return Axis(
      label, unit: "kADU", limits: .fixed(0, 1.05 * top),
      ticks: BlockLayout.pixelTicks(max(2, top)))
  }

  /// What a filter is called: its wavelength, in the order of the list.
  private func name(ofFilter wavelength: Double) -> String {
    wavelength == 0 ? "ND" : "\(NumberText.fixed(wavelength, digits: 0)) nm"
  }

  private var filters: [Double] {
    Set((data.curves["nl.curve.filter"] ?? []).flatMap(\.y)).sorted()
  }

  /// The fitted exposures as a series for each filter, the others as crosses.
  private func points(
    _ channel: Channel, above least: Double = 0, showsUnused: Bool = true,
    value: (_ index: Int) -> (y: Double, error: Double)?
  ) -> [Axes.Mark] {
    guard let curve = channel.curve else { return [] }
    var marks: [Axes.Mark] = []
    var kinds: [(filter: Double?, label: String)] = filters.map { ($0, name(ofFilter: $0)) }
    if showsUnused { kinds.append((nil, "not fitted")) }
    for (order, kind) in kinds.enumerated() {
      var points: (x: [Double], y: [Double], errors: [Double]) = ([], [], [])
      for index in curve.x.indices where curve.x[index] >= least {
        let isUsed = channel.used?.y[safe: index] == 1
        guard isUsed ? channel.filter?.y[safe: index] == kind.filter : kind.filter == nil,
          let point = value(index)
        else { continue }
        points.x.append(curve.x[index] / 1000)
        points.y.append(point.y)
        points.errors.append(point.error)
      }
      guard !points.x.isEmpty else { continue }
      marks.append(
        .series(
          Series(
            kind.label, x: points.x, y: points.y, errors: points.errors,
            style: .points(kind.filter == nil ? .cross : Palette.marker(order), size: 3),
            colour: kind.filter == nil ? Palette.colour(7) : Palette.colour(order))))
    }
    return marks
  }

  private func line(_ curve: CurveRecord?, _ label: String, dashed: Bool, colour: Int) -> [Axes.Mark] {
    guard let curve else { return [] }
    return [
      .series(
        Series(
          label, x: curve.x.map { $0 / 1000 }, y: curve.y,
          style: .line(width: 0.8, dashed: dashed), colour: Palette.colour(colour)))
    ]
  }

  /// The axis of the deviation: what is fitted, and the exposures next to it.
  private var deviation: Axis {
    var (low, high) = (-0.1, 0.1)
    for curve in data.curves["nl.fit"] ?? [] {
      for (value, error) in zip(curve.y, curve.uncertainty ?? []) {
        low = min(low, value - 2 * error)
        high = max(high, value + 2 * error)
      }
    }
    let margin = 0.25 * (high - low)
    return Axis("deviation", unit: "%", limits: .fixed(low - margin, high + margin))
  }

  // MARK: - Non-linearity

  func curves() -> [ReportPart] {
    [
      figure(
        "nl-curves", "Non-linearity curves",
        caption: DefinitionLabel.link("Deviation", "nl.max")
          + Document.Text(
            " of the signal from proportionality to the light against signal: exposures of each filter, and the fit with its 68 % band; dashed the other model. Exposures that were not fitted are crosses; those on the saturation plateau lie below the panel."
          ),
        isKey: true
      ) { detector, amplifier in
        let channel = channel(detector, amplifier)
        guard let curve = channel.curve, let fit = channel.fit else {
          return .missing(reason(detector, amplifier))
        }
        let errors = fit.uncertainty ?? []
        var marks: [Axes.Mark] = []
        if errors.count == fit.y.count {
          marks.append(
            .band(
              Band(
                "68 % band", x: fit.x.map { $0 / 1000 }, lower: zip(fit.y, errors).map { $0 - $1 },
                upper: zip(fit.y, errors).map { $0 + $1 })))
        }
        marks += points(channel) { index in
          (curve.y[index], curve.uncertainty?[safe: index] ?? 0)
        }
        marks += line(channel.other, "other model", dashed: true, colour: 5)
        marks += line(fit, "fit", dashed: false, colour: 2)
        marks.append(.limit(LimitLine(.horizontal, at: 0)))
        return .axes(Axes(x: signal(), y: deviation, marks: marks, legend: .right))
      }
    ]
  }

  func residuals() -> [ReportPart] {
    [
      figure(
        "nl-residuals", "Residuals of the non-linearity curves",
        caption:
          "What the fitted exposures lie above the curve by; bars are photon and read-out noise with the scatter of the light."
      ) { detector, amplifier in
        let channel = channel(detector, amplifier)
        guard let residual = channel.residual else {
          return .missing(reason(detector, amplifier))
        }
        let marks = points(channel, showsUnused: false) { index in
          residual.y[safe: index].map { ($0, residual.uncertainty?[safe: index] ?? 0) }
        }
        guard !marks.isEmpty else { return .missing("no exposure was fitted") }
        return .axes(
          Axes(
            x: signal(), y: Axis("residual", unit: "%", limits: .robust),
            marks: marks + [.limit(LimitLine(.horizontal, at: 0))], legend: .right))
      },
      figure(
        "nl-low", "Non-linearity at low signals",
        caption:
          "The same as the curves, with the signal on a logarithmic axis."
      ) { detector, amplifier in
        let channel = channel(detector, amplifier)
        guard let curve = channel.curve, let fit = channel.fit else {
          return .missing(reason(detector, amplifier))
        }
        var marks = points(channel, above: 1, showsUnused: false) { index in
          (curve.y[index], curve.uncertainty?[safe: index] ?? 0)
        }
        marks += line(channel.other, "other model", dashed: true, colour: 5)
        marks += line(fit, "fit", dashed: false, colour: 2)
        let low = (data.curves["nl.fit"] ?? []).compactMap(\.x.first).min() ?? 100
        let high = (data.curves["nl.fit"] ?? []).compactMap(\.x.last).max() ?? 65536
        return .axes(
          Axes(
            x: Axis(
              "signal", unit: "kADU", scale: .logarithmic,
              limits: .fixed(0.8 * low / 1000, 1.25 * high / 1000),
              ticks: [Tick(1, "1"), Tick(10, "10")]), y: deviation,
            marks: marks + [.limit(LimitLine(.horizontal, at: 0))], legend: .right))
      },
    ]
  }

  /// All amplifiers in one panel.
  func together() -> [ReportPart] {
    var marks: [Axes.Mark] = []
    for (index, curve) in (data.curves["nl.fit"] ?? []).enumerated() {
      let name = "\(curve.place.detector ?? "") \(curve.place.amplifier ?? "")"
      marks.append(
        .series(
          Series(
            name, x: curve.x.map { $0 / 1000 }, y: curve.y,
            style: .line(width: 1, dashed: index >= 6), colour: Palette.colour(index % 6))))
    }
    guard !marks.isEmpty else { return [] }
    marks.append(.limit(LimitLine(.horizontal, at: 0)))
    let figure = Figure(
      width: 6.8, height: 4.2, title: CheckFigures.title("Non-linearity of all quadrants", data),
      footer: footer,
      content: .panel(
        .axes(
          Axes(
            x: Axis("signal", unit: "kADU"), y: Axis("deviation", unit: "%"), marks: marks,
            legend: .right))))
    return [
      .figure(
        ReportFigure(
          "nl-together", figure, caption: "The fitted curves of all quadrants.", width: 0.8,
          isKey: true))
    ]
  }

  // MARK: - Light

  func light() -> [ReportPart] {
    [
      figure(
        "nl-track", "Stability of the source",
        caption: DefinitionLabel.link("Stability frames", "nl.stability")
          + " relative to their mean against time, and the fitted course of the source."
      ) { detector, amplifier in
        guard let track = curve("nl.track", detector, amplifier) else {
          return .missing("no stability frame")
        }
        func percent(_ values: [Double]) -> [Double] { values.map { 100 * ($0 - 1) } }
        var marks: [Axes.Mark] = [
          .series(
            Series(
              "stability frames", x: track.x, y: percent(track.y),
              errors: (track.uncertainty ?? []).map { 100 * $0 }, style: .points(.circle, size: 3)))
        ]
        if let model = curve("nl.track.model", detector, amplifier) {
          marks.append(
            .series(
              Series(
                "course", x: model.x, y: percent(model.y), style: .line(width: 0.8),
                colour: Palette.colour(2))))
        }
        return .axes(
          Axes(
            x: Axis("time", unit: "h", ticks: hours), y: Axis("light", unit: "%"), marks: marks,
            legend: .right))
      }
    ]
  }

  private var hours: [Tick]? {
    let last = (data.curves["nl.track"] ?? []).compactMap(\.x.last).max() ?? 0
    if last >= 2 { return BlockLayout.pixelTicks(last) }
    return last > 0.6 ? [Tick(0, "0"), Tick(0.5, "0.5")] : nil
  }

  // MARK: - Saturation

  func saturation() -> [ReportPart] {
    [
      figure(
        "nl-saturation", "Signal against light",
        caption: Document.Text("Measured signal against the light, in ADU of a linear detector; the lines are ")
          + DefinitionLabel.link("knee", "nl.knee") + " and "
          + DefinitionLabel.link("saturation level", "nl.saturation") + "."
      ) { detector, amplifier in
        guard let points = curve("nl.curve", detector, amplifier) else {
          return .missing(reason(detector, amplifier))
        }
        let light = points.x.indices.map { points.x[$0] / (1 + points.y[$0] / 100) }
        let order = light.indices.filter { light[$0].isFinite }.sorted { light[$0] < light[$1] }
        var marks: [Axes.Mark] = [
          .series(
            Series(
              "exposures", x: order.map { light[$0] / 1000 }, y: order.map { points.x[$0] / 1000 },
              style: .points(.circle, size: 3)))
        ]
        if let knee = data.value("nl.knee", detector, amplifier)?.number {
          marks.append(.limit(LimitLine(.vertical, at: knee / 1000, label: "knee")))
        }
        if let level = data.value("nl.saturation", detector, amplifier)?.number {
          marks.append(
            .limit(
              LimitLine(
                .horizontal, at: level / 1000, label: "saturation", colour: Palette.colour(2))))
        }
        let top = brightest / 1000
        return .axes(
          Axes(
            x: Axis(
              "light", unit: "kADU", limits: .fixed(0, 1.05 * top),
              ticks: BlockLayout.pixelTicks(max(2, top))), y: Axis("signal", unit: "kADU"),
            marks: marks, legend: .right))
      }
    ]
  }

  /// The most light of all exposures, in ADU of a linear detector.
  private var brightest: Double {
    var most = 1000.0
    for curve in data.curves["nl.curve"] ?? [] {
      for (signal, deviation) in zip(curve.x, curve.y) {
        let light = signal / (1 + deviation / 100)
        if light.isFinite { most = max(most, light) }
      }
    }
    return most
  }

  func transfer() -> [ReportPart] {
    guard data.curves["nl.cti.serial"] != nil || data.curves["nl.cti.parallel"] != nil else {
      return [
        .paragraph([.status(.missing, "No charge-transfer inefficiency: no over-scan was measured.")])
      ]
    }
    return [
      figure(
        "nl-cti", "Charge-transfer inefficiency",
        caption: DefinitionLabel.link("Charge-transfer inefficiency", "nl.cti")
          + " of one transfer from the first over-scan pixels, against the signal of the last image pixels."
      ) { detector, amplifier in
        let marks = [("serial", "nl.cti.serial"), ("parallel", "nl.cti.parallel")].enumerated()
          .compactMap { index, kind -> Axes.Mark? in
            guard let curve = curve(kind.1, detector, amplifier) else { return nil }
            return .series(
              Series(
                kind.0, x: curve.x.map { $0 / 1000 }, y: curve.y.map { 1e6 * $0 },
                errors: (curve.uncertainty ?? []).map { 1e6 * $0 },
                style: .points(Palette.marker(index), size: 3), colour: Palette.colour(index)))
          }
        guard !marks.isEmpty else { return .missing(reason(detector, amplifier)) }
        return .axes(
          Axes(
            x: signal("last pixel"), y: Axis("CTI", unit: "10⁻⁶", limits: .robust), marks: marks,
            legend: .right))
      }
    ]
  }

  /// Variances of pairs, where the step ran.
  func pairs() -> [ReportPart] {
    guard data.measurements(of: "ptc.pair.variance").contains(where: { $0.value.number != nil })
    else { return [] }
    return [
      figure(
        "nl-pairs", "Variance over mean of pairs",
        caption: DefinitionLabel.link("Variance", "ptc.pair.variance")
          + " of one flat over the mean of its pair, of both filters."
      ) { detector, amplifier in
        var points: (x: [Double], y: [Double], errors: [Double]) = ([], [], [])
        for obsid in data.obsids {
          guard let mean = data.value("ptc.pair.mean", detector, amplifier, obsid: obsid)?.number,
            mean > 0,
            case .value(let variance, let error, _)? = data.value(
              "ptc.pair.variance", detector, amplifier, obsid: obsid)
          else { continue }
          points.x.append(mean / 1000)
          points.y.append(variance / mean)
          points.errors.append((error ?? 0) / mean)
        }
        guard !points.x.isEmpty else { return .missing("no pair") }
        return .axes(
          Axes(
            x: signal("mean"), y: Axis("variance / mean", unit: "ADU", limits: .robust),
            marks: [
              .series(
                Series(
                  x: points.x, y: points.y, errors: points.errors, style: .points(.circle, size: 3))
              )
            ], legend: .none))
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
