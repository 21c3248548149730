import Foundation

/// A colour table for values.
public enum ColourMap: String, Hashable, Sendable, CaseIterable {
  /// Sequential, made for colour-vision deficiencies.
  case cividis
  /// Sequential.
  case viridis
  /// Sequential, black to white, for images.
  case grey
  /// Diverging, blue over light grey to red; only around a meaningful centre.
  case coolWarm
  /// The same the other way round: red for what lies below the centre, such as a margin that is
  /// missed.
  case warmCool

  /// 256 colours, from the lowest to the highest value.
  public var table: [Colour] {
    switch self {
    case .cividis: Self.cividisTable
    case .viridis: Self.viridisTable
    case .grey: Self.greyTable
    case .coolWarm: Self.coolWarmTable
    case .warmCool: Self.warmCoolTable
    }
  }

  /// The colour at `fraction`; clamped to the ends, the lower end for NaN.
  public func colour(at fraction: Double) -> Colour {
    table[Self.index(fraction)]
  }

  static func index(_ fraction: Double) -> Int {
    fraction > 0 ? min(255, Int(min(fraction, 1) * 256)) : 0
  }

  private static let viridisTable = parse(ColourTables.viridis)
  private static let cividisTable = parse(ColourTables.cividis)
  private static let greyTable = (0..<256).map { Colour.grey(Double($0) / 255) }
  private static let coolWarmTable = (0..<256).map { coolWarm(at: Double($0) / 255) }

  private static let warmCoolTable = Array(coolWarmTable.reversed())

  private static func parse(_ text: String) -> [Colour] {
    let table = text.split { $0 == " " || $0 == "\n" }
      .map { Colour(hex: UInt32($0, radix: 16) ?? 0) }
    precondition(table.count == 256, "a colour table has 256 entries")
    return table
  }

  /// Moreland's map in polar CIE L*a*b* ("Diverging Color Maps for Scientific Visualization", 2009,
  /// section 4.2 and its pseudo-code): magnitude 80, saturation 1.08, hues -1.1 and 0.5, and white
  /// of magnitude 88 between.
  private static func coolWarm(at t: Double) -> Colour {
    let (magnitude, saturation) = (80.0, 1.08)
    let spin = adjustment(magnitude: magnitude, saturation: saturation)
    let cool = t < 0.5
    let hue = cool ? -1.1 : 0.5
    // The white end takes a turned hue, so that lightness and hue change evenly.
    let whiteHue = hue > -Double.pi / 3 ? hue + spin : hue - spin
    let weight = cool ? 1 - 2 * t : 2 * t - 1
    let m = weight * magnitude + (1 - weight) * 88
    let s = weight * saturation
    let h = weight * hue + (1 - weight) * whiteHue
    return fromLab(
      lightness: m * Foundation.cos(s), a: m * Foundation.sin(s) * Foundation.cos(h),
      b: m * Foundation.sin(s) * Foundation.sin(h))
  }

  private static func adjustment(magnitude: Double, saturation: Double) -> Double {
    saturation * max(0, 88 * 88 - magnitude * magnitude).squareRoot()
      / (magnitude * Foundation.sin(saturation))
  }

  private static func fromLab(lightness: Double, a: Double, b: Double) -> Colour {
    let y = (lightness + 16) / 116
    func inverse(_ t: Double) -> Double {
      t > 6.0 / 29 ? t * t * t : 3 * 36.0 / 841 * (t - 4.0 / 29)
    }
    let (X, Y, Z) = (inverse(y + a / 500) * 0.95047, inverse(y), inverse(y - b / 200) * 1.08883)
    func encode(_ v: Double) -> Double {
      let c = v <= 0.0031308 ? 12.92 * v : 1.055 * Foundation.pow(v, 1 / 2.4) - 0.055
      return min(max(c, 0), 1)
    }
    return Colour(
      encode(3.2404542 * X - 1.5371385 * Y - 0.4985314 * Z),
      encode(-0.9692660 * X + 1.8760108 * Y + 0.0415560 * Z),
      encode(0.0556434 * X - 0.2040259 * Y + 1.0572252 * Z))
  }
}
