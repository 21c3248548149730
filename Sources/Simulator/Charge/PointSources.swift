import Detector

/// Point sources: a Gaussian core and a wider Gaussian for the wings, integrated over pixels.
enum PointSources {
  /// Adds one source.
  ///
  /// - Parameters:
  ///   - charge: all of it, electrons.
  ///   - x, y: pixel centres are whole numbers; the origin is the image area's first pixel.
  ///   - fwhm: of the core before integration over pixels, pixels.
  static func add(
    _ charge: Double, x: Double, y: Double, fwhm: Double, wingShare: Double, wingWidth: Double,
    to image: Image<Float>
  ) {
    let sigma = max(fwhm, 0.05) / 2.354820045030949
    for (share, width) in [(1 - wingShare, sigma), (wingShare, sigma * wingWidth)]
    where share > 0 {
      let reach = 6 * width + 1
      guard
        let columns = range(x - reach, x + reach, image.width),
        let rows = range(y - reach, y + reach, image.height)
      else { continue }
      let across = columns.map { Float(integral(Double($0) - x, width)) }
      for row in rows {
        let weight = Float(charge * share * integral(Double(row) - y, width))
        for (index, column) in columns.enumerated() { image[column, row] += weight * across[index] }
      }
    }
  }

  /// The share of a Gaussian that lies in the pixel whose centre is `distance` away.
  private static func integral(_ distance: Double, _ sigma: Double) -> Double {
    let scale = 1 / (sigma * 2.0.squareRoot())
    return (errorFunction((distance + 0.5) * scale) - errorFunction((distance - 0.5) * scale)) / 2
  }

  private static func range(_ low: Double, _ high: Double, _ count: Int) -> Range<Int>? {
    guard low.isFinite, high.isFinite, high >= 0, low < Double(count), count > 0 else { return nil }
    let first = Int(max(0, low.rounded(.down)))
    let end = Int(min(Double(count), high.rounded(.up) + 1))
    return first < end ? first..<end : nil
  }
}
