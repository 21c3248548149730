import Analysis
import Detector

#if canImport(Glibc)
  import Glibc
#endif

/// What is measured of one point source in one raw frame.
struct SpotNumbers: Sendable {
  /// The spot's name.
  var spot: String
  /// Canonical column of the centroid.
  var x: Result<Double, NotMeasurable>
  /// Canonical row of the centroid.
  var y: Result<Double, NotMeasurable>
  /// Maximum above the background [adu].
  var peak: Result<Double, NotMeasurable>
  /// Flux within the aperture, background removed [adu], with its error from photon and read-out noise.
  var fluence: Result<Estimate, NotMeasurable>
  /// Width in the direction of columns and of rows [pixel].
  var width: Result<(x: Double, y: Double), NotMeasurable>

  /// The sizes of aperture and ring, smaller where spots stand close together.
  struct Sizes: Sendable {
    var aperture: Double
    var ringInner: Double
    var ringOuter: Double

    init(spacing: Double) {
      aperture = min(10, spacing / 3)
      ringInner = min(15, 0.45 * spacing)
      ringOuter = min(37, 0.6 * spacing)
    }
  }

  /// Measures a spot near a canonical place.
  ///
  /// Background: the median of the ring about the place. Centroid: the maximum of 3 x 3 means within the
  /// aperture, then the first moment in a window of 13 x 13 that follows it. Flux: pixels within the aperture
  /// about the centroid, those at its edge by the share of a straight edge. Width: the Gaussian with
  /// whose own shape as weight the second moments of the spot are half its own
  /// (adaptive moments: Bernstein and Jarvis 2002; Hirata and Seljak 2003), axes along columns and rows; it
  /// holds the pixel. The weight is not narrower than a variance of 2 pixel^2: pixels would sample less too
  /// coarsely. Before, short tracks of cosmic rays beside the spot are left out. The error of the flux assumes the camera's
  /// nominal gain.
  init(
    _ spot: String, near place: SiliconPoint, in frame: Image<UInt16>, amplifier: Amplifier,
    camera: Camera, window: Range<Int>, sizes: Sizes
  ) {
    self.spot = spot
    do throws(NotMeasurable) {
      var stamp = try Stamp(
        near: place, in: frame, amplifier: amplifier, camera: camera, window: window,
        reach: Int(sizes.ringOuter.rounded(.up)))
      let ring = stamp.ring(about: place, sizes.ringInner, sizes.ringOuter)
      let scale: RobustScale
      do { scale = try RobustScale(ring) } catch {
        throw NotMeasurable("no background ring about the spot")
      }
      let background = scale.median
      var centre = try stamp.centroid(near: place, background, sizes.aperture)
      // A bright track draws the centroid along: without it, more of its pixels stand out.
      for _ in 0..<3 {
        guard stamp.removeTracks(about: centre, background, scale.sigma, sizes.aperture) else {
          break
        }
        centre = try stamp.centroid(near: place, background, sizes.aperture)
      }
      x = .success(centre.x)
      y = .success(centre.y)
      let flux = stamp.flux(about: centre, background, sizes.aperture)
      let noise = scale.sigma
      let variance =
        max(0, flux.sum) / (camera.nominalGain ?? 3.5) + flux.area * noise * noise
        + flux.area * flux.area * noise * noise * 1.57 / Double(max(1, scale.count))
      if stamp.isSaturated(about: centre, sizes.aperture, camera.saturatedValue) {
        let reason = NotMeasurable("the spot is saturated")
        peak = .failure(reason)
        fluence = .failure(reason)
      } else {
        peak = .success(stamp.peak(about: centre, sizes.aperture) - background)
        fluence = .success(
          Estimate(value: flux.sum, uncertainty: variance.squareRoot(), count: Int(flux.area)))
      }
      width = Result { () throws(NotMeasurable) in
        try stamp.width(about: centre, background, sizes.aperture)
      }
    } catch {
      x = .failure(error)
      y = .failure(error)
      peak = .failure(error)
      fluence = .failure(error)
      width = .failure(error)
    }
  }
}

/// The pixels about a spot in canonical coordinates.
struct Stamp {
  private let columns: Range<Int>
  private let rows: Range<Int>
  private var values: [Double]

