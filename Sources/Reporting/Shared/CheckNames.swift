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
    case "image_fluence": Facts(title: "Fluence", unit: "ADU", digits: 1)
    case "saturation_time": Facts(title: "Saturation time", unit: "s", digits: 2)
    case "dark_fluence": Facts(title: "Dark background", unit: "ADU", digits: 2)
    case "background": Facts(title: "Background", unit: "ADU", digits: 2)
    case "saturation_required": Facts(title: "Saturation, wanted", unit: "", digits: 4)
    case "injection_level": Facts(title: "Injected level", unit: "ADU", digits: 1)
    case "injection_noise": Facts(title: "Scatter of injected lines", unit: "ADU", digits: 1)
    case "spot_fwhm": Facts(title: "Width of spots (FWHM)", unit: "pixel", digits: 3)
    case "spot_peak": Facts(title: "Peak of spots", unit: "ADU", digits: 0)
    case "spot_fluence": Facts(title: "Flux of spots", unit: "ADU", digits: 0)
    case "peak_saturation_time":
      Facts(title: "Saturation time of peaks", unit: "s", digits: 2)
    case "point_sources": Facts(title: "Point sources found", unit: "", digits: 0)
    case "her": Facts(title: "Hard-edge response, serial", unit: "", digits: 5)
    case "acquisition": Facts(title: "Acquisition as expected", unit: "", digits: 0)
    default: Facts(title: name, unit: "", digits: 3)
    }
  }

  /// The quantities that checks are about.
  static let quantities: [String: String] = [
    "image_fluence": "check.fluence", "saturation_time": "check.saturation.time",
    "dark_fluence": "check.background", "background": "check.background",
    "saturation_required": "check.saturated.share", "injection_level": "check.injection.level",
    "injection_noise": "check.injection.std", "spot_fwhm": "check.spot.fwhmx",
    "spot_peak": "check.spot.peak", "spot_fluence": "check.spot.fluence",
    "peak_saturation_time": "check.peak.saturation.time", "point_sources": "lock.matches",
    "her": "her.response",
  ]

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
