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

  /// The figure; nothing where the quantity was not measured.
  func parts(_ data: TestRunData, footer: String) -> [ReportPart] {
    let measured = data.measurements(of: quantity)
    guard measured.contains(where: { $0.value.number != nil }) else { return [] }
    var items: [String?] = []
    for item in measured.map(\.place.item) where !items.contains(item) { items.append(item) }
    let x = abscissae(data)
    let unit = data.display(quantity).unit
    let figure = BlockLayout.figure(
      data.camera, title: CheckFigures.title(words, data), footer: footer
    ) { detector, amplifier in
      var marks = items.enumerated().compactMap { index, item -> Axes.Mark? in
        var points: (x: [Double], y: [Double], errors: [Double]) = ([], [], [])
        for obsid in data.obsids {
          guard let place = x[obsid],
            case .value(let value, let error, _)? = data.value(
              quantity, detector, amplifier, obsid: obsid, item: item)
          else { continue }
          points.x.append(place)
          points.y.append(value)
          points.errors.append(error ?? 0)
        }
        guard !points.x.isEmpty else { return nil }
        return .series(
          Series(
            item.map(CheckNames.region) ?? "", x: points.x, y: points.y, errors: points.errors,
            style: .points(Palette.marker(index), size: 3), colour: Palette.colour(index)))
      }
      guard !marks.isEmpty else { return .missing("no value") }
      marks += limits(data, detector, amplifier, x)
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
            + (check == nil
              ? ", one point for each frame." : ", one point for each frame; lines are the limits."),
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

  /// Two marks that fit into a narrow panel; nil where all abscissae are equal.
  private func ticks(_ x: [Int: Double]) -> [Tick]? {
    guard let low = x.values.min(), let high = x.values.max(), high > low, high < 1e9, low > -1e9
    else { return nil }
    var digits = 0
    while digits < 6, (high - low) * NumberText.power(digits) < 20 { digits += 1 }
    return [0.2, 0.8].map { share in
      let scale = NumberText.power(digits)
      let value = ((low + share * (high - low)) * scale).rounded() / scale
      return Tick(value, NumberText.fixed(value, digits: digits))
    }
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

  /// Horizontal lines for limits of all frames, short steps for limits by script column.
  private func limits(
    _ data: TestRunData, _ detector: String, _ amplifier: String, _ x: [Int: Double]
  ) -> [Axes.Mark] {
    guard let check else { return [] }
    let checks = data.checks.filter {
      $0.name == check && $0.place.detector == detector && $0.place.amplifier == amplifier
    }
    let plain = checks.filter { $0.place.item == nil }
    if !plain.isEmpty {
      let values = Set(plain.flatMap { [$0.lower, $0.upper].compactMap { $0 } }).sorted()
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
        let place = x[exposure.obsid], let lower = check.lower, let upper = check.upper,
        // Limits that admit the whole range say only that nothing is expected.
        lower > 0 || upper < 60_000
      else { continue }
      low[place] = max(low[place] ?? lower, lower)
      high[place] = min(high[place] ?? upper, upper)
    }
    return [low, high].map { line in
      let sorted = line.sorted { $0.key < $1.key }
      return .series(
        Series(
          x: sorted.map(\.key), y: sorted.map(\.value), style: .line(width: 0.7),
          colour: Palette.colour(11)))
    }
  }
}
