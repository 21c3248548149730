/// A value commanded by a test script or written to an exposure log: a number or a text; or a test's
/// input, which may be a list of numbers.
public enum ScriptValue: Sendable, Hashable, CustomStringConvertible {
  case int(Int)
  case double(Double)
  case string(String)
  /// A list of numbers: only inputs of tests have them, never a script or a log.
  case numbers([Double])

  /// The value as a number; nil for a text.
  public var number: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    case .string, .numbers: nil
    }
  }

  /// The numbers of a list; nil for anything else.
  public var numbers: [Double]? {
    if case .numbers(let values) = self { values } else { nil }
  }

  /// The value as a whole number; nil for texts and fractions.
  public var integer: Int? {
    switch self {
    case .int(let value): value
    case .double(let value): Int(exactly: value)
    case .string, .numbers: nil
    }
  }

  /// The value as a log and a message show it: a whole double without its `.0`.
  public var description: String {
    switch self {
    case .int(let value): String(value)
    case .double(let value): Int(exactly: value).map(String.init) ?? String(value)
    case .string(let value): value
    case .numbers(let values):
      "[" + values.map { ScriptValue.double($0).description }.joined(separator: ", ") + "]"
    }
  }

  /// The value that a text stands for: a whole number, a finite number, or else the text itself.
  public init(parsing text: String) {
    if let value = Int(text) {
      self = .int(value)
    } else if let value = Double(text), value.isFinite, text.utf8.allSatisfy(Self.isNumeric) {
      self = .double(value)
    } else {
      self = .string(text)
    }
  }

  /// Whether a found value agrees with this expected one.
  ///
  /// Numbers agree where |found - expected| <= 1e-8 + 0.005 |expected|, so that an expected zero needs
  /// a zero; texts must be equal; a number never agrees with a text, nor NaN with anything.
  public func admits(_ found: ScriptValue) -> Bool {
    switch (self, found) {
    case (.string(let a), .string(let b)): a == b
    default:
      if let expected = number, let value = found.number {
        abs(value - expected) <= 1e-8 + 0.005 * abs(expected)
      } else {
        description == found.description
      }
    }
  }

  // `Double.init` also reads hexadecimal numbers and "inf", which no log means as numbers.
  private static func isNumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
      UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
      true
    default: false
    }
  }
}
