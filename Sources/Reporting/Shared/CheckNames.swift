/// What the names of checks say to people.
public enum CheckNames {
  /// What is known of a check: its title, the unit and digits of its values.
  public struct Facts: Sendable, Hashable {
    /// The title.
    public let title: String
    /// The unit of value and limits.
    public let unit: String
    /// Digits after the decimal point.
    public let digits: Int
  }

  /// The facts of a check; its own name as title where it is unknown.
  public static func facts(_ name: String) -> Facts {
    for (prefix, title, digits) in [
      ("offsets_grad_", "Offset relative to the pre-scan", 2), ("offsets_", "Offset", 1),
      ("std_", "Scatter", 3),
    ] where name.hasPrefix(prefix) {
      let region = region(String(name.dropFirst(prefix.count)))
      return Facts(title: "\(title), \(region)", unit: "ADU", digits: digits)
    }
    return switch name {
    case "saturation": Facts(title: "Fraction of saturated pixels", unit: "", digits: 6)
    case "hk_performance": Facts(title: "House-keeping, Performance", unit: "", digits: 3)
    case "hk_safe": Facts(title: "House-keeping, Safe", unit: "", digits: 3)
    case "acquisition": Facts(title: "Acquisition as expected", unit: "", digits: 0)
    default: Facts(title: name, unit: "", digits: 3)
    }
  }

  /// The words for a region's short form.
  public static func region(_ short: String) -> String {
    switch short {
    case "pre": "pre-scan"
    case "img": "image"
    case "ove": "over-scan"
    case "pov": "parallel over-scan"
    case "msk": "masked rows"
    default: short
    }
  }
}
