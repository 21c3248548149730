import Detector
import LatexReport
import Plots
import Warehouse

/// Figures of what the data check measured of each frame against what was commanded.
struct LevelFigure {
  /// What stands on the horizontal axis.
  enum Abscissa {
    /// Time of the exposure.
    case time
    /// Exposure time.
    case exposureSeconds
    /// A commanded value of the log: its column, name and unit.
    case commanded(String, name: String, unit: String)
  }

  /// The file's name.
  var name: String
  /// The title.
  var words: String
  /// The quantity.
  var quantity: String
  /// The name of the vertical axis.
  var axis: String
  /// What it is drawn against.
  var abscissa: Abscissa
  /// The check whose limits are drawn; nil for none.
  var check: String?
  /// Whether the figure is one of those that a reviewer must see.
  var isKey = false
  /// Whether exposures through different filters are told apart, in tests that use several.
  var showsFilters = false
  /// Whether values that are all 0 need no figure.
  var isHiddenWhenZero = false

  /// The figure; nothing where the quantity was not measured.
  func parts(_ data: TestRunData, footer: String) -> [ReportPart] {
    let measured = data.measurements(of: quantity)
    let numbers = measured.compactMap(\.value.number)
    guard !numbers.isEmpty, !isHiddenWhenZero || numbers.contains(where: { $0 != 0 }) else {
      return []
    }
    let limits = Limits(
      check.map { name in data.checks.filter { $0.name == name } } ?? [], of: numbers)
    var items: [String?] = []
    for item in measured.map(\.place.item) where !items.contains(item) { items.append(item) }
    let x = abscissae(data)
    let lights = showsFilters ? filters(data) : [:]
    if !lights.isEmpty { items = Set(lights.values).sorted().map { "filter \($0)" } }
    let unit = data.display(quantity).unit
    let figure = BlockLayout.figure(
      data.camera, title: CheckFigures.title(words, data), footer: footer
    ) { detector, amplifier in
      var marks = items.enumerated().compactMap { index, item -> Axes.Mark? in
        var points: (x: [Double], y: [Double], errors: [Double]) = ([], [], [])
        for obsid in data.obsids {
          guard let place = x[obsid],
            lights.isEmpty || lights[obsid].map({ "filter \($0)" == item }) == true,
            case .value(let value, let error, _)? = data.value(
              quantity, detector, amplifier, obsid: obsid, item: lights.isEmpty ? item : nil)
          else { continue }
          points.x.append(place)
          points.y.append(value)
          points.errors.append(error ?? 0)
        }
        guard !points.x.isEmpty else { return nil }
        return .series(
          Series(
            item.map(CheckNames.region) ?? "", x: points.x, y: points.y, errors: points.errors,
            style: .points(Palette.marker(index), size: points.x.count > 40 ? 2.5 : 4),
            colour: Palette.colour(index)))
      }
      guard !marks.isEmpty else { return .missing("no value") }
      marks += lines(limits, data, detector, amplifier, x)
      return .axes(
        Axes(
          x: horizontal(data, x), y: Axis(axis, unit: unit), marks: marks,
          legend: items.count > 1 ? .right : .none))
    }
    return [
      .figure(
        ReportFigure(
          name, figure,
          caption: DefinitionLabel.link(words, quantity)
            + (limits.isDrawn
              ? ", one point for each frame; lines are the limits." : ", one point for each frame.")
            + (limits.isCut ? " Limits far beyond the values are not drawn." : ""),
          width: BlockLayout.share(data.camera), isKey: isKey))
    ]
  }

  private func horizontal(_ data: TestRunData, _ x: [Int: Double]) -> Axis {
    switch abscissa {
    case .time:
      BlockLayout.share(data.camera) == 1 ? TimeText.narrowAxis(data) : TimeText.axis(data)
    case .exposureSeconds: Axis("exposure time", unit: "s", ticks: ticks(x))
    case .commanded(_, let name, let unit): Axis(name, unit: unit, ticks: ticks(x))
    }
  }

