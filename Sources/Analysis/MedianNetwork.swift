/// A fixed sequence of compare-exchange steps after which the middle of N values is known.
///
/// Batcher's odd-even merge sort (Batcher 1968, AFIPS 32, 307; Knuth vol. 3, 5.2.2 algorithm M), from which every step
/// that cannot reach the median is removed.
public struct MedianNetwork: Sendable {
  /// One step: afterwards `low` holds the smaller value and `high` the larger one.
  struct Step: Sendable, Equatable {
    var low: Int
    var high: Int
  }

  /// The number of values.
  public let count: Int
  let steps: [Step]
  /// The wires that hold the middle value, or the two middle ones.
  let middle: (Int, Int)

  /// The network for `count` values, at least one.
  public init(count: Int) {
    let n = max(1, count)
    self.count = n
    middle = ((n - 1) / 2, n / 2)
    var needed = Set([middle.0, middle.1])
    var kept: [Step] = []
    for step in Self.sorting(n).reversed()
    where needed.contains(step.low) || needed.contains(step.high) {
      kept.append(step)
      needed.insert(step.low)
      needed.insert(step.high)
    }
    steps = kept.reversed()
  }

  /// Batcher's merge exchange sort.
  static func sorting(_ n: Int) -> [Step] {
    guard n > 1 else { return [] }
    var t = 0
    while 1 << t < n { t += 1 }
    var result: [Step] = []
    var p = 1 << (t - 1)
    while p > 0 {
      var q = 1 << (t - 1)
      var r = 0
      var d = p
      while true {
        if n > d {
          for i in 0..<n - d where i & p == r { result.append(Step(low: i, high: i + d)) }
        }
        if q == p { break }
        d = q - p
        q >>= 1
        r = p
      }
      p >>= 1
    }
    return result
  }

  /// The medians of `width` columns of `count` values each.
  ///
  /// - Parameters:
  ///   - values: `count` rows of `stride` values, one row after the other; changed by the sorting.
  ///   - stride: the distance of rows, a multiple of 16 and at least `width`.
  ///   - width: the number of columns.
  ///   - result: receives `width` medians; for an even count the mean of the two middle values.
  func medians(
    _ values: UnsafeMutablePointer<Float>, stride: Int, width: Int,
    into result: UnsafeMutablePointer<Float>
  ) {
    typealias Lane = SIMD16<Float>
    let base = UnsafeMutableRawPointer(values)
    let size = MemoryLayout<Float>.stride
    steps.withUnsafeBufferPointer { steps in
      var x = 0
      while x < width {
        for step in steps {
          let p = base + (step.low * stride + x) * size
          let q = base + (step.high * stride + x) * size
          let a = p.loadUnaligned(as: Lane.self)
          let b = q.loadUnaligned(as: Lane.self)
          // A mask and a blend: `pointwiseMin` is a loop over lanes here, and a hundred times slower.
          let swap = b .< a
          p.storeBytes(of: a.replacing(with: b, where: swap), as: Lane.self)
          q.storeBytes(of: b.replacing(with: a, where: swap), as: Lane.self)
        }
        let low = values + middle.0 * stride + x
        let high = values + middle.1 * stride + x
        if width - x >= 16 {
          let a = UnsafeRawPointer(low).loadUnaligned(as: Lane.self)
          let b = UnsafeRawPointer(high).loadUnaligned(as: Lane.self)
          UnsafeMutableRawPointer(result + x).storeBytes(of: 0.5 * (a + b), as: Lane.self)
        } else {
          for lane in 0..<width - x { result[x + lane] = 0.5 * (low[lane] + high[lane]) }
        }
        x += 16
      }
    }
  }
}
