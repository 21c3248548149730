public import Detector

/// All that one subtask found; stored in one transaction, or not at all.
public struct SubtaskCommit: Sendable {
  /// How a subtask ended.
  public enum Status: String, Sendable, CaseIterable {
    case finished, failed, skipped
  }

  /// The subtask's name, unique in its test run.
  public var name: String
  /// The place in the test's order, from 0.
  public var ordinal: Int
  /// How it ended.
  public var status: Status
  /// How long it took.
  public var seconds: Double
  /// What was measured.
  public var measurements: [MeasurementRecord]
  /// The curves.
  public var curves: [CurveRecord]
  /// The product files, which are in place already.
  public var artifacts: [ArtifactRecord]
  /// The checks.
  public var checks: [CheckRecord]
  /// The flags.
  public var flags: [FlagRecord]
  /// Lines for the log.
  public var log: [String]

  /// Collects the results of a subtask.
  public init(
    name: String, ordinal: Int, status: Status = .finished, seconds: Double,
    measurements: [MeasurementRecord] = [], curves: [CurveRecord] = [],
    artifacts: [ArtifactRecord] = [], checks: [CheckRecord] = [], flags: [FlagRecord] = [],
    log: [String] = []
  ) {
    self.name = name
    self.ordinal = ordinal
    self.status = status
    self.seconds = seconds
    self.measurements = measurements
    self.curves = curves
    self.artifacts = artifacts
    self.checks = checks
    self.flags = flags
    self.log = log
  }
}

/// What a result belongs to, beside its test run; nil stands for "all" or "none".
public struct ResultPlace: Sendable, Hashable {
  /// The detector's name.
  public var detector: String?
  /// The amplifier's name.
  public var amplifier: String?
  /// The exposure's number; not negative.
  public var obsid: Int?
  /// The spot, ladder step, region, ...
  public var item: String?

  /// Names a place.
  public init(
    detector: String? = nil, amplifier: String? = nil, obsid: Int? = nil, item: String? = nil
  ) {
    self.detector = detector
    self.amplifier = amplifier
    self.obsid = obsid
    self.item = item
  }
}

/// A value, or the reason why there is none.
public enum MeasuredValue: Sendable, Hashable {
  /// A finite value, its finite 1-sigma uncertainty, and the number of samples behind it.
  ///
  /// SQLite keeps every bit but the sign of a negative zero.
  case value(Double, uncertainty: Double? = nil, count: Int? = nil)
  /// Nothing could be measured.
  case missing(reason: String)

  /// The value; nil where there is none.
  public var number: Double? {
    if case .value(let number, _, _) = self { number } else { nil }
  }
}

/// One measurement.
public struct MeasurementRecord: Sendable {
  /// What was measured.
  public var quantity: Quantity
  /// What it belongs to.
  public var place: ResultPlace
  /// The value or the reason.
  public var value: MeasuredValue

  /// Describes a measurement.
  public init(
    quantity: Quantity, detector: String? = nil, amplifier: String? = nil, obsid: Int? = nil,
    item: String? = nil, value: MeasuredValue
  ) {
    self.quantity = quantity
    self.place = ResultPlace(detector: detector, amplifier: amplifier, obsid: obsid, item: item)
    self.value = value
  }
}

/// A curve: finite x and y values, and uncertainties of y.
public struct CurveRecord: Sendable, Hashable {
  /// The curve's name, such as `bias.profile.rows`.
  public var name: String
  /// What it belongs to.
  public var place: ResultPlace
  /// The unit of x.
  public var xUnit: Unit
  /// The unit of y and of its uncertainties.
  public var yUnit: Unit
  /// The abscissae.
  public var x: [Double]
  /// The ordinates, as many as `x`.
  public var y: [Double]
  /// 1-sigma uncertainties of `y`, as many as `x`; nil where unknown.
  public var uncertainty: [Double]?

  /// Describes a curve.
  public init(
    name: String, place: ResultPlace = ResultPlace(), xUnit: Unit, yUnit: Unit, x: [Double],
    y: [Double], uncertainty: [Double]? = nil
  ) {
    self.name = name
    self.place = place
    self.xUnit = xUnit
    self.yUnit = yUnit
    self.x = x
    self.y = y
    self.uncertainty = uncertainty
  }
}

/// A product file below the warehouse's folder.
public struct ArtifactRecord: Sendable, Hashable {
  /// What the file is, such as `master-bias`.
  public var role: String
  /// The media type, such as `application/fits`.
  public var mediaType: String
  /// The path relative to the warehouse's folder; begins with `products/`.
  public var path: String
  /// The size in bytes.
  public var size: Int
  /// The SHA-256, in hexadecimal.
  public var sha256: String
  /// A title for people.
  public var title: String
  /// The detector; nil where the file belongs to all.
  public var detector: String?

  /// Describes a file.
  public init(
    role: String, mediaType: String, path: String, size: Int, sha256: String, title: String,
    detector: String? = nil
  ) {
    self.role = role
    self.mediaType = mediaType
    self.path = path
    self.size = size
    self.sha256 = sha256
    self.title = title
    self.detector = detector
  }
}

/// A value against its limits.
public struct CheckRecord: Sendable {
  /// The check's name.
  public var name: String
  /// What is checked; nil where it is no quantity.
  public var quantity: Quantity?
  /// What it belongs to.
  public var place: ResultPlace
  /// The value; nil where it is missing or not a number.
  public var value: Double?
  /// The lowest value that passes; nil for no such limit.
  public var lower: Double?
  /// The highest value that passes; nil for no such limit.
  public var upper: Double?
  /// Whether it passed.
  public var passed: Bool
  /// What there is to say about it.
  public var text: String

  /// Describes a check.
  public init(
    name: String, quantity: Quantity? = nil, place: ResultPlace = ResultPlace(),
    value: Double? = nil, lower: Double? = nil, upper: Double? = nil, passed: Bool,
    text: String = ""
  ) {
    self.name = name
    self.quantity = quantity
    self.place = place
    self.value = value
    self.lower = lower
    self.upper = upper
    self.passed = passed
    self.text = text
  }
}

/// A flag that a subtask raises.
public struct FlagRecord: Sendable, Hashable {
  /// How bad it is.
  public enum Severity: String, Sendable, CaseIterable {
    case note, warning, error
  }

  /// The flag's name, such as `RON_OOL`.
  public var name: String
  /// How bad it is.
  public var severity: Severity
  /// What raised it.
  public var cause: String

  /// Describes a flag.
  public init(name: String, severity: Severity, cause: String) {
    self.name = name
    self.severity = severity
    self.cause = cause
  }
}

/// What a person decides about a test run; a later verdict replaces an earlier one, and both stay.
public struct VerdictRecord: Sendable, Hashable {
  /// The decision.
  public enum State: String, Sendable, CaseIterable {
    case accepted, rejected
    /// As if there had been none.
    case withdrawn
  }

  /// The decision.
  public var state: State
  /// Why.
  public var reason: String
  /// Who.
  public var author: String
  /// When, ISO 8601 in UTC.
  public var time: String

  /// Describes a decision.
  public init(state: State, reason: String, author: String, time: String) {
    self.state = state
    self.reason = reason
    self.author = author
    self.time = time
  }
}
