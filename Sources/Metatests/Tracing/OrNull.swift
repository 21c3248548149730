/// A value that JSON has every time, as null where there is none; the compiler's own encoding leaves
/// such keys out.
@propertyWrapper
public struct OrNull<Value: Encodable & Sendable & Hashable>: Encodable, Sendable, Hashable {
  /// The value.
  public var wrappedValue: Value?

  /// Wraps a value.
  public init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  /// Wraps a value, where it is no property.
  public init(_ value: Value?) { wrappedValue = value }

  /// The value, where it is no property.
  public var value: Value? { wrappedValue }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(wrappedValue)
  }
}
