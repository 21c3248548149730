import Detector
public import Warehouse

/// What came of one amplifier against one requirement, with its margin.
public struct ComplianceEntry: Sendable, Hashable, Encodable {
  /// What came of it.
  public enum Outcome: String, Sendable, Hashable, CaseIterable, Encodable {
    /// Inside the limits.
    case pass
    /// Inside the limits, and so near to one that the uncertainty does not tell.
    case marginal
    /// Outside the limits.
    case fail
    /// No run could be tested.
    case notTested = "not tested"
    /// A run was tested, and has no value.
    case notMeasurable = "not measurable"

    /// Whether there is a value.
    public var isTested: Bool {
      switch self {
      case .pass, .marginal, .fail: true
      case .notTested, .notMeasurable: false
      }
    }
  }

  /// The amplifier.
  public let block, ccd, quadrant: String
  /// The position on the focal plane; nil off it.
  @OrNull public var slot: String?
  /// Whether the block is a flight block of the design: the others are for information.
  public let flight: Bool
  /// The run whose value was tested.
  @OrNull public var run: Int64?
  /// What came of it.
  public let outcome: Outcome
  /// The value.
  @OrNull public var value: Double?
  /// 1 sigma.
  @OrNull public var uncertainty: Double?
  /// The distance to the nearest limit in the unit of the value, negative outside.
  @OrNull public var margin: Double?
  /// The margin in per cent of the nearest limit's magnitude; nil where that limit is 0.
  @OrNull public var marginPercent: Double?
  /// The margin in units of the uncertainty; nil without one, or where it is 0.
  @OrNull public var marginSigma: Double?
  /// Why there is no value.
  @OrNull public var reason: String?

  /// The place.
  public var place: ChannelPlace {
    ChannelPlace(block: block, detector: ccd, amplifier: quadrant)
  }

  /// One outcome of a tested requirement.
  ///
  /// A value that passes is marginal where its margin is not above `sigmas` times its uncertainty; a
  /// value without uncertainty only where it lies on the limit itself.
  ///
  /// - Parameters:
  ///   - selection: the run of the block.
  ///   - sigmas: at how many sigma from a limit a value is marginal; not negative.
  public init(
    _ result: RequirementResult, at place: ChannelPlace, selection: BlockSelection?,
    slot: String?, sigmas: Double
  ) {
    (block, ccd, quadrant) = (place.block, place.detector, place.amplifier)
    flight = result.flight.contains(place.block)
    let tested: Double
    switch result.outcomes[place] {
    case .pass(let value, let margin)?:
      tested = value
      let error = Self.uncertainty(result.values[place])
      outcome = margin <= sigmas * (error ?? 0) ? .marginal : .pass
    case .fail(let value, _)?:
      tested = value
      outcome = .fail
    case .notTested(let why)?:
      outcome = selection?.run == nil ? .notTested : .notMeasurable
      reason = selection?.run == nil ? selection?.reason ?? why : why
      self.slot = slot
      run = selection?.run?.key.id
      return
    case nil:
      outcome = .notTested
      reason = selection?.reason ?? "not measured"
      self.slot = slot
      return
    }
    self.slot = slot
    run = selection?.run?.key.id
    value = tested
    uncertainty = Self.uncertainty(result.values[place])
    guard let distance = result.requirement.margin(of: tested), distance.isFinite else { return }
    margin = distance
    if let limit = result.requirement.nearestLimit(to: tested), limit != 0 {
      let percent = distance / limit.magnitude * 100
      if percent.isFinite { marginPercent = percent }
    }
    if let error = uncertainty, error > 0 {
      let ratio = distance / error
      if ratio.isFinite { marginSigma = ratio }
    }
  }

  private static func uncertainty(_ value: MeasuredValue?) -> Double? {
    if case .value(_, let error, _)? = value { error } else { nil }
  }
}

extension Requirement {
  /// The limit that the margin of a value is counted from; nil where there is none.
  public func nearestLimit(to value: Double) -> Double? {
    switch (lower, upper) {
    case (let lower?, let upper?): value - lower < upper - value ? lower : upper
    case (let lower?, nil): lower
    case (nil, let upper): upper
    }
  }

  /// The limits as text: `0.86 < v <= 1.44`.
  public var limitText: String {
    func short(_ limit: Double) -> String {
      let text = "\(limit)"
      return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
    let below = lower.map { short($0) + " < " } ?? ""
    let above = upper.map { " <= " + short($0) } ?? ""
    return lower == nil && upper == nil ? "none" : below + "v" + above
  }
}
