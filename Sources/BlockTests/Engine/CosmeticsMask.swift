import Detector
import FITSFiles

/// The bad pixels of one detector, from a cosmetics mask: nonzero is bad.
struct CosmeticsMask: Sendable {
  /// The bad pixels of each row of the frame, by row.
  private let columns: [[Int32]]
  /// The number of bad pixels.
  let count: Int

  /// Reads the extension `MASK` of a FITS file, never "the last one": mask files carry others after it. A pixel that is
  /// no number is bad.
  ///
  /// - Throws: `FITSError` where there is no such extension, or its size is not the camera's.
  init(path: String, camera: Camera) throws {
    let file = try FITSFile(path: path)
    let mask = try file.readFloat(.named("MASK"))
    guard mask.width == camera.width, mask.height == camera.height else {
      throw FITSError(
        .wrongSize,
        "the mask has \(mask.width) x \(mask.height) pixels, and the camera \(camera.width) x \(camera.height)",
        file: path)
    }
    var columns = [[Int32]](repeating: [], count: mask.height)
    var count = 0
    for y in 0..<mask.height {
      let row = mask.row(y)
      for x in 0..<mask.width where !(row[x] == 0) {
        columns[y].append(Int32(x))
        count += 1
      }
    }
    withExtendedLifetime(mask) {}
    self.columns = columns
    self.count = count
  }

  /// Marks the bad pixels of some rows with a value that carries no information.
  func apply(_ value: UInt16, to pixels: UnsafeMutableBufferPointer<UInt16>, rows: Range<Int>) {
    guard rows.lowerBound >= 0, rows.upperBound <= columns.count, !rows.isEmpty else { return }
    let width = pixels.count / rows.count
    for y in rows {
      let start = (y - rows.lowerBound) * width
      for x in columns[y] where Int(x) < width { pixels[start + Int(x)] = value }
    }
  }

  /// The mask as an image of the frame's size: 1 is bad.
  func image(width: Int) -> Image<UInt8> {
    let image = Image<UInt8>(width: width, height: columns.count, filledWith: 0)
    for (y, bad) in columns.enumerated() {
      for x in bad where Int(x) < width { image[Int(x), y] = 1 }
    }
    return image
  }
}
