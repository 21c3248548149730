/// A unit of measurement, in the FITS standard's spelling (FITS 4.0, section 4.3).
public enum Unit: String, Sendable, Codable, CaseIterable {
  case none = ""
  case adu = "adu"
  case aduPerPixel = "adu/pixel"
  case aduPerSecond = "adu/s"
  case aduPerHour = "adu/h"
  case aduSquared = "adu**2"
  case electron = "electron"
  case electronPerADU = "electron/adu"
  case electronPerSecond = "electron/s"
  case electronPerPixel = "electron/pixel"
  case electronPerHour = "electron/h"
  case electronSquared = "electron**2"
  case perElectron = "electron**-1"
  case perElectronSquared = "electron**-2"
  case pixelPerElectron = "pixel/electron"
  case pixel = "pixel"
  case count = "ct"
  case second = "s"
  case volt = "V"
  case ampere = "A"
  case kelvin = "K"
  case degreeCelsius = "deg_C"
  case micrometre = "um"
  case micrometrePerTenKiloADU = "10**(-4) um/adu"
  case nanometre = "nm"
  case percent = "%"

  /// The unit after the conversion of ADU into electrons, and the power of the gain that it takes; nil for units
  /// without ADU, and for those that hold them otherwise.
  public var inElectrons: (unit: Unit, power: Int)? {
    switch self {
    case .adu: (.electron, 1)
    case .aduPerPixel: (.electronPerPixel, 1)
    case .aduPerSecond: (.electronPerSecond, 1)
    case .aduPerHour: (.electronPerHour, 1)
    case .aduSquared: (.electronSquared, 2)
    default: nil
    }
  }

  /// The unit as FITS readers accept it in TUNIT and BUNIT.
  ///
  /// The standard knows neither degrees Celsius nor the percent sign; values in those units are
  /// labelled in their name and comment, and TUNIT stays empty.
  public var fits: String {
    switch self {
    case .degreeCelsius, .percent: ""
    default: rawValue
    }
  }

  /// The unit as shown to people, in plain text.
  public var display: String {
    switch self {
    case .none: ""
    case .adu: "ADU"
    case .aduPerPixel: "ADU/pixel"
    case .aduPerSecond: "ADU/s"
    case .aduPerHour: "ADU/h"
    case .aduSquared: "ADU²"
    case .electron: "e⁻"
    case .electronPerADU: "e⁻/ADU"
    case .electronPerSecond: "e⁻/s"
    case .electronPerPixel: "e⁻/pixel"
    case .electronPerHour: "e⁻/h"
    case .electronSquared: "(e⁻)²"
    case .perElectron: "1/e⁻"
    case .perElectronSquared: "1/(e⁻)²"
    case .pixelPerElectron: "pixel/e⁻"
    case .count: "counts"
    case .degreeCelsius: "°C"
    case .micrometre: "µm"
    case .micrometrePerTenKiloADU: "µm/10⁴ ADU"
    default: rawValue
    }
  }
}
