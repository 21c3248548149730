import Detector

/// How an image area is cut into tiles: all of it, without overlap, in the order of read-out, so that a tile is the same
/// place of every amplifier.
enum TileGrid {
  /// `side` x `side` tiles, canonical, row by row; as equal as whole pixels allow.
  static func tiles(of image: Region, _ side: Int) -> [Region] {
    func cut(_ range: Range<Int>, _ index: Int) -> Range<Int> {
      range.lowerBound + range.count * index / side..<range.lowerBound
        + range.count * (index + 1) / side
    }
    return (0..<max(side, 0)).flatMap { row in
      (0..<side).map { column in
        Region(columns: cut(image.columns, column), rows: cut(image.rows, row))
      }
    }
  }
}
