import Analysis
import Detector
public import Warehouse

/// A quantity followed over time, or against anything else, in series.
public struct Trend: Sendable {
  /// What was asked.
  public let question: TrendQuestion
  /// The unit of the values, and of the abscissae, in the FITS standard's spelling.
  public let unit, abscissaUnit: String
  /// What tells series apart.
  public let dimensions: [ResultDimension]
  /// The series, by name.
  public let series: [TrendSeries]
  /// The runs whose values are shown, oldest first.
  public let runs: [TestRunKey]
  /// Where the gains come from that turned ADU into electrons, one line a block; empty where none were asked for.
  public let gainSources: [String]
  /// The latest time at which one of the runs began.
  public let latest: String

  /// Gathers and measures.
  ///
  /// - Throws: `MetatestError.Kind.noSuchQuantity`, `.noTrend`; `WarehouseError`.
  public init(_ question: TrendQuestion, in warehouse: Warehouse) throws {
    try KnownNames.requireQuantities([question.quantity], in: warehouse)
    var filter = question.filter
    filter.quantities = [question.quantity]
    var rows: [ResultRow] = []
    try warehouse.forEachResult(matching: filter) { rows.append($0) }
    let names = Set(rows.map(\.quantity))
    guard names.count < 2 else {
      throw MetatestError(
        .noTrend, "'\(question.quantity)' means \(names.count) quantities, and a trend is of one",
        remedy: "name one of " + names.sorted().prefix(6).joined(separator: ", "))
    }
    guard !rows.isEmpty else {
      throw MetatestError(
        .noTrend, try KnownNames.hint(filter, in: warehouse),
        remedy: "rejected runs count with --all-runs only")
    }
    var sources: [String: String] = [:]
    if let gains = question.gains {
      rows = rows.map { original in
        let (row, used) = gains.inElectrons(original)
        if let used { sources[row.run.block] = "\(row.run.block): \(used.source)" }
        return row
      }
    }
    gainSources = sources.sorted { $0.key < $1.key }.map(\.value)
    var abscissae = try TrendAbscissae(question.against, for: rows, in: warehouse)
    let xs = try rows.map { try abscissae.abscissa(of: $0) }
    let dimensions =
      question.dimensions.isEmpty ? Self.dimensions(of: rows) : question.dimensions
    self.question = question
    self.dimensions = dimensions
    unit = rows[0].unit
    abscissaUnit = abscissae.unit
    runs = Set(rows.map(\.run.key)).sorted()
    latest = StartTime.latest(rows.map(\.run.started)).text
    let groups = Dictionary(grouping: rows.indices) { index in
      dimensions.map { rows[index].name(of: $0) }
    }
    let isTime = question.against.isTime
    var series = groups.map { key, members in
      TrendSeries(
        key, members.map { (rows[$0], xs[$0]) }, isTime: isTime,
        confidence: question.confidence)
    }.sorted { Self.precedes($0.key, $1.key) }
    Self.score(&series)
    self.series = series
  }

  /// Block, detector and amplifier where values have them, and of campaign, test and item those of
  /// which there are several.
  static func dimensions(of rows: [ResultRow]) -> [ResultDimension] {
    let candidates: [(ResultDimension, least: Int)] = [
      (.campaign, 2), (.block, 1), (.detector, 1), (.amplifier, 1), (.item, 2), (.test, 2),
    ]
    return candidates.filter { dimension, least in
      Set(rows.compactMap { $0.name(of: dimension) }).count >= least
        // Some values of an item and some of none are two kinds as well.
        || (least == 2 && Set(rows.map { $0.name(of: dimension) }).count >= 2)
    }.map(\.0)
  }

  private static func precedes(_ a: [String?], _ b: [String?]) -> Bool {
    for (left, right) in zip(a, b) where left != right {
      guard let left else { return true }
      guard let right else { return false }
      if let first = Int(left), let second = Int(right), first != second { return first < second }
      return left < right
    }
    return false
  }

  /// Scores the medians of series among those of the same item and test.
  private static func score(_ series: inout [TrendSeries]) {
    let groups = Dictionary(grouping: series.indices) {
      [series[$0].item, series[$0].test]
    }
    for members in groups.values where members.count >= TrendSeries.leastForOutliers {
      let medians = members.compactMap { series[$0].scale.value?.median }
      guard medians.count >= TrendSeries.leastForOutliers, let all = try? RobustScale(medians)
      else { continue }
      for index in members {
        series[index].score = series[index].scale.value.flatMap { all.score($0.median) }
      }
    }
  }

