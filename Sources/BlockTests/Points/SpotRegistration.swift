import Analysis
import Detector

#if canImport(Glibc)
  import Glibc
#endif

/// How the pattern of point sources lies on a detector: a similarity about the pattern's middle.
struct SpotRegistration: Sendable, Equatable {
  /// The number of spots that were found.
  var matches: Int
  /// The scale of the pattern.
  var scale: Double
  /// The rotation [radian].
  var rotation: Double
  /// The displacement of the pattern's middle [pixel].
  var shift: SiliconPoint
  /// The scatter of the spots about the similarity, of one coordinate [pixel].
  var residual: Double

  /// Nothing known: the nominal pattern.
  static let nominal = SpotRegistration(
    matches: 0, scale: 1, rotation: 0, shift: SiliconPoint(x: 0, y: 0), residual: 0)

  /// The limits of a registration that is believed; those of the original, on both sides.
  var isPlausible: Bool {
    (0.95...1.05).contains(scale) && abs(rotation) <= 2 * .pi / 180
      && abs(4096 * rotation) < 100 && abs(4096 * (scale - 1)) < 50 && abs(shift.x) <= 1000
      && abs(shift.y) <= 1000
  }

  /// Where a nominal place really is.
  func apply(_ place: SiliconPoint, about middle: SiliconPoint) -> SiliconPoint {
    let (c, s) = (scale * cos(rotation), scale * sin(rotation))
    let (x, y) = (place.x - middle.x, place.y - middle.y)
    return SiliconPoint(
      x: middle.x + shift.x + c * x - s * y, y: middle.y + shift.y + s * x + c * y)
  }

  /// The middle of a pattern.
  static func middle(_ pattern: SpotPattern) -> SiliconPoint {
    let n = Double(max(1, pattern.spots.count))
    return SiliconPoint(
      x: pattern.spots.reduce(0) { $0 + $1.place.x } / n,
      y: pattern.spots.reduce(0) { $0 + $1.place.y } / n)
  }

  /// Finds the pattern among detected sources.
  ///
  /// The displacement that brings most nominal places within a tolerance of a source is voted for by all
  /// pairs; then the similarity that fits the matched pairs best (least squares; Umeyama 1991 in two
  /// dimensions without reflection) is refined with ever smaller tolerances. Cosmic rays and hot pixels
  /// have no part in it unless they stand where a spot should.
  ///
  /// - Throws: `NotMeasurable` with fewer than half of the spots, or a pattern that is too far off.
  init(_ pattern: SpotPattern, sources: [SiliconPoint]) throws(NotMeasurable) {
    let nominal = pattern.spots.map(\.place)
    guard nominal.count >= 3, sources.count >= 3 else {
      throw NotMeasurable("\(sources.count) sources were detected")
    }
    let wide = min(40, 0.25 * pattern.spacing)
    let reach = min(1000, max(4 * wide, 100))
    func nearest(_ place: SiliconPoint, within tolerance: Double) -> SiliconPoint? {
      var best: (distance: Double, source: SiliconPoint)?
      for source in sources {
        let (dx, dy) = (source.x - place.x, source.y - place.y)
        let distance = dx * dx + dy * dy
        if distance <= tolerance * tolerance, distance < best?.distance ?? .infinity {
          best = (distance, source)
        }
      }
      return best?.source
    }
    var votes = (count: 0, distance: Double.infinity, shift: SiliconPoint(x: 0, y: 0))
    for place in nominal {
      for source in sources {
        let shift = SiliconPoint(x: source.x - place.x, y: source.y - place.y)
        guard abs(shift.x) <= reach, abs(shift.y) <= reach else { continue }
        var count = 0
        for other in nominal {
          let moved = SiliconPoint(x: other.x + shift.x, y: other.y + shift.y)
          if nearest(moved, within: wide / 2) != nil { count += 1 }
        }
        // Of equal votes the smaller displacement: the pattern repeats itself on small cameras.
        let distance = shift.x * shift.x + shift.y * shift.y
        if count > votes.count || (count == votes.count && distance < votes.distance) {
          votes = (count, distance, shift)
        }
      }
    }
    let needed = (nominal.count + 1) / 2
    guard votes.count >= needed else {
      throw NotMeasurable("\(votes.count) of \(nominal.count) spots found")
    }
    let middle = Self.middle(pattern)
    var found = Self.nominal
    found.shift = votes.shift
    for tolerance in [wide / 2, wide / 4, wide / 4] {
      var pairs: [(from: SiliconPoint, to: SiliconPoint)] = []
      for place in nominal {
        if let source = nearest(found.apply(place, about: middle), within: tolerance) {
          pairs.append((place, source))
        }
      }
      guard pairs.count >= 3 else { break }
      found = Self.fit(pairs, about: middle)
    }
    guard found.matches >= needed else {
      throw NotMeasurable("\(found.matches) of \(nominal.count) spots found")
    }
    guard found.isPlausible else {
      throw NotMeasurable(
        "the pattern is off: scale \(fixed(found.scale, digits: 4)), rotation \(fixed(found.rotation * 57.29577951, digits: 3)) deg"
      )
    }
    self = found
  }

  /// The stored values of a registration.
  init(matches: Int, scale: Double, rotation: Double, shift: SiliconPoint, residual: Double) {
    self.matches = matches
    self.scale = scale
    self.rotation = rotation
    self.shift = shift
    self.residual = residual
  }

  private static func fit(
    _ pairs: [(from: SiliconPoint, to: SiliconPoint)], about middle: SiliconPoint
  ) -> SpotRegistration {
    let n = Double(pairs.count)
    func mean(_ value: (_ pair: (from: SiliconPoint, to: SiliconPoint)) -> Double) -> Double {
      pairs.reduce(0) { $0 + value($1) } / n
    }
    let from = SiliconPoint(x: mean { $0.from.x }, y: mean { $0.from.y })
    let to = SiliconPoint(x: mean { $0.to.x }, y: mean { $0.to.y })
    var (dot, cross, square) = (0.0, 0.0, 0.0)
    for pair in pairs {
      let (x, y) = (pair.from.x - from.x, pair.from.y - from.y)
      let (u, v) = (pair.to.x - to.x, pair.to.y - to.y)
      dot += x * u + y * v
      cross += x * v - y * u
      square += x * x + y * y
    }
    let (c, s) = square > 0 ? (dot / square, cross / square) : (1, 0)
    var result = SpotRegistration(
      matches: pairs.count, scale: (c * c + s * s).squareRoot(), rotation: atan2(s, c),
      shift: SiliconPoint(x: 0, y: 0), residual: 0)
    let moved = result.apply(from, about: middle)
    result.shift = SiliconPoint(x: to.x - moved.x, y: to.y - moved.y)
    var squares = 0.0
    for pair in pairs {
      let place = result.apply(pair.from, about: middle)
      let (dx, dy) = (pair.to.x - place.x, pair.to.y - place.y)
      squares += dx * dx + dy * dy
    }
    // Four parameters were fitted to 2 n coordinates.
    result.residual = (squares / max(1, 2 * n - 4)).squareRoot()
    return result
  }
}