  /// A few round marks that fit into a narrow panel; nil where all abscissae are equal.
  private func ticks(_ x: [Int: Double]) -> [Tick]? {
    guard let low = x.values.min(), let high = x.values.max(), high > low, high < 1e9, low > -1e9
    else { return nil }
    // The widest steps of 1, 2, 2.5 or 5 that leave two marks; of three, labels would touch.
    for exponent in stride(from: 9, through: -6, by: -1) {
      for factor in [5, 2.5, 2, 1.0] {
        let step =
          exponent < 0
          ? factor / NumberText.power(-exponent) : factor * NumberText.power(exponent)
        let first = (low / step - 1e-9).rounded(.up)
        let last = (high / step + 1e-9).rounded(.down)
        guard last > first else { continue }
        let digits = max(0, -exponent + (factor == 2.5 ? 1 : 0))
        // 0 has no sign.
        return [first, last].map { $0 == 0 ? 0 : $0 }.map {
          Tick($0 * step, NumberText.fixed($0 * step, digits: digits))
        }
      }
    }
    return nil
  }

  /// The filter of each exposure where there are several, as in tests that use two.
  private func filters(_ data: TestRunData) -> [Int: Int] {
    var result: [Int: Int] = [:]
    for exposure in data.exposures where (exposure.exposureSeconds ?? 0) > 0 {
      if let filter = exposure.commanded["wave"].flatMap({ Int($0) }) {
        result[exposure.obsid] = filter
      }
    }
    return (2...3).contains(Set(result.values).count) ? result : [:]
  }

  private func abscissae(_ data: TestRunData) -> [Int: Double] {
    var result: [Int: Double] = [:]
    for exposure in data.exposures where result[exposure.obsid] == nil {
      switch abscissa {
      case .time: result[exposure.obsid] = data.abscissa(of: exposure.obsid)
      case .exposureSeconds: result[exposure.obsid] = exposure.exposureSeconds
      case .commanded(let column, _, _):
        result[exposure.obsid] = exposure.commanded[column].flatMap { Double($0) }
      }
    }
    return result
  }

  /// The limits of a check, without those that lie so far beyond the values that these would shrink to a line.
  private struct Limits {
    let checks: [StoredCheck]
    /// Whether any limit is drawn, and whether any is not.
    let isDrawn: Bool
    let isCut: Bool
    private let reach: ClosedRange<Double>

    init(_ checks: [StoredCheck], of values: [Double]) {
      let low = values.min() ?? 0
      let high = values.max() ?? 0
      let span = max(high - low, high.magnitude, low.magnitude, 1e-9)
      let reach = low - 4 * span...high + 4 * span
      // Limits that admit the whole range say only that nothing is expected.
      self.checks = checks.filter { ($0.lower ?? 0) > 0 || ($0.upper ?? 0) < 60_000 }
      let all = self.checks.flatMap { [$0.lower, $0.upper].compactMap { $0 } }
      isDrawn = all.contains { reach.contains($0) }
      isCut = all.contains { !reach.contains($0) }
      self.reach = reach
    }

    func drawn(_ value: Double?) -> Double? { value.flatMap { reach.contains($0) ? $0 : nil } }
  }

  /// Horizontal lines for limits of all frames, short steps for limits by script column.
  private func lines(
    _ limits: Limits, _ data: TestRunData, _ detector: String, _ amplifier: String,
    _ x: [Int: Double]
  ) -> [Axes.Mark] {
    let checks = limits.checks.filter {
      $0.place.detector == detector && $0.place.amplifier == amplifier
    }
    let plain = checks.filter { $0.place.item == nil }
    if !plain.isEmpty {
      let values = Set(plain.flatMap { [$0.lower, $0.upper].compactMap(limits.drawn) }).sorted()
      return values.enumerated().map {
        .limit(LimitLine(.horizontal, at: $1, label: $0 == 0 ? "limits" : ""))
      }
    }
    var byColumn: [String: StoredCheck] = [:]
    for check in checks { if let item = check.place.item { byColumn[item] = check } }
    var low: [Double: Double] = [:]
    var high: [Double: Double] = [:]
    for exposure in data.exposures where exposure.detector == detector {
      guard let label = exposure.commanded["label"], let check = byColumn[label],
        let place = x[exposure.obsid]
      else { continue }
      if let lower = limits.drawn(check.lower) { low[place] = max(low[place] ?? lower, lower) }
      if let upper = limits.drawn(check.upper) { high[place] = min(high[place] ?? upper, upper) }
    }
    return [low, high].filter { !$0.isEmpty }.map { line in
      let sorted = line.sorted { $0.key < $1.key }
      return .series(
        Series(
          x: sorted.map(\.key), y: sorted.map(\.value), style: .line(width: 0.7),
          colour: Palette.colour(11)))
    }
  }
}