  // MARK: - Answers

  /// A point that stands out.
  public struct Outlier: Sendable, Equatable {
    /// The series' index.
    public let series: Int
    /// The point.
    public let point: TrendPoint
  }

  /// The points that stand out from their series, the furthest first.
  public var outliers: [Outlier] {
    series.indices.flatMap { index in
      series[index].outliers(question.outliers).map { Outlier(series: index, point: $0) }
    }.sorted {
      (-($0.point.score?.magnitude ?? 0), $0.series, $0.point.x)
        < (-($1.point.score?.magnitude ?? 0), $1.series, $1.point.x)
    }
  }

  /// The series that stand out from the others, the furthest first.
  public var outlyingSeries: [TrendSeries] {
    series.filter { ($0.score?.magnitude ?? 0) > question.outliers }
      .sorted { ($0.score?.magnitude ?? 0) > ($1.score?.magnitude ?? 0) }
  }

  /// The number of points outside a requirement.
  public var failing: Int { series.reduce(0) { $0 + $1.failing.count } }

  /// What the abscissa is counted in for slopes: days against time.
  public var slopeUnit: String {
    let per = question.against.isTime ? "d" : question.against == .run ? "run" : abscissaUnit
    let below = question.against == .obsid ? "exposure" : per
    return below.isEmpty ? unit : "\(unit.isEmpty ? "1" : unit)/\(below)"
  }
}

extension ResultRow {
  /// The name of a dimension; nil for none.
  func name(of dimension: ResultDimension) -> String? {
    switch dimension {
    case .quantity: quantity
    case .campaign: run.campaign
    case .block: run.block
    case .slot: slot
    case .test: TestName.base(run.test)
    case .family: TestName.family(run.test)
    case .session: run.session
    case .analysis: run.analysis
    case .run: String(run.key.id)
    case .detector: place.detector
    case .amplifier: place.amplifier
    case .obsid: place.obsid.map(String.init)
    case .item: place.item
    }
  }
}

extension TrendSeries {
  init(
    _ key: [String?], _ rows: [(row: ResultRow, x: Double?)], isTime: Bool, confidence: Double
  ) {
    func only(_ name: (ResultRow) -> String?) -> String? {
      let names = Set(rows.map { name($0.row) })
      return names.count == 1 ? names.first ?? nil : nil
    }
    self.key = key
    name = key.map { $0 ?? "-" }.joined(separator: " ")
    item = only { $0.place.item }
    test = only { TestName.base($0.run.test) }
    block = only { $0.run.block }
    detector = only { $0.place.detector }
    amplifier = only { $0.place.amplifier }
    var points: [TrendPoint] = []
    var missing: [String: Int] = [:]
    var unplaced = 0
    for (row, x) in rows {
      switch row.value {
      case .missing(let reason): missing[reason, default: 0] += 1
      case .value(let y, let uncertainty, _):
        guard let x, x.isFinite, y.isFinite else {
          unplaced += 1
          continue
        }
        points.append(
          TrendPoint(
            run: row.run, place: row.place, x: x, y: y, uncertainty: uncertainty, score: nil))
      }
    }
    points.sort {
      ($0.x, $0.run.key, $0.place.obsid ?? -1, $0.y)
        < ($1.x, $1.run.key, $1.place.obsid ?? -1, $1.y)
    }
    let ys = points.map(\.y)
    let scale = Measured { () throws(NotMeasurable) in try RobustScale(ys) }
    if let known = scale.value, known.count >= 3 {
      for index in points.indices { points[index].score = known.score(points[index].y) }
    }
    let first = points.first?.x ?? 0
    let xs = points.map { ($0.x - first) / (isTime ? 86_400 : 1) }
    self.points = points
    self.missing = missing
    self.unplaced = unplaced
    self.scale = scale
    line = Measured { () throws(NotMeasurable) in
      try RobustTrend(x: xs, y: ys, confidence: confidence)
    }
    change = Measured { () throws(NotMeasurable) in try ChangePoint(ys) }
    let quantity = rows.first?.row.quantity ?? ""
    // A limit in ADU says nothing of electrons.
    let unit = rows.first?.row.unit
    requirements = (item.map { QuantityLimits.requirements(of: quantity, item: $0) } ?? [])
      .filter { $0.unit.rawValue == unit }
  }
}
