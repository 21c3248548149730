public import Analysis
public import Warehouse

/// A value at its abscissa.
public struct TrendPoint: Sendable, Equatable {
  /// The run, the exposure and all else that the value belongs to.
  public let run: ResultRun
  /// What it belongs to within the run.
  public let place: ResultPlace
  /// The abscissa and the value.
  public let x, y: Double
  /// The 1-sigma uncertainty.
  public let uncertainty: Double?
  /// Robust sigmas from the median of the series; nil where there is no scale.
  public internal(set) var score: Double?
}

/// The values of one series, and what they say together.
public struct TrendSeries: Sendable, Equatable {
  /// A number, or why it could not be measured.
  public enum Measured<Value: Sendable & Equatable>: Sendable, Equatable {
    /// The number.
    case value(Value)
    /// Why there is none.
    case notMeasurable(String)

    /// The number; nil where there is none.
    public var value: Value? { if case .value(let value) = self { value } else { nil } }
    /// Why there is no number.
    public var reason: String? { if case .notMeasurable(let why) = self { why } else { nil } }

    init(_ body: () throws(NotMeasurable) -> Value) {
      do { self = .value(try body()) } catch { self = .notMeasurable(error.reason) }
    }
  }

  /// What tells it from other series, in the order of the dimensions; nil for none.
  public let key: [String?]
  /// The words of the key.
  public let name: String
  /// The item and test that all its values share; nil where there are several, or none.
  public let item, test: String?
  /// The block, the detector and the amplifier that all its values share.
  public let block, detector, amplifier: String?
  /// The values that have an abscissa, by it.
  public internal(set) var points: [TrendPoint]
  /// The number of values that could not be measured, by reason.
  public let missing: [String: Int]
  /// The number of values without an abscissa.
  public let unplaced: Int
  /// Median and width.
  public let scale: Measured<RobustScale>
  /// The line through the points; per day against time. Its intercept is at the first abscissa.
  public let line: Measured<RobustTrend>
  /// Where the level most likely changed; `before` counts points.
  public let change: Measured<ChangePoint>
  /// Robust sigmas of this median from the medians of the other series of the same item and test.
  public internal(set) var score: Double?
  /// The requirements that the values are tested against.
  public let requirements: [Requirement]

  /// The least number of points for which outliers are named.
  public static let leastForOutliers = 5

  /// Median ± 3 robust sigmas; nil where there is no width or are fewer than three points.
  public var controlLimits: ClosedRange<Double>? {
    guard let scale = scale.value, scale.sigma > 0, scale.count >= 3 else { return nil }
    return scale.median - 3 * scale.sigma...scale.median + 3 * scale.sigma
  }

  /// The points further than `limit` robust sigmas from the median.
  public func outliers(_ limit: Double) -> [TrendPoint] {
    guard points.count >= Self.leastForOutliers else { return [] }
    return points.filter { ($0.score?.magnitude ?? 0) > limit }
  }

  /// How many points are of a place and abscissa that an earlier point has, too. Against time or
  /// ObsID these are the same frames analysed again, whose errors are not independent.
  public var repeated: Int {
    struct Spot: Hashable {
      let x: Double
      let place: ResultPlace
    }
    return points.count - Set(points.map { Spot(x: $0.x, place: $0.place) }).count
  }

  /// The points outside a requirement.
  public var failing: [TrendPoint] {
    points.filter { point in requirements.contains { !$0.admits(point.y) } }
  }
}
