import ShippedConfiguration

/// A keyword of an ELVIS test script, with the value that it has unless a test commands another.
public struct ScriptKeyword: Sendable, Hashable {
  /// The keyword.
  public let name: String
  /// The type of its values.
  public let type: ElvisVersion.ValueType
  /// The default value.
  public let defaultValue: ScriptValue
  /// The unit; nil for none.
  public let unit: String?
  /// What the keyword commands.
  public let meaning: String

  /// All keywords of ELVIS 7.5.X (the same in 6.5.X and 7.2.X), in the order of a script's sheet.
  public static let all: [ScriptKeyword] = embeddedLines(ShippedConfiguration.scriptKeywords())
    .map { line in
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      func field(_ index: Int) -> String { index < fields.count ? fields[index] : "" }
      let type = ElvisVersion.ValueType(rawValue: field(1)) ?? .string
      let text = field(2) == "-" ? "" : field(2)
      return ScriptKeyword(
        name: field(0), type: type, defaultValue: value(of: text, type: type),
        unit: field(3) == "-" ? nil : field(3), meaning: field(4))
    }

  private static let byName = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }

  /// The keyword of that name.
  public static func named(_ name: String) -> ScriptKeyword? { byName[name] }

  /// The keywords that carry the equipment's identity: operator and serial numbers.
  public static let equipment = ["operator", "sn_ccd1", "sn_ccd2", "sn_ccd3", "sn_roe", "sn_rpsu"]

  /// The default values of all keywords.
  public static func defaults(elvis version: String = "7.5.X") -> [String: ScriptValue] {
    var values = Dictionary(all.map { ($0.name, $0.defaultValue) }) { first, _ in first }
    if ["6.0.0", "6.1.0", "6.3.0"].contains(version) {
      values["roe-tab"] = nil
      values["IG2_T"] = .double(5)
      values["IG2_B"] = .double(5)
      values["siflsh"] = .int(0)
    }
    return values
  }

  private static func value(of text: String, type: ElvisVersion.ValueType) -> ScriptValue {
    switch type {
    case .int: Int(text).map(ScriptValue.int) ?? .string(text)
    case .float: Double(text).map(ScriptValue.double) ?? .string(text)
    case .string: .string(text)
    }
  }
}
