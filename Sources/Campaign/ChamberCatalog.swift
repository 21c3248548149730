import Diagnostics
import ShippedConfiguration

/// The chamber profiles that travel with the program.
public enum ChamberCatalog {
  /// All profiles, by name.
  public static let profiles: [ChamberProfile] = read()

  /// The names of all profiles.
  public static var names: [String] { profiles.map(\.name) }

  /// The profile of that name.
  ///
  /// - Throws: `CampaignError` of kind `unknownChamber`, with the nearest name.
  public static func profile(_ name: String) throws(CampaignError) -> ChamberProfile {
    if let profile = profiles.first(where: { $0.name == name }) { return profile }
    let nearest = nearestName(to: name, among: names).map { "did you mean \($0)? " } ?? ""
    throw CampaignError(
      .unknownChamber, "chamber '\(name.clipped(to: 60))' is not known",
      remedy: nearest + "known are \(names.joined(separator: ", "))")
  }

  private static func read() -> [ChamberProfile] {
    let patterns = spotPatterns()
    let shutters = shutterCalibrations()
    var profiles: [ChamberProfile] = []
    var header: [String] = []
    var filters: [ChamberProfile.Filter] = []
    func finish() {
      guard header.count == 4 else { return }
      profiles.append(
        ChamberProfile(
          name: header[1], filters: filters, spots: patterns[header[2]] ?? [:],
          shutter: shutters[header[3]] ?? []))
    }
    for fields in table(ShippedConfiguration.chambers()) {
      if fields[0] == "profile" {
        finish()
        (header, filters) = (fields, [])
      } else if fields.count == 7, let wavelength = Int(fields[2]), let point = Double(fields[3]),
        let flat = Double(fields[4]), let width = Double(fields[6])
      {
        filters.append(
          .init(
            slot: Int(fields[1].dropFirst()), wavelength: wavelength, pointSeconds: point,
            flatSeconds: flat, focusMillimetres: Double(fields[5]), fwhmPixels: width))
      }
    }
    finish()
    return profiles
  }

  private static func spotPatterns() -> [String: [String: [ChamberProfile.Spot]]] {
    var patterns: [String: [String: [ChamberProfile.Spot]]] = [:]
    for fields in table(ShippedConfiguration.spotPatterns()) where fields.count == 5 {
      guard let x = Double(fields[3]), let y = Double(fields[4]) else { continue }
      patterns[fields[0], default: [:]][fields[1], default: []].append(
        .init(name: fields[2], x: x, y: y))
    }
    return patterns
  }

  private static func shutterCalibrations() -> [String: [ChamberProfile.ShutterPoint]] {
    var calibrations: [String: [ChamberProfile.ShutterPoint]] = [:]
    for fields in table(ShippedConfiguration.shutterCalibrations()) where fields.count == 3 {
      guard let commanded = Double(fields[1]), let actual = Double(fields[2]) else { continue }
      calibrations[fields[0], default: []].append(
        .init(commandedSeconds: commanded, actualSeconds: actual))
    }
    return calibrations
  }

  private static func table(_ bytes: [UInt8]) -> [[String]] {
    embeddedLines(bytes).map { $0.split(separator: "\t").map(String.init) }
  }
}
