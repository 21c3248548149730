import Detector

/// An image in memory with a margin of the local mean of its border about it.
final class BorderedImage {
  /// Pixels about the image on every side.
  let margin: Int
  /// The image's own size.
  let width, height: Int
  private let storage: Image<Float>

  /// From one row to the next.
  var stride: Int { storage.width }

  private init(margin: Int, width: Int, height: Int, storage: Image<Float>) {
    (self.margin, self.width, self.height, self.storage) = (margin, width, height, storage)
  }

  /// Copies an image of at least one pixel.
  init(_ image: Image<Float>, margin: Int) {
    self.margin = margin
    (width, height) = (image.width, image.height)
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
    for y in 0..<h {
      let row = pixels(ofRow: y)
      row.update(from: image.row(y).baseAddress.unsafelyUnwrapped, count: w)
      let (left, right) = (mean(0, y), mean(w - 1, y))
      for k in 1...margin {
        row[-k] = left
        row[w - 1 + k] = right
      }
    }
    for x in -margin..<(w + margin) {
      let at = min(max(x, 0), w - 1)
      let (bottom, top) = (mean(at, 0), mean(at, h - 1))
      for k in 1...margin {
        pixels(ofRow: -k)[x] = bottom
        pixels(ofRow: h - 1 + k)[x] = top
      }
    }
  }

  /// The same pixels in other memory.
  func copy() -> BorderedImage {
    let other = Image<Float>(width: storage.width, height: storage.height)
    if let from = storage.pixels.baseAddress {
      other.pixels.baseAddress?.update(from: from, count: storage.pixels.count)
    }
    return BorderedImage(margin: margin, width: width, height: height, storage: other)
  }

  /// The image without its margin.
  func image() -> Image<Float> {
    let result = Image<Float>(width: width, height: height)
    for y in 0..<height {
      result.row(y).baseAddress?.update(from: pixels(ofRow: y), count: width)
    }
    return result
  }

  /// The first pixel of a row of the image proper, which may lie in the margin; those before and after it are there as far
  /// as the margin goes. Valid as long as this object lives.
  func pixels(ofRow y: Int) -> UnsafeMutablePointer<Float> {
    storage.pixels.baseAddress.unsafelyUnwrapped + ((y + margin) * storage.width + margin)
  }
}
