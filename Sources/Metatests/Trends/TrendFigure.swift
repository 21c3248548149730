import Analysis
import Detector
public import Plots
import Warehouse

/// A trend as a picture.
public struct TrendFigure: Sendable {
  /// How series are shown.
  public enum Style: String, Sendable, CaseIterable {
    /// All series in one panel, each with its name.
    case lines
    /// A panel for each block and detector.
    case grid
    /// The band that holds the middle of all series, and the names of those that stand out.
    case band
  }

  /// The most series that one panel's legend names.
  public static let mostNames = 12

  private let trend: Trend
  private let style: Style
  private let showsDeviations: Bool

  /// - Parameters:
  ///   - style: nil to choose: lines for up to 12 series, a grid where it has up to 40 panels of up
  ///     to 12 series, else a band.
  ///   - deviations: whether each series' median is taken off, so that levels do not hide changes.
  public init(_ trend: Trend, style: Style? = nil, deviations: Bool = false) {
    self.trend = trend
    showsDeviations = deviations
    let panels = Self.panels(trend)
    let fits =
      panels.blocks.count * panels.detectors.count <= 40
      && panels.members.values.allSatisfy { $0.count <= Self.mostNames }
      && panels.members.count > 1
    self.style =
      style ?? (trend.series.count <= Self.mostNames ? .lines : fits ? .grid : .band)
  }

  /// Which gains made electrons of ADU.
  private var gainWords: String {
    switch trend.gainSources.count {
    case 0: ""
    case 1...2: " × gain (\(trend.gainSources.joined(separator: "; ")))"
    default: " × gains of PTC01 (\(trend.gainSources.count) blocks)"
    }
  }

  /// The page.
  public var figure: Figure {
    let (content, width, height) = content
    let outliers = trend.outliers.count
    return Figure(
      width: width, height: height,
      title: "\(trend.question.quantity)\(sharedItem) against \(trend.question.against.name)",
      footer: "\(trend.question.quantity)\(gainWords) · \(trend.series.count) series of "
        + "\(number(of: trend.series.reduce(0) { $0 + $1.points.count }, "value")) · "
        + "\(number(of: trend.runs.count, "run")) · "
        + "\(number(of: outliers, "outlier")) beyond "
        + "\(PlotNumber.short(trend.question.outliers)) robust σ"
        + limitWords + (showsDeviations ? " · medians of the series taken off" : ""),
      content: content)
  }

  private func number(of count: Int, _ what: String) -> String {
    "\(count) \(what)\(count == 1 ? "" : "s")"
  }

  /// The item of all series, where there is one only.
  private var sharedItem: String {
    let items = Set(trend.series.map(\.item))
    guard items.count == 1, let item = items.first, let item else { return "" }
    return " [\(item)]"
  }

  private var content: (Figure.Content, width: Double, height: Double) {
    guard trend.series.contains(where: { !$0.points.isEmpty }) else {
      return (.panel(.missing(emptiness)), 9, 5.5)
    }
    switch style {
    case .lines: return (.panel(.axes(lines)), 9.5, 5.5)
    case .band: return (.panel(.axes(band)), 9.5, 5.5)
    case .grid:
      let panels = Self.panels(trend)
      let size = (
        max(8, 2.2 + 2.9 * Double(panels.detectors.count)),
        max(5.5, 1.4 + 1.3 * Double(panels.blocks.count))
      )
      return (.grid(grid(panels)), min(size.0, 50), min(size.1, 50))
    }
  }

  /// The requirements in words, since they may lie beyond the axis.
  private var limitWords: String {
    Set(trend.series.flatMap(\.requirements)).sorted { $0.id < $1.id }.map { requirement in
      let ends = [requirement.lower, requirement.upper].map { end in
        end.map { PlotNumber.short($0) } ?? "none"
      }
      return " · \(requirement.kind.rawValue) \(requirement.id): \(ends.joined(separator: " to "))"
    }.joined()
  }

  private var emptiness: String {
    let reasons = Set(trend.series.flatMap(\.missing.keys)).sorted()
    guard let first = reasons.first else { return "no value has an abscissa" }
    return "no value: \(first)" + (reasons.count > 1 ? " and other reasons" : "")
  }

  // MARK: - Axes

