import Detector

/// Saturation: what a pixel cannot hold spills along its column, half towards each end.
enum Blooming {
  /// Limits an image to the full well, in place; charge that finds no room leaves at the ends.
  ///
  /// - Returns: whether any pixel overflowed.
  @discardableResult
  static func apply(to image: Image<Float>, fullWell: Float) -> Bool {
    let (width, height) = (image.width, image.height)
    guard width > 0, height > 0, fullWell > 0, let q = image.pixels.baseAddress else {
      return false
    }
    var columns = [Bool](repeating: false, count: width)
    var isAny = false
    for y in 0..<height {
      let row = q + y * width
      var peak: Float = 0
      for x in 0..<width { peak = row[x] > peak ? row[x] : peak }
      if peak > fullWell {
        isAny = true
        for x in 0..<width where row[x] > fullWell { columns[x] = true }
      }
    }
    guard isAny else { return false }
    var half = [Float](repeating: 0, count: height)
    for x in 0..<width where columns[x] {
      for y in 0..<height {
        let excess = max(0, q[y * width + x] - fullWell)
        half[y] = excess / 2
        q[y * width + x] -= excess
      }
      spill(q + x, half, stride: width, fullWell: fullWell, rows: stride(from: 0, to: height, by: 1))
      spill(
        q + x, half, stride: width, fullWell: fullWell,
        rows: stride(from: height - 1, through: 0, by: -1))
    }
    return true
  }

  private static func spill(
    _ column: UnsafeMutablePointer<Float>, _ half: [Float], stride: Int, fullWell: Float,
    rows: some Sequence<Int>
  ) {
    var carried: Float = 0
    for y in rows {
      carried += half[y]
      if carried > 0 {
        let taken = min(carried, fullWell - column[y * stride])
        column[y * stride] += taken
        carried -= taken
      }
    }
  }
}
