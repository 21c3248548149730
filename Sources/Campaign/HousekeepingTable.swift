import ShippedConfiguration

/// What is known of the house-keeping keys: kinds, units, commanded columns and limits.
public struct HousekeepingTable: Sendable, Hashable, Codable {
  /// A limit of a house-keeping key.
  public enum Limit: Sendable, Hashable, Codable {
    /// Value minus commanded value must lie strictly between the limits.
    case relative(LimitRange)
    /// The value must lie strictly between the limits.
    case absolute(LimitRange)
    /// The value must be this one.
    case identity(Double)

    /// Whether a value passes; `command` is needed for a relative limit. NaN never passes.
    public func admits(_ value: Double, command: Double?) -> Bool {
      switch self {
      case .relative(let range): command.map { range.containsStrictly(value - $0) } ?? false
      case .absolute(let range): range.containsStrictly(value)
      case .identity(let expected): value == expected
      }
    }
  }

  /// One key.
  public struct Key: Sendable, Hashable, Codable {
    /// The key's name in the file's header.
    public var name: String
    /// What it is: voltage, current, temperature, flag, counter or register.
    public var kind: String
    /// The unit (V, A, degC, count); nil for none.
    public var unit: String?
    /// The column of the exposure log that commands it; nil for a key that nothing commands.
    public var command: String?
    /// The limits of expected operation.
    public var performance: Limit?
    /// The limits of safety for the hardware.
    public var safe: Limit?
    /// Whether the tests check the key.
    public var isChecked: Bool

    /// A key.
    public init(
      name: String, kind: String, unit: String? = nil, command: String? = nil,
      performance: Limit? = nil, safe: Limit? = nil, isChecked: Bool = true
    ) {
      self.name = name
      self.kind = kind
      self.unit = unit
      self.command = command
      self.performance = performance
      self.safe = safe
      self.isChecked = isChecked
    }
  }

  /// The keys in the order of the file.
  public var keys: [Key]

  /// A table of keys.
  public init(keys: [Key]) { self.keys = keys }

  /// The key of that name.
  public func key(named name: String) -> Key? { keys.first { $0.name == name } }

  /// The keys that the tests check.
  public var checkedKeys: [Key] { keys.filter(\.isChecked) }

  /// The keys of ELVIS 7.5.X with their limits, bottom gates tied to the bottom commands.
  public static let standard = HousekeepingTable(
    keys: embeddedLines(ShippedConfiguration.housekeepingLimits()).compactMap(key(of:)))

  private static func key(of line: String) -> Key? {
    let fields = line.split(separator: "\t").map(String.init)
    guard fields.count == 7 else { return nil }
    func optional(_ text: String) -> String? { text == "-" ? nil : text }
    return Key(
      name: fields[0], kind: fields[1], unit: optional(fields[2]), command: optional(fields[3]),
      performance: limit(of: fields[4]), safe: limit(of: fields[5]), isChecked: fields[6] == "yes")
  }

  private static func limit(of text: String) -> Limit? {
    let words = text.split(separator: " ")
    let numbers = words.dropFirst().compactMap { Double($0) }
    switch (words.first, numbers.count) {
    case ("cmd", 2): return .relative(LimitRange(numbers[0], numbers[1]))
    case ("abs", 2): return .absolute(LimitRange(numbers[0], numbers[1]))
    case ("=", 1): return .identity(numbers[0])
    default: return nil
    }
  }
}
