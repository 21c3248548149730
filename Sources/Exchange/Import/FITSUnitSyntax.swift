import Detector
import Diagnostics

/// Whether a text is a unit in the FITS standard's spelling (FITS 4.0, section 4.3, tables 3 to 6),
/// or one that this program itself uses beside them (`%`, `deg_C`).
struct FITSUnitSyntax {
  private var rest: Substring
  private var depth = 0

  private init(_ text: String) { rest = text[...] }

  /// The unit is spelled as the standard says; "" is a pure number.
  static func isValid(_ text: String) -> Bool {
    if Unit(rawValue: text) != nil { return true }
    guard text.utf8.count <= 60, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      return false
    }
    var parser = FITSUnitSyntax(text)
    return parser.product() && parser.rest.isEmpty
  }

  /// What is wrong with a unit, and what it may be meant to be; nil for a good one.
  static func remedy(for text: String) -> String? {
    if isValid(text) { return nil }
    let common = [
      "dn": "adu", "adus": "adu", "counts": "ct", "e-": "electron", "e": "electron",
      "el": "electron", "electrons": "electron", "e-/adu": "electron/adu", "sec": "s",
      "seconds": "s", "pixels": "pixel", "px": "pixel", "microns": "um", "micron": "um",
      "degc": "deg_C", "c": "deg_C", "percent": "%",
    ]
    let likely =
      common[text.lowercased()]
      ?? nearestName(to: text, among: Unit.allCases.map(\.rawValue).filter { !$0.isEmpty })
    return "write it as FITS does (adu, electron/adu, m s**-1)"
      + (likely.map { "; did you mean \($0)?" } ?? "")
  }

  // MARK: - Grammar

  private mutating func product() -> Bool {
    guard factor() else { return false }
    while let next = rest.first, next != ")" {
      if "*/. ".contains(next) { rest.removeFirst() } else { return false }
      guard factor() else { return false }
    }
    return true
  }

  private mutating func factor() -> Bool {
    depth += 1
    defer { depth -= 1 }
    guard depth < 20 else { return false }
    if rest.hasPrefix("10**") || rest.hasPrefix("10^") {
      rest = rest.dropFirst(2)
      return power()
    }
    let name = rest.prefix { $0.isASCII && $0.isLetter }
    rest = rest.dropFirst(name.count)
    if rest.first == "(" {
      guard name.isEmpty || ["log", "ln", "exp", "sqrt"].contains(String(name)) else {
        return false
      }
      rest.removeFirst()
      guard product(), rest.first == ")" else { return false }
      rest.removeFirst()
    } else if !Self.isUnit(String(name)) {
      return false
    }
    return power()
  }

  /// `**2`, `^-1`, `2`, `-1`, `**(3/2)`, `**(1.5)`, or nothing.
  private mutating func power() -> Bool {
    var isNeeded = false
    if rest.hasPrefix("**") {
      rest = rest.dropFirst(2)
      isNeeded = true
    } else if rest.first == "^" {
      rest.removeFirst()
      isNeeded = true
    }
    if isNeeded, rest.first == "(" {
      let inner = rest.dropFirst().prefix { "0123456789+-./".contains($0) }
      rest = rest.dropFirst(1 + inner.count)
      guard rest.first == ")", inner.contains(where: \.isNumber) else { return false }
      rest.removeFirst()
      return true
    }
    var number = rest
    if number.first == "+" || number.first == "-" { number.removeFirst() }
    let digits = number.prefix { $0.isASCII && $0.isNumber }
    if digits.isEmpty { return !isNeeded && number.startIndex == rest.startIndex }
    rest = number.dropFirst(digits.count)
    return true
  }

  private static func isUnit(_ name: String) -> Bool {
    if plain.contains(name) || prefixable.contains(name) { return true }
    for prefix in prefixes where name.hasPrefix(prefix) {
      if prefixable.contains(String(name.dropFirst(prefix.count))) { return true }
    }
    return false
  }

  private static let prefixes = [
    "da", "d", "c", "m", "u", "n", "p", "f", "a", "z", "y", "h", "k", "M", "G", "T", "P", "E", "Z",
    "Y",
  ]
  private static let prefixable: Set<String> = [
    "m", "g", "s", "rad", "sr", "K", "A", "mol", "cd", "Hz", "J", "W", "V", "N", "Pa", "C", "Ohm",
    "S", "F", "Wb", "T", "H", "lm", "lx", "a", "yr", "eV", "pc", "Jy", "mag", "R", "G", "barn",
    "bit", "byte", "arcsec",
  ]
  private static let plain: Set<String> = [
    "deg", "arcmin", "mas", "min", "h", "d", "erg", "Ry", "solMass", "u", "solLum", "Angstrom",
    "angstrom", "solRad", "AU", "lyr", "count", "ct", "photon", "ph", "pixel", "pix", "D", "Sun",
    "chan", "bin", "voxel", "adu", "beam", "electron",
  ]
}
