import Detector

/// Cosmic rays: straight tracks of charge.
///
/// Their number is Poisson with mean rate x area x time. Directions are those of muons through a
/// horizontal plate, with a flux that goes as cos^2 of the zenith angle, so that cos = u^(1/4); the track
/// through a layer of 40 um has the length thickness x tan. Charge is 80 electrons a micrometre of path,
/// with a spread of 25 % (log-normal) for the fluctuations of the loss. Every pixel gets the share of the
/// path that lies in it: the track is cut at each pixel's border (Amanatides and Woo, "A fast voxel
/// traversal algorithm", Eurographics 1987), so that charge is conserved.
enum CosmicRays {
  private static let thickness = 40.0
  private static let electronsPerMicrometre = 80.0

  /// Adds the tracks of one exposure to an amplifier's image area.
  ///
  /// - Parameters:
  ///   - seconds: during which charge is collected.
  ///   - pitch: of the pixels, micrometres.
  /// - Returns: the number of tracks.
  @discardableResult
  static func add(
    to image: Image<Float>, rate: Double, seconds: Double, pitch: Double, stream: RandomStream,
    obsid: UInt32
  ) -> Int {
    let area = Double(image.width) * Double(image.height) * pitch * pitch * 1e-8
    let mean = rate * area * seconds
    guard mean > 0, mean.isFinite, pitch > 0 else { return 0 }
    let count = number(mean: mean, stream: stream, obsid: obsid)
    for index in 0..<UInt32(count) {
      func u(_ z: UInt32) -> Double { stream.uniform(index, obsid, z) }
      let cos = power(u(1), 0.25)
      let tan = (1 - cos * cos).squareRoot() / cos
      let length = min(thickness * tan / pitch, 2000)
      let angle = 2 * Double.pi * u(2)
      let charge =
        electronsPerMicrometre * thickness / cos
        * exponential(0.25 * NormalQuantile.value(u(3)) - 0.03125)
      let x = u(4) * Double(image.width)
      let y = u(5) * Double(image.height)
      deposit(
        charge, from: (x, y), by: (length * cosine(angle), length * sine(angle)), in: image)
    }
    return count
  }

  /// A Poisson number of any mean.
  private static func number(mean: Double, stream: RandomStream, obsid: UInt32) -> Int {
    let word = stream.philox.words(at: SIMD4(0, obsid, 0, 7)).x
    if mean < 50 { return ShotNoise.poisson(word, mean: mean, none: exponential(-mean)) }
    let deviate = NormalQuantile.value((Double(word) + 0.5) * 0x1p-32)
    return Int(min(max(0, (mean + mean.squareRoot() * deviate).rounded()), 1e6))
  }

  /// Spreads a charge along a segment; what lies outside of the image is lost.
  ///
  /// Pixel (i, j) covers [i, i + 1) x [j, j + 1).
  static func deposit(
    _ charge: Double, from start: (x: Double, y: Double), by step: (x: Double, y: Double),
    in image: Image<Float>
  ) {
    func crossing(_ at: Double, _ step: Double, from: Double) -> Double {
      guard step != 0 else { return .infinity }
      let cell = at.rounded(.down)
      let border = step > 0 ? cell + 1 : (cell == at ? cell - 1 : cell)
      return from + (border - at) / step
    }
    var (x, y, done) = (start.x, start.y, 0.0)
    for _ in 0..<8192 {
      let next = min(
        1, crossing(x, step.x, from: done), crossing(y, step.y, from: done))
      let share = max(next - done, 0)
      // The middle of the piece tells the pixel, whatever rounding did to its ends.
      let middle = (done + next) / 2
      let column = (start.x + middle * step.x).rounded(.down)
      let row = (start.y + middle * step.y).rounded(.down)
      if column >= 0, row >= 0, column < Double(image.width), row < Double(image.height) {
        image[Int(column), Int(row)] += Float(charge * share)
      }
      if next >= 1 { return }
      done = next + 1e-12
      x = start.x + done * step.x
      y = start.y + done * step.y
    }
  }
}
