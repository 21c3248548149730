import CommandLineStyle
import Metatests

/// A trend as text for a terminal, and as CSV.
enum TrendText {
  static func text(_ trend: Trend, limit: Int) -> String {
    let answer = TrendAnswer(trend, allPoints: false)
    var text =
      "\(trend.question.quantity) [\(trend.unit)] against \(trend.question.against.name): "
      + "\(trend.series.count) series, "
      + CountText.text(trend.series.reduce(0) { $0 + $1.points.count }, "value")
      + " of \(CountText.text(trend.runs.count, "run"))\n"
    var table = TextTable([
      .init("SERIES"), .init("N", .right), .init("MISSING", .right), .init("MEDIAN", .right),
      .init("SIGMA", .right), .init("CONTROL LIMITS"), .init("SLOPE", .right), .init("±", .right),
      .init("95 %"), .init("TAU", .right), .init("P", .right), .init("OUTLIERS", .right),
      .init("Z OF SERIES", .right), .init("NOTE"),
    ])
    table = TextTable(
      table.columns.map { column in
        var column = column
        if column.title == "95 %" {
          column.title = Figures.short(trend.question.confidence * 100) + " %"
        }
        if column.title == "SLOPE" { column.unit = trend.slopeUnit }
        if column.title == "MEDIAN" || column.title == "SIGMA" { column.unit = trend.unit }
        return column
      })
    for one in answer.series.prefix(limit == 0 ? .max : limit) {
      table.append([
        one.name, String(one.count), String(one.missing + one.unplaced),
        number(one.median, one.sigma), number(one.sigma, one.sigma),
        range(one.lowerControl, one.upperControl, one.sigma),
        number(one.slope, one.slopeUncertainty),
        number(one.slopeUncertainty, one.slopeUncertainty),
        range(one.slopeLower, one.slopeUpper, one.slopeUncertainty), number(one.tau),
        number(one.probability), String(one.outliers), number(one.score), note(one),
      ])
    }
    if trend.question.gains != nil {
      text +=
        trend.gainSources.isEmpty
        ? "no gain: no value was turned into electrons\n"
        : trend.gainSources.map { "gains of \($0)\n" }.joined()
    }
    text += "\n" + table.text(for: .current(.output))
    if limit > 0, answer.series.count > limit {
      text += "and \(answer.series.count - limit) more series (--limit 0 shows all)\n"
    }
    text += reasons(trend)
    text += outliers(trend, answer, limit: limit)
    for requirement in Set(trend.series.flatMap(\.requirements)).sorted(by: { $0.id < $1.id }) {
      let failing = trend.series.filter { $0.requirements.contains(requirement) }
        .reduce(0) { $0 + $1.points.count { !requirement.admits($0.y) } }
      text +=
        "\(requirement.kind.rawValue) \(requirement.id): above \(number(OrNull(requirement.lower))) "
        + "up to \(number(OrNull(requirement.upper))), \(failing) values outside\n"
    }
    return text
  }

  /// Why numbers are missing, or what they were estimated from.
  private static func note(_ one: TrendAnswer.Series) -> String {
    var words: [String] = []
    if let reason = one.reason { words.append("not measurable: \(reason)") }
    if one.isByMeanDeviation { words.append("sigma from the mean deviation") }
    if one.slope.value != nil, one.slopeLower.value == nil { words.append("too few for an interval") }
    if one.unplaced > 0 { words.append("\(one.unplaced) without abscissa") }
    if let step = one.change { words.append("change of \(Figures.short(step.size)), p \(Figures.short(step.probability))") }
    if one.failing > 0 { words.append("\(one.failing) out of limits") }
    return words.joined(separator: "; ")
  }

  private static func reasons(_ trend: Trend) -> String {
    var counts: [String: Int] = [:]
    for one in trend.series { counts.merge(one.missing, uniquingKeysWith: +) }
    guard !counts.isEmpty else { return "" }
    let listed = counts.sorted { (-$0.value, $0.key) < (-$1.value, $1.key) }.prefix(10)
    var table = TextTable([.init("NOT MEASURED", .right), .init("REASON")])
    for (reason, count) in listed { table.append([String(count), reason]) }
    return "\n" + table.text(for: .current(.output))
  }