  private var x: Axis {
    let name = trend.question.against.name
    switch trend.question.against {
    case .time, .started: return .time("\(name), UTC")
    case .run, .obsid: return Axis(name, ticks: wholeTicks)
    case .temperature, .quantity:
      let unit = Unit(rawValue: trend.abscissaUnit)?.display ?? trend.abscissaUnit
      return Axis(name, unit: unit)
    }
  }

  /// Marks at whole numbers where those that are calculated would lie between them.
  private var wholeTicks: [Tick]? {
    let xs = trend.series.flatMap { $0.points.map(\.x) }
    guard let low = xs.min(), let high = xs.max(), high - low < 10, high.magnitude < 1e9 else {
      return nil
    }
    let step = style == .grid && high - low > 4 ? 3.0 : 1
    return stride(from: low.rounded(.down), through: high, by: step).map {
      Tick($0, String(Int($0)))
    }
  }

  private var y: Axis {
    let unit = Unit(rawValue: trend.unit)?.display ?? trend.unit
    return Axis(
      showsDeviations ? "\(trend.question.quantity) − median" : trend.question.quantity,
      unit: unit)
  }

  private func value(_ point: TrendPoint, _ series: TrendSeries) -> Double {
    showsDeviations ? point.y - (series.scale.value?.median ?? 0) : point.y
  }

  // MARK: - Marks

  /// A series; where several of its values have one abscissa, such as reruns over the same frames,
  /// the line goes through their medians.
  private func marks(
    _ series: TrendSeries, _ label: String, _ index: Int, hasErrors: Bool
  ) -> [Axes.Mark] {
    let errors = series.points.map { $0.uncertainty ?? .nan }
    let x = series.points.map(\.x)
    let isSingle = zip(x, x.dropFirst()).allSatisfy { $0 < $1 }
    let colour = Palette.colour(index)
    let points = Series(
      label, x: x, y: series.points.map { value($0, series) },
      errors: hasErrors && errors.contains { $0.isFinite } ? errors : nil,
      style: joins && isSingle
        ? .linePoints(Palette.marker(index)) : .points(Palette.marker(index)),
      colour: colour)
    guard joins, !isSingle else { return [.series(points)] }
    let middle = Self.medians(series.points.map { ($0.x, value($0, series)) })
    return [
      .series(Series(x: middle.map(\.0), y: middle.map(\.1), style: .line(), colour: colour)),
      .series(points),
    ]
  }

  /// The median of the ordinates at each abscissa, by abscissa.
  static func medians(_ points: [(Double, Double)]) -> [(Double, Double)] {
    Dictionary(grouping: points, by: \.0).compactMap { x, group in
      (try? median(group.map(\.1))).map { (x, $0) }
    }.sorted { $0.0 < $1.0 }
  }

  /// Whether one point follows upon the other; against a temperature a line would join what is far
  /// apart in time.
  private var joins: Bool {
    switch trend.question.against {
    case .time, .started, .run, .obsid: true
    case .temperature, .quantity: false
    }
  }

  /// Rings about the points that stand out from their series.
  private func rings(_ series: [TrendSeries]) -> [Axes.Mark] {
    let found = series.flatMap { one in
      one.outliers(trend.question.outliers).map { ($0.x, value($0, one)) }
    }
    guard !found.isEmpty else { return [] }
    return [
      .series(
        Series(
          "outlier", x: found.map(\.0), y: found.map(\.1),
          style: .points(.openCircle, size: 10), colour: .limit))
    ]
  }

  /// Requirements that are near enough not to squeeze the data.
  private func limits(_ series: [TrendSeries]) -> [Axes.Mark] {
    guard !showsDeviations else { return [] }
    let ys = trend.series.flatMap { $0.points.map(\.y) }
    guard let low = ys.min(), let high = ys.max() else { return [] }
    // The panels of a grid are low: a far limit would leave the data no height.
    let reach = (style == .grid ? 0.3 : 3) * max(high - low, 0.02 * max(low.magnitude, high.magnitude))
    var seen: Set<Double> = []
    return Set(series.flatMap(\.requirements)).sorted { $0.id < $1.id }.flatMap { requirement in
      [requirement.lower, requirement.upper].compactMap { $0 }
        .filter { $0 > low - reach && $0 < high + reach && seen.insert($0).inserted }
        .map { .limit(LimitLine(.horizontal, at: $0, label: requirement.kind.rawValue)) }
    }
  }

