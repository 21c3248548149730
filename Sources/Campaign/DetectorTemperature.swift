/// The temperature of the detectors that a test is made for: nothing in a script commands it, the
/// test's name alone tells.
public enum DetectorTemperature: Sendable, Hashable {
  /// That of the campaign, 153.15 K, which the limits of house-keeping are for.
  case usual
  /// Another one, kelvin: of `PTC02_148K` 148.
  case kelvin(Double)
  /// That of the room: the detectors of warm tests are not cooled.
  case room

  /// The temperature of the campaign, kelvin.
  public static let usualKelvin = 153.15

  /// What a test's label tells; `usual` where it tells nothing.
  public init(label: String) {
    if label.hasPrefix("MOT_WARM") {
      self = .room
    } else if label.hasSuffix("K"), let mark = label.lastIndex(of: "_"),
      let value = Double(label[label.index(after: mark)...].dropLast()), (100...300).contains(value)
    {
      self = .kelvin(value)
    } else {
      self = .usual
    }
  }
}
