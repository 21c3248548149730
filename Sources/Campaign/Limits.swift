public import Detector

/// A lower and an upper limit.
public struct LimitRange: Sendable, Hashable, Codable, CustomStringConvertible {
  /// The lower limit.
  public var lower: Double
  /// The upper limit.
  public var upper: Double

  /// Limits; `lower` above `upper` admits nothing.
  public init(_ lower: Double, _ upper: Double) {
    self.lower = lower
    self.upper = upper
  }

  /// Whether a value lies between the limits, both included. NaN does not.
  public func contains(_ value: Double) -> Bool { value >= lower && value <= upper }

  /// Whether a value lies strictly between the limits, as house-keeping must. NaN does not.
  public func containsStrictly(_ value: Double) -> Bool { value > lower && value < upper }

  /// Whether a value passes a check per detector and amplifier: above the lower limit, and at most the
  /// upper one. The asymmetry is that of the original checks. NaN does not pass.
  public func admits(_ value: Double) -> Bool { value > lower && value <= upper }

  /// The limits moved by an amount.
  public func shifted(by amount: Double) -> LimitRange {
    LimitRange(lower + amount, upper + amount)
  }

  public var description: String { "\(ScriptValue.double(lower)) … \(ScriptValue.double(upper))" }

  /// Decodes `[lower, upper]`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let values = try container.decode([Double].self)
    guard values.count == 2, values[0] <= values[1] else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "limits are [lower, upper], lower first")
    }
    self.init(values[0], values[1])
  }

  /// Encodes as `[lower, upper]`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode([lower, upper])
  }
}

/// The limits of the data checks that are common to all tests. ADU unless said otherwise.
///
/// A configuration replaces single values; everything that it leaves out keeps the generic value.
public struct Limits: Sendable, Hashable, Codable {
  /// Allowed departure of an offset from the expected one.
  public var offsetMargin = LimitRange(-50, 50)
  /// Expected offsets, by detector, then by amplifier; an amplifier without one is not checked.
  public var expectedOffsets: [String: [String: Double]] = [:]
  /// Allowed difference of a region's offset from that of the pre-scan, by region.
  public var offsetGradients: [RegionName: LimitRange] = [
    .image: LimitRange(-10, 10), .overscan: LimitRange(-10, 10),
  ]
  /// Allowed standard deviation of a scan or image region.
  public var readNoise = LimitRange(0.86, 1.44)
  /// Limits of the standard deviation that differ for single detectors.
  public var readNoiseByDetector: [String: LimitRange] = [:]
  /// Allowed fraction of saturated pixels.
  public var saturatedFraction = LimitRange(0, 0.1)
  /// The house-keeping keys that are checked, with their limits.
  public var housekeeping = HousekeepingTable.standard
  /// Whether absolute performance limits (CCD temperatures, bias DD and OG) are applied too.
  ///
  /// The original applied performance limits only to keys with a commanded value, so that the CCD
  /// temperature's -121 ... -119 degC never counted.
  public var appliesAbsolutePerformance = true

  /// The generic limits.
  public init() {}

  /// The limits of an offset; nil where no offset is expected of that amplifier.
  public func offset(detector: String, amplifier: String) -> LimitRange? {
    expectedOffsets[detector]?[amplifier].map(offsetMargin.shifted(by:))
  }

  /// The limits of a region's offset relative to the pre-scan; nil where there are none.
  public func offsetGradient(_ region: RegionName) -> LimitRange? { offsetGradients[region] }

  /// The limits of a region's standard deviation.
  public func readNoise(detector: String) -> LimitRange {
    readNoiseByDetector[detector] ?? readNoise
  }
}
