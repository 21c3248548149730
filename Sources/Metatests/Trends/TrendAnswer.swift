import Analysis
import Warehouse

/// A trend as JSON, and its points as rows.
public struct TrendAnswer: Sendable, Encodable {
  /// One value at its abscissa.
  public struct Point: Sendable, Encodable {
    /// The series' name.
    public let series: String
    /// Where the value comes from.
    public let campaign, block, test, session, analysis: String
    /// The run's number.
    public let run: Int64
    /// What the value belongs to within the run.
    public let ccd, quadrant, item: OrNull<String>
    /// The exposure.
    public let obsid: OrNull<Int>
    /// The abscissa and the value.
    public let x, value: Double
    /// The 1-sigma uncertainty, and the robust sigmas from the median of the series.
    public let uncertainty, score: OrNull<Double>
    /// Whether the point is an outlier of its series, and whether it is outside a requirement.
    public let outlier, failing: Bool
  }

  /// One series.
  public struct Series: Sendable, Encodable {
    /// The series' name.
    public let name: String
    /// What tells it from others, by dimension.
    let key: [String: OrNull<String>]
    /// The numbers of points, of values that could not be measured, of values without an abscissa.
    public let count, missing, unplaced: Int
    /// Median and robust standard deviation, and what the latter was estimated from.
    public let median, sigma: OrNull<Double>
    let sigmaFrom, scaleMissing: OrNull<String>
    /// The limits of control.
    public let lowerControl, upperControl: OrNull<Double>
    /// The slope, its uncertainty and interval, and why there is none.
    public let slope, slopeUncertainty, slopeLower, slopeUpper: OrNull<Double>
    let slopeMissing: OrNull<String>
    /// Kendall's tau-b and its two-sided probability.
    public let tau, probability: OrNull<Double>
    /// The abscissa of the first point after the likeliest change, the step, and the probability.
    let changeAt, changeStep, changeProbability: OrNull<Double>
    let changeMissing: OrNull<String>
    /// The numbers of outlying points and of those outside a requirement.
    public let outliers, failing: Int
    /// Robust sigmas from the medians of the other series.
    public let score: OrNull<Double>
  }

  struct Limit: Sendable, Encodable, Hashable {
    let id, kind, title, source: String
    let lower, upper: Double?

    private enum Key: String, CodingKey { case id, kind, title, source, lower, upper }

    func encode(to encoder: any Encoder) throws {
      var object = encoder.container(keyedBy: Key.self)
      try object.encode(id, forKey: .id)
      try object.encode(kind, forKey: .kind)
      try object.encode(title, forKey: .title)
      try object.encode(source, forKey: .source)
      try object.encode(lower, forKey: .lower)
      try object.encode(upper, forKey: .upper)
    }
  }

  let quantity, unit, against, abscissaUnit, slopeUnit: String
  let dimensions: [String]
  let outlierLimit, confidence: Double
  let runs: [Int64]
  /// Where the gains come from; absent where ADU were not turned into electrons.
  let gains: [String]?
  let requirements: [Limit]
  /// The series, by name.
  public let series: [Series]
  /// The points that stand out; all points with `allPoints`.
  public let outliers: [Point]
  let points: [Point]?

  /// The answer; with all points where they are asked for.
  public init(_ trend: Trend, allPoints: Bool) {
    quantity = trend.question.quantity
    (unit, abscissaUnit, slopeUnit) = (trend.unit, trend.abscissaUnit, trend.slopeUnit)
    against = trend.question.against.name
    dimensions = trend.dimensions.map(\.rawValue)
    (outlierLimit, confidence) = (trend.question.outliers, trend.question.confidence)
    runs = trend.runs.map(\.id)
    gains = trend.question.gains == nil ? nil : trend.gainSources
    requirements = Set(trend.series.flatMap(\.requirements)).sorted { $0.id < $1.id }.map {
      Limit(
        id: $0.id, kind: $0.kind.rawValue, title: $0.title, source: $0.source, lower: $0.lower,
        upper: $0.upper)
    }
    series = trend.series.map { Series($0, trend) }
    outliers = trend.outliers.map { Point($0.point, trend.series[$0.series], trend) }
    points =
      allPoints ? trend.series.flatMap { one in one.points.map { Point($0, one, trend) } } : nil
  }
}

extension TrendAnswer {
  /// All points, where they were asked for.
  public var allPoints: [Point] { points ?? [] }
}

extension TrendAnswer.Series {
  /// Why neither width nor slope could be measured; nil where both could.
  public var reason: String? { scaleMissing.value ?? slopeMissing.value }
  /// Whether sigma is not from the median deviation, which is 0.
  public var isByMeanDeviation: Bool { sigmaFrom.value == RobustScale.Basis.meanDeviation.rawValue }
  /// A change of level that chance makes in less than one of a thousand sequences.
  public var change: (size: Double, probability: Double)? {
    guard let size = changeStep.value, let probability = changeProbability.value,
      probability < 0.001
    else { return nil }
    return (size, probability)
  }
}

extension TrendAnswer.Point {
  /// A point of a series.
  public init(_ point: TrendPoint, _ of: TrendSeries, _ trend: Trend) {
    series = of.name
    (campaign, block, test) = (point.run.campaign, point.run.block, point.run.test)
    (session, analysis, run) = (point.run.session, point.run.analysis, point.run.key.id)
    (ccd, quadrant) = (OrNull(point.place.detector), OrNull(point.place.amplifier))
    (item, obsid) = (OrNull(point.place.item), OrNull(point.place.obsid))
    (x, value) = (point.x, point.y)
    (uncertainty, score) = (OrNull(point.uncertainty), OrNull(point.score))
    outlier =
      of.points.count >= TrendSeries.leastForOutliers
      && (point.score?.magnitude ?? 0) > trend.question.outliers
    failing = of.requirements.contains { !$0.admits(point.y) }
  }
}

extension TrendAnswer.Series {
  /// A series of a trend.
  public init(_ one: TrendSeries, _ trend: Trend) {
    name = one.name
    key = Dictionary(
      zip(trend.dimensions.map(\.rawValue), one.key.map { OrNull($0) }),
      uniquingKeysWith: { first, _ in first })
    count = one.points.count
    missing = one.missing.values.reduce(0, +)
    unplaced = one.unplaced
    let scale = one.scale.value
    // One value alone has no width, not a width of 0.
    let width = count > 1 ? scale?.sigma : nil
    (median, sigma) = (OrNull(scale?.median), OrNull(width))
    (sigmaFrom, scaleMissing) = (OrNull(scale?.basis.rawValue), OrNull(one.scale.reason))
    lowerControl = OrNull(one.controlLimits?.lowerBound)
    upperControl = OrNull(one.controlLimits?.upperBound)
    let line = one.line.value
    (slope, slopeUncertainty) = (OrNull(line?.slope.value), OrNull(line?.slope.uncertainty))
    slopeLower = OrNull(line?.interval?.lowerBound)
    slopeUpper = OrNull(line?.interval?.upperBound)
    slopeMissing = OrNull(one.line.reason)
    (tau, probability) = (OrNull(line?.correlation.tau), OrNull(line?.correlation.probability))
    let change = one.change.value
    changeAt = OrNull(
      change.flatMap { one.points.indices.contains($0.before) ? one.points[$0.before].x : nil })
    (changeStep, changeProbability) = (OrNull(change?.step), OrNull(change?.probability))
    changeMissing = OrNull(one.change.reason)
    outliers = one.outliers(trend.question.outliers).count
    failing = one.failing.count
    score = OrNull(one.score)
  }
}
