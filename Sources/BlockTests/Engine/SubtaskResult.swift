public import Analysis
public import Campaign
public import Detector

/// What one step of a test found; the engine commits it to the warehouse as a whole.
public struct SubtaskResult: Sendable {
  /// One number, or the reason why there is none.
  public struct Measurement: Sendable {
    /// What was measured.
    public var quantity: Quantity
    /// The detector; nil where the quantity has none.
    public var detector: String?
    /// The amplifier; nil where the quantity has none.
    public var amplifier: String?
    /// The exposure; nil where the quantity has none.
    public var obsid: Int?
    /// The region, step or spot; nil where the quantity has none.
    public var item: String?
    /// The value or the reason.
    public var outcome: Result<Number, NotMeasurable>
  }

  /// A value with what is known of its reliability.
  public struct Number: Sendable {
    /// The value.
    public var value: Double
    /// Its 1-sigma uncertainty; nil for counts and commanded values.
    public var uncertainty: Double?
    /// The number of samples; nil where that has no meaning.
    public var count: Int?
  }

  /// A list of points.
  public struct Curve: Sendable {
    /// The curve's name, such as `bias.profile.columns`.
    public var name: String
    /// The detector.
    public var detector: String?
    /// The amplifier.
    public var amplifier: String?
    /// The exposure.
    public var obsid: Int?
    /// Abscissae.
    public var x: [Double]
    /// Ordinates, as many as abscissae.
    public var y: [Double]
    /// 1-sigma uncertainties of the ordinates; empty where unknown.
    public var uncertainty: [Double]
    /// Unit of the abscissae.
    public var xUnit: Unit
    /// Unit of the ordinates.
    public var yUnit: Unit
  }

  /// A value against its limits.
  public struct Check: Sendable {
    /// What is checked, such as `offsets_pre`.
    public var name: String
    /// The detector.
    public var detector: String?
    /// The amplifier.
    public var amplifier: String?
    /// The script column or key.
    public var item: String?
    /// The mean over the exposures; nil where nothing could be measured.
    public var value: Double?
    /// The lower limit.
    public var lower: Double?
    /// The upper limit.
    public var upper: Double?
    /// Whether every exposure passed.
    public var passed: Bool
    /// Which exposures failed, and how.
    public var text: String
  }

  /// A file that was made, already in its place.
  public struct Artifact: Sendable {
    /// What the file is for, such as `master-bias`.
    public var role: String
    /// Its media type.
    public var mediaType: String
    /// Its absolute path.
    public var path: String
    /// Its title for people.
    public var title: String
    /// The detector that it belongs to.
    public var detector: String?
  }

  /// A flag that is raised, and why.
  public struct RaisedFlag: Sendable, Hashable {
    /// The flag.
    public var flag: Flag
    /// The evidence, as a sentence.
    public var cause: String
  }

  /// The numbers.
  public var measurements: [Measurement] = []
  /// The curves.
  public var curves: [Curve] = []
  /// The checks.
  public var checks: [Check] = []
  /// The files.
  public var artifacts: [Artifact] = []
  /// The flags.
  public var flags: [RaisedFlag] = []
  /// Lines for the log and the report.
  public var log: [String] = []

  /// Nothing found yet.
  public init() {}

  /// Adds a measured number or the reason for its absence.
  mutating func measure(
    _ quantity: Quantity, detector: String? = nil, amplifier: String? = nil, obsid: Int? = nil,
    item: String? = nil, _ outcome: Result<Estimate, NotMeasurable>
  ) {
    let number = outcome.map {
      Number(value: $0.value, uncertainty: $0.uncertainty, count: $0.count)
    }
    measurements.append(
      Measurement(
        quantity: quantity, detector: detector, amplifier: amplifier, obsid: obsid, item: item,
        outcome: number))
  }

  /// Adds an exact number, such as a count.
  mutating func count(
    _ quantity: Quantity, detector: String? = nil, amplifier: String? = nil, obsid: Int? = nil,
    item: String? = nil, _ value: Double
  ) {
    measurements.append(
      Measurement(
        quantity: quantity, detector: detector, amplifier: amplifier, obsid: obsid, item: item,
        outcome: .success(Number(value: value, uncertainty: nil, count: nil))))
  }

  /// Adds a profile with one value a column or row; positions without a value are left out.
  ///
  /// - Parameter abscissae: of all values; profiles without gaps share this array instead of holding one each.
  mutating func profile(
    _ name: String, _ values: [Double?], at abscissae: [Double], detector: String,
    amplifier: String, obsid: Int? = nil
  ) {
    let y = values.compactMap(\.self)
    let isWhole = y.count == values.count && values.count == abscissae.count
    let x = isWhole ? abscissae : zip(abscissae, values).compactMap { $1 == nil ? nil : $0 }
    curves.append(
      Curve(
        name: name, detector: detector, amplifier: amplifier, obsid: obsid, x: x,
        y: Array(y.prefix(x.count)), uncertainty: [], xUnit: .pixel, yUnit: .adu))
  }

  /// Adds all that another result holds.
  mutating func append(_ other: SubtaskResult) {
    measurements += other.measurements
    curves += other.curves
    checks += other.checks
    artifacts += other.artifacts
    for raised in other.flags where !flags.contains(raised) { flags.append(raised) }
    log += other.log
  }

  /// Raises a flag; the same flag for the same cause counts once.
  mutating func raise(_ flag: Flag, _ cause: String) {
    let raised = RaisedFlag(flag: flag, cause: cause)
    if !flags.contains(raised) { flags.append(raised) }
  }
}
