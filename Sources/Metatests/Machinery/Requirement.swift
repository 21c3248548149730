public import Detector
public import Warehouse

/// A numeric limit that every amplifier's value is tested against.
public struct Requirement: Sendable, Hashable {
  /// What the limit is.
  public enum Kind: String, Sendable, CaseIterable {
    /// A requirement on the instrument.
    case requirement
    /// A limit of data quality.
    case dataQuality = "data-quality limit"
  }

  /// A short stable name, such as `RON-E`.
  public let id: String
  /// What the limit is.
  public let kind: Kind
  /// What is limited, for people.
  public let title: String
  /// The unit of value and limits.
  public let unit: Unit
  /// The limits; nil for none. A value passes above the lower limit and up to the upper one, the
  /// upper one included.
  public let lower, upper: Double?
  /// Digits after the decimal point.
  public let digits: Int
  /// Where the limit comes from.
  public let source: String

  /// A limit.
  public init(
    id: String, kind: Kind, title: String, unit: Unit, lower: Double? = nil, upper: Double? = nil,
    digits: Int, source: String
  ) {
    self.id = id
    self.kind = kind
    self.title = title
    self.unit = unit
    self.lower = lower
    self.upper = upper
    self.digits = digits
    self.source = source
  }

  /// The distance to the nearest limit, positive inside; nil where there is no limit.
  public func margin(of value: Double) -> Double? {
    [lower.map { value - $0 }, upper.map { $0 - value }].compactMap(\.self).min()
  }

  /// Whether a value passes; NaN does not.
  public func admits(_ value: Double) -> Bool {
    !value.isNaN && value > lower ?? -.infinity && value <= upper ?? .infinity
  }
}

/// What came of a requirement: one outcome for each amplifier.
public struct RequirementResult: Sendable, Equatable {
  /// What came of one amplifier.
  public enum Outcome: Sendable, Equatable {
    /// The value is inside the limits by `margin`.
    case pass(Double, margin: Double)
    /// The value is outside the limits; the margin is negative, or zero at the lower limit.
    case fail(Double, margin: Double)
    /// There is no value, and why.
    case notTested(String)
  }

  /// What came of a requirement as a whole.
  public enum Verdict: String, Sendable, CaseIterable {
    /// All amplifiers of the flight blocks were tested and pass.
    case pass
    /// At least one fails.
    case fail
    /// None fails, and some of the flight blocks were not tested.
    case incomplete
    /// None was tested.
    case notTested = "not tested"
  }

  /// The requirement.
  public let requirement: Requirement
  /// The test whose values were used.
  public let test: String
  /// Outcomes by place: all amplifiers of the flight blocks, and of others that have results.
  public let outcomes: [ChannelPlace: Outcome]
  /// What was measured, with uncertainties; places that have no run are not among them.
  public let values: [ChannelPlace: MeasuredValue]
  /// The blocks whose outcomes make the verdict; those of spare blocks are for information.
  public let flight: Set<String>

  /// Tests values against a requirement.
  ///
  /// - Parameters:
  ///   - values: what was measured.
  ///   - places: all places that must be tested.
  ///   - missing: why a place has no value at all.
  public init(
    _ requirement: Requirement, test: String, values: [ChannelPlace: MeasuredValue],
    places: [ChannelPlace], flight: Set<String>, missing: (ChannelPlace) -> String
  ) {
    self.requirement = requirement
    self.test = test
    self.flight = flight
    self.values = values
    var outcomes: [ChannelPlace: Outcome] = [:]
    for place in Set(places).union(values.keys) {
      outcomes[place] =
        switch values[place] {
        case .value(let value, _, _)?:
          requirement.admits(value)
            ? .pass(value, margin: requirement.margin(of: value) ?? .infinity)
            : .fail(value, margin: requirement.margin(of: value) ?? -.infinity)
        case .missing(let reason)?: .notTested(reason)
        case nil: .notTested(missing(place))
        }
    }
    self.outcomes = outcomes
  }

  /// The places of the flight blocks, sorted.
  public var flightPlaces: [ChannelPlace] {
    outcomes.keys.filter { flight.contains($0.block) }.sorted()
  }

  /// How many of some places pass, fail, and were not tested.
  public func counts(_ places: [ChannelPlace]) -> (passed: Int, failed: Int, untested: Int) {
    var counts = (passed: 0, failed: 0, untested: 0)
    for place in places {
      switch outcomes[place] {
      case .pass?: counts.passed += 1
      case .fail?: counts.failed += 1
      case .notTested?, nil: counts.untested += 1
      }
    }
    return counts
  }

  /// What came of the whole, judged on the flight blocks.
  public var verdict: Verdict {
    let counts = counts(flightPlaces)
    if counts.failed > 0 { return .fail }
    if counts.passed == 0 { return .notTested }
    return counts.untested > 0 ? .incomplete : .pass
  }

  /// The places that fail, flight blocks or not.
  public var failing: Set<ChannelPlace> {
    Set(outcomes.filter { if case .fail = $0.value { true } else { false } }.keys)
  }

  /// Places by margin, the worst first; equal margins by place.
  public func worst(_ count: Int) -> [(place: ChannelPlace, value: Double, margin: Double)] {
    let tested = outcomes.compactMap { place, outcome -> (ChannelPlace, Double, Double)? in
      switch outcome {
      case .pass(let value, let margin), .fail(let value, let margin): (place, value, margin)
      case .notTested: nil
      }
    }
    return tested.sorted { ($0.2, $0.0) < ($1.2, $1.0) }.prefix(count)
      .map { (place: $0.0, value: $0.1, margin: $0.2) }
  }

  /// Why flight places were not tested, each reason once with its number of places.
  public var reasons: [(reason: String, count: Int)] {
    var counts: [String: Int] = [:]
    for place in flightPlaces {
      if case .notTested(let reason)? = outcomes[place] { counts[reason, default: 0] += 1 }
    }
    return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { (reason: $0.key, count: $0.value) }
  }
}
