import Detector
import FITSFiles

/// A raw frame of a detector, whichever way the camera's files hold its amplifiers.
final class FrameSource: Sendable {
  private let camera: Camera
  private let whole: RawFrameReader?
  private let parts: [(amplifier: Amplifier, reader: RawFrameReader)]
  private let mask: CosmeticsMask?

  /// Opens a frame; every image passes the gate and has the size that the camera says.
  ///
  /// - Parameter mask: pixels that read as saturated, which no estimator uses; nil for the frame as it is.
  init(path: String, camera: Camera, mask: CosmeticsMask? = nil) throws {
    self.camera = camera
    self.mask = mask
    switch camera.layout {
    case .singleImage:
      whole = try RawFrameReader(path: path, expecting: (camera.width, camera.height))
      parts = []
    case .extensionPerAmplifier:
      whole = nil
      parts = try camera.amplifiers.map { amplifier in
        let reader = try RawFrameReader(
          path: path, hdu: .named(amplifier.extensionName ?? amplifier.name),
          expecting: (amplifier.width, amplifier.height))
        return (amplifier, reader)
      }
    }
  }

  /// The header of the image, or of the first amplifier's, with the primary header's cards first.
  var header: [FITSCard] {
    let reader = whole ?? parts.first?.reader
    return (reader?.primaryHeader ?? []) + (reader?.header ?? [])
  }

  /// EXTNAME of the image, such as `ROE1_CCD2`; nil where there is none.
  var name: String? {
    guard let card = header.last(where: { $0.keyword == "EXTNAME" }), case .text(let name) = card.value
    else { return nil }
    return name
  }

  /// Irregular but harmless things in the file.
  var warnings: [String] { whole?.warnings ?? parts.flatMap(\.reader.warnings) }

  /// The whole frame.
  func read() throws -> Image<UInt16> {
    if mask == nil, let whole { return try whole.read() }
    let image = Image<UInt16>(width: camera.width, height: camera.height, filledWith: 0)
    try readRows(0..<camera.height, into: image.pixels)
    return image
  }

  /// Some rows of the frame, `rows.count * width` values.
  func readRows(_ rows: Range<Int>, into buffer: UnsafeMutableBufferPointer<UInt16>) throws {
    defer { hideMasked(rows, in: buffer) }
    if let whole { return try whole.readRows(rows, into: buffer) }
    for (amplifier, reader) in parts {
      let mine = rows.clamped(to: amplifier.y0..<amplifier.y0 + amplifier.height)
      guard !mine.isEmpty else { continue }
      let part = Image<UInt16>(width: amplifier.width, height: mine.count)
      try reader.readRows(
        mine.lowerBound - amplifier.y0..<mine.upperBound - amplifier.y0, into: part.pixels)
      for y in 0..<mine.count {
        let start = (mine.lowerBound - rows.lowerBound + y) * camera.width + amplifier.x0
        for x in 0..<amplifier.width { buffer[start + x] = part[x, y] }
      }
    }
  }

  private func hideMasked(_ rows: Range<Int>, in buffer: UnsafeMutableBufferPointer<UInt16>) {
    guard let mask, let bad = UInt16(exactly: camera.saturatedValue) else { return }
    mask.apply(
      bad, to: UnsafeMutableBufferPointer(rebasing: buffer[0..<rows.count * camera.width]),
      rows: rows)
  }
}
