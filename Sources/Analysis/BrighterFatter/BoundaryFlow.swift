/// What the shifted boundaries bring to each pixel, B(Q): 1/4 (Q_p + Q_q) delta over the four boundaries of a pixel.
///
/// The mirror symmetry of the shifts is used: rows at equal distance from a boundary are added or subtracted first, columns
/// within the sum, so that side^2 products a boundary do where there are 2 side (2 side - 1) neighbours.
struct BoundaryFlow: Sendable {
  private typealias Lanes = SIMD16<Float>

  /// Pixels that an image needs about it: those that act on its outermost boundaries, and what is left of the last lanes.
  let margin: Int
  private let side: Int
  /// V and H, index j * side + i, so that a row of lags is read one after another.
  private let vertical, horizontal: [Float]

  init(_ shifts: BoundaryShifts) {
    let isWhole = shifts.side > 0 && shifts.vertical.count == shifts.side * shifts.side
    side = isWhole && shifts.horizontal.count == shifts.vertical.count ? shifts.side : 0
    margin = shifts.side + 1 + Lanes.scalarCount
    let side = side
    let lags = (0..<side * side).map { ($0 % side) * side + $0 / side }
    vertical = lags.map { Float(shifts.vertical[$0]) }
    horizontal = lags.map { Float(shifts.horizontal[$0]) }
  }

  /// Whether there is any lag.
  var isDefined: Bool { side > 0 }

  /// Adds `factor` times B of one image to another of the same size and margin.
  func add(of source: BorderedImage, times factor: Float, to target: BorderedImage) {
    let width = source.width
    // The sums and differences of rows of this many columns fit into the first cache.
    let tile = 512
    let pitch = tile + 2 * (margin + Lanes.scalarCount)
    let rows = 2 * side + 3
    withUnsafeTemporaryAllocation(of: Float.self, capacity: rows * pitch) { scratch in
      scratch.initialize(repeating: 0)
      guard let base = scratch.baseAddress else { return }
      for start in Swift.stride(from: 0, to: width, by: tile) {
        addTile(
          source, times: 0.25 * factor, to: target, columns: start..<min(start + tile, width),
          Scratch(base: base + margin, pitch: pitch, side: side))
      }
    }
    withExtendedLifetime((source, target)) {}
  }

  /// Rows of a tile, each with a margin; index 0 is the tile's first column.
  private struct Scratch {
    let base: UnsafeMutablePointer<Float>
    let pitch: Int
    let side: Int

    /// P(x, y - j) - P(x, y + 1 + j).
    func difference(_ j: Int) -> UnsafeMutablePointer<Float> { base + j * pitch }
    /// P(x, y - j) + P(x, y + j), for j = 0 once.
    func sum(_ j: Int) -> UnsafeMutablePointer<Float> { base + (side + j) * pitch }
    /// What crosses the right boundaries.
    var right: UnsafeMutablePointer<Float> { base + 2 * side * pitch }
    /// What crosses the upper and the lower boundaries.
    func across(_ isOdd: Bool) -> UnsafeMutablePointer<Float> {
      base + (2 * side + (isOdd ? 2 : 1)) * pitch
    }
  }

  private func addTile(
    _ source: BorderedImage, times factor: Float, to target: BorderedImage, columns: Range<Int>,
    _ scratch: Scratch
  ) {
    let count = columns.count
    let first = columns.lowerBound
    for y in -1..<source.height {
      // From one pixel before the first: the outer boundaries of the border move, too.
      let here = UnsafePointer(source.pixels(ofRow: y) + first)
      let above = UnsafePointer(source.pixels(ofRow: y + 1) + first)
      let up = scratch.across(y & 1 == 1)
      fold(source, y, first, count, scratch)
      vertical.withUnsafeBufferPointer { weights in
        guard let weights = weights.baseAddress else { return }
        shiftUp(weights, here, above, factor, count, scratch, into: up)
      }
      guard y >= 0 else { continue }
      let right = scratch.right
      horizontal.withUnsafeBufferPointer { weights in
        guard let weights = weights.baseAddress else { return }
        shiftRight(weights, here, factor, count, scratch, into: right)
      }
      let down = scratch.across(y & 1 == 0)
      let out = target.pixels(ofRow: y) + first
      // A boundary moves away from the pixel below or to the left of it: what lay beyond now belongs to that pixel.
      for x in 0..<count { out[x] += (right[x] - right[x - 1]) + (up[x] - down[x]) }
    }
  }

  /// Fills the sums and differences of the rows about y.
  private func fold(
    _ source: BorderedImage, _ y: Int, _ first: Int, _ count: Int, _ scratch: Scratch
  ) {
    let (low, high) = (-side - 1, count + side + 1)
    for j in 0..<side {
      let (below, above) = (source.pixels(ofRow: y - j) + first, source.pixels(ofRow: y + j) + first)
      let next = source.pixels(ofRow: y + 1 + j) + first
      let difference = scratch.difference(j)
      for x in low..<high { difference[x] = below[x] - next[x] }
      guard y >= 0 else { continue }
      let sum = scratch.sum(j)
      if j == 0 {
        for x in low..<high { sum[x] = below[x] }
      } else {
        for x in low..<high { sum[x] = below[x] + above[x] }
      }
    }
  }

  @inline(__always)
  private static func load(_ base: UnsafePointer<Float>, _ index: Int) -> Lanes {
    UnsafeRawPointer(base + index).loadUnaligned(as: Lanes.self)
  }

  /// What crosses the boundaries between rows y and y + 1:
  /// delta = sum over i, j of V(i, j) [P(x + i, y - j) - P(x + i, y + 1 + j)].
  private func shiftUp(
    _ weights: UnsafePointer<Float>, _ here: UnsafePointer<Float>, _ above: UnsafePointer<Float>,
    _ factor: Float, _ count: Int, _ scratch: Scratch, into out: UnsafeMutablePointer<Float>
  ) {
    var x = 0
    while x < count {
      var delta = Lanes.zero
      for j in 0..<side {
        let row = UnsafePointer(scratch.difference(j) + x)
        let line = weights + j &* side
        delta += line[0] * Self.load(row, 0)
        for i in 1..<side { delta += line[i] * (Self.load(row, i) + Self.load(row, 0 &- i)) }
      }
      delta *= factor * (Self.load(here, x) + Self.load(above, x))
      UnsafeMutableRawPointer(out + x).storeBytes(of: delta, as: Lanes.self)
      x &+= Lanes.scalarCount
    }
  }

  /// What crosses the boundaries between columns x and x + 1, from x = -1 on:
  /// delta = sum over i, j of H(i, j) [S_j(x - i) - S_j(x + 1 + i)], S_j the sum of the rows y - j and y + j.
  private func shiftRight(
    _ weights: UnsafePointer<Float>, _ here: UnsafePointer<Float>, _ factor: Float, _ count: Int,
    _ scratch: Scratch, into out: UnsafeMutablePointer<Float>
  ) {
    var x = -1
    while x < count {
      var delta = Lanes.zero
      for j in 0..<side {
        let row = UnsafePointer(scratch.sum(j) + x)
        let line = weights + j &* side
        for i in 0..<side { delta += line[i] * (Self.load(row, 0 &- i) - Self.load(row, i &+ 1)) }
      }
      delta *= factor * (Self.load(here, x) + Self.load(here, x &+ 1))
      UnsafeMutableRawPointer(out + x).storeBytes(of: delta, as: Lanes.self)
      x &+= Lanes.scalarCount
    }
  }
}
