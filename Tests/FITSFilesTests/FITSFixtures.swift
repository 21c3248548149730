import Detector
import FITSFiles
import Foundation
import Testing

/// A folder for one test, removed afterwards.
final class Folder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "/vison-fits-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let path = file(name)
    try Data(bytes).write(to: URL(filePath: path))
    return path
  }
}

func bytes(of path: String) throws -> [UInt8] {
  Array(try Data(contentsOf: URL(filePath: path)))
}

/// Header bytes from card images, with END and filled up.
func header(_ cards: [String]) -> [UInt8] {
  var text = ""
  for card in cards + ["END"] {
    text += card.padding(toLength: 80, withPad: " ", startingAt: 0)
  }
  let total = (text.utf8.count + 2879) / 2880 * 2880
  return Array(text.utf8) + [UInt8](repeating: 0x20, count: total - text.utf8.count)
}

/// A card in the fixed format.
func card(_ keyword: String, _ value: String) -> String {
  keyword.padding(toLength: 8, withPad: " ", startingAt: 0) + "= "
    + String(repeating: " ", count: max(0, 20 - value.count)) + value
}

/// Bytes filled up with zeros to whole blocks.
func padded(_ bytes: [UInt8]) -> [UInt8] {
  bytes + [UInt8](repeating: 0, count: (2880 - bytes.count % 2880) % 2880)
}

let emptyPrimary = header([
  card("SIMPLE", "T"), card("BITPIX", "8"), card("NAXIS", "0"), card("EXTEND", "T"),
])

func primary(bitpix: Int, _ axes: [Int], _ more: [String] = []) -> [UInt8] {
  header(
    [card("SIMPLE", "T"), card("BITPIX", "\(bitpix)"), card("NAXIS", "\(axes.count)")]
      + axes.enumerated().map { card("NAXIS\($0.offset + 1)", "\($0.element)") } + more)
}

func image<Pixel>(_ width: Int, _ height: Int, _ values: [Pixel]) -> Image<Pixel> {
  let image = Image<Pixel>(width: width, height: height)
  for (index, value) in values.enumerated() { image.pixels[index] = value }
  return image
}

/// The pixels as an array; a buffer alone would not keep its image alive.
func values<Pixel>(_ image: Image<Pixel>) -> [Pixel] {
  withExtendedLifetime(image) { Array(image.pixels) }
}

/// A frame in which every pixel differs from its neighbours, and both ends of the range occur.
func ramp(_ width: Int, _ height: Int) -> Image<UInt16> {
  let image = Image<UInt16>(width: width, height: height)
  for index in 0..<width * height {
    image.pixels[index] = UInt16(truncatingIfNeeded: index &* 40503)
  }
  image.pixels[0] = 0
  image.pixels[1] = 65535
  image.pixels[2] = 32768
  image.pixels[3] = 32767
  return image
}

/// Runs a program; nil where it is not installed.
func run(_ program: String, _ arguments: [String], in folder: String = ".") throws
  -> (status: Int32, output: String)?
{
  guard FileManager.default.isExecutableFile(atPath: program) else { return nil }
  let process = Process()
  process.executableURL = URL(filePath: program)
  process.arguments = arguments
  process.currentDirectoryURL = URL(filePath: folder)
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = pipe
  try process.run()
  let data = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return (process.terminationStatus, String(decoding: data, as: UTF8.self))
}

/// The kind of error that `body` throws; nil where it throws none.
func kind(_ body: () throws -> Void) -> FITSError.Kind? {
  do {
    try body()
    return nil
  } catch { return (error as? FITSError)?.kind }
}

/// A generator that gives the same numbers on every run (SplitMix64).
struct RepeatableGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
