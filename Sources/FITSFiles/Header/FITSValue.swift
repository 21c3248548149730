/// The value of a header card.
public enum FITSValue: Sendable, Hashable {
  /// A character string, without its trailing blanks.
  case text(String)
  /// An integer.
  case integer(Int)
  /// A floating-point number; never NaN or infinite.
  case real(Double)
  /// `T` or `F`.
  case logical(Bool)
  /// A complex number, as real and imaginary part.
  case complex(Double, Double)
  /// The keyword has no value, or one that breaks the grammar.
  case undefined
  /// The text of COMMENT, HISTORY, a blank keyword, or any card without a value indicator.
  case commentary(String)

  /// The string; nil for other types.
  public var text: String? {
    switch self {
    case .text(let text), .commentary(let text): text
    default: nil
    }
  }

  /// The integer; nil for other types, also for real numbers.
  public var integer: Int? {
    if case .integer(let value) = self { value } else { nil }
  }

  /// The number as floating point, also of an integer; nil for other types.
  public var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    default: nil
    }
  }

  /// The truth value; nil for other types.
  public var logical: Bool? {
    if case .logical(let value) = self { value } else { nil }
  }
}

extension FITSValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
  public init(stringLiteral value: String) { self = .text(value) }
}

extension FITSValue: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int) { self = .integer(value) }
}

extension FITSValue: ExpressibleByFloatLiteral {
  public init(floatLiteral value: Double) { self = .real(value) }
}

extension FITSValue: ExpressibleByBooleanLiteral {
  public init(booleanLiteral value: Bool) { self = .logical(value) }
}
