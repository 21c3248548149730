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
    let (across, up) = (min(w - 1, Self.reach) + 1, min(h - 1, Self.reach) + 1)
    func sum(columns: Range<Int>, row: Int) -> Double {
      var sum = 0.0
      for x in columns { sum += Double(image.pixels[row * w + x]) }
      return sum
    }
    let left = Self.means((0..<h).map { sum(columns: 0..<across, row: $0) }, of: across)
    let right = Self.means((0..<h).map { sum(columns: w - across..<w, row: $0) }, of: across)
    for y in 0..<h {
      let row = pixels(ofRow: y)
      row.update(from: image.row(y).baseAddress.unsafelyUnwrapped, count: w)
      for k in 1...margin {
        row[-k] = left[y]
        row[w - 1 + k] = right[y]
      }
    }
    func sums(rows: Range<Int>) -> [Double] {
      var sums = [Double](repeating: 0, count: w)
      for y in rows {
        for x in 0..<w { sums[x] += Double(image.pixels[y * w + x]) }
      }
      return sums
    }
    let bottom = Self.means(sums(rows: 0..<up), of: up)
    let top = Self.means(sums(rows: h - up..<h), of: up)
    for k in 1...margin {
      let (below, above) = (pixels(ofRow: -k), pixels(ofRow: h - 1 + k))
      for x in -margin..<(w + margin) {
        let at = min(max(x, 0), w - 1)
        below[x] = bottom[at]
        above[x] = top[at]
      }
    }
  }

  /// Half the side of the blocks of the border whose means are taken.
  private static let reach = 16

  /// The means over a block about each place along a border, from sums over the block's depth.
  private static func means(_ sums: [Double], of depth: Int) -> [Float] {
    sums.indices.map { index in
      let (low, high) = (max(0, index - reach), min(sums.count - 1, index + reach))
      var sum = 0.0
      for other in low...high { sum += sums[other] }
      return Float(sum / Double((high - low + 1) * depth))
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
