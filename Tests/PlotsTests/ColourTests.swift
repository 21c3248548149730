import Plots
import Testing

@Suite("ColourMap and Palette")
struct ColourTests {
  /// Machado, Oliveira and Fernandes (2009), deuteranopia, severity 1.0, on linear RGB.
  static func deuteranopia(_ colour: Colour) -> Colour {
    func linear(_ v: Double) -> Double { v * v * (0.2 + 0.8 * v) }
    func encode(_ v: Double) -> Double {
      var (low, high) = (0.0, 1.0)
      for _ in 0..<40 {
        let middle = (low + high) / 2
        if linear(middle) < v { low = middle } else { high = middle }
      }
      return low
    }
    let (r, g, b) = (linear(colour.red), linear(colour.green), linear(colour.blue))
    return Colour(
      encode(0.367322 * r + 0.860646 * g - 0.227968 * b),
      encode(0.280085 * r + 0.672501 * g + 0.047413 * b),
      encode(-0.011820 * r + 0.042940 * g + 0.968881 * b))
  }

  static func distance(_ a: Colour, _ b: Colour) -> Double {
    let (p, q) = (a.lab, b.lab)
    let (l, m, n) = (p.lightness - q.lightness, p.a - q.a, p.b - q.b)
    return (l * l + m * m + n * n).squareRoot()
  }

  @Test("L* of white, black and a published grey")
  func lightness() {
    #expect(abs(Colour.white.lab.lightness - 100) < 0.01)
    #expect(abs(Colour.black.lab.lightness) < 1e-9)
    #expect(abs(Colour.grey(119.0 / 255).lab.lightness - 50.03) < 0.1)
  }

  @Test(
    "lightness of sequential maps rises all the way",
    arguments: [ColourMap.cividis, .viridis, .grey])
  func monotone(map: ColourMap) {
    let table = map.table
    #expect(table.count == 256)
    for step in stride(from: 4, to: 256, by: 4) {
      #expect(table[step].lab.lightness > table[step - 4].lab.lightness, "\(step)")
    }
    for step in 1..<256 {
      #expect(table[step].lab.lightness > table[step - 1].lab.lightness - 0.15)
    }
  }

  @Test(
    "distances along sequential maps outlive simulated deuteranopia",
    arguments: [ColourMap.cividis, .viridis])
  func deuteranopiaKeepsDistances(map: ColourMap) {
    let table = map.table
    for step in stride(from: 16, to: 256, by: 16) {
      let (a, b) = (table[step - 16], table[step])
      #expect(Self.distance(Self.deuteranopia(a), Self.deuteranopia(b)) > 2.5, "\(step)")
    }
    #expect(Self.distance(Self.deuteranopia(table[0]), Self.deuteranopia(table[255])) > 70)
  }

  @Test("the diverging map is lightest in its middle, with ends of equal weight")
  func diverging() {
    let lightness = ColourMap.coolWarm.table.map { $0.lab.lightness }
    let top = lightness.indices.max { lightness[$0] < lightness[$1] } ?? 0
    #expect((118...138).contains(top))
    #expect(abs(lightness[0] - lightness[255]) < 5)
    let ends = [ColourMap.coolWarm.table[0], ColourMap.coolWarm.table[255]].map(Self.deuteranopia)
    #expect(Self.distance(ends[0], ends[1]) > 50)
  }

  @Test("the ends of published maps")
  func ends() {
    #expect(ColourMap.viridis.table[0] == Colour(hex: 0x440154))
    #expect(ColourMap.viridis.table[255] == Colour(hex: 0xFDE725))
    #expect(ColourMap.cividis.colour(at: .nan) == ColourMap.cividis.table[0])
    #expect(ColourMap.cividis.colour(at: .infinity) == ColourMap.cividis.table[255])
  }

  @Test("twelve colours differ, and with their markers also for deuteranopes")
  func palette() {
    for a in 0..<12 {
      for b in 0..<a {
        let (one, other) = (Palette.colour(a), Palette.colour(b))
        #expect(Self.distance(one, other) > 15, "\(a) and \(b)")
        let seen = Self.distance(Self.deuteranopia(one), Self.deuteranopia(other))
        #expect(seen > 8 || Palette.marker(a) != Palette.marker(b), "\(a) and \(b)")
      }
    }
    #expect(Palette.colour(.min) == Palette.colour(.min))
  }
}
