import Campaign
import Detector

/// A place on the detector, in silicon coordinates: pixel centres are whole numbers.
struct SiliconPoint: Sendable, Hashable {
  var x: Double
  var y: Double
}

/// Where the point sources of a detector should be.
struct SpotPattern: Sendable {
  /// One point source.
  struct Spot: Sendable, Hashable {
    var amplifier: String
    /// ALPHA, BRAVO, CHARLIE, DELTA or ECHO.
    var name: String
    var place: SiliconPoint
  }

  /// The names, and places in an image area of unit size for cameras that no pattern was measured for.
  static let names: [(name: String, x: Double, y: Double)] = [
    ("ALPHA", 0.2, 0.8), ("BRAVO", 0.8, 0.8), ("CHARLIE", 0.5, 0.5), ("DELTA", 0.2, 0.2),
    ("ECHO", 0.8, 0.2),
  ]

  /// The spots of all amplifiers.
  var spots: [Spot]
  /// The smallest distance between two of them [pixel].
  var spacing: Double

  /// The nominal pattern of a detector: that of the chamber where the camera is as large as the flight
  /// ones, else five evenly laid spots in each quadrant.
  init(camera: Camera, chamber: ChamberProfile?, detector: String) {
    spots = []
    spacing = 0
    guard let image = camera.regions[.image] else { return }
    let measured = image.columns.count > 2000 ? chamber?.spots[detector] ?? [] : []
    for amplifier in camera.amplifiers {
      let origin = camera.silicon(of: amplifier)
      for spot in Self.names {
        let label = "\(amplifier.name)\(spot.name.prefix(1))"
        let place =
          measured.first { $0.name == label }.map { SiliconPoint(x: $0.x, y: $0.y) }
          ?? SiliconPoint(
            x: origin.x + Double(image.columns.count) * spot.x,
            y: origin.y + Double(image.rows.count) * spot.y)
        spots.append(Spot(amplifier: amplifier.name, name: spot.name, place: place))
      }
    }
    var smallest = Double.infinity
    for (index, a) in spots.enumerated() {
      for b in spots[(index + 1)...] {
        let (dx, dy) = (a.place.x - b.place.x, a.place.y - b.place.y)
        smallest = min(smallest, (dx * dx + dy * dy).squareRoot())
      }
    }
    spacing = smallest.isFinite ? smallest : 0
  }
}

extension Camera {
  /// The silicon coordinates of the corner of an amplifier's image area.
  func silicon(of amplifier: Amplifier) -> SiliconPoint {
    guard let image = regions[.image] else { return SiliconPoint(x: 0, y: 0) }
    let across = Set(amplifiers.map(\.x0).filter { $0 < amplifier.x0 }).count
    let up = Set(amplifiers.map(\.y0).filter { $0 < amplifier.y0 }).count
    return SiliconPoint(
      x: Double(across * (image.columns.count + gapColumns)),
      y: Double(up * (image.rows.count + gapRows)))
  }

  /// A silicon place in the canonical coordinates of an amplifier.
  func canonical(_ place: SiliconPoint, in amplifier: Amplifier) -> SiliconPoint {
    guard let image = regions[.image] else { return place }
    let origin = silicon(of: amplifier)
    let (x, y) = (place.x - origin.x, place.y - origin.y)
    return SiliconPoint(
      x: Double(image.columns.lowerBound)
        + (amplifier.flipX ? Double(image.columns.count - 1) - x : x),
      y: Double(image.rows.lowerBound) + (amplifier.flipY ? Double(image.rows.count - 1) - y : y))
  }

  /// A canonical place of an amplifier in silicon coordinates.
  func silicon(_ place: SiliconPoint, of amplifier: Amplifier) -> SiliconPoint {
    guard let image = regions[.image] else { return place }
    let origin = silicon(of: amplifier)
    let x = place.x - Double(image.columns.lowerBound)
    let y = place.y - Double(image.rows.lowerBound)
    return SiliconPoint(
      x: origin.x + (amplifier.flipX ? Double(image.columns.count - 1) - x : x),
      y: origin.y + (amplifier.flipY ? Double(image.rows.count - 1) - y : y))
  }
}