  // MARK: - Panels

  private var lines: Axes {
    var marks: [Axes.Mark] = []
    if trend.series.count == 1, let one = trend.series.first { marks += control(one) }
    let few = trend.series.reduce(0) { $0 + $1.points.count } <= 200
    for (index, one) in trend.series.enumerated() where !one.points.isEmpty {
      marks += self.marks(one, clipped(one.name), index, hasErrors: few)
    }
    return Axes(
      x: x, y: y, marks: marks + rings(trend.series) + limits(trend.series), legend: .right)
  }

  /// The median, the limits of control and the line of one series.
  private func control(_ series: TrendSeries) -> [Axes.Mark] {
    guard let first = series.points.first, let last = series.points.last, first.x < last.x,
      let scale = series.scale.value
    else { return [] }
    let base = showsDeviations ? scale.median : 0
    let ends = [first.x, last.x]
    var marks: [Axes.Mark] = []
    if let limits = series.controlLimits {
      marks.append(
        .band(
          Band(
            "median ± 3 robust σ", x: ends, lower: [Double](repeating: limits.lowerBound - base, count: 2),
            upper: [Double](repeating: limits.upperBound - base, count: 2))))
    }
    marks.append(
      .series(
        Series(
          "median", x: ends, y: [Double](repeating: scale.median - base, count: 2),
          style: .line(width: 1), colour: .grey(0.45))))
    if let line = series.line.value {
      let unit = trend.question.against.isTime ? 86_400.0 : 1
      let y = ends.map { line.intercept + line.slope.value * ($0 - first.x) / unit - base }
      marks.append(
        .series(
          Series(
            "Theil-Sen line", x: ends, y: y, style: .line(width: 1.3, dashed: true),
            colour: Palette.colour(2))))
    }
    return marks
  }

  private struct Panels {
    var blocks: [String] = []
    var detectors: [String] = []
    var members: [[String]: [TrendSeries]] = [:]
  }

  private static func panels(_ trend: Trend) -> Panels {
    var panels = Panels()
    for one in trend.series {
      let (block, detector) = (one.block ?? "", one.detector ?? "")
      if !panels.blocks.contains(block) { panels.blocks.append(block) }
      if !panels.detectors.contains(detector) { panels.detectors.append(detector) }
      panels.members[[block, detector], default: []].append(one)
    }
    panels.detectors.sort()
    return panels
  }

  private func grid(_ panels: Panels) -> PanelGrid {
    // The same amplifier, item and test have the same colour in all panels.
    var names: [String] = []
    func label(_ one: TrendSeries) -> String {
      let several = trend.dimensions
      return zip(several, one.key).filter { $0.0 != .block && $0.0 != .detector }
        .map { $0.1 ?? "-" }.joined(separator: " ")
    }
    for one in trend.series where !names.contains(label(one)) { names.append(label(one)) }
    names.sort()
    let rows = panels.blocks.map { block in
      panels.detectors.map { detector -> Panel in
        let members = panels.members[[block, detector]] ?? []
        guard members.contains(where: { !$0.points.isEmpty }) else {
          let reason = members.flatMap(\.missing.keys).min()
          return .missing(reason ?? "no results")
        }
        let marks = members.filter { !$0.points.isEmpty }.flatMap { one in
          let name = label(one)
          return self.marks(one, clipped(name), names.firstIndex(of: name) ?? 0, hasErrors: false)
        }
        return .axes(Axes(x: x, y: y, marks: marks + rings(members) + limits(members)))
      }
    }
    return PanelGrid(
      rows: rows,
      columnTitles: panels.detectors.enumerated().map {
        PanelGrid.ColumnTitle(column: $0, span: 1, text: $1)
      }, rowTitles: panels.blocks)
  }

