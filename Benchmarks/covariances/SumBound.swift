import Dispatch
import Foundation
import Synchronization

/// Time of this process.
enum Spent {
  static func processor() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }

  /// Wall and processor time of the quickest of some repetitions: other programs only ever add.
  static func quickest(_ repetitions: Int, _ body: () -> Void) -> (wall: Double, processor: Double) {
    var best = (wall: Double.infinity, processor: Double.infinity)
    for _ in 0..<repetitions {
      let (start, used) = (ContinuousClock.now, processor())
      body()
      let time = (ContinuousClock.now - start).components
      let wall = Double(time.seconds) + Double(time.attoseconds) * 1e-18
      best = (min(best.wall, wall), min(best.processor, processor() - used))
    }
    return best
  }
}

/// What the sums of products cost by themselves.
enum SumBound {
  /// Multiplications with addition in a second of wall and of processor time that the sums of products reach on a row in
  /// the first cache: six lags at once, eight lanes, nothing but the sums.
  static func rate(threads: Int) -> (wall: Double, processor: Double) {
    let (width, passes) = (2048, 40_000)
    let sink = Mutex<Float>(0)
    let time = Spent.quickest(3) {
      DispatchQueue.concurrentPerform(iterations: threads) { _ in
        let row = [Float](unsafeUninitializedCapacity: width + 64) { buffer, count in
          for index in 0..<width + 64 { buffer[index] = Float(index % 7) - 3 }
          count = width + 64
        }
        var sums = [SIMD8<Float>](repeating: .zero, count: 6)
        row.withUnsafeBytes { raw in
          guard let base = raw.baseAddress else { return }
          for pass in 0..<passes { addRow(base, base + (pass % 16) * 4, width, &sums) }
        }
        let total = sums.reduce(SIMD8<Float>.zero, +).sum()
        sink.withLock { $0 += total }
      }
    }
    let done = Double(threads) * Double(passes) * Double(width) * 6
    return (done / time.wall, done / time.processor)
  }

  @inline(never)
  private static func addRow(
    _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ width: Int, _ sums: inout [SIMD8<Float>]
  ) {
    typealias Lanes = SIMD8<Float>
    var (s0, s1, s2) = (Lanes.zero, Lanes.zero, Lanes.zero)
    var (s3, s4, s5) = (Lanes.zero, Lanes.zero, Lanes.zero)
    var offset = 0
    while offset < width &* 4 {
      let x = left.loadUnaligned(fromByteOffset: offset, as: Lanes.self)
      s0 += x * right.loadUnaligned(fromByteOffset: offset, as: Lanes.self)
      s1 += x * right.loadUnaligned(fromByteOffset: offset &+ 4, as: Lanes.self)
      s2 += x * right.loadUnaligned(fromByteOffset: offset &+ 8, as: Lanes.self)
      s3 += x * right.loadUnaligned(fromByteOffset: offset &+ 12, as: Lanes.self)
      s4 += x * right.loadUnaligned(fromByteOffset: offset &+ 16, as: Lanes.self)
      s5 += x * right.loadUnaligned(fromByteOffset: offset &+ 20, as: Lanes.self)
      offset &+= 32
    }
    for (index, sum) in [s0, s1, s2, s3, s4, s5].enumerated() { sums[index] += sum }
  }
}
