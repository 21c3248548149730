/// Why a number could not be measured. This is a result, not a failure: it is stored beside the
/// numbers that could be.
public struct NotMeasurable: Error, Equatable, CustomStringConvertible {
  /// A short sentence for the table cell and the report.
  public let reason: String

  /// A reason.
  public init(_ reason: String) { self.reason = reason }

  public var description: String { reason }
}

/// A measured number with its 1-sigma uncertainty.
public struct Estimate: Sendable, Equatable {
  /// The value.
  public var value: Double
  /// The 1-sigma uncertainty, in the value's unit.
  public var uncertainty: Double
  /// The number of samples that entered.
  public var count: Int

  /// A measured number.
  public init(value: Double, uncertainty: Double, count: Int) {
    self.value = value
    self.uncertainty = uncertainty
    self.count = count
  }
}
