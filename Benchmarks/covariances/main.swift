import Analysis
import Campaign
import Detector
import Dispatch
import FITSFiles
import Foundation
import Synchronization

// Times the covariances of one pair of flats of a whole block: 3 detectors, 12 quadrants, lags to 8, reading included,
// beside the bound of the sums alone and, where numpy is at hand, the same with numpy and FFT in the same run.
//
//   covariance-benchmark FIRST_CCD1.fits SECOND_CCD1.fits [FIRST_CCD2.fits SECOND_CCD2.fits ...]
//
// The files are read once before anything is timed. Frames: vis-tools simulate with PTC01, fractions [0.5], frames [2].

func spent() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
}

/// Wall and processor time of the quickest of some repetitions: other programs only ever add.
func quickest(_ repetitions: Int, _ body: () -> Void) -> (wall: Double, processor: Double) {
  var best = (wall: Double.infinity, processor: Double.infinity)
  for _ in 0..<repetitions {
    let (start, used) = (ContinuousClock.now, spent())
    body()
    let time = (ContinuousClock.now - start).components
    let wall = Double(time.seconds) + Double(time.attoseconds) * 1e-18
    best = (min(best.wall, wall), min(best.processor, spent() - used))
  }
  return best
}

let paths = Array(CommandLine.arguments.dropFirst())
guard paths.count >= 2, paths.count.isMultiple(of: 2) else {
  print("usage: covariance-benchmark FIRST.fits SECOND.fits ...")
  exit(2)
}
let camera = try CameraCatalog.camera("euclid-vis")
guard let image = camera.regions[.image] else { exit(1) }
let detectors = paths.count / 2
let quadrants = detectors * camera.amplifiers.count

/// The pairs of all detectors: frames are read by one thread each, quadrants shared by all; the variance of each.
func pairs(threads: Int) -> [Double] {
  let results = Mutex([Double](repeating: .nan, count: quadrants))
  for detector in 0..<detectors {
    let frames = Mutex<[Int: Image<UInt16>]>([:])
    let turn = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      while true {
        let index = turn.add(1, ordering: .relaxed).oldValue
        if index > 1 { return }
        guard let frame = try? RawFrameReader(path: paths[2 * detector + index]).read() else {
          return
        }
        frames.withLock { $0[index] = frame }
      }
    }
    let both = frames.withLock { $0 }
    guard let first = both[0], let second = both[1] else { continue }
    let next = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        if index >= camera.amplifiers.count { return }
        let pair = try? FlatPair(
          FlatFrame(first, rowOffsets: []), FlatFrame(second, rowOffsets: []),
          region: camera.amplifiers[index].frameRegion(of: image))
        results.withLock {
          $0[detector * camera.amplifiers.count + index] = pair?.covariances[0, 0] ?? .nan
        }
      }
    }
  }
  return results.withLock { $0 }
}

/// Multiplications with addition in a second that the sums of products reach on a row in the first cache: six lags at
/// once, eight lanes, nothing but the sums.
func sumRate(threads: Int) -> Double {
  let (width, passes) = (2048, 40_000)
  let sink = Mutex<Float>(0)
  let time = quickest(3) {
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
  return Double(threads) * Double(passes) * Double(width) * 6 / time.wall
}

@Sendable @inline(never)
func addRow(
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

func shown(_ value: Double) -> String { String(format: "%.2f", value) }

let variances = pairs(threads: 2)
print("variances: \(variances.map { String(format: "%.1f", $0) }.joined(separator: " "))")
// Lags (dx, dy) with 0 <= dy <= 8 and |dx| <= 8, of which those with dy = 0 and dx < 0 are no others: 9 + 8 * 17.
let work = Double(quadrants) * Double(image.count) * 145
var best = Double.infinity
for threads in [1, 2] {
  let time = quickest(5) { _ = pairs(threads: threads) }
  let bound = work / sumRate(threads: threads)
  best = time.wall
  print(
    "\(detectors) detectors, lags 0...8, \(threads) thread(s): \(shown(time.wall)) s, processor "
      + "\(shown(time.processor)) s; bound of the sums \(shown(bound)) s, ratio "
      + shown(time.wall / bound))
}
if let load = try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8) {
  print("load of the machine: \(load.split(separator: " ").prefix(3).joined(separator: " "))")
}
let script = "Benchmarks/covariances/numpy-alternative.py"
if FileManager.default.fileExists(atPath: script) {
  let process = Process()
  let pipe = Pipe()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = ["python3", script] + paths
  process.standardOutput = pipe
  try process.run()
  let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  print(text, terminator: "")
  // "numpy 1.24, FFT: 12.34 s, processor 13.00 s"
  if let range = text.range(of: "FFT: "),
    let seconds = Double(text[range.upperBound...].prefix { $0 != " " })
  {
    print("numpy over this program with two threads: \(shown(seconds / best))")
  }
}
