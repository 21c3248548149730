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

func shown(_ value: Double) -> String { String(format: "%.2f", value) }

let variances = pairs(threads: 2)
print("variances: \(variances.map { String(format: "%.1f", $0) }.joined(separator: " "))")
// Lags (dx, dy) with 0 <= dy <= 8 and |dx| <= 8, of which those with dy = 0 and dx < 0 are no others: 9 + 8 * 17.
let work = Double(quadrants) * Double(image.count) * 145
var best = Double.infinity
for threads in [1, 2] {
  let time = Spent.quickest(5) { _ = pairs(threads: threads) }
  let rate = SumBound.rate(threads: threads)
  let bound = work / rate.wall
  best = time.wall
  print(
    "\(detectors) detectors, lags 0...8, \(threads) thread(s): \(shown(time.wall)) s, processor "
      + "\(shown(time.processor)) s; bound of the sums \(shown(bound)) s, ratio "
      + "\(shown(time.wall / bound)), of processor times \(shown(time.processor * rate.processor / work))")
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
