public import Detector

/// Moves charge between pixels as the shifts of their boundaries do, and back.
///
/// A boundary between pixels p and q is moved by delta = sum over r of (shift at p - r) Q_r, and half of that, as charge and
/// field grow together during an exposure, carries the mean of both pixels across: flux = 1/4 (Q_p + Q_q) delta
/// (Guyonnet et al. 2015, eq. 11). Charge is conserved within the image. Outside of it the mean of its border is taken: what
/// fluctuates there is not known, and a copy of the border's own fluctuations would count them twice; the variance of border
/// pixels, which is their own doing to first order, is restored all the same.
public struct BrighterFatterCorrection: Sendable {
  /// Per unit of the image's pixels.
  private let shifts: BoundaryShifts

  /// - Parameter shifts: per unit of the image's pixels: `BoundaryShifts.scaled(by:)` turns those per electron into those
  ///   per adu.
  public init(_ shifts: BoundaryShifts) { self.shifts = shifts }

  /// The image as it would be read after the boundaries have moved.
  ///
  /// - Parameter image: the charge that would be collected without brighter-fatter; only the light-sensitive pixels.
  public func applied(to image: Image<Float>) -> Image<Float> { moved(image, from: image, sign: 1) }

  /// The image without brighter-fatter: the fixed point Q = Q' - dQ(Q), by iteration.
  ///
  /// - Parameters:
  ///   - image: what was read, offset subtracted; only the light-sensitive pixels.
  ///   - passes: two leave less than a thousandth of the effect.
  public func removed(from image: Image<Float>, passes: Int = 3) -> Image<Float> {
    var result = image
    for _ in 0..<max(1, passes) { result = moved(image, from: result, sign: -1) }
    return result
  }

  /// `image` plus `sign` times the charge that moves in `source`.
  private func moved(_ image: Image<Float>, from source: Image<Float>, sign: Float) -> Image<Float>
  {
    let (width, height) = (source.width, source.height)
    let result = Image<Float>(width: width, height: height)
    result.pixels.initialize(repeating: 0)
    for y in 0..<height {
      for x in 0..<width { result.pixels[y * width + x] = image.pixels[y * width + x] }
    }
    guard width > 0, height > 0 else { return result }
    let padded = PaddedImage(source, margin: shifts.side + 1)
    let taps = taps()
    // From one pixel before the first: the outer boundaries of the border move, too.
    var row = [Float](repeating: 0, count: width + 1)
    for y in -1..<height {
      let here = padded.pixels(ofRow: y)
      if y >= 0 {
        padded.convolve(row: y, with: taps.horizontal, into: &row)
        let out = result.row(y)
        for x in -1..<width {
          // The boundary moves towards +x: what lay beyond it now belongs to the left pixel.
          let flux = 0.25 * sign * row[x + 1] * (here[x] + here[x + 1])
          if x >= 0 { out[x] += flux }
          if x + 1 < width { out[x + 1] -= flux }
        }
      }
      padded.convolve(row: y, with: taps.vertical, into: &row)
      let above = padded.pixels(ofRow: y + 1)
      for x in 0..<width {
        let flux = 0.25 * sign * row[x + 1] * (here[x] + above[x])
        if y >= 0 { result.row(y)[x] += flux }
        if y + 1 < height { result.row(y + 1)[x] -= flux }
      }
    }
    withExtendedLifetime(padded) {}
    return result
  }

  /// The shift of a pixel's upper and right boundary by a charge at an offset from the pixel.
  private func taps() -> (vertical: [PaddedImage.Tap], horizontal: [PaddedImage.Tap]) {
    var vertical: [PaddedImage.Tap] = []
    var horizontal: [PaddedImage.Tap] = []
    for dy in -shifts.side...shifts.side {
      for dx in -shifts.side...shifts.side {
        // The charge at pixel + (dx, dy) has the pixel at lag (-dx, -dy).
        let v = shifts.v(-dx, -dy)
        let h = shifts.h(-dx, -dy)
        if v != 0 { vertical.append((dx, dy, Float(v))) }
        if h != 0 { horizontal.append((dx, dy, Float(h))) }
      }
    }
    return (vertical, horizontal)
  }
}

/// An image with a margin of the local mean of its border.
private final class PaddedImage {
  typealias Tap = (dx: Int, dy: Int, weight: Float)

  private let margin: Int
  private let width: Int
  private let storage: Image<Float>

  init(_ image: Image<Float>, margin: Int) {
    self.margin = margin
    width = image.width
    storage = Image(width: image.width + 2 * margin, height: image.height + 2 * margin)
    let (w, h) = (image.width, image.height)
    // Means over a block of the border about the nearest pixel.
    let reach = 16
    func mean(_ x: Int, _ y: Int) -> Float {
      let columns = max(0, x - reach)...min(w - 1, x + reach)
      let rows = max(0, y - reach)...min(h - 1, y + reach)
      var sum: Float = 0
      for v in rows {
        for u in columns { sum += image.pixels[v * w + u] }
      }
      return sum / Float(columns.count * rows.count)
    }
    func fill(_ x: Int, _ y: Int, _ value: Float) {
      storage.pixels[(y + margin) * storage.width + x + margin] = value
    }
    for y in 0..<h {
      for x in 0..<w { fill(x, y, image.pixels[y * w + x]) }
      let (left, right) = (mean(0, y), mean(w - 1, y))
      for k in 1...margin {
        fill(-k, y, left)
        fill(w - 1 + k, y, right)
      }
    }
    for x in -margin..<(w + margin) {
      let at = min(max(x, 0), w - 1)
      let (bottom, top) = (mean(at, 0), mean(at, h - 1))
      for k in 1...margin {
        fill(x, -k, bottom)
        fill(x, h - 1 + k, top)
      }
    }
  }

  /// The first pixel of a row of the image proper; those before and after it are there as far as the margin goes.
  func pixels(ofRow y: Int) -> UnsafePointer<Float> {
    UnsafePointer(storage.row(y + margin).baseAddress.unsafelyUnwrapped + margin)
  }

  /// Sets `result[x + 1]` to the sum over taps of weight times the pixel at (x + dx, row + dy), for x from -1.
  func convolve(row: Int, with taps: [Tap], into result: inout [Float]) {
    result.withUnsafeMutableBufferPointer { result in
      guard let target = result.baseAddress, let pixels = storage.pixels.baseAddress else { return }
      for x in 0...width { target[x] = 0 }
      for tap in taps {
        let source = pixels + ((row + tap.dy + margin) * storage.width + tap.dx + margin - 1)
        let weight = tap.weight
        var x = 0
        while x <= width {
          target[x] += weight * source[x]
          x &+= 1
        }
      }
    }
    withExtendedLifetime(storage) {}
  }
}
