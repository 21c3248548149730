import Detector

/// Saturation: what a pixel cannot hold spills along its column, half towards each end.
enum Blooming {
  /// Limits an image to the full wells, in place; charge that finds no room leaves at the ends.
  ///
  /// - Returns: whether any pixel held more than the usual full well.
  @discardableResult
  static func apply(to image: Image<Float>, wells: Wells) -> Bool {
    let (width, height) = (image.width, image.height)
    let usual = wells.usual
    guard width > 0, height > 0, usual > 0, let q = image.pixels.baseAddress else {
      return false
    }
    var columns = [Bool](repeating: false, count: width)
    var isAny = false
    for y in 0..<height {
      let row = q + y * width
      var peak: Float = 0
      for x in 0..<width { peak = row[x] > peak ? row[x] : peak }
      if peak > usual {
        isAny = true
        for x in 0..<width where row[x] > usual { columns[x] = true }
      }
    }
    guard isAny else { return false }
    var half = [Float](repeating: 0, count: height)
    var room = [Float](repeating: usual, count: height)
    for x in 0..<width where columns[x] {
      wells.fill(&room, column: x)
      for y in 0..<height {
        let excess = max(0, q[y * width + x] - room[y])
        half[y] = excess / 2
        q[y * width + x] -= excess
      }
      spill(q + x, half, stride: width, room, rows: stride(from: 0, to: height, by: 1))
      spill(q + x, half, stride: width, room, rows: stride(from: height - 1, through: 0, by: -1))
    }
    return true
  }

  private static func spill(
    _ column: UnsafeMutablePointer<Float>, _ half: [Float], stride: Int, _ room: [Float],
    rows: some Sequence<Int>
  ) {
    var carried: Float = 0
    for y in rows {
      carried += half[y]
      if carried > 0 {
        let taken = min(carried, room[y] - column[y * stride])
        column[y * stride] += taken
        carried -= taken
      }
    }
  }
}