  private static func outliers(_ trend: Trend, _ answer: TrendAnswer, limit: Int) -> String {
    var text = ""
    let sigmas = Dictionary(
      answer.series.map { ($0.name, $0.sigma) }, uniquingKeysWith: { first, _ in first })
    let beyond = Figures.short(trend.question.outliers)
    if answer.outliers.isEmpty {
      text += "\nno value is further than \(beyond) robust sigmas from its series\n"
    } else {
      var table = TextTable([
        .init("OUTLIER"), .init("RUN", .right), .init("TEST"), .init("OBSID", .right),
        .init("ITEM"), .init("X", .right), .init("VALUE", .right), .init("Z", .right),
      ])
      for point in answer.outliers.prefix(limit == 0 ? .max : limit) {
        table.append([
          point.series, String(point.run), point.test,
          point.obsid.value.map(String.init) ?? "-", point.item.value ?? "-", abscissa(point.x, trend),
          number(OrNull(point.value), sigmas[point.series] ?? OrNull(nil)), number(point.score),
        ])
      }
      text += "\n" + table.text(for: .current(.output))
      if limit > 0, answer.outliers.count > limit {
        text += "and \(answer.outliers.count - limit) more outliers (--limit 0 shows all)\n"
      }
    }
    let series = trend.outlyingSeries
    if !series.isEmpty {
      let named = series.prefix(12).map { "\($0.name) (\(number(OrNull($0.score))))" }
      text +=
        "series further than \(beyond) robust sigmas from the others: "
        + named.joined(separator: ", ")
        + (series.count > 12 ? " and \(series.count - 12) more" : "") + "\n"
    }
    return text
  }

  private static func abscissa(_ x: Double, _ trend: Trend) -> String {
    guard trend.question.against.isTime else { return Figures.short(x) }
    return StartTime.text(x)
  }

  /// A number to the second digit of its uncertainty, where one is given.
  private static func number(
    _ value: OrNull<Double>, _ uncertainty: OrNull<Double> = OrNull(nil)
  ) -> String {
    value.value.map { Figures.fixed($0, to: uncertainty.value) } ?? "-"
  }

  private static func range(
    _ low: OrNull<Double>, _ high: OrNull<Double>, _ uncertainty: OrNull<Double>
  ) -> String {
    guard let low = low.value, let high = high.value else { return "-" }
    let ends = [low, high].map { Figures.fixed($0, to: uncertainty.value) }
    return ends.joined(separator: " ... ")
  }

  // MARK: - CSV

  static func csv(_ trend: Trend, points: Bool) -> String {
    let answer = TrendAnswer(trend, allPoints: points)
    if points {
      let names = [
        "series", "campaign", "block", "test", "session", "analysis", "run", "ccd", "quadrant",
        "obsid", "item", "x", "value", "uncertainty", "score", "outlier", "failing",
      ]
      return CSVText.text(header: names, rows: answer.allPoints.map(cells))
    }
    let names = [
      "series", "count", "missing", "unplaced", "median", "sigma", "lower_control",
      "upper_control", "slope", "slope_uncertainty", "slope_lower", "slope_upper", "tau",
      "probability", "outliers", "failing", "score", "not_measurable",
    ]
    func number(_ value: OrNull<Double>) -> CSVText.Cell {
      value.value.map { .number($0) } ?? .empty
    }
    return CSVText.text(
      header: names,
      rows: answer.series.map { one in
        [
          .text(one.name), .integer(one.count), .integer(one.missing), .integer(one.unplaced),
          number(one.median), number(one.sigma), number(one.lowerControl),
          number(one.upperControl), number(one.slope), number(one.slopeUncertainty),
          number(one.slopeLower), number(one.slopeUpper), number(one.tau),
          number(one.probability), .integer(one.outliers), .integer(one.failing),
          number(one.score), one.reason.map { .text($0) } ?? .empty,
        ]
      })
  }

  private static func cells(_ point: TrendAnswer.Point) -> [CSVText.Cell] {
    func text(_ text: OrNull<String>) -> CSVText.Cell { text.value.map { .text($0) } ?? .empty }
    func number(_ value: OrNull<Double>) -> CSVText.Cell {
      value.value.map { .number($0) } ?? .empty
    }
    return [
      .text(point.series), .text(point.campaign), .text(point.block), .text(point.test),
      .text(point.session), .text(point.analysis),
      Int(exactly: point.run).map { .integer($0) } ?? .empty, text(point.ccd),
      text(point.quadrant), point.obsid.value.map { .integer($0) } ?? .empty, text(point.item),
      .number(point.x), .number(point.value), number(point.uncertainty), number(point.score),
      .integer(point.outlier ? 1 : 0), .integer(point.failing ? 1 : 0),
    ]
  }
}
