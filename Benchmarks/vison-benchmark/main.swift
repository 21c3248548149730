import Analysis
import Detector
import FITSFiles
import Foundation
import Synchronization

// Times the kernels of the bias tests on a frame that is given, each beside its mark, in one process.
//
//   vison-benchmark FRAME.fits
//
// Every figure is the median of its repetitions; "ratio" divides two medians of this same run.

func seconds(_ repetitions: Int, _ body: () throws -> Void) rethrows -> Double {
  try body()
  var times: [Double] = []
  for _ in 0..<repetitions {
    let start = ContinuousClock.now
    try body()
    let spent = (ContinuousClock.now - start).components
    times.append(Double(spent.seconds) + Double(spent.attoseconds) * 1e-18)
  }
  return times.sorted()[times.count / 2]
}

func line(_ what: String, _ value: Double, _ note: String = "") {
  print(what.padding(toLength: 58, withPad: " ", startingAt: 0)
    + String(format: "%9.2f ms  ", value * 1000) + note)
}

guard CommandLine.arguments.count == 2 else {
  print("usage: vison-benchmark FRAME.fits")
  exit(2)
}
let path = CommandLine.arguments[1]
let reader = try RawFrameReader(path: path)
let frame = Image<UInt16>(width: reader.width, height: reader.height)

// cat, as whole processes: twenty from one shell, which costs less than each would from here.
let cat = try seconds(3) {
  let process = Process()
  process.executableURL = URL(filePath: "/bin/sh")
  process.arguments = ["-c", "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do cat \"$0\" >/dev/null; done", path]
  try process.run()
  process.waitUntilExit()
} / 20
let read = try seconds(15) { try reader.read(into: frame) }
let fresh = try seconds(15) {
  let opened = try RawFrameReader(path: path)
  _ = try opened.read()
}
line("cat FRAME >/dev/null, process included", cat)
line("read a frame into memory in use", read, String(format: "ratio to cat %.2f", read / cat))
line("open, gate, read into new memory", fresh, String(format: "ratio to cat %.2f", fresh / cat))

// Offset subtraction and median of ten frames, in bands, two threads: the prototype's task.
let width = frame.width
let height = frame.height
let frames = (0..<10).map { index in
  let copy = Image<UInt16>(width: width, height: height)
  for i in 0..<copy.pixels.count {
    copy.pixels[i] = frame.pixels[(i + index * 977) % copy.pixels.count]
  }
  return copy
}
let spans = [0..<width / 2, width / 2..<width]
let offsets = (0..<10).map { _ in (0..<height).map { _ in Float(2500) } }
func stack(threads: Int, scatter: Bool) {
  let engine = MedianStack(frames: 10, invalid: [0, 65535], measuresScatter: scatter)
  let rows = 64
  let bands = (height + rows - 1) / rows
  let next = Atomic<Int>(0)
  DispatchQueue.concurrentPerform(iterations: threads) { _ in
    var former: MedianStack.Band?
    while true {
      let band = next.add(1, ordering: .relaxed).oldValue
      if band >= bands { return }
      let first = band * rows
      let count = min(rows, height - first)
      let raw = frames.map {
        UnsafeBufferPointer(
          rebasing: UnsafeBufferPointer($0.pixels)[first * width..<(first + count) * width])
      }
      let result = engine.band(raw: raw, width: width, height: count, spans: spans, reusing: former) {
        frame, row, _ in offsets[frame][first + row]
      }
      former = result
    }
  }
}
let mark = 0.040
for threads in [1, 2] {
  let plain = seconds(7) { stack(threads: threads, scatter: false) }
  let note = String(format: "prototype of the design, 2 threads: 40 ms; ratio %.2f", plain / mark)
  line("row offsets and median of 10 frames, \(threads) thread(s)", plain, threads == 2 ? note : "")
  line(
    "the same with mean and scatter, \(threads) thread(s)",
    seconds(7) { stack(threads: threads, scatter: true) })
}

let whole = Region(columns: 0..<width, rows: 0..<height)
line("histogram of a whole frame", seconds(7) { _ = RawHistogram(of: whole, in: frame) })
line(
  "statistics of its Gaussian core",
  seconds(7) { _ = try? RawHistogram(of: Region(columns: 0..<50, rows: 0..<50), in: frame).core() })
line("frame difference, all pixels", seconds(7) {
  var noise = DifferenceNoise()
  try? noise.add(frames[0], frames[1], region: whole, invalid: [0, 65535])
})
withExtendedLifetime((frame, frames)) {}