  /// Cuts out the image pixels within `reach` of a place; those that are lost become NaN.
  init(
    near place: SiliconPoint, in frame: Image<UInt16>, amplifier: Amplifier, camera: Camera,
    window: Range<Int>, reach: Int
  ) throws(NotMeasurable) {
    guard place.x.isFinite, place.y.isFinite, abs(place.x) < 1e6, abs(place.y) < 1e6,
      let image = camera.region(.image, rows: window)
    else { throw NotMeasurable("the spot's place is outside of the image area") }
    let x = Int(place.x.rounded())
    let y = Int(place.y.rounded())
    guard image.contains(x: x, y: y) else {
      throw NotMeasurable("the spot's place is outside of the rows that were read")
    }
    columns = (x - reach..<x + reach + 1).clamped(to: image.columns)
    rows = (y - reach..<y + reach + 1).clamped(to: image.rows)
    let lost = camera.lostValue.flatMap { UInt16(exactly: $0) }
    var pixels: [Double] = []
    pixels.reserveCapacity(columns.count * rows.count)
    for row in rows {
      let v = amplifier.y0 + amplifier.flippedRow(row)
      for column in columns {
        let value = frame[amplifier.x0 + amplifier.flippedColumn(column), v]
        pixels.append(value == lost ? .nan : Double(value))
      }
    }
    values = pixels
  }

  private func forEach(_ body: (_ x: Double, _ y: Double, _ value: Double) -> Void) {
    var index = 0
    for row in rows {
      for column in columns {
        let value = values[index]
        index += 1
        if !value.isNaN { body(Double(column), Double(row), value) }
      }
    }
  }

  private func value(_ x: Int, _ y: Int) -> Double? {
    guard columns.contains(x), rows.contains(y) else { return nil }
    let value = values[(y - rows.lowerBound) * columns.count + x - columns.lowerBound]
    return value.isNaN ? nil : value
  }

  /// Leaves out pixels beside a spot that are too bright to be of it: tracks of cosmic rays.
  ///
  /// That is beyond 3.5 sigma of the spot's own width, where even wings of some per cent of the
  /// light have less than 1 % of the peak, pixels above 5 % of it and 8 sigma of the background.
  /// Where they are more than 12 it is no track, and all stay.
  ///
  /// - Returns: whether any were left out.
  mutating func removeTracks(
    about centre: SiliconPoint, _ background: Double, _ noise: Double, _ radius: Double
  ) -> Bool {
    guard let width = try? self.width(about: centre, background, radius) else { return false }
    let unit = 2.354820045030949
    let (sigmaX, sigmaY) = (width.x / unit, width.y / unit)
    let limit = background + 0.05 * (peak(about: centre, radius) - background) + 8 * noise
    var tracks: [Int] = []
    for (index, value) in values.enumerated() where value > limit {
      let dx = Double(columns.lowerBound + index % columns.count) - centre.x
      let dy = Double(rows.lowerBound + index / columns.count) - centre.y
      let (u, v) = (dx / sigmaX, dy / sigmaY)
      // The corners of the centroid's window lie beyond the aperture.
      if u * u + v * v > 12.25, max(abs(dx), abs(dy)) <= max(7, radius + 1) { tracks.append(index) }
    }
    guard !tracks.isEmpty, tracks.count <= 12 else { return false }
    for index in tracks { values[index] = .nan }
    return true
  }

  /// The pixels of a ring.
  func ring(about place: SiliconPoint, _ inner: Double, _ outer: Double) -> [Double] {
    var ring: [Double] = []
    forEach { x, y, value in
      let (dx, dy) = (x - place.x, y - place.y)
      let r = dx * dx + dy * dy
      if r >= inner * inner, r <= outer * outer { ring.append(value) }
    }
    return ring
  }

