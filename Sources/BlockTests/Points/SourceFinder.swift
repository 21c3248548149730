import Analysis
import Detector

/// Finds compact bright sources in the image area of an amplifier.
enum SourceFinder {
  /// The places of the brightest local maxima, in silicon coordinates, brightest first.
  ///
  /// A source is a pixel 100 ADU above the median of the area that no neighbour exceeds, with at least
  /// 3000 ADU within 5 x 5 pixels, and no brighter one within 8; its place is the centroid of those.
  static func sources(
    in frame: Image<UInt16>, amplifier: Amplifier, camera: Camera, window: Range<Int>,
    level: Double, limit: Int = 12
  ) -> [SiliconPoint] {
    guard let image = camera.region(.image, rows: window), level.isFinite, level >= 0,
      level < 65_000
    else { return [] }
    let area = amplifier.frameRegion(of: image)
    guard area.columns.upperBound <= frame.width, area.rows.upperBound <= frame.height,
      area.columns.count > 4, area.rows.count > 4
    else { return [] }
    let threshold = UInt16(min(65_534, level + 100))
    var found: [(flux: Double, x: Double, y: Double)] = []
    for y in area.rows.lowerBound + 2..<area.rows.upperBound - 2 {
      let row = UnsafeBufferPointer(frame.row(y))
      // A row without a bright pixel, which most are, costs one pass that the compiler vectorises.
      var highest: UInt16 = 0
      for x in area.columns { highest = max(highest, row[x]) }
      guard highest > threshold else { continue }
      for x in area.columns.lowerBound + 2..<area.columns.upperBound - 2 where row[x] > threshold {
        guard isMaximum(frame, x, y), let source = centroid(frame, x, y, level) else { continue }
        found.append(source)
        if found.count > 20_000 { return [] }
      }
    }
    withExtendedLifetime(frame) {}
    found.sort { ($0.flux, $0.y, $0.x) > ($1.flux, $1.y, $1.x) }
    // The noise of a bright spot's wings has maxima of its own: within 8 pixels only the brightest counts.
    var kept: [(flux: Double, x: Double, y: Double)] = []
    for source in found {
      let isFree = kept.allSatisfy { other in
        let (dx, dy) = (other.x - source.x, other.y - source.y)
        return dx * dx + dy * dy > 64
      }
      if isFree { kept.append(source) }
      if kept.count == limit { break }
    }
    return kept.map { source in
      let relativeX = source.x - Double(amplifier.x0)
      let relativeY = source.y - Double(amplifier.y0)
      let place = SiliconPoint(
        x: amplifier.flipX ? Double(amplifier.width - 1) - relativeX : relativeX,
        y: amplifier.flipY ? Double(amplifier.height - 1) - relativeY : relativeY)
      return camera.silicon(place, of: amplifier)
    }
  }

  /// No neighbour is brighter; of equal ones the first counts.
  private static func isMaximum(_ frame: Image<UInt16>, _ x: Int, _ y: Int) -> Bool {
    let value = frame[x, y]
    for v in y - 1...y + 1 {
      for u in x - 1...x + 1 where u != x || v != y {
        let other = frame[u, v]
        if other > value || (other == value && (v < y || (v == y && u < x))) { return false }
      }
    }
    return true
  }

  private static func centroid(
    _ frame: Image<UInt16>, _ x: Int, _ y: Int, _ level: Double
  ) -> (flux: Double, x: Double, y: Double)? {
    var (flux, sumX, sumY) = (0.0, 0.0, 0.0)
    for v in y - 2...y + 2 {
      for u in x - 2...x + 2 {
        let value = Double(frame[u, v]) - level
        flux += value
        sumX += value * Double(u - x)
        sumY += value * Double(v - y)
      }
    }
    guard flux >= 3000 else { return nil }
    let (dx, dy) = (sumX / flux, sumY / flux)
    guard abs(dx) <= 2, abs(dy) <= 2 else { return nil }
    return (flux, Double(x) + dx, Double(y) + dy)
  }
}