  private var band: Axes {
    let named = standingOut
    let names = Set(named.map(\.name))
    var marks: [Axes.Mark] = []
    let bins = Self.bins(trend.series.flatMap { one in one.points.map { ($0.x, value($0, one)) } })
    marks.append(
      .band(Band("5 to 95 % of values", x: bins.x, lower: bins.low, upper: bins.high,
        colour: .grey(0.35))))
    marks.append(
      .band(Band("25 to 75 %", x: bins.x, lower: bins.lower, upper: bins.upper,
        colour: Palette.colour(4))))
    marks.append(
      .series(
        Series("median of all", x: bins.x, y: bins.middle, style: .line(width: 2),
          colour: .black)))
    for (index, one) in named.enumerated() {
      let label = clipped(one.name) + " (\(standing(one).words))"
      marks += self.marks(one, label, index, hasErrors: false)
    }
    let rest = trend.series.count { standing($0).size > 0 && !names.contains($0.name) }
    if rest > 0 { marks.append(.series(Series("and \(rest) more that stand out", x: [], y: [], colour: .white))) }
    return Axes(x: x, y: y, marks: marks + rings(named) + limits(trend.series), legend: .right)
  }

  /// The series that stand out furthest; half of the places are for points and levels, so that a
  /// block that drifts as a whole does not push them out.
  private var standingOut: [TrendSeries] {
    let found = trend.series.map { (series: $0, standing: standing($0)) }
      .filter { $0.standing.size > 0 }
      .sorted {
        (-$0.standing.size, $0.series.name) < (-$1.standing.size, $1.series.name)
      }
    let points = found.filter { !$0.standing.isSlope }
    let slopes = found.filter { $0.standing.isSlope }
    let taken = points.prefix(max(4, 8 - slopes.count)) + slopes.prefix(max(4, 8 - points.count))
    return taken.map(\.series)
  }

  /// By how many sigmas a series stands out: a single point, its level among the others, or a slope
  /// that chance makes in less than one of a thousand series. 0 where it does not.
  private func standing(
    _ one: TrendSeries
  ) -> (size: Double, words: String, isSlope: Bool) {
    let limit = trend.question.outliers
    var found: [(size: Double, words: String, isSlope: Bool)] = []
    if let score = one.outliers(limit).compactMap(\.score).max(by: { $0.magnitude < $1.magnitude }) {
      found.append((score.magnitude, "\(PlotNumber.short(score)) σ", false))
    }
    if let score = one.score, score.magnitude > limit, !showsDeviations {
      found.append((score.magnitude, "level \(PlotNumber.short(score)) σ", false))
    }
    if let line = one.line.value, line.correlation.probability < 0.001, line.slope.uncertainty > 0 {
      let score = line.slope.value / line.slope.uncertainty
      if score.isFinite, score.magnitude > limit {
        found.append((score.magnitude, "slope \(PlotNumber.short(score)) σ", true))
      }
    }
    return found.max { $0.size < $1.size } ?? (0, "", false)
  }

  /// Percentiles of the values at equal abscissae, or in up to 40 parts of equal number.
  static func bins(_ points: [(Double, Double)]) -> (
    x: [Double], low: [Double], lower: [Double], middle: [Double], upper: [Double], high: [Double]
  ) {
    let sorted = points.sorted { $0 < $1 }
    var groups: [[(Double, Double)]] = []
    for point in sorted {
      if let last = groups.last?.last, last.0 == point.0 {
        groups[groups.count - 1].append(point)
      } else {
        groups.append([point])
      }
    }
    if groups.count > 40 {
      let size = (sorted.count + 39) / 40
      groups = stride(from: 0, to: sorted.count, by: size).map {
        Array(sorted[$0..<min($0 + size, sorted.count)])
      }
    }
    func part(_ share: Double) -> [Double] {
      groups.map { group in
        let ys = group.map(\.1).sorted()
        let at = share * Double(ys.count - 1)
        let low = min(max(Int(at), 0), ys.count - 1)
        let high = min(low + 1, ys.count - 1)
        return ys[low] + (ys[high] - ys[low]) * (at - Double(low))
      }
    }
    let x = groups.map { group in group.reduce(0) { $0 + $1.0 / Double(group.count) } }
    return (x, part(0.05), part(0.25), part(0.5), part(0.75), part(0.95))
  }

  /// Cut in the middle: series of one block differ at the end, and a legend shows one name once.
  private func clipped(_ name: String) -> String {
    name.count > 34 ? name.prefix(14) + "…" + name.suffix(19) : name
  }
}