  /// The centroid of the spot, in canonical coordinates.
  func centroid(
    near place: SiliconPoint, _ background: Double, _ aperture: Double
  ) throws(NotMeasurable) -> SiliconPoint {
    var best: (value: Double, x: Int, y: Int)?
    for y in rows {
      for x in columns {
        let (dx, dy) = (Double(x) - place.x, Double(y) - place.y)
        guard dx * dx + dy * dy <= aperture * aperture else { continue }
        var sum = 0.0
        for v in y - 1...y + 1 {
          for u in x - 1...x + 1 { sum += (value(u, v) ?? background) - background }
        }
        if sum > best?.value ?? -.infinity { best = (sum, x, y) }
      }
    }
    guard let best, best.value > 300 else {
      throw NotMeasurable("there is no spot where it should be")
    }
    var centre = SiliconPoint(x: Double(best.x), y: Double(best.y))
    for _ in 0..<10 {
      let (u, v) = (Int(centre.x.rounded()), Int(centre.y.rounded()))
      var (sum, sumX, sumY) = (0.0, 0.0, 0.0)
      for y in v - 6...v + 6 {
        for x in u - 6...u + 6 {
          guard let value = value(x, y) else { continue }
          sum += value - background
          sumX += (value - background) * (Double(x) - centre.x)
          sumY += (value - background) * (Double(y) - centre.y)
        }
      }
      guard sum > 0 else { break }
      let (dx, dy) = (sumX / sum, sumY / sum)
      guard abs(dx) < 6, abs(dy) < 6 else { break }
      centre = SiliconPoint(x: centre.x + dx, y: centre.y + dy)
      if max(abs(dx), abs(dy)) < 1e-3 { break }
    }
    let (dx, dy) = (centre.x - place.x, centre.y - place.y)
    guard dx * dx + dy * dy <= aperture * aperture else {
      throw NotMeasurable("there is no spot where it should be")
    }
    return centre
  }

  /// The flux within an aperture above the background, and the aperture's area.
  func flux(
    about centre: SiliconPoint, _ background: Double, _ radius: Double
  ) -> (sum: Double, area: Double) {
    var (sum, area) = (0.0, 0.0)
    forEach { x, y, value in
      let (dx, dy) = (x - centre.x, y - centre.y)
      let share = min(1, max(0, radius + 0.5 - (dx * dx + dy * dy).squareRoot()))
      sum += share * (value - background)
      area += share
    }
    return (sum, area)
  }

  /// The highest pixel within an aperture.
  func peak(about centre: SiliconPoint, _ radius: Double) -> Double {
    var peak = 0.0
    forEach { x, y, value in
      let (dx, dy) = (x - centre.x, y - centre.y)
      if dx * dx + dy * dy <= radius * radius { peak = max(peak, value) }
    }
    return peak
  }

  /// Whether a pixel within an aperture is at the converter's end.
  func isSaturated(about centre: SiliconPoint, _ radius: Double, _ end: Int) -> Bool {
    peak(about: centre, radius) >= Double(end)
  }

  /// The widths (FWHM) in the directions of columns and rows.
  func width(
    about centre: SiliconPoint, _ background: Double, _ radius: Double
  ) throws(NotMeasurable) -> (x: Double, y: Double) {
    var (xx, yy) = (1.0, 1.0)
    for _ in 0..<60 {
      // Of a spot of 1.5 pixels under a weight as narrow, the product is sampled so coarsely that its moment
      // is a tenth off, and the iteration would shrink it to nothing.
      let (weightX, weightY) = (max(xx, Self.leastWeight), max(yy, Self.leastWeight))
      var (sum, sumX, sumY) = (0.0, 0.0, 0.0)
      forEach { x, y, value in
        let (dx, dy) = (x - centre.x, y - centre.y)
        guard dx * dx + dy * dy <= radius * radius else { return }
        let weight = exp(-0.5 * (dx * dx / weightX + dy * dy / weightY)) * (value - background)
        sum += weight
        sumX += weight * dx * dx
        sumY += weight * dy * dy
      }
      guard sum > 0, sumX > 0, sumY > 0 else { throw NotMeasurable("the spot has no width") }
      // A spot of variance V under a weight of variance W has the moment m = V W / (V + W).
      let (nextX, nextY) = (
        Self.variance(sumX / sum, weightX), Self.variance(sumY / sum, weightY)
      )
      let change = abs(nextX - xx) / xx + abs(nextY - yy) / yy
      (xx, yy) = (nextX, nextY)
      guard xx < radius * radius, yy < radius * radius else {
        throw NotMeasurable("the spot is wider than the aperture")
      }
      if change < 1e-4 { break }
    }
    return (2.354820045030949 * xx.squareRoot(), 2.354820045030949 * yy.squareRoot())
  }

  /// The least variance of the weight [pixel^2].
  private static let leastWeight = 2.0

  private static func variance(_ moment: Double, _ weight: Double) -> Double {
    let inverse = 1 / moment - 1 / weight
    // A spot much wider than its weight: the weight grows step by step.
    guard inverse > 0.1 / weight else { return weight * 2 }
    return max(0.05, 1 / inverse)
  }
}
