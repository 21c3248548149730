/// A colour of the sRGB space; components from 0 to 1.
public struct Colour: Hashable, Sendable {
  /// Red, green, blue and opacity.
  public var red, green, blue, opacity: Double

  /// A colour from components between 0 and 1.
  public init(_ red: Double, _ green: Double, _ blue: Double, opacity: Double = 1) {
    (self.red, self.green, self.blue, self.opacity) = (red, green, blue, opacity)
  }

  /// A colour from 0xRRGGBB.
  public init(hex: UInt32) {
    self.init(
      Double(hex >> 16 & 255) / 255, Double(hex >> 8 & 255) / 255, Double(hex & 255) / 255)
  }

  /// A grey from 0 (black) to 1 (white).
  public static func grey(_ level: Double) -> Colour { Colour(level, level, level) }

  /// Black.
  public static let black = Colour.grey(0)
  /// White.
  public static let white = Colour.grey(1)
  /// The colour of limits and failures (Okabe and Ito's vermilion).
  public static let limit = Colour(hex: 0xD55E00)

  /// The same colour with another opacity.
  public func with(opacity: Double) -> Colour {
    Colour(red, green, blue, opacity: opacity)
  }

  /// CIE 1976 L*, a*, b* (D65, 2 degrees) of the opaque colour.
  ///
  /// Source: IEC 61966-2-1 for the sRGB matrix; CIE 15 for L*a*b*.
  public var lab: (lightness: Double, a: Double, b: Double) {
    func linear(_ v: Double) -> Double {
      v <= 0.04045 ? v / 12.92 : Numeric.power((v + 0.055) / 1.055, 2.4)
    }
    let (r, g, b) = (linear(red), linear(green), linear(blue))
    func f(_ t: Double) -> Double {
      t > 216.0 / 24389 ? Numeric.cubeRoot(t) : (24389.0 / 27 * t + 16) / 116
    }
    let x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047)
    let y = f(0.2126729 * r + 0.7151522 * g + 0.0721750 * b)
    let z = f((0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883)
    return (116 * y - 16, 500 * (x - y), 200 * (y - z))
  }

  /// Black or white, whichever reads better on this colour.
  public var contrasting: Colour { lab.lightness > 55 ? .black : .white }
}

/// Colours and marker shapes that tell series apart, also with a colour-vision deficiency.
public enum Palette {
  /// Twelve colours: Okabe and Ito (2008) without yellow, which is too light for lines, and six of
  /// Paul Tol's "muted" set (2021) that stay apart from them.
  ///
  /// Beyond seven series use `marker(_:)` too.
  public static let colours: [Colour] = [
    0x0072B2, 0xE69F00, 0x009E73, 0xD55E00, 0x56B4E9, 0xCC79A7, 0x000000, 0x332288, 0x999933,
    0x882255, 0x88CCAA, 0x8C8C8C,
  ].map { Colour(hex: $0) }

  /// The colour of the series `index`; they repeat after twelve.
  public static func colour(_ index: Int) -> Colour {
    colours[Int(index.magnitude % UInt(colours.count))]
  }

  /// A marker for the series `index`; the period differs from that of the colours, so that sixty
  /// series have different pairs.
  public static func marker(_ index: Int) -> Marker {
    let shapes: [Marker] = [.circle, .square, .triangle, .diamond, .inverseTriangle]
    return shapes[Int(index.magnitude % UInt(shapes.count))]
  }
}

/// The shape of a point.
public enum Marker: String, Hashable, Sendable, CaseIterable {
  /// The shapes.
  case circle, square, triangle, inverseTriangle, diamond, cross, plus, openCircle, openSquare
}
